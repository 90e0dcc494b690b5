/* SPDX-License-Identifier: MIT */
/* kymo record: options, the workload, progress. The work is done in record_session.c. */
#include <errno.h>
#include <fcntl.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "capture/capture.h"
#include "capture/counting.h"
#include "capture/event_list.h"
#include "capture/sampler.h"
#include "cmd/command.h"
#include "cmd/id_list.h"
#include "cmd/naming.h"
#include "cmd/record_result.h"
#include "cmd/record_session.h"
#include "cmd/workload.h"
#include "collect/collection.h"
#include "collect/collector.h"

struct record_args {
	nsec_t duration, flight;
	uint64_t buffer, max_size, profile, period;
	nsec_t interval;
	const char *output, *engine, *events, *cpus, *comm, *cgroup, *call_graph, *counters,
		*metrics, *raw;
	struct option_list pid, tid, label;
	struct naming_args names;
	bool duration_given, flight_given, no_vm_names, profile_given, period_given, off_cpu,
		symbols, interval_given, per_slice;
};

static const char *const engine_choices[] = { "auto", "bpf", "perf", NULL };

static const struct {
	const char *name, *help;
	unsigned int bit;
} event_kinds[] = {
	{ "switch", "context switches: who ran when, where, and how it stopped", CAPTURE_SWITCH },
	{ "wakeup", "wake-ups: who made whom runnable, and on which CPU", CAPTURE_WAKEUP },
	{ "migrate", "moves of tasks between CPUs", CAPTURE_MIGRATE },
	{ "task", "fork, exec, rename, exit: always recorded, names need them", CAPTURE_TASK },
	{ "kvm",
	  "virtual machines: vCPU exits and entries, I/O, MSR, CPUID, hypercalls, interrupts",
	  CAPTURE_KVM },
	{ "kvm-all", "every event of the kernel's kvm subsystem; takes some seconds to end",
	  CAPTURE_KVM_ALL },
};

