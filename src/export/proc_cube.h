/* SPDX-License-Identifier: MIT */
/*
 * The four files of perfcollector's CSV, and the successor's fifth: which metrics a row is made of,
 * and its columns. Formulas are perfcollector's (docs/formats/perfcollector.md), in its order of
 * operations, so that equal inputs give equal digits.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define PROC_CUBE_FIELDS  20
#define PROC_CUBE_COLUMNS 12

/* Values of one thing (CPU, disk, interface ...) at one tick, by field; raw, as in the file. */
struct proc_reading {
	uint64_t value[PROC_CUBE_FIELDS];
	uint32_t have; /* bit n: value[n] is there */
};

struct proc_cube {
	const char *path; /* "/proc/stat" */
	const char *titles; /* of the row's own columns */
	const char *key; /* title of the thing's name, or NULL: there is but one */
	/* metric, and with a '/' behind it the instance that is this field: "memory.bytes/MemFree"
	 */
	const char *field[PROC_CUBE_FIELDS + 1];
	uint32_t need; /* fields without which there is no row */
	bool level; /* a row of one tick; else of the difference of two */
	unsigned int n_columns;
	/* @before is NULL when level; @ticks is the time between them in 1/100 s. False: no row. */
	bool (*row)(const struct proc_reading *before, const struct proc_reading *now, double ticks,
		    double *ret);
};

extern const struct proc_cube proc_cubes[];
extern const unsigned int proc_n_cubes;
