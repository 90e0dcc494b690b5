/* SPDX-License-Identifier: MIT */
/*
 * A sink for tests of importers: every row becomes a line of text, "switch 0 1234 next=1 prev=0
 * ...", and rows that go back in time are refused as a recording refuses them.
 */
#pragma once

#include <errno.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cpuset.h"
#include "model/stream.h"

#define ROW_TEXT_TRACKS 32

struct row_text {
	struct sink sink;
	struct buf text;
	bool count_only;
	uint64_t rows[ROW_TEXT_TRACKS];
	nsec_t last[ROW_TEXT_TRACKS][CPUSET_MAX + 1];
};

static inline void row_text_cell(struct buf *out, const struct batch *b, unsigned int c,
				 uint32_t row)
{
	const struct track_column *column = &b->track->column[c];

	if (!b->col[c]) /* optional and not there */
		return;

	buf_addf(out, " %s=", column->name);
	switch (column->type) {
	case COLUMN_U8:
		buf_addf(out, "%u", batch_u8(b, c)[row]);
		break;
	case COLUMN_U16:
		buf_addf(out, "%u", batch_u16(b, c)[row]);
		break;
	case COLUMN_U32:
		buf_addf(out, "%u", batch_u32(b, c)[row]);
		break;
	case COLUMN_U64:
		buf_addf(out, "%" PRIu64, batch_u64(b, c)[row]);
		break;
	default:
		buf_add_str(out, batch_text(b, c, row));
		break;
	}
}

static inline int row_text_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct row_text *t = (struct row_text *)sink;

	if (b->track->id >= ROW_TEXT_TRACKS || (b->cpu != BATCH_CPU_NONE && b->cpu >= CPUSET_MAX))
		return err_set(e, -ERANGE, "track %u, cpu %u", b->track->id, b->cpu);
	nsec_t *last = &t->last[b->track->id][b->cpu + 1];

	for (uint32_t row = 0; row < b->rows; row++) {
		if (b->time[row] < *last)
			return err_set(e, -EINVAL, "time falls in %s of cpu %u", b->track->name,
				       b->cpu);
		*last = b->time[row];
		t->rows[b->track->id]++;
		if (t->count_only)
			continue;
		buf_addf(&t->text, "%s %d %" PRIu64, b->track->name, (int)b->cpu, b->time[row]);
		for (unsigned int c = 1; c < b->track->n_columns; c++)
			row_text_cell(&t->text, b, c, row);
		buf_add_byte(&t->text, '\n');
	}
	return 0;
}

static inline struct row_text *row_text_new(void)
{
	struct row_text *t = calloc(1, sizeof(*t));

	if (!t)
		abort();
	t->sink.write = row_text_write;
	buf_init(&t->text, 0);
	return t;
}

static inline struct row_text *row_text_free(struct row_text *t)
{
	if (t)
		buf_done(&t->text);
	free(t);
	return NULL;
}
DEFINE_CLEANUP(row_text, row_text_free)
