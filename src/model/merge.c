/* SPDX-License-Identifier: MIT */
/*
 * Streams to a cursor. A lane is a stream with the part of its current batch that is inside the
 * window and not yet given out. In stream order lanes are emptied one after the other; in time
 * order the lane with the earliest row gives all its rows that come before any row of the other
 * lanes. Rows are lent as views into the stream's batch, never copied, but for the filter by task.
 */
#include "model/merge.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"

struct lane {
	struct batch_stream *stream;
	const struct batch *batch; /* current, filtered; NULL: ask the stream */
	uint32_t next, end; /* rows of it still to give out */
	nsec_t last; /* time of the latest row taken from the stream */
	struct batch *kept; /* one row: the last before the window, when its batch is gone */
	bool has_kept;
	bool opened; /* the rows before the window are dealt with */
	bool ended;
	uint32_t lead; /* rows in front of `next` that lie before the window: 0 or 1 */
	struct batch *filtered; /* memory for the filter */
	const char *own_text; /* of filtered, while it borrows the stream's texts */
};

struct merge {
	struct cursor cursor;
	struct query query;
	struct idmap tids;
	struct lane *lane;
	unsigned int n;
	unsigned int *heap; /* lanes with rows, earliest on top (time order) */
	unsigned int heap_n;
	unsigned int at; /* lane in turn (stream order); next lane that may have a lead row (time
			    order) */
	bool primed;
	struct batch view;
};

/* ---- views ---- */

static const struct batch *view_rows(struct merge *m, const struct batch *b, uint32_t from,
				     uint32_t to, uint32_t lead)
{
	struct batch *v = &m->view;

	v->track = b->track;
	v->cpu = b->cpu;
	v->rows = to - from;
	v->lead = lead;
	v->text = b->text;
	v->text_len = b->text_len;
	for (unsigned int c = 0; c < b->track->n_columns; c++)
		v->col[c] = b->col[c] ? (uint8_t *)b->col[c] +
						from * column_type_bytes(b->track->column[c].type)
				      : NULL;
	v->time = v->col[0];
	return v;
}

