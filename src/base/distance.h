/* SPDX-License-Identifier: MIT */
/* How far two words are from each other: for "nearest: ..." in messages. */
#pragma once

#include <stddef.h>

#define DISTANCE_FAR 48 /* longer words are all far away */

/* Levenshtein's distance: letters to change, add or drop. */
size_t distance_of(const char *a, const char *b);

/* The nearest of the words that were tried, as long as at most a third of it has to change. */
struct nearest {
	const char *word;
	size_t best;
	char text[64]; /* "" = none is near */
};
void nearest_init(struct nearest *n, const char *word);
void nearest_try(struct nearest *n, const char *candidate);
