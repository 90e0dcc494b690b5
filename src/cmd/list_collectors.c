/* SPDX-License-Identifier: MIT */
/* kymo list collectors: what `kymo record --metrics` can read on this machine, and why not the
 * rest. */
#include <errno.h>
#include <stdio.h>

#include "cmd/lister.h"
#include "collect/collector.h"

enum { USABLE, DEFAULT, METRIC, KIND, UNIT, BITS, HELP, THINGS, WHY, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[USABLE] = { .name = "usable", .title = "Here", .type = CELL_TEXT },
	[DEFAULT] = { .name = "default", .title = "Default", .type = CELL_TEXT },
	[METRIC] = { .name = "metric",
		     .title = "Metric",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY },
	[KIND] = { .name = "kind", .title = "Kind", .type = CELL_TEXT },
	[UNIT] = { .name = "unit", .title = "Unit", .type = CELL_TEXT },
	[BITS] = { .name = "bits", .title = "Bits", .type = CELL_U64, .flags = TABLE_COLUMN_WIDE },
	[HELP] = { .name = "help", .title = "Help", .type = CELL_TEXT },
	[THINGS] = { .name = "of_each", .title = "Of each", .type = CELL_TEXT },
	[WHY] = { .name = "why_not", .title = "Why not", .type = CELL_TEXT },
};

static void add_row(struct table *t, const struct collector *c, const char *name, const char *why)
{
	table_row(t);
	table_set_text(t, USABLE, *why ? "no" : "yes");
	table_set_text(t, DEFAULT, c->by_default ? "yes" : "no");
	table_set_text(t, METRIC, name);
	if (*why)
		table_set_text(t, WHY, why);
}

static void add_metrics(struct table *t, const struct collector *c, const char *pattern,
			const char *why)
{
	char name[128];

	/* One with a track of its own. */
	if (c->n_metrics == 0 && lister_matches(pattern, c->name)) {
		add_row(t, c, c->name, why);
		table_set_text(t, KIND, "rows");
		table_set_text(t, HELP, c->help);
	}
	for (unsigned int i = 0; i < c->n_metrics; i++) {
		const struct metric_spec *m = &c->metric[i];

		(void)snprintf(name, sizeof(name), "%s.%s", c->name, m->name);
		if (!lister_matches(pattern, name))
			continue;
		add_row(t, c, name, why);
		table_set_text(t, KIND, m->kind == METRIC_COUNTER ? "counter" : "gauge");
		table_set_text(t, UNIT, m->unit ? m->unit : "");
		if (m->kind == METRIC_COUNTER)
			table_set_u64(t, BITS, m->bits ? m->bits : 64);
		table_set_text(t, HELP, m->help);
		table_set_text(t, THINGS, m->of ? m->of : c->things ? c->things : "");
	}
}

static int build(const struct list_args *a, int root_fd, const char *pattern, struct table **ret,
		 struct err *e)
{
	auto_ptr(table) t = table_new("collectors", "Collectors", columns, N_COLUMNS);

	(void)a;
	(void)e;
	if (!t)
		return -ENOMEM;
	for (unsigned int i = 0; collector_list[i]; i++) {
		const struct collector *c = collector_list[i];
		struct err why = { 0 };
		int r = collector_try(c, &(struct proc_root){ .fd = root_fd }, &why);

		add_metrics(t, c, pattern, r < 0 ? err_text(&why, r) : "");
	}
	if (table_error(t) < 0)
		return table_error(t);
	*ret = steal_ptr(t);
	return 0;
}

const struct lister lister_collectors = {
	.name = "collectors",
	.summary = "what can be read from /proc and /sys, and why not",
	.build = build,
};
