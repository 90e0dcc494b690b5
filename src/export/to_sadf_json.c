/* SPDX-License-Identifier: MIT */
/* Metrics in the form of sysstat's `sadf -j`: the same keys, an object for each tick. Where a key
 * stands is said by the blocks (path=, json=). */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "export/answer_json.h"
#include "export/exporter.h"
#include "export/sadf_tick.h"
#include "format/json.h"
#include "model/run.h"

#define BUFFER_MAX   ((size_t)1 << 30)
#define LEVELS_MAX   8
#define LEVEL_LENGTH 64

/* Objects that are open, by their keys. */
struct levels {
	struct json *j;
	char name[LEVELS_MAX][LEVEL_LENGTH];
	unsigned int n;
	unsigned int flat_from; /* objects from this depth on stand on one line */
};

static void close_levels(struct levels *l, unsigned int to)
{
	for (; l->n > to; l->n--)
		json_end(l->j);
}

/* Be within "a/b/c" from depth @from on: close what is not on the way, open what is. */
static void enter(struct levels *l, unsigned int from, const char *path)
{
	unsigned int depth = from;

	while (*path && depth < LEVELS_MAX) {
		size_t n = min_of(strcspn(path, "/"), (size_t)LEVEL_LENGTH - 1);
		bool there = depth < l->n && strlen(l->name[depth]) == n &&
			     !memcmp(l->name[depth], path, n);

		if (!there) {
			close_levels(l, depth);
			(void)snprintf(l->name[depth], LEVEL_LENGTH, "%.*s", (int)n, path);
			json_key(l->j, l->name[depth]);
			if (depth >= l->flat_from)
				json_begin_object_flat(l->j);
			else
				json_begin_object(l->j);
			l->n++;
		}
		depth++;
		path += strcspn(path, "/");
		path += *path == '/';
	}
	close_levels(l, depth);
}

/* The part before the last '/', into @ret; returns what is behind it. */
static const char *split(const char *path, char ret[static 256])
{
	const char *slash = strrchr(path, '/');

	(void)snprintf(ret, 256, "%.*s", slash ? (int)(slash - path) : 0, path);
	return slash ? slash + 1 : path;
}

/* Does a column before @c have a key within the same object? Then it was put with that one. */
static bool is_put_already(const struct block_rows *rows, unsigned int c, const char *within)
{
	for (unsigned int k = 0; k < c; k++) {
		const char *json = block_rows_column(rows, k)->json;
		char other[256];

		if (json && *within) {
			(void)split(json, other);
			if (!strcmp(other, within))
				return true;
		}
	}
	return false;
}

static void put_cells(struct sadf_ticks *t, const struct block_rows *rows, struct levels *l,
		      unsigned int depth)
{
	unsigned int n = block_rows_n_columns(rows);
	char within[256], other[256];

	for (unsigned int c = 0; c < n; c++) {
		const struct block_column *x = block_rows_column(rows, c);

		if (!x->json)
			continue;
		(void)split(x->json, within);
		if (is_put_already(rows, c, within))
			continue;
		enter(l, depth, within);
		/* All of one object together: a key stands once. */
		for (unsigned int k = c; k < (*within ? n : c + 1); k++) {
			const struct block_column *y = block_rows_column(rows, k);
			const char *key = y->json ? split(y->json, other) : NULL;

			if (key && !strcmp(other, within))
				json_key_f64(l->j, key,
					     sadf_number(t, &t->cell[k], y->item->digits));
		}
	}
	close_levels(l, depth);
}

/* A block with a row for each thing is an array of objects. */
static uint64_t put_things(struct sadf_ticks *t, struct block_rows *rows, struct levels *l)
{
	const struct block *b = block_rows_block(rows);
	char within[256], label[SADF_LABEL_MAX];
	const char *key = split(b->path, within);
	uint64_t n = 0;

	for (uint32_t row = 0; row < block_rows_n(rows); row++) {
		if (!block_rows_eval(rows, row, t->sums, t->cell))
			continue;
		if (!n++) {
			enter(l, 0, within);
			json_key(l->j, key);
			json_begin_array(l->j);
		}
		json_begin_object_flat(l->j);
		json_key_str(l->j, b->key_json, sadf_label(b, block_rows_at(rows, row), label));
		put_cells(t, rows, l, l->n);
		json_end(l->j);
	}
	if (n)
		json_end(l->j);
	return n;
}

