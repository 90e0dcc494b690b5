/* SPDX-License-Identifier: MIT */
/* The file of docs/formats/symbols.md: header, index, entries, names. */
#include "symbol/symbol_table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/bytes.h"
#include "base/crc32c.h"

#define MAGIC	     "KYMOSYM\n"
#define VERSION	     1u
#define HEADER_BYTES 96u
#define INDEX_BYTES  16u
#define GROUP	     64u /* ranges per index entry */

/* Places in the header. */
enum {
	AT_MAGIC = 0,
	AT_VERSION = 8,
	AT_HEADER = 12,
	AT_FILE = 16,
	AT_BODY_CRC = 24,
	AT_RANGES = 28,
	AT_ENTRIES = 32,
	AT_NAMES = 36,
	AT_EXTENT = 40,
	AT_ID_BYTES = 44,
	AT_ID = 48,
	AT_HEADER_CRC = 92,
};

struct symbol_table {
	const uint8_t *image;
	size_t n;
	bool mapped;
	const uint8_t *index, *entries;
	const char *names;
	uint32_t ranges, groups, entries_bytes, names_bytes;
};

/* ---- reading ---- */

static int check_header(const uint8_t *p, size_t n, struct err *e)
{
	if (n < HEADER_BYTES || memcmp(p, MAGIC, 8) != 0)
		return err_set(e, -EBADMSG, "is no symbol file");
	if (get_le32(p + AT_VERSION) != VERSION || get_le32(p + AT_HEADER) != HEADER_BYTES)
		return err_set(e, -EBADMSG, "is a symbol file of another version");
	if (get_le32(p + AT_HEADER_CRC) != crc32c(p, AT_HEADER_CRC))
		return err_set(e, -EBADMSG, "symbol file: the header's checksum is wrong");
	if (get_le64(p + AT_FILE) != n)
		return err_set(e, -EBADMSG, "symbol file: cut, or longer than it says");
	if (get_le32(p + AT_BODY_CRC) != crc32c(p + HEADER_BYTES, n - HEADER_BYTES))
		return err_set(e, -EBADMSG, "symbol file: the checksum is wrong");
	return 0;
}

static int take_image(struct symbol_table *t, struct err *e)
{
	const uint8_t *p = t->image;
	int r = check_header(p, t->n, e);

	if (r < 0)
		return r;
	t->ranges = get_le32(p + AT_RANGES);
	t->groups = t->ranges / GROUP + (t->ranges % GROUP > 0);
	t->entries_bytes = get_le32(p + AT_ENTRIES);
	t->names_bytes = get_le32(p + AT_NAMES);
	t->index = p + HEADER_BYTES;
	t->entries = t->index + (size_t)t->groups * INDEX_BYTES;
	t->names = (const char *)t->entries + t->entries_bytes;
	uint64_t bytes = HEADER_BYTES + (uint64_t)t->groups * INDEX_BYTES + t->entries_bytes +
			 t->names_bytes;
	uint32_t extent = get_le32(p + AT_EXTENT);

	/* A right checksum is no promise: whoever writes the file makes it too. */
	if (bytes != t->n || get_le32(p + AT_ID_BYTES) > SYMBOL_ID_MAX ||
	    (t->ranges && (!t->names_bytes || t->names[t->names_bytes - 1])) ||
	    (extent != SYMBOLS_FULL && extent != SYMBOLS_EXPORTED))
		return err_set(e, -EBADMSG, "symbol file: its parts do not add up");
	return 0;
}

int symbol_table_new(struct buf *image, struct symbol_table **ret, struct err *e)
{
	struct symbol_table *t = calloc(1, sizeof(*t));

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	t->image = image->data;
	t->n = image->len;
	int r = take_image(t, e);

	if (r < 0) {
		free(t);
		return r;
	}
	t->image = buf_take(image);
	*ret = t;
	return 0;
}

int symbol_table_map(int fd, struct symbol_table **ret, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_set(e, -errno, "cannot tell its length");
	if (!S_ISREG(st.st_mode) || st.st_size < (off_t)HEADER_BYTES)
		return err_set(e, -EBADMSG, "is no symbol file");
	struct symbol_table *t = calloc(1, sizeof(*t));

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	t->n = (size_t)st.st_size;
	t->image = mmap(NULL, t->n, PROT_READ, MAP_PRIVATE, fd, 0);
	if (t->image == MAP_FAILED) {
		int code = -errno;

		free(t);
		return err_set(e, code, "cannot map it");
	}
	t->mapped = true;
	int r = take_image(t, e);

	if (r < 0) {
		symbol_table_free(t);
		return r;
	}
	*ret = t;
	return 0;
}

struct symbol_table *symbol_table_free(struct symbol_table *t)
{
	if (t) {
		uint8_t *image;

		memcpy(&image, &t->image, sizeof(image));
		if (t->mapped)
			munmap(image, t->n);
		else
			free(image);
		free(t);
	}
	return NULL;
}

size_t symbol_table_count(const struct symbol_table *t)
{
	return t->ranges;
}

enum symbol_extent symbol_table_extent(const struct symbol_table *t)
{
	return (enum symbol_extent)get_le32(t->image + AT_EXTENT);
}

