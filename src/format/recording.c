/* SPDX-License-Identifier: MIT */
/*
 * Reading a recording as a source. Opening reads the index and the tracks that describe the run;
 * cursors read event blocks when they come to them, with pread: a file that is cut while we read
 * gives an error, not a signal, and memory does not grow with the file.
 */
#include "format/recording.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "format/recording_file.h"
#include "format/recording_index.h"
#include "model/file_track.h"
#include "model/merge.h"
#include "model/sched_track.h"
#include "model/tasks.h"

struct recording {
	struct source source;
	int fd;
	char *path;
	struct recording_index index;
	/* Numbers of the blocks, by (track, CPU) and then by place; info.stream[i] begins at
	 * stream_at[i]. */
	uint32_t *by_stream;
	uint32_t *stream_at; /* info.n_stream + 1 entries */
	struct run_info info;
	struct block_decoder *decoder;
};

/* ---- reading one block ---- */

static int fetch_block(struct recording *r, const struct recording_block *k, struct buf *b,
		       struct err *e)
{
	buf_clear(b);
	void *p = buf_reserve(b, k->bytes);
	int rc = p ? file_pread_all(r->fd, p, k->bytes, k->offset) : -ENOMEM;

	if (rc < 0)
		return err_set(e, rc == -ENODATA ? -EBADMSG : rc,
			       "'%s': cannot read the block at offset %llu: %s", r->path,
			       (unsigned long long)k->offset,
			       rc == -ENODATA ? "the file was cut" : strerror(-rc));
	buf_commit(b, k->bytes);
	return 0;
}

static int decode_block(struct recording *r, const struct recording_block *k, struct buf *raw,
			uint32_t columns, struct batch *into, struct err *e)
{
	struct block_info info;
	int rc = fetch_block(r, k, raw, e);

	if (rc < 0)
		return rc;
	rc = block_parse_header(raw->data, &info, e);
	if (rc == 0 &&
	    (block_bytes(&info) != k->bytes || info.track != k->track || info.cpu != k->cpu ||
	     info.rows != k->rows || info.first != k->first || info.last != k->last))
		rc = err_set(e, -EBADMSG, "block is not the one of the index");
	if (rc == 0)
		rc = block_decode(r->decoder, &info, raw->data + info.header_bytes, columns, into,
				  e);
	if (rc < 0)
		err_prefix(e, "'%s' is damaged at offset %llu", r->path,
			   (unsigned long long)k->offset);
	return rc;
}

/* ---- streams ---- */

struct block_stream {
	struct batch_stream stream;
	struct recording *recording;
	const uint32_t *number; /* of its blocks */
	uint32_t next, end;
	nsec_t to;
	uint32_t columns;
	uint32_t max_rows;
	struct batch *batch;
	struct buf raw;
};

static void drop_memory(struct block_stream *s)
{
	s->batch = batch_free(s->batch);
	buf_done(&s->raw);
}

/* Memory for what the query asks of the blocks, and for optional columns only then. */
static struct batch *new_batch(const struct track *t, uint32_t columns, uint32_t rows)
{
	for (unsigned int c = 0; c < t->n_columns; c++)
		if (t->column[c].flags & COLUMN_OPTIONAL && (!columns || columns >> c & 1))
			return batch_new_full(t, rows);
	return batch_new(t, rows);
}

static int block_stream_next(struct batch_stream *stream, const struct batch **ret, struct err *e)
{
	struct block_stream *s = container_of(stream, struct block_stream, stream);

	if (s->next == s->end) {
		drop_memory(s);
		return 0;
	}
	const struct recording_block *k = &s->recording->index.block[s->number[s->next]];

	if (s->to && k->first >= s->to) {
		s->next = s->end;
		drop_memory(s);
		return 0;
	}
	if (!s->batch) {
		s->batch = new_batch(stream->track, s->columns, s->max_rows);
		if (!s->batch)
			return err_set(e, -ENOMEM, "no memory for a batch of %u rows", s->max_rows);
	}
	int r = decode_block(s->recording, k, &s->raw, s->columns, s->batch, e);

	if (r < 0)
		return r;
	s->next++;
	*ret = s->batch;
	return 1;
}

