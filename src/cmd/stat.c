/* SPDX-License-Identifier: MIT */
/* kymo stat: options and where the results go. stat_run.c counts, stat_output.c prints. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "cmd/command.h"
#include "cmd/id_list.h"
#include "cmd/stat_run.h"

#define OUTPUT_MAX ((size_t)256 << 20)

struct stat_args {
	const char *events, *cpus, *cgroup, *separator, *output;
	struct option_list pid, tid;
	nsec_t duration;
	uint64_t interval_ms, repeat;
	bool all, per_place, json, duration_given, interval_given, repeat_given;
};

static const struct option_spec stat_options[] = {
	{ .name = "event",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct stat_args, events),
	  .help = "events by commas, by perf's names (see kymo list events)" },
	{ .name = "all-cpus",
	  .letter = 'a',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct stat_args, all),
	  .help = "count the whole machine" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .arg = "PID",
	  OPTION_AT(struct stat_args, pid),
	  .help = "count these processes and their future children" },
	{ .name = "tid",
	  .letter = 't',
	  .type = OPTION_LIST,
	  .arg = "TID",
	  OPTION_AT(struct stat_args, tid),
	  .help = "count these threads" },
	{ .name = "cgroup",
	  .letter = 'G',
	  .type = OPTION_STRING,
	  .arg = "PATH",
	  OPTION_AT(struct stat_args, cgroup),
	  .help = "count the tasks of this cgroup v2 and below" },
	{ .name = "cpu",
	  .letter = 'C',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct stat_args, cpus),
	  .help = "count these CPUs only (0-3,8)" },
	{ .name = "no-aggr",
	  .letter = 'A',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct stat_args, per_place),
	  .help = "a row for each CPU (with -a or -C) or each process, not their sum" },
	{ .name = "interval-print",
	  .letter = 'I',
	  .type = OPTION_U64,
	  .arg = "MS",
	  OPTION_AT(struct stat_args, interval_ms),
	  OPTION_GIVEN(struct stat_args, interval_given),
	  .help = "print counts every MS milliseconds" },
	{ .name = "duration",
	  .letter = 'd',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct stat_args, duration),
	  OPTION_GIVEN(struct stat_args, duration_given),
	  .help = "count for so long; CMD is ended then" },
	{ .name = "repeat",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct stat_args, repeat),
	  OPTION_GIVEN(struct stat_args, repeat_given),
	  .help = "only 1: kymo run repeats commands" },
	{ .name = "field-separator",
	  .letter = 'x',
	  .type = OPTION_STRING,
	  .arg = "SEP",
	  OPTION_AT(struct stat_args, separator),
	  .help = "print for programs, in the form of perf stat -x" },
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct stat_args, json),
	  .help = "print JSON; with -I an object per line" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct stat_args, output),
	  .help = "print into FILE, else on standard error with CMD, whose output is the other" },
	{ 0 },
};

/* As perf stat has it. */
static const char default_events[] = "task-clock,context-switches,cpu-migrations,page-faults,"
				     "cycles,instructions,branches,branch-misses";

struct stat_job {
	const struct stat_args *a;
	struct event_list events;
	struct cpuset cpus;
	struct capture_filter filter;
	struct stat_plan plan;
	struct buf title;
	int out_fd;
	struct new_file *file; /* the same, or NULL */
};

/* ---- results ---- */

static int write_result(void *arg, const struct stat_result *r, struct err *e)
{
	const struct stat_job *j = arg;
	struct err why = { 0 };
	auto_buf out;

	buf_init(&out, OUTPUT_MAX);
	int code = j->a->json	     ? stat_output_json(r, j->plan.interval > 0, &out, &why)
		   : j->a->separator ? stat_output_csv(r, j->a->separator, &out)
				     : stat_output_text(r, &out, &why);

	if (code < 0 && why.text[0])
		log_warn("%s, leaving out metrics", why.text);
	else if (code < 0)
		return err_set(e, code, "cannot print counts: %s", strerror(-code));
	code = file_write_all(j->out_fd, out.data, out.len);
	if (code < 0)
		return err_set(e, code, "cannot write counts: %s", strerror(-code));
	/* From the first counts on: those at an interval may be followed. */
	return j->file ? new_file_commit(j->file, e) : 0;
}

