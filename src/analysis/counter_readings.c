/* SPDX-License-Identifier: MIT */
/* A reading is held back with the time that it tells of until stats/multiplex.h lets it go. */
#include "analysis/counter_readings.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "model/profile_track.h"

/* A begin so little behind the end before is the same: clocks differ, and turns may be late. */
#define SAME_PART      64
#define SAME_TURN_PART 2

void counter_readings_done(struct counter_readings *c)
{
	idmap_done(&c->by_key);
	free(c->series);
	*c = (struct counter_readings){ 0 };
}

/* NULL: out of memory. */
static struct counter_series *find(struct counter_readings *c, const struct counter_series *s)
{
	/* Tasks are fewer than 2^28, kinds and CPUs small; then the next key is tried. */
	uint64_t key = ((uint64_t)s->event << 48 | (uint64_t)s->kind << 45 |
			(uint64_t)(s->cpu & 0xffff) << 29) ^
		       ((uint64_t)s->task << 1 & 0x1fffffff);
	uint32_t i;

	while ((i = idmap_get(&c->by_key, key)) != IDMAP_NONE) {
		struct counter_series *k = &c->series[i];

		if (k->event == s->event && k->kind == s->kind && k->cpu == s->cpu &&
		    k->task == s->task)
			return k;
		key = key * UINT64_C(0x9e3779b97f4a7c15) + 1;
	}
	if (c->n_series == c->cap_series) {
		uint32_t cap = c->cap_series ? 2 * c->cap_series : 64;
		struct counter_series *grown = reallocarray(c->series, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		c->series = grown;
		c->cap_series = cap;
	}
	if (idmap_set(&c->by_key, key, c->n_series) < 0)
		return NULL;
	c->series[c->n_series] = *s;
	return &c->series[c->n_series++];
}

/* When the time begins that a row at @time tells of. A thread that did not run has no rows. */
static nsec_t begin_of(const struct counter_readings *c, const struct counter_series *s,
		       nsec_t time, uint64_t enabled)
{
	bool turns = s->kind == COUNTER_TASK && c->interval;
	uint64_t length = turns ? c->interval : enabled;
	uint64_t slack = length / (turns ? SAME_TURN_PART : SAME_PART);
	nsec_t begin = time - min_of(length, time);

	if (s->seen && (begin < s->seen || begin - s->seen <= slack))
		begin = s->seen;
	return begin;
}

static int put_blind(const struct counter_readings *c, const struct counter_series *s, nsec_t to,
		     uint64_t enabled, counter_put *put, void *arg)
{
	const struct counter_estimate blind = { .series = (uint32_t)(s - c->series),
						.at = to,
						.from = s->blind,
						.to = to,
						.m = { .enabled = enabled } };

	return put(arg, &blind);
}

static int take_row(struct counter_readings *c, struct counter_series *s, nsec_t time,
		    uint64_t value, uint64_t enabled, uint64_t running, counter_put *put, void *arg)
{
	struct counter_estimate settled = { .series = (uint32_t)(s - c->series) };
	nsec_t begin = begin_of(c, s, time, enabled);
	bool off = enabled && !running;
	int r = 0;

	settled.from = s->begin;
	if (multiplex_add(&s->m, value, enabled, running, time, &settled.m, &settled.at)) {
		settled.to = settled.at;
		r = put(arg, &settled);
	}
	if (off && !s->blind)
		s->blind = begin;
	if (!off) {
		/* An estimate holds the time before it in which it was not counted. */
		s->begin = s->blind ? s->blind : begin;
		if (s->blind && r >= 0)
			r = put_blind(c, s, begin, 0, put, arg);
		s->blind = 0;
	}
	s->seen = time;
	return r;
}

int counter_readings_take(struct counter_readings *c, struct task_index *index,
			  const struct batch *b, counter_put *put, void *arg, struct err *e)
{
	const uint64_t *value = batch_u64(b, COUNTER_VALUE);
	const uint64_t *enabled = batch_u64(b, COUNTER_ENABLED);
	const uint64_t *running = batch_u64(b, COUNTER_RUNNING);

	for (uint32_t i = 0; i < b->rows; i++) {
		struct counter_series key = { .event = batch_u16(b, COUNTER_EVENT)[i],
					      .kind = batch_u8(b, COUNTER_KIND)[i],
					      .cpu = b->cpu,
					      .task = TASKS_NONE };

		if (running[i] > enabled[i])
			return err_set(e, -EBADMSG,
				       "counter row at %" PRIu64
				       " ns: counted longer than it was enabled",
				       b->time[i]);
		if (key.kind != COUNTER_CPU) {
			key.task = task_index_get(index, batch_u32(b, COUNTER_TID)[i], b->time[i],
						  b->cpu);
			if (key.task == TASKS_NONE)
				return err_set(e, -ENOMEM, "out of memory");
		}
		struct counter_series *s = find(c, &key);
		int r = s ? take_row(c, s, b->time[i], value[i], enabled[i], running[i], put, arg)
			  : -ENOMEM;

		if (r < 0)
			return err_set(e, r, "out of memory");
	}
	return 0;
}

int counter_readings_end(struct counter_readings *c, counter_put *put, void *arg)
{
	int r = 0;

	for (uint32_t i = 0; i < c->n_series && r >= 0; i++) {
		struct counter_series *s = &c->series[i];
		struct counter_estimate last = { .series = i, .from = s->begin, .to = s->seen };

		if (multiplex_end(&s->m, &last.m, &last.at)) {
			r = put(arg, &last);
			if (s->blind && r >= 0)
				r = put_blind(c, s, s->seen, 0, put, arg);
		} else if (!s->m.sum.known && s->seen) {
			/* Never counted. */
			s->blind = s->blind ? s->blind : s->begin;
			r = put_blind(c, s, s->seen, s->m.sum.enabled, put, arg);
		}
	}
	return r;
}