static const struct option_spec record_options[] = {
	{ .name = "duration",
	  .letter = 'd',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct record_args, duration),
	  OPTION_GIVEN(struct record_args, duration_given),
	  .help = "record for so long (500ms, 5s, 2m); without it until Ctrl-C or the end of CMD" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct record_args, output),
	  .help = "the recording, else kymo-HOST-DATE.kymo; a file of that name is kept as "
		  "FILE.old" },
	{ .name = "events",
	  .letter = 'e',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct record_args, events),
	  .help = "kinds of events by commas, else switch,wakeup,task; with --profile also "
		  "what to sample, by perf's names (see kymo list events)" },
	{ .name = "profile",
	  .letter = 'F',
	  .type = OPTION_U64,
	  .arg = "HZ",
	  OPTION_AT(struct record_args, profile),
	  OPTION_GIVEN(struct record_args, profile_given),
	  .help = "sample what the CPUs do, so often a second (999)" },
	{ .name = "period",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct record_args, period),
	  OPTION_GIVEN(struct record_args, period_given),
	  .help = "sample after every N events instead" },
	{ .name = "call-graph",
	  .letter = 'g',
	  .type = OPTION_STRING,
	  .arg = "HOW",
	  OPTION_AT(struct record_args, call_graph),
	  .help = "call chains of samples: fp (frame pointers, the default), dwarf or dwarf,SIZE "
		  "(copies of the stack), lbr, none" },
	{ .name = "symbols",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct record_args, symbols),
	  .help = "with samples: keep the names of all functions that were hit, so that the file "
		  "is read elsewhere; else the kernel's and those of code made at run time" },
	{ .name = "off-cpu",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct record_args, off_cpu),
	  .help = "record the call chain of each thread that blocks, when it does" },
	{ .name = "counters",
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct record_args, counters),
	  .help = "count these events over time, by perf's names (see kymo list events)" },
	{ .name = "counters-per-slice",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct record_args, per_slice),
	  .help = "read counters at each context switch: what happened in each run of a task" },
	{ .name = "metrics",
	  .letter = 'm',
	  .type = OPTION_STRING,
	  .arg = "SET",
	  .bare = "default",
	  OPTION_AT(struct record_args, metrics),
	  .help = "read what the machine counts in /proc and /sys: names of the list below by "
		  "commas, default, all; -NAME leaves one out, NAME:PATTERN keeps a part of one "
		  "(disk:sd*). Alone it needs no privileges" },
	{ .name = "raw",
	  .type = OPTION_STRING,
	  .arg = "FILES",
	  OPTION_AT(struct record_args, raw),
	  .help = "keep the text of these files below /proc and /sys, by commas, at the same "
		  "interval (see kymo show raw)" },
	{ .name = "interval",
	  .letter = 'I',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct record_args, interval),
	  OPTION_GIVEN(struct record_args, interval_given),
	  .help = "read counters (100ms), metrics and raw files (1s) so often" },
	{ .name = "engine",
	  .type = OPTION_CHOICE,
	  .arg = "NAME",
	  .choices = engine_choices,
	  OPTION_AT(struct record_args, engine),
	  .help = "auto (bpf where it is allowed), bpf, or perf" },
	{ .name = "buffer",
	  .type = OPTION_SIZE,
	  .arg = "SIZE",
	  OPTION_AT(struct record_args, buffer),
	  .help = "event buffers of all CPUs together (16M), else by CPUs and memory" },
	{ .name = "cpu",
	  .letter = 'C',
	  .type = OPTION_STRING,
	  .arg = "LIST",
	  OPTION_AT(struct record_args, cpus),
	  .help = "record these CPUs only (0-3,8)" },
	{ .name = "pid",
	  .letter = 'p',
	  .type = OPTION_LIST,
	  .arg = "PID",
	  OPTION_AT(struct record_args, pid),
	  .help = "record events of these processes and their future children only" },
	{ .name = "tid",
	  .letter = 't',
	  .type = OPTION_LIST,
	  .arg = "TID",
	  OPTION_AT(struct record_args, tid),
	  .help = "record events of these threads only" },
	{ .name = "comm",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct record_args, comm),
	  .help = "record events of tasks of this name only" },
	{ .name = "cgroup",
	  .letter = 'G',
	  .type = OPTION_STRING,
	  .arg = "PATH",
	  OPTION_AT(struct record_args, cgroup),
	  .help = "record events of tasks in this cgroup v2 and below only" },
	{ .name = "flight",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct record_args, flight),
	  OPTION_GIVEN(struct record_args, flight_given),
	  .help = "flight recorder: keep the last so much in memory, write it when stopped, or on "
		  "SIGUSR1 and go on" },
	{ .name = "max-size",
	  .type = OPTION_SIZE,
	  .arg = "SIZE",
	  OPTION_AT(struct record_args, max_size),
	  .help = "flight recorder: keep no more than this (64M)" },
	{ .name = "label",
	  .type = OPTION_LIST,
	  .arg = "KEY=VALUE",
	  OPTION_AT(struct record_args, label),
	  .help = "a label to keep in the recording; may be given several times" },
	NAMING_OPTIONS(struct record_args, names),
	{ .name = "no-vm-names",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct record_args, no_vm_names),
	  .help = "do not look for virtual machines and their names" },
	{ 0 },
};

static void record_extra_help(FILE *out)
{
	fprintf(out, "Events:\n");
	for (unsigned int i = 0; i < ARRAY_SIZE(event_kinds); i++)
		fprintf(out, "  %-14s %s\n", event_kinds[i].name, event_kinds[i].help);
	fprintf(out, "\nMetrics (* = default):\n");
	for (unsigned int i = 0; collector_list[i]; i++)
		fprintf(out, "  %-12s %c %s\n", collector_list[i]->name,
			collector_list[i]->by_default ? '*' : ' ', collector_list[i]->help);
}

