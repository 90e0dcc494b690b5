/* SPDX-License-Identifier: MIT */
/* The lines of pressure stall information (Documentation/accounting/psi.rst of the kernel): of the
 * machine in /proc/pressure, of a cgroup in its *.pressure. */
#pragma once

#include <stdint.h>

#include "collect/readings.h"

#define PRESSURE_AVERAGE(name_, help_, of_) \
	GAUGE(name_, help_, .scale = 0.01, .unit = "%", .of = of_)
#define PRESSURE_TOTAL(name_, help_, of_) \
	COUNTER(name_, help_, .scale = 1e-6, .unit = "s", .of = of_)

/* Specs for a collector's table, in the order that pressure_scan() knows; names begin with @p,
 * things are @of. */
#define PRESSURE_METRICS(p, of_)                                                              \
	PRESSURE_TOTAL(p "some", "time in which some task waited for it", of_),               \
		PRESSURE_AVERAGE(p "some_avg10", "share of time of some over 10 s", of_),     \
		PRESSURE_AVERAGE(p "some_avg60", "share of time of some over 60 s", of_),     \
		PRESSURE_AVERAGE(p "some_avg300", "share of time of some over 300 s", of_),   \
		PRESSURE_TOTAL(p "full", "time in which no task did anything, as all waited", \
			       of_),                                                          \
		PRESSURE_AVERAGE(p "full_avg10", "share of time of full over 10 s", of_),     \
		PRESSURE_AVERAGE(p "full_avg60", "share of time of full over 60 s", of_),     \
		PRESSURE_AVERAGE(p "full_avg300", "share of time of full over 300 s", of_)
#define PRESSURE_N_METRICS 8

/* Put what stands in @text; the eight metrics begin with number @first. */
void pressure_scan(struct readings *r, uint32_t instance, unsigned int first, const char *text);