static uint64_t put_block(struct sadf_ticks *t, struct block_rows *rows, struct levels *l)
{
	const struct block *b = block_rows_block(rows);

	if (!b->path)
		return 0;
	if (b->key)
		return put_things(t, rows, l);
	if (!block_rows_n(rows) || !block_rows_eval(rows, 0, t->sums, t->cell))
		return 0;
	l->flat_from = 0;
	for (const char *p = b->path; (p = strchr(p, '/')); p++)
		l->flat_from++;
	enter(l, 0, b->path);
	put_cells(t, rows, l, l->n);
	return 1;
}

/* "2026-11-21" and "00:55:05" of @time, UTC. */
static void calendar(nsec_t time, char date[static 16], char clock[static 16])
{
	time_t s = (time_t)(time / NSEC_PER_SEC);
	struct tm tm = { 0 };

	if (!gmtime_r(&s, &tm) || !strftime(date, 16, "%Y-%m-%d", &tm) ||
	    !strftime(clock, 16, "%H:%M:%S", &tm))
		date[0] = clock[0] = '\0';
}

static void put_tick(struct sadf_ticks *t, struct json *j, struct export_result *ret)
{
	struct levels l = { .j = j, .flat_from = LEVELS_MAX };
	char date[16], clock[16];

	calendar(t->time, date, clock);
	json_begin_object(j);
	json_key(j, "timestamp");
	json_begin_object_flat(j);
	json_key_str(j, "date", date);
	json_key_str(j, "time", clock);
	json_key_u64(j, "utc", 1);
	json_key_u64(j, "interval", t->interval);
	json_end(j);
	for (unsigned int i = 0; i < t->run->n; i++) {
		l.flat_from = LEVELS_MAX;
		ret->rows += put_block(t, t->run->rows[i], &l);
	}
	close_levels(&l, 0);
	json_end(j);
}

static void put_head(const struct sadf_ticks *t, const struct export_args *args, struct json *j)
{
	nsec_t begin = run_info_realtime(t->info, args->from);
	char date[16], clock[16];

	calendar(begin ? begin : args->from, date, clock);
	json_key_str(j, "nodename", sadf_fact(t, "host.name"));
	json_key_str(j, "sysname", "Linux");
	json_key_str(j, "release", sadf_fact(t, "kernel.release"));
	json_key_str(j, "machine", sadf_fact(t, "host.machine"));
	json_key_u64(j, "number-of-cpus", t->info->n_cpu);
	json_key_str(j, "file-date", date);
	json_key_str(j, "file-utc-time", clock);
	json_key_str(j, "timezone", "UTC");
}

static int to_sadf_json(struct source *src, const struct export_args *args, FILE *out,
			struct export_result *ret, struct err *e)
{
	auto_ptr(sadf_ticks) t = NULL;
	struct json j;
	auto_buf buf;

	buf_init(&buf, BUFFER_MAX);
	json_init(&j, &buf, JSON_PRETTY);
	int r = sadf_ticks_open(src, args, &t, e);

	if (r < 0)
		return r;
	json_begin_object(&j);
	json_key(&j, "sysstat");
	json_begin_object(&j);
	json_key(&j, "hosts");
	json_begin_array(&j);
	json_begin_object(&j);
	put_head(t, args, &j);
	json_key(&j, "statistics");
	json_begin_array(&j);
	while ((r = sadf_ticks_next(t, e)) > 0) {
		put_tick(t, &j, ret);
		if (json_drain(&j, out) < 0)
			return err_set(e, json_error(&j) < 0 ? json_error(&j) : -EIO,
				       "cannot write JSON");
	}
	if (r < 0)
		return r;
	json_end(&j);
	json_key(&j, "restarts");
	json_begin_array(&j);
	json_end(&j);
	for (unsigned int i = 0; i < 4; i++)
		json_end(&j);
	r = json_drain(&j, out);
	if (r >= 0)
		r = sadf_note(t, ret);
	return r < 0 ? err_set(e, r, "cannot write JSON") : 0;
}

const struct exporter exporter_sadf_json = {
	.name = "sadf-json",
	.summary = "metrics as sysstat's sadf -j has them",
	.extensions = "",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_sadf_json,
};
