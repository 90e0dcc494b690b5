/* SPDX-License-Identifier: MIT */
/* Any bytes as a recording: opened, walked, read by stream and by time. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/bytes.h"
#include "base/crc32c.h"
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

static void read_recording(const char *path, unsigned int flags, bool repaired)
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

	/* The orders agree, and where checksums tell damage, what was walked can be read. */
	if ((by_stream >= 0 || by_time >= 0) && by_stream != by_time)
		abort();
	if (flags & RECORDING_SALVAGE && by_stream == -EBADMSG && !repaired)
		abort();
	auto_buf block;

	buf_init(&block, 0);
	for (size_t i = 0; i < recording_n_blocks(r) && i < 16; i++) {
		buf_clear(&block);
		(void)!recording_read_block(r, i, &block, NULL);
	}
}

/*
 * Make the checksums right again, so that what is behind them gets to see the damage (offsets:
 * docs/formats/recording.md).
 */
static void repair(uint8_t *data, size_t n)
{
	size_t at = 64;

	if (n < 64)
		return;
	put_le32(data + 60, crc32c(data, 60));
	while (n - at >= 64 && !memcmp(data + at, "KBLK", 4)) {
		uint8_t *block = data + at;
		size_t payload = get_le32(block + 40), room = n - at - 64;

		if (payload <= room)
			put_le32(block + 52, crc32c(block + 64, payload));
		put_le32(block + 60, crc32c(block, 60));
		payload = (payload + 7) & ~(size_t)7;
		if (payload > room)
			break;
		at += 64 + payload;
	}
	if (n >= 96 && !memcmp(data + n - 32, "KYMOEND\n", 8))
		put_le32(data + n - 4, crc32c(data + n - 32, 28));
}

static void read_bytes(const uint8_t *data, size_t n, bool repaired)
{
	auto_close int fd = memfd_create("recording", MFD_CLOEXEC);
	char path[64];

	if (fd < 0 || file_write_all(fd, data, n) < 0)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	read_recording(path, 0, repaired);
	read_recording(path, RECORDING_SALVAGE, repaired);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_free uint8_t *copy = malloc(n + 1);

	if (!copy)
		abort();
	read_bytes(data, n, false);
	if (n > 0)
		memcpy(copy, data, n);
	repair(copy, n);
	if (memcmp(copy, data, n) != 0)
		read_bytes(copy, n, true);
	return 0;
}
