/* SPDX-License-Identifier: MIT */
/* A row for each measure and side; a side that is compared has the ratio and its words beside it.
 */
#include "analysis/result_comparison.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/result_words.h"
#include "base/quantity.h"
#include "model/profile_track.h"
#include "stats/sample.h"

#define LEVEL	  0.95
#define LOOK_FOR  0.01 /* the difference that the facts say runs for */
#define LABEL_MAX 96

/* One side of one recording. */
struct party {
	const struct results *of;
	unsigned int side;
	size_t against; /* number of the party that it is compared with, or its own */
	char label[LABEL_MAX];
};

struct comparison {
	struct party *party;
	size_t n;
	struct sample_series *series; /* of the line at work, by party */
	struct answer *answer;
};

enum {
	MEASURE,
	SIDE,
	UNIT,
	RUNS,
	MEAN,
	SD,
	MEDIAN,
	MIN,
	MAX,
	MEAN_LOW,
	MEAN_HIGH,
	MEDIAN_LOW,
	MEDIAN_HIGH,
	FAR_OUT,
	RATIO,
	RATIO_LOW,
	RATIO_HIGH,
	P,
	VERDICT,
	N_COLUMNS,
};

#define VALUE_COLUMN(name_, title_, flags_, help_)                                     \
	{                                                                              \
		.name = name_, .title = title_, .type = CELL_F64, .unit = UNIT_OF_ROW, \
		.flags = flags_, .help = help_                                         \
	}
#define RATIO_COLUMN(name_, title_, help_)                                                         \
	{                                                                                          \
		.name = name_, .title = title_, .type = CELL_F64, .unit = UNIT_RATIO, .digits = 3, \
		.flags = TABLE_COLUMN_WIDE, .help = help_                                          \
	}

static const struct table_column columns[N_COLUMNS] = {
	[MEASURE] = { .name = "measure",
		      .title = "Measure",
		      .type = CELL_TEXT,
		      .flags = TABLE_COLUMN_KEY,
		      .help = "what was measured of each run" },
	[SIDE] = { .name = "side",
		   .title = "Side",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY,
		   .help = "A = the first command, B = the second ...; of several recordings with "
			   "their names" },
	[UNIT] = { .name = "unit",
		   .title = "Unit",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_UNIT | TABLE_COLUMN_WIDE,
		   .help = "of the row's values" },
	[RUNS] = { .name = "runs",
		   .title = "Runs",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .help = "without warm-ups" },
	[MEAN] = VALUE_COLUMN("mean", "Mean", 0, "sum / runs"),
	[SD] = VALUE_COLUMN("sd", "sd", 0, "standard deviation"),
	[MEDIAN] = VALUE_COLUMN("median", "Median", 0, "half of the runs were no greater"),
	[MIN] = VALUE_COLUMN("min", "Min", 0, "least"),
	[MAX] = VALUE_COLUMN("max", "Max", 0, "greatest"),
	[MEAN_LOW] = VALUE_COLUMN("mean_low", "95 % of mean", 0,
				  "the mean's 95 % interval begins (Student's t)"),
	[MEAN_HIGH] = VALUE_COLUMN("mean_high", "to", 0, "and ends"),
	[MEDIAN_LOW] = VALUE_COLUMN("median_low", "95 % of median", TABLE_COLUMN_WIDE,
				    "the median's 95 % interval begins (order statistics)"),
	[MEDIAN_HIGH] = VALUE_COLUMN("median_high", "to", TABLE_COLUMN_WIDE, "and ends"),
	[FAR_OUT] = { .name = "far_out",
		      .title = "far out",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_WIDE,
		      .help = "runs more than 3 interquartile ranges beyond the quartiles" },
	[RATIO] = RATIO_COLUMN("ratio", "Ratio",
			       "to side A, or to the first recording; by ranks of logarithms "
			       "within blocks of three rounds"),
	[RATIO_LOW] = RATIO_COLUMN("ratio_low", "95 % of ratio", "its 95 % interval begins"),
	[RATIO_HIGH] = RATIO_COLUMN("ratio_high", "to", "and ends"),
	[P] = { .name = "p",
		.title = "p",
		.type = CELL_F64,
		.digits = 4,
		.flags = TABLE_COLUMN_WIDE,
		.help = "how often chance alone makes a difference as great" },
	[VERDICT] = { .name = "verdict",
		      .title = "Comparison",
		      .type = CELL_TEXT,
		      .help = "a difference is said when the ratio's 95 % interval is without 1" },
};

