/* SPDX-License-Identifier: MIT */
/*
 * Call chains as a tree: who called whom, and what it took. From the outermost caller down, or from
 * the sampled functions up to their callers, or only what stands below or above one function.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/call_sums.h"
#include "analysis/sample_sums.h"
#include "base/quantity.h"
#include "model/profile_track.h"

enum { DEPTH, TOTAL_PCT, SELF_PCT, TOTAL, SELF, SAMPLES, CALL, FUNCTION, MODULE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[DEPTH] = { .name = "depth",
		    .title = "Depth",
		    .type = CELL_U64,
		    .unit = UNIT_ID,
		    .flags = TABLE_COLUMN_WIDE,
		    .help = "0: a root of the tree; a row belongs below the last one that is one "
			    "less deep" },
	[TOTAL_PCT] = { .name = "total_pct",
			.title = "% total",
			.type = CELL_F64,
			.unit = UNIT_PCT,
			.digits = 2,
			.help = "total / all of the event that the filters take" },
	[SELF_PCT] = { .name = "self_pct",
		       .title = "% self",
		       .type = CELL_F64,
		       .unit = UNIT_PCT,
		       .digits = 2,
		       .help = "of these, samples whose chain ends here" },
	[TOTAL] = { .name = "total",
		    .title = "Total",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS | TABLE_COLUMN_WIDE,
		    .help = "weight of the samples whose chain begins with this way down the "
			    "tree" },
	[SELF] = { .name = "self",
		   .title = "Self",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .flags = TABLE_COLUMN_ADDS | TABLE_COLUMN_WIDE,
		   .help = "of these, those whose chain ends here" },
	[SAMPLES] = { .name = "samples",
		      .title = "Samples",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_ADDS | TABLE_COLUMN_WIDE,
		      .help = "samples of the total" },
	[CALL] = { .name = "call",
		   .title = "Call",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		   .help = "function, shifted to the right where the tree branches" },
	[FUNCTION] = { .name = "function",
		       .title = "Function",
		       .type = CELL_TEXT,
		       .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL | TABLE_COLUMN_WIDE,
		       .help = "function" },
	[MODULE] = { .name = "module",
		     .title = "Module",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL,
		     .help = "program, library or kernel" },
};

/* Callers beyond this are left away where the tree is made anew from the leaves up: as deep as
 * chains get (kernel.perf_event_max_stack) is 127. */
#define CALLERS_MAX 512
#define INDENT_MAX  40
#define CALL_TEXT   512
#define SHARE_MIN   0.5 /* % */

struct view_options {
	const char *event, *of;
	double min;
	bool inverted;
};

struct calls {
	struct sample_sums sums;
	unsigned int event;
	struct frames *tree; /* made anew, or NULL: functions_tree() */
	struct call_sum *sum; /* of the nodes of the tree that is shown */
	bool *is_of; /* by function: called --of */
	uint64_t cut_callers;
};

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	return sample_sums_take(&((struct calls *)p->state)->sums, p, b, e);
}

/* ---- which tree ---- */

/* Weights of the functions' own tree. NULL: out of memory. */
static struct call_sum *sum_tree(const struct analysis_pass *p)
{
	const struct calls *c = p->state;
	const struct frames *tree = functions_tree(p->functions);
	struct call_sum *sum = calloc(frames_count(tree), sizeof(*sum));

	for (size_t i = 0; sum && c->sums.sums.slot && i <= c->sums.sums.mask; i++) {
		const struct tally *t = &c->sums.sums.slot[i];

		if (t->key == TALLIES_NO_KEY || sample_key_event(t->key) != c->event)
			continue;
		struct call_sum *node = &sum[functions_tree_node(p->functions, (uint32_t)t->key)];

		node->self += t->sum;
		node->self_samples += t->count;
	}
	if (sum)
		call_sums_total(tree, sum);
	return sum;
}

static void add_self(struct call_sum *to, uint64_t weight, uint64_t samples)
{
	to->self += weight;
	to->self_samples += samples;
}

/* Room in @sum for the nodes of the tree that grows. */
static int ensure_sums(struct calls *c, size_t *room)
{
	void *array = c->sum;
	int r = tasks_ensure(&array, room, frames_count(c->tree), sizeof(*c->sum));

	c->sum = array;
	return r;
}

