/* SPDX-License-Identifier: MIT */
/* Which exporter for which file. */
#include "export/exporter.h"

#include <string.h>

void export_result_done(struct export_result *r)
{
	buf_done(&r->notes);
}

const struct exporter *exporter_by_name(const char *name)
{
	for (const struct exporter *const *x = exporter_list; *x; x++)
		if (!strcmp((*x)->name, name))
			return *x;
	return NULL;
}

static bool ends_in(const char *path, const char *ending, size_t n)
{
	size_t len = strlen(path);

	return len > n && !memcmp(path + len - n, ending, n);
}

const struct exporter *exporter_by_path(const char *path)
{
	for (const struct exporter *const *x = exporter_list; *x; x++) {
		for (const char *p = (*x)->extensions; *p;) {
			size_t n = strcspn(p, " ");

			if (n && ends_in(path, p, n))
				return *x;
			p += n;
			p += strspn(p, " ");
		}
	}
	return NULL;
}
