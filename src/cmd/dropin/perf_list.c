/* SPDX-License-Identifier: MIT */
/*
 * perf-list: counts of perf's generic events and what is derived from them, with the options and
 * files of ptap's program of that name. Counting is kymo stat; which events, and the metrics with
 * the names that perf's words gave them, stand in data/pmu/perf-list.metrics.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cmd/dropin/dropin.h"
#include "cmd/dropin/ptap_files.h"
#include "cmd/dropin/ptap_measure.h"
#include "cmd/stat_output.h"
#include "metric/metric_data.h"

struct perf_list_args {
	const char *outpath;
	struct option_list pid;
	nsec_t delay, duration;
	uint64_t repeat;
};

static const struct perf_list_args defaults = { .outpath = "outpath",
						.duration = 2 * NSEC_PER_SEC,
						.repeat = 1 };

static const struct option_spec options[] = {
	{ .name = "delay",
	  .letter = 'd',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_list_args, delay),
	  .help = "wait before each time (0)" },
	{ .name = "outpath",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "DIR",
	  OPTION_AT(struct perf_list_args, outpath),
	  .help = "folder of the results, made if it is missing (outpath)" },
	{ .name = "duration",
	  .letter = 'u',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_list_args, duration),
	  .help = "how long each time (2)" },
	{ .name = "repeat",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct perf_list_args, repeat),
	  .help = "how often (1)" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .arg = "PID",
	  OPTION_AT(struct perf_list_args, pid),
	  .help = "only this process and its future children, else the machine" },
	{ 0 },
};

enum folder { RAW, EVENTS, METRICS, N_FOLDERS };
static const char *const folder_name[N_FOLDERS] = { "Raw/Events/Perf", "Process/Events/Perf",
						    "Process/Metrics/Perf" };

struct listing {
	const struct perf_list_args *a;
	const struct metric_set *set;
	struct buf text; /* the raw file, begun before counting */
	bool emptied;
	char stamp[PTAP_STAMP_MAX];
	char path[N_FOLDERS][4096]; /* of the sample's files */
};

/* ---- results ---- */

/* The folder @i below -o. */
static int folder(const struct perf_list_args *a, unsigned int i, struct buf *ret, struct err *e)
{
	buf_clear(ret);
	return buf_addf(ret, "%s/%s", a->outpath, folder_name[i]) < 0
		       ? err_set(e, -ENOMEM, "out of memory")
		       : 0;
}

/* Counts as perf stat prints them: clocks in ms. */
static int write_events(const struct listing *l, const struct stat_result *r, struct err *e)
{
	struct ptap_list list;

	ptap_list_init(&list);
	for (unsigned int i = 0; i < counters_n_events(r->counters); i++) {
		const struct event *ev = counters_event(r->counters, i);
		bool there;
		struct multiplexed m = stat_result_sum(r, i, STAT_ALL_PLACES, &there);

		if (*counters_missing(r->counters, i) || !there || !m.known)
			continue;
		ptap_list_add(&list, ev->name, m.value / (strcmp(ev->unit, "ns") ? 1 : 1e6));
	}
	int code = ptap_list_write(&list, "perf list events", l->path[EVENTS], l->stamp, e);

	ptap_list_done(&list);
	return code;
}

static int write_metrics(const struct listing *l, const struct stat_result *r, struct err *e)
{
	auto_free struct reading *value = calloc(metric_set_n_metrics(l->set) + 1, sizeof(*value));
	auto_ptr(metric_inputs) in = NULL;
	struct ptap_list list;

	if (!value)
		return err_set(e, -ENOMEM, "out of memory");
	int code = stat_result_inputs(r, l->set, &in, e);

	if (code < 0)
		return code;
	metric_inputs_eval(in, SCOPE_SYSTEM, 0, value, NULL);
	ptap_list_init(&list);
	for (unsigned int i = 0; i < metric_set_n_metrics(l->set); i++)
		if (!value[i].absent)
			ptap_list_add(&list, metric_set_metric(l->set, i)->title, value[i].value);
	code = ptap_list_write(&list, "perf list metrics", l->path[METRICS], l->stamp, e);
	ptap_list_done(&list);
	return code;
}

/* Earlier samples go when there is a new one. */
static int empty_raw(struct listing *l, struct err *e)
{
	auto_buf path;

	buf_init(&path, 0);
	if (l->emptied)
		return 0;
	l->emptied = true;
	int r = folder(l->a, RAW, &path, e);

	return r < 0 ? r : ptap_empty(buf_str(&path), e);
}