/* What stands below the outermost functions called --of, as roots. */
static int cut_below(const struct analysis_pass *p, const struct call_sum *all)
{
	struct calls *c = p->state;
	const struct frames *from = functions_tree(p->functions);
	size_t n = frames_count(from), room = 0;
	auto_free uint32_t *node = calloc(n, sizeof(*node));

	if (!node || ensure_sums(c, &room) < 0)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++) {
		const struct frame *f = frames_at(from, i);

		if (!node[f->parent] && !c->is_of[f->module])
			continue;
		node[i] = frames_add(c->tree, node[f->parent], f->module, f->offset);
		if (node[i] == FRAMES_MAX || ensure_sums(c, &room) < 0)
			return -ENOMEM;
		add_self(&c->sum[node[i]], all[i].self, all[i].self_samples);
	}
	return 0;
}

/* The way from @i up to its outermost caller as a way down the new tree. */
static int add_callers(struct calls *c, const struct frames *from, uint32_t i, uint64_t weight,
		       uint64_t samples, size_t *room)
{
	uint32_t node = 0;

	for (unsigned int depth = 0; i; i = frames_at(from, i)->parent) {
		if (depth++ == CALLERS_MAX) {
			c->cut_callers++;
			break;
		}
		const struct frame *f = frames_at(from, i);

		node = frames_add(c->tree, node, f->module, f->offset);
		if (node == FRAMES_MAX)
			return -ENOMEM;
	}
	if (ensure_sums(c, room) < 0)
		return -ENOMEM;
	add_self(&c->sum[node], weight, samples);
	return 0;
}

/* From the sampled functions up; of --of, from it. Where it stands on a chain more than once, from
 * its outermost place. */
static int invert(const struct analysis_pass *p, const struct call_sum *all, bool of)
{
	struct calls *c = p->state;
	const struct frames *from = functions_tree(p->functions);
	size_t n = frames_count(from), room = 0;
	auto_free bool *below = calloc(n, sizeof(*below));
	int r = below ? ensure_sums(c, &room) : -ENOMEM;

	for (uint32_t i = 1; i < n && r >= 0; i++) {
		const struct frame *f = frames_at(from, i);

		if (!of) {
			if (all[i].self_samples)
				r = add_callers(c, from, i, all[i].self, all[i].self_samples,
						&room);
			continue;
		}
		below[i] = below[f->parent] || c->is_of[f->module];
		if (below[i] && !below[f->parent])
			r = add_callers(c, from, i, all[i].total, all[i].total_samples, &room);
	}
	return r;
}

/* The functions called @name. -EINVAL: none. */
static int find_functions(const struct analysis_pass *p, const char *name, struct err *e)
{
	struct calls *c = p->state;
	bool found = false;

	c->is_of = calloc(functions_count(p->functions) + 1, sizeof(*c->is_of));
	if (!c->is_of)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint32_t i = 0; i < functions_count(p->functions); i++) {
		c->is_of[i] = !strcmp(functions_at(p->functions, i)->name, name);
		found |= c->is_of[i];
	}
	return found ? 0 : err_set(e, -EINVAL, "--of: no call chain has a function '%s'", name);
}

static int make_tree(const struct analysis_pass *p, struct err *e)
{
	struct calls *c = p->state;
	const struct view_options *o = p->options;
	struct call_sum *all = sum_tree(p);
	int r = all ? 0 : -ENOMEM;

	if (r >= 0 && !o->of && !o->inverted) {
		c->sum = all;
		return 0;
	}
	if (r >= 0 && o->of) {
		r = find_functions(p, o->of, e);
		if (r < 0) {
			free(all);
			return r;
		}
	}
	if (r >= 0) {
		c->tree = frames_new();
		r = !c->tree	  ? -ENOMEM
		    : o->inverted ? invert(p, all, o->of != NULL)
				  : cut_below(p, all);
	}
	free(all);
	if (r < 0)
		return err_set(e, -ENOMEM, "out of memory");
	call_sums_total(c->tree, c->sum);
	return 0;
}

/* ---- printing it ---- */

