/* SPDX-License-Identifier: MIT */
/*
 * Events as perf's users write them, by commas:
 *
 *	cycles  cpu-clock  page-faults  ...	generic_event.h
 *	L1-dcache-load-misses  LLC-loads  ...	the matrix of caches
 *	r1a8					a raw config of the core's PMU
 *	mem:0x601040/8:rw			a breakpoint: address, length, access
 *	sched:sched_switch			a tracepoint
 *	cpu/event=0x3c,umask=0x1,name=x/	terms of a PMU, as sysfs describes them; a name
 *	uncore_imc/cas_count_read/		without number stands for all such PMUs, * and ?
 *work mem-loads				an event that a PMU's folder in sysfs names
 *	INST_RETIRED:ANY			names of libpfm4, where it is installed
 *	{cycles,instructions}:S			a group: counted together or not at all
 *
 * and behind each :modifiers: u user, k kernel, h hypervisor, G guest, H host, p pp ppp P precise,
 * S leader samples, D pinned, e exclusive.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "capture/event.h"

#define EVENT_LIST_MAX 1024

struct event_list {
	struct event *item;
	unsigned int n, cap;
	unsigned int n_groups;
};

/*
 * Add the events of @text to @l (zeroed before the first call). sysfs and tracefs are read below
 * @root_fd. -EINVAL with words that name event and position, and the nearest name that there is.
 * What is written well but not to be had on this machine is added, with event.missing.
 */
int event_list_parse(struct event_list *l, int root_fd, const char *text, struct err *e) must_check;
/* Add an event that is not to be had, for the reason @why. -E2BIG, -ENOMEM. */
int event_list_add_missing(struct event_list *l, const char *name, const char *why,
			   struct err *e) must_check;
void event_list_done(struct event_list *l);

static inline void cleanup_event_list(struct event_list *l)
{
	event_list_done(l);
}
#define auto_event_list __attribute__((cleanup(cleanup_event_list))) struct event_list

/* event.flags of the event track (EVENT_FLAG_USER ...). */
uint32_t event_flags(const struct event *ev);
