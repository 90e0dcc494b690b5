/* SPDX-License-Identifier: MIT */
/*
 * The performance monitoring units that sysfs describes (/sys/bus/event_source/devices, kernel
 * documentation ABI/testing/sysfs-bus-event_source-devices-*): their types, the bit fields of their
 * configs, and the events that the kernel names itself.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "capture/event.h"

#define PMU_NAME_MAX 64

/* Where the bits of a term go: "config:0-7,32-35". */
struct pmu_format {
	unsigned int word; /* 0: config, 1: config1, 2: config2 */
	uint8_t bit[64]; /* of the word, lowest bit of the value first */
	unsigned int n_bits;
};
/* -EINVAL: not of this form, or bits beyond 63. */
int pmu_format_parse(const char *text, struct pmu_format *ret) must_check;
/* -ERANGE: @value has more bits. */
int pmu_format_put(const struct pmu_format *f, uint64_t value,
		   struct perf_event_attr *attr) must_check;

/*
 * Call @take for each PMU below @root_fd, sorted by name. None when there is no such folder. A
 * negative return of @take ends it and is returned.
 */
int pmu_each(int root_fd, int (*take)(void *ctx, const char *pmu), void *ctx) must_check;
/* The same for the events that a PMU's folder names. */
int pmu_each_event(int root_fd, const char *pmu, int (*take)(void *ctx, const char *event),
		   void *ctx) must_check;
bool pmu_exists(int root_fd, const char *pmu);
bool pmu_has_event(int root_fd, const char *pmu, const char *event);

/*
 * Set @ev to what @terms say of @pmu: "event=0x3c,umask=0x1,inv", names of the PMU's own events,
 * config=, config1=, config2=, period=, freq=, name=. Type, unit, scale and CPUs are set too. Words
 * name the term. "" is config 0.
 */
int pmu_apply(int root_fd, const char *pmu, const char *terms, struct event *ev,
	      struct err *e) must_check;
