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
#include <unistd.h>

#include "base/log.h"
#include "cmd/counts_file.h"
#include "cmd/dropin/dropin.h"
#include "cmd/dropin/ptap_counts.h"
#include "cmd/dropin/ptap_files.h"
#include "cmd/dropin/ptap_measure.h"
#include "cmd/metric_answer.h"
#include "cmd/stat_output.h"

#define OLD_SET "snb-ep" /* that of ptap's files */

struct perf_pmu_args {
	struct metric_options o;
	const char *output, *load;
	struct option_list pid, socket;
	uint64_t repeat;
	nsec_t interval, delay;
	bool new_perf, uncore, json, repeat_given, interval_given;
};

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
	  .help = "begin of the files' names; folders are made" },
	{ .name = "repeat",
	  .letter = 'r',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct perf_pmu_args, repeat),
	  OPTION_GIVEN(struct perf_pmu_args, repeat_given),
	  .help = "how often to measure" },
	{ .name = "interval",
	  .letter = 'i',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_pmu_args, interval),
	  OPTION_GIVEN(struct perf_pmu_args, interval_given),
	  .help = "how long each time; with -l: how long was measured" },
	{ .name = "delay",
	  .letter = 'd',
	  .type = OPTION_DURATION,
	  .arg = "SECONDS",
	  OPTION_AT(struct perf_pmu_args, delay),
	  .help = "wait before each time" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .arg = "PID",
	  OPTION_AT(struct perf_pmu_args, pid),
	  .help = "only this process and its future children, else the machine" },
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
	{ .name = "socket",
	  .type = OPTION_LIST,
	  .arg = "CPULIST",
	  OPTION_AT(struct perf_pmu_args, socket),
	  .help = "with -l: the CPUs of the next package of the machine that was measured" },
	{ .name = "uncore-as-core",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_pmu_args, uncore),
	  .help = "with -l: also metrics of uncore events that were counted on the core PMU" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perf_pmu_args, json),
	  .help = "write FILE.out as JSON, not as a Python pickle" },
	{ 0 },
};

