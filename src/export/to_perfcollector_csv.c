/* SPDX-License-Identifier: MIT */
/*
 * perfcollector's CSV: a folder with a file for each of proc/stat, proc/meminfo, proc/net/dev,
 * proc/diskstats. Rates are over the time that has passed, things are found by name, and a counter
 * that began anew has no row; with args->compat rows are those of the older tools instead, mistakes
 * included.
 */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/new_file.h"
#include "base/quantity.h"
#include "base/timestamp.h"
#include "export/exporter.h"
#include "export/proc_cube.h"
#include "format/json.h"
#include "model/run.h"
#include "model/series_ticks.h"

#define MAX_CUBES 8

/* A CPU, disk, interface, mount point; or all of /proc/meminfo. */
struct thing {
	const char *name;
	uint32_t cpu;
	struct proc_reading before, now;
	uint64_t seen; /* tick of its cube that `now` is of */
	uint32_t anew; /* bit n: field n began from 0 since the tick before */
};

struct cube_file {
	const struct proc_cube *what;
	struct new_file *file; /* NULL: not opened, there was no row yet */
	FILE *out; /* the same; lent */
	struct thing *thing;
	uint32_t n, cap;
	uint32_t *order; /* things of the tick, in the order of its file */
	uint32_t n_order;
	uint64_t tick; /* number of the current one: 1, 2 ... */
	nsec_t time, before; /* of the current one, and of the one that rows are differences to */
};

/* Where the values of a series go. */
struct target {
	uint8_t cube, field; /* cube = MAX_CUBES: nowhere */
	uint32_t thing;
};

/* STYLE_COLUMNS: the columns of perfjournal, without its mistakes. */
enum style { STYLE_CORRECTED, STYLE_PERFJOURNAL, STYLE_SUCCESSOR, STYLE_COLUMNS };

struct pc_csv {
	struct source *src;
	struct series_table *table;
	struct target *target; /* by place of the series */
	struct cube_file file[MAX_CUBES];
	enum style style;
	uint64_t site, host, run;
	nsec_t interval; /* as asked for; 0 = not told */
	bool offset_zone; /* the capture's times end in +00:00, not in Z */
	int dir_fd;
	struct export_result *ret;
};

/* ---- which series are needed ---- */

static bool names_field(const char *field, const char *metric, const char *instance)
{
	size_t n = strlen(metric);

	return !strncmp(field, metric, n) &&
	       (field[n] == '\0' || (field[n] == '/' && !strcmp(field + n + 1, instance)));
}

static struct thing *thing_of(struct cube_file *f, const char *name, uint32_t cpu)
{
	for (uint32_t i = 0; i < f->n; i++)
		if (f->thing[i].cpu == cpu && !strcmp(f->thing[i].name, name))
			return &f->thing[i];
	if (f->n == f->cap) {
		uint32_t cap = f->cap ? 2 * f->cap : 16;
		struct thing *t = reallocarray(f->thing, cap, sizeof(*t));

		if (!t)
			return NULL;
		f->thing = t;
		f->cap = cap;
	}
	f->thing[f->n] = (struct thing){ .name = name, .cpu = cpu };
	return &f->thing[f->n++];
}

static int aim(struct pc_csv *p, uint32_t place)
{
	const struct metric_series *s = series_table_at(p->table, place);
	const char *metric = series_table_metric(p->table, s->metric)->name;
	struct target *t = &p->target[place];

	t->cube = MAX_CUBES;
	for (unsigned int c = 0; c < proc_n_cubes; c++)
		for (unsigned int k = 0; proc_cubes[c].field[k]; k++) {
			if (!names_field(proc_cubes[c].field[k], metric, s->instance))
				continue;
			bool one = !proc_cubes[c].key;
			struct thing *of = thing_of(&p->file[c], one ? "" : s->instance,
						    one ? SERIES_NO_CPU : s->cpu);

			if (!of)
				return -ENOMEM;
			*t = (struct target){ .cube = (uint8_t)c,
					      .field = (uint8_t)k,
					      .thing = (uint32_t)(of - p->file[c].thing) };
			return 0;
		}
	return 0;
}

/* ---- rows ---- */

