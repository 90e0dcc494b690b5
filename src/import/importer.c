/* SPDX-License-Identifier: MIT */
/* Which importer for which file. */
#include "import/importer.h"

#include <string.h>

void import_result_done(struct import_result *r)
{
	buf_done(&r->notes);
}

const struct importer *importer_by_name(const char *name)
{
	for (const struct importer *const *i = importer_list; *i; i++)
		if (!strcmp((*i)->name, name))
			return *i;
	return NULL;
}

const struct importer *importer_recognise(struct input *in)
{
	const uint8_t *head;
	size_t n;

	if (input_peek(in, IMPORT_HEAD_BYTES, &head, &n, NULL) < 0)
		return NULL;
	for (const struct importer *const *i = importer_list; *i; i++)
		if ((*i)->recognise(head, min_of(n, (size_t)IMPORT_HEAD_BYTES)))
			return *i;
	return NULL;
}
