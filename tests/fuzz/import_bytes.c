/* SPDX-License-Identifier: MIT */
/* Reads bytes with one importer, from memory and from a pipe-like file, and compares. */
#include "import_bytes.h"

#include <stdlib.h>

#include "counting_sink.h"
#include "import/importer.h"

static int no_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)e;
	if (!key[0] || !value)
		abort();
	return 0;
}

void import_bytes(const char *importer, const uint8_t *data, size_t n)
{
	const struct importer *im = importer_by_name(importer);
	const struct import_args args = { .meta = no_meta };
	struct import_result result = { 0 };
	auto_ptr(input) in = NULL;
	struct counting_sink sink;
	struct err e = { 0 };

	if (!im || input_open_memory(data, n, "bytes", &in) < 0)
		abort();
	im->recognise(data, n < IMPORT_HEAD_BYTES ? n : IMPORT_HEAD_BYTES);
	counting_sink_init(&sink);
	int r = im->run(in, &sink.sink, &args, &result, &e);

	/* A failure has words; what is incomplete says where. */
	if (r < 0 && !e.text[0])
		abort();
	if (r >= 0 && !result.complete && !result.damage[0])
		abort();
	if (r >= 0 && result.events > sink.rows)
		abort();
	import_result_done(&result);
	counting_sink_done(&sink);
}
