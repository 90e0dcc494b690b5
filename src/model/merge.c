/* SPDX-License-Identifier: MIT */
/*
 * Lanes to a cursor. In stream order lanes are emptied one after the other. In time order the lane
 * with the earliest row gives all its rows that come before any row of the other lanes: often one
 * or two, so what is done per view counts. The lanes meet in a tree of losers (Knuth, TAOCP 3,
 * 5.4.1): a lane that moved on is played once per level, without a branch that could be
 * mispredicted, and how far a winner may go is the least of those it beat on its way up.
 */
#include "model/merge.h"

#include <errno.h>
#include <stdlib.h>

#include "model/lane.h"

/* When a lane's next row is. Lanes are sorted by track and CPU, so that their numbers break ties.
 */
struct key {
	uint64_t time;
	uint64_t lane; /* LANE_ENDED: behind all others */
};
#define LANE_ENDED UINT64_MAX

struct merge {
	struct cursor cursor;
	struct query query;
	struct lane_filter filter;
	struct lane *lane;
	unsigned int n;
	int error; /* the cursor failed before */
	unsigned int at; /* stream order: the lane in turn */
	/* Time order: node[0] is the winner; node[1..] lost where they stand; lane i's leaf would
	   be node[leaves + i]. */
	struct key *node;
	unsigned int leaves; /* a power of two */
	bool started;
};

/* ---- stream order ---- */

static int next_of_streams(struct merge *m, const struct batch **ret, struct err *e)
{
	for (; m->at < m->n; m->at++) {
		struct lane *l = &m->lane[m->at];
		int r = lane_fill(l, &m->query, &m->filter, e);

		if (r < 0)
			return r;
		if (r > 0) {
			l->view.rows = l->left;
			*ret = &l->view;
			return 1;
		}
	}
	return 0;
}

/* ---- time order ---- */

static inline bool before(struct key a, struct key b)
{
	/* As one number of 128 bits: a compare and a subtract with borrow. */
	return ((unsigned __int128)a.time << 64 | a.lane) <
	       ((unsigned __int128)b.time << 64 | b.lane);
}

/* The earlier of both into *@a, the later into *@b, by masks: the outcome cannot be predicted. */
static inline void order(struct key *a, struct key *b)
{
	uint64_t mask = -(uint64_t)before(*b, *a);
	uint64_t time = (a->time ^ b->time) & mask, lane = (a->lane ^ b->lane) & mask;

	a->time ^= time;
	b->time ^= time;
	a->lane ^= lane;
	b->lane ^= lane;
}

static inline void replay(struct merge *m, unsigned int lane, struct key k)
{
	for (unsigned int i = (m->leaves + lane) / 2; i; i /= 2)
		order(&k, &m->node[i]);
	m->node[0] = k;
}

/* The first row of all lanes but the winner's. */
static inline struct key runner_up(const struct merge *m, unsigned int winner)
{
	struct key k = { .time = UINT64_MAX, .lane = LANE_ENDED };

	for (unsigned int i = (m->leaves + winner) / 2; i; i /= 2) {
		struct key other = m->node[i];

		order(&k, &other);
	}
	return k;
}

static struct key key_of(const struct merge *m, unsigned int i)
{
	const struct lane *l = &m->lane[i];

	return l->left ? (struct key){ .time = l->view.time[0], .lane = i }
		       : (struct key){ .time = UINT64_MAX, .lane = LANE_ENDED };
}

/*
 * Play all lanes against each other, from the leaves to the root. Only here do two winners meet;
 * later the loser stands in the node already.
 */
static int start(struct merge *m, struct err *e)
{
	auto_free struct key *won = calloc(2 * (size_t)m->leaves, sizeof(*won));

	if (!won)
		return err_set(e, -ENOMEM, "no memory to merge %u streams", m->n);
	for (unsigned int i = 0; i < m->leaves; i++) {
		int r = i < m->n ? lane_fill(&m->lane[i], &m->query, &m->filter, e) : 0;

		if (r < 0)
			return r;
		won[m->leaves + i] =
			r ? key_of(m, i) : (struct key){ .time = UINT64_MAX, .lane = LANE_ENDED };
	}
	for (unsigned int i = m->leaves - 1; i; i--) {
		won[i] = won[2 * i];
		m->node[i] = won[2 * i + 1];
		order(&won[i], &m->node[i]);
	}
	m->node[0] = won[1];
	m->started = true;
	return 0;
}

