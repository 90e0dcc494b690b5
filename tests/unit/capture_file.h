/* SPDX-License-Identifier: MIT */
/*
 * For tests that compare with larger captures, which are not part of the sources: data/traces (and
 * its neighbours) in $KYMO_SHARED, else in ../shared beside the sources.
 */
#pragma once

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/buf.h"
#include "base/file.h"

/* A file of data/@folder, decompressed when it ends in .zst. False: there is none. */
static inline bool load_from(const char *folder, const char *name, struct buf *ret)
{
	const char *shared = getenv("KYMO_SHARED");
	char path[512];
	auto_buf raw;

	buf_init(&raw, 0);
	buf_init(ret, 0);
	snprintf(path, sizeof(path), "%s/data/%s/%s", shared ? shared : "../shared", folder, name);
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
	while (in.pos < in.size || left) {
		size_t room = ZSTD_DStreamOutSize();
		ZSTD_outBuffer out = { .dst = buf_reserve(ret, room), .size = room };

		assert_non_null(out.dst);
		left = ZSTD_decompressStream(zstd, &out, &in);
		assert_false(ZSTD_isError(left));
		buf_commit(ret, out.pos);
		if (in.pos == in.size && !out.pos)
			break;
	}
	ZSTD_freeDStream(zstd);
	return true;
}

static inline bool load(const char *name, struct buf *ret)
{
	return load_from("traces", name, ret);
}

static inline void need(const char *name, struct buf *ret)
{
	if (!load(name, ret))
		fail_msg("%s is not among the captures", name);
}

/* Calls @fn with a copy of each line. */
static inline void each_line(const char *text, void (*fn)(char *line, void *ctx), void *ctx)
{
	while (*text) {
		const char *end = strchrnul(text, '\n');
		char line[1024];

		snprintf(line, sizeof(line), "%.*s", (int)(end - text), text);
		fn(line, ctx);
		text = *end ? end + 1 : end;
	}
}
