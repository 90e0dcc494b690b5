/* SPDX-License-Identifier: MIT */
/* `kymo convert`: foreign files to recordings, and any run to files of other tools. */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/nsec.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/conversion.h"
#include "cmd/convert_raw.h"
#include "cmd/naming.h"
#include "cmd/older_journal.h"
#include "cmd/run_file.h"
#include "cmd/symbols.h"
#include "export/exporter.h"
#include "format/recording.h"
#include "import/importer.h"
#include "model/profile_track.h"
#include "model/run.h"

struct convert_args {
	const char *output;
	const char *from_format;
	const char *formats;
	const char *label, *stream;
	const char *to_format, *task, *event, *compat;
	const char *licence, *site_name, *metrics;
	uint64_t site;
	nsec_t from, length;
	bool length_given, first_names, merge;
	struct naming_args names;
	struct symbol_choice symbols;
};

static const struct option_spec convert_options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct convert_args, output),
	  .help = "the file to write; one of that name stays until this one is complete" },
	{ .name = "from-format",
	  .type = OPTION_STRING,
	  .arg = "FORMAT",
	  OPTION_AT(struct convert_args, from_format),
	  .help = "what the input is, instead of finding out from its first bytes" },
	{ .name = "formats",
	  .type = OPTION_STRING,
	  .arg = "DIR",
	  OPTION_AT(struct convert_args, formats),
	  .help = "tracepoint layouts (tracefs events/ of the recorded kernel) for a cut "
		  "perf.data" },
	{ .name = "label",
	  .type = OPTION_STRING,
	  .arg = "TEXT",
	  OPTION_AT(struct convert_args, label),
	  .help = "a label to keep in the recording" },
	{ .name = "stream",
	  .type = OPTION_STRING,
	  .arg = "SITE:HOST:RUN",
	  OPTION_AT(struct convert_args, stream),
	  .help = "which run of a file that holds several, else the first one's" },
	{ .name = "licence",
	  .type = OPTION_STRING,
	  .arg = "LICENCE",
	  OPTION_AT(struct convert_args, licence),
	  .help = "the input is an encrypted journal of perfcollector, with this licence, --site "
		  "and --site-name" },
	{ .name = "site",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct convert_args, site),
	  .help = "with --licence: number of the site" },
	{ .name = "site-name",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct convert_args, site_name),
	  .help = "with --licence: its name" },
	{ .name = "metrics",
	  .type = OPTION_STRING,
	  .arg = "SET",
	  OPTION_AT(struct convert_args, metrics),
	  .help = "FILE is a recording with raw files (record --raw): copy it with the metrics "
		  "of these collectors that are in them (see kymo list collectors; all)" },
	{ .name = "to-format",
	  .type = OPTION_STRING,
	  .arg = "FORMAT",
	  OPTION_AT(struct convert_args, to_format),
	  .help = "what to write: a format of other tools, or kymo; else by the ending of the "
		  "output's name" },
	{ .name = "from",
	  .letter = 'f',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct convert_args, from),
	  .help = "other tools' formats: begin of the window, since the start of the run" },
	{ .name = "for",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct convert_args, length),
	  OPTION_GIVEN(struct convert_args, length_given),
	  .help = "likewise: length of the window" },
	{ .name = "compat",
	  .type = OPTION_STRING,
	  .arg = "TOOL",
	  OPTION_AT(struct convert_args, compat),
	  .help = "perfcollector-csv: rows as perfjournal or its successor wrote them, mistakes "
		  "included" },
	{ .name = "task",
	  .letter = 't',
	  .type = OPTION_STRING,
	  .arg = "REGEX",
	  OPTION_AT(struct convert_args, task),
	  .help = "stats and profiles: only tasks whose role or name matches (POSIX extended)" },
	{ .name = "event",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct convert_args, event),
	  .help = "profiles: only samples of this event" },
	{ .name = "merge",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct convert_args, merge),
	  .help = "stats and profiles: all tasks of the same role or name are one" },
	{ .name = "first-names",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct convert_args, first_names),
	  .help = "cdict: the first name of a thread for the whole run, as perfwhiz did, instead "
		  "of the name of the time" },
	NAMING_OPTIONS_FOR_READING(struct convert_args, names),
	SYMBOL_OPTIONS(struct convert_args, symbols),
	{ 0 },
};

