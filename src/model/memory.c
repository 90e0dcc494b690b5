/* SPDX-License-Identifier: MIT */
/* A run held in memory, as the batches that were written. */
#include "model/memory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "model/merge.h"
#include "model/run.h"
#include "model/tasks.h"

struct kept_stream {
	const struct track *track;
	uint32_t cpu;
	struct batch **batch;
	size_t n, cap;
};

struct memory {
	struct sink sink;
	struct source source;
	struct run_info info;
	struct kept_stream *stream;
	unsigned int n, cap;
	struct idmap by_key; /* track << 32 | cpu -> index into stream */
	size_t bytes;
	bool gather;
};

/* ---- writing ---- */

static struct kept_stream *find_stream(struct memory *m, const struct track *track, uint32_t cpu)
{
	uint64_t key = (uint64_t)track->id << 32 | cpu;
	uint32_t i = idmap_get(&m->by_key, key);

	if (i != IDMAP_NONE)
		return &m->stream[i];
	if (m->n == m->cap) {
		unsigned int cap = m->cap ? 2 * m->cap : 16;
		struct kept_stream *grown = reallocarray(m->stream, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		m->stream = grown;
		m->cap = cap;
	}
	if (idmap_set(&m->by_key, key, m->n) < 0)
		return NULL;
	m->stream[m->n] = (struct kept_stream){ .track = track, .cpu = cpu };
	return &m->stream[m->n++];
}

static size_t bytes_of(const struct batch *b)
{
	size_t row = 0;

	for (unsigned int c = 0; c < b->track->n_columns; c++)
		row += b->col[c] ? column_type_bytes(b->track->column[c].type) : 0;
	return b->rows * row + b->text_len;
}

static int check_order(const struct kept_stream *s, const struct batch *b)
{
	const struct batch *before = s->n ? s->batch[s->n - 1] : NULL;
	nsec_t last = before ? before->time[before->rows - 1] : 0;

	for (uint32_t i = 0; i < b->rows; last = b->time[i++])
		if (b->time[i] < last)
			return -EINVAL;
	return 0;
}

/* Where rows like those of @b go: the last batch, or a new one. NULL: out of memory. */
static struct batch **last_batch(const struct memory *m, struct kept_stream *s,
				 const struct batch *b)
{
	if (m->gather && s->n && !batch_full(s->batch[s->n - 1]))
		return &s->batch[s->n - 1];
	if (s->n == s->cap) {
		size_t cap = s->cap ? 2 * s->cap : 8;
		struct batch **grown = reallocarray(s->batch, cap, sizeof(struct batch *));

		if (!grown)
			return NULL;
		s->batch = grown;
		s->cap = cap;
	}
	s->batch[s->n] = batch_new_like(b, m->gather ? BATCH_ROWS : b->rows);
	if (!s->batch[s->n])
		return NULL;
	s->batch[s->n]->cpu = b->cpu;
	return &s->batch[s->n++];
}

/* Rows of @b from @row on, *ret_n of them. */
static int keep_rows(struct memory *m, struct kept_stream *s, const struct batch *b, uint32_t row,
		     uint32_t *ret_n)
{
	struct batch **last = last_batch(m, s, b);

	if (!last)
		return -ENOMEM;
	size_t before = bytes_of(*last);
	uint32_t n = min_of(b->rows - row, (*last)->cap - (*last)->rows);
	int r = batch_widen(last, b);

	if (r >= 0)
		r = batch_append(*last, b, row, n);
	m->bytes += bytes_of(*last) - before;
	*ret_n = n;
	if (!(*last)->rows) {
		batch_free(*last);
		s->n--;
	}
	return r;
}

static int memory_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct memory *m = container_of(sink, struct memory, sink);
	struct kept_stream *s = find_stream(m, b->track, b->cpu);

	if (!s)
		return err_set(e, -ENOMEM, "no memory for a stream");
	if (check_order(s, b) < 0)
		return err_set(e, -EINVAL, "track '%s', CPU %d: time falls", b->track->name,
			       (int)b->cpu);
	for (uint32_t row = 0, n; row < b->rows; row += n) {
		int r = keep_rows(m, s, b, row, &n);

		if (r < 0)
			return err_set(e, r, "no memory for %u rows", b->rows);
	}
	return 0;
}

static void forget(struct memory *m)
{
	for (unsigned int i = 0; i < m->n; i++) {
		for (size_t k = 0; k < m->stream[i].n; k++)
			batch_free(m->stream[i].batch[k]);
		free(m->stream[i].batch);
	}
	m->n = 0;
	m->bytes = 0;
	idmap_clear(&m->by_key);
}

int memory_move(struct memory *m, struct sink *to, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; i < m->n; i++)
		for (size_t k = 0; k < m->stream[i].n && r >= 0; k++)
			r = sink_write(to, m->stream[i].batch[k], e);
	forget(m);
	return r;
}

/* ---- reading ---- */

struct memory_stream {
	struct batch_stream stream;
	const struct kept_stream *kept;
	size_t next;
};

