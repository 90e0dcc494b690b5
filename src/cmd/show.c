/* SPDX-License-Identifier: MIT */
/*
 * `kymo show`: the answers of the analyses as tables, JSON or CSV. Options may stand before the
 * view and behind it; those behind it are parsed here, because every view adds its own.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/wrap.h"
#include "cmd/command.h"
#include "cmd/conversion.h"
#include "export/answer_json.h"
#include "export/answer_text.h"
#include "format/recording.h"

#define DEFAULT_ROWS	 40
#define VIEW_OPTIONS_MAX 256
#define OPTION_TABLE_MAX 48
#define JSON_BUFFER_MAX	 ((size_t)1 << 30)

struct show_args {
	const char *task, *cpus;
	nsec_t from, length;
	bool length_given, top_given;
	uint64_t top;
	bool merge, self, wide, json, csv;
	/* behind the view only: */
	bool help, quiet, verbose;
	_Alignas(16) unsigned char view[VIEW_OPTIONS_MAX];
};

static const struct option_spec show_options[] = {
	{ .name = "task",
	  .letter = 't',
	  .type = OPTION_STRING,
	  .arg = "REGEX",
	  OPTION_AT(struct show_args, task),
	  .help = "only tasks whose role or name matches (POSIX extended, anywhere in it)" },
	{ .name = "from",
	  .letter = 'f',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct show_args, from),
	  .help = "begin of the window, since the start of the run" },
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct show_args, length),
	  OPTION_GIVEN(struct show_args, length_given),
	  .help = "length of the window" },
	{ .name = "cpus",
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct show_args, cpus),
	  .help = "only these CPUs, as in 0-3,8" },
	{ .name = "top",
	  .letter = 'n',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct show_args, top),
	  OPTION_GIVEN(struct show_args, top_given),
	  .help = "rows at most; 0 for all (text: 40 unless given)" },
	{ .name = "merge",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, merge),
	  .help = "one row for all tasks of the same role or name" },
	{ .name = "self",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, self),
	  .help = "with kymo's own threads" },
	{ .name = "wide",
	  .letter = 'w',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, wide),
	  .help = "text: with the less needed columns" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, json),
	  .help = "print JSON, times and durations in ns" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, csv),
	  .help = "print CSV, times and durations in ns" },
	{ 0 },
};

static const struct option_spec common_options[] = {
	{ .name = "help",
	  .letter = 'h',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, help),
	  .help = "show the help of the view" },
	{ .name = "quiet", .letter = 'q', .type = OPTION_FLAG, OPTION_AT(struct show_args, quiet) },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, verbose) },
	{ 0 },
};

/* ---- help ---- */

static void list_views(FILE *out)
{
	for (size_t i = 0; analysis_list[i]; i++) {
		const struct analysis *a = analysis_list[i];

		fprintf(out, "  %-12s%s\n", a->name, a->summary);
	}
}

static void show_extra_help(FILE *out)
{
	fputs("Views:\n", out);
	list_views(out);
	for (size_t i = 0; analysis_list[i]; i++) {
		const struct analysis *a = analysis_list[i];

		if (!a->options)
			continue;
		fprintf(out, "\nOptions of %s:\n", a->name);
		option_help(a->options, out, 80);
	}
}

static void view_names(FILE *out)
{
	for (size_t i = 0; analysis_list[i]; i++)
		fprintf(out, "%s%s", i ? " " : "", analysis_list[i]->name);
}

static void view_help(const struct analysis *a)
{
	unsigned int width = wrap_width(stdout);

	printf("kymo show %s: %s\n\nUsage: kymo show %s [OPTIONS] FILE\n\n", a->name, a->summary,
	       a->name);
	wrap_paragraphs(stdout, a->help, 0, width);
	if (a->options) {
		fputs("\nOptions of this view:\n", stdout);
		option_help(a->options, stdout, width);
	}
	fputs("\nOptions:\n", stdout);
	option_help(show_options, stdout, width);
}

/* ---- arguments ---- */

