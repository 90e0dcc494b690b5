/* SPDX-License-Identifier: MIT */
/* Rows of values to ticks. */
#include "model/series_ticks.h"

#include <stdlib.h>

struct collector_ticks {
	uint64_t n; /* so far */
	nsec_t time, before; /* of the last two */
};

struct series_past {
	uint64_t tick; /* its collector's, when it had a value last; 0 = never */
	nsec_t time;
};

struct series_ticks {
	const struct series_table *table;
	struct collector_ticks *collector;
	struct series_past *past;
	struct series_now *now; /* from tick to tick: .value is that of the last */
	uint32_t *list;
	uint32_t n;
	bool whole; /* the list was handed out */
	nsec_t time;
	uint64_t unknown;
};

struct series_ticks *series_ticks_new(const struct series_table *t)
{
	auto_ptr(series_ticks) k = calloc(1, sizeof(*k));

	if (!k)
		return NULL;
	k->table = t;
	k->collector = calloc((size_t)series_table_n_collectors(t) + 1, sizeof(*k->collector));
	k->past = calloc((size_t)series_table_n(t) + 1, sizeof(*k->past));
	k->now = calloc((size_t)series_table_n(t) + 1, sizeof(*k->now));
	k->list = calloc((size_t)series_table_n(t) + 1, sizeof(*k->list));
	return k->collector && k->past && k->now && k->list ? steal_ptr(k) : NULL;
}

struct series_ticks *series_ticks_free(struct series_ticks *k)
{
	if (k) {
		free(k->collector);
		free(k->past);
		free(k->now);
		free(k->list);
		free(k);
	}
	return NULL;
}

uint64_t series_ticks_unknown(const struct series_ticks *k)
{
	return k->unknown;
}

enum counter_step counter_step(uint64_t before, uint64_t now, unsigned int bits, uint64_t *ret)
{
	if (now >= before) {
		*ret = now - before;
		return COUNTER_ON;
	}
	if (bits < 64 && before >> bits)
		bits = 64;
	uint64_t range = bits < 64 ? (UINT64_C(1) << bits) - 1 : UINT64_MAX;
	uint64_t forward = (now - before) & range;

	if (forward > range / 2)
		return COUNTER_ANEW;
	*ret = forward;
	return COUNTER_WRAPPED;
}

static void take_value(struct series_ticks *k, uint32_t i, uint64_t value)
{
	const struct series_metric *m =
		series_table_metric(k->table, series_table_at(k->table, i)->metric);
	struct collector_ticks *c = &k->collector[m->collector];
	struct series_past *past = &k->past[i];
	struct series_now now = { .value = value };

	if (!c->n || c->time != k->time) {
		c->before = c->time;
		c->time = k->time;
		c->n++;
	}
	if (past->tick == c->n)
		return; /* told twice: the first counts */
	now.waited = c->n > 1 ? c->time - c->before : 0;
	now.fresh = !past->tick && c->n > 1;
	if (past->tick && past->tick == c->n - 1) {
		now.elapsed = k->time - past->time;
		if (m->kind == METRIC_COUNTER) {
			enum counter_step step =
				counter_step(k->now[i].value, value, m->bits, &now.change);

			now.wrapped = step == COUNTER_WRAPPED;
			now.anew = step == COUNTER_ANEW;
			if (now.anew)
				now.elapsed = 0;
		}
	}
	*past = (struct series_past){ .tick = c->n, .time = k->time };
	k->now[i] = now;
	k->list[k->n++] = i;
}

static void hand_out(struct series_ticks *k, struct series_tick *ret)
{
	*ret = (struct series_tick){ .time = k->time, .n = k->n, .series = k->list, .now = k->now };
	k->whole = true;
}

bool series_ticks_take(struct series_ticks *k, const struct batch *b, uint32_t *at,
		       struct series_tick *ret)
{
	if (k->whole) {
		k->n = 0;
		k->whole = false;
	}
	if (!b) {
		if (k->n)
			hand_out(k, ret);
		return k->n;
	}
	const uint32_t *number = batch_u32(b, VALUE_SERIES);
	const uint64_t *value = batch_u64(b, VALUE_VALUE);

	for (uint32_t row = *at; row < b->rows; row++) {
		if (k->n && b->time[row] != k->time) {
			*at = row;
			hand_out(k, ret);
			return true;
		}
		k->time = b->time[row];
		uint32_t i = series_table_find(k->table, number[row]);

		if (i == SERIES_NONE)
			k->unknown++;
		else
			take_value(k, i, value[row]);
	}
	*at = b->rows;
	return false;
}
