/* SPDX-License-Identifier: MIT */
/* Any bytes as a recording: opened, walked, read by stream and by time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "base/file.h"
#include "counting_sink.h"
#include "format/recording.h"
#include "fuzz.h"
#include "model/tasks.h"

/* Rows that a cursor gives, or -errno; an error must have words. */
static int64_t read_all(struct recording *r, enum cursor_order order)
{
	struct query q = { .order = order };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };
	nsec_t last = 0;
	int64_t rows = 0;
	int got = source_cursor(recording_source(r), &q, &c, &e);

	while (got >= 0 && (got = cursor_next(c, &b, &e)) > 0) {
		counting_sink_check(b);
		if (order == CURSOR_BY_TIME && b->time[0] < last)
			abort();
		last = b->time[b->rows - 1];
		rows += b->rows;
	}
	if (got < 0 && !e.text[0])
		abort();
	return got < 0 ? got : rows;
}

static void read_recording(const char *path, unsigned int flags)
{
	struct err e = { 0 };
	auto_ptr(recording) r = NULL;

	if (recording_open(path, flags, &r, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	int64_t by_stream = read_all(r, CURSOR_BY_STREAM);
	int64_t by_time = read_all(r, CURSOR_BY_TIME);

	/* The orders agree, and what was walked can be read. */
	if ((by_stream >= 0 || by_time >= 0) && by_stream != by_time)
		abort();
	if (flags & RECORDING_SALVAGE && by_stream == -EBADMSG)
		abort();
	auto_buf block;

	buf_init(&block, 0);
	for (size_t i = 0; i < recording_n_blocks(r) && i < 16; i++) {
		buf_clear(&block);
		(void)!recording_read_block(r, i, &block, NULL);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_close int fd = memfd_create("recording", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || file_write_all(fd, data, n) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_recording(path, 0);
	read_recording(path, RECORDING_SALVAGE);
	return 0;
}
