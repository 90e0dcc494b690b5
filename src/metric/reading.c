/* SPDX-License-Identifier: MIT */
/* Words for numbers that are missing. */
#include "metric/reading.h"

#include <stdio.h>

static const struct {
	const char *name, *clause; /* with the subject in its place */
} words[] = {
	[PRESENT] = { "present", "" },
	[ABSENT_NO_ROW] = { "no_row", "'%.160s' is not in the data" },
	[ABSENT_NOT_COUNTED] = { "not_counted", "'%.160s' was not counted" },
	[ABSENT_NOT_SUPPORTED] = { "not_supported", "'%.160s' is not supported there" },
	[ABSENT_AMBIGUOUS] = { "ambiguous", "'%.160s' shares its raw code with other events" },
	[ABSENT_WRONG_PMU] = { "wrong_pmu", "'%.160s' was programmed on the core PMU" },
	[ABSENT_SCOPE] = { "scope", "'%.160s' is counted per socket" },
	[ABSENT_CONSTANT] = { "constant", "constant '%.160s' is not known" },
	[ABSENT_DIVISION] = { "division", "division by zero: '%.160s'" },
	[ABSENT_RANGE] = { "range", "no finite number: '%.160s'" },
};

const char *absent_name(enum absent why)
{
	return words[why].name;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* the table above */
const char *reading_why(const struct reading *r, char *buf)
{
	int n = snprintf(buf, READING_WHY_MAX, words[r->absent].clause, r->about ? r->about : "?");

	if (r->absent && r->cpu >= 0 && n > 0 && n < READING_WHY_MAX)
		(void)snprintf(buf + n, (size_t)(READING_WHY_MAX - n), " on CPU %d", r->cpu);
	return buf;
}
#pragma GCC diagnostic pop
