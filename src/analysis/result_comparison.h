/* SPDX-License-Identifier: MIT */
/* Benchmark rows of one recording or several as the table of the view `results`: samples of every
 * measure and side, and how sides differ. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analysis/result_rows.h"
#include "base/attr.h"
#include "model/answer.h"
#include "model/profile.h"
#include "model/run.h"

#define RESULT_MAX_EVENTS 1024 /* more than any machine counts at a time; the rest is left out */

/* Of one recording. */
struct results {
	struct result_rows rows;
	struct profile *profile; /* names of events */
	const struct run_info *info;
	const char *name; /* of the run, when there are several; else NULL */
	unsigned int sides;
};

/*
 * Make the table of @a: the sides of all @n recordings, each compared with side A of its own one,
 * or of several with the same side of the first, of which the rounds have nothing in common. Adds
 * what answers at a glance to the facts. 0 or -ENOMEM.
 */
int result_compare(const struct results *v, size_t n, struct answer *a) must_check;

/* Events of @v, at most RESULT_MAX_EVENTS, and whether one was really counted. */
size_t result_n_events(const struct results *v);
bool result_is_counted(const struct profile_event *e);
