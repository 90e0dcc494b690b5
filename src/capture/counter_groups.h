/* SPDX-License-Identifier: MIT */
/*
 * Which events are counted together. A PMU has few counters; what does not fit at once takes turns
 * (multiplexing). Events of a group are on the PMU at the same time or not at all, so that ratios
 * of them are of the same code; so as many as fit are put together, and there are few turns.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "capture/event_list.h"

#define COUNTER_GROUP_MAX 64 /* events */

/* Whether the @n events can be on their PMU together. */
typedef bool counter_groups_fit(void *ctx, const struct event *const *ev, unsigned int n);

/*
 * @ret_group[i] = number of event i's group, from 0; *@ret_n = how many. Groups that the list names
 * (event.group) stay as they are; other events of a hardware PMU go to the first group of that PMU
 * where @fit takes them, else begin one; software events, tracepoints and breakpoints take no
 * counters and are alone. Events that are missing are alone and not asked about. 0 or -ENOMEM.
 */
int counter_groups_plan(const struct event_list *l, counter_groups_fit *fit, void *ctx,
			unsigned int *ret_group, unsigned int *ret_n) must_check;

/* Whether @ev takes a counter of a PMU that others may want too. */
bool counter_groups_hardware(const struct event *ev);

/* counter_groups_fit by the kernel: opens them as a pinned group, which the kernel has to schedule
 * at once or mark as failed, on this thread or (PMUs outside the cores) on their first CPU. */
bool counter_groups_try(void *ctx, const struct event *const *ev, unsigned int n);
