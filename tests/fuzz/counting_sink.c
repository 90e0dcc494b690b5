/* SPDX-License-Identifier: MIT */
/* A sink that keeps nothing and checks everything; assert() may be off, so it uses abort(). */
#include "counting_sink.h"

#include <stdlib.h>
#include <string.h>

static void demand(bool promise)
{
	if (!promise)
		abort();
}

static size_t column_bytes(enum column_type type)
{
	switch (type) {
	case COLUMN_U8:
		return 1;
	case COLUMN_U16:
		return 2;
	case COLUMN_U32:
	case COLUMN_TEXT:
		return 4;
	case COLUMN_U64:
	case COLUMN_I64:
	case COLUMN_F64:
		return 8;
	}
	return 0;
}

void counting_sink_check(const struct batch *b)
{
	volatile uint8_t seen = 0;

	demand(b->track && b->rows > 0 && b->time);
	for (uint32_t i = 1; i < b->rows; i++)
		demand(b->time[i] >= b->time[i - 1]);
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		const uint8_t *bytes = b->col[c];
		size_t n = column_bytes(b->track->column[c].type) * b->rows;

		/* Touch it all, for the sanitizer. */
		for (size_t i = 0; bytes && i < n; i++)
			seen ^= bytes[i];
		if (b->track->column[c].type != COLUMN_TEXT || !bytes)
			continue;
		for (uint32_t i = 0; i < b->rows; i++) {
			uint32_t at = ((const uint32_t *)b->col[c])[i];

			demand(at < b->text_len);
			demand(memchr(b->text + at, 0, b->text_len - at) != NULL);
		}
	}
	(void)seen;
}

static int counting_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct counting_sink *s = container_of(sink, struct counting_sink, sink);
	uint64_t key = (uint64_t)b->track->id << 32 | b->cpu;
	uint32_t place = idmap_get(&s->stream, key);

	(void)e;
	counting_sink_check(b);
	if (place == IDMAP_NONE && s->n_streams < ARRAY_SIZE(s->last)) {
		place = s->n_streams++;
		s->last[place] = 0;
		if (idmap_set(&s->stream, key, place) < 0)
			abort();
	}
	if (place != IDMAP_NONE) {
		demand(b->time[0] >= s->last[place]);
		s->last[place] = b->time[b->rows - 1];
	}
	s->rows += b->rows;
	return 0;
}

void counting_sink_init(struct counting_sink *s)
{
	*s = (struct counting_sink){ .sink.write = counting_write };
}

void counting_sink_done(struct counting_sink *s)
{
	idmap_done(&s->stream);
}
