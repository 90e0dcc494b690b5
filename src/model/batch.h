/* SPDX-License-Identifier: MIT */
/*
 * A batch: rows of one track from one CPU, as plain arrays. What capture and import produce, what
 * the recording stores, what analyses read. Time never falls within a batch.
 *
 * A producer owns a batch made by batch_new(), fills rows [0, rows) of every column and hands it to
 * a sink, which copies what it wants. A consumer gets `const struct batch *` from a cursor: lent
 * until the next cursor_next() on that cursor.
 */
#pragma once

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/nsec.h"
#include "model/track.h"

#define BATCH_CPU_NONE UINT32_MAX
#define BATCH_ROWS     16384u /* usual room of batches that gather the rows of a stream */

struct batch {
	const struct track *track;
	uint32_t cpu; /* where the events happened, or BATCH_CPU_NONE */
	uint32_t rows;
	uint32_t lead; /* the first @lead rows lie before the query's window (query.lead) */
	uint32_t cap; /* of batch_new() memory; 0 in batches that a cursor lends */
	bool full; /* there is memory for optional columns */
	uint8_t before; /* bytes of batch_new() memory that lie before this */
	nsec_t *time; /* = col[0] */
	/* By column number, type as in the track. NULL: a COLUMN_OPTIONAL column that these rows
	   lack, or, in batches that a cursor lends, one that was not asked for. */
	void *col[TRACK_MAX_COLUMNS];
	const char *text; /* pool of text columns, first byte is "" */
	uint32_t text_len;
	uint32_t text_cap;
};

/* Without optional columns. NULL: out of memory. */
struct batch *batch_new(const struct track *track, uint32_t cap);
/* With all columns. */
struct batch *batch_new_full(const struct track *track, uint32_t cap);
/* With the optional columns that @like has. */
struct batch *batch_new_like(const struct batch *like, uint32_t cap);
struct batch *batch_free(struct batch *b);
void batch_clear(struct batch *b); /* rows and texts of a batch_new() batch */
DEFINE_CLEANUP(batch, batch_free)

/* Has @b an optional column that @than lacks? */
bool batch_has_more(const struct batch *b, const struct batch *than);
/* The optional @column of a batch_new_full() batch is there from now on, or not; its content is
 * kept. */
void batch_set_optional(struct batch *b, unsigned int column, bool there);

/*
 * Copy rows [@row, @row + @n) of @from, of the same track, behind those of @to, which has room for
 * them. Columns that @from lacks become 0; optional ones that @to lacks are left out. 0, -ENOMEM or
 * -E2BIG (batch_add_text()).
 */
int batch_append(struct batch *to, const struct batch *from, uint32_t row, uint32_t n) must_check;
/* Put a batch of the same rows in the place of *@b when @like has an optional column that it lacks:
 * with that, 0 in its rows so far. 0, -ENOMEM or -E2BIG. */
int batch_widen(struct batch **b, const struct batch *like) must_check;

#define BATCH_TEXT_MAX (16u << 20)

/* Add @s to the pool of a batch_new() batch; the offset to put into a text column, or -ENOMEM /
 * -E2BIG (pool over BATCH_TEXT_MAX). */
int64_t batch_add_text(struct batch *b, const char *s) must_check;

static inline bool batch_full(const struct batch *b)
{
	return b->rows == b->cap;
}

#define BATCH_GETTER(name, ctype, tag)                                        \
	static inline ctype *name(const struct batch *b, unsigned int column) \
	{                                                                     \
		assert(b->track->column[column].type == (tag));               \
		return b->col[column];                                        \
	}
BATCH_GETTER(batch_u8, uint8_t, COLUMN_U8)
BATCH_GETTER(batch_u16, uint16_t, COLUMN_U16)
BATCH_GETTER(batch_u32, uint32_t, COLUMN_U32)
BATCH_GETTER(batch_u64, uint64_t, COLUMN_U64)
BATCH_GETTER(batch_i64, int64_t, COLUMN_I64)
BATCH_GETTER(batch_f64, double, COLUMN_F64)

/* A value of a u64 column that may not be there. */
static inline uint64_t batch_u64_or_0(const struct batch *b, unsigned int column, uint32_t row)
{
	const uint64_t *v = batch_u64(b, column);

	return v ? v[row] : 0;
}

static inline const char *batch_text(const struct batch *b, unsigned int column, uint32_t row)
{
	assert(b->track->column[column].type == COLUMN_TEXT);
	return b->text + ((const uint32_t *)b->col[column])[row];
}