/* ---- measures and sides ---- */

/* One line of the table: a measure, or an event when .measure is NULL. */
struct line {
	const struct result_measure *measure;
	const char *name;
	enum unit unit;
	bool time;
};

static void set_sample(struct table *t, const struct line *l, const struct party *p,
		       const struct sample *s)
{
	table_row(t);
	table_set_text(t, MEASURE, l->name);
	table_set_text(t, SIDE, p->label);
	table_set_text(t, UNIT, unit_name(l->unit));
	table_set_u64(t, RUNS, s->n);
	table_set_f64(t, MEAN, s->mean);
	table_set_f64(t, SD, s->sd);
	table_set_f64(t, MEDIAN, s->median);
	table_set_f64(t, MIN, s->min);
	table_set_f64(t, MAX, s->max);
	table_set_f64(t, MEAN_LOW, s->mean_low);
	table_set_f64(t, MEAN_HIGH, s->mean_high);
	table_set_f64(t, MEDIAN_LOW, s->median_low);
	table_set_f64(t, MEDIAN_HIGH, s->median_high);
	table_set_u64(t, FAR_OUT, s->far_low + s->far_high);
}

static const struct result_measure *const wall = &result_measures[0], *const cpu =
									      &result_measures[1];

static void tell(struct comparison *c, const struct line *l, size_t number,
		 const struct sample_ratio *r, const char *words)
{
	const double unseen = sample_ratio_resolution(r, LEVEL);
	const size_t needs = sample_ratio_needs(r, LEVEL, LOOK_FOR);

	answer_fact(c->answer, l->measure == wall ? "time" : "CPU time", "%s", words);
	if (number == 1 && l->measure == wall && !isnan(unseen) && needs)
		answer_fact(c->answer, "can be seen",
			    "%.1f %% of time in 80 of 100 tries; 1 %% needs about %zu rounds",
			    100 * unseen, needs);
}

static bool all_zero(const struct sample_series *s)
{
	size_t n = 0;

	while (n < s->n && s->v[n] == 0)
		n++;
	return n == s->n;
}

static int set_ratio(struct comparison *c, const struct line *l, size_t number)
{
	const struct party *p = &c->party[number], *base = &c->party[p->against];
	struct sample_series a = c->series[p->against], b = c->series[number];
	struct table *t = c->answer->table;
	struct sample_ratio ratio;
	char words[LABEL_MAX + 128];

	/* Rounds of different recordings have nothing in common. */
	if (p->of != base->of)
		a.round = b.round = NULL;
	int r = sample_ratio(&a, &b, LEVEL, &ratio);

	if (r == -EDOM) {
		table_set_text(t, VERDICT,
			       all_zero(&a) && all_zero(&b) ? "no difference: 0 in all runs"
							    : "no ratio: a run has 0");
		return 0;
	}
	if (r < 0)
		return r == -EINVAL ? 0 : r;
	result_words(&ratio, p->label, l->time, words, sizeof(words));
	table_set_f64(t, RATIO, ratio.ratio);
	table_set_f64(t, RATIO_LOW, ratio.low);
	table_set_f64(t, RATIO_HIGH, ratio.high);
	table_set_f64(t, P, ratio.p);
	table_set_text(t, VERDICT, words);
	if (l->measure && (l->measure == wall || l->measure == cpu))
		tell(c, l, number, &ratio, words);
	return 0;
}

/* Outliers are told of what people look at first. */
static void note_far_out(struct comparison *c, const struct line *l, const struct party *p,
			 const struct sample *s)
{
	char text[QUANTITY_MAX];

	if (l->measure == wall && s->far_high + s->far_low)
		table_note(c->answer->table,
			   "%s: %zu of %zu runs took far longer or shorter than the others (up to "
			   "%s); they are counted",
			   p->label, s->far_high + s->far_low, s->n,
			   quantity_duration(text, (nsec_t)s->max));
}

bool result_is_counted(const struct profile_event *e)
{
	return e->flags & EVENT_FLAG_COUNTED && !(e->flags & EVENT_FLAG_MISSING);
}

size_t result_n_events(const struct results *v)
{
	return v->profile ? min_of(profile_n_events(v->profile), (size_t)RESULT_MAX_EVENTS) : 0;
}

/* The counted event called @name; NULL: not of this recording. */
static const struct profile_event *event_called(const struct results *v, const char *name)
{
	for (size_t i = 0; i < result_n_events(v); i++) {
		const struct profile_event *e = profile_event_at(v->profile, i);

		if (result_is_counted(e) && !strcmp(e->name, name))
			return e;
	}
	return NULL;
}

