/* SPDX-License-Identifier: MIT */
/*
 * Cutting a stream: the window by bisection, the row before it kept for the lead, the task filter
 * by moving the rows that pass together in memory of the lane. Without a filter nothing is copied.
 *
 * Order of time is checked here, for every row that comes by: all that is above relies on it, and
 * files may say anything.
 */
#include "model/lane.h"

#include <errno.h>
#include <string.h>

/* ---- task filter ---- */

void lane_filter_init(struct lane_filter *f, const struct query *q)
{
	*f = (struct lane_filter){ .active = q->tids, .tids = q->tids, .n_tids = q->n_tids };
	for (uint32_t i = 0; q->tids && i < q->n_tids; i++)
		f->maybe[q->tids[i] / 64 % 64] |= UINT64_C(1) << q->tids[i] % 64;
}

static bool filter_has(const struct lane_filter *f, uint32_t tid)
{
	if (!(f->maybe[tid / 64 % 64] >> tid % 64 & 1))
		return false;

	uint32_t low = 0, high = f->n_tids;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (f->tids[mid] < tid)
			low = mid + 1;
		else
			high = mid;
	}
	return low < f->n_tids && f->tids[low] == tid;
}

static bool is_task_column(const struct track_column *c)
{
	return (c->flags & COLUMN_TASK) && c->type == COLUMN_U32;
}

/* The columns of @b that the filter looks at, into @ret_tid; their number, or -EINVAL when one was
 * not read. */
static int filter_columns(const struct lane_filter *f, const struct batch *b,
			  const uint32_t *ret_tid[TRACK_MAX_COLUMNS], struct err *e)
{
	int n = 0;

	for (unsigned int c = 0; f->active && c < b->track->n_columns; c++) {
		if (!is_task_column(&b->track->column[c]))
			continue;
		if (!b->col[c])
			return err_set(e, -EINVAL, "a task filter needs column '%s' of track '%s'",
				       b->track->column[c].name, b->track->name);
		ret_tid[n++] = b->col[c];
	}
	return n;
}

static void gather(void *to, const void *from, const uint32_t *pick, uint32_t n, size_t size)
{
	switch (size) {
	case 1:
		for (uint32_t i = 0; i < n; i++)
			((uint8_t *)to)[i] = ((const uint8_t *)from)[pick[i]];
		break;
	case 2:
		for (uint32_t i = 0; i < n; i++)
			((uint16_t *)to)[i] = ((const uint16_t *)from)[pick[i]];
		break;
	case 4:
		for (uint32_t i = 0; i < n; i++)
			((uint32_t *)to)[i] = ((const uint32_t *)from)[pick[i]];
		break;
	default:
		for (uint32_t i = 0; i < n; i++)
			((uint64_t *)to)[i] = ((const uint64_t *)from)[pick[i]];
		break;
	}
}

static int reserve_picked(struct lane *l, const struct batch *b, struct err *e)
{
	if (l->picked && l->picked->cap >= b->rows)
		return 0;
	uint32_t *pick = reallocarray(l->pick, b->rows, sizeof(*pick));

	if (pick)
		l->pick = pick;
	l->picked = batch_free(l->picked);
	if (pick)
		l->picked = batch_new_full(b->track, b->rows);
	return l->picked ? 0 : err_set(e, -ENOMEM, "no memory for %u rows", b->rows);
}

/* ---- what goes out ---- */

static void show_rows(struct lane *l, const struct batch *b, const struct batch *text_of,
		      uint32_t begin, uint32_t end, uint32_t lead)
{
	struct batch *v = &l->view;

	v->track = b->track;
	v->cpu = text_of->cpu;
	v->text = text_of->text;
	v->text_len = text_of->text_len;
	v->lead = lead;
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		size_t size = column_type_bytes(b->track->column[c].type);
		bool there = text_of->col[c];

		l->step[c] = there ? (uint8_t)size : 0;
		v->col[c] = there ? (uint8_t *)b->col[c] + begin * size : NULL;
	}
	v->time = v->col[0];
	l->left = end - begin;
}

/* Rows [@begin, @end) of @b that pass the filter; 1, 0 when none does, -errno. */
static int show_passing(struct lane *l, const struct lane_filter *f, const struct batch *b,
			uint32_t begin, uint32_t end, uint32_t lead, struct err *e)
{
	if (begin == end)
		return 0;
	const uint32_t *tid[TRACK_MAX_COLUMNS];
	int n_tid = filter_columns(f, b, tid, e);

	if (n_tid < 0)
		return n_tid;
	if (n_tid == 0) {
		show_rows(l, b, b, begin, end, lead);
		return 1;
	}
	int r = reserve_picked(l, b, e);

	if (r < 0)
		return r;
	uint32_t n = 0;

	for (uint32_t i = begin; i < end; i++) {
		bool passes = false;

		for (int c = 0; c < n_tid; c++)
			passes |= filter_has(f, tid[c][i]);
		l->pick[n] = i;
		n += passes;
	}
	if (!n)
		return 0;
	if (l->pick[0] != begin)
		lead = 0;
	for (unsigned int c = 0; c < b->track->n_columns; c++)
		if (b->col[c])
			gather(l->picked->col[c], b->col[c], l->pick, n,
			       column_type_bytes(b->track->column[c].type));
	show_rows(l, l->picked, b, 0, n, lead);
	return 1;
}

