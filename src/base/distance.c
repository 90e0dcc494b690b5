/* SPDX-License-Identifier: MIT */
/* One row of the usual table at a time. */
#include "base/distance.h"

#include <stdio.h>
#include <string.h>

#include "base/attr.h"

size_t distance_of(const char *a, const char *b)
{
	size_t row[DISTANCE_FAR + 1], n = strlen(b);

	if (n > DISTANCE_FAR || strlen(a) > DISTANCE_FAR)
		return DISTANCE_FAR;
	for (size_t j = 0; j <= n; j++)
		row[j] = j;
	for (size_t i = 0; a[i]; i++) {
		size_t diagonal = row[0];

		row[0] = i + 1;
		for (size_t j = 0; j < n; j++) {
			size_t change = diagonal + (a[i] != b[j]);
			size_t add = min_of(row[j + 1], row[j]) + 1;

			diagonal = row[j + 1];
			row[j + 1] = min_of(change, add);
		}
	}
	return row[n];
}

void nearest_init(struct nearest *n, const char *word)
{
	*n = (struct nearest){ .word = word, .best = strlen(word) / 3 + 1 };
}

void nearest_try(struct nearest *n, const char *candidate)
{
	size_t d = distance_of(n->word, candidate);

	if (d >= n->best || strlen(candidate) >= sizeof(n->text))
		return;
	n->best = d;
	snprintf(n->text, sizeof(n->text), "%s", candidate);
}