struct drawing {
	const struct analysis_pass *p;
	const struct frames *tree;
	const struct call_sum *sum;
	uint32_t *sorted; /* nodes that are shown, by parent, the heaviest first */
	uint32_t *first; /* by node: place of its first child, and behind the last */
	size_t n;
	uint64_t all; /* 100 % */
	uint64_t hidden;
};

static int by_parent_and_weight(const void *a_, const void *b_, void *d_)
{
	const struct drawing *d = d_;
	uint32_t a = *(const uint32_t *)a_, b = *(const uint32_t *)b_;
	uint32_t x = frames_at(d->tree, a)->parent, y = frames_at(d->tree, b)->parent;

	if (x != y)
		return x < y ? -1 : 1;
	if (d->sum[a].total != d->sum[b].total)
		return d->sum[a].total > d->sum[b].total ? -1 : 1;
	return a < b ? -1 : a > b;
}

static int choose_nodes(struct drawing *d, double min)
{
	size_t n = frames_count(d->tree);
	double least = min / 100.0 * (double)d->all;

	d->sorted = calloc(n, sizeof(*d->sorted));
	d->first = calloc(n + 1, sizeof(*d->first));
	if (!d->sorted || !d->first)
		return -ENOMEM;
	for (uint32_t i = 1; i < n; i++) {
		if (!d->sum[i].total_samples)
			continue;
		if ((double)d->sum[i].total < least)
			d->hidden++;
		else
			d->sorted[d->n++] = i;
	}
	if (d->n)
		qsort_r(d->sorted, d->n, sizeof(*d->sorted), by_parent_and_weight, d);
	for (size_t i = 0; i < d->n; i++)
		d->first[frames_at(d->tree, d->sorted[i])->parent + 1]++;
	for (size_t i = 0; i < n; i++)
		d->first[i + 1] += d->first[i];
	return 0;
}

static uint32_t n_children(const struct drawing *d, uint32_t node)
{
	return d->first[node + 1] - d->first[node];
}

static void put_row(const struct drawing *d, uint32_t node, uint64_t depth, uint64_t indent,
		    bool branch)
{
	const struct frame *at = frames_at(d->tree, node);
	const struct function *f = functions_at(d->p->functions, at->module);
	const struct call_sum *s = &d->sum[node];
	struct table *t = d->p->answer->table;
	char call[CALL_TEXT];

	(void)snprintf(call, sizeof(call), "%*s%s%s%s",
		       (int)min_of(indent, (uint64_t)INDENT_MAX) * 2, "", branch ? "- " : "  ",
		       f->name, at->offset ? " (inlined)" : "");
	table_row(t);
	table_set_u64(t, DEPTH, depth);
	table_set_u64(t, TOTAL, s->total);
	table_set_u64(t, SELF, s->self);
	table_set_u64(t, SAMPLES, s->total_samples);
	table_set_f64(t, TOTAL_PCT, 100.0 * (double)s->total / (double)d->all);
	table_set_f64(t, SELF_PCT, 100.0 * (double)s->self / (double)d->all);
	table_set_text(t, CALL, call);
	table_set_text(t, FUNCTION, f->name);
	table_set_text(t, MODULE, f->module);
}

/* Preorder; as far as @rows go. */
static int put_rows(struct drawing *d, uint64_t rows)
{
	uint32_t node = 0, at = 0; /* at: place in sorted of the child to visit next */
	uint64_t depth = 0, indent = 0, put = 0;
	auto_free uint32_t *place = calloc(frames_count(d->tree), sizeof(*place));

	if (!place)
		return -ENOMEM;
	for (;;) {
		if (at < d->first[node + 1]) {
			bool branch = n_children(d, node) > 1 || !node;

			node = d->sorted[at];
			place[node] = at;
			indent += branch;
			put_row(d, node, depth++, indent - 1, branch);
			at = d->first[node];
			if (++put == rows)
				break;
			continue;
		}
		if (!node)
			return 0;
		at = place[node] + 1;
		node = frames_at(d->tree, node)->parent;
		depth--;
		indent -= n_children(d, node) > 1 || !node;
	}
	if (put < d->n)
		table_note(d->p->answer->table, "%zu more rows (--top 0 for all)",
			   (size_t)(d->n - put));
	return 0;
}