static int take(void *arg, const struct stat_result *r, struct err *e)
{
	struct listing *l = arg;
	struct err why = { 0 };
	int code = stat_output_text(r, &l->text, &why);

	if (code < 0 && why.text[0])
		log_warn("%s, leaving out metrics of this processor", why.text);
	code = empty_raw(l, e);
	if (code >= 0)
		code = ptap_write(l->path[RAW], &l->text, e);
	if (code >= 0)
		code = write_events(l, r, e);
	return code < 0 ? code : write_metrics(l, r, e);
}

/* ---- all ---- */

static int make_folders(const struct perf_list_args *a, struct err *e)
{
	auto_buf path;
	int r = 0;

	buf_init(&path, 0);
	for (unsigned int i = 0; i < N_FOLDERS && r >= 0; i++) {
		r = folder(a, i, &path, e);
		if (r >= 0)
			r = ptap_folder(buf_str(&path), e);
	}
	return r;
}

static int list_once(struct listing *l, struct ptap_measure *how, struct err *e)
{
	int r = ptap_wait(l->a->delay, l->stamp, e);

	for (unsigned int i = 0; i < N_FOLDERS && r >= 0; i++)
		if ((size_t)snprintf(l->path[i], sizeof(l->path[i]), "%s/%s/%s", l->a->outpath,
				     folder_name[i], l->stamp) >= sizeof(l->path[i]))
			r = err_set(e, -ENAMETOOLONG, "'%.100s' is too long", l->a->outpath);
	buf_clear(&l->text);
	stat_output_started(&l->text);
	if (r >= 0)
		r = ptap_measure_once(how, e);
	if (r >= 0)
		log_info("wrote %s, %s, %s", l->path[RAW], l->path[EVENTS], l->path[METRICS]);
	return r;
}

static int list_all(struct listing *l, struct ptap_measure *how, struct err *e)
{
	int r = make_folders(l->a, e);

	for (uint64_t i = 0; i < l->a->repeat && !r; i++)
		r = list_once(l, how, e);
	if (r > 0)
		log_info("it ended before its time");
	return r;
}

static int perf_list_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct perf_list_args *a = args;
	const struct metric_choice choice = { .only = "perf-list" };
	auto_ptr(metric_set) set = NULL;
	auto_ptr(ptap_measure) how = NULL;
	auto_free struct listing *l = calloc(1, sizeof(*l));
	struct err e = { 0 };

	(void)n_before;
	if (n)
		return command_misused("perf-list", "unexpected word '%s'", word[0]);
	if (!a->duration || !a->repeat)
		return command_misused("perf-list", "%s 0 measures nothing",
				       a->duration ? "-r" : "-u");
	if (!*a->outpath)
		return command_misused("perf-list", "-o: which folder?");
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = root_fd < 0 ? -errno : l ? metric_data_load(&choice, &set, &e) : -ENOMEM;

	if (r >= 0) {
		*l = (struct listing){ .a = a, .set = set };
		buf_init(&l->text, 0);
		const struct ptap_measure_options o = {
			.set = set,
			.pid = &a->pid,
			.duration = a->duration,
			.root_fd = root_fd,
			.result = take,
			.arg = l,
		};
		r = ptap_measure_new(&o, &how, &e);
		if (r == -EINVAL)
			return command_misused("perf-list", "%s", err_text(&e, r));
	}
	if (r >= 0)
		r = list_all(l, how, &e);
	if (l)
		buf_done(&l->text);
	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static const struct command_example examples[] = {
	{ "perf-list.py -p 4711", "two seconds of process 4711 into outpath" },
	{ "perf-list -u 10 -r 6 -o out", "a minute of this machine, in six samples" },
	{ NULL, NULL },
};

const struct command dropin_perf_list = {
	.name = "perf-list",
	.summary = "count perf's generic events, as ptap's perf-list.py did",
	.usage = "[OPTIONS]",
	.description =
		"Counts 44 generic events (cpu-cycles to branch-load-misses) each time and writes "
		"below the folder -o: Raw/Events/Perf/TIME, the counts as kymo stat prints them; "
		"Process/Events/Perf/TIME, the JSON array [0, \"perf list events\", PATH, TIME, "
		"[names], [counts]], clocks in ms; and Process/Metrics/Perf/TIME, the same as "
		"\"perf list metrics\" with what is derived from them, named by event and perf's "
		"words: 'cache-misses(% of all cache refs )'. kymo list metrics --metrics "
		"perf-list "
		"lists these.\n\n"
		"Events that cannot be counted here are told with the reason. They and what is "
		"made of them are left out of the lists, where the older program wrote 0. Rates "
		"are per second of CPU time and always in the same unit.\n\n"
		"Raw/Events/Perf is emptied of earlier samples first, as the older program did: of "
		"files whose names are times, and no others.",
	.options = options,
	.args_bytes = sizeof(struct perf_list_args),
	.args_default = &defaults,
	.examples = examples,
	.run = perf_list_run,
	.dropin = true,
};