static void convert_extra_help(FILE *out)
{
	fprintf(out, "Formats that can be read:\n");
	for (const struct importer *const *i = importer_list; *i; i++)
		fprintf(out, "  %-14s %s (%s)\n", (*i)->name, (*i)->summary, (*i)->extensions);
	fprintf(out, "\nFormats that can be written, of any of these and of recordings:\n");
	for (const struct exporter *const *x = exporter_list; *x; x++)
		fprintf(out, "  %-14s %s (%s)\n", (*x)->name, (*x)->summary, (*x)->extensions);
}

/* Would the output take the input's place? */
static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static void tell_result(const struct convert_args *args, struct import_result *result,
			const struct recording_stats *stats, nsec_t took)
{
	char events[QUANTITY_MAX], lost[QUANTITY_MAX], size[QUANTITY_MAX], time[QUANTITY_MAX];

	conversion_tell(result);
	log_info("%s: %s events, %s lost, %s, in %s", args->output,
		 quantity_count(events, result->events),
		 quantity_count(lost, result->lost + result->late),
		 quantity_size(size, stats->bytes), quantity_duration(time, took));
}

static int convert_into(const struct convert_args *args, struct input *in,
			const struct importer *importer, struct recording_writer *writer,
			struct import_result *result, struct recording_stats *stats, struct err *e)
{
	const struct conversion_options options = { .importer = importer,
						    .formats = args->formats,
						    .root = args->symbols.symfs,
						    .stream = args->stream,
						    .label = args->label };

	int r = conversion_run(in, &options, recording_writer_sink(writer), result, e);

	if (r >= 0)
		r = recording_writer_close(writer, e);
	if (r >= 0)
		recording_writer_stats(writer, stats);
	return r;
}

/* ---- import ---- */

static int convert_file(const struct convert_args *args, struct input *in,
			const struct importer *importer, struct import_result *result,
			struct recording_stats *stats, struct err *e)
{
	auto_ptr(recording_writer) writer = NULL;
	int r = recording_create(args->output, 0, NULL, &writer, e);

	return r < 0 ? r : convert_into(args, in, importer, writer, result, stats, e);
}

/* Names are given to tasks, which are known when all is read: from there it is copied with them. */
static int convert_named(const struct convert_args *args, struct input *in,
			 const struct importer *importer, struct naming *names,
			 struct import_result *result, struct recording_stats *stats, struct err *e)
{
	static const struct naming_change how = { 0 };
	auto_ptr(recording_writer) writer = NULL;
	auto_ptr(recording) rec = NULL;
	struct role_counts counts;
	auto_close int fd = conversion_unnamed_file(e);
	int r = fd < 0 ? fd : recording_create_fd(dup(fd), args->output, NULL, &writer, e);

	if (r >= 0)
		r = convert_into(args, in, importer, writer, result, stats, e);
	if (r >= 0)
		r = recording_open_fd(steal_fd(&fd), args->output, 0, &rec, e);
	return r < 0 ? r : naming_write_to(names, 0, rec, args->output, &how, &counts, e);
}

static int open_file(const struct convert_args *args, const char *path, struct input **ret,
		     uint64_t *ret_damaged, struct err *e)
{
	struct older_journal older = { 0 };

	*ret_damaged = 0;
	if (!args->licence)
		return input_open(path, ret, e);
	int fd = older_journal_decrypt(path, args->site, args->site_name, args->licence, &older, e);

	*ret_damaged = older.damaged;
	return fd < 0 ? fd : input_open_fd(fd, path, ret, e);
}

static void tell_unknown(const char *path)
{
	auto_ptr(recording) rec = NULL;

	if (recording_open(path, 0, &rec, NULL) >= 0)
		log_error("'%s' is a recording already (try: --to-format NAME for another tool's "
			  "file, --metrics all for what its raw files hold)",
			  path);
	else
		log_error("'%s' is of no format that can be converted (try: --from-format)", path);
}

