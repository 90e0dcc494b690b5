/* SPDX-License-Identifier: MIT */
/* A source of symbols for tests that knows no symbols, but the functions of the source in spans of
 * code, from a table. */
#pragma once

#include <string.h>

#include "model/symbol_source.h"

struct source_span {
	const char *path;
	uint64_t from, to;
	size_t n;
	struct source_frame frame[3]; /* innermost first */
};

struct source_table {
	struct symbol_source source; /* set up by source_table_init() */
	const struct source_span *span;
	size_t n;
	unsigned int asked; /* for frames */
	int fail;
};

static inline int source_table_resolve(struct symbol_source *s, const struct module *m,
				       const uint64_t *offset, size_t n, struct symbol *ret,
				       struct err *e)
{
	(void)s;
	(void)m;
	(void)offset;
	(void)e;
	memset(ret, 0, n * sizeof(*ret));
	return 0;
}

static inline int source_table_frames(struct symbol_source *s, const struct module *m,
				      uint64_t offset, bool call, struct source_frame *ret,
				      size_t max, size_t *ret_n, const char **ret_why,
				      struct err *e)
{
	struct source_table *t = (struct source_table *)s;

	t->asked++;
	if (t->fail)
		return err_set(e, t->fail, "out of memory");
	*ret_n = 0;
	*ret_why = "not in the table";
	for (size_t i = 0; i < t->n; i++) {
		const struct source_span *at = &t->span[i];

		if (strcmp(m->path, at->path) != 0 || offset - call < at->from ||
		    offset - call >= at->to || at->n > max)
			continue;
		memcpy(ret, at->frame, at->n * sizeof(*ret));
		*ret_n = at->n;
	}
	return 0;
}

static inline void source_table_init(struct source_table *t, const struct source_span *span,
				     size_t n)
{
	*t = (struct source_table){ .source = { .resolve = source_table_resolve,
						.frames = source_table_frames },
				    .span = span,
				    .n = n };
}