/* ---- options ---- */

static unsigned int kind_bit(const char *word, size_t n)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(event_kinds); i++)
		if (strlen(event_kinds[i].name) == n && !strncmp(event_kinds[i].name, word, n))
			return event_kinds[i].bit;
	return 0;
}

/* Our kinds, and what else there is into @samples, by commas as it was. */
static int split_events(const char *list, unsigned int *ret, struct buf *samples, struct err *e)
{
	unsigned int events = 0;
	bool inside = false; /* of a PMU's terms */

	if (!*list)
		return err_set(e, -EINVAL, "--events: empty list");
	for (const char *p = list; *p;) {
		size_t n = strcspn(p, ",");
		unsigned int bit = inside ? 0 : kind_bit(p, n);

		events |= bit;
		if (!bit) {
			if (buf_addf(samples, "%s%.*s", samples->len ? "," : "", (int)n, p) < 0)
				return err_set(e, -ENOMEM, "--events: list too long");
			for (size_t i = 0; i < n; i++)
				inside = inside != (p[i] == '/');
		}
		p += n + (p[n] == ',');
	}
	*ret = events ? events | CAPTURE_TASK : 0;
	return 0;
}

static int parse_filter(const struct record_args *a, struct capture_filter *f, struct err *e)
{
	int r = id_list_parse(&a->pid, "pid", f->pid, &f->n_pids, e);

	if (r >= 0)
		r = id_list_parse(&a->tid, "tid", f->tid, &f->n_tids, e);
	if (r < 0)
		return r;
	if (f->n_pids && f->n_tids)
		return err_set(e, -EINVAL, "--pid and --tid exclude each other");
	if (a->comm)
		snprintf(f->comm, sizeof(f->comm), "%s", a->comm);
	if (a->cgroup &&
	    (size_t)snprintf(f->cgroup, sizeof(f->cgroup), "%s", a->cgroup) >= sizeof(f->cgroup))
		return err_set(e, -ENAMETOOLONG, "--cgroup: path too long");
	return 0;
}

struct record_plan {
	struct capture_options capture;
	struct sampler_options sampler;
	struct event_list sampled, counted;
	struct counting_options counting;
	bool samples;
	char sampled_text[4096]; /* of --events */
	struct capture_filter filter;
	struct cpuset cpus;
	struct record_options record;
	struct naming *names; /* or NULL */
	struct collection_options collect; /* interval 0: no metrics */
};

static int plan_events(const struct record_args *a, struct record_plan *p, struct err *e)
{
	unsigned int events = 0;
	auto_buf samples;

	buf_init(&samples, sizeof(p->sampled_text) - 1);
	int r = a->events ? split_events(a->events, &events, &samples, e) : 0;

	if (r < 0)
		return r;
	p->samples = a->profile_given || a->period_given || a->off_cpu;
	if (samples.len && !p->samples)
		return err_set(e, -EINVAL,
			       "--events: no kind '%.64s' (try: switch,wakeup,migrate,task,kvm,"
			       "kvm-all, or --profile 999 to sample it)",
			       buf_str(&samples));
	snprintf(p->sampled_text, sizeof(p->sampled_text), "%s", buf_str(&samples));
	p->capture.events = events ? events : CAPTURE_DEFAULT;
	/* Counters need nothing beside them; slices belong to switches. */
	if ((a->counters || a->metrics || a->raw) && !events && !p->samples && !a->per_slice)
		p->capture.events = CAPTURE_TASK;
	/* Samples alone are something too, when nobody has asked for the other events. */
	p->capture.engine_optional = !events && !a->off_cpu;
	return 0;
}

