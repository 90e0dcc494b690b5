/* SPDX-License-Identifier: MIT */
/*
 * The answer to a question about a recording: a table, the parts it plays in a figure, the few
 * numbers that answer at a glance, and how much of the truth was recorded. What analyses make and
 * exporters, the terminal and the viewer take.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/nsec.h"
#include "model/figure.h"
#include "model/table.h"

#define ANSWER_MAX_FACTS 6

/* "busiest task" / "vm_router:31246, 43.1 % of one core" */
struct fact {
	char label[48];
	char value[96];
};

struct answer {
	const char *view, *title, *summary, *help; /* of the analysis; literals */
	nsec_t from, to; /* the window, since the start of the run */
	struct table *table; /* owned by the answer */
	/*
	 * Where @table is a long list of unlike things (metrics of CPUs, disks, memory): the same
	 * in a table for each kind of thing. The text form is these; JSON has both.
	 */
	struct table **section; /* owned */
	size_t n_sections;
	/* The text form is this and nothing else: a file as it was. Lent from @table; or NULL. */
	const char *document;
	struct figure figure; /* over @table; mark MARK_NONE: table only */
	bool matrix_text; /* text form: a matrix of the figure's value (and second) by y and x */
	struct fact fact[ANSWER_MAX_FACTS];
	unsigned int n_facts;
	nsec_t covered; /* time of the window that the longest covered CPU covers, without the
			   losses of the tracks that the analysis needs: what "% of one core" and
			   "per second" divide by */
	double coverage; /* 0..1 of window x CPUs for the tracks that were read */
	uint64_t lost; /* events known to be missing in the window */
};

void answer_done(struct answer *a);
/* Takes @t over, also on failure. 0 or -ENOMEM; also when @t is NULL. */
int answer_section(struct answer *a, struct table *t) must_check;
void answer_drop_sections(struct answer *a);
/* Facts beyond ANSWER_MAX_FACTS are left out, longer texts cut. */
void answer_fact(struct answer *a, const char *label, const char *fmt, ...) printf_like(3, 4);
/* The value of the fact with this label, or NULL. */
const char *answer_fact_value(const struct answer *a, const char *label);
/* Add a column's part; beyond FIGURE_MAX_PARTS is our mistake. */
void answer_part(struct answer *a, enum figure_role role, unsigned int column);
