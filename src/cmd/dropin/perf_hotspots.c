/* SPDX-License-Identifier: MIT */
/*
 * perf-hotspots: where the time goes by command and function, with the options and files of ptap's
 * program of that name. Recording is kymo record --profile, counting is kymo show hotspots, metrics
 * are those of kymo metrics.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "capture/capture.h"
#include "cmd/dropin/dropin.h"
#include "cmd/dropin/ptap_events.h"
#include "cmd/dropin/ptap_files.h"
#include "cmd/dropin/ptap_hotspots.h"
#include "cmd/id_list.h"
#include "cmd/metric_answer.h"

struct perf_hotspots_args {
	struct metric_options o;
	const char *outpath, *events;
	struct option_list pid;
	nsec_t delay, duration;
	uint64_t repeat;
	bool metrics, all_events;
};

static const struct perf_hotspots_args defaults = { .outpath = "outpath",
						    .duration = 2 * NSEC_PER_SEC,
						    .repeat = 1 };

static const struct option_spec options[] = {
	{ .name = "delay",
	  .letter = 'd',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_hotspots_args, delay),
	  .help = "wait before each time (0)" },
	{ .name = "outpath",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "DIR",
	  OPTION_AT(struct perf_hotspots_args, outpath),
	  .help = "folder of the results, made if it is missing (outpath)" },
	{ .name = "duration",
	  .letter = 'u',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_hotspots_args, duration),
	  .help = "how long each time (2)" },
	{ .name = "repeat",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct perf_hotspots_args, repeat),
	  .help = "how often (1)" },
	{ .name = "events",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct perf_hotspots_args, events),
	  .help = "what to sample, by perf's names (cycles, or cpu-clock without a PMU)" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .arg = "PID",
	  OPTION_AT(struct perf_hotspots_args, pid),
	  .help = "only this process and its future children, else the machine" },
	{ .name = "pmu-metrics",
	  .letter = 'm',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_hotspots_args, metrics),
	  .help = "then sample the events of all metrics, and compute these by function" },
	{ .name = "list-events",
	  .letter = 'l',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_hotspots_args, all_events),
	  .help = "all hardware, software and cache events that this machine can sample" },
	METRIC_SET_OPTIONS(struct perf_hotspots_args),
	{ 0 },
};

struct hotspots_job {
	const struct perf_hotspots_args *a;
	struct metric_set *set; /* with -m */
	struct ptap_sampled events;
	struct buf first, second; /* what is sampled; "" = what record takes by itself */
	struct buf pid; /* ids by commas */
	char stamp[PTAP_STAMP_MAX];
	int status; /* of a recording that has told why it failed */
	bool early;
};

/* ---- one time ---- */

static int record(struct hotspots_job *j, struct buf *events, const char *path)
{
	nsec_t begin = nsec_monotonic();
	auto_buf list, duration;
	struct line l = { 0 };

	buf_init(&list, 0);
	buf_init(&duration, 0);
	(void)buf_addf(&list, "task%s%s", events->len ? "," : "", buf_str(events));
	(void)buf_addf(&duration, "%" PRIu64 "ns", j->a->duration);
	if (buf_error(&list) || buf_error(&duration))
		return -ENOMEM;
	line_add(&l, "record");
	line_option(&l, "--profile", "999");
	line_option(&l, "--events", buf_str(&list));
	line_option(&l, "--pid", j->pid.len ? buf_str(&j->pid) : NULL);
	line_option(&l, "--duration", buf_str(&duration));
	line_option(&l, "--output", path);
	j->status = line_run(&l);
	j->early |= nsec_monotonic() - begin < j->a->duration;
	return j->status ? -ECANCELED : 0;
}

/* perf-TIME, report-TIME and TIME, each with @suffix; TIME holds the metrics of @set if there is
 * one, else the list. */
