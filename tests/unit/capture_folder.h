/* SPDX-License-Identifier: MIT */
/* Captures of the shared folder ($KYMO_SHARED, else ../shared beside the sources) for tests: as
 * bytes and as a recording in memory. Behind view_text.h or scenario.h. */
#pragma once

#include <fcntl.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/file.h"
#include "import/importer.h"
#include "model/memory.h"

/* False: there is no such file. */
static inline bool capture_load(const char *name, struct buf *ret)
{
	const char *shared = getenv("KYMO_SHARED");
	char path[512];
	auto_buf raw;

	buf_init(&raw, 0);
	buf_init(ret, 0);
	(void)snprintf(path, sizeof(path), "%s/data/traces/%s", shared ? shared : "../shared",
		       name);
	if (file_read_at(AT_FDCWD, path, &raw) < 0)
		return false;
	if (!strstr(name, ".zst")) {
		assert_int_equal(buf_add(ret, raw.data, raw.len), 0);
		return true;
	}
	ZSTD_DStream *zstd = ZSTD_createDStream();
	ZSTD_inBuffer in = { .src = raw.data, .size = raw.len };
	size_t left = 1;

	assert_non_null(zstd);
	while (left) {
		ZSTD_outBuffer out = { .dst = buf_reserve(ret, 1u << 20), .size = 1u << 20 };

		assert_non_null(out.dst);
		left = ZSTD_decompressStream(zstd, &out, &in);
		assert_false(ZSTD_isError(left));
		buf_commit(ret, out.pos);
	}
	ZSTD_freeDStream(zstd);
	return true;
}

static inline int capture_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)key;
	(void)value;
	(void)e;
	return 0;
}

static inline struct memory *capture_import(const char *name)
{
	struct import_args args = { .meta = capture_meta };
	struct import_result result = { 0 };
	struct memory *m = memory_new();
	auto_ptr(input) in = NULL;
	struct err e = { 0 };
	auto_buf data;

	assert_non_null(m);
	assert_true(capture_load(name, &data));
	assert_int_equal(input_open_memory(data.data, data.len, name, &in), 0);
	if (importer_recognise(in)->run(in, memory_sink(m), &args, &result, &e) < 0)
		fail_msg("%s", e.text);
	import_result_done(&result);
	return m;
}
