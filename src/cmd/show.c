/* SPDX-License-Identifier: MIT */
/*
 * `kymo show`: the answers of the analyses as tables, JSON or CSV. Options may stand before the
 * view and behind it; those behind it are parsed here, because every view adds its own.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/log.h"
#include "base/wrap.h"
#include "cmd/command.h"
#include "cmd/show_answer.h"
#include "cmd/symbols.h"

#define OPTION_TABLE_MAX 48

static const struct option_spec show_options[] = {
	SELECTION_OPTIONS(struct show_args, select),
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
	{ .name = "sort",
	  .type = OPTION_STRING,
	  .arg = "COLUMN",
	  OPTION_AT(struct show_args, sort),
	  .help = "sort by a column as --csv names it, the greatest first; of several runs a "
		  "measure's name means its difference" },
	{ .name = "diff",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, diff),
	  .help = "several runs: with the difference of each to the baseline (of two runs: "
		  "always)" },
	{ .name = "baseline",
	  .type = OPTION_STRING,
	  .arg = "RUN",
	  OPTION_AT(struct show_args, baseline),
	  .help = "the run that differences are against: its short name or number (unless given: "
		  "the first)" },
	{ .name = "absolute",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct show_args, absolute),
	  .help = "several runs: counts and sums of time as they are, not per second of covered "
		  "time" },
	SYMBOL_OPTIONS(struct show_args, symbols),
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

	printf("kymo show %s: %s\n\nUsage: kymo show %s [OPTIONS] FILE...\n\n", a->name, a->summary,
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
		      unsigned int n, const char **ret_path, size_t *ret_n, struct err *e)
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
	if (n_rest > SHOW_MAX_RUNS)
		return err_set(e, -EINVAL, "at most %d recordings at a time", SHOW_MAX_RUNS);
	for (unsigned int i = 0; i < n_rest; i++)
		ret_path[i] = rest[i];
	*ret_n = n_rest;
	return 0;
}

static int show_run(void *args_, const char **word, unsigned int n, unsigned int n_before)
{
	struct show_args *args = args_;
	const struct analysis *view = n ? analysis_by_name(word[0]) : NULL;
	const char *path[SHOW_MAX_RUNS];
	size_t n_paths = 0;
	struct err e = { 0 };

	(void)n_before;
	if (!n) {
		fputs("kymo: show: which view?\n", stderr);
		list_views(stderr);
		return EXIT_USAGE;
	}
	if (!view)
		return command_misused("show", "there is no view '%s'", word[0]);
	int r = parse_rest(view, args, word, n, path, &n_paths, &e);

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
	if (r < 0)
		return command_misused("show", "%s", err_text(&e, r));
	args->select.root = args->symbols.symfs;
	int status = selection_names(&args->select, "show", n_paths);

	if (status == EXIT_SUCCESS)
		status = show_answer(view, args, path, n_paths);
	selection_done(&args->select);
	return status;
}

static const struct command_example show_examples[] = {
	{ "kymo show tasks x.kymo", "the task list, busiest first" },
	{ "kymo show coremap x.kymo --task vcpu", "run time of all vcpu tasks on each core" },
	{ "kymo show tasks x.kymo --map tasks.csv --merge", "tasks under the names of a map" },
	{ "kymo show latency x.kymo --worst 10", "the ten longest waits from wake-up to run" },
	{ "kymo show timeline x.kymo --from 2s --for 5ms --top 0", "who ran where in these 5 ms" },
	{ "kymo show switches before.kymo after.kymo",
	  "two runs side by side, with the difference" },
	{ "kymo show successors x.kymo --of bash --csv",
	  "who runs after a thread called bash, as CSV" },
	{ NULL, NULL },
};

const struct command command_show = {
	.name = "show",
	.summary = "answer questions about a recording with tables",
	.usage = "VIEW [OPTIONS] FILE...",
	.description =
		"Prints the answer of one view over the whole recording or a window of it: first "
		"the numbers that answer at a glance, then the table, then what is missing. "
		"Nothing is guessed: what was lost or not recorded is left out and said so.\n\n"
		"Several recordings are answered for the same time since the start of each, which "
		"ends "
		"with the shortest run, and stand side by side: rows are found by role or name, "
		"and tasks of equal names are one row. Counts and sums of time are divided by "
		"covered time, since runs of unequal length differ for that reason alone. Views "
		"that list moments (timeline, latency --worst) are shown one run after the "
		"other.\n\n"
		"kymo show VIEW --help says how a view counts.",
	.options = show_options,
	.args_bytes = sizeof(struct show_args),
	.examples = show_examples,
	.extra_help = show_extra_help,
	.first_words = view_names,
	.run = show_run,
	.stop_at_word = true,
};
