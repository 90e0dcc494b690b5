/* SPDX-License-Identifier: MIT */
/*
 * One run is printed as the view answers. Several are joined to one table; where that makes no
 * sense, since rows are moments, they are printed one after the other.
 */
#include "cmd/show_answer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/symbols.h"
#include "export/answer_json.h"
#include "export/answer_text.h"
#include "model/join.h"
#include "model/run_names.h"

#define DEFAULT_ROWS	40
#define JSON_BUFFER_MAX ((size_t)1 << 30)
#define DOING		"showing what is there"

struct showing {
	const struct analysis *view;
	const struct show_args *args;
	size_t n;
	struct opened_run run[SHOW_MAX_RUNS];
	struct answer answer[SHOW_MAX_RUNS];
	struct join_run joined[SHOW_MAX_RUNS];
	char *name[SHOW_MAX_RUNS];
	struct analysis_args ask; /* but for the window */
	struct cpuset cpus;
	regex_t task;
	bool has_task;
	int status; /* when words were printed already */
};

/* ---- asking ---- */

static int set_filters(struct showing *s, struct err *e)
{
	const struct show_args *a = s->args;
	int r;

	if (a->cpus) {
		r = cpuset_parse(a->cpus, &s->cpus, e);
		if (r < 0)
			return err_prefix(e, "--cpus");
		s->ask.cpus = &s->cpus;
	}
	r = selection_task(&a->select, &s->task, e);
	if (r < 0)
		return r;
	s->has_task = r > 0;
	s->ask.task = s->has_task ? &s->task : NULL;
	s->ask.include_self = a->self;
	s->ask.options = s->view->options ? a->view : NULL;
	/* Rows are found by name in several runs, so a name is one row in each. */
	s->ask.merge = a->merge || s->n > 1;
	if (a->top_given)
		s->ask.top = a->top ? a->top : UINT64_MAX;
	/* What is joined or sorted is cut afterwards. */
	if (!s->view->lists_moments && (s->n > 1 || (a->sort && !s->view->cuts_itself)))
		s->ask.top = 0;
	return 0;
}

/* Has every run what the view needs? */
static bool has_tracks(struct showing *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct track *missing =
			analysis_missing(s->view, opened_run_source(&s->run[i]));
		struct err e = { 0 };

		if (!missing)
			continue;
		(void)analysis_refuse(missing, s->run[i].path, &e);
		log_error("%s", err_text(&e, e.code));
		s->status = EXIT_FAILURE;
		return false;
	}
	return true;
}

/* The answer about one run in [@from, @to) since its start. */
static int ask_run(struct showing *s, size_t i, nsec_t from, nsec_t to, struct err *e)
{
	struct source *src = opened_run_source(&s->run[i]);
	struct analysis_args ask = s->ask;
	struct chain_names names = { 0 };
	int r = 0;

	ask.from = src->info->start + from;
	ask.to = src->info->start + to;
	s->answer[i] = (struct answer){ 0 };
	if (s->view->profile) {
		struct symbol_choice choice = s->args->symbols;

		choice.none |= !s->view->names;
		choice.lines = s->view->lines && s->view->lines(ask.options);
		r = chain_names_init(&names, src, &choice, e);
		chain_names_give(&names, &ask);
	}
	if (r >= 0)
		r = analysis_run(s->view, src, &ask, &s->answer[i], e);
	if (r >= 0)
		chain_names_notes(&names, s->answer[i].table);
	chain_names_done(&names);
	return r;
}

/* All runs, from the first on. -EAGAIN: one was opened anew, which may move the window of all. */
static int ask_once(struct showing *s, struct err *e)
{
	nsec_t from, to;
	int r = selection_window(&s->args->select, s->run, s->n, &from, &to, e);

	if (r < 0) {
		s->status = command_misused("show", "%s", err_text(e, r));
		return r;
	}
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		r = ask_run(s, i, from, to, e);
		if (r != -EBADMSG)
			continue;
		r = opened_run_salvage(&s->run[i], &s->args->select, DOING, r, e);
		if (r >= 0)
			return -EAGAIN;
	}
	return r;
}

