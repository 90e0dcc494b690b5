/* SPDX-License-Identifier: MIT */
/*
 * A derived metric as a postfix program over the counts of a recording's events: plain data, made
 * by metric/metric_flat.h, for who shows metrics where metric files are not known (report pages).
 * docs/formats/page.md, "Formulas".
 */
#pragma once

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
};

struct formula {
	char *name, *title, *unit, *help;
	struct formula_word *word;
	size_t n_words;
};