static int plan_samples(const struct record_args *a, struct record_plan *p, struct err *e)
{
	const char *g = a->call_graph ? a->call_graph : "fp";

	if (!p->samples && a->symbols)
		return err_set(e, -EINVAL, "--symbols belongs to samples (try: --profile 999)");
	if (!p->samples)
		return a->call_graph ? err_set(e, -EINVAL,
					       "--call-graph belongs to samples (try: --profile "
					       "999)")
				     : 0;
	if ((a->profile_given && !a->profile) || (a->period_given && !a->period))
		return err_set(e, -EINVAL, "%s 0 samples nothing",
			       a->profile_given && !a->profile ? "--profile" : "--period");
	if (a->profile_given && a->period_given)
		return err_set(e, -EINVAL, "--profile and --period exclude each other");
	if (!strcmp(g, "none"))
		p->sampler.call_graph = CALL_GRAPH_NONE;
	else if (!strcmp(g, "lbr"))
		p->sampler.call_graph = CALL_GRAPH_LBR;
	else if (!strncmp(g, "dwarf", 5) && (!g[5] || g[5] == ',')) {
		uint64_t bytes = 0;

		if (g[5] && quantity_parse_size(g + 6, &bytes, e) < 0)
			return err_prefix(e, "--call-graph dwarf");
		p->sampler.call_graph = CALL_GRAPH_DWARF;
		p->sampler.stack_bytes = (uint32_t)min_of(bytes, (uint64_t)UINT32_MAX);
	} else if (strcmp(g, "fp") != 0)
		return err_set(e, -EINVAL, "--call-graph: no way '%s' (try: fp, dwarf, lbr, none)",
			       g);
	if (a->comm)
		return err_set(e, -EINVAL,
			       "samples cannot be chosen by name (try: --pid instead of --comm)");
	p->sampler.freq = a->profile;
	p->sampler.period = a->period;
	p->sampler.off_cpu = a->off_cpu;
	p->sampler.all_names = a->symbols;
	p->sampler.events = &p->sampled;
	p->capture.sampler = &p->sampler;
	return p->sampled_text[0]
		       ? event_list_parse(&p->sampled, p->capture.root_fd, p->sampled_text, e)
		       : 0;
}

static int plan_metrics(const struct record_args *a, struct record_plan *p, struct err *e)
{
	if (!a->metrics && !a->raw)
		return 0;
	if (a->interval_given && a->interval < COLLECTION_SHORTEST)
		return err_set(e, -EINVAL, "--interval: metrics not more often than every 10 ms");
	int r = collection_check_set(a->metrics, e);

	if (r < 0)
		return err_prefix(e, "--metrics");
	p->collect.set = a->metrics;
	p->collect.raw = a->raw;
	p->collect.sparing = true;
	p->collect.interval = a->interval_given ? a->interval : COLLECTION_INTERVAL;
	p->collect.root.fd = p->capture.root_fd;
	p->capture.metrics = true;
	return 0;
}

static int plan_counters(const struct record_args *a, struct record_plan *p, struct err *e)
{
	if (!a->counters)
		return (a->interval_given && !a->metrics && !a->raw) || a->per_slice
			       ? err_set(e, -EINVAL,
					 "%s belongs to counters (try: --counters "
					 "task-clock,page-faults)",
					 a->per_slice ? "--counters-per-slice" : "--interval")
			       : 0;
	if (a->per_slice && a->interval_given)
		return err_set(e, -EINVAL,
			       "--interval and --counters-per-slice exclude each other");
	if (a->per_slice && (a->pid.n || a->tid.n || a->cgroup))
		return err_set(
			e, -EINVAL,
			"--counters-per-slice counts the slices of all tasks (try: kymo show "
			"counters --by task --task NAME afterwards)");
	if (a->interval_given && a->interval < COUNTING_SHORTEST)
		return err_set(e, -EINVAL, "--interval: shorter than 1 ms");
	if (a->comm)
		return err_set(e, -EINVAL,
			       "counters cannot be chosen by name (try: --pid instead of --comm)");
	p->counting.events = &p->counted;
	p->counting.interval = a->interval;
	p->counting.per_slice = a->per_slice;
	p->capture.counting = &p->counting;
	return event_list_parse(&p->counted, p->capture.root_fd, a->counters, e);
}