static int make_folders(int dir_fd, const char *path)
{
	char folder[64];

	for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
		snprintf(folder, sizeof(folder), "%.*s", (int)(slash - path), path);
		if (mkdirat(dir_fd, folder, 0777) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int need_file(struct pc_csv *p, struct cube_file *f, struct err *e)
{
	static const char *const ids[] = { [STYLE_CORRECTED] = "site,host,run,",
					   [STYLE_PERFJOURNAL] = "site,host,",
					   [STYLE_SUCCESSOR] = "",
					   [STYLE_COLUMNS] = "site,host," };

	if (f->out)
		return 0;
	int r = make_folders(p->dir_fd, f->what->path);

	if (r < 0)
		return err_set(e, r, "cannot create '%s': %s", f->what->path, strerror(-r));
	r = new_file_open_at(p->dir_fd, f->what->path, 0666, 0, &f->file, e);
	if (r >= 0)
		r = new_file_stream(f->file, &f->out, e);
	if (r < 0)
		return r;
	fprintf(f->out, "#%stimestamp,%s%s%s\n", ids[p->style], f->what->key ? f->what->key : "",
		f->what->key ? "," : "", f->what->titles);
	return 0;
}

static void put_number(FILE *out, double v)
{
	char text[JSON_NUMBER_MAX];

	if (isnan(v))
		(void)fputs(",NaN", out);
	else if (isinf(v))
		(void)fputs(v < 0 ? ",-Inf" : ",+Inf", out);
	else
		fprintf(out, ",%s", json_number(text, v));
}

/* RFC 3339 with nine decimals or none, and the zone as the capture wrote it. */
static void put_time(const struct pc_csv *p, FILE *out, nsec_t real)
{
	char whole[TIMESTAMP_MAX];
	unsigned int part = (unsigned int)(real % NSEC_PER_SEC);
	size_t n = strlen(timestamp_text(whole, real - part));

	fprintf(out, "%.*s", (int)n - 1, whole);
	if (part)
		fprintf(out, ".%09u", part);
	(void)fputs(p->offset_zone ? "+00:00" : "Z", out);
}

static void put_row(struct pc_csv *p, struct cube_file *f, const struct thing *t, const double *v)
{
	nsec_t real = run_info_realtime(p->src->info, f->time);

	if (p->style != STYLE_SUCCESSOR)
		fprintf(f->out, "%" PRIu64 ",%" PRIu64 ",", p->site, p->host);
	if (p->style == STYLE_CORRECTED) {
		fprintf(f->out, "%" PRIu64 ",", p->run);
		put_time(p, f->out, real);
	} else {
		fprintf(f->out, "%" PRIu64, real / NSEC_PER_SEC);
	}
	if (f->what->key && t->name[0])
		fprintf(f->out, ",%s", t->name);
	else if (f->what->key)
		fprintf(f->out, ",%d", t->cpu == SERIES_NO_CPU ? -1 : (int)t->cpu);
	for (unsigned int i = 0; i < f->what->n_columns; i++)
		put_number(f->out, v[i]);
	(void)fputc('\n', f->out);
	p->ret->rows++;
}

/* Hundredths of a second that rates are over: the older tool took the interval that was asked for,
 * whole seconds of it. */
static double row_ticks(const struct pc_csv *p, const struct cube_file *f)
{
	return p->style == STYLE_PERFJOURNAL ? (double)(p->interval / NSEC_PER_SEC * 100)
					     : (double)(f->time - f->before) / 1e9 * 100;
}

static int end_tick(struct pc_csv *p, struct cube_file *f, struct err *e)
{
	bool old = p->style == STYLE_PERFJOURNAL || p->style == STYLE_SUCCESSOR;
	int r = 0;

	/* The older tools used their second sample up for the titles, and went on from the first.
	 */
	if (old && f->tick == 2)
		return need_file(p, f, e);
	for (uint32_t i = 0; i < f->n_order && r >= 0; i++) {
		struct thing *t = &f->thing[f->order[i]];
		const struct proc_cube *c = f->what;
		double v[PROC_CUBE_COLUMNS];
		bool both = (t->before.have & t->now.have & c->need) == c->need;
		bool there = c->level ? (t->now.have & c->need) == c->need && !(old && f->tick == 1)
				      : both && (old || !(t->anew & c->need));

		if (!there || !c->row(&t->before, &t->now, row_ticks(p, f), v))
			continue;
		r = need_file(p, f, e);
		if (r >= 0)
			put_row(p, f, t, v);
	}
	for (uint32_t i = 0; i < f->n; i++) {
		struct thing *t = &f->thing[i];

		/* What was not there has nothing to be different from. */
		if (t->seen != f->tick)
			t->now.have = 0;
		t->before = t->now;
	}
	f->before = f->time;
	return r;
}

/* ---- ticks ---- */

static void put_value(struct pc_csv *p, const struct target *at, const struct series_now *now,
		      nsec_t time)
{
	struct cube_file *f = &p->file[at->cube];
	struct thing *t = &f->thing[at->thing];

	if (f->n_order == 0) {
		f->tick++;
		f->time = time;
	}
	if (t->seen != f->tick) {
		t->seen = f->tick;
		t->now.have = t->anew = 0;
		f->order[f->n_order++] = at->thing;
	}
	t->now.value[at->field] = now->value;
	t->now.have |= 1u << at->field;
	if (now->anew)
		t->anew |= 1u << at->field;
}

static int take_tick(struct pc_csv *p, const struct series_tick *k, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; i < k->n; i++) {
		const struct target *at = &p->target[k->series[i]];

		if (at->cube < MAX_CUBES)
			put_value(p, at, &k->now[k->series[i]], k->time);
	}
	for (unsigned int c = 0; c < proc_n_cubes && r >= 0; c++) {
		if (!p->file[c].n_order)
			continue;
		r = end_tick(p, &p->file[c], e);
		p->file[c].n_order = 0;
	}
	return r;
}

static int read_ticks(struct pc_csv *p, const struct export_args *args, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_value),
				 .from = args->from,
				 .to = args->to + 1,
				 .order = CURSOR_BY_TIME };
	auto_ptr(series_ticks) ticks = series_ticks_new(p->table);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct series_tick k;
	int r = ticks ? source_cursor(p->src, &q, &c, e) : err_set(e, -ENOMEM, "no memory");

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		for (uint32_t at = 0; r >= 0 && series_ticks_take(ticks, b, &at, &k);)
			r = take_tick(p, &k, e);
	while (r >= 0 && series_ticks_take(ticks, NULL, NULL, &k))
		r = take_tick(p, &k, e);
	return r;
}

