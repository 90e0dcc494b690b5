/* SPDX-License-Identifier: MIT */
/*
 * Short names for the runs of one answer, from the paths of their recordings: what all of them
 * begin and end with says nothing and is left out.
 *
 *	../haswell/h1x216.kymo, ../haswell/h5x113.kymo	-> 1x216, 5x113
 *	01x218.kymo, 02x208.kymo			-> 01x218, 02x208
 *	old/sched.kymo, new/sched.kymo			-> old, new
 *
 * The longest common head and tail go, up to the first difference or the first digit: digits are
 * counts and sizes, and half a number misleads.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"

/*
 * The names of @n paths into @ret[0..n), malloc memory. No name is empty and no two are equal:
 * where the rule above would make them so, more of the path stays, and of one path given twice the
 * second gets "#2". One path alone: its file name without folder and ending. 0 or -ENOMEM (then
 * nothing is to be freed).
 */
int run_names_make(const char *const *path, size_t n, char **ret) must_check;