/* The general options, the view's with its struct inside ours, and the common ones. */
static void join_options(const struct analysis *a, struct option_spec *ret)
{
	size_t n = 0;

	for (const struct option_spec *o = show_options; o->name; o++)
		ret[n++] = *o;
	for (const struct option_spec *o = common_options; o->name; o++)
		ret[n++] = *o;
	for (const struct option_spec *o = a->options; o && o->name; o++) {
		assert(n + 1 < OPTION_TABLE_MAX);
		ret[n] = *o;
		ret[n].offset += offsetof(struct show_args, view);
		if (ret[n].given_offset)
			ret[n].given_offset += (ptrdiff_t)offsetof(struct show_args, view);
		n++;
	}
	ret[n] = (struct option_spec){ 0 };
}

/* The words behind the view: options and files. */
static int parse_rest(const struct analysis *a, struct show_args *args, const char **word,
		      unsigned int n, const char **ret_file, struct err *e)
{
	struct option_spec table[OPTION_TABLE_MAX];
	auto_free char **argv = calloc((size_t)n + 1, sizeof(*argv));
	auto_free const char **rest = calloc((size_t)n + 1, sizeof(*rest));
	unsigned int n_rest, n_before;

	if (!argv || !rest)
		return err_set(e, -ENOMEM, "out of memory");
	assert(a->options_bytes <= sizeof(args->view));
	if (a->options_default)
		memcpy(args->view, a->options_default, a->options_bytes);
	join_options(a, table);
	for (unsigned int i = 0; i < n; i++)
		argv[i] = (char *)(uintptr_t)word[i];
	int r = option_parse(table, (int)n, argv, args, false, rest, &n_rest, &n_before, e);

	if (r < 0 || args->help)
		return r;
	if (!n_rest)
		return err_set(e, -EINVAL, "which file?");
	if (n_rest > 1)
		return err_set(e, -EINVAL, "one file at a time, not also '%s'", rest[1]);
	*ret_file = rest[0];
	return 0;
}

/* The window and filters as the analyses take them. */
struct filters {
	struct analysis_args args;
	struct cpuset cpus;
	regex_t task;
	bool has_task;
};

static int set_window(struct filters *f, const struct show_args *a, const struct run_info *info,
		      struct err *e)
{
	nsec_t span = run_info_span(info);
	char at[QUANTITY_MAX], length[QUANTITY_MAX];

	if (a->from && a->from >= span)
		return err_set(e, -EINVAL,
			       "--from %s lies behind the end of the run, which is %s long",
			       quantity_duration(at, a->from), quantity_duration(length, span));
	if (a->length_given && !a->length)
		return err_set(e, -EINVAL, "--for 0 is an empty window");
	f->args.from = info->start + a->from;
	f->args.to = a->length_given && a->length < span - a->from ? f->args.from + a->length
								   : info->end;
	return 0;
}

static int set_filters(struct filters *f, const struct show_args *a, const struct analysis *view,
		       struct err *e)
{
	char why[128];

	if (a->cpus) {
		int r = cpuset_parse(a->cpus, &f->cpus, e);

		if (r < 0)
			return err_prefix(e, "--cpus");
		f->args.cpus = &f->cpus;
	}
	if (a->task) {
		int code = regcomp(&f->task, a->task, REG_EXTENDED | REG_NOSUB);

		if (code) {
			(void)regerror(code, &f->task, why, sizeof(why));
			return err_set(e, -EINVAL, "--task '%s': %s", a->task, why);
		}
		f->has_task = true;
		f->args.task = &f->task;
	}
	f->args.include_self = a->self;
	f->args.merge = a->merge;
	f->args.options = view->options ? a->view : NULL;
	if (a->top_given)
		f->args.top = a->top ? a->top : UINT64_MAX;
	return 0;
}

/* ---- answers ---- */

static int print_json(const struct answer *a)
{
	auto_buf buf;
	struct json j;

	buf_init(&buf, JSON_BUFFER_MAX);
	json_init(&j, &buf, JSON_PRETTY);
	int r = answer_json(a, &j, stdout);

	return r < 0 ? r : json_drain(&j, stdout);
}

static int print_answer(const struct answer *a, const struct analysis *view, const char *path,
			const struct show_args *args)
{
	struct answer_text_options o = { .wide = args->wide };

	if (args->json)
		return print_json(a);
	if (args->csv) {
		for (unsigned int i = 0; i < table_n_notes(a->table); i++)
			log_info("%s", table_note_at(a->table, i));
		return table_csv(a->table, stdout);
	}
	if (!args->top_given && (!view->cuts_itself || a->matrix_text))
		o.max_rows = DEFAULT_ROWS;
	return answer_text(a, path, &o, stdout);
}