static int make_plan(const struct record_args *a, struct record_plan *p, struct err *e)
{
	int r = 0;

	if (a->engine && strcmp(a->engine, "auto"))
		p->capture.engine = a->engine;
	p->capture.buffer_bytes = a->buffer;
	r = plan_events(a, p, e);
	if (r >= 0)
		r = plan_samples(a, p, e);
	if (r >= 0)
		r = plan_counters(a, p, e);
	if (r >= 0)
		r = plan_metrics(a, p, e);
	if (r >= 0 && a->cpus) {
		r = cpuset_parse(a->cpus, &p->cpus, e);
		p->capture.cpus = &p->cpus;
	}
	if (r >= 0)
		r = parse_filter(a, &p->filter, e);
	if (r < 0)
		return r;
	if (p->filter.n_pids || p->filter.n_tids || p->filter.comm[0] || p->filter.cgroup[0])
		p->capture.filter = &p->filter;
	if ((a->duration_given && !a->duration) || (a->flight_given && !a->flight))
		return err_set(e, -EINVAL, "a time of 0 records nothing");
	for (unsigned int i = 0; i < a->label.n; i++)
		if (!strchr(a->label.item[i], '='))
			return err_set(e, -EINVAL, "--label: '%s' is not KEY=VALUE",
				       a->label.item[i]);
	p->record.duration = a->duration;
	p->record.flight = a->flight;
	p->record.flight_bytes = a->max_size;
	p->record.labels = &a->label;
	p->capture.without_vms = a->no_vm_names;
	return 0;
}

/* kymo-HOST-20261121-143000.kymo */
static void default_path(char *ret, size_t size)
{
	struct utsname u = { 0 };
	struct tm tm = { 0 };
	time_t now = time(NULL);
	char date[32] = "";

	uname(&u);
	localtime_r(&now, &tm);
	strftime(date, sizeof(date), "%Y%m%d-%H%M%S", &tm);
	u.nodename[strcspn(u.nodename, "./")] = '\0';
	snprintf(ret, size, "kymo-%s-%s.kymo", u.nodename[0] ? u.nodename : "host", date);
}

/* ---- running ---- */

/* Give the names that were asked for to a file that is complete. */
static int name_file(struct naming *names, const char *path, struct err *e)
{
	const struct naming_change how = { .quiet = true };
	struct role_counts counts;
	int r = names ? naming_write(names, 0, path, &how, &counts, e) : 0;

	if (r < 0) {
		err_prefix(e, "recorded, but without names (try: kymo name)");
		return r;
	}
	if (names)
		log_info("%s: named %zu tasks (%zu roles)", path, counts.tasks, counts.roles);
	return 0;
}

static void tell_note(struct record_session *s)
{
	auto_free char *note = record_session_note(s);

	if (note)
		log_info("%s", note);
}

static void show_progress(struct record_session *s, struct naming *names, unsigned int *written)
{
	char events[QUANTITY_MAX], lost[QUANTITY_MAX], size[QUANTITY_MAX];
	struct record_progress p;

	tell_note(s);
	record_session_progress(s, &p);
	if (p.written != *written) {
		auto_free char *path = record_session_path(s);

		*written = p.written;
		log_info("wrote %s", path ? path : "a file");
		struct err e = { 0 };

		if (path && name_file(names, path, &e) < 0)
			log_warn("%s", e.text);
	}
	log_progress("recording %llu s: %s events, %s lost, %s",
		     (unsigned long long)(p.elapsed / NSEC_PER_SEC),
		     quantity_count(events, p.events), quantity_count(lost, p.lost),
		     quantity_size(size, p.bytes));
}

static void tell_notes(const char *lines)
{
	for (const char *p = lines; *p; p += strcspn(p, "\n") + 1) {
		auto_free char *line = strndup(p, strcspn(p, "\n"));

		log_info("%s", line ? line : "out of memory");
	}
}

