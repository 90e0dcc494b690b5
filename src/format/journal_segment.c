/* SPDX-License-Identifier: MIT */
/* One segment's file: which copy of its header is whole, and the keys of its epochs. */
#include "format/journal_segment.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "format/journal_folder.h"

struct segment_keys {
	uint8_t first[SEAL_KEY_BYTES];
	uint8_t now[SEAL_KEY_BYTES];
	uint64_t epoch; /* of .now */
};

/* ---- header ---- */

/* The whole header at the lowest multiple of 8, which is the second copy when the first is damaged.
 */
static int find_header(struct journal_segment *s, const uint8_t *p, size_t n, size_t *ret_at,
		       struct err *e)
{
	int r = journal_header_parse(p, n, &s->header, e);
	const int first = r;

	*ret_at = 0;
	/* A file that is something else is not searched. */
	for (size_t at = 8; r < 0 && at + JOURNAL_HEADER_MIN <= n && at <= JOURNAL_HEADER_MAX;
	     at += 8) {
		r = journal_header_parse(p + at, n - at, &s->header, NULL);
		*ret_at = at;
	}
	return r < 0 ? first : 0;
}

static int read_header(struct journal_segment *s, struct err *e)
{
	const size_t n = (size_t)min_of(s->size, (uint64_t)2 * JOURNAL_HEADER_MAX);
	auto_free uint8_t *p = malloc(n + 1);
	size_t at;

	if (!p)
		return err_set(e, -ENOMEM, "no memory");
	int r = file_pread_all(s->fd, p, n, 0);

	if (r < 0)
		return err_set(e, r, "cannot read: %s", strerror(-r));
	r = find_header(s, p, n, &at, e);
	if (r < 0)
		return r;
	const size_t bytes = s->header.bytes;

	s->head = malloc(bytes);
	if (!s->head)
		return err_set(e, -ENOMEM, "no memory");
	memcpy(s->head, p + at, bytes);
	if (at)
		s->damaged_copies = 1;
	else if (n < 2 * bytes || memcmp(p, p + bytes, bytes) != 0)
		s->damaged_copies = 2;
	s->first_frame = min_of((uint64_t)(at ? at : bytes) + bytes, s->size);
	return 0;
}

int journal_segment_open_fd(int fd, uint64_t number, struct journal_segment **ret, struct err *e)
{
	auto_ptr(journal_segment) s = calloc(1, sizeof(*s));
	char name[JOURNAL_NAME_MAX];
	struct stat st;

	if (!s) {
		close(fd);
		return err_set(e, -ENOMEM, "no memory");
	}
	s->fd = fd;
	s->number = number;
	int r = fstat(fd, &st) < 0 ? -errno : 0;

	if (r >= 0 && !S_ISREG(st.st_mode))
		return err_set(e, -EBADMSG, "'%s' is no regular file",
			       journal_segment_name(number, name));
	if (r < 0)
		return err_set(e, r, "cannot read '%s': %s", journal_segment_name(number, name),
			       strerror(-r));
	s->size = (uint64_t)st.st_size;
	r = read_header(s, e);
	if (r < 0) {
		err_prefix(e, "'%s'", journal_segment_name(number, name));
		return r;
	}
	*ret = steal_ptr(s);
	return 0;
}

int journal_segment_open(int dir_fd, uint64_t number, struct journal_segment **ret, struct err *e)
{
	char name[JOURNAL_NAME_MAX];
	int fd = openat(dir_fd, journal_segment_name(number, name),
			O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return err_set(e, -errno, "cannot open '%s': %s", name, strerror(errno));
	return journal_segment_open_fd(fd, number, ret, e);
}

struct journal_segment *journal_segment_free(struct journal_segment *s)
{
	if (s) {
		seal_free(s->keys);
		free(s->head);
		if (s->fd >= 0)
			close(s->fd);
		free(s);
	}
	return NULL;
}

/* ---- keys ---- */

int journal_segment_set_key(struct journal_segment *s, const uint8_t *key)
{
	if (!s->keys)
		s->keys = seal_alloc(sizeof(*s->keys));
	if (!s->keys)
		return -ENOMEM;
	memcpy(s->keys->first, key, SEAL_KEY_BYTES);
	memcpy(s->keys->now, key, SEAL_KEY_BYTES);
	s->keys->epoch = s->header.epoch;
	return 0;
}

int journal_segment_unlock(struct journal_segment *s, struct keyring *k, struct err *e)
{
	uint8_t key[SEAL_KEY_BYTES];
	int r = journal_header_open(s->head, &s->header, k, key, e);

	if (r >= 0)
		r = journal_segment_set_key(s, key);
	sodium_memzero(key, sizeof(key));
	return r;
}

/* Each epoch before needed a checkpoint: what bounds the work that a file can ask for. */
static bool can_be_epoch(const struct journal_segment *s, uint64_t epoch, uint64_t offset)
{
	const uint64_t checkpoint = FRAME_HEADER_BYTES + CHECKPOINT_BODY_BYTES + SEAL_HASH_BYTES;

	return epoch >= s->header.epoch && epoch - s->header.epoch <= offset / checkpoint;
}

int journal_segment_open_frame(struct journal_segment *s, const uint8_t *frame,
			       const struct frame_info *i, uint64_t offset,
			       const uint8_t before[SEAL_HASH_BYTES], struct buf *ret)
{
	struct segment_keys *k = s->keys;

	if (!k)
		return -ENOKEY;
	if (i->body_bytes < SEAL_TAG_BYTES || !can_be_epoch(s, i->epoch, offset))
		return -EBADMSG;
	if (i->epoch < k->epoch) {
		memcpy(k->now, k->first, SEAL_KEY_BYTES);
		k->epoch = s->header.epoch;
	}
	for (; k->epoch < i->epoch; k->epoch++)
		frame_next_key(k->now);
	buf_clear(ret);
	uint8_t *to = buf_reserve(ret, i->body_bytes);

	if (!to)
		return buf_error(ret);
	int r = frame_open(frame, i, &s->header.place, k->now, before, to);

	if (r >= 0)
		buf_commit(ret, i->body_bytes - SEAL_TAG_BYTES);
	return r;
}
