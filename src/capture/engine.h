/* SPDX-License-Identifier: MIT */
/*
 * An engine knows one way to get events out of the kernel (BPF programs, perf rings). It is a
 * `const struct engine` at the end of NAME_engine.c, and a word in src/capture/meson.build.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "capture/capture.h"

struct gather;
struct kvm_events;

/* Events per second on one CPU at the densest load that rings are sized for. */
#define ENGINE_DENSE_LOAD 2000000u

/* One opened engine. Calls come from one thread, in this order: start, drain ..., stop, drain,
 * free.
 */
struct event_source {
	/* Let events in; set the begin of each CPU's covered time (gather_cover()). */
	int (*start)(struct event_source *s, struct err *e);
	/* Move all that the kernel has ready to the gather, losses too. *fill_pct is raised to how
	 * full the fullest ring was. */
	int (*drain)(struct event_source *s, unsigned int *fill_pct, struct err *e);
	/* No events after this; those that are ready wait for a last drain. Sets the end of covered
	 * time. */
	int (*stop)(struct event_source *s, struct err *e);
	void (*free)(struct event_source *s);
	nsec_t due; /* when the next drain() has work to do, whatever rings hold; 0 = no such time
		     */
	nsec_t fills_in; /* time in which the densest load fills a ring: drain much more often */
};

struct engine {
	const char *name;
	const char *summary;
	/* 0, or -errno with words: what is missing and the smallest fix. Tries, does not guess. */
	int (*probe)(int root_fd, struct err *why);
	/* The same for what KVM events need besides; NULL = nothing. */
	int (*probe_kvm)(int root_fd, struct err *why);
	/* @o->cpus is settled: not NULL, online CPUs only. @kvm: the KVM events to record, NULL =
	 * none; lives as long as the source. */
	int (*open)(const struct capture_options *o, const struct kvm_events *kvm, struct gather *g,
		    struct event_source **ret, struct err *e);
};

/* In order of preference, NULL-terminated; generated from meson.build. */
extern const struct engine *const engine_list[];
