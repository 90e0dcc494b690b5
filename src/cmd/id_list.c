/* SPDX-License-Identifier: MIT */
/* One reader for all commands that choose by process or thread. */
#include "cmd/id_list.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/quantity.h"
#include "capture/capture.h"

int id_list_parse(const struct option_list *list, const char *option, uint32_t *ret,
		  unsigned int *ret_n, struct err *e)
{
	for (unsigned int i = 0; i < list->n; i++) {
		if (!*list->item[i])
			return err_set(e, -EINVAL, "--%s: an id is missing", option);
		for (const char *p = list->item[i]; *p;) {
			size_t n = strcspn(p, ",");
			char text[32];
			uint64_t v;

			snprintf(text, sizeof(text), "%.*s", (int)min_of(n, sizeof(text) - 1), p);
			int r = quantity_parse_u64(text, &v, e);

			if (r < 0)
				return err_prefix(e, "--%s", option);
			if (!v || v > INT32_MAX || *ret_n == CAPTURE_MAX_IDS)
				return err_set(e, -EINVAL, "--%s: %s '%s'", option,
					       *ret_n == CAPTURE_MAX_IDS ? "too many ids at"
									 : "no such id",
					       text);
			ret[(*ret_n)++] = (uint32_t)v;
			p += n + (p[n] == ',');
		}
	}
	return 0;
}
