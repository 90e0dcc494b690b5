/* SPDX-License-Identifier: MIT */
/* `kymo convert`: foreign files to recordings. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/nsec.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/conversion.h"
#include "format/recording.h"
#include "import/importer.h"

struct convert_args {
	const char *output;
	const char *from_format;
	const char *formats;
	const char *label;
};

static const struct option_spec convert_options[] = {
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct convert_args, output),
	  .help = "the recording to write, emptied when it exists" },
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
	{ 0 },
};

static void convert_extra_help(FILE *out)
{
	fprintf(out, "Formats:\n");
	for (const struct importer *const *i = importer_list; *i; i++)
		fprintf(out, "  %-14s %s (%s)\n", (*i)->name, (*i)->summary, (*i)->extensions);
}

/* Would writing the output empty the input? */
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

static int convert_file(const struct convert_args *args, struct input *in,
			const struct importer *importer, struct import_result *result,
			struct recording_stats *stats, struct err *e)
{
	auto_ptr(recording_writer) writer = NULL;
	int r = recording_create(args->output, NULL, &writer, e);

	if (r < 0)
		return r;
	const struct conversion_options options = { .importer = importer,
						    .formats = args->formats,
						    .label = args->label };

	r = conversion_run(in, &options, writer, result, e);
	if (r < 0) {
		/* Nothing of use is in it; a file that was there before is gone already. */
		struct stat st;

		if (lstat(args->output, &st) == 0 && S_ISREG(st.st_mode))
			(void)unlink(args->output);
		return r;
	}
	r = recording_writer_close(writer, e);
	if (r < 0)
		return r;
	recording_writer_stats(writer, stats);
	return 0;
}

static int convert_run(void *p, const char **word, unsigned int n, unsigned int n_before)
{
	const struct convert_args *args = p;
	const struct importer *importer = NULL;
	auto_ptr(input) in = NULL;
	struct import_result result = { 0 };
	struct recording_stats stats = { 0 };
	struct err e = { 0 };
	nsec_t start = nsec_monotonic();

	(void)n_before;
	if (n != 1 || !args->output) {
		log_error("convert needs one input and an output (try: kymo convert perf.data -o "
			  "out.kymo)");
		return 2;
	}
	if (args->from_format && !(importer = importer_by_name(args->from_format))) {
		log_error("unknown format '%s' (try: kymo convert --help)", args->from_format);
		return 2;
	}
	if (is_same_file(word[0], args->output)) {
		log_error("'%s' is input and output", word[0]);
		return 2;
	}
	int r = input_open(word[0], &in, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return 1;
	}
	if (!importer)
		importer = importer_recognise(in);
	if (!importer) {
		log_error("'%s' is of no format that can be converted (try: --from-format)",
			  word[0]);
		return 1;
	}
	r = convert_file(args, in, importer, &result, &stats, &e);
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
	}
	import_result_done(&result);
	return r < 0 ? 1 : 0;
}

static const struct command_example convert_examples[] = {
	{ "kymo convert perf.data -o run.kymo", "a recording of 'perf record -a -e sched:...'" },
	{ "perf record -a -e sched:sched_switch -o - sleep 5 | kymo convert - -o run.kymo",
	  "through a pipe, without a file between" },
	{ "kymo convert old.txt -o run.kymo", "the text of 'perf script'" },
	{ NULL, NULL },
};

const struct command command_convert = {
	.name = "convert",
	.summary = "make a recording of a file of another tool",
	.usage = "[OPTIONS] FILE -o OUT.kymo",
	.description =
		"Reads FILE ('-' is standard input), finds out its format from its first bytes, "
		"and "
		"writes what is known of the scheduler and of KVM in it as a recording: context "
		"switches, wake-ups, migrations, times of sched_stat_*, the lives and names of "
		"tasks, exits and entries of vCPUs and all other tracepoints of the kvm "
		"subsystem, losses, and what is told about the host. Events that have no place "
		"in a recording are counted and named.\n\n"
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
		"is printed and becomes a loss in the recording, and the exit status is 1.",
	.options = convert_options,
	.args_bytes = sizeof(struct convert_args),
	.examples = convert_examples,
	.extra_help = convert_extra_help,
	.run = convert_run,
};
