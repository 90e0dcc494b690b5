/* SPDX-License-Identifier: MIT */
/*
 * perf-pmu: PMU metrics per CPU with the options and files of ptap's program of that name. Reading
 * counts and computing metrics are those of kymo metrics, measuring is kymo stat.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "cmd/counts_file.h"
#include "cmd/dropin/dropin.h"
#include "cmd/metric_answer.h"
#include "format/json.h"

struct perf_pmu_args {
	struct metric_options o;
	const char *output, *load, *pid;
	uint64_t repeat, interval, delay;
	bool new_perf, uncore, repeat_given, interval_given;
};

static const struct perf_pmu_args defaults = { .o.set_name = "snb-ep" };

static const struct option_spec options[] = {
	{ .name = "load",
	  .letter = 'l',
	  .type = OPTION_STRING,
	  .arg = "FILE,...",
	  OPTION_AT(struct perf_pmu_args, load),
	  .help = "measure nothing, only read these files of perf stat -x ," },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "PREFIX",
	  OPTION_AT(struct perf_pmu_args, output),
	  .help = "begin of the files' names" },
	{ .name = "repeat",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct perf_pmu_args, repeat),
	  OPTION_GIVEN(struct perf_pmu_args, repeat_given),
	  .help = "how often to measure" },
	{ .name = "interval",
	  .letter = 'i',
	  .type = OPTION_U64,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_pmu_args, interval),
	  OPTION_GIVEN(struct perf_pmu_args, interval_given),
	  .help = "how long each time" },
	{ .name = "delay",
	  .letter = 'd',
	  .type = OPTION_U64,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_pmu_args, delay),
	  .help = "wait before each time" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_STRING,
	  .arg = "PID",
	  OPTION_AT(struct perf_pmu_args, pid),
	  .help = "only this process" },
	{ .name = "new-perf",
	  .letter = 'n',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_pmu_args, new_perf),
	  .help = "accepted and not used: events always go to the PMU that they are of" },
	METRIC_SET_OPTIONS(struct perf_pmu_args),
	{ .name = "set",
	  .type = OPTION_LIST,
	  .arg = "NAME=VALUE",
	  OPTION_AT(struct perf_pmu_args, o.set),
	  .help = "a constant of the machine that was measured: tsc_freq, sockets, interval" },
	{ .name = "uncore-as-core",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_pmu_args, uncore),
	  .help = "also metrics of uncore events that were counted on the core PMU" },
	{ 0 },
};

static int write_file(const char *path, const char *suffix, struct buf *text, struct err *e)
{
	auto_buf name;

	buf_init(&name, 0);
	(void)buf_addf(&name, "%s%s", path, suffix);
	if (buf_error(&name) || buf_error(text))
		return err_set(e, -ENOMEM, "out of memory");
	auto_ptr(new_file) file = NULL;
	int r = new_file_open(buf_str(&name), 0666, 0, &file, e);

	if (r < 0)
		return r;
	r = file_write_all(new_file_fd(file), text->data, text->len);
	return r < 0 ? err_set(e, r, "cannot write '%.200s': %s", buf_str(&name), strerror(-r))
		     : new_file_commit(file, e);
}

/* Names may hold commas in files of others; ours are quoted as RFC 4180 has it then. */
static void add_name(struct buf *out, const char *s)
{
	bool quote = strpbrk(s, ",\"") != NULL;

	if (!quote) {
		(void)buf_add_str(out, s);
		return;
	}
	(void)buf_add_byte(out, '"');
	for (; *s; s++)
		(void)buf_addf(out, "%s%c", *s == '"' ? "\"" : "", *s);
	(void)buf_add_byte(out, '"');
}

/* metric_per_core,CPU0,CPU1,...: empty where a metric is missing, CPUs ascending, metrics in the
 * order of the set. */
