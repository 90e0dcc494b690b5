/* SPDX-License-Identifier: MIT */
/* Cursors against a naive filter and sort, on random streams cut into random batches. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "model/file_track.h"
#include "model/merge.h"
#include "model/sched_track.h"

#define MAX_STREAMS 9
#define MAX_ROWS    400

/* ---- rows and streams ---- */

struct row {
	nsec_t time;
	uint32_t tid[2];
	uint16_t number; /* in its stream: how a row is known again */
	unsigned int stream;
	bool lead;
};

struct rows {
	const struct track *track;
	uint32_t cpu;
	uint32_t n;
	struct row row[MAX_ROWS];
};

/* Lends one batch at a time and frees the one before, so that a use too late is found by ASan. */
struct test_stream {
	struct batch_stream stream;
	const struct rows *rows;
	uint32_t at;
	uint32_t fail_at; /* row before which it fails; 0 = never */
	uint32_t batch_rows; /* 0 = random */
	unsigned int *freed;
	struct batch *batch;
	uint32_t columns;
};

static uint64_t seed = 1;

static uint32_t pick(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static void put(struct batch *b, const struct row *r)
{
	uint32_t i = b->rows++;

	b->time[i] = r->time;
	if (b->track == &track_switch) {
		batch_u32(b, SWITCH_NEXT)[i] = r->tid[0];
		batch_u32(b, SWITCH_PREV)[i] = r->tid[1];
		batch_u16(b, SWITCH_STATE)[i] = r->number;
		batch_u8(b, SWITCH_PRIO)[i] = (uint8_t)r->number;
	} else if (b->track == &track_wakeup) {
		batch_u32(b, WAKEUP_TID)[i] = r->tid[0];
		batch_u32(b, WAKEUP_WAKER)[i] = r->tid[1];
		batch_u16(b, WAKEUP_TARGET)[i] = r->number;
	} else {
		char text[16];

		snprintf(text, sizeof(text), "%u", r->number);
		int64_t at = batch_add_text(b, text);

		assert_true(at >= 0);
		((uint32_t *)b->col[MARK_TEXT])[i] = (uint32_t)at;
	}
}

static uint16_t number_of(const struct batch *b, uint32_t i)
{
	if (b->track == &track_switch) {
		assert_int_equal(batch_u8(b, SWITCH_PRIO)[i],
				 (uint8_t)batch_u16(b, SWITCH_STATE)[i]);
		return batch_u16(b, SWITCH_STATE)[i];
	}
	if (b->track == &track_wakeup)
		return batch_u16(b, WAKEUP_TARGET)[i];

	unsigned int number = UINT32_MAX;

	assert_int_equal(sscanf(batch_text(b, MARK_TEXT, i), "%u", &number), 1);
	return (uint16_t)number;
}

static int stream_next(struct batch_stream *stream, const struct batch **ret, struct err *e)
{
	struct test_stream *s = container_of(stream, struct test_stream, stream);

	s->batch = batch_free(s->batch);
	if (s->fail_at && s->at >= s->fail_at)
		return err_set(e, -EIO, "stream failed");
	if (s->at == s->rows->n)
		return 0;
	uint32_t n = min_of(s->batch_rows ? s->batch_rows : 1 + pick(40), s->rows->n - s->at);

	s->batch = batch_new(stream->track, n);
	assert_non_null(s->batch);
	s->batch->cpu = stream->cpu;
	while (n--)
		put(s->batch, &s->rows->row[s->at++]);
	for (unsigned int c = 1; s->columns && c < stream->track->n_columns; c++)
		if (!(s->columns & 1u << c))
			s->batch->col[c] = NULL;
	*ret = s->batch;
	return 1;
}

static void stream_free(struct batch_stream *stream)
{
	struct test_stream *s = container_of(stream, struct test_stream, stream);

	batch_free(s->batch);
	if (s->freed)
		(*s->freed)++;
	free(s);
}

static struct test_stream *open_rows(const struct rows *rows)
{
	struct test_stream *s = calloc(1, sizeof(*s));

	assert_non_null(s);
	s->stream.track = rows->track;
	s->stream.cpu = rows->cpu;
	s->stream.next = stream_next;
	s->stream.free = stream_free;
	s->rows = rows;
	return s;
}

static struct cursor *open_cursor(const struct rows *rows, unsigned int n, const struct query *q)
{
	struct batch_stream *stream[MAX_STREAMS];
	struct cursor *c = NULL;

	/* Backwards: the cursor has to sort them. */
	for (unsigned int i = 0; i < n; i++)
		stream[n - 1 - i] = &open_rows(&rows[i])->stream;
	assert_int_equal(merge_cursor_new(stream, n, q, &c, NULL), 0);
	return c;
}

/* ---- what is expected ---- */

static bool passes(const struct query *q, const struct track *t, const struct row *r)
{
	if (!q->tids || t == &track_mark)
		return true;
	for (uint32_t i = 0; i < q->n_tids; i++)
		if (r->tid[0] == q->tids[i] || r->tid[1] == q->tids[i])
			return true;
	return false;
}

static bool earlier(const struct query *q, const struct row *a, const struct row *b)
{
	if (q->order == CURSOR_BY_TIME && a->time != b->time)
		return a->time < b->time;
	return a->stream != b->stream ? a->stream < b->stream : a->number < b->number;
}

/* @rows are by track and CPU. */
static uint32_t expect(const struct rows *rows, unsigned int n, const struct query *q,
		       struct row *ret)
{
	uint32_t count = 0;

	for (unsigned int s = 0; s < n; s++) {
		for (uint32_t i = 0; i < rows[s].n; i++) {
			struct row r = rows[s].row[i];

			r.lead = r.time < q->from;
			r.stream = s;
			if (r.lead &&
			    (!q->lead || (i + 1 < rows[s].n && rows[s].row[i + 1].time < q->from)))
				continue;
			if ((q->to && !r.lead && r.time >= q->to) || !passes(q, rows[s].track, &r))
				continue;

			uint32_t at = count++;

			for (; at && earlier(q, &r, &ret[at - 1]); at--)
				ret[at] = ret[at - 1];
			ret[at] = r;
		}
	}
	return count;
}

static void check_view(const struct batch *b, const struct row *want, const struct rows *rows)
{
	assert_true(b->rows > 0);
	assert_true(b->lead <= b->rows);
	assert_int_equal(b->cap, 0);
	assert_ptr_equal(b->time, b->col[0]);
	for (uint32_t i = 0; i < b->rows; i++) {
		const struct rows *of = &rows[want[i].stream];

		assert_ptr_equal(b->track, of->track);
		assert_int_equal(b->cpu, of->cpu);
		assert_int_equal(b->time[i], want[i].time);
		assert_int_equal(number_of(b, i), want[i].number);
		assert_int_equal(i < b->lead, want[i].lead);
	}
}

static uint32_t check(const struct rows *rows, unsigned int n, const struct query *q)
{
	static struct row want[MAX_STREAMS * MAX_ROWS];
	uint32_t n_want = expect(rows, n, q, want), got = 0;
	auto_ptr(cursor) c = open_cursor(rows, n, q);
	const struct batch *b;
	struct err e = { 0 };
	int r;

	while ((r = cursor_next(c, &b, &e)) > 0) {
		assert_true(got + b->rows <= n_want);
		check_view(b, &want[got], rows);
		got += b->rows;
	}
	assert_int_equal(r, 0);
	assert_int_equal(got, n_want);
	assert_int_equal(cursor_next(c, &b, &e), 0); /* still at the end */
	return n_want;
}

/* ---- tests ---- */

static void make_rows(struct rows *rows, unsigned int n, uint32_t n_rows, uint32_t max_step)
{
	static const struct {
		const struct track *track;
		uint32_t cpu;
	} kinds[MAX_STREAMS] = {
		{ &track_mark, 1 },   { &track_mark, BATCH_CPU_NONE },
		{ &track_switch, 0 }, { &track_switch, 1 },
		{ &track_switch, 7 }, { &track_switch, 4000000000u },
		{ &track_wakeup, 0 }, { &track_wakeup, 1 },
		{ &track_wakeup, 2 },
	};

	for (unsigned int s = 0; s < n; s++) {
		nsec_t time = pick(50);

		rows[s].track = kinds[s].track;
		rows[s].cpu = kinds[s].cpu;
		rows[s].n = pick(4) ? pick(n_rows + 1) : 0;
		for (uint32_t i = 0; i < rows[s].n; i++) {
			rows[s].row[i] = (struct row){
				.time = time,
				.tid = { pick(12), pick(12) },
				.number = (uint16_t)i,
			};
			time += pick(max_step);
		}
	}
}

static void test_against_sort(void **state)
{
	static struct rows rows[MAX_STREAMS];
	static const uint32_t tids[] = { 2, 3, 7 };
	uint64_t total = 0;

	(void)state;
	for (uint64_t round = 1; round <= 3000; round++) {
		seed = round;
		unsigned int n = pick(MAX_STREAMS + 1);

		make_rows(rows, n, 1 + pick(MAX_ROWS), 1 + pick(6));
		struct query q = {
			.from = pick(3) ? pick(800) : 0,
			.to = pick(3) ? pick(1200) : 0,
			.tids = pick(2) ? tids : NULL,
			.n_tids = pick(4),
			.order = pick(2) ? CURSOR_BY_TIME : CURSOR_BY_STREAM,
			.lead = pick(2),
		};

		total += check(rows, n, &q);
	}
	assert_true(total > 100000);
}

/* Rows at the very end of time. */
static void test_last_moment(void **state)
{
	static struct rows rows[3];
	struct query q = { .order = CURSOR_BY_TIME };

	(void)state;
	for (unsigned int s = 0; s < 3; s++) {
		rows[s].track = s == 2 ? &track_wakeup : &track_switch;
		rows[s].cpu = s;
		rows[s].n = 5;
		for (uint32_t i = 0; i < 5; i++)
			rows[s].row[i] =
				(struct row){ .time = UINT64_MAX - (i < s), .number = (uint16_t)i };
	}
	assert_int_equal(check(rows, 3, &q), 15);
}

/* Two streams without overlap in time give few views: rows are not lent one by one. */
static void test_long_views(void **state)
{
	static struct rows rows[2];
	struct query q = { .order = CURSOR_BY_TIME };
	unsigned int views = 0;
	const struct batch *b;

	(void)state;
	for (unsigned int s = 0; s < 2; s++) {
		rows[s] = (struct rows){ .track = &track_switch, .cpu = s, .n = MAX_ROWS };
		for (uint32_t i = 0; i < MAX_ROWS; i++)
			rows[s].row[i] =
				(struct row){ .time = s * 10000 + i, .number = (uint16_t)i };
	}
	check(rows, 2, &q);
	auto_ptr(cursor) c = open_cursor(rows, 2, &q);
	uint32_t total = 0;

	while (cursor_next(c, &b, NULL) > 0) {
		views++;
		total += b->rows;
	}
	assert_int_equal(total, 2 * MAX_ROWS);
	assert_in_range(views, 20, 150); /* batches of 1..40 rows */
}

/* Of equal times, those of the lower stream go out together. */
static void test_long_ties(void **state)
{
	static struct rows rows[2];
	struct query q = { .order = CURSOR_BY_TIME };
	struct batch_stream *stream[2];
	struct cursor *c = NULL;
	const struct batch *b;

	(void)state;
	for (unsigned int s = 0; s < 2; s++) {
		rows[s] = (struct rows){ .track = &track_switch, .cpu = s, .n = 30 };
		for (uint32_t i = 0; i < 30; i++)
			rows[s].row[i].time = 5 + i / 10;
		struct test_stream *t = open_rows(&rows[s]);

		t->batch_rows = 30;
		stream[s] = &t->stream;
	}
	assert_int_equal(merge_cursor_new(stream, 2, &q, &c, NULL), 0);
	for (unsigned int view = 0; view < 6; view++) {
		assert_int_equal(cursor_next(c, &b, NULL), 1);
		assert_int_equal(b->cpu, view % 2);
		assert_int_equal(b->rows, 10);
	}
	assert_int_equal(cursor_next(c, &b, NULL), 0);
	cursor_free(c);
}

/* A stream is not asked for what lies behind the window. */
static void test_not_asked_again(void **state)
{
	static struct rows rows[1];
	const struct batch *b;

	(void)state;
	rows[0] = (struct rows){ .track = &track_switch, .n = 100 };
	for (uint32_t i = 0; i < 100; i++)
		rows[0].row[i].time = i;
	for (unsigned int order = 0; order < 2; order++) {
		struct query q = { .to = 15, .order = order ? CURSOR_BY_TIME : CURSOR_BY_STREAM };
		struct test_stream *t = open_rows(&rows[0]);
		struct batch_stream *stream = &t->stream;
		struct cursor *c = NULL;

		t->batch_rows = 10;
		t->fail_at = 20;
		assert_int_equal(merge_cursor_new(&stream, 1, &q, &c, NULL), 0);
		assert_int_equal(cursor_next(c, &b, NULL), 1);
		assert_int_equal(b->rows, 10);
		assert_int_equal(cursor_next(c, &b, NULL), 1);
		assert_int_equal(b->rows, 5);
		assert_int_equal(cursor_next(c, &b, NULL), 0);
		cursor_free(c);
	}
}

static void check_fails(struct rows *rows, unsigned int n, const struct query *q, int code,
			const char *words)
{
	auto_ptr(cursor) c = open_cursor(rows, n, q);
	const struct batch *b;
	struct err e = { 0 };
	int r;

	while ((r = cursor_next(c, &b, &e)) > 0)
		;
	assert_int_equal(r, code);
	assert_non_null(strstr(e.text, words));
	assert_int_equal(cursor_next(c, &b, &e), code); /* and stays failed */
}

static void test_times_fall(void **state)
{
	static struct rows rows[3];
	struct query q = { .from = 5 };

	(void)state;
	for (uint64_t round = 1; round <= 200; round++) {
		seed = round;
		q.order = round % 2 ? CURSOR_BY_TIME : CURSOR_BY_STREAM;
		make_rows(rows, 3, MAX_ROWS, 5);
		rows[2].n = 300;
		for (uint32_t i = 0; i < 300; i++)
			rows[2].row[i] = (struct row){ .time = 1000 + i };
		rows[2].row[1 + pick(299)].time = 3;
		check_fails(rows, 3, &q, -EBADMSG, "times of track 'switch', CPU 0, are not in");
	}
	rows[1] = (struct rows){ .track = &track_mark, .cpu = BATCH_CPU_NONE, .n = 2 };
	rows[1].row[0].time = 9;
	rows[1].row[1].time = 8;
	check_fails(&rows[1], 1, &q, -EBADMSG, "times of track 'mark' are not in");
}

static void test_stream_fails(void **state)
{
	static struct rows rows[2];
	const struct batch *b;

	(void)state;
	make_rows(rows, 0, 1, 1);
	for (unsigned int order = 0; order < 2; order++) {
		unsigned int freed = 0;
		struct query q = { .order = order ? CURSOR_BY_TIME : CURSOR_BY_STREAM };
		struct batch_stream *stream[2];
		struct cursor *c = NULL;
		struct err e = { 0 };
		int r;

		for (unsigned int s = 0; s < 2; s++) {
			rows[s] = (struct rows){ .track = &track_switch, .cpu = s, .n = 100 };
			struct test_stream *t = open_rows(&rows[s]);

			t->freed = &freed;
			t->fail_at = s ? 50 : 0;
			stream[s] = &t->stream;
		}
		assert_int_equal(merge_cursor_new(stream, 2, &q, &c, &e), 0);
		while ((r = cursor_next(c, &b, &e)) > 0)
			;
		assert_int_equal(r, -EIO);
		assert_string_equal(e.text, "stream failed");
		cursor_free(c);
		assert_int_equal(freed, 2);
	}
}

/* A column that was not asked for is NULL in the views; the filter says which one it needs. */
static void test_columns(void **state)
{
	static struct rows rows[1];
	static const uint32_t tids[] = { 1 };
	struct query q = { .columns = 1u << SWITCH_STATE };
	struct batch_stream *stream;
	const struct batch *b;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(query_columns(&q, &track_switch), 1u << SWITCH_STATE);
	rows[0] = (struct rows){ .track = &track_switch, .n = 3 };
	for (unsigned int filter = 0; filter < 2; filter++) {
		struct test_stream *s = open_rows(&rows[0]);
		struct cursor *c = NULL;

		s->columns = 1u << SWITCH_STATE;
		stream = &s->stream;
		q.tids = filter ? tids : NULL;
		q.n_tids = filter;
		assert_int_equal(merge_cursor_new(&stream, 1, &q, &c, NULL), 0);
		assert_int_equal(cursor_next(c, &b, &e), filter ? -EINVAL : 1);
		if (!filter) {
			assert_null(b->col[SWITCH_NEXT]);
			assert_non_null(b->col[SWITCH_STATE]);
		}
		cursor_free(c);
	}
	assert_non_null(strstr(e.text, "'next'"));
	assert_int_equal(query_columns(&q, &track_switch),
			 1u << SWITCH_STATE | 1u << SWITCH_NEXT | 1u << SWITCH_PREV);
	q.columns = 0;
	assert_int_equal(query_columns(&q, &track_switch), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_sort),	cmocka_unit_test(test_last_moment),
		cmocka_unit_test(test_long_views),	cmocka_unit_test(test_long_ties),
		cmocka_unit_test(test_not_asked_again), cmocka_unit_test(test_times_fall),
		cmocka_unit_test(test_stream_fails),	cmocka_unit_test(test_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