static void block_stream_free(struct batch_stream *stream)
{
	struct block_stream *s = container_of(stream, struct block_stream, stream);

	drop_memory(s);
	free(s);
}

/* The first block that the window needs: found by bisection, since a stream's blocks are in time
 * order. */
static uint32_t first_block(const struct recording *r, const uint32_t *number, uint32_t n,
			    const struct query *q)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (r->index.block[number[mid]].last < q->from)
			low = mid + 1;
		else
			high = mid;
	}
	/* The last row before the window may be the last of the block before. */
	if (q->lead && low > 0 && (low == n || r->index.block[number[low]].first >= q->from))
		low--;
	return low;
}

static struct batch_stream *open_stream(struct recording *r, size_t i, const struct track *t,
					const struct query *q)
{
	struct block_stream *s = calloc(1, sizeof(*s));

	if (!s)
		return NULL;
	uint32_t n = r->stream_at[i + 1] - r->stream_at[i];

	s->stream.track = t;
	s->stream.cpu = r->info.stream[i].cpu;
	s->stream.next = block_stream_next;
	s->stream.free = block_stream_free;
	s->recording = r;
	s->number = r->by_stream + r->stream_at[i];
	s->next = first_block(r, s->number, n, q);
	s->end = n;
	s->to = q->to;
	s->columns = query_columns(q, t);
	for (uint32_t k = s->next; k < n; k++)
		s->max_rows = max_of(s->max_rows, r->index.block[s->number[k]].rows);
	buf_init(&s->raw, BLOCK_MAX_PAYLOAD + 4096);
	return &s->stream;
}

static int recording_cursor(struct source *source, const struct query *q, struct cursor **ret,
			    struct err *e)
{
	struct recording *r = container_of(source, struct recording, source);
	auto_free struct batch_stream **stream = calloc(r->info.n_stream + 1, sizeof(*stream));
	unsigned int n = 0;

	if (!stream)
		return err_set(e, -ENOMEM, "no memory for a cursor");
	for (size_t i = 0; i < r->info.n_stream; i++) {
		const struct track *t = track_by_id(r->info.stream[i].track);
		uint32_t cpu = r->info.stream[i].cpu;

		if (!t || t == &track_index || t == &track_schema ||
		    (q->tracks && !(q->tracks & track_bit(t))))
			continue;
		if (q->cpus && cpu != BATCH_CPU_NONE && !cpuset_has(q->cpus, cpu))
			continue;
		stream[n] = open_stream(r, i, t, q);
		if (!stream[n]) {
			for (unsigned int k = 0; k < n; k++)
				stream[k]->free(stream[k]);
			return err_set(e, -ENOMEM, "no memory for a cursor");
		}
		n++;
	}
	return merge_cursor_new(stream, n, q, ret, e);
}

/* ---- opening ---- */