static int metric_csv(const struct metric_set *set, const struct counts_file *f,
		      const struct metric_inputs *in, struct buf *out)
{
	unsigned int n = counts_file_n_columns(f), n_metrics = metric_set_n_metrics(set);
	auto_free struct reading *value = calloc((size_t)n * n_metrics + 1, sizeof(*value));
	char number[JSON_NUMBER_MAX];

	if (!value)
		return -ENOMEM;
	(void)buf_add_str(out, "metric_per_core");
	for (unsigned int c = 0; c < n; c++) {
		(void)buf_addf(out, ",CPU%" PRIu32, counts_file_columns(f)[c]);
		metric_inputs_eval(in, SCOPE_CPU, (int)c, value + (size_t)c * n_metrics, NULL);
	}
	(void)buf_add_byte(out, '\n');
	for (unsigned int i = 0; i < n_metrics; i++) {
		add_name(out, metric_set_metric(set, i)->title);
		for (unsigned int c = 0; c < n; c++) {
			const struct reading *r = &value[(size_t)c * n_metrics + i];

			(void)buf_addf(out, ",%s", r->absent ? "" : json_number(number, r->value));
		}
		(void)buf_add_byte(out, '\n');
	}
	return buf_error(out);
}

/* {"CPU0": {"INST_RETIRED:ANY_P": 988420955, ...}}; null: asked for and not counted. */
static int counts_json(const struct metric_set *set, const struct counts_file *f,
		       const struct metric_inputs *in, struct buf *out)
{
	struct json j;
	char cpu[24];

	json_init(&j, out, JSON_PRETTY);
	json_begin_object(&j);
	for (unsigned int c = 0; c < counts_file_n_columns(f); c++) {
		(void)snprintf(cpu, sizeof(cpu), "CPU%" PRIu32, counts_file_columns(f)[c]);
		json_key(&j, cpu);
		json_begin_object(&j);
		for (unsigned int i = 0; i < metric_set_n_events(set); i++) {
			const struct reading *r = metric_inputs_get(in, i, c);

			if (r->absent == ABSENT_NO_ROW)
				continue;
			json_key(&j, metric_set_event(set, i)->name);
			if (r->absent)
				json_put_null(&j);
			else
				json_f64(&j, r->value);
		}
		json_end(&j);
	}
	json_end(&j);
	(void)buf_add_byte(out, '\n');
	return json_error(&j);
}

static int load_file(const struct perf_pmu_args *a, const struct metric_set *set, const char *path,
		     struct err *e)
{
	auto_ptr(counts_file) f = NULL;
	auto_ptr(metric_inputs) in = NULL;
	auto_buf csv, json;

	buf_init(&csv, 0);
	buf_init(&json, 0);
	int r = counts_file_read(path, set, a->uncore, &f, e);

	if (r < 0)
		return r;
	if (counts_file_by(f) != COUNTS_BY_CPU || counts_file_n_times(f) != 1)
		return err_set(e, -EINVAL,
			       "'%.200s': not counts by CPU over one time (try: kymo "
			       "metrics)",
			       path);
	r = counts_file_inputs(f, 0, NULL, &in, e);
	if (r >= 0)
		r = metric_options_constants(&a->o, set, in, e);
	if (r >= 0)
		r = metric_csv(set, f, in, &csv);
	if (r >= 0)
		r = counts_json(set, f, in, &json);
	if (r >= 0)
		r = write_file(path, "-metric.csv", &csv, e);
	if (r >= 0)
		r = write_file(path, ".out", &json, e);
	if (r >= 0 && counts_file_cut(f))
		log_warn("'%s': the last line has no end: its last field may be cut", path);
	return r;
}

static int load(const struct perf_pmu_args *a, const struct metric_set *set, const char *list,
		struct err *e)
{
	auto_free char *files = strdup(list);
	int r = files ? 0 : err_set(e, -ENOMEM, "out of memory");

	for (char *p = files; r >= 0 && p;) {
		char *next = strchr(p, ',');

		if (next)
			*next++ = '\0';
		if (*p)
			r = load_file(a, set, p, e);
		p = next;
	}
	return r;
}

/* All events of the set, each on its own PMU. */
static int event_list(const struct metric_set *set, struct buf *out)
{
	char text[EVENT_CODE_TEXT];

	for (unsigned int i = 0; i < metric_set_n_events(set); i++)
		(void)buf_addf(out, "%s%s", i ? "," : "",
			       event_code_text(&metric_set_event(set, i)->code, text));
	return buf_error(out);
}

