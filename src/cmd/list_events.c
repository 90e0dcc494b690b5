/* SPDX-License-Identifier: MIT */
/* kymo list events: every name, tried. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/distance.h"
#include "capture/event_list.h"
#include "capture/event_try.h"
#include "capture/generic_event.h"
#include "capture/pmu.h"
#include "capture/tracefs.h"
#include "cmd/lister.h"

/* Letting go of a tracepoint takes the kernel some 20 ms. */
#define TRACEPOINTS_TRIED 32u

enum { COLUMN_EVENT, COLUMN_KIND, COLUMN_COUNT, COLUMN_SAMPLE, COLUMN_WHAT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[COLUMN_EVENT] = { .name = "event",
			   .title = "event",
			   .type = CELL_TEXT,
			   .flags = TABLE_COLUMN_KEY,
			   .help = "as -e takes it" },
	[COLUMN_KIND] = { .name = "type",
			  .title = "type",
			  .type = CELL_TEXT,
			  .help = "whose it is" },
	[COLUMN_COUNT] = { .name = "count",
			   .title = "count",
			   .type = CELL_TEXT,
			   .help = "can be counted here" },
	[COLUMN_SAMPLE] = { .name = "sample",
			    .title = "sample",
			    .type = CELL_TEXT,
			    .help = "can be sampled here" },
	[COLUMN_WHAT] = { .name = "note",
			  .title = "what it is, or why it is not to be had",
			  .type = CELL_TEXT,
			  .help = "what it is, or why it cannot be had" },
};

struct listing {
	int root_fd;
	const char *pattern;
	struct table *table;
	const char *pmu; /* whose events are listed */
	const char *subsystem; /* subsystem of tracepoints */
	unsigned int n_tracepoints;
};

/* Add a row for @name when it matches; @try false: only said to be there. */
static int add(struct listing *l, const char *name, const char *kind, const char *help, bool try)
{
	auto_event_list events = { 0 };
	char why[EVENT_MISSING_MAX] = "", not [EVENT_MISSING_MAX] = "";
	struct err e = { 0 };

	if (!lister_matches(l->pattern, name))
		return 0;
	table_row(l->table);
	table_set_text(l->table, COLUMN_EVENT, name);
	table_set_text(l->table, COLUMN_KIND, kind);
	if (!try)
		return 0;
	int r = event_list_parse(&events, l->root_fd, name, &e);

	if (r < 0) {
		table_set_text(l->table, COLUMN_COUNT, "no");
		table_set_text(l->table, COLUMN_SAMPLE, "no");
		table_set_text(l->table, COLUMN_WHAT, err_text(&e, r));
		return r == -ENOMEM ? r : 0;
	}
	bool counts = event_try(&events.item[0], false, why, sizeof(why)) >= 0;
	bool samples = event_try(&events.item[0], true, not, sizeof(not )) >= 0;

	table_set_text(l->table, COLUMN_COUNT, counts ? "yes" : "no");
	table_set_text(l->table, COLUMN_SAMPLE, samples ? "yes" : "no");
	if (!counts)
		table_set_text(l->table, COLUMN_WHAT, why);
	else if (help)
		table_set_text(l->table, COLUMN_WHAT, help);
	else if (events.item[0].unit[0])
		table_set_text(l->table, COLUMN_WHAT, events.item[0].unit);
	return 0;
}

static int add_generic(struct listing *l)
{
	char name[GENERIC_CACHE_NAME];
	uint64_t config;
	int r = 0;

	for (size_t i = 0; i < generic_event_count && r >= 0; i++) {
		const struct generic_event *g = &generic_event_list[i];

		r = add(l, g->name, g->type == PERF_TYPE_HARDWARE ? "hardware" : "software",
			g->help, true);
		if (r >= 0 && g->alias)
			r = add(l, g->alias,
				g->type == PERF_TYPE_HARDWARE ? "hardware" : "software", g->help,
				true);
	}
	for (size_t i = 0; r >= 0 && generic_cache_at(i, name, &config); i++)
		r = add(l, name, "cache", NULL, true);
	return r;
}

static int take_pmu_event(void *ctx, const char *event)
{
	struct listing *l = ctx;
	char name[EVENT_NAME_MAX];

	snprintf(name, sizeof(name), "%s/%s/", l->pmu, event);
	return add(l, name, l->pmu, NULL, true);
}

static int take_pmu(void *ctx, const char *pmu)
{
	struct listing *l = ctx;

	l->pmu = pmu;
	return pmu_each_event(l->root_fd, pmu, take_pmu_event, l);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* @take for each folder in the folder @path of tracefs, sorted. */
static int each_folder(int tracefs, const char *path, struct listing *l,
		       int (*take)(struct listing *l, int tracefs, const char *name))
{
	struct dirent **entry;
	int n = scandirat(tracefs, path, &entry, NULL, by_name), r = 0;

	if (n < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (int i = 0; i < n; i++) {
		if (r >= 0 && entry[i]->d_type == DT_DIR && entry[i]->d_name[0] != '.')
			r = take(l, tracefs, entry[i]->d_name);
		free(entry[i]);
	}
	free(entry);
	return r;
}

static int take_tracepoint(struct listing *l, int tracefs, const char *name)
{
	char full[EVENT_NAME_MAX];

	(void)tracefs;
	snprintf(full, sizeof(full), "%s:%s", l->subsystem, name);
	bool match = lister_matches(l->pattern, full);

	l->n_tracepoints += match;
	return add(l, full, "tracepoint", NULL, match && l->n_tracepoints <= TRACEPOINTS_TRIED);
}

static int take_system(struct listing *l, int tracefs, const char *name)
{
	char path[300];

	snprintf(path, sizeof(path), "events/%s", name);
	l->subsystem = name;
	return each_folder(tracefs, path, l, take_tracepoint);
}

static int add_tracepoints(struct listing *l)
{
	struct err e = { 0 };
	bool own;
	auto_close int tracefs = tracefs_open(l->root_fd, &own, &e);

	if (tracefs < 0) {
		table_note(l->table, "tracepoints: %s (try: sudo)", err_text(&e, tracefs));
		return 0;
	}
	int r = each_folder(tracefs, "events", l, take_system);

	if (l->n_tracepoints > TRACEPOINTS_TRIED)
		table_note(l->table, "only the first %u of %u tracepoints were tried",
			   TRACEPOINTS_TRIED, l->n_tracepoints);
	return r;
}

static int build(const struct list_args *a, int root_fd, const char *pattern, struct table **ret,
		 struct err *e)
{
	(void)a;
	auto_ptr(table) t = table_new("events", "Events", columns, N_COLUMNS);
	struct listing l = { .root_fd = root_fd, .pattern = pattern, .table = t };

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	int r = add_generic(&l);

	if (r >= 0)
		r = pmu_each(root_fd, take_pmu, &l);
	if (r >= 0 && strchr(pattern, ':'))
		r = add_tracepoints(&l);
	else if (r >= 0)
		table_note(t,
			   "also: rNNN (raw), PMU/event=..,umask=../, mem:ADDRESS, and tracepoints "
			   "(try: kymo list events 'sched:*')");
	if (r >= 0)
		r = table_error(t);
	if (r < 0)
		return err_set(e, r, "%s", err_text(e, r));
	*ret = steal_ptr(t);
	return 0;
}

const struct lister lister_events = {
	.name = "events",
	.summary = "what kymo record -e samples and counts, and whether it can be had here",
	.build = build,
};
