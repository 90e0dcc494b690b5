/* SPDX-License-Identifier: MIT */
/* Gathers rows per (track, CPU) and hands out encoded blocks. */
#include "format/packer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"

#define DEFAULT_LEVEL 1
/* Of texts in a block; a stream may have COLUMN_MAX_STREAM_BYTES. */
#define BLOCK_TEXT_BYTES ((size_t)6 << 20)

struct open_stream {
	struct batch *batch;
	nsec_t last; /* time of the latest row taken in, also of blocks gone out */
	nsec_t since; /* when its first row was taken in; 0 = empty */
};

struct packer {
	struct sink sink;
	packer_emit_fn emit;
	void *ctx;
	uint32_t block_rows;
	struct block_encoder *encoder;
	struct buf block;
	struct idmap by_key; /* track << 32 | cpu -> index into stream */
	struct open_stream *stream;
	uint32_t n_streams, cap_streams;
};

static int emit(struct packer *p, struct open_stream *s, struct err *e)
{
	struct block_info info;

	buf_clear(&p->block);
	int r = block_encode(p->encoder, s->batch, &p->block, e);

	if (r < 0)
		return r;
	r = block_parse_header(p->block.data, &info, e);
	if (r < 0)
		return r;
	batch_clear(s->batch);
	s->since = 0;
	return p->emit(p->ctx, &info, p->block.data, p->block.len, e);
}

static struct open_stream *find_stream(struct packer *p, const struct track *track, uint32_t cpu)
{
	uint64_t key = (uint64_t)track->id << 32 | cpu;
	uint32_t i = idmap_get(&p->by_key, key);

	if (i != IDMAP_NONE)
		return &p->stream[i];
	if (p->n_streams == p->cap_streams) {
		uint32_t cap = p->cap_streams ? 2 * p->cap_streams : 16;
		struct open_stream *grown = reallocarray(p->stream, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		p->stream = grown;
		p->cap_streams = cap;
	}
	struct batch *b = batch_new(track, track->block_rows ? track->block_rows : p->block_rows);

	if (!b || idmap_set(&p->by_key, key, p->n_streams) < 0) {
		batch_free(b);
		return NULL;
	}
	b->cpu = cpu;
	p->stream[p->n_streams] = (struct open_stream){ .batch = b };
	return &p->stream[p->n_streams++];
}

/*
 * How many rows of @from, from @row on, go into the block: as many as there is room for, and no
 * more text than one stream may have. Long texts (files as they are) would go beyond that before
 * the block has all its rows. At least one row.
 */
static uint32_t rows_that_fit(const struct batch *to, const struct batch *from, uint32_t row)
{
	uint32_t n = min_of(from->rows - row, to->cap - to->rows);
	size_t text = to->text_len;

	if (!from->text_len || from->text_len + (size_t)to->text_len <= BLOCK_TEXT_BYTES)
		return n;
	for (uint32_t i = 0; i < n; i++) {
		for (unsigned int c = 0; c < to->track->n_columns; c++)
			if (to->track->column[c].type == COLUMN_TEXT)
				text += strlen(batch_text(from, c, row + i)) + 1;
		if (text > BLOCK_TEXT_BYTES)
			return i;
	}
	return n;
}

static int packer_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct packer *p = container_of(sink, struct packer, sink);
	struct open_stream *s = find_stream(p, b->track, b->cpu);

	if (!s)
		return err_set(e, -ENOMEM, "no memory for one more stream of track '%s'",
			       b->track->name);
	nsec_t last = s->last;

	for (uint32_t i = 0; i < b->rows; last = b->time[i++])
		if (b->time[i] < last)
			return err_set(e, -EINVAL,
				       "track '%s', CPU %d: time falls from %llu to %llu",
				       b->track->name, (int)b->cpu, (unsigned long long)last,
				       (unsigned long long)b->time[i]);
	for (uint32_t row = 0; row < b->rows;) {
		uint32_t n = rows_that_fit(s->batch, b, row);
		int r = 0;

		if (!n && s->batch->rows) {
			r = emit(p, s, e);
			if (r < 0)
				return r;
			continue;
		}
		n = max_of(n, 1u);
		if (!s->since)
			s->since = nsec_monotonic();
		r = batch_widen(&s->batch, b);
		if (r >= 0)
			r = batch_append(s->batch, b, row, n);
		if (r < 0)
			return err_set(e, r, "no memory for rows of track '%s'", b->track->name);
		row += n;
		s->last = b->time[row - 1];
		if (batch_full(s->batch)) {
			r = emit(p, s, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

struct packer *packer_new(const struct packer_options *o, packer_emit_fn emit_fn, void *ctx)
{
	struct packer *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->sink.write = packer_write;
	p->emit = emit_fn;
	p->ctx = ctx;
	p->block_rows = o && o->block_rows ? min_of(o->block_rows, BLOCK_MAX_ROWS) : BATCH_ROWS;
	buf_init(&p->block, BLOCK_MAX_PAYLOAD + 4096);
	p->encoder = block_encoder_new(o && o->zstd_level ? o->zstd_level : DEFAULT_LEVEL);
	return p->encoder ? p : packer_free(p);
}

struct packer *packer_free(struct packer *p)
{
	if (p) {
		for (uint32_t i = 0; i < p->n_streams; i++)
			batch_free(p->stream[i].batch);
		free(p->stream);
		idmap_done(&p->by_key);
		block_encoder_free(p->encoder);
		buf_done(&p->block);
		free(p);
	}
	return NULL;
}

struct sink *packer_sink(struct packer *p)
{
	return &p->sink;
}

struct block_encoder *packer_encoder(struct packer *p)
{
	return p->encoder;
}

int packer_flush(struct packer *p, nsec_t older, struct err *e)
{
	for (uint32_t i = 0; i < p->n_streams; i++) {
		struct open_stream *s = &p->stream[i];

		if (s->batch->rows == 0 || s->since >= older ||
		    (older != NSEC_MAX && s->since + s->batch->track->block_age >= older))
			continue;
		int r = emit(p, s, e);

		if (r < 0)
			return r;
	}
	return 0;
}
