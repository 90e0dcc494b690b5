/* SPDX-License-Identifier: MIT */
/* An event that perf_event_open(2) can count or sample, as event_list.h reads it from text. */
#pragma once

#include <linux/perf_event.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cpuset.h"

#define EVENT_NAME_MAX	  192
#define EVENT_MISSING_MAX 224

struct event {
	char name[EVENT_NAME_MAX]; /* as it was written, or its name= */
	char pmu[64]; /* of which PMU, when a prefix or pattern named several; else "" */
	char unit[24]; /* of value * scale: "ns", "Joules", or "" = a plain number */
	double scale;
	/* size, type, config*, bp_*, exclude_*, precise_ip, pinned, exclusive, and, when the text
	 * says so, sample_period or freq with sample_freq. Nothing else is set. */
	struct perf_event_attr attr;
	bool guest_said; /* :G or :H was given, so exclude_guest is meant */
	bool most_precise; /* :P: the highest precise_ip that the kernel takes */
	bool has_cpus; /* the PMU counts on these CPUs only (uncore: one per package) */
	struct cpuset cpus;
	unsigned int group; /* number of its {group}, from 1; 0 = alone */
	bool leader_samples; /* {a,b}:S */
	/* Why it is not to be had on this machine (no such PMU, tracepoints not readable);
	 * "" = nothing is known against it. attr is then of no use. */
	char missing[EVENT_MISSING_MAX];
};