/* First row of @b, from @low on, that is not before @t. */
static uint32_t first_not_before(const struct batch *b, uint32_t low, nsec_t t)
{
	uint32_t high = b->rows;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (b->time[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* ---- filling a lane ---- */

static bool row_wanted(const struct merge *m, const struct batch *b, uint32_t row)
{
	const struct track *t = b->track;

	for (unsigned int c = 0; c < t->n_columns; c++)
		if ((t->column[c].flags & COLUMN_TASK) && b->col[c] &&
		    t->column[c].type == COLUMN_U32 &&
		    idmap_get(&m->tids, ((const uint32_t *)b->col[c])[row]) != IDMAP_NONE)
			return true;
	return false;
}

static bool has_task_column(const struct track *t)
{
	for (unsigned int c = 0; c < t->n_columns; c++)
		if (t->column[c].flags & COLUMN_TASK)
			return true;
	return false;
}

static void release_filtered(struct lane *l)
{
	if (l->filtered) {
		l->filtered->text = l->own_text;
		l->filtered->text_len = 0;
		l->filtered = batch_free(l->filtered);
	}
}

/* Only the wanted rows of @b, moved together in memory of the lane; texts stay where they are. */
static int filter(struct merge *m, struct lane *l, const struct batch *b, const struct batch **ret,
		  struct err *e)
{
	if (l->filtered && l->filtered->cap < b->rows)
		release_filtered(l);
	if (!l->filtered) {
		l->filtered = batch_new(b->track, b->rows);
		if (!l->filtered)
			return err_set(e, -ENOMEM, "no memory for %u rows", b->rows);
		l->own_text = l->filtered->text;
	}
	struct batch *to = l->filtered;

	to->cpu = b->cpu;
	to->rows = 0;
	to->text = b->text;
	to->text_len = b->text_len;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (!row_wanted(m, b, i))
			continue;
		for (unsigned int c = 0; c < b->track->n_columns; c++) {
			size_t size = column_type_bytes(b->track->column[c].type);

			if (b->col[c])
				memcpy((uint8_t *)to->col[c] + to->rows * size,
				       (const uint8_t *)b->col[c] + i * size, size);
		}
		to->rows++;
	}
	*ret = to;
	return 0;
}

/* The next batch of the lane's stream, in order and filtered, into l->batch. 1, 0 at the end,
 * -errno. */
static int pull(struct merge *m, struct lane *l, struct err *e)
{
	const struct batch *b;
	int r = l->stream->next(l->stream, &b, e);

	l->batch = NULL;
	if (r <= 0) {
		l->ended = true;
		return r;
	}
	bool falls = b->rows > 0 && b->time[0] < l->last;

	for (uint32_t i = 1; i < b->rows; i++)
		falls |= b->time[i] < b->time[i - 1];
	if (falls)
		return err_set(e, -EBADMSG, "times of track '%s', CPU %d, are not in order",
			       b->track->name, (int)b->cpu);
	if (b->rows > 0)
		l->last = b->time[b->rows - 1];
	if (m->query.n_tids && has_task_column(b->track)) {
		r = filter(m, l, b, &b, e);
		if (r < 0)
			return r;
	}
	l->batch = b;
	l->next = 0;
	l->end = b->rows;
	return 1;
}

static int keep_row(struct lane *l, const struct batch *b, uint32_t row, struct err *e)
{
	if (!l->kept)
		l->kept = batch_new(b->track, 1);
	if (!l->kept)
		return err_set(e, -ENOMEM, "no memory for a row");
	batch_clear(l->kept);
	l->kept->cpu = b->cpu;
	l->kept->rows = 1;
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		size_t size = column_type_bytes(b->track->column[c].type);

		if (!b->col[c])
			continue;
		if (b->track->column[c].type == COLUMN_TEXT) {
			int64_t offset = batch_add_text(l->kept, batch_text(b, c, row));

			if (offset < 0)
				return err_set(e, (int)offset, "no memory for a row");
			*(uint32_t *)l->kept->col[c] = (uint32_t)offset;
			continue;
		}
		memcpy(l->kept->col[c], (const uint8_t *)b->col[c] + row * size, size);
	}
	l->has_kept = true;
	return 0;
}

/* Cut what lies behind the window; the stream is not asked again. */
static void cut_end(const struct merge *m, struct lane *l)
{
	if (m->query.to && l->end > l->next && l->batch->time[l->end - 1] >= m->query.to) {
		l->end = first_not_before(l->batch, l->next, m->query.to);
		l->ended = true;
	}
}

/* Go to the first row of the window, minding the row before it. 0 or -errno. */
static int open_lane(struct merge *m, struct lane *l, struct err *e)
{
	l->opened = true;
	for (;;) {
		int r = pull(m, l, e);

		if (r <= 0)
			return r;
		l->next = first_not_before(l->batch, 0, m->query.from);
		if (l->next < l->end)
			break;
		if (m->query.lead && l->end > 0) {
			r = keep_row(l, l->batch, l->end - 1, e);
			if (r < 0)
				return r;
		}
	}
	if (l->next > 0 && m->query.lead) {
		l->lead = 1;
		l->has_kept = false;
	}
	cut_end(m, l);
	return 0;
}

/* See to it that the lane has rows to give; 1, 0 at its end, -errno. */
static int fill(struct merge *m, struct lane *l, struct err *e)
{
	int r = 0;

	if (!l->opened)
		r = open_lane(m, l, e);
	while (r >= 0 && !(l->batch && l->next < l->end)) {
		if (l->ended)
			return 0;
		r = pull(m, l, e);
		if (r > 0)
			cut_end(m, l);
	}
	return r < 0 ? r : 1;
}

/* ---- stream order ---- */

static int next_of_streams(struct merge *m, const struct batch **ret, struct err *e)
{
	for (; m->at < m->n; m->at++) {
		struct lane *l = &m->lane[m->at];
		int r = fill(m, l, e);

		if (r < 0)
			return r;
		if (l->has_kept) {
			l->has_kept = false;
			*ret = view_rows(m, l->kept, 0, 1, 1);
			return 1;
		}
		if (l->lead) {
			/* Even when no row of the window follows. */
			*ret = view_rows(m, l->batch, l->next - 1, l->end, 1);
			l->lead = 0;
			l->next = l->end;
			return 1;
		}
		if (r > 0) {
			*ret = view_rows(m, l->batch, l->next, l->end, 0);
			l->next = l->end;
			return 1;
		}
	}
	return 0;
}

/* ---- time order ---- */

/* Does lane @a come before lane @b? Lanes are sorted by track and CPU, so their numbers break ties.
 */
static inline bool earlier(const struct merge *m, unsigned int a, unsigned int b)
{
	nsec_t ta = m->lane[a].batch->time[m->lane[a].next],
	       tb = m->lane[b].batch->time[m->lane[b].next];

	return ta != tb ? ta < tb : a < b;
}

static void sift_down(struct merge *m, unsigned int i)
{
	unsigned int *h = m->heap, lane = h[i];

	for (;;) {
		unsigned int child = 2 * i + 1;

		if (child >= m->heap_n)
			break;
		if (child + 1 < m->heap_n && earlier(m, h[child + 1], h[child]))
			child++;
		if (!earlier(m, h[child], lane))
			break;
		h[i] = h[child];
		i = child;
	}
	h[i] = lane;
}

/* Bring all lanes to their first rows; the heap is built when the lead rows are out. */
static int prime(struct merge *m, struct err *e)
{
	for (unsigned int i = 0; i < m->n; i++) {
		int r = fill(m, &m->lane[i], e);

		if (r < 0)
			return r;
		if (r > 0)
			m->heap[m->heap_n++] = i;
	}
	for (unsigned int i = m->heap_n / 2; i-- > 0;)
		sift_down(m, i);
	m->primed = true;
	return 0;
}

static int next_lead(struct merge *m, const struct batch **ret)
{
	for (; m->at < m->n; m->at++) {
		struct lane *l = &m->lane[m->at];

		if (l->has_kept) {
			l->has_kept = false;
			*ret = view_rows(m, l->kept, 0, 1, 1);
			return 1;
		}
		if (l->lead) {
			l->lead = 0;
			*ret = view_rows(m, l->batch, l->next - 1, l->next, 1);
			return 1;
		}
	}
	return 0;
}

static int next_by_time(struct merge *m, const struct batch **ret, struct err *e)
{
	int r;

	if (!m->primed) {
		r = prime(m, e);
		if (r < 0)
			return r;
	}
	if (next_lead(m, ret))
		return 1;
	/* The lane that gave the last view is on top; its rows may be used up, and its place not
	 * its own any more. */
	while (m->heap_n > 0) {
		struct lane *top = &m->lane[m->heap[0]];

		if (top->next < top->end)
			break;
		r = fill(m, top, e);
		if (r < 0)
			return r;
		if (r == 0)
			m->heap[0] = m->heap[--m->heap_n];
		if (m->heap_n > 0)
			sift_down(m, 0);
	}
	if (m->heap_n == 0)
		return 0;
	sift_down(m, 0);

	unsigned int top = m->heap[0];
	struct lane *l = &m->lane[top];
	uint32_t from = l->next, to = l->end;

	if (m->heap_n > 1) {
		unsigned int second = m->heap[1];

		if (m->heap_n > 2 && earlier(m, m->heap[2], second))
			second = m->heap[2];
		nsec_t limit = m->lane[second].batch->time[m->lane[second].next];
		const nsec_t *time = l->batch->time;

		/* Ties go to the lower lane. */
		limit += top < second;
		for (to = from + 1; to < l->end && time[to] < limit;)
			to++;
	}
	l->next = to;
	*ret = view_rows(m, l->batch, from, to, 0);
	return 1;
}

/* ---- the cursor ---- */

static int merge_next(struct cursor *c, const struct batch **ret, struct err *e)
{
	struct merge *m = container_of(c, struct merge, cursor);

	return m->query.order == CURSOR_BY_TIME ? next_by_time(m, ret, e)
						: next_of_streams(m, ret, e);
}

static void merge_free(struct cursor *c)
{
	struct merge *m = container_of(c, struct merge, cursor);

	for (unsigned int i = 0; i < m->n; i++) {
		struct lane *l = &m->lane[i];

		l->stream->free(l->stream);
		batch_free(l->kept);
		release_filtered(l);
	}
	idmap_done(&m->tids);
	free(m->lane);
	free(m->heap);
	free(m);
}

static int compare_lanes(const void *a, const void *b)
{
	const struct batch_stream *x = ((const struct lane *)a)->stream,
				  *y = ((const struct lane *)b)->stream;

	if (x->track->id != y->track->id)
		return x->track->id < y->track->id ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

int merge_cursor_new(struct batch_stream **streams, unsigned int n, const struct query *q,
		     struct cursor **ret_c, struct err *e)
{
	struct merge *m = calloc(1, sizeof(*m));
	struct lane *lane = calloc(n + 1, sizeof(*lane));
	unsigned int *heap = calloc(n + 1, sizeof(*heap));

	if (!m || !lane || !heap) {
		for (unsigned int i = 0; i < n; i++)
			streams[i]->free(streams[i]);
		free(m);
		free(lane);
		free(heap);
		return err_set(e, -ENOMEM, "no memory for a cursor over %u streams", n);
	}
	*m = (struct merge){
		.cursor = { .next = merge_next, .free = merge_free },
		.query = *q,
		.lane = lane,
		.n = n,
		.heap = heap,
	};
	for (unsigned int i = 0; i < n; i++)
		lane[i].stream = streams[i];
	qsort(lane, n, sizeof(*lane), compare_lanes);
	for (uint32_t i = 0; i < q->n_tids; i++) {
		if (idmap_set(&m->tids, q->tids[i], 0) < 0) {
			merge_free(&m->cursor);
			return err_set(e, -ENOMEM, "no memory for a filter of %u tasks", q->n_tids);
		}
	}
	*ret_c = &m->cursor;
	return 0;
}
