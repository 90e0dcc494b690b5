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

	/* Zeroed, so that a column a producer does not fill reads as 0 and empty text. */
	struct batch *b = aligned_alloc(COLUMN_ALIGN, bytes);

	if (!b)
		return NULL;
	memset(b, 0, bytes);
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
	free(b);
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