/* The rows of the last view are done with. */
static int move_on(struct merge *m, struct err *e)
{
	unsigned int winner = (unsigned int)m->node[0].lane;
	struct lane *l = &m->lane[winner];

	lane_skip(l, l->view.rows);
	if (!l->left) {
		int r = lane_fill(l, &m->query, &m->filter, e);

		if (r < 0)
			return r;
	}
	replay(m, winner, key_of(m, winner));
	return 0;
}

/* How many of @n rows, the first of which is known to be, are before @limit. */
static uint32_t rows_before(const nsec_t *time, uint32_t n, nsec_t limit)
{
	uint32_t low = 1, step = 1;

	while (low < n && time[low] < limit) {
		step *= 2;
		low = low < n - min_of(step, n) ? low + step : n;
	}
	if (step == 1)
		return 1;

	uint32_t high = low;

	low = 1;
	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (time[mid] < limit)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int next_by_time(struct merge *m, const struct batch **ret, struct err *e)
{
	int r = m->started ? (m->node[0].lane != LANE_ENDED ? move_on(m, e) : 0) : start(m, e);

	if (r < 0)
		return r;
	if (m->node[0].lane == LANE_ENDED)
		return 0;

	unsigned int winner = (unsigned int)m->node[0].lane;
	struct lane *l = &m->lane[winner];
	struct key second = runner_up(m, winner);
	/* A tie goes to the lower lane. */
	nsec_t limit = second.time + (winner < second.lane);

	l->view.rows = limit ? rows_before(l->view.time, l->left, limit) : l->left;
	*ret = &l->view;
	return 1;
}

/* ---- the cursor ---- */

static int merge_next(struct cursor *c, const struct batch **ret, struct err *e)
{
	struct merge *m = container_of(c, struct merge, cursor);

	if (m->error)
		return err_set(e, m->error, "the cursor has failed before");

	int r = m->query.order == CURSOR_BY_TIME ? next_by_time(m, ret, e)
						 : next_of_streams(m, ret, e);

	if (r < 0)
		m->error = r;
	return r;
}

static void merge_free(struct cursor *c)
{
	struct merge *m = container_of(c, struct merge, cursor);

	for (unsigned int i = 0; i < m->n; i++)
		lane_done(&m->lane[i]);
	free(m->lane);
	free(m->node);
	free(m);
}

static int compare_streams(const void *a, const void *b)
{
	const struct batch_stream *const *pa = a, *const *pb = b;
	const struct batch_stream *x = *pa, *y = *pb;

	if (x->track->id != y->track->id)
		return x->track->id < y->track->id ? -1 : 1;
	return x->cpu < y->cpu ? -1 : x->cpu > y->cpu;
}

static struct merge *merge_alloc(unsigned int n)
{
	struct merge *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	for (m->leaves = 1; m->leaves < n;)
		m->leaves *= 2;
	m->lane = calloc(n + 1, sizeof(*m->lane));
	m->node = calloc(m->leaves, sizeof(*m->node));
	if (m->lane && m->node)
		return m;
	merge_free(&m->cursor);
	return NULL;
}

uint32_t query_columns(const struct query *q, const struct track *t)
{
	uint32_t columns = q->columns;

	for (unsigned int c = 0; columns && q->tids && c < t->n_columns; c++)
		if (t->column[c].flags & COLUMN_TASK)
			columns |= 1u << c;
	return columns;
}

int merge_cursor_new(struct batch_stream **streams, unsigned int n, const struct query *q,
		     struct cursor **ret_c, struct err *e)
{
	struct merge *m = n <= 1u << 24 ? merge_alloc(n) : NULL;

	if (!m) {
		for (unsigned int i = 0; i < n; i++)
			streams[i]->free(streams[i]);
		return err_set(e, -ENOMEM, "no memory for a cursor over %u streams", n);
	}
	m->cursor = (struct cursor){ .next = merge_next, .free = merge_free };
	m->query = *q;
	/* A window that ends before it begins is empty, but still has a row before it. */
	if (q->to)
		m->query.to = max_of(q->from, q->to);
	lane_filter_init(&m->filter, q);
	if (n > 1)
		qsort(streams, n, sizeof(*streams), compare_streams);
	for (unsigned int i = 0; i < n; i++)
		lane_init(&m->lane[i], streams[i]);
	m->n = n;
	*ret_c = &m->cursor;
	return 0;
}