/* ---- the window ---- */

/* First of @n rows that is not before @t. */
static uint32_t first_at(const nsec_t *time, uint32_t n, nsec_t t)
{
	uint32_t low = 0, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (time[mid] < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int keep_text(struct batch *to, unsigned int column, const char *s, struct err *e)
{
	int64_t at = batch_add_text(to, s);

	if (at < 0)
		return err_set(e, (int)at, "no memory for a row");
	*(uint32_t *)to->col[column] = (uint32_t)at;
	return 0;
}

/* A copy of the last row of @b, which lies before the window. */
static int keep_last(struct lane *l, const struct batch *b, struct err *e)
{
	if (!l->before)
		l->before = batch_new_full(b->track, 1);
	struct batch *k = l->before;

	if (!k)
		return err_set(e, -ENOMEM, "no memory for a row");
	batch_clear(k);
	k->cpu = b->cpu;
	k->rows = 1;
	for (unsigned int c = 0; c < b->track->n_columns; c++) {
		const struct track_column *what = &b->track->column[c];
		size_t size = column_type_bytes(what->type);
		int r = 0;

		if (what->flags & COLUMN_OPTIONAL)
			batch_set_optional(k, c, b->col[c]);
		if (!b->col[c])
			continue;
		if (what->type == COLUMN_TEXT)
			r = keep_text(k, c, batch_text(b, c, b->rows - 1), e);
		else
			memcpy(k->col[c], (uint8_t *)b->col[c] + (b->rows - 1) * size, size);
		if (r < 0)
			return r;
	}
	l->has_before = true;
	return 0;
}

static int check_order(struct lane *l, const struct batch *b, struct err *e)
{
	bool falls = b->time[0] < l->last;

	for (uint32_t i = 1; i < b->rows; i++)
		falls |= b->time[i] < b->time[i - 1];
	l->last = b->time[b->rows - 1];
	if (!falls)
		return 0;
	if (b->cpu == BATCH_CPU_NONE)
		return err_set(e, -EBADMSG, "times of track '%s' are not in order", b->track->name);
	return err_set(e, -EBADMSG, "times of track '%s', CPU %u, are not in order", b->track->name,
		       b->cpu);
}

/* The stream's next batch with rows, checked; 1, 0 at the end, -errno. */
static int pull(struct lane *l, const struct batch **ret, struct err *e)
{
	const struct batch *b = NULL;
	int r;

	if (l->ahead) {
		*ret = steal_ptr(l->ahead);
		return 1;
	}
	do {
		r = l->stream->next(l->stream, &b, e);
	} while (r > 0 && !b->rows);
	if (r <= 0)
		return r;
	r = check_order(l, b, e);
	if (r < 0)
		return r;
	*ret = b;
	return 1;
}

/* One batch of the stream, or the row kept from before the window: 1 there are rows to give, 0 not
 * from this batch, -errno. */
static int take_batch(struct lane *l, const struct query *q, const struct lane_filter *f,
		      const struct batch *b, struct err *e)
{
	uint32_t begin = first_at(b->time, b->rows, q->from), end = b->rows, lead = 0;

	if (begin == b->rows)
		return q->lead ? keep_last(l, b, e) : 0;
	if (begin == 0 && l->has_before) {
		l->has_before = false;
		l->ahead = b;
		return show_passing(l, f, l->before, 0, 1, 1, e);
	}
	if (q->to && b->time[end - 1] >= q->to) {
		end = first_at(b->time, end, q->to);
		l->behind = true;
	}
	if (begin > 0 && q->lead) {
		l->has_before = false;
		begin--;
		lead = 1;
	}
	return show_passing(l, f, b, begin, end, lead, e);
}

/* ---- in and out ---- */

void lane_init(struct lane *l, struct batch_stream *s)
{
	*l = (struct lane){ .stream = s };
}

/* Streams hold decoded blocks: those that ended give them back before the others go on. */
static void let_go(struct lane *l)
{
	if (l->stream)
		l->stream->free(l->stream);
	l->stream = NULL;
	l->before = batch_free(l->before);
	l->picked = batch_free(l->picked);
	free(l->pick);
	l->pick = NULL;
}

void lane_done(struct lane *l)
{
	let_go(l);
}

int lane_fill(struct lane *l, const struct query *q, const struct lane_filter *f, struct err *e)
{
	const struct batch *b;
	int r = 0;

	l->left = 0;
	while (l->stream && !l->behind) {
		r = pull(l, &b, e);
		if (r == 0)
			break;
		if (r > 0)
			r = take_batch(l, q, f, b, e);
		if (r != 0)
			return r;
	}
	/* The stream ended before the window began. */
	if (l->has_before) {
		l->has_before = false;
		l->behind = true;
		return show_passing(l, f, l->before, 0, 1, 1, e);
	}
	let_go(l);
	return 0;
}