static int ask_all(struct showing *s, const char *const *path, struct err *e)
{
	int r = 0;

	for (size_t i = 0; i < s->n && r >= 0; i++)
		r = opened_run_open(&s->run[i], path[i], i, &s->args->select, DOING, e);
	if (r < 0)
		return r;
	do {
		for (size_t i = 0; i < s->n; i++)
			answer_done(&s->answer[i]);
		if (!has_tracks(s))
			return -ENODATA;
		r = ask_once(s, e);
	} while (r == -EAGAIN);
	return r;
}

/* ---- sorting and cutting ---- */

static unsigned int column_called(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (!strcmp(table_column(t, i)->name, name))
			return i;
	return UINT32_MAX;
}

/* A measure of several runs stands for its difference, or without for its baseline's value. */
static unsigned int column_of(const struct join *j, const char *name, size_t baseline)
{
	unsigned int found = UINT32_MAX;

	for (unsigned int i = 0; i < table_n_columns(j->table); i++) {
		const struct join_column *c = &j->column[i];

		if (strcmp(c->of, name) != 0)
			continue;
		if (c->kind == JOIN_DIFF)
			return i;
		if (c->kind == JOIN_VALUE && c->run == baseline)
			found = i;
	}
	return found;
}

static int no_such_column(const struct table *t, const char *name, struct err *e)
{
	char names[160] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < table_n_columns(t) && n < sizeof(names) - 1; i++)
		n += (size_t)max_of(snprintf(names + n, sizeof(names) - n, "%s%s", i ? ", " : "",
					     table_column(t, i)->name),
				    0);
	return err_set(e, -EINVAL, "--sort: there is no column '%s' (try: %s%s)", name, names,
		       n >= sizeof(names) ? " ..." : "");
}

/* Names from A to Z, measures from the greatest down. */
static int sort_by(struct table *t, unsigned int column)
{
	const struct table_column *c = table_column(t, column);
	bool rising = c->flags & TABLE_COLUMN_KEY || c->type == CELL_TEXT;

	return rising ? table_sort(t, column, false) : table_sort_size(t, column);
}

/* --sort and --top for a table that is whole. @j: of several runs, or NULL. */
static int arrange(const struct showing *s, struct table *t, const struct join *j, size_t baseline,
		   struct err *e)
{
	const struct show_args *a = s->args;
	size_t rows = table_n_rows(t);

	if (a->sort) {
		unsigned int c = column_called(t, a->sort);

		if (c == UINT32_MAX && j)
			c = column_of(j, a->sort, baseline);
		if (c == UINT32_MAX)
			return no_such_column(t, a->sort, e);
		if (sort_by(t, c) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	}
	if (a->top_given && a->top && rows > a->top) {
		table_cut(t, (size_t)a->top);
		table_note(t, "%zu more rows (--top 0 for all)", rows - (size_t)a->top);
	}
	return table_error(t);
}

/* ---- printing ---- */

static void say_notes(const struct table *t)
{
	for (unsigned int i = 0; i < table_n_notes(t); i++)
		log_info("%s", table_note_at(t, i));
}

int show_print(const struct answer *a, const char *name, bool as_json, bool as_csv,
	       const struct answer_text_options *o)
{
	auto_buf buf;
	struct json j;

	buf_init(&buf, JSON_BUFFER_MAX);
	if (as_csv) {
		say_notes(a->table);
		return table_csv(a->table, stdout);
	}
	if (!as_json)
		return answer_text(a, name, o, stdout);
	json_init(&j, &buf, JSON_PRETTY);
	int r = answer_json(a, &j, stdout);

	return r < 0 ? r : json_drain(&j, stdout);
}

static struct answer_text_options text_options(const struct showing *s, bool matrix)
{
	const bool whole = s->args->top_given || (s->view->cuts_itself && !matrix && s->n == 1);