/* 0; EXIT_FAILURE or EXIT_USAGE when words were printed; -errno with words that were not. */
static int show_file(const struct analysis *view, const char *path, const struct show_args *args,
		     struct filters *f, unsigned int flags, struct err *e)
{
	auto_ptr(recording) rec = NULL;
	struct answer answer = { 0 };
	int r = conversion_open(path, flags, &rec, e);

	if (r < 0)
		return r;
	struct source *src = recording_source(rec);
	const struct track *missing = analysis_missing(view, src);

	if (!src->info->complete)
		log_warn("'%s' is not complete: %s; showing what is there", path,
			 src->info->damage[0] ? src->info->damage : "it was not closed");
	if (missing) {
		log_error("'%s' has no %s events (record with -e %s)", path, missing->name,
			  missing == &track_wakeup ? "switch,wakeup" : missing->name);
		return EXIT_FAILURE;
	}
	r = set_window(f, args, src->info, e);
	if (r < 0)
		return command_misused("show", "%s", err_text(e, r));
	r = analysis_run(view, src, &f->args, &answer, e);
	if (r >= 0)
		r = print_answer(&answer, view, path, args);
	answer_done(&answer);
	/* A part of the truth is not "done". */
	return r < 0 ? r : src->info->complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

/* Damage within the file: once more with what is whole, and say so. */
static int show_or_salvage(const struct analysis *view, const char *path,
			   const struct show_args *args, struct filters *f)
{
	struct err e = { 0 };
	int r = show_file(view, path, args, f, 0, &e);

	if (r == -EBADMSG) {
		e = (struct err){ 0 };
		r = show_file(view, path, args, f, RECORDING_SALVAGE, &e);
	}
	if (r < 0)
		log_error("%s", err_text(&e, r));
	return r < 0 ? EXIT_FAILURE : r;
}

static int show_run(void *args_, const char **word, unsigned int n, unsigned int n_before)
{
	struct show_args *args = args_;
	const struct analysis *view = n ? analysis_by_name(word[0]) : NULL;
	struct filters f = { 0 };
	const char *path = NULL;
	struct err e = { 0 };

	(void)n_before;
	if (!n) {
		fputs("kymo: show: which view?\n", stderr);
		list_views(stderr);
		return EXIT_USAGE;
	}
	if (!view)
		return command_misused("show", "there is no view '%s'", word[0]);
	int r = parse_rest(view, args, word, n, &path, &e);

	if (r >= 0 && args->help) {
		view_help(view);
		return EXIT_SUCCESS;
	}
	if (args->quiet)
		log_set_level(LOG_ERROR);
	else if (args->verbose)
		log_set_level(LOG_DEBUG);
	if (r >= 0 && args->json && args->csv)
		r = err_set(&e, -EINVAL, "--json and --csv exclude each other");
	if (r >= 0)
		r = set_filters(&f, args, view, &e);
	int status = r < 0 ? command_misused("show", "%s", err_text(&e, r))
			   : show_or_salvage(view, path, args, &f);

	if (f.has_task)
		regfree(&f.task);
	return status;
}

static const struct command_example show_examples[] = {
	{ "kymo show tasks x.kymo", "the task list, busiest first" },
	{ "kymo show coremap x.kymo --task vcpu", "run time of all vcpu tasks on each core" },
	{ "kymo show latency x.kymo --worst 10", "the ten longest waits from wake-up to run" },
	{ "kymo show timeline x.kymo --from 2s --for 5ms --top 0", "who ran where in these 5 ms" },
	{ "kymo show successors x.kymo --of bash --csv",
	  "who runs after a thread called bash, as CSV" },
	{ NULL, NULL },
};

const struct command command_show = {
	.name = "show",
	.summary = "answer questions about a recording with tables",
	.usage = "VIEW [OPTIONS] FILE",
	.description =
		"Prints the answer of one view over the whole recording or a window of it: first "
		"the numbers that answer at a glance, then the table, then what is missing. "
		"Nothing is guessed: what was lost or not recorded is left out and said so.\n\n"
		"kymo show VIEW --help says how a view counts.",
	.options = show_options,
	.args_bytes = sizeof(struct show_args),
	.examples = show_examples,
	.extra_help = show_extra_help,
	.first_words = view_names,
	.run = show_run,
	.stop_at_word = true,
};