static int draw(struct analysis_pass *p)
{
	struct calls *c = p->state;
	const struct view_options *o = p->options;
	struct drawing d = { .p = p,
			     .tree = c->tree ? c->tree : functions_tree(p->functions),
			     .sum = c->sum };

	if (c->event < c->sums.n_events)
		d.all = c->sums.event[c->event].weight;
	int r = choose_nodes(&d, o->min);

	if (r >= 0 && d.all)
		r = put_rows(&d, p->args->top ? p->args->top : UINT64_MAX);
	free(d.sorted);
	free(d.first);
	if (d.hidden)
		table_note(p->answer->table, "%" PRIu64 " nodes below %g %% are left out (--min)",
			   d.hidden, o->min);
	if (c->cut_callers)
		table_note(p->answer->table,
			   "of %" PRIu64 " chains only the nearest %d callers are shown",
			   c->cut_callers, CALLERS_MAX);
	return r;
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct calls *c = p->state;
	const struct view_options *o = p->options;
	struct table_column shown[N_COLUMNS];
	int r = sample_sums_choose(&c->sums, o->event, &c->event, e);

	if (r >= 0 && !(o->min >= 0 && o->min <= 100))
		r = err_set(e, -EINVAL, "--min: %g is no percentage", o->min);
	if (r >= 0)
		r = make_tree(p, e);
	if (r < 0)
		return r;
	memcpy(shown, columns, sizeof(shown));
	if (c->event < c->sums.n_events)
		shown[TOTAL].unit = shown[SELF].unit = sample_event_unit(&c->sums.event[c->event]);
	p->answer->table = table_new("calls", "Calls", shown, N_COLUMNS);
	if (!p->answer->table || draw(p) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (c->event < c->sums.n_events) {
		const struct sample_event *v = &c->sums.event[c->event];
		char count[QUANTITY_MAX];

		answer_fact(p->answer, "samples", "%s of %s", quantity_count(count, v->samples),
			    sample_event_name(v));
		if (o->of && v->weight)
			answer_fact(p->answer, "in it", "%.2f %%",
				    100.0 * (double)c->sum[0].total / (double)v->weight);
	}
	sample_sums_notes(&c->sums, c->event, p->answer->table);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct calls *c = p->state;

	sample_sums_done(&c->sums);
	frames_free(c->tree);
	free(c->sum);
	free(c->is_of);
}

static const struct track *const needs[] = { &track_sample, NULL };
static const struct option_spec options[] = {
	{ .name = "event",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct view_options, event),
	  .help = "samples of this event (unless given: the first)" },
	{ .name = "inverted",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct view_options, inverted),
	  .help = "from the sampled functions up to their callers" },
	{ .name = "of",
	  .type = OPTION_STRING,
	  .arg = "FUNCTION",
	  OPTION_AT(struct view_options, of),
	  .help = "only what this function calls; with --inverted: who calls it" },
	{ .name = "min",
	  .type = OPTION_DOUBLE,
	  .arg = "PCT",
	  OPTION_AT(struct view_options, min),
	  .help = "leave out what took less than this part of all (unless given: 0.5)" },
	{ 0 },
};
static const struct view_options defaults = { .min = SHARE_MIN };

const struct analysis analysis_calls = {
	.name = "calls",
	.title = "Calls",
	.summary = "call chains as a tree, with what each way down it took",
	.help = "Samples whose call chains begin alike share the way down the tree; callees of one "
		"caller that are the same function are one. Total is the weight of all samples "
		"that came this way, self of those that ended here, in % of all samples of the "
		"event that the filters take. --inverted begins with the functions that were "
		"sampled and goes up to their callers; --of begins with one function, where it "
		"stands on a chain more than once with the outermost. With --inline, functions "
		"that "
		"the compiler inlined stand below the one that holds their code.",
	.needs = needs,
	.options = options,
	.options_bytes = sizeof(struct view_options),
	.options_default = &defaults,
	.cuts_itself = true,
	.profile = true,
	.names = true,
	.state_bytes = sizeof(struct calls),
	.take_rows = take_rows,
	.columns = SAMPLE_SUMS_COLUMNS,
	.finish = finish,
	.done = done,
};