	return (struct answer_text_options){ .wide = s->args->wide,
					     .max_rows = whole ? 0 : DEFAULT_ROWS,
					     .screen = isatty(STDOUT_FILENO) };
}

static int print_one(struct showing *s, struct err *e)
{
	struct answer *a = &s->answer[0];
	int r = 0;

	if (s->args->sort) {
		r = arrange(s, a->table, NULL, 0, e);
		a->matrix_text = false; /* which has an order of its own */
		answer_drop_sections(a);
	}
	const struct answer_text_options o = text_options(s, a->matrix_text);

	return r < 0 ? r : show_print(a, s->run[0].path, s->args->json, s->args->csv, &o);
}

/* Tables that cannot be joined, each under its run's name. */
static int print_each_json(const struct showing *s)
{
	auto_buf buf;
	struct json j;
	int r = 0;

	buf_init(&buf, JSON_BUFFER_MAX);
	json_init(&j, &buf, JSON_PRETTY);
	json_begin_array(&j);
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		json_begin_object(&j);
		json_key_str(&j, "name", s->name[i]);
		json_key_str(&j, "file", s->run[i].path);
		json_key(&j, "answer");
		r = answer_json(&s->answer[i], &j, stdout);
		json_end(&j);
	}
	json_end(&j);
	return r < 0 ? r : json_drain(&j, stdout);
}

static int print_each(struct showing *s, struct err *e)
{
	const struct answer_text_options o = text_options(s, false);
	int r = 0;

	for (size_t i = 0; i < s->n && s->args->sort && r >= 0; i++)
		r = arrange(s, s->answer[i].table, NULL, 0, e);
	if (r < 0)
		return r;
	if (s->args->json)
		return print_each_json(s);
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		if (s->args->csv) {
			say_notes(s->answer[i].table);
			r = table_csv_run(s->answer[i].table, s->name[i], i == 0, stdout);
			continue;
		}
		if (i)
			putchar('\n');
		r = answer_text(&s->answer[i], s->name[i], &o, stdout);
	}
	return r;
}

/* --baseline: a short name, a path, or a number from 1. */
static int find_baseline(const struct showing *s, size_t *ret, struct err *e)
{
	const char *text = s->args->baseline;
	uint64_t number = 0;

	*ret = 0;
	if (!text)
		return 0;
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->name[i], text) || !strcmp(s->run[i].path, text)) {
			*ret = i;
			return 0;
		}
	if (quantity_parse_u64(text, &number, NULL) < 0 || number < 1 || number > s->n)
		return err_set(e, -EINVAL,
			       "--baseline: no run is called '%s' (the first: %s, or 1 to %zu)",
			       text, s->name[0], s->n);
	*ret = (size_t)number - 1;
	return 0;
}

/* Rows of tasks, whose ids hold within their run only. */
static bool has_tasks(const struct table *t)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (table_column(t, i)->flags & TABLE_COLUMN_LOCAL)
			return true;
	return false;
}

static int print_joined(struct showing *s, struct err *e)
{
	const struct show_args *a = s->args;
	struct join_options o = { .absolute = a->absolute,
				  .diff = a->diff || s->n == 2,
				  .main_only = !a->json && !a->csv && !a->wide && !a->sort };
	struct answer_text_options text = text_options(s, false);
	struct join t = { 0 };
	int r = find_baseline(s, &o.baseline, e);

	if (r >= 0)
		r = join_answers(s->joined, s->n, &o, &t, e);
	if (r >= 0 && !a->merge && has_tasks(s->joined[0].answer->table))
		table_note(t.table, "tasks of one name are one row in each run (--append-tid to "
				    "keep them apart)");
	if (r >= 0)
		r = arrange(s, t.table, &t, o.baseline, e);
	if (r >= 0 && a->csv) {
		say_notes(t.table);
		r = table_csv(t.table, stdout);
	} else if (r >= 0 && a->json) {
		auto_buf buf;
		struct json j;

		buf_init(&buf, JSON_BUFFER_MAX);
		json_init(&j, &buf, JSON_PRETTY);
		r = join_json(&t, s->joined, s->n, &o, &j, stdout);
		if (r >= 0)
			r = json_drain(&j, stdout);
	} else if (r >= 0) {
		r = join_text(&t, s->joined, s->n, &text, stdout);
	}
	join_done(&t);
	return r;
}

