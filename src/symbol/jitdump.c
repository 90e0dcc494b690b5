/* SPDX-License-Identifier: MIT */
/* Records behind each other, each with its length; unknown ones are passed over. */
#include "symbol/jitdump.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

#define MAGIC	     0x4A695444u
#define HEADER_BYTES 40u
#define RECORD_BYTES 16u
#define LOAD_BYTES   40u /* of a load record's numbers, behind the record's head */
#define MOVE_BYTES   48u

enum { JIT_CODE_LOAD = 0, JIT_CODE_MOVE = 1 };

/* Names of loaded code by code_index, for moves. */
struct loaded {
	uint64_t index;
	const char *name;
	size_t name_bytes;
};

struct reader {
	bool big;
	struct symbol_builder *b;
	struct loaded *loaded;
	size_t n, room;
};

static uint32_t u32(const struct reader *r, const uint8_t *p)
{
	return r->big ? get_be32(p) : get_le32(p);
}

static uint64_t u64(const struct reader *r, const uint8_t *p)
{
	return r->big ? get_be64(p) : get_le64(p);
}

/* pid, tid, vma, code_addr, code_size, code_index, name, code */
static int take_load(struct reader *r, const uint8_t *p, size_t n)
{
	if (n <= LOAD_BYTES)
		return 0;
	const char *name = (const char *)p + LOAD_BYTES;
	size_t len = strnlen(name, n - LOAD_BYTES);

	if (len == n - LOAD_BYTES)
		return 0; /* its end is missing */
	if (r->n == r->room) {
		size_t room = r->room ? 2 * r->room : 256;
		struct loaded *grown = reallocarray(r->loaded, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		r->loaded = grown;
		r->room = room;
	}
	r->loaded[r->n++] = (struct loaded){ u64(r, p + 32), name, len };
	uint64_t bytes = u64(r, p + 24);

	return bytes ? symbol_builder_add(r->b, u64(r, p + 16), bytes, 0, SYMBOL_GLOBAL, true, name,
					  len)
		     : 0;
}

/* pid, tid, vma, old_code_addr, new_code_addr, code_size, code_index */
static int take_move(struct reader *r, const uint8_t *p, size_t n)
{
	if (n < MOVE_BYTES)
		return 0;
	uint64_t index = u64(r, p + 40), bytes = u64(r, p + 32);

	/* Indices count up, so the wanted one is at or before that place, near the end. */
	for (size_t k = r->n, tries = 4096; bytes && k-- > 0 && tries-- > 0;)
		if (r->loaded[k].index == index)
			return symbol_builder_add(r->b, u64(r, p + 24), bytes, 0, SYMBOL_GLOBAL,
						  true, r->loaded[k].name, r->loaded[k].name_bytes);
	return 0;
}

int jitdump_read(const uint8_t *p, size_t n, struct symbol_builder *b, size_t *ret_n, struct err *e)
{
	struct reader r = { .b = b };
	const uint8_t *end = p + n;
	size_t before = symbol_builder_count(b);
	int code = 0;

	if (n < HEADER_BYTES || (get_le32(p) != MAGIC && get_be32(p) != MAGIC))
		return err_set(e, -EBADMSG, "is no jitdump file");
	r.big = get_le32(p) != MAGIC;
	uint32_t head = u32(&r, p + 8);

	if (head < HEADER_BYTES || head > n)
		return err_set(e, -EBADMSG, "jitdump file: its header is longer than the file");
	p += head;
	while (code >= 0 && (size_t)(end - p) >= RECORD_BYTES) {
		uint32_t id = u32(&r, p), bytes = u32(&r, p + 4);

		if (bytes < RECORD_BYTES || bytes > (size_t)(end - p))
			break;
		if (id == JIT_CODE_LOAD)
			code = take_load(&r, p + RECORD_BYTES, bytes - RECORD_BYTES);
		else if (id == JIT_CODE_MOVE)
			code = take_move(&r, p + RECORD_BYTES, bytes - RECORD_BYTES);
		p += bytes;
	}
	free(r.loaded);
	*ret_n = symbol_builder_count(b) - before;
	return code < 0 ? err_set(e, code, "out of memory") : 0;
}
