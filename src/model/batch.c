/* SPDX-License-Identifier: MIT */
/*
 * Memory of batches. A batch and its columns are one allocation, each column on its own cache line;
 * the text pool is apart because it grows.
 */
#include "model/batch.h"

#include <errno.h>
#include <string.h>

#define COLUMN_ALIGN 64

static size_t align_up(size_t n)
{
	return (n + COLUMN_ALIGN - 1) & ~(size_t)(COLUMN_ALIGN - 1);
}

/* Where @column lies behind the begin of a batch of @cap rows; n_columns: where it ends. */
static size_t column_place(const struct track *track, uint32_t cap, bool full, unsigned int column)
{
	size_t at = align_up(sizeof(struct batch));

	for (unsigned int c = 0; c < column; c++)
		if (full || !(track->column[c].flags & COLUMN_OPTIONAL))
			at += align_up(cap * column_type_bytes(track->column[c].type));
	return at;
}

static struct batch *batch_alloc(const struct track *track, uint32_t cap, bool full)
{
	size_t bytes = column_place(track, cap, full, track->n_columns);

	/* Zeroed, so that a column a producer does not fill reads as 0 and empty text. By
	 * calloc(), which knows new pages to be zero: those without rows are never touched. */
	uint8_t *memory = calloc(1, bytes + COLUMN_ALIGN);

	if (!memory)
		return NULL;
	size_t before = align_up((uintptr_t)memory) - (uintptr_t)memory;
	struct batch *b = (struct batch *)(void *)(memory + before);

	b->before = (uint8_t)before;
	b->track = track;
	b->cpu = BATCH_CPU_NONE;
	b->cap = cap;
	b->full = full;
	b->text = "";
	b->text_len = 1;
	for (unsigned int c = 0; c < track->n_columns; c++)
		if (full || !(track->column[c].flags & COLUMN_OPTIONAL))
			b->col[c] = (uint8_t *)b + column_place(track, cap, full, c);
	b->time = b->col[0];
	return b;
}

struct batch *batch_new(const struct track *track, uint32_t cap)
{
	return batch_alloc(track, cap, false);
}

struct batch *batch_new_full(const struct track *track, uint32_t cap)
{
	return batch_alloc(track, cap, true);
}

static bool has_optional(const struct batch *b, unsigned int column)
{
	return b->col[column] && b->track->column[column].flags & COLUMN_OPTIONAL;
}

struct batch *batch_new_like(const struct batch *like, uint32_t cap)
{
	bool any = false;

	for (unsigned int c = 0; c < like->track->n_columns; c++)
		any |= has_optional(like, c);
	struct batch *b = batch_alloc(like->track, cap, any);

	for (unsigned int c = 0; b && any && c < like->track->n_columns; c++)
		if (like->track->column[c].flags & COLUMN_OPTIONAL)
			batch_set_optional(b, c, like->col[c]);
	return b;
}

bool batch_has_more(const struct batch *b, const struct batch *than)
{
	bool more = false;

	for (unsigned int c = 0; c < b->track->n_columns; c++)
		more |= has_optional(b, c) && !than->col[c];
	return more;
}

void batch_set_optional(struct batch *b, unsigned int column, bool there)
{
	assert(b->full && b->track->column[column].flags & COLUMN_OPTIONAL);
	b->col[column] = there ? (uint8_t *)b + column_place(b->track, b->cap, true, column) : NULL;
}

struct batch *batch_free(struct batch *b)
{
	if (!b)
		return NULL;
	if (b->text_cap)
		free((void *)(uintptr_t)b->text);
	free((uint8_t *)b - b->before);
	return NULL;
}

void batch_clear(struct batch *b)
{
	b->rows = 0;
	b->lead = 0;
	b->text_len = 1;
}

int64_t batch_add_text(struct batch *b, const char *s)
{
	size_t n = strlen(s) + 1;
	uint32_t at = b->text_len;

	if (n == 1)
		return 0;
	if (n > BATCH_TEXT_MAX - at)
		return -E2BIG;
	if (at + n > b->text_cap) {
		uint32_t twice = max_of(b->text_cap * 2, 1024u);
		uint32_t cap = max_of(twice, (uint32_t)(at + n));
		char *text = realloc(b->text_cap ? (void *)(uintptr_t)b->text : NULL, cap);

		if (!text)
			return -ENOMEM;
		text[0] = '\0';
		b->text = text;
		b->text_cap = cap;
	}
	memcpy((char *)(uintptr_t)b->text + at, s, n);
	b->text_len = (uint32_t)(at + n);
	return at;
}

static int append_texts(struct batch *to, unsigned int column, const struct batch *from,
			uint32_t row, uint32_t n)
{
	uint32_t *out = (uint32_t *)to->col[column] + to->rows;

	for (uint32_t i = 0; i < n; i++) {
		int64_t offset = batch_add_text(to, batch_text(from, column, row + i));

		if (offset < 0)
			return (int)offset;
		out[i] = (uint32_t)offset;
	}
	return 0;
}

int batch_append(struct batch *to, const struct batch *from, uint32_t row, uint32_t n)
{
	for (unsigned int c = 0; c < to->track->n_columns; c++) {
		size_t size = column_type_bytes(to->track->column[c].type);
		int r = 0;

		if (!to->col[c])
			continue;
		uint8_t *out = (uint8_t *)to->col[c] + to->rows * size;

		if (!from->col[c])
			memset(out, 0, n * size);
		else if (to->track->column[c].type == COLUMN_TEXT)
			r = append_texts(to, c, from, row, n);
		else
			memcpy(out, (const uint8_t *)from->col[c] + row * size, n * size);
		if (r < 0)
			return r;
	}
	to->rows += n;
	return 0;
}

int batch_widen(struct batch **b, const struct batch *like)
{
	const struct batch *old = *b;

	if (!batch_has_more(like, old))
		return 0;
	auto_ptr(batch) wide = batch_new_full(old->track, old->cap);

	if (!wide)
		return -ENOMEM;
	wide->cpu = old->cpu;
	for (unsigned int c = 0; c < wide->track->n_columns; c++)
		if (wide->track->column[c].flags & COLUMN_OPTIONAL)
			batch_set_optional(wide, c, like->col[c] || old->col[c]);
	int r = batch_append(wide, old, 0, old->rows);

	if (r < 0)
		return r;
	batch_free(*b);
	*b = steal_ptr(wide);
	return 0;
}