static int print_all(struct showing *s, const char *const *path, struct err *e)
{
	bool join = true;
	int r = run_names_make(path, s->n, s->name);

	if (r < 0)
		return err_set(e, r, "out of memory");
	for (size_t i = 0; i < s->n; i++) {
		s->joined[i] = (struct join_run){ s->name[i], s->run[i].path, &s->answer[i] };
		join &= join_possible(&s->answer[i]);
	}
	if (s->n == 1)
		return print_one(s, e);
	return join ? print_joined(s, e) : print_each(s, e);
}

/* ---- several runs that the view answers together ---- */

static int show_across(struct showing *s, const char *const *path, struct err *e)
{
	struct source *src[SHOW_MAX_RUNS];
	struct answer *a = &s->answer[0];
	const struct analysis *view = s->view;
	char title[32];
	int r = run_names_make(path, s->n, s->name);

	for (size_t i = 0; i < s->n && r >= 0; i++) {
		r = opened_run_open(&s->run[i], path[i], i, &s->args->select, DOING, e);
		if (r >= 0)
			src[i] = opened_run_source(&s->run[i]);
	}
	if (r < 0)
		return r;
	if (!has_tracks(s))
		return -ENODATA;
	r = view->across(src, (const char *const *)s->name, s->n, &s->ask, a, e);
	if (r < 0)
		return r;
	a->view = view->name;
	a->title = view->title;
	a->summary = view->summary;
	a->help = view->help;
	(void)snprintf(title, sizeof(title), "%zu recordings", s->n);
	if (s->args->sort || s->args->top_given)
		r = arrange(s, a->table, NULL, 0, e);
	const struct answer_text_options o = text_options(s, false);

	return r < 0 ? r : show_print(a, title, s->args->json, s->args->csv, &o);
}

/* ---- all ---- */

/* A part of the truth is not "done". */
static int exit_status(const struct showing *s)
{
	for (size_t i = 0; i < s->n; i++)
		if (!opened_run_info(&s->run[i])->complete)
			return EXIT_FAILURE;
	return EXIT_SUCCESS;
}

int show_answer(const struct analysis *view, const struct show_args *args, const char *const *path,
		size_t n)
{
	struct showing *s = calloc(1, sizeof(*s));
	struct err e = { 0 };
	int status;

	if (!s) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	s->view = view;
	s->args = args;
	s->n = n;
	int r = set_filters(s, &e);

	if (r >= 0) {
		if (view->across && n > 1) {
			r = show_across(s, path, &e);
		} else {
			r = ask_all(s, path, &e);
			if (r >= 0)
				r = print_all(s, path, &e);
		}
		status = r >= 0		? exit_status(s)
			 : s->status	? s->status
			 : r == -EINVAL ? command_misused("show", "%s", err_text(&e, r))
					: EXIT_FAILURE;
		if (status == EXIT_FAILURE && r < 0 && !s->status)
			log_error("%s", err_text(&e, r));
	} else {
		status = command_misused("show", "%s", err_text(&e, r));
	}
	for (size_t i = 0; i < n; i++) {
		answer_done(&s->answer[i]);
		free(s->name[i]);
		opened_run_close(&s->run[i]);
	}
	if (s->has_task)
		regfree(&s->task);
	free(s);
	return status;
}