static int compare_blocks(const void *a, const void *b, void *ctx)
{
	const struct recording_block *block = ctx;
	const struct recording_block *x = &block[*(const uint32_t *)a],
				     *y = &block[*(const uint32_t *)b];

	if (x->track != y->track)
		return x->track < y->track ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

/* Sort the blocks into streams and sum those up in info.stream. */
static int build_streams(struct recording *r, struct err *e)
{
	size_t n = r->index.n_blocks;
	const struct recording_block *block = r->index.block;

	r->by_stream = calloc(n + 1, sizeof(*r->by_stream));
	r->stream_at = calloc(n + 1, sizeof(*r->stream_at));
	r->info.stream = calloc(n + 1, sizeof(*r->info.stream));
	if (!r->by_stream || !r->stream_at || !r->info.stream)
		return err_set(e, -ENOMEM, "no memory for the index of '%s'", r->path);
	for (uint32_t i = 0; i < n; i++)
		r->by_stream[i] = i;
	qsort_r(r->by_stream, n, sizeof(*r->by_stream), compare_blocks, r->index.block);
	for (uint32_t i = 0; i < n; i++) {
		const struct recording_block *k = &block[r->by_stream[i]];
		struct run_stream *s = &r->info.stream[r->info.n_stream];

		if (i == 0 || s[-1].track != k->track || s[-1].cpu != k->cpu) {
			r->stream_at[r->info.n_stream++] = i;
			*s = (struct run_stream){ .track = k->track,
						  .cpu = k->cpu,
						  .first = k->first };
		} else {
			s--;
			if (k->first < s->last)
				return err_set(e, -EBADMSG,
					       "'%s': block at offset %llu goes back in time",
					       r->path, (unsigned long long)k->offset);
		}
		s->blocks++;
		s->rows += k->rows;
		s->bytes += k->bytes;
		s->last = k->last;
	}
	r->stream_at[r->info.n_stream] = (uint32_t)n;
	return 0;
}

/* Blocks of event tracks are not read here: their first and last times are enough for the coverage.
 */
static int add_coverage(struct recording *r, const struct track *t, const struct run_stream *s)
{
	nsec_t times[2] = { s->first, s->last };
	struct batch b = { .track = t, .cpu = s->cpu, .rows = 2, .time = times, .col = { times } };

	return run_info_add(&r->info, &b);
}

static int add_gaps(struct recording *r)
{
	if (!r->index.n_gaps)
		return 0;
	auto_ptr(batch) b =
		batch_new(&track_loss, (uint32_t)min_of(r->index.n_gaps, (size_t)BLOCK_MAX_ROWS));

	if (!b)
		return -ENOMEM;
	for (size_t i = 0; i < r->index.n_gaps; i++) {
		const struct recording_gap *g = &r->index.gap[i];

		b->cpu = g->cpu;
		b->rows = 1;
		b->time[0] = g->from;
		batch_u64(b, LOSS_END)[0] = g->to;
		batch_u16(b, LOSS_TRACK)[0] = g->track;
		batch_u64(b, LOSS_COUNT)[0] = 0;
		batch_u8(b, LOSS_CAUSE)[0] = LOSS_DAMAGE;
		int rc = run_info_add(&r->info, b);

		if (rc < 0)
			return rc;
	}
	return 0;
}

/* All rows of one descriptive stream into the run's description and the task table. */
static int read_description(struct recording *r, const struct track *t, size_t stream,
			    struct buf *raw, struct err *e)
{
	uint32_t rows = 0;

	for (uint32_t i = r->stream_at[stream]; i < r->stream_at[stream + 1]; i++)
		rows = max_of(rows, r->index.block[r->by_stream[i]].rows);
	auto_ptr(batch) b = new_batch(t, 0, rows);

	if (!b)
		return err_set(e, -ENOMEM, "no memory for a batch of %u rows", rows);
	for (uint32_t i = r->stream_at[stream]; i < r->stream_at[stream + 1]; i++) {
		int rc = decode_block(r, &r->index.block[r->by_stream[i]], raw, 0, b, e);

		if (rc == 0)
			rc = t == &track_task ? tasks_add(r->source.tasks, b)
					      : run_info_add(&r->info, b);
		if (rc < 0)
			return err_set(e && e->code ? NULL : e, rc,
				       "cannot read the description of '%s': %s", r->path,
				       strerror(-rc));
	}
	return 0;
}

static int read_descriptions(struct recording *r, struct err *e)
{
	auto_buf raw;

	buf_init(&raw, BLOCK_MAX_PAYLOAD + 4096);
	for (size_t i = 0; i < r->info.n_stream; i++) {
		const struct track *t = track_by_id(r->info.stream[i].track);
		int rc = 0;

		if (!t || t == &track_index || t == &track_schema || t->on_demand)
			continue;
		if (t->id >= TRACK_FIRST_EVENT) {
			rc = add_coverage(r, t, &r->info.stream[i]);
			if (rc < 0)
				err_set(e, rc, "cannot read the description of '%s': %s", r->path,
					rc == -E2BIG ? "it names more CPUs than any machine has"
						     : strerror(-rc));
		} else {
			rc = read_description(r, t, i, &raw, e);
		}
		if (rc < 0)
			return rc;
	}
	if (add_gaps(r) < 0 || tasks_settle(r->source.tasks) < 0)
		return err_set(e, -ENOMEM, "no memory");
	run_info_settle(&r->info);
	return 0;
}

static int open_file(struct recording *r, unsigned int flags, struct err *e)
{
	struct stat st;

	if (r->fd < 0)
		r->fd = open(r->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return err_set(e, -errno, "cannot open '%s': %s", r->path, strerror(errno));
	if (fstat(r->fd, &st) < 0)
		return err_set(e, -errno, "cannot read '%s': %s", r->path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(e, -ESPIPE,
			       "'%s' is no regular file (a recording is read from both ends)",
			       r->path);
	r->info.file_bytes = (uint64_t)st.st_size;
	int rc = recording_index_load(r->fd, r->path, r->info.file_bytes, flags & RECORDING_SALVAGE,
				      &r->index, e);

	if (rc < 0)
		return rc;
	memcpy(r->info.id, r->index.id, sizeof(r->info.id));
	r->info.complete = r->index.complete;
	snprintf(r->info.damage, sizeof(r->info.damage), "%s", r->index.damage);
	run_info_set_name(&r->info, r->path);
	return 0;
}

/* @fd < 0: @path is to be opened. */
static int open_recording(int fd, const char *path, unsigned int flags, struct recording **ret,
			  struct err *e)
{
	auto_ptr(recording) r = calloc(1, sizeof(*r));

	if (!r) {
		if (fd >= 0)
			close(fd);
		return err_set(e, -ENOMEM, "no memory");
	}
	r->fd = fd;
	r->source.cursor = recording_cursor;
	r->source.info = &r->info;
	r->source.tasks = tasks_new();
	r->path = strdup(path);
	r->decoder = block_decoder_new();
	if (!r->source.tasks || !r->path || !r->decoder)
		return err_set(e, -ENOMEM, "no memory");
	int rc = open_file(r, flags, e);

	if (rc == 0)
		rc = build_streams(r, e);
	if (rc == 0)
		rc = read_descriptions(r, e);
	if (rc < 0)
		return rc;
	*ret = steal_ptr(r);
	return 0;
}

int recording_open(const char *path, unsigned int flags, struct recording **ret, struct err *e)
{
	return open_recording(-1, path, flags, ret, e);
}

int recording_open_fd(int fd, const char *path, unsigned int flags, struct recording **ret,
		      struct err *e)
{
	return open_recording(fd, path, flags, ret, e);
}

struct recording *recording_free(struct recording *r)
{
	if (r) {
		recording_index_done(&r->index);
		run_info_done(&r->info);
		tasks_free(r->source.tasks);
		block_decoder_free(r->decoder);
		free(r->by_stream);
		free(r->stream_at);
		free(r->path);
		if (r->fd >= 0)
			close(r->fd);
		free(r);
	}
	return NULL;
}

struct source *recording_source(struct recording *r)
{
	return &r->source;
}

nsec_t recording_created(const struct recording *r)
{
	return r->index.created;
}

size_t recording_n_blocks(const struct recording *r)
{
	return r->index.n_blocks;
}

const struct recording_block *recording_block_at(const struct recording *r, size_t i)
{
	return &r->index.block[i];
}

int recording_read_block(struct recording *r, size_t i, struct buf *b, struct err *e)
{
	const struct recording_block *k = &r->index.block[i];
	void *p = buf_reserve(b, k->bytes);
	int rc = p ? file_pread_all(r->fd, p, k->bytes, k->offset) : -ENOMEM;

	if (rc < 0)
		return err_set(e, rc, "'%s': cannot read the block at offset %llu: %s", r->path,
			       (unsigned long long)k->offset, strerror(-rc));
	buf_commit(b, k->bytes);
	return 0;
}
