/* SPDX-License-Identifier: MIT */
/*
 * A number that may be missing, with the reason, and an interval in which the truth lies when it is
 * known less than exactly. What events, constants and metrics evaluate to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum absent {
	PRESENT,
	ABSENT_NO_ROW, /* the data does not have the event */
	ABSENT_NOT_COUNTED, /* it was asked for and never got a counter */
	ABSENT_NOT_SUPPORTED, /* the machine cannot count it */
	ABSENT_AMBIGUOUS, /* the data has a code that stands for several events */
	ABSENT_WRONG_PMU, /* the data has a count, but of another PMU than the event's */
	ABSENT_SCOPE, /* counted per socket, asked for per CPU */
	ABSENT_CONSTANT, /* a constant of the machine is not known */
	ABSENT_DIVISION, /* by zero */
	ABSENT_RANGE, /* the result is no finite number */
};

struct reading {
	enum absent absent;
	int cpu; /* where it is absent; -1: everywhere that was asked for */
	double value, low, high; /* low <= value <= high; infinite ends: not bounded */
	const char *about; /* absent: the event, constant or divisor; lent from the metric set */
};

static inline struct reading reading_exact(double v)
{
	return (struct reading){ .value = v, .low = v, .high = v, .cpu = -1 };
}

static inline struct reading reading_absent(enum absent why, const char *about)
{
	return (struct reading){ .absent = why, .about = about, .cpu = -1 };
}

/* The word for programs: "not_counted". */
const char *absent_name(enum absent why);

/* The reason as a clause: "'cycles' was not counted on CPU 3", into @buf of READING_WHY_MAX bytes;
 * returns it. "" when present. */
#define READING_WHY_MAX 256
const char *reading_why(const struct reading *r, char *buf);
