/* SPDX-License-Identifier: MIT */
/* Setting up a scan: the CPUs with their coverage, what to read, and what is known beforehand. */
#include "analysis/sched_scan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/sched_scan_state.h"
#include "model/tasks.h"

const char *delay_kind_name(enum delay_kind k)
{
	static const char *const name[] = {
		"no wake-up seen", "run", "sleep", "wait", "preempted", "guest", "host",
	};

	return name[k];
}

static int init_cpu(struct sched_scan *s, struct cpu_scan *c, const struct run_cpu *info)
{
	const struct run_info *run = s->src->info;
	const uint16_t track = track_switch.id;

	c->info = info;
	c->pub.cpu = info->cpu;
	c->pub.idle = tasks_find(s->src->tasks, 0, info->start, info->cpu);
	c->tid = TID_UNKNOWN;
	c->since = info->start;
	c->since_whole = NSEC_MAX;
	c->opening = info->start_marked ? OPENING_YES : OPENING_NO;
	c->wanted = !s->q.cpus || cpuset_has(s->q.cpus, info->cpu);
	for (size_t i = 0; i < run->n_stream; i++)
		if (run->stream[i].track == track && run->stream[i].cpu == info->cpu)
			c->stream = &run->stream[i];
	int r = gaps_init(&c->gaps, run, &track, 1, info->cpu);

	c->pub.covered = gaps_free_time(&c->gaps, max_of(s->q.from, info->start),
					min_of(s->q.to, info->end));
	c->place = (uint32_t)s->n_wanted;
	if (c->wanted)
		s->wanted[s->n_wanted++] = c->pub;
	return c->pub.idle == TASKS_NONE ? -ENOMEM : r;
}

static int init_cpus(struct sched_scan *s)
{
	const struct run_info *run = s->src->info;

	s->cpu = calloc(run->n_cpu + 1, sizeof(*s->cpu));
	s->wanted = calloc(run->n_cpu + 1, sizeof(*s->wanted));
	if (!s->cpu || !s->wanted)
		return -ENOMEM;
	memset(s->place, 0xff, sizeof(s->place));
	for (size_t i = 0; i < run->n_cpu; i++) {
		if (run->cpu[i].cpu < CPUSET_MAX)
			s->place[run->cpu[i].cpu] = (uint32_t)i;
		s->n_cpus++;
		int r = init_cpu(s, &s->cpu[i], &run->cpu[i]);

		if (r < 0)
			return r;
	}
	return 0;
}

/* With delays, what came before the window counts: from the last moment at which all was forgotten
 * anyway. */
static int init_query(struct sched_scan *s)
{
	const uint16_t both[] = { track_switch.id, track_wakeup.id };

	s->query = (struct query){ .tracks = track_bit(&track_switch),
				   .from = s->q.from,
				   .to = analysis_query_end(s->src->info, s->q.to),
				   .lead = true };
	if (!s->q.delays) {
		s->query.cpus = s->q.cpus;
		s->query.columns = 1u << SWITCH_NEXT | 1u << SWITCH_PREV | 1u << SWITCH_STATE |
				   1u << SWITCH_RAN;
		return 0;
	}
	int r = gaps_init(&s->gaps, s->src->info, both, ARRAY_SIZE(both), GAPS_ANY_CPU);

	s->query.from = min_of(s->src->info->start, s->q.from);
	for (size_t i = 0; i < s->gaps.n && s->gaps.gap[i].to <= s->q.from; i++) {
		s->query.from = max_of(s->query.from, s->gaps.gap[i].to);
		s->gap = i + 1;
	}
	s->query.order = CURSOR_BY_TIME;
	if (s->stats.wakeups)
		s->query.tracks |= track_bit(&track_wakeup);
	return r;
}

int sched_scan_new(struct source *src, const struct sched_scan_query *q, struct sched_scan **ret,
		   struct err *e)
{
	auto_ptr(sched_scan) s = calloc(1, sizeof(*s));

	if (!s)
		return err_set(e, -ENOMEM, "out of memory");
	s->src = src;
	s->q = *q;
	s->generation = 1;
	s->stats.wakeups = analysis_has_track(src->info, &track_wakeup);
	s->index = task_index_new(src->tasks);
	if (!s->index || init_cpus(s) < 0 || init_query(s) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (q->from < q->to || !s->query.to) {
		int r = source_cursor(src, &s->query, &s->cursor, e);

		if (r < 0)
			return r;
	} else {
		s->ended = true;
	}
	*ret = steal_ptr(s);
	return 0;
}

struct sched_scan *sched_scan_free(struct sched_scan *s)
{
	if (!s)
		return NULL;
	s->cursor = cursor_free(s->cursor);
	for (size_t i = 0; i < s->n_cpus; i++)
		gaps_done(&s->cpu[i].gaps);
	gaps_done(&s->gaps);
	free(s->cpu);
	free(s->wanted);
	free(s->task);
	s->index = task_index_free(s->index);
	free(s);
	return NULL;
}

const struct sched_scan_stats *sched_scan_stats(const struct sched_scan *s)
{
	return &s->stats;
}

size_t sched_scan_n_cpus(const struct sched_scan *s)
{
	return s->n_wanted;
}

const struct sched_cpu *sched_scan_cpu(const struct sched_scan *s, size_t i)
{
	return &s->wanted[i];
}

nsec_t sched_scan_longest(const struct sched_scan *s)
{
	nsec_t longest = 0;

	for (size_t i = 0; i < s->n_wanted; i++)
		longest = max_of(longest, s->wanted[i].covered);
	return longest;
}

nsec_t sched_scan_covered(const struct sched_scan *s)
{
	nsec_t sum = 0;

	for (size_t i = 0; i < s->n_wanted; i++)
		sum += s->wanted[i].covered;
	return sum;
}