static int open_output(struct stat_job *j, struct err *e)
{
	auto_buf head;

	buf_init(&head, 0);
	j->out_fd = j->plan.command ? STDERR_FILENO : STDOUT_FILENO;
	if (!j->a->output)
		return 0;
	int r = new_file_open(j->a->output, 0666, 0, &j->file, e);

	if (r < 0)
		return r;
	j->out_fd = new_file_fd(j->file);
	if (j->a->json)
		return 0;
	stat_output_started(&head);
	r = file_write_all(j->out_fd, head.data, head.len);
	return r < 0 ? err_set(e, r, "cannot write '%s': %s", j->a->output, strerror(-r)) : 0;
}

/* ---- options ---- */

static int plan_whose(struct stat_job *j, struct err *e)
{
	const struct stat_args *a = j->a;
	int r = id_list_parse(&a->pid, "pid", j->filter.pid, &j->filter.n_pids, e);

	r = r < 0 ? r : id_list_parse(&a->tid, "tid", j->filter.tid, &j->filter.n_tids, e);
	if (r < 0)
		return r;
	if (!!j->filter.n_pids + !!j->filter.n_tids + !!a->cgroup > 1)
		return err_set(e, -EINVAL, "--pid, --tid and --cgroup exclude each other");
	if (a->cgroup && (size_t)snprintf(j->filter.cgroup, sizeof(j->filter.cgroup), "%s",
					  a->cgroup) >= sizeof(j->filter.cgroup))
		return err_set(e, -ENAMETOOLONG, "--cgroup: path too long");
	bool some = j->filter.n_pids || j->filter.n_tids || a->cgroup;

	if (some)
		j->plan.filter = &j->filter;
	if (!some && !a->all && !a->cpus && !j->plan.command)
		return err_set(e, -EINVAL, "what to count? (try: kymo stat -- CMD, -p PID, or -a)");
	if (a->all || a->cpus || a->cgroup) {
		r = cpuset_online(j->plan.root_fd, &j->cpus, e);
		if (r >= 0 && a->cpus) {
			struct cpuset online = j->cpus;

			r = cpuset_parse(a->cpus, &j->cpus, e);
			for (int cpu = r < 0 ? -1 : cpuset_next(&j->cpus, 0); cpu >= 0;
			     cpu = cpuset_next(&j->cpus, cpu + 1))
				if (!cpuset_has(&online, (uint32_t)cpu))
					return err_set(e, -EINVAL, "CPU %d is not online", cpu);
		}
		j->plan.cpus = &j->cpus;
	}
	return r;
}

static int plan_form(struct stat_job *j, struct err *e)
{
	const struct stat_args *a = j->a;

	if (a->repeat_given && a->repeat != 1)
		return err_set(e, -EINVAL,
			       "--repeat: kymo stat counts once (try: kymo run -r %llu -- CMD)",
			       (unsigned long long)a->repeat);
	if (a->json && a->separator)
		return err_set(e, -EINVAL, "--json and -x exclude each other");
	if (a->separator && !*a->separator)
		return err_set(e, -EINVAL, "-x: no separator");
	if (a->duration_given && !a->duration)
		return err_set(e, -EINVAL, "a time of 0 counts nothing");
	if (a->interval_given && (!a->interval_ms || a->interval_ms > UINT32_MAX))
		return err_set(e, -EINVAL, "-I: between 1 and %u ms", UINT32_MAX);
	j->plan.interval = a->interval_ms * NSEC_PER_MSEC;
	j->plan.duration = a->duration;
	j->plan.per_place = a->per_place;
	return 0;
}

/* What the counts are of, in words. */
static int set_title(struct stat_job *j)
{
	struct buf *b = &j->title;
	const struct stat_args *a = j->a;

	for (unsigned int i = 0; i < j->filter.n_pids; i++)
		buf_addf(b, "%s%u", i ? ", " : "process ", j->filter.pid[i]);
	for (unsigned int i = 0; i < j->filter.n_tids; i++)
		buf_addf(b, "%s%u", i ? ", " : "thread ", j->filter.tid[i]);
	if (a->cgroup)
		buf_addf(b, "cgroup %s", a->cgroup);
	if (a->cpus)
		buf_addf(b, "%sCPUs %s", b->len ? " on " : "", a->cpus);
	else if (a->all && !b->len)
		buf_add_str(b, "the machine");
	bool own = !b->len;

	for (unsigned int i = 0; own && j->plan.command[i]; i++)
		buf_addf(b, "%s%s", i ? " " : "'", j->plan.command[i]);
	if (own)
		buf_add_str(b, "'");
	j->plan.title = buf_str(b);
	return buf_error(b);
}

