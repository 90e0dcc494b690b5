/* SPDX-License-Identifier: MIT */
/* kymo run: options, the commands among the words, and what is printed. The runs are made in
 * trials.c, the table by the analysis `results`. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/result_rows.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/show_answer.h"
#include "cmd/trials.h"
#include "format/recording.h"
#include "model/memory.h"

struct run_args {
	uint64_t rounds, warmup;
	nsec_t min_time;
	const char *events, *recording, *output, *input;
	struct option_list label;
	bool rounds_given, vs, shuffle, ignore_failure, wide, runs, json, csv;
};

static const struct run_args defaults = { .rounds = 10, .output = "null" };

static const struct option_spec run_options[] = {
	{ .name = "rounds",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct run_args, rounds),
	  OPTION_GIVEN(struct run_args, rounds_given),
	  .help = "run each command so often (10)" },
	{ .name = "warmup",
	  .letter = 'w',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct run_args, warmup),
	  .help = "rounds before that are kept but not counted" },
	{ .name = "min-time",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct run_args, min_time),
	  .help = "go on until the rounds took so long together" },
	{ .name = "vs",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, vs),
	  .help = "with one command: compare it with itself, which shows what noise alone makes" },
	{ .name = "events",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct run_args, events),
	  .help = "events to count in each run, with what the command starts, as perf names them: "
		  "instructions,page-faults,sched:sched_switch" },
	{ .name = "record",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct run_args, recording),
	  .help = "keep the rows as a recording, for kymo show results; a file of that name is "
		  "kept as FILE.old" },
	{ .name = "shuffle",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, shuffle),
	  .help = "the commands of each round in random order" },
	{ .name = "ignore-failure",
	  .letter = 'i',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, ignore_failure),
	  .help = "go on when a command ends with a status that is not 0, and count the run" },
	{ .name = "output",
	  .type = OPTION_STRING,
	  .arg = "WHERE",
	  OPTION_AT(struct run_args, output),
	  .help = "what the commands print: null (unless given), inherit (to kymo's stderr), or a "
		  "file, which is replaced" },
	{ .name = "input",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct run_args, input),
	  .help = "what the commands read, opened anew for each run (/dev/null)" },
	{ .name = "label",
	  .type = OPTION_LIST,
	  .arg = "KEY=VALUE",
	  OPTION_AT(struct run_args, label),
	  .help = "a label to keep in the recording; may be given several times" },
	{ .name = "runs",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, runs),
	  .help = "print the single runs instead of what they come to" },
	{ .name = "wide",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, wide),
	  .help = "text: with the less needed columns" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, json),
	  .help = "print JSON, times in ns" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct run_args, csv),
	  .help = "print CSV, times in ns" },
	{ 0 },
};

/* ---- commands among the words ---- */

/*
 * CMD ARGS [--vs [--] CMD ARGS]...: a word "--vs" ends a command, a "--" behind it is for the eye.
 * @word has room for a NULL behind @n, and words "--vs" become NULL.
 */
static int split_commands(const char **word, unsigned int n, struct trials_options *o,
			  struct err *e)
{
	unsigned int i = 0;

	word[n] = NULL;
	while (i <= n) {
		if (o->n_sides && i < n && !strcmp(word[i], "--"))
			i++;
		if (i >= n || !strcmp(word[i], "--vs"))
			return err_set(e, -EINVAL,
				       o->n_sides ? "--vs: which command?" : "which command?");
		if (o->n_sides == RESULT_MAX_SIDES)
			return err_set(e, -EINVAL, "at most %d commands", RESULT_MAX_SIDES);
		o->argv[o->n_sides++] = word + i;
		while (i < n && strcmp(word[i], "--vs") != 0)
			i++;
		word[i++] = NULL;
	}
	return 0;
}

static int check(const struct run_args *a, struct trials_options *o, struct err *e)
{
	if (a->json && a->csv)
		return err_set(e, -EINVAL, "--json and --csv exclude each other");
	if (!a->rounds || a->rounds > TRIALS_MAX_ROUNDS || a->warmup > TRIALS_MAX_ROUNDS)
		return err_set(e, -EINVAL, "--%s: 1 to %d rounds", a->rounds ? "warmup" : "rounds",
			       TRIALS_MAX_ROUNDS);
	for (unsigned int i = 0; i < a->label.n; i++)
		if (!strchr(a->label.item[i], '='))
			return err_set(e, -EINVAL, "--label: '%s' is not KEY=VALUE",
				       a->label.item[i]);
	if (o->n_sides == 1 && a->vs)
		o->argv[o->n_sides++] = o->argv[0];
	o->rounds = (uint32_t)a->rounds;
	o->warmup = (uint32_t)a->warmup;
	o->min_time = a->min_time;
	o->shuffle = a->shuffle;
	o->ignore_failure = a->ignore_failure;
	o->input = a->input;
	o->events = a->events;
	o->labels = &a->label;
	return 0;
}

/* ---- where rows go: into memory for the table, and into a file ---- */

struct both {
	struct sink sink;
	struct memory *memory;
	struct recording_writer *writer; /* or NULL */
};

static int both_write(struct sink *s, const struct batch *b, struct err *e)
{
	struct both *to = container_of(s, struct both, sink);
	int r = sink_write(memory_sink(to->memory), b, e);

	return r < 0 || !to->writer ? r : sink_write(recording_writer_sink(to->writer), b, e);
}

/* ---- running and printing ---- */

