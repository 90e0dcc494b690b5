/* SPDX-License-Identifier: MIT */
/*
 * A derived metric as a postfix program over the counts of a recording's events: plain data, made
 * and evaluated by metric/metric_flat.h, and told to the viewer of report pages
 * (docs/formats/page.md, "METRIC").
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum formula_kind {
	FORMULA_NUMBER, /* .number */
	FORMULA_EVENT, /* the count of .event in the span */
	FORMULA_INTERVAL, /* seconds of the span */
	FORMULA_OPERATOR, /* .op takes its operands from the stack */
};

struct formula_word {
	enum formula_kind kind;
	double number;
	uint16_t event; /* number in track event */
	/* neg known: one operand; + - * / < <= > >= == != min max: two; if: three. */
	const char *op;
	unsigned int code; /* the same as metric/ numbers it */
};

struct formula {
	char *name, *title, *unit, *help;
	struct formula_word *word;
	size_t n_words;
	bool per_time; /* needs the interval */
};
