/* SPDX-License-Identifier: MIT */
/* For tests of importers, of perf.data where no other is named: convert bytes, keep rows as text,
 * meta, result and words. */
#pragma once

#include "import/importer.h"
#include "row_text.h"

struct conversion {
	struct row_text *rows;
	struct buf meta;
	struct import_result result;
	struct err e;
	int r;
};

static inline int take_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	struct conversion *c = ctx;

	(void)e;
	return buf_addf(&c->meta, "%s=%s\n", key, value);
}

static inline void convert_as(struct conversion *c, const char *format, const void *data, size_t n,
			      bool count_only)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = take_meta, .ctx = c };

	*c = (struct conversion){ .rows = row_text_new() };
	buf_init(&c->meta, 0);
	c->rows->count_only = count_only;
	assert_int_equal(input_open_memory(data, n, "the file", &in), 0);
	c->r = importer_by_name(format)->run(in, &c->rows->sink, &args, &c->result, &c->e);
}

static inline void convert_bytes(struct conversion *c, const void *data, size_t n, bool count_only)
{
	convert_as(c, "perf-data", data, n, count_only);
}

/*
 * Rows of exits to user space without their errno, for comparing with text: perf 6.1 takes a
 * negative errno for a positive one and prints the reason in its place. How many had one.
 */
static inline unsigned int forget_errno(struct buf *rows)
{
	unsigned int n = 0;

	assert_int_equal(buf_add(rows, "", 1), 0);
	rows->len--;
	for (char *p = (char *)rows->data; (p = strstr(p, " kind=1 "));) {
		char *end = strchr(p, '\n'), *detail = strstr(p, " detail=");

		p = end;
		if (!detail || detail > end)
			continue; /* a row of another track */
		p = detail + strlen(" detail=");
		n += *p != '0';
		rows->len -= (size_t)(end - p);
		memmove(p, end, strlen(end) + 1);
	}
	return n;
}

static inline void done(struct conversion *c)
{
	row_text_free(c->rows);
	buf_done(&c->meta);
	import_result_done(&c->result);
}