static int measure(const struct perf_pmu_args *a, const struct metric_set *set, struct err *e)
{
	struct timespec wait = { .tv_sec = (time_t)a->delay };
	char seconds[24];
	auto_buf events;

	buf_init(&events, 0);
	if (!command_by_name("stat"))
		return err_set(e, -EOPNOTSUPP,
			       "perf-pmu: kymo cannot count yet (try: perf stat -a "
			       "-A -x , -o FILE, then -l FILE)");
	(void)snprintf(seconds, sizeof(seconds), "%" PRIu64, a->interval);
	if (event_list(set, &events) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	for (uint64_t i = 0; i < a->repeat; i++) {
		time_t now = 0;
		struct tm tm;
		char stamp[32], path[4096];
		struct line l = { 0 };

		while (a->delay && nanosleep(&wait, &wait) < 0 && errno == EINTR)
			;
		wait.tv_sec = (time_t)a->delay;
		wait.tv_nsec = 0;
		now = time(NULL);
		if (!localtime_r(&now, &tm) ||
		    !strftime(stamp, sizeof(stamp), "%Y%m%d%H%M%S", &tm) ||
		    (size_t)snprintf(path, sizeof(path), "%s-%s", a->output, stamp) >= sizeof(path))
			return err_set(e, -ENAMETOOLONG, "'%.100s' is too long", a->output);
		line_add(&l, "stat");
		line_add(&l, "-a");
		line_add(&l, "-A");
		line_option(&l, "-x", ",");
		line_option(&l, "-o", path);
		line_option(&l, "-e", buf_str(&events));
		line_option(&l, "-p", a->pid);
		line_add(&l, "--");
		line_add(&l, "sleep");
		line_add(&l, seconds);
		if (line_run(&l))
			return err_set(e, -EIO, "perf-pmu: run %" PRIu64 " of %" PRIu64 " failed",
				       i + 1, a->repeat);
		int r = load_file(a, set, path, e);

		if (r < 0)
			return r;
	}
	return 0;
}

static int perf_pmu_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct perf_pmu_args *a = args;
	auto_ptr(metric_set) set = NULL;
	struct cpu_model model;
	struct err e = { 0 };

	(void)n_before;
	if (n)
		return command_misused("perf-pmu", "unexpected word '%s'", word[0]);
	if (!a->load && (!a->output || !a->repeat_given || !a->interval_given))
		return command_misused("perf-pmu", "-o, -r and -i are needed (or -l FILE)");
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = root_fd < 0 ? -errno : metric_options_load(&a->o, root_fd, &set, &model, &e);

	if (r >= 0)
		r = a->load ? load(a, set, a->load, &e) : measure(a, set, &e);
	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static const struct command_example examples[] = {
	{ "perf-pmu -l old/hello-20141204110303 --set tsc_freq=2.6e9",
	  "metrics of a file that perf stat -a -A -x , wrote" },
	{ "perf-pmu -o out/x -r 3 -i 2", "three times two seconds of this machine" },
	{ NULL, NULL },
};

const struct command dropin_perf_pmu = {
	.name = "perf-pmu",
	.summary = "PMU metrics per CPU, as ptap's perf-pmu.py did",
	.usage = "-l FILE[,FILE...] | -o PREFIX -r N -i SECONDS [-d SECONDS] [-p PID]",
	.description =
		"Writes beside each file of counts FILE-metric.csv, a line "
		"'metric_per_core,CPU0,...' "
		"and one for each metric, and FILE.out, the counts by CPU and event as JSON (the "
		"older program wrote a Python pickle there).\n\n"
		"CPUs ascend and metrics have a fixed order. A metric that cannot be computed is "
		"empty, where the older program wrote 0; kymo metrics --why says the reasons. "
		"Formulas follow the rules of arithmetic, and rates are per second: of files that "
		"were measured elsewhere, --set interval=SECONDS tells of how many.\n\n"
		"The older program counted uncore events on the core PMU. Such counts are left out "
		"unless --uncore-as-core asks for them; those whose filter was lost always are.",
	.options = options,
	.args_bytes = sizeof(struct perf_pmu_args),
	.args_default = &defaults,
	.examples = examples,
	.run = perf_pmu_run,
	.dropin = true,
};