/* ---- the folder ---- */

static void read_meta(struct pc_csv *p)
{
	const struct run_info *info = p->src->info;

	p->site = 1;
	for (size_t i = 0; i < info->n_meta; i++) {
		const struct run_meta *m = &info->meta[i];

		if (!strcmp(m->key, "label") && !strncmp(m->value, "stream=", 7))
			(void)sscanf(m->value + 7, "%" SCNu64 ":%" SCNu64 ":%" SCNu64, &p->site,
				     &p->host, &p->run);
		if (!strcmp(m->key, "collect.interval") &&
		    quantity_parse_u64(m->value, &p->interval, NULL) < 0)
			p->interval = 0;
		if (!strcmp(m->key, "import.zone"))
			p->offset_zone = !strcmp(m->value, "+00:00");
	}
}

static int prepare(struct pc_csv *p, struct err *e)
{
	int r = series_table_load(p->src, &p->table, e);

	if (r < 0)
		return r;
	uint32_t n = series_table_n(p->table);

	p->target = calloc(n + 1, sizeof(*p->target));
	r = p->target ? 0 : -ENOMEM;
	for (unsigned int c = 0; c < proc_n_cubes; c++)
		p->file[c].what = &proc_cubes[c];
	for (uint32_t i = 0; i < n && r >= 0; i++)
		r = aim(p, i);
	for (unsigned int c = 0; c < proc_n_cubes && r >= 0; c++) {
		p->file[c].order = calloc(p->file[c].n + 1, sizeof(uint32_t));
		r = p->file[c].order ? 0 : -ENOMEM;
	}
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

/* They take their places when all of them are complete. */
static int close_files(struct pc_csv *p, int r, struct err *e)
{
	for (unsigned int c = 0; c < proc_n_cubes; c++) {
		struct cube_file *f = &p->file[c];

		if (f->file && r >= 0)
			r = new_file_commit(f->file, e);
		new_file_free(f->file);
		free(f->thing);
		free(f->order);
	}
	free(p->target);
	series_table_free(p->table);
	return r;
}

static int to_perfcollector_csv(struct source *src, const struct export_args *args, int dir_fd,
				struct export_result *ret, struct err *e)
{
	struct pc_csv p = { .src = src, .dir_fd = dir_fd, .ret = ret };

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (args->compat && !strcmp(args->compat, "perfjournal"))
		p.style = STYLE_PERFJOURNAL;
	else if (args->compat && !strcmp(args->compat, "successor"))
		p.style = STYLE_SUCCESSOR;
	else if (args->compat && !strcmp(args->compat, "perfjournal-columns"))
		p.style = STYLE_COLUMNS;
	else if (args->compat)
		return err_set(e, -EINVAL,
			       "--compat: no tool '%s' (try: perfjournal, perfjournal-columns, "
			       "successor)",
			       args->compat);
	read_meta(&p);
	int r = prepare(&p, e);

	if (r >= 0)
		r = read_ticks(&p, args, e);
	if (r >= 0 && !ret->rows)
		r = err_set(e, -ENODATA,
			    "no metrics for it (try: kymo record --metrics "
			    "cpu,memory,network,disk)");
	return close_files(&p, r, e);
}

const struct exporter exporter_perfcollector_csv = {
	.name = "perfcollector-csv",
	.summary = "a folder of perfcollector's CSV files: proc/stat, proc/meminfo ...",
	.extensions = "",
	.flags = EXPORTER_FOLDER | EXPORTER_WINDOW | EXPORTER_COMPAT,
	.run_folder = to_perfcollector_csv,
};