static int import(const struct convert_args *args, const char *path,
		  const struct importer *importer, struct naming *names)
{
	auto_ptr(input) in = NULL;
	struct import_result result = { 0 };
	struct recording_stats stats = { 0 };
	struct err e = { 0 };
	nsec_t start = nsec_monotonic();
	uint64_t damaged;
	int r = open_file(args, path, &in, &damaged, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	if (!importer)
		importer = importer_recognise(in);
	if (!importer) {
		tell_unknown(path);
		return EXIT_FAILURE;
	}
	r = names ? convert_named(args, in, importer, names, &result, &stats, &e)
		  : convert_file(args, in, importer, &result, &stats, &e);
	if (r < 0) {
		log_error("%s", err_text(&e, r));
	} else {
		tell_result(args, &result, &stats, nsec_monotonic() - start);
		if (!result.complete) {
			log_error("%s", result.damage);
			log_error("'%s' holds what came before, and says that it is not all",
				  args->output);
			r = -EBADMSG;
		}
		if (damaged) {
			log_error("'%s' holds what is whole of '%s'", args->output, path);
			r = -EBADMSG;
		}
	}
	import_result_done(&result);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- export ---- */

/* An option that the exporter would not heed is a mistake. */
static const char *unheeded(const struct convert_args *args, const struct exporter *x)
{
	if ((args->from || args->length_given) && !(x->flags & EXPORTER_WINDOW))
		return args->from ? "--from" : "--for";
	if (args->task && !(x->flags & EXPORTER_TASKS))
		return "--task";
	if (args->first_names && !(x->flags & EXPORTER_CDICT))
		return "--first-names";
	if (args->event && !(x->flags & EXPORTER_SAMPLES))
		return "--event";
	if (args->merge && !(x->flags & EXPORTER_MERGING))
		return "--merge";
	if (args->compat && !(x->flags & EXPORTER_COMPAT))
		return "--compat";
	return args->label ? "--label" : NULL;
}

static int export_window(const struct convert_args *args, const struct run_info *info,
			 struct export_args *ret, struct err *e)
{
	nsec_t span = run_info_span(info);
	char at[QUANTITY_MAX], length[QUANTITY_MAX];

	if (args->from && args->from >= span)
		return err_set(e, -EINVAL,
			       "--from %s lies behind the end of the run, which is %s long",
			       quantity_duration(at, args->from), quantity_duration(length, span));
	if (args->length_given && !args->length)
		return err_set(e, -EINVAL, "--for 0 is an empty window");
	ret->from = info->start + args->from;
	ret->to = args->length_given && args->length < span - args->from ? ret->from + args->length
									 : info->end;
	return 0;
}

static int write_stdout(const struct exporter *x, struct source *src,
			const struct export_args *what, struct export_result *result, struct err *e)
{
	int r = x->run(src, what, stdout, result, e);

	if (r >= 0 && (fflush(stdout) || ferror(stdout)))
		r = err_set(e, errno ? -errno : -EIO, "cannot write to standard output: %s",
			    strerror(errno ? errno : EIO));
	return r;
}

/* Files of a folder replace those of the same names, as the older tools' did. */
static int write_folder(const char *path, const struct exporter *x, struct source *src,
			const struct export_args *what, struct export_result *result, struct err *e)
{
	bool made = mkdir(path, 0777) == 0;

	if (!made && errno != EEXIST)
		return err_set(e, -errno, "cannot create the folder '%s': %s", path,
			       strerror(errno));
	auto_close int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return err_set(e, -errno, "format '%s' is a folder of files, '%s' is none", x->name,
			       path);
	int r = x->run_folder(src, what, fd, result, e);

	if (r < 0 && made)
		(void)rmdir(path); /* stays when there is something in it */
	return r;
}

static int write_out(const struct convert_args *args, const struct exporter *x, struct source *src,
		     const struct export_args *what, struct export_result *result, struct err *e)
{
	auto_ptr(new_file) file = NULL;
	FILE *out;

	if (x->flags & EXPORTER_FOLDER)
		return write_folder(args->output, x, src, what, result, e);
	if (!strcmp(args->output, "-"))
		return write_stdout(x, src, what, result, e);
	int r = new_file_open(args->output, 0666, 0, &file, e);

	if (r >= 0)
		r = new_file_stream(file, &out, e);
	if (r < 0)
		return r;
	r = x->run(src, what, out, result, e);
	if (r < 0 && ferror(out))
		return err_set(e, r, "cannot write '%s': %s", args->output, strerror(-r));
	return r < 0 ? r : new_file_commit(file, e);
}

static bool wants_chains(const struct exporter *x, const struct run_info *info)
{
	for (size_t i = 0; i < info->n_stream; i++)
		if (info->stream[i].track == track_sample.id)
			return x->flags & EXPORTER_SAMPLES;
	return false;
}

/* 0, EXIT_FAILURE when the recording is not whole, EXIT_USAGE, -errno. */
static int export_with(const struct convert_args *args, const char *path,
		       const struct run_file_options *how, const struct exporter *x,
		       struct naming *names, struct export_args *what, struct err *e)
{
	auto_ptr(run_file) file = NULL;
	struct export_result result = { 0 };
	struct chain_names chains = { 0 };
	char rows[QUANTITY_MAX];
	int r = run_file_open(path, how, &file, e);

	if (r < 0)
		return r;
	struct source *src = run_file_source(file);
	bool complete = src->info->complete;

	if (!complete)
		log_warn("'%s' is not complete: %s; writing what is there", path,
			 src->info->damage[0] ? src->info->damage : "it was not closed");
	if (export_window(args, src->info, what, e) < 0)
		return command_misused("convert", "%s", e->text);
	r = naming_apply(names, 0, src, path, e);
	if (r >= 0 && wants_chains(x, src->info)) {
		r = chain_names_init(&chains, src, &args->symbols, e);
		what->profile = chains.profile;
		what->functions = chains.functions;
	}
	if (r >= 0)
		r = write_out(args, x, src, what, &result, e);
	if (r >= 0) {
		for (size_t i = 0; i < chains.n_notes; i++)
			log_info("%s", chains.note[i]);
		conversion_tell_notes(&result.notes);
		log_info("%s: %s rows", args->output, quantity_count(rows, result.rows));
	}
	export_result_done(&result);
	chain_names_done(&chains);
	return r < 0 ? r : complete ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int export(const struct convert_args *args, const char *path,
		  const struct importer *importer, const struct exporter *x, struct naming *names)
{
	struct run_file_options how = { .conversion = { .importer = importer,
							.formats = args->formats,
							.root = args->symbols.symfs,
							.stream = args->stream } };
	struct export_args what = { .first_names = args->first_names,
				    .merge = args->merge,
				    .event = args->event,
				    .compat = args->compat };
	const char *wrong = unheeded(args, x);
	struct err e = { 0 };
	char why[128];
	regex_t task;

	if (wrong)
		return command_misused("convert", "%s means nothing for format '%s'", wrong,
				       x->name);
	if (!strcmp(args->output, "-") && isatty(STDOUT_FILENO) && !(x->flags & EXPORTER_TEXT))
		return command_misused("convert", "format '%s' is no text for a terminal", x->name);
	if (!strcmp(args->output, "-") && x->flags & EXPORTER_FOLDER)
		return command_misused("convert", "format '%s' is a folder of files (try: -o DIR)",
				       x->name);
	if (args->task) {
		int code = regcomp(&task, args->task, REG_EXTENDED | REG_NOSUB);

		if (code) {
			(void)regerror(code, &task, why, sizeof(why));
			return command_misused("convert", "--task '%s': %s", args->task, why);
		}
		what.task = &task;
	}
	int r = export_with(args, path, &how, x, names, &what, &e);

	/* Damage within the file: once more with what is whole. */
	if (r == -EBADMSG) {
		e = (struct err){ 0 };
		how.flags = RECORDING_SALVAGE;
		r = export_with(args, path, &how, x, names, &what, &e);
	}
	if (args->task)
		regfree(&task);
	if (r < 0)
		log_error("%s", err_text(&e, r));
	return r < 0 ? EXIT_FAILURE : r;
}

static int convert_run(void *p, const char **word, unsigned int n, unsigned int n_before)
{
	const struct convert_args *args = p;
	const struct importer *importer = NULL;
	const struct exporter *exporter = NULL;
	auto_ptr(naming) names = NULL;

	(void)n_before;
	if (n != 1 || !args->output) {
		log_error("convert needs one input and an output (try: kymo convert perf.data -o "
			  "out.kymo)");
		return EXIT_USAGE;
	}
	if (args->from_format && !(importer = importer_by_name(args->from_format))) {
		log_error("unknown format '%s' (try: kymo convert --help)", args->from_format);
		return EXIT_USAGE;
	}
	if (!args->to_format) {
		exporter = exporter_by_path(args->output);
	} else if (strcmp(args->to_format, "kymo")) {
		exporter = exporter_by_name(args->to_format);
		if (!exporter) {
			log_error("unknown format '%s' (try: kymo convert --help)",
				  args->to_format);
			return EXIT_USAGE;
		}
	}
	if (is_same_file(word[0], args->output)) {
		log_error("'%s' is input and output", word[0]);
		return EXIT_USAGE;
	}
	if (!exporter && (args->from || args->length_given || args->task || args->event ||
			  args->merge || args->first_names || args->compat))
		return command_misused("convert",
				       "--from, --for, --task, --event, --merge, --first-names and "
				       "--compat are for formats of other tools");
	if (args->licence && (!args->site || !args->site_name))
		return command_misused("convert", "--licence takes --site and --site-name");
	if (!args->licence && (args->site || args->site_name))
		return command_misused("convert", "--site and --site-name take --licence");
	if (args->licence && exporter)
		return command_misused("convert",
				       "--licence is for making a recording (try: -o out.kymo)");
	if (args->metrics && (exporter || importer || args->licence))
		return command_misused("convert", "--metrics is for a recording with raw files "
						  "(try: -o out.kymo)");
	if (args->metrics)
		return convert_raw(word[0], args->output, args->metrics);
	int status = naming_open("convert", &args->names, 1, &names);

	if (status != EXIT_SUCCESS)
		return status;
	return exporter ? export(args, word[0], importer, exporter, names)
			: import(args, word[0], importer, names);
}

static const struct command_example convert_examples[] = {
	{ "kymo convert perf.data -o run.kymo", "a recording of 'perf record -a -e sched:...'" },
	{ "perf record -a -e sched:sched_switch -o - sleep 5 | kymo convert - -o run.kymo",
	  "through a pipe, without a file between" },
	{ "kymo convert perf.data -o run.kymo --symfs .",
	  "a profile with stacks (--call-graph dwarf) of programs below this folder" },
	{ "kymo convert old.txt -o run.kymo", "the text of 'perf script'" },
	{ "kymo convert run.kymo -o run.cdict", "for perfwhiz, with roles as task names" },
	{ "kymo convert perf.data -o run.perfetto-trace", "switches and samples for Perfetto" },
	{ "kymo convert run.kymo -o run.script.txt", "as perf script prints it" },
	{ "kymo convert perf.data -o run.cdict --first-names",
	  "what perfwhiz itself would have made of it" },
	{ "kymo convert journal -o run.kymo --site 1 --site-name 'Evil Corp' --licence "
	  "6f37-6910-b2a0-e858-9657-f08d",
	  "an encrypted journal of perfcollector" },
	{ "kymo convert raw.kymo --metrics all -o run.kymo",
	  "metrics of a recording of 'kymo record --raw /proc/stat,/proc/meminfo'" },
	{ "kymo convert old.cdict --map tasks.csv -o new.cdict", "with names of a map" },
	{ NULL, NULL },
};

const struct command command_convert = {
	.name = "convert",
	.summary = "make a recording of a file of another tool, or such a file of a recording",
	.usage = "[OPTIONS] FILE -o OUT",
	.description =
		"Reads FILE ('-' is standard input), finds out its format from its first bytes, "
		"and "
		"writes what is known of the scheduler and of KVM in it, and its profile, as a "
		"recording: context "
		"switches, wake-ups, migrations, times of sched_stat_*, the lives and names of "
		"tasks, exits and entries of vCPUs and all other tracepoints of the kvm "
		"subsystem, samples of all other events with their call chains, losses, and what "
		"is "
		"told about the host. Events that have no place in a recording are counted and "
		"named.\n\n"
		"Copies of stacks (perf record --call-graph dwarf) are unwound, which needs the "
		"programs and libraries that ran: those of this machine, when they are of the "
		"recorded build, or those below --symfs. What is missing is named, and chains end "
		"there.\n\n"
		"Layouts of tracepoints are taken from the file, so that recordings of other "
		"kernels and machines convert too. Event text says less than its records: an exit "
		"reason is a name there, and one that is not known is counted and named.\n\n"
		"A file of context switch records (perf record --switch-events) does not tell the "
		"state in "
		"which a task left, but whether it was preempted, nor priorities: such tasks show "
		"as "
		"sleeping (S), with priority 0. Recorded for one process, all others show as "
		"idle.\n\n"
		"Times stay those of the file; the recording's 'import.clock' says of which "
		"clock.\n\n"
		"A cut or damaged file is converted as far as it can be read. The place of the "
		"damage "
		"is printed and becomes a loss in the recording, and the exit status is 1.\n\n"
		"Where the name of OUT ends like a format of other tools, or with --to-format, "
		"FILE "
		"is a recording or anything that can be read as one, and OUT is written in that "
		"format. Events that it cannot hold are left out. Profiles become folded stacks, "
		"files of "
		"pprof, speedscope, the Firefox Profiler and Perfetto, or the text of perf script.",
	.options = convert_options,
	.args_bytes = sizeof(struct convert_args),
	.examples = convert_examples,
	.extra_help = convert_extra_help,
	.run = convert_run,
};