/* FILE-metric.csv and FILE.out. */
static int write_results(const struct perf_pmu_args *a, const struct ptap_counts *c,
			 const char *path, struct err *e)
{
	auto_buf csv, counts, name;

	buf_init(&csv, 0);
	buf_init(&counts, 0);
	buf_init(&name, 0);
	int r = ptap_metric_csv(c, &csv);

	if (r >= 0)
		r = a->json ? ptap_counts_json(c, &counts) : ptap_counts_pickle(c, &counts);
	if (r >= 0)
		r = buf_addf(&name, "%s-metric.csv", path);
	if (r < 0)
		return err_set(e, r, "out of memory");
	r = ptap_write(buf_str(&name), &csv, e);
	buf_clear(&name);
	if (r >= 0 && buf_addf(&name, "%s.out", path) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	return r < 0 ? r : ptap_write(buf_str(&name), &counts, e);
}

/* The set that the options name. Their constants are looked for in it before anything is read or
 * measured. -EINVAL: the options are wrong. */
static int choose_set(const struct metric_options *o, int root_fd, struct metric_set **ret,
		      struct err *e)
{
	struct cpu_model model;
	int r = metric_options_load(o, root_fd, ret, &model, e);

	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;
	auto_ptr(metric_inputs) none = metric_inputs_new(*ret, NULL, NULL, 0);

	return none ? metric_options_constants(o, *ret, none, e)
		    : err_set(e, -ENOMEM, "out of memory");
}

static int refuse(int r, struct err *e)
{
	if (r == -EINVAL)
		return command_misused("perf-pmu", "%s", err_text(e, r));
	log_error("%s", err_text(e, r));
	return EXIT_FAILURE;
}

/* ---- files that are there ---- */

struct loading {
	const struct perf_pmu_args *a;
	struct metric_set *set, *own; /* own: of this machine, or NULL */
};

/* Which set knows more of the file's events; ptap's, when they know as many. */
static int read_counts(const struct loading *l, const char *path, struct counts_file **ret,
		       const struct metric_set **ret_set, struct err *e)
{
	auto_ptr(counts_file) f = NULL;
	auto_ptr(counts_file) own = NULL;
	int r = counts_file_read(path, l->set, l->a->uncore, &f, e);

	if (r >= 0 && counts_file_unmatched(f) && l->own)
		r = counts_file_read(path, l->own, l->a->uncore, &own, e);
	if (r < 0)
		return r;
	bool better = own && counts_file_unmatched(own) < counts_file_unmatched(f);

	*ret_set = better ? l->own : l->set;
	*ret = better ? steal_ptr(own) : steal_ptr(f);
	return 0;
}

static int load_file(const struct loading *l, const char *path, struct err *e)
{
	auto_ptr(counts_file) f = NULL;
	auto_ptr(metric_inputs) in = NULL;
	auto_free int *socket = NULL;
	const struct metric_set *set = NULL;
	int r = read_counts(l, path, &f, &set, e);

	if (r < 0)
		return r;
	if (counts_file_by(f) != COUNTS_BY_CPU || counts_file_n_times(f) != 1)
		return err_set(e, -EINVAL,
			       "'%.200s': not counts by CPU over one time (try: kymo metrics)",
			       path);
	r = metric_options_sockets(&l->a->socket, f, &socket, e);
	if (r >= 0)
		r = counts_file_inputs(f, 0, socket, &in, e);
	if (r < 0)
		return r;
	if (l->a->interval_given)
		metric_inputs_constant(in, MACHINE_INTERVAL, (double)l->a->interval / NSEC_PER_SEC);
	r = metric_options_constants(&l->a->o, set, in, e);
	if (r < 0)
		return r;
	const struct ptap_counts c = { set, in, counts_file_columns(f), socket,
				       counts_file_n_columns(f) };

	r = write_results(l->a, &c, path, e);
	if (r >= 0 && counts_file_cut(f))
		log_warn("'%s': the last line has no end: its last field may be cut", path);
	if (r >= 0 && counts_file_unmatched(f))
		log_warn("'%s': %u of %u events are not known to these metrics", path,
			 counts_file_unmatched(f), counts_file_n_texts(f));
	return r;
}

/* All files; those that cannot be read do not keep the others from it. */
static int load_files(const struct loading *l)
{
	auto_free char *files = strdup(l->a->load);
	int status = EXIT_SUCCESS;

	if (!files) {
		log_error("out of memory");
		return EXIT_FAILURE;
	}
	for (char *p = files; p;) {
		struct err e = { 0 };
		char *next = strchr(p, ',');

		if (next)
			*next++ = '\0';
		int r = *p ? load_file(l, p, &e) : 0;

		if (r < 0) {
			log_error("%s", err_text(&e, r));
			status = EXIT_FAILURE;
		}
		p = next;
	}
	return status;
}

static int load(const struct perf_pmu_args *a, int root_fd)
{
	struct metric_options old = a->o;
	auto_ptr(metric_set) set = NULL;
	auto_ptr(metric_set) own = NULL;
	struct cpu_model model;
	struct err e = { 0 };

	if (strspn(a->load, ",") == strlen(a->load))
		return command_misused("perf-pmu", "-l: which files?");
	old.set_name = old.set_name ? old.set_name : OLD_SET;
	int r = choose_set(&old, root_fd, &set, &e);

	if (r >= 0 && !a->o.set_name)
		r = metric_options_load(&a->o, root_fd, &own, &model, &e);
	if (r < 0)
		return refuse(r, &e);
	const struct loading l = { a, set, own };

	return load_files(&l);
}

/* ---- measuring ---- */

struct measuring {
	const struct perf_pmu_args *a;
	const struct metric_set *set;
	struct buf text; /* PREFIX-TIME, begun before counting */
	char path[4096];
};

static int take(void *arg, const struct stat_result *r, struct err *e)
{
	struct measuring *m = arg;
	unsigned int n = counters_n_places(r->counters);
	auto_free uint32_t *cpu = calloc(n + 1, sizeof(*cpu));
	auto_free int *socket = calloc(n + 1, sizeof(*socket));
	auto_ptr(metric_inputs) in = NULL;

	if (!cpu || !socket)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; i < n; i++) {
		cpu[i] = (uint32_t)counters_place(r->counters, i)->cpu;
		socket[i] = cpu_package(r->root_fd, cpu[i]);
	}
	if (stat_output_csv(r, ",", &m->text) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	int code = ptap_write(m->path, &m->text, e);

	if (code >= 0)
		code = stat_result_inputs(r, m->set, &in, e);
	if (code >= 0)
		code = metric_options_constants(&m->a->o, m->set, in, e);
	const struct ptap_counts c = { m->set, in, cpu, socket, n };

	return code < 0 ? code : write_results(m->a, &c, m->path, e);
}

static int measure_all(struct measuring *m, struct ptap_measure *how, struct err *e)
{
	char stamp[PTAP_STAMP_MAX] = "";

	for (uint64_t i = 0; i < m->a->repeat; i++) {
		int r = ptap_wait(m->a->delay, stamp, e);

		if (r >= 0 && (size_t)snprintf(m->path, sizeof(m->path), "%s-%s", m->a->output,
					       stamp) >= sizeof(m->path))
			r = err_set(e, -ENAMETOOLONG, "'%.100s' is too long", m->a->output);
		buf_clear(&m->text);
		stat_output_started(&m->text);
		if (r >= 0)
			r = ptap_measure_once(how, e);
		if (r < 0)
			return r;
		log_info("wrote %s, %s-metric.csv, %s.out", m->path, m->path, m->path);
		if (r) {
			log_info("it ended before its time%s",
				 i + 1 < m->a->repeat ? ", not measuring again" : "");
			break;
		}
	}
	return 0;
}

static int measure(const struct perf_pmu_args *a, int root_fd)
{
	auto_ptr(metric_set) set = NULL;
	auto_ptr(ptap_measure) how = NULL;
	auto_free struct measuring *m = calloc(1, sizeof(*m));
	struct err e = { 0 };

	if (!a->output || !*a->output || !a->repeat_given || !a->interval_given)
		return command_misused("perf-pmu", "-o, -r and -i are needed (or -l FILE)");
	if (!a->repeat || !a->interval)
		return command_misused("perf-pmu", "%s 0 measures nothing",
				       a->repeat ? "-i" : "-r");
	int r = m ? choose_set(&a->o, root_fd, &set, &e) : -ENOMEM;

	if (r >= 0) {
		*m = (struct measuring){ .a = a, .set = set };
		buf_init(&m->text, 0);
		const struct ptap_measure_options o = {
			.set = set,
			.pid = &a->pid,
			.per_cpu = true,
			.duration = a->interval,
			.root_fd = root_fd,
			.result = take,
			.arg = m,
		};
		r = ptap_measure_new(&o, &how, &e);
	}
	if (r < 0)
		return refuse(r, &e);
	r = ptap_folder_of(a->output, &e);
	if (r >= 0)
		r = measure_all(m, how, &e);
	buf_done(&m->text);
	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static int perf_pmu_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct perf_pmu_args *a = args;

	(void)n_before;
	if (n)
		return command_misused("perf-pmu", "unexpected word '%s'", word[0]);
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0) {
		log_error("cannot open /: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	return a->load ? load(a, root_fd) : measure(a, root_fd);
}

static const struct command_example examples[] = {
	{ "perf-pmu -l old/hello-20141204110303 --set tsc_freq=2.6e9",
	  "metrics of a file that perf stat -a -A -x , wrote" },
	{ "perf-pmu -o out/x -r 3 -i 2", "three times two seconds of this machine" },
	{ "perf-pmu.py -o output/prefix -r 1 -i 2 -p 4711", "two seconds of process 4711" },
	{ NULL, NULL },
};

const struct command dropin_perf_pmu = {
	.name = "perf-pmu",
	.summary = "PMU metrics per CPU, as ptap's perf-pmu.py did",
	.usage = "-l FILE[,FILE...] | -o PREFIX -r N -i SECONDS [-d SECONDS] [-p PID]",
	.description =
		"Counts the events of this processor's metrics, or with -l takes files of counts. "
		"Writes PREFIX-TIME, counts in the form of perf stat -a -A -x , with the events' "
		"names; beside each file of counts FILE-metric.csv, a line "
		"'metric_per_core,CPU0,...' and one for each metric; and FILE.out, the counts by "
		"CPU and event as a Python pickle (--json: as JSON).\n\n"
		"CPUs ascend and metrics have a fixed order. A metric that cannot be computed is "
		"empty, where the older program wrote 0; kymo metrics --why says the reasons. What "
		"is counted for a whole package stands under its first CPU. Formulas follow the "
		"rules of arithmetic, and rates are per second: of files, -i tells of how "
		"many.\n\n"
		"Metrics are those of this processor (kymo list metrics), unless --metrics names "
		"others; of files, those of the older program (snb-ep) unless this processor's "
		"know more of the events. Events that cannot be counted here are told with the "
		"reason, and the rest is written.\n\n"
		"The older program counted uncore events on the core PMU. Such counts are left out "
		"unless --uncore-as-core asks for them; those whose filter was lost always are.",
	.options = options,
	.args_bytes = sizeof(struct perf_pmu_args),
	.examples = examples,
	.run = perf_pmu_run,
	.dropin = true,
};