size_t symbol_table_build_id(const struct symbol_table *t, const uint8_t **ret)
{
	*ret = t->image + AT_ID;
	return get_le32(t->image + AT_ID_BYTES);
}

const uint8_t *symbol_table_image(const struct symbol_table *t, size_t *ret_n)
{
	*ret_n = t->n;
	return t->image;
}

/* One entry; false when it is cut. */
static bool take_entry(const uint8_t **p, const uint8_t *end, uint64_t v[4])
{
	for (unsigned int k = 0; k < 4; k++)
		if (!get_varint(p, end, &v[k]))
			return false;
	return true;
}

bool symbol_table_find(const struct symbol_table *t, uint64_t offset, struct symbol_range *ret)
{
	size_t low = 0, high = t->groups;

	/* The last group that begins at or before the place. */
	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (get_le64(t->index + mid * INDEX_BYTES) <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return false;
	const uint8_t *index = t->index + (low - 1) * INDEX_BYTES;
	uint64_t at = get_le64(index), v[4];
	uint32_t place = get_le32(index + 8), name = get_le32(index + 12);
	uint32_t first = (uint32_t)(low - 1) * GROUP;
	uint32_t n = min_of(t->ranges - first, GROUP);

	if (place > t->entries_bytes)
		return false;
	const uint8_t *p = t->entries + place, *end = t->entries + t->entries_bytes;

	for (uint32_t k = 0; k < n && take_entry(&p, end, v); k++) {
		uint64_t start = at + v[0];

		name += (uint32_t)zigzag_decode(v[3]);
		at = start + v[1];
		if (offset < start)
			return false;
		if (offset >= at)
			continue;
		if (name >= t->names_bytes || v[2] > start)
			return false;
		*ret = (struct symbol_range){ .start = start,
					      .end = at,
					      .symbol = start - v[2],
					      .name = t->names + name,
					      .number = first + k };
		return true;
	}
	return false;
}

/* ---- writing ---- */

void symbol_writer_init(struct symbol_writer *w)
{
	*w = (struct symbol_writer){ 0 };
	buf_init(&w->index, UINT32_MAX);
	buf_init(&w->entries, UINT32_MAX);
	buf_init(&w->names, INT32_MAX);
}

void symbol_writer_done(struct symbol_writer *w)
{
	buf_done(&w->index);
	buf_done(&w->entries);
	buf_done(&w->names);
}

int symbol_writer_name(struct symbol_writer *w, const char *name, size_t n, uint32_t *ret)
{
	uint32_t at = (uint32_t)w->names.len;
	char *to = buf_reserve(&w->names, n + 1);

	if (!to)
		return buf_error(&w->names);
	/* Names go to terminals: nothing in them may steer one. */
	for (size_t i = 0; i < n; i++)
		to[i] = (unsigned char)name[i] < ' ' || name[i] == 0x7f ? '?' : name[i];
	to[n] = 0;
	buf_commit(&w->names, n + 1);
	*ret = at;
	return 0;
}

int symbol_writer_add(struct symbol_writer *w, uint64_t start, uint64_t end, uint64_t symbol,
		      uint32_t name)
{
	if (w->n % GROUP == 0) {
		uint8_t index[INDEX_BYTES];

		put_le64(index, start);
		put_le32(index + 8, (uint32_t)w->entries.len);
		put_le32(index + 12, name);
		buf_add(&w->index, index, sizeof(index));
		w->at = start;
		w->name_at = name;
	}
	buf_add_varint(&w->entries, start - w->at);
	buf_add_varint(&w->entries, end - start);
	buf_add_varint(&w->entries, start - symbol);
	buf_add_varint(&w->entries, zigzag_encode((int64_t)name - w->name_at));
	w->at = end;
	w->name_at = name;
	w->n++;
	return buf_error(&w->entries) ? buf_error(&w->entries) : buf_error(&w->index);
}

int symbol_writer_finish(struct symbol_writer *w, enum symbol_extent extent, const uint8_t *id,
			 size_t id_bytes, struct buf *ret)
{
	uint8_t header[HEADER_BYTES] = MAGIC;
	size_t from = ret->len;

	buf_add(ret, header, sizeof(header));
	buf_add(ret, w->index.data, w->index.len);
	buf_add(ret, w->entries.data, w->entries.len);
	buf_add(ret, w->names.data, w->names.len);
	if (buf_error(ret))
		return buf_error(ret);
	uint8_t *p = ret->data + from;
	size_t n = ret->len - from;

	put_le32(p + AT_VERSION, VERSION);
	put_le32(p + AT_HEADER, HEADER_BYTES);
	put_le64(p + AT_FILE, n);
	put_le32(p + AT_BODY_CRC, crc32c(p + HEADER_BYTES, n - HEADER_BYTES));
	put_le32(p + AT_RANGES, w->n);
	put_le32(p + AT_ENTRIES, (uint32_t)w->entries.len);
	put_le32(p + AT_NAMES, (uint32_t)w->names.len);
	put_le32(p + AT_EXTENT, (uint32_t)extent);
	put_le32(p + AT_ID_BYTES, (uint32_t)id_bytes);
	memcpy(p + AT_ID, id, id_bytes);
	put_le32(p + AT_HEADER_CRC, crc32c(p, AT_HEADER_CRC));
	return 0;
}