/* From "capture is on" to "file is complete"; the workload's exit status in *ret_status. 0: there
 * is nothing to record, as it cannot be run, which was said. 1: a file was written. */
static int run_session(struct record_session *s, struct workload *w, const char *name,
		       const struct record_plan *p, sigset_t *old_mask, int *ret_status,
		       struct err *e)
{
	struct record_progress progress;
	enum record_end end = RECORD_GOES_ON;
	unsigned int written = 0;
	struct err why = { 0 };
	int r = record_session_run(s, e);

	if (r < 0)
		return r;
	tell_note(s);
	record_session_progress(s, &progress);
	if (progress.rings && !progress.fifo)
		log_warn("no real-time priority for the reader, a saturated machine may make it "
			 "lose events; needs CAP_SYS_NICE (try: sudo)");
	r = w->pid ? workload_release(w, name, &why) : 0;
	if (r < 0) {
		log_error("%s", err_text(&why, r));
		*ret_status = workload_wait(w, NULL);
		return 0;
	}
	r = record_session_publish(s, e);
	if (r < 0)
		return r;
	if (p->record.flight)
		log_info("flight recorder on; Ctrl-C writes it and ends, kill -USR1 %d writes it "
			 "and goes on",
			 (int)getpid());
	/* Waking up for nobody would cost a fifth of what metrics at 1 s cost. */
	nsec_t wait =
		p->record.flight || log_shows_progress() ? NSEC_PER_SEC / 2 : 10 * NSEC_PER_SEC;

	while (end == RECORD_GOES_ON) {
		end = record_session_wait(s, wait);
		if (end == RECORD_GOES_ON)
			show_progress(s, p->names, &written);
	}
	log_progress_done();
	tell_note(s);
	/* The file waits for the command only when the recording does not go on without it. */
	if (w->pid && end != RECORD_WORKLOAD_ENDED) {
		log_info("recording stopped, waiting for '%s' to end", name);
		sigprocmask(SIG_SETMASK, old_mask, NULL);
	}
	if (w->pid)
		*ret_status = workload_wait(w, NULL);
	r = record_session_close(s, w->pid_fd >= 0 ? *ret_status : -1, e);
	return r < 0 ? r : 1;
}

static int record(const struct record_args *a, struct record_plan *p, const char **word,
		  unsigned int n, int *ret_status, struct err *e)
{
	auto_buf command, workload_command;
	auto_ptr(capture) c = NULL;
	auto_ptr(collection) metrics = NULL;
	auto_ptr(record_session) s = NULL;
	struct workload w = { .pid_fd = -1, .go_fd = -1, .report_fd = -1 };
	sigset_t signals, old_mask;
	char path[512];

	buf_init(&command, 1u << 20);
	buf_init(&workload_command, 1u << 20);
	default_path(path, sizeof(path));
	const char *typed = command_line(&command);
	int r;

	for (unsigned int i = 0; i < n; i++)
		buf_addf(&workload_command, "%s%s", i ? " " : "", word[i]);
	p->record.path = a->output ? a->output : path;
	p->record.command = typed;
	p->record.workload = n ? buf_str(&workload_command) : NULL;

	record_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, &old_mask);
	/* It waits: what is to be sampled has to be there. */
	r = n ? workload_start(&w, word, &old_mask, NULL, e) : 0;
	p->record.pid_fd = w.pid_fd;
	p->sampler.workload = p->counting.workload = (uint32_t)w.pid;
	if (r >= 0)
		r = capture_open(&p->capture, &c, e);
	if (r >= 0)
		tell_notes(capture_notes(c));
	if (r >= 0 && p->collect.interval) {
		p->collect.tasks_told = capture_tells_tasks(c);
		r = collection_open(&p->collect, &metrics, e);
	}
	const char *note = r >= 0 && metrics ? collection_note(metrics) : "";

	if (*note)
		log_info("%s", note);
	p->record.collection = metrics;
	if (r >= 0)
		r = record_session_new(&p->record, c, &s, e);
	if (r >= 0)
		r = run_session(s, &w, n ? word[0] : "", p, &old_mask, ret_status, e);
	if (r > 0) {
		auto_free char *written = record_session_path(s);

		record_result_tell(s, c, metrics);
		r = written ? name_file(p->names, written, e) : -ENOMEM;
	}
	workload_done(&w);
	return r;
}