static int sample(struct hotspots_job *j, struct buf *events, const char *suffix,
		  const struct metric_set *set, struct err *e)
{
	auto_ptr(ptap_hotspots) h = NULL;
	auto_buf recording, report, path, text;
	struct ptap_list list;

	buf_init(&recording, 0);
	buf_init(&report, 0);
	buf_init(&path, 0);
	buf_init(&text, 0);
	(void)buf_addf(&recording, "%s/perf-%s%s", j->a->outpath, j->stamp, suffix);
	(void)buf_addf(&report, "%s/report-%s%s", j->a->outpath, j->stamp, suffix);
	(void)buf_addf(&path, "%s/%s%s", j->a->outpath, j->stamp, suffix);
	if (buf_error(&recording) || buf_error(&report) || buf_error(&path))
		return err_set(e, -ENOMEM, "out of memory");
	int r = record(j, events, buf_str(&recording));

	if (r >= 0)
		r = ptap_hotspots_open(buf_str(&recording), &h, e);
	if (r >= 0 && ptap_hotspots_report(h, set != NULL, &text) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r >= 0)
		r = ptap_write(buf_str(&report), &text, e);
	if (r < 0)
		return r;
	ptap_list_init(&list);
	buf_clear(&text);
	if (set ? ptap_hotspots_metrics(h, set, &text) < 0 : ptap_hotspots_list(h, &list) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	else if (set)
		r = ptap_write(buf_str(&path), &text, e);
	else
		r = ptap_list_write(&list, "hotspots", buf_str(&path), j->stamp, e);
	ptap_list_done(&list);
	if (r >= 0)
		log_info("wrote %s, %s", buf_str(&report), buf_str(&path));
	return r;
}

static int sample_all(struct hotspots_job *j, struct err *e)
{
	const struct perf_hotspots_args *a = j->a;
	int r = ptap_folder(a->outpath, e);

	for (uint64_t i = 0; i < a->repeat && r >= 0 && !j->early; i++) {
		r = ptap_wait(a->delay, j->stamp, e);
		if (r >= 0)
			r = sample(j, &j->first, "", NULL, e);
		if (r >= 0 && j->set && !j->early)
			r = sample(j, &j->second, "-metrics", j->set, e);
	}
	if (r >= 0 && j->early)
		log_info("it ended before its time");
	return r;
}

/* ---- what to sample ---- */

static int take_events(struct ptap_sampled *s, struct buf *ret)
{
	(void)buf_add_str(ret, buf_str(&s->text));
	ptap_sampled_clear(s);
	return buf_error(ret);
}

static int choose_events(struct hotspots_job *j, struct err *e)
{
	const struct perf_hotspots_args *a = j->a;
	int r = a->events	? ptap_sampled_add(&j->events, a->events, e)
		: a->all_events ? ptap_sampled_add_all(&j->events, e)
				: 0;

	if (r >= 0 && (a->events || a->all_events) && !j->events.text.len)
		r = err_set(e, -EOPNOTSUPP,
			    "no event is left to sample (try: -e cpu-clock, or kymo list events)");
	if (r >= 0 && take_events(&j->events, &j->first) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r < 0 || !j->set)
		return r;
	/* There is always something to sample; metrics of the clock may be in the set as well. */
	struct metric_ref ref;

	r = metric_set_find(j->set, "cpu-clock", &ref) && ref.kind == METRIC_EVENT
		    ? 0
		    : ptap_sampled_add(&j->events, "cpu-clock", e);
	if (r >= 0)
		r = ptap_sampled_add_set(&j->events, j->set, e);
	if (r >= 0 && take_events(&j->events, &j->second) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	return r;
}

static int check_pids(struct hotspots_job *j, struct err *e)
{
	uint32_t pid[CAPTURE_MAX_IDS];
	unsigned int n = 0;
	int r = id_list_parse(&j->a->pid, "pid", pid, &n, e);

	for (unsigned int i = 0; i < n && r >= 0; i++)
		r = buf_addf(&j->pid, "%s%" PRIu32, i ? "," : "", pid[i]);
	return r;
}

static int run(struct hotspots_job *j, int root_fd)
{
	const struct perf_hotspots_args *a = j->a;
	struct cpu_model model;
	struct err e = { 0 };
	int r = check_pids(j, &e);

	if (r >= 0 && a->metrics)
		r = metric_options_load(&a->o, root_fd, &j->set, &model, &e);
	if (r >= 0)
		r = choose_events(j, &e);
	if (r == -EINVAL || r == -ENOENT)
		return command_misused("perf-hotspots", "%s", err_text(&e, r));
	if (r >= 0)
		r = sample_all(j, &e);
	if (r == -ECANCELED)
		return j->status;
	if (r >= 0)
		return EXIT_SUCCESS;
	log_error("%s", err_text(&e, r));
	return EXIT_FAILURE;
}

static int perf_hotspots_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct perf_hotspots_args *a = args;
	struct hotspots_job j = { .a = a };

	(void)n_before;
	if (n)
		return command_misused("perf-hotspots", "unexpected word '%s'", word[0]);
	if (a->events && a->all_events)
		return command_misused("perf-hotspots", "-e and -l exclude each other");
	if (!a->duration || !a->repeat)
		return command_misused("perf-hotspots", "%s 0 measures nothing",
				       a->duration ? "-r" : "-u");
	if (!*a->outpath)
		return command_misused("perf-hotspots", "-o: which folder?");
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0) {
		log_error("cannot open /: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	ptap_sampled_init(&j.events, root_fd);
	buf_init(&j.first, 0);
	buf_init(&j.second, 0);
	buf_init(&j.pid, 0);
	int status = run(&j, root_fd);

	metric_set_free(j.set);
	ptap_sampled_done(&j.events);
	buf_done(&j.first);
	buf_done(&j.second);
	buf_done(&j.pid);
	return status;
}

static const struct command_example examples[] = {
	{ "perf-hotspots.py -e cpu-clock -p 4711", "two seconds of process 4711 into outpath" },
	{ "perf-hotspots.py -m -p 4711", "the same, then its metrics by function" },
	{ "perf-hotspots -l -u 5 -o out", "five seconds of all that can be sampled here" },
	{ NULL, NULL },
};

const struct command dropin_perf_hotspots = {
	.name = "perf-hotspots",
	.summary = "sample and list hotspots, as ptap's perf-hotspots.py did",
	.usage = "[OPTIONS]",
	.description =
		"Writes into the folder -o, each time: perf-TIME, the recording, which kymo show "
		"and kymo report read and perf does not; report-TIME, functions by command in the "
		"form of perf report, for each event; and TIME, a JSON array [0, \"hotspots\", "
		"PATH, TIME, [names], [percentages]], a name being 'COMMAND MODULE [.] FUNCTION%' "
		"([k] in the kernel), event by event.\n\n"
		"With -m the events of this processor's metrics (kymo list metrics; or --metrics "
		"NAME) are sampled for as long again: perf-TIME-metrics, report-TIME-metrics, and "
		"TIME-metrics, for each metric a line '# METRIC' and the functions with its value, "
		"'COMMAND MODULE [.] FUNCTION, VALUE', the greatest first. How often an event "
		"happened in a function is estimated by the periods of its samples. A metric that "
		"has no event here, or is counted for whole packages, has no lines, where the "
		"older program took missing events for 0.\n\n"
		"Events that cannot be sampled here are told with the reason, and the rest is "
		"written.",
	.options = options,
	.args_bytes = sizeof(struct perf_hotspots_args),
	.args_default = &defaults,
	.examples = examples,
	.run = perf_hotspots_run,
	.dropin = true,
};