static int open_output(const char *where, int *ret, struct err *e)
{
	int fd = -1;

	if (!strcmp(where, "inherit"))
		fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	else if (strcmp(where, "null") != 0)
		fd = open(where, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	else
		return 0;
	*ret = fd;
	return fd < 0 ? err_set(e, -errno, "cannot write '%s': %s", where, strerror(errno)) : 0;
}

static int print(const struct run_args *a, const struct trials_options *o, struct both *rows,
		 struct err *e)
{
	const struct answer_text_options text = { .wide = a->wide };
	const struct analysis *view = analysis_by_name("results");
	struct source *src = memory_source(rows->memory);
	struct answer answer = { 0 };

	if (!src)
		return -ENOMEM;
	const struct results_options options = { .runs = a->runs };
	const struct analysis_args ask = { .from = src->info->start,
					   .to = src->info->end,
					   .options = &options };
	int r = analysis_run(view, src, &ask, &answer, e);

	if (r >= 0)
		r = show_print(&answer, o->argv[0][0], a->json, a->csv, &text);
	answer_done(&answer);
	return r;
}

static void tell(const struct trials_options *o, const struct trials_outcome *out,
		 const struct run_args *a)
{
	char text[QUANTITY_MAX];

	log_debug("%s from fork to exec (median)", quantity_duration(text, out->overhead));
	if (out->interrupted)
		log_warn("interrupted, using the %u rounds that were complete", out->rounds);
	if (out->failed_status)
		log_error("'%s' ended with status %d, stopped after %u complete rounds (try: "
			  "--output inherit to see why, --ignore-failure to go on)",
			  o->argv[out->failed_side][0], out->failed_status, out->rounds);
	if (a->recording && out->rounds)
		log_info("wrote %s; next: kymo show results %s", a->recording, a->recording);
}

static int run_all(const struct run_args *a, struct trials_options *o, struct trials_outcome *out,
		   struct err *e)
{
	auto_ptr(memory) memory = memory_new();
	auto_ptr(recording_writer) writer = NULL;
	struct both rows = { .sink = { both_write }, .memory = memory };
	struct err later = { 0 };
	int r = memory ? 0 : -ENOMEM;

	if (r >= 0 && a->recording)
		r = recording_create(a->recording, NEW_FILE_KEEP_OLD, NULL, &writer, e);
	if (r < 0)
		return r;
	rows.writer = writer;
	r = trials_run(o, &rows.sink, out, e);
	/* What was measured before something failed is kept and shown; if it was nothing, so is an
	 * earlier file. */
	int closed = writer && out->rounds ? recording_writer_close(writer, &later) : 0;

	if (r >= 0 && closed < 0)
		r = err_set(e, closed, "cannot finish '%s': %s", a->recording,
			    err_text(&later, closed));
	if (r < 0)
		return r;
	tell(o, out, a);
	if (!out->rounds && (out->interrupted || out->failed_status))
		return 0;
	return print(a, o, &rows, e);
}

static int run_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct run_args *a = args;
	struct trials_options o = { .out_fd = -1 };
	struct trials_outcome out = { 0 };
	auto_free const char **argv = calloc((size_t)n + 1, sizeof(*argv));
	auto_close int out_fd = -1;
	struct err e = { 0 };
	auto_buf command;

	(void)n_before;
	buf_init(&command, 1u << 20);
	if (!argv) {
		log_error("no memory");
		return EXIT_FAILURE;
	}
	if (n)
		memcpy(argv, word, n * sizeof(*argv));
	int r = split_commands(argv, n, &o, &e);

	if (r >= 0)
		r = check(a, &o, &e);
	if (r < 0)
		return command_misused("run", "%s", err_text(&e, r));
	o.command = command_line(&command);
	r = open_output(a->output, &out_fd, &e);
	o.out_fd = out_fd;
	if (r >= 0)
		r = run_all(a, &o, &out, &e);
	if (r < 0)
		log_error("%s", err_text(&e, r));
	return r < 0 || out.failed_status || out.interrupted ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct command_example run_examples[] = {
	{ "kymo run -r 20 --warmup 2 -- sort words.txt",
	  "twenty runs, what they took and how sure" },
	{ "kymo run -r 30 -- sort words.txt --vs -- sort -u words.txt",
	  "two commands, A B A B ...: is one slower, and by how much" },
	{ "kymo run -r 30 --vs -- sort words.txt", "what noise alone makes of two equal commands" },
	{ "kymo run -e task-clock,page-faults -o sort.kymo -- sort words.txt",
	  "with counters, kept as a recording" },
	{ NULL, NULL },
};

const struct command command_runs = {
	.name = "run",
	.summary = "run commands many times and compare what they take",
	.usage = "[OPTIONS] -- CMD [ARG...] [--vs -- CMD2 [ARG...]]...",
	.description =
		"Runs a command many times and prints time, CPU time, memory, page faults, "
		"switches and "
		"counted events with mean, spread and 95 % interval. Behind a word --vs stands a "
		"second command: both run in turn, A B A B, and a difference is told with its "
		"interval, or that none was found. Up to eight commands are compared with the "
		"first.\n\n"
		"No shell is used (try: -- sh -c 'a | b', which measures the shell too), and a "
		"command that has a word --vs of its own needs one. Standard input is empty, "
		"output is "
		"thrown away, the environment is kymo's. A run lasts from exec to the end of the "
		"process; starting it takes a millisecond that is not counted.\n\n"
		"A command that fails ends it with exit status 1 and what is there by then; so "
		"does "
		"Ctrl-C. A difference that was found is no failure. kymo show results --help "
		"says how is counted.",
	.options = run_options,
	.args_bytes = sizeof(struct run_args),
	.args_default = &defaults,
	.examples = run_examples,
	.run = run_run,
	.stop_at_word = true,
};
