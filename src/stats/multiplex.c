/* SPDX-License-Identifier: MIT */
/* A reading is held back until the rate of the next one is known. */
#include "stats/multiplex.h"

#include <math.h>

#include "base/attr.h"

void multiplexed_add(struct multiplexed *into, const struct multiplexed *from)
{
	into->value += from->value;
	into->low += from->low;
	into->high += from->high;
	into->enabled += from->enabled;
	into->running += from->running;
	into->known |= from->known;
	into->alone |= from->alone;
}

static struct multiplexed exact(const struct multiplex *m)
{
	return (struct multiplexed){
		.value = (double)m->value,
		.low = (double)m->value,
		.high = (double)m->value,
		.enabled = m->enabled,
		.running = m->running,
		.known = true,
	};
}

/* The pending reading; @after: the rate of the next one, NaN = there is none. */
static void settle(struct multiplex *m, double after, struct multiplexed *ret)
{
	struct multiplexed r = exact(m);
	double v = (double)m->value, enabled = (double)m->enabled, running = (double)m->running;
	double unseen = enabled - running, rate, low, high;

	if (m->enabled > m->running) {
		rate = low = high = v / running;
		if (m->has_before) {
			low = min_of(low, m->rate_before);
			high = max_of(high, m->rate_before);
		}
		if (!isnan(after)) {
			low = min_of(low, after);
			high = max_of(high, after);
		}
		r.value = v + rate * unseen;
		r.low = v + low * unseen;
		r.high = v + high * unseen;
		if (!m->has_before && isnan(after)) {
			double error = 1.96 * sqrt(v * unseen * enabled) / running;

			r.low = max_of(v, r.value - error);
			r.high = r.value + error;
			r.alone = true;
		}
	}
	multiplexed_add(&m->sum, &r);
	if (m->running) {
		m->rate_before = v / running;
		m->has_before = true;
	}
	m->pending = false;
	if (ret)
		*ret = r;
}

bool multiplex_add(struct multiplex *m, uint64_t value, uint64_t enabled, uint64_t running,
		   uint64_t tag, struct multiplexed *ret, uint64_t *ret_tag)
{
	bool settled = false;

	if (!running && enabled) {
		m->gap += enabled;
		return false;
	}
	/* A task that was not there in between says nothing. */
	if (!running && !value && (m->pending || m->has_before))
		return false;
	if (m->pending) {
		settle(m, running ? (double)value / (double)running : NAN, ret);
		if (ret_tag)
			*ret_tag = m->tag;
		settled = true;
	}
	m->value = value;
	m->enabled = enabled + m->gap;
	m->running = running;
	m->gap = 0;
	m->tag = tag;
	m->pending = true;
	return settled;
}

bool multiplex_end(struct multiplex *m, struct multiplexed *ret, uint64_t *ret_tag)
{
	if (!m->pending) {
		m->sum.enabled += m->gap;
		m->gap = 0;
		return false;
	}
	if (ret_tag)
		*ret_tag = m->tag;
	if (m->running) {
		m->enabled += m->gap;
	} else if (m->gap) {
		/* It never ran while it should have. */
		m->sum.enabled += m->gap;
		m->pending = false;
		m->gap = 0;
		return false;
	}
	m->gap = 0;
	settle(m, NAN, ret);
	return true;
}