static int stat_count(struct stat_job *j, int *ret_status, struct err *e)
{
	int r = set_title(j);

	r = r < 0 ? err_set(e, r, "the command is too long") : open_output(j, e);
	j->plan.events = &j->events;
	j->plan.result = write_result;
	j->plan.arg = j;
	return r < 0 ? r : stat_run(&j->plan, ret_status, e);
}

static int stat_run_command(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct stat_args *a = args;
	struct err e = { 0 };
	auto_free struct stat_job *j = calloc(1, sizeof(*j));
	auto_free const char **argv = calloc((size_t)n + 1, sizeof(*argv));
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int status = 0;

	(void)n_before;
	if (!j || !argv || root_fd < 0) {
		log_error("cannot begin: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	if (n)
		memcpy(argv, word, n * sizeof(*argv));
	j->a = a;
	j->plan.root_fd = root_fd;
	j->plan.command = n ? argv : NULL;
	buf_init(&j->title, 1u << 20);
	int r = plan_form(j, &e);

	r = r < 0 ? r : plan_whose(j, &e);
	if (r >= 0)
		r = event_list_parse(&j->events, root_fd, a->events ? a->events : default_events,
				     &e);
	if (r < 0) {
		status = command_misused("stat", "%s", err_text(&e, r));
	} else {
		r = stat_count(j, &status, &e);
		if (r < 0) {
			log_error("%s", err_text(&e, r));
			status = EXIT_FAILURE;
		}
	}
	new_file_free(j->file);
	buf_done(&j->title);
	event_list_done(&j->events);
	return status;
}

static const struct command_example stat_examples[] = {
	{ "kymo stat -- ./app", "what a command needs" },
	{ "kymo stat -e page-faults,context-switches -- make -j8", "two events, children too" },
	{ "kymo stat -p 1234 -d 5s", "a process for 5 s" },
	{ "kymo stat -a -A -x , -o counts.csv -- sleep 5",
	  "the machine by CPU, for kymo metrics and other programs" },
	{ "kymo stat -a -I 1000", "the machine every second until Ctrl-C" },
	{ NULL, NULL },
};

const struct command command_stat = {
	.name = "stat",
	.summary = "count events around a command or for a time",
	.usage = "[OPTIONS] [[--] CMD ARGS...]",
	.description =
		"Counts events of CMD and what it starts from its first instruction to its end; of "
		"processes, threads, a cgroup, CPUs or the machine for a time, until Ctrl-C, or "
		"while CMD runs. kymo's exit status is that of CMD (128 + N when signal N ended "
		"it).\n"
		"\n"
		"Without -e: task-clock, context-switches, cpu-migrations, page-faults, cycles, "
		"instructions, branches, branch-misses. What this machine or user cannot count is "
		"told with the reason, and never shown as 0. Behind a count stands how many there "
		"were per second of CPU time (of time that passed, where no clock event is "
		"counted), below them the metrics that they give (see kymo list metrics).\n"
		"\n"
		"Where there are more events than counters, groups of them take turns. Counts are "
		"then estimates: what was seen, and for the rest of the time the rate that was "
		"seen; the range behind them takes for that rest the lowest and the highest rate "
		"seen around it. Events in {braces} are counted together or not at all; the others "
		"are put together as far as they fit.\n"
		"\n"
		"-x prints lines as perf stat -x does: count, unit, event, ns that it was counted, "
		"percent of the time that it was, rate and its unit; before them the time with -I "
		"and CPUn with -A.\n"
		"\n"
		"Own programs need no rights, but count user code only where "
		"kernel.perf_event_paranoid is above 1; the machine, and processes of others, need "
		"CAP_PERFMON (sudo).",
	.options = stat_options,
	.args_bytes = sizeof(struct stat_args),
	.examples = stat_examples,
	.run = stat_run_command,
	.stop_at_word = true,
};
