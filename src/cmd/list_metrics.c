/* SPDX-License-Identifier: MIT */
/* kymo list metrics: what can be computed on this machine, and why not. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cmd/lister.h"

#define WHY_MAX 160

static bool pmu_exists(int root_fd, const char *name)
{
	char path[128];
	struct stat st;

	(void)snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s", name);
	if (fstatat(root_fd, path, &st, 0) == 0)
		return true;
	/* Boxes are numbered. */
	(void)snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s_0", name);
	return fstatat(root_fd, path, &st, 0) == 0;
}

static bool core_pmu_exists(int root_fd)
{
	static const char *const core[] = { "cpu", "cpu_core", "armv8_pmuv3", "armv8_pmuv3_0" };

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		if (pmu_exists(root_fd, core[i]))
			return true;
	return false;
}

/* sysfs names a PMU's own events; others are made of its format. */
static bool has_named_event(int root_fd, const struct event_code *c)
{
	char path[192];
	struct stat st;

	if (c->n_terms != 1 || c->term[0].value != 1 || !strcmp(c->term[0].name, "event"))
		return true;
	(void)snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s/events/%s", c->pmu,
		       c->term[0].name);
	return fstatat(root_fd, path, &st, 0) == 0;
}

/* Why @ev cannot be counted below @root_fd, into @why; false: it can, as far as files tell. */
static bool event_missing(int root_fd, const struct metric_event *ev, char *why)
{
	const struct event_code *c = &ev->code;

	if (event_code_is_software(c))
		return false;
	if (!*c->pmu) {
		if (core_pmu_exists(root_fd))
			return false;
		(void)snprintf(why, WHY_MAX,
			       "'%.60s' needs the processor's PMU, which this machine "
			       "does not have",
			       ev->name);
		return true;
	}
	if (!pmu_exists(root_fd, c->pmu)) {
		(void)snprintf(why, WHY_MAX,
			       "'%.60s' needs the PMU '%.30s', which this machine "
			       "does not have",
			       ev->name, c->pmu);
		return true;
	}
	if (!event_code_is_core(c) || has_named_event(root_fd, c))
		return false;
	(void)snprintf(why, WHY_MAX, "the PMU '%.30s' has no event '%.40s'", c->pmu,
		       c->term[0].name);
	return true;
}

static bool metric_missing(int root_fd, const struct metric_set *s, const struct metric *m,
			   unsigned int depth, char *why)
{
	for (unsigned int i = 0; i < expression_n_names(m->formula.x); i++) {
		struct metric_ref ref = m->formula.ref[i];

		if (ref.kind == METRIC_EVENT &&
		    event_missing(root_fd, metric_set_event(s, ref.index), why))
			return true;
		if (ref.kind == METRIC_METRIC && depth < METRIC_CHAIN_MAX &&
		    metric_missing(root_fd, s, metric_set_metric(s, ref.index), depth + 1, why))
			return true;
	}
	return false;
}

enum { USABLE, GROUP, LEVEL, NAME, UNIT, TITLE, WHY, HELP, SOURCE, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[USABLE] = { .name = "usable", .title = "Here", .type = CELL_TEXT },
	[GROUP] = { .name = "group", .title = "Group", .type = CELL_TEXT },
	[LEVEL] = { .name = "level", .title = "Level", .type = CELL_U64 },
	[NAME] = { .name = "metric",
		   .title = "Metric",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY },
	[UNIT] = { .name = "unit", .title = "Unit", .type = CELL_TEXT },
	[TITLE] = { .name = "title", .title = "Title", .type = CELL_TEXT },
	[WHY] = { .name = "why_not", .title = "Why not", .type = CELL_TEXT },
	[HELP] = { .name = "help", .title = "Help", .type = CELL_TEXT, .flags = TABLE_COLUMN_WIDE },
	[SOURCE] = { .name = "file",
		     .title = "File",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_WIDE },
};

struct listing {
	const char *pattern;
	struct table *t;
	unsigned int count[2];
};

/* One set's metrics; @not_here: the reason for all of them, or NULL. */
static void add_metrics(struct listing *l, int root_fd, const struct metric_set *s,
			const char *not_here)
{
	for (unsigned int i = 0; i < metric_set_n_metrics(s); i++) {
		const struct metric *m = metric_set_metric(s, i);
		char why[WHY_MAX] = "";

		if (!lister_matches(l->pattern, m->name))
			continue;
		bool usable = !not_here && !metric_missing(root_fd, s, m, 0, why);

		l->count[usable]++;
		table_row(l->t);
		table_set_text(l->t, USABLE, usable ? "yes" : "no");
		table_set_text(l->t, GROUP, m->group);
		table_set_u64(l->t, LEVEL, m->level);
		table_set_text(l->t, NAME, m->name);
		table_set_text(l->t, UNIT, m->unit);
		table_set_text(l->t, TITLE, m->title);
		table_set_text(l->t, HELP, m->help);
		table_set_text(l->t, SOURCE, m->place.file);
		if (!usable)
			table_set_text(l->t, WHY, not_here ? not_here : why);
	}
}

static int add_others(struct listing *l, const struct cpu_model *model, struct err *e)
{
	for (size_t i = 0; metric_data_list[i].name; i++) {
		auto_ptr(metric_set) s = NULL;
		char why[WHY_MAX];
		int r = metric_data_load_one(i, &s, e);

		if (r < 0)
			return r;
		const struct metric_file *f = metric_set_file(s, 0);

		if (!f->n_cpus || metric_file_fits(f, model))
			continue;
		(void)snprintf(why, sizeof(why), "for another processor: %.100s", f->title);
		add_metrics(l, -1, s, why);
	}
	return 0;
}

static int build(const struct list_args *a, int root_fd, const char *pattern, struct table **ret,
		 struct err *e)
{
	auto_ptr(metric_set) s = NULL;
	auto_ptr(table) t = table_new("metrics", "Metrics", columns, N_COLUMNS);
	struct listing l = { .pattern = pattern, .t = t };
	struct cpu_model model;
	char text[CPU_MODEL_TEXT];
	int r = t ? metric_options_load(&a->o, root_fd, &s, &model, e) : -ENOMEM;

	if (r < 0)
		return r;
	add_metrics(&l, root_fd, s,
		    a->o.cpu ? "not known: this is not the machine that was asked for" : NULL);
	if (a->all)
		r = add_others(&l, &model, e);
	if (r < 0)
		return r;
	table_note(t, "processor %s%s%s: %u metrics, %u of them possible here",
		   cpu_model_text(&model, text), *model.name ? ", " : "", model.name,
		   l.count[0] + l.count[1], l.count[1]);
	if (table_error(t) < 0)
		return table_error(t);
	*ret = steal_ptr(t);
	return 0;
}

const struct lister lister_metrics = {
	.name = "metrics",
	.summary = "figures that are computed from counts of events, and why not",
	.build = build,
};