static int get_series(struct comparison *c, const struct line *l, size_t number)
{
	const struct party *p = &c->party[number];
	const struct profile_event *e = l->measure ? NULL : event_called(p->of, l->name);

	if (!l->measure && !e)
		return 0;
	return result_rows_series(&p->of->rows, p->side, l->measure, e ? e->number : 0,
				  &c->series[number]);
}

static int fill_line(struct comparison *c, const struct line *l)
{
	int r = 0;

	for (size_t i = 0; i < c->n && r >= 0; i++)
		r = get_series(c, l, i);
	for (size_t i = 0; i < c->n && r >= 0; i++) {
		const struct party *p = &c->party[i];
		struct sample s;

		if (!c->series[i].n)
			continue;
		r = sample_describe(c->series[i].v, c->series[i].n, LEVEL, &s);
		if (r < 0)
			break;
		set_sample(c->answer->table, l, p, &s);
		note_far_out(c, l, p, &s);
		if (p->against != i && c->series[p->against].n)
			r = set_ratio(c, l, i);
	}
	for (size_t i = 0; i < c->n; i++)
		result_series_done(&c->series[i]);
	return r;
}

/* Did an earlier recording count an event of this name? */
static bool in_earlier(const struct comparison *c, const struct results *v, const char *name)
{
	for (size_t i = 0; i < c->n && c->party[i].of != v; i++)
		if (event_called(c->party[i].of, name))
			return true;
	return false;
}

static int fill_events(struct comparison *c, const struct results *v)
{
	int r = 0;

	for (size_t i = 0; i < result_n_events(v) && r >= 0; i++) {
		const struct profile_event *e = profile_event_at(v->profile, i);
		const bool ns = !strcmp(e->unit, "ns");
		const struct line l = { .name = e->name,
					.unit = ns ? UNIT_NSEC : UNIT_COUNT,
					.time = ns };

		if (event_called(v, e->name) == e && !in_earlier(c, v, e->name))
			r = fill_line(c, &l);
	}
	return r;
}

static int fill_lines(struct comparison *c)
{
	int r = 0;

	c->series = calloc(c->n + 1, sizeof(*c->series));
	if (!c->series)
		return -ENOMEM;
	for (unsigned int i = 0; i < RESULT_MEASURES && r >= 0; i++) {
		const struct result_measure *m = &result_measures[i];
		const struct line l = {
			.measure = m, .name = m->name, .unit = m->unit, .time = m->time
		};

		r = fill_line(c, &l);
	}
	for (size_t i = 0; i < c->n && r >= 0; i++)
		if (!i || c->party[i].of != c->party[i - 1].of)
			r = fill_events(c, c->party[i].of);
	free(c->series);
	return r;
}

/* The sides of all recordings; each is compared with side A of its own one, or of several with the
 * same side of the first. */
static int find_parties(const struct results *v, size_t n, struct comparison *c)
{
	c->party = calloc(n * RESULT_MAX_SIDES + 1, sizeof(*c->party));
	if (!c->party)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		for (unsigned int side = 0; side < v[i].sides; side++) {
			struct party *p = &c->party[c->n];
			const char letter = (char)('A' + side);

			p->of = &v[i];
			p->side = side;
			p->against = n == 1 ? 0 : i && side < v[0].sides ? side : c->n;
			if (!v[i].name)
				(void)snprintf(p->label, LABEL_MAX, "%c", letter);
			else if (v[i].sides == 1)
				(void)snprintf(p->label, LABEL_MAX, "%.80s", v[i].name);
			else
				(void)snprintf(p->label, LABEL_MAX, "%.80s %c", v[i].name, letter);
			c->n++;
		}
	}
	return 0;
}

int result_compare(const struct results *v, size_t n, struct answer *a)
{
	struct comparison c = { .answer = a };
	int r = find_parties(v, n, &c);

	if (r >= 0)
		a->table = table_new("results", "Runs", columns, c.n > 1 ? N_COLUMNS : RATIO);
	if (r >= 0)
		r = a->table ? fill_lines(&c) : -ENOMEM;
	if (r >= 0 && c.n > 2)
		table_note(a->table,
			   "%zu comparisons: each finds a difference by chance in up to 5 of 100 "
			   "tries",
			   c.n - 1);
	free(c.party);
	return r;
}
