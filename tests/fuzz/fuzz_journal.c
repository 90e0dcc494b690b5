/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a segment of a sealed journal, as what is sealed in a frame, and as a witness. With
 * a key that fits the seeds: what is behind the seal is reached where the seal was not touched, and
 * by contents that are taken as they come.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "format/identity.h"
#include "format/journal_content.h"
#include "format/journal_segment.h"
#include "format/witness.h"
#include "fuzz.h"

static struct keyring *keys;

static void load_keys(void)
{
	struct identity *id = NULL;
	auto_buf b;

	buf_init(&b, IDENTITY_FILE_MAX);
	keys = keyring_new();
	if (!keys || file_read_at(AT_FDCWD, "tests/fixtures/journal/reader.key", &b) < 0 ||
	    identity_parse(buf_str(&b), b.len, NULL, &id, NULL) < 0 ||
	    identity_add_to(id, keys) < 0)
		abort();
	identity_free(id);
}

/* Every entry lies in the bytes, and counting agrees with going through. */
static void read_content(const uint8_t *p, size_t n)
{
	const struct journal_row frame = { 0 };
	struct journal_stream stream;
	struct journal_entry entry;
	struct content c;
	uint64_t entries = 0, counted = 0;
	uint32_t at;
	int r = content_parse(p, n, false, &c);

	if (r < 0)
		return;
	auto_free struct journal_row *rows = calloc(c.n_streams + 1, sizeof(*rows));

	if (!rows)
		abort();
	const int count = content_count(&c, &frame, rows);

	for (uint32_t i = 0; i < c.n_streams; i++) {
		content_stream(&c, i, &stream);
		counted += rows[i].entries;
	}
	while ((r = content_next(&c, &entry, &at)) > 0) {
		if (at >= c.n_streams || entry.data < p || entry.data + entry.bytes > p + n)
			abort();
		entries++;
	}
	if (r != count || entries != counted)
		abort();
}

static void read_index(const uint8_t *p, size_t n)
{
	struct journal_index x = { 0 };
	auto_buf again;

	buf_init(&again, 0);
	if (journal_index_parse(p, n, &x) < 0)
		return;
	if (journal_index_put(&x, &again) < 0)
		abort();
	for (size_t i = 0; i < x.n_rows; i++)
		if (x.row[i].stream >= x.streams.n)
			abort();
	journal_index_done(&x);
}

/* Steps cover the file without gaps and overlaps; frames that open hold content. */
static void walk(struct journal_segment *s)
{
	struct segment_walk w;
	struct walk_step step;
	struct err e = { 0 };
	uint64_t at = s->first_frame;
	auto_buf plain;

	buf_init(&plain, FRAME_BODY_MAX);
	segment_walk_begin(&w, s, s->size);
	for (;;) {
		if (segment_walk_next(&w, &step, &e) < 0)
			abort();
		if (step.what == WALK_END)
			break;
		if (step.offset != at || !step.bytes)
			abort();
		at += step.bytes;
		if (step.what == WALK_FRAME && step.info.type != FRAME_CHECKPOINT && s->keys &&
		    journal_segment_open_frame(s, step.frame, &step.info, step.offset, step.before,
					       &plain) >= 0) {
			read_content(plain.data, plain.len);
			read_index(plain.data, plain.len);
		}
	}
	if (at != s->size)
		abort();
	segment_walk_done(&w);
}

static void read_segment(const uint8_t *data, size_t n)
{
	int fd = memfd_create("segment", MFD_CLOEXEC);
	struct journal_segment *s = NULL;
	struct err e = { 0 };

	if (fd < 0 || file_write_all(fd, data, n) < 0)
		abort();
	int r = journal_segment_open_fd(fd, 1, &s, &e);

	if (r < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	for (unsigned int i = 0; i < s->header.n_recipients; i++) {
		struct recipient_seen seen;

		journal_header_recipient(s->head, &s->header, i, &seen);
	}
	r = journal_segment_unlock(s, keys, &e);
	if (r < 0 && r != -ENOKEY && r != -EBADMSG)
		abort();
	walk(s);
	journal_segment_free(s);
}

/* Checksums of frame headers made right, so that more than the first is walked to. */
static void repair(uint8_t *data, size_t n)
{
	for (size_t at = 0; at + FRAME_HEADER_BYTES <= n; at += 8)
		if (get_le32(data + at) == FRAME_MAGIC)
			put_le32(data + at + 36, crc32c(data + at, 36));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_free uint8_t *copy = malloc(n + 1);
	uint8_t(*witness)[STATEMENT_SIGNED_BYTES] = NULL;
	size_t lines;

	if (!copy)
		abort();
	if (!keys)
		load_keys();
	read_segment(data, n);
	if (n)
		memcpy(copy, data, n);
	repair(copy, n);
	if (n && memcmp(copy, data, n) != 0)
		read_segment(copy, n);
	read_content(data, n);
	read_index(data, n);
	copy[n] = 0;
	if (witness_parse((const char *)copy, n, &witness, &lines, NULL) >= 0)
		free(witness);
	return 0;
}
