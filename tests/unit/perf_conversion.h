/* SPDX-License-Identifier: MIT */
/* For tests of the perf.data importer: convert bytes, keep rows as text, meta, result and words. */
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

static inline void convert_bytes(struct conversion *c, const void *data, size_t n, bool count_only)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = take_meta, .ctx = c };

	*c = (struct conversion){ .rows = row_text_new() };
	buf_init(&c->meta, 0);
	c->rows->count_only = count_only;
	assert_int_equal(input_open_memory(data, n, "the file", &in), 0);
	c->r = importer_by_name("perf-data")->run(in, &c->rows->sink, &args, &c->result, &c->e);
}

static inline void done(struct conversion *c)
{
	row_text_free(c->rows);
	buf_done(&c->meta);
	import_result_done(&c->result);
}