static int record_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct record_args *a = args;
	struct err e = { 0 };
	auto_free struct record_plan *p = calloc(1, sizeof(*p));
	/* One more place for the NULL that execvp() wants. */
	auto_free const char **argv = calloc((size_t)n + 1, sizeof(*argv));
	int status = 0;

	(void)n_before;
	if (!p || !argv) {
		log_error("no memory");
		return EXIT_FAILURE;
	}
	if (n)
		memcpy(argv, word, n * sizeof(*argv));
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0) {
		log_error("cannot open /: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	/* Before anything is recorded: a map that is wrong should not be found out afterwards. */
	auto_ptr(naming) names = NULL;
	int wrong = naming_open("record", &a->names, 1, &names);

	if (wrong)
		return wrong;
	p->capture.root_fd = root_fd;
	p->names = names;
	int r = make_plan(a, p, &e);

	if (r < 0) {
		event_list_done(&p->sampled);
		event_list_done(&p->counted);
		return command_misused("record", "%s", err_text(&e, r));
	}
	r = record(a, p, argv, n, &status, &e);
	event_list_done(&p->sampled);
	event_list_done(&p->counted);
	if (r < 0) {
		log_error("%s", err_text(&e, r));
		if (r == -EPERM || r == -EACCES || r == -EOPNOTSUPP)
			log_info("kymo doctor tells what this machine allows");
		return EXIT_FAILURE;
	}
	return status;
}

static const struct record_args record_defaults = { .max_size = 64u << 20 };

static const struct command_example record_examples[] = {
	{ "kymo record -d 5s", "this machine for 5 s" },
	{ "kymo record -o build.kymo -- make -j8", "while a command runs, with its exit status" },
	{ "kymo record -e switch -C 0-3 -d 1m", "context switches of four CPUs" },
	{ "kymo record -e switch,wakeup,kvm -d 5s", "a host of virtual machines" },
	{ "kymo record -d 5s --map tasks.csv", "with names for tasks from a map" },
	{ "kymo record -d 5s --name-rule 'vm([0-9]+)-(.*)=>{2}.{1:02}'",
	  "with roles made of the names of virtual machines" },
	{ "kymo record --profile 999 -o app.kymo -- ./app",
	  "with samples of where the CPUs' time goes" },
	{ "kymo record --profile 999 -e task,page-faults,cpu-clock -p 1234 -d 10s",
	  "samples of two events of one process, nothing else" },
	{ "kymo record --raw /proc/stat,/proc/meminfo -d 10m",
	  "these files as they are, once a second" },
	{ "kymo record --metrics --interval 100ms -d 10m", "what the machine counts about itself" },
	{ "kymo record --metrics='cpu,disk:sd*,vmstat:pgfault:pswp*' -d 10m", "parts of that" },
	{ "kymo record --counters page-faults,context-switches --interval 10ms -p 1234 -d 5s",
	  "how many a process has over time" },
	{ "kymo record --flight 30s -o crash.kymo", "the last 30 s before Ctrl-C or SIGUSR1" },
	{ NULL, NULL },
};

const struct command command_record = {
	.name = "record",
	.summary = "record this machine's scheduler and KVM events, and profiles",
	.usage = "[OPTIONS] [[--] CMD ARGS...]",
	.description =
		"Records context switches, wake-ups and the life of all tasks of this machine, on "
		"request the events of its virtual machines too, into one file, for a time, until "
		"Ctrl-C, or while CMD runs. The names of all tasks are "
		"in the file; kymo's own threads are marked. What could not be recorded is in the "
		"file too, as losses with their time.\n"
		"\n"
		"With CMD, kymo's exit status is that of CMD (128 + N when signal N ended it); the "
		"whole machine is recorded while it runs, unless a filter says otherwise.\n"
		"\n"
		"Filters work in the kernel: what does not pass costs nearly nothing. A context "
		"switch passes when its previous or next task does, a wake-up when the woken task "
		"or its waker does, a KVM event when the thread does that runs where it happens. "
		"Several kinds of filters must all match.\n"
		"\n"
		"KVM events (-e kvm) are those that tell what vCPUs do: kvm_exit, kvm_entry, "
		"kvm_userspace_exit, kvm_mmio, kvm_pio, kvm_msr, kvm_cpuid, kvm_hypercall, "
		"kvm_fpu, kvm_halt_poll_ns, kvm_vcpu_wakeup, kvm_inj_virq, kvm_inj_exception, as "
		"far as the kernel has them; -e kvm-all takes all it has. They are no default: the "
		"kernel takes its time to let go of each (some 20 to 80 ms at the end). What there "
		"is to record is settled at the start: a kvm module that is loaded later is not "
		"recorded. Without the module -e switch,kvm records switches and says so. Where "
		"kvm_pvm runs the guests, kvm_exit and kvm_entry exist but never happen; exits to "
		"user space, I/O, MSR and CPUID are there, guest and host time are not.\n"
		"\n"
		"Threads of virtual machines (QEMU, with or without libvirt) get their guest's "
		"name and what they are as their role, as in Firewall.vcpu0; names also come from "
		"a map, a program, OpenStack, and rules. See kymo help name.\n"
		"Samples (--profile) tell where the time goes: what each CPU executes, HZ times a "
		"second, with the functions that led there. Without names of events in -e that is "
		"cycles, or cpu-clock where there are no hardware counters. They are taken beside "
		"the other events; -e task takes samples and the life of tasks only. User code "
		"needs frame pointers (-fno-omit-frame-pointer) for whole chains; --call-graph "
		"dwarf copies SIZE bytes (8K) of the stack instead and finds callers by the call "
		"frame information that nearly all files have. With -p, -t or "
		"-G these processes, threads or cgroup are sampled, else the machine; a user who "
		"may not sample the machine samples CMD and what it starts. --off-cpu adds the "
		"chain of each thread at the moment it blocks (sched:sched_switch), from which "
		"time off the CPU gets its place; that costs some microseconds per switch.\n"
		"\n"
		"Counters (--counters) tell how much of an event happened: counts and the time "
		"that "
		"each was counted are read every --interval, per CPU; with -p or -t per process or "
		"thread with what it starts, with -G of the cgroup. They need no other events "
		"beside "
		"them, and go beside all others (-e, --profile). Events that cannot be counted "
		"here "
		"are named with the reason; see kymo show counters. --counters-per-slice reads "
		"them "
		"at each context switch instead: what happened in each run of each task, up to 8 "
		"events, through BPF.\n"
		"\n"
		"The flight recorder (--flight) keeps the last TIME in memory and writes it when "
		"it is stopped by Ctrl-C, SIGTERM or --duration. SIGUSR1 writes what it has and "
		"goes on; the second file is called FILE-2.kymo.\n"
		"\n"
		"Needs CAP_BPF and CAP_PERFMON (engine bpf) or CAP_PERFMON (engine perf), and "
		"CAP_SYS_NICE so that the reader does not starve; sudo has them all. See kymo "
		"doctor.",
	.options = record_options,
	.args_bytes = sizeof(struct record_args),
	.args_default = &record_defaults,
	.examples = record_examples,
	.extra_help = record_extra_help,
	.run = record_run,
	.stop_at_word = true,
};