/* The first batch that a query needs. */
static size_t first_batch(const struct kept_stream *k, const struct query *q)
{
	size_t low = 0, high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct batch *b = k->batch[mid];

		if (b->time[b->rows - 1] < q->from)
			low = mid + 1;
		else
			high = mid;
	}
	/* The row before the window may be the last one of the batch before. */
	return low > 0 && q->lead ? low - 1 : low;
}

static int stream_next(struct batch_stream *stream, const struct batch **ret, struct err *e)
{
	struct memory_stream *s = container_of(stream, struct memory_stream, stream);

	(void)e;
	if (s->next == s->kept->n)
		return 0;
	*ret = s->kept->batch[s->next++];
	return 1;
}

static void stream_free(struct batch_stream *stream)
{
	free(container_of(stream, struct memory_stream, stream));
}

static int memory_cursor(struct source *source, const struct query *q, struct cursor **ret,
			 struct err *e)
{
	struct memory *m = container_of(source, struct memory, source);
	auto_free struct batch_stream **stream = calloc(m->n + 1, sizeof(struct batch_stream *));
	unsigned int n = 0;
	bool full = !stream;

	for (unsigned int i = 0; !full && i < m->n; i++) {
		const struct kept_stream *k = &m->stream[i];

		if (q->tracks && !(q->tracks & track_bit(k->track)))
			continue;
		if (q->cpus && k->cpu != BATCH_CPU_NONE && !cpuset_has(q->cpus, k->cpu))
			continue;
		struct memory_stream *s = calloc(1, sizeof(*s));

		full = !s;
		if (full)
			break;
		s->stream = (struct batch_stream){
			.track = k->track,
			.cpu = k->cpu,
			.next = stream_next,
			.free = stream_free,
		};
		s->kept = k;
		s->next = first_batch(k, q);
		stream[n++] = &s->stream;
	}
	if (full) {
		for (unsigned int i = 0; i < n; i++)
			stream_free(stream[i]);
		return err_set(e, -ENOMEM, "no memory for a cursor");
	}
	return merge_cursor_new(stream, n, q, ret, e);
}

static int describe(struct memory *m, const struct kept_stream *k)
{
	struct run_stream *grown =
		reallocarray(m->info.stream, m->info.n_stream + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	m->info.stream = grown;
	struct run_stream *s = &grown[m->info.n_stream++];

	*s = (struct run_stream){ .track = k->track->id, .cpu = k->cpu };
	for (size_t i = 0; i < k->n; i++) {
		const struct batch *b = k->batch[i];

		s->first = i ? s->first : b->time[0];
		s->last = b->time[b->rows - 1];
		s->rows += b->rows;
		if (tasks_add(m->source.tasks, b) < 0 || run_info_add(&m->info, b) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_track_and_cpu(const void *a, const void *b)
{
	const struct kept_stream *x = a, *y = b;

	if (x->track != y->track)
		return x->track->id < y->track->id ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

/* Streams in the order of a recording's, so that tasks get the same numbers. */
static int sort_streams(struct memory *m)
{
	if (m->n)
		qsort(m->stream, m->n, sizeof(*m->stream), by_track_and_cpu);
	for (unsigned int i = 0; i < m->n; i++) {
		const struct kept_stream *k = &m->stream[i];

		if (idmap_set(&m->by_key, (uint64_t)k->track->id << 32 | k->cpu, i) < 0)
			return -ENOMEM;
	}
	return 0;
}

void memory_gather(struct memory *m)
{
	m->gather = true;
}

void memory_set_name(struct memory *m, const char *path)
{
	run_info_set_name(&m->info, path);
}

struct source *memory_source(struct memory *m)
{
	char name[sizeof(m->info.name)];

	tasks_free(m->source.tasks);
	memcpy(name, m->info.name, sizeof(name));
	run_info_done(&m->info);
	memcpy(m->info.name, name, sizeof(name));
	m->info.complete = true;
	m->source =
		(struct source){ .cursor = memory_cursor, .info = &m->info, .tasks = tasks_new() };
	if (!m->source.tasks || sort_streams(m) < 0)
		return NULL;
	for (unsigned int i = 0; i < m->n; i++)
		if (describe(m, &m->stream[i]) < 0)
			return NULL;
	if (tasks_settle(m->source.tasks) < 0)
		return NULL;
	run_info_settle(&m->info);
	return &m->source;
}

/* ---- both ---- */

struct memory *memory_new(void)
{
	struct memory *m = calloc(1, sizeof(*m));

	if (m)
		m->sink.write = memory_write;
	return m;
}

struct memory *memory_free(struct memory *m)
{
	if (m) {
		forget(m);
		idmap_done(&m->by_key);
		free(m->stream);
		tasks_free(m->source.tasks);
		run_info_done(&m->info);
		free(m);
	}
	return NULL;
}

struct sink *memory_sink(struct memory *m)
{
	return &m->sink;
}

size_t memory_bytes(const struct memory *m)
{
	return m->bytes;
}
