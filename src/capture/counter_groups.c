/* SPDX-License-Identifier: MIT */
/* First fit. A kernel may take a group of which one counter is held by another (the NMI watchdog)
 * and then never run it; only a pinned group tells so at once. */
#include "capture/counter_groups.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "capture/event_try.h"

bool counter_groups_hardware(const struct event *ev)
{
	return ev->attr.type != PERF_TYPE_SOFTWARE && ev->attr.type != PERF_TYPE_TRACEPOINT &&
	       ev->attr.type != PERF_TYPE_BREAKPOINT;
}

/* The generic names are of the core's PMU, as are raw codes; upper bits of config choose among
 * several (PERF_PMU_TYPE_SHIFT, kernel 5.14). */
static uint64_t pmu_of(const struct event *ev)
{
	if (ev->attr.type == PERF_TYPE_HARDWARE || ev->attr.type == PERF_TYPE_HW_CACHE)
		return ev->attr.config >> 32 ? ev->attr.config >> 32 : PERF_TYPE_RAW;
	return ev->attr.type;
}

static bool same_cpus(const struct event *a, const struct event *b)
{
	return a->has_cpus == b->has_cpus &&
	       (!a->has_cpus || !memcmp(&a->cpus, &b->cpus, sizeof(a->cpus)));
}

/* The members of group @group so far into @ret; their number. */
static unsigned int members(const struct event_list *l, const unsigned int *of, unsigned int upto,
			    unsigned int group, const struct event **ret)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < upto && n < COUNTER_GROUP_MAX; i++)
		if (of[i] == group)
			ret[n++] = &l->item[i];
	return n;
}

static bool joins(const struct event_list *l, const unsigned int *of, unsigned int i,
		  unsigned int group, counter_groups_fit *fit, void *ctx)
{
	const struct event *ev[COUNTER_GROUP_MAX + 1];
	unsigned int n = members(l, of, i, group, ev);

	if (!n || n == COUNTER_GROUP_MAX || ev[0]->group || ev[0]->missing[0] ||
	    !counter_groups_hardware(ev[0]) || pmu_of(ev[0]) != pmu_of(&l->item[i]) ||
	    !same_cpus(ev[0], &l->item[i]))
		return false;
	ev[n] = &l->item[i];
	return fit(ctx, ev, n + 1);
}

int counter_groups_plan(const struct event_list *l, counter_groups_fit *fit, void *ctx,
			unsigned int *ret_group, unsigned int *ret_n)
{
	unsigned int n = 0;
	/* The number that a group of the list has got, + 1. */
	unsigned int *named = calloc(l->n_groups + 1, sizeof(*named));

	if (!named)
		return -ENOMEM;
	for (unsigned int i = 0; i < l->n; i++) {
		const struct event *ev = &l->item[i];
		unsigned int group = n;

		if (ev->group && ev->group <= l->n_groups) {
			if (!named[ev->group])
				named[ev->group] = ++n;
			ret_group[i] = named[ev->group] - 1;
			continue;
		}
		if (!ev->missing[0] && counter_groups_hardware(ev))
			for (group = 0; group < n; group++)
				if (joins(l, ret_group, i, group, fit, ctx))
					break;
		ret_group[i] = group;
		n = group == n ? n + 1 : n;
	}
	free(named);
	*ret_n = n;
	return 0;
}

bool counter_groups_try(void *ctx, const struct event *const *ev, unsigned int n)
{
	int fd[COUNTER_GROUP_MAX + 1] = { -1 }, r = 0;
	unsigned int opened = 0;
	uint64_t v;
	bool fits = false;

	(void)ctx;
	while (opened < n && opened < COUNTER_GROUP_MAX && r >= 0) {
		struct perf_event_attr a = ev[opened]->attr;
		bool outside = ev[0]->has_cpus;

		a.pinned = !opened;
		a.disabled = !opened;
		a.sample_period = a.freq = 0;
		r = event_open_in(&a, outside ? -1 : 0, outside ? cpuset_next(&ev[0]->cpus, 0) : -1,
				  opened ? fd[0] : -1, 0);
		if ((r == -EACCES || r == -EPERM) && !outside && !a.exclude_user) {
			a.exclude_kernel = a.exclude_hv = 1;
			r = event_open_in(&a, 0, -1, opened ? fd[0] : -1, 0);
		}
		if (r >= 0)
			fd[opened++] = r;
	}
	/* A pinned event that found no counter is at its end. */
	if (opened == n && ioctl(fd[0], PERF_EVENT_IOC_ENABLE, 0) == 0)
		fits = read(fd[0], &v, sizeof(v)) == sizeof(v);
	while (opened)
		close(fd[--opened]);
	return fits;
}
