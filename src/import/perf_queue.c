/* SPDX-License-Identifier: MIT */
/*
 * Records lie in chunks that are used again when all of theirs had their turn, so that nothing is
 * moved. Entries are sorted by merging the runs that rings are: what is in order costs a
 * comparison.
 */
#include "import/perf_queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES ((size_t)128 << 10) /* two records at least */
#define HELD_BYTES  ((size_t)192 << 20)

struct perf_chunk {
	uint8_t *data;
	size_t used, live; /* bytes, entries */
};

void perf_queue_done(struct perf_queue *q)
{
	for (uint32_t i = 0; i < q->n_chunks; i++)
		free(q->chunk[i].data);
	free(q->chunk);
	free(q->entry);
	free(q->spare);
	*q = (struct perf_queue){ .take = q->take, .ctx = q->ctx };
}

/* ---- order ---- */

/* The end of the run that begins at @from. */
static size_t run_end(const struct perf_queued *e, size_t from, size_t n)
{
	size_t i = from + 1;

	while (i < n && e[i].time >= e[i - 1].time)
		i++;
	return min_of(i, n);
}

static void merge(const struct perf_queued *from, size_t a, size_t b, size_t end,
		  struct perf_queued *to)
{
	size_t i = a, j = b;

	for (size_t k = a; k < end; k++)
		to[k] = i < b && (j == end || from[i].time <= from[j].time) ? from[i++] : from[j++];
}

/* Neighbouring runs are merged until there is one; equal times keep their order. */
static void sort_entries(struct perf_queue *q)
{
	bool sorted = !q->unsorted;

	while (!sorted) {
		size_t runs = 0;

		for (size_t a = 0; a < q->n; runs++) {
			size_t b = run_end(q->entry, a, q->n);
			size_t end = b < q->n ? run_end(q->entry, b, q->n) : b;

			merge(q->entry, a, b, end, q->spare);
			a = end;
		}
		struct perf_queued *swap = q->entry;

		q->entry = q->spare;
		q->spare = swap;
		sorted = runs <= 1;
	}
	q->unsorted = false;
}

/* The turn of the entries up to @limit. */
static int flush(struct perf_queue *q, nsec_t limit, struct err *e)
{
	size_t i = 0;
	int r = 0;

	sort_entries(q);
	while (i < q->n && q->entry[i].time <= limit && r >= 0) {
		struct perf_chunk *c = &q->chunk[q->entry[i].chunk];

		r = q->take(q->ctx, &q->entry[i], e);
		if (!--c->live) {
			q->bytes -= c->used;
			c->used = 0;
		}
		i++;
	}
	if (i)
		memmove(q->entry, q->entry + i, (q->n - i) * sizeof(*q->entry));
	q->n -= i;
	return r < 0 ? r : 0;
}

/* ---- memory ---- */

static int grow_entries(struct perf_queue *q)
{
	size_t cap = q->cap ? 2 * q->cap : 4096;
	struct perf_queued *entry = reallocarray(q->entry, cap, sizeof(*entry));

	if (!entry)
		return -ENOMEM;
	q->entry = entry;
	struct perf_queued *spare = reallocarray(q->spare, cap, sizeof(*spare));

	if (!spare)
		return -ENOMEM;
	q->spare = spare;
	q->cap = cap;
	return 0;
}

/* A chunk with room for @n bytes. */
static int find_chunk(struct perf_queue *q, size_t n)
{
	if (q->n_chunks && q->chunk[q->filling].used + n <= CHUNK_BYTES)
		return 0;
	for (uint32_t i = 0; i < q->n_chunks; i++)
		if (!q->chunk[i].used) {
			q->filling = i;
			return 0;
		}
	struct perf_chunk *chunk = reallocarray(q->chunk, q->n_chunks + 1u, sizeof(*chunk));

	if (!chunk)
		return -ENOMEM;
	q->chunk = chunk;
	chunk[q->n_chunks] = (struct perf_chunk){ .data = malloc(CHUNK_BYTES) };
	if (!chunk[q->n_chunks].data)
		return -ENOMEM;
	q->filling = q->n_chunks++;
	return 0;
}

int perf_queue_add(struct perf_queue *q, nsec_t time, uint32_t tag, const uint8_t *record, size_t n,
		   struct err *e)
{
	int r = q->n == q->cap ? grow_entries(q) : 0;

	if (r >= 0)
		r = find_chunk(q, n);
	if (r < 0)
		return err_set(e, r, "out of memory");
	struct perf_chunk *c = &q->chunk[q->filling];
	uint8_t *copy = c->data + c->used;

	memcpy(copy, record, n);
	c->used += n;
	c->live++;
	q->bytes += n;
	if (q->n && time < q->entry[q->n - 1].time)
		q->unsorted = true;
	q->entry[q->n++] = (struct perf_queued){ time, copy, tag, q->filling };
	q->last = max_of(q->last, time);
	if (q->bytes < HELD_BYTES)
		return 0;
	/* The older half: what comes late then is taken late. */
	sort_entries(q);
	return flush(q, q->entry[q->n / 2].time, e);
}

int perf_queue_round(struct perf_queue *q, struct err *e)
{
	nsec_t limit = q->limit;

	q->limit = q->last;
	return limit ? flush(q, limit, e) : 0;
}

int perf_queue_finish(struct perf_queue *q, struct err *e)
{
	return flush(q, NSEC_MAX, e);
}
