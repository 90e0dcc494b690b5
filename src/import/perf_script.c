/* SPDX-License-Identifier: MIT */
/*
 * Scheduler and KVM events, and samples with their call chains, from the text of `perf script`, and
 * of `trace-cmd report` and ftrace's trace file, which look alike. For recordings of which only the
 * text is left; perf.data is faster and knows more.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "import/importer.h"
#include "import/sched_event.h"
#include "import/sched_rows.h"
#include "import/script_kvm.h"
#include "import/script_line.h"
#include "import/script_samples.h"
#include "model/file_track.h"

#define LINE_MAX_BYTES 65536u
#define MAX_VALUES     8
#define PROGRESS_LINES 65536u

struct perf_script {
	struct input *in;
	const struct import_args *args;
	struct import_result *ret;
	struct sched_rows rows;
	struct script_kvm kvm;
	struct script_samples samples;
	uint64_t sample_line; /* of the sample that is open */
	struct sched_halves *halves; /* [CPUSET_MAX] */
	nsec_t *last; /* [CPUSET_MAX], of the last event of a CPU */
	uint64_t line, offset; /* of the line in hand */
	uint64_t strange, first_strange; /* lines that are no events, nor what may stand between */
	bool use_waking; /* there is no sched_wakeup */
	/* The same switch or fork may be told by a tracepoint and by a record of perf: whatever
	 * comes first in the file is used. */
	bool switch_events, switch_records, fork_records;
};

static int damage(struct perf_script *s, const char *what)
{
	s->ret->damaged++;
	if (!s->ret->complete)
		return 0;
	s->ret->complete = false;
	snprintf(s->ret->damage, sizeof(s->ret->damage), "'%.200s', line %llu (byte %llu): %s",
		 input_name(s->in), (unsigned long long)s->line, (unsigned long long)s->offset,
		 what);
	return 0;
}

/* ---- events ---- */

/* A name as 16 bytes, as tracepoints have it. */
static int name_row(struct perf_script *s, const struct script_line *l, uint32_t tid,
		    const struct script_value *comm, struct err *e)
{
	char raw[SCHED_COMM_BYTES] = "";

	memcpy(raw, comm->text, min_of(comm->len, sizeof(raw) - 1));
	return sched_rows_name(&s->rows, l->cpu, l->time, tid, raw, e);
}

static int take_switch(struct perf_script *s, const struct script_line *l,
		       const struct script_value *v, struct err *e)
{
	uint32_t prev = (uint32_t)v[1].number, next = (uint32_t)v[5].number;
	unsigned int state;

	if (sched_state_parse(v[3].text, v[3].len, &state) < 0)
		return damage(s, "a sched_switch with an unknown state");
	if (s->switch_records) {
		s->ret->other++;
		return 0;
	}
	s->switch_events = true;
	int r = name_row(s, l, prev, &v[0], e);

	if (r < 0)
		return r;
	r = name_row(s, l, next, &v[4], e);
	if (r < 0)
		return r;
	return sched_rows_switch(&s->rows, l->cpu, l->time, prev, next, state,
				 (unsigned int)v[6].number, e);
}

static int take_wakeup(struct perf_script *s, const struct script_line *l,
		       const struct script_value *v, struct err *e)
{
	bool waking = script_line_is(l, "sched_waking");
	uint32_t tid = (uint32_t)v[1].number;

	if (waking != s->use_waking && !script_line_is(l, "sched_wakeup_new")) {
		s->ret->other++;
		return 0;
	}
	int r = name_row(s, l, tid, &v[0], e);

	if (r < 0)
		return r;
	return sched_rows_wakeup(&s->rows, l->cpu, l->time, tid, l->tid, (uint32_t)v[3].number,
				 script_line_is(l, "sched_wakeup_new"), e);
}

/* The text form of before 5.x: success before the CPU; 0 = no wake-up. */
static int take_old_wakeup(struct perf_script *s, const struct script_line *l,
			   const struct script_value *v, struct err *e)
{
	struct script_value w[] = { v[0], v[1], v[2], v[4] };

	return v[3].number || v[3].text ? take_wakeup(s, l, w, e) : 0;
}

static int take_migrate(struct perf_script *s, const struct script_line *l,
			const struct script_value *v, struct err *e)
{
	uint32_t tid = (uint32_t)v[1].number;
	int r = name_row(s, l, tid, &v[0], e);

	if (r < 0)
		return r;
	return sched_rows_migrate(&s->rows, l->cpu, l->time, tid, (uint32_t)v[3].number,
				  (uint32_t)v[4].number, e);
}

static int take_life(struct perf_script *s, const struct script_line *l, enum task_kind kind,
		     uint32_t tid, uint32_t tgid, uint32_t parent, const struct script_value *comm,
		     struct err *e)
{
	struct sched_life life = {
		.kind = kind,
		.tid = tid,
		.tgid = tgid,
		.parent = parent,
		.comm = comm ? comm->text : "",
		.len = comm ? min_of(comm->len, (size_t)SCHED_COMM_BYTES - 1) : 0,
	};

	return sched_rows_life(&s->rows, l->cpu, l->time, &life, e);
}

static int take_fork(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	if (s->fork_records) {
		s->ret->other++;
		return 0;
	}
	return take_life(s, l, TASK_FORK, (uint32_t)v[3].number, 0, (uint32_t)v[1].number, &v[2],
			 e);
}

static int take_exec(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	const char *slash = memrchr(v[0].text, '/', v[0].len);
	struct script_value comm = v[0];

	if (slash) {
		comm.text = slash + 1;
		comm.len = (size_t)(v[0].text + v[0].len - comm.text);
	}
	return take_life(s, l, TASK_EXEC, (uint32_t)v[1].number, 0, 0, &comm, e);
}

static int take_exit(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	if (s->fork_records) {
		s->ret->other++;
		return 0;
	}
	return take_life(s, l, TASK_EXIT, (uint32_t)v[1].number, 0, 0, &v[0], e);
}

static int take_rename(struct perf_script *s, const struct script_line *l,
		       const struct script_value *v, struct err *e)
{
	return take_life(s, l, TASK_RENAME, (uint32_t)v[0].number, 0, 0, &v[2], e);
}

/* Since 6.16 it does not say whose name: the task that prints it. */
static int take_own_rename(struct perf_script *s, const struct script_line *l,
			   const struct script_value *v, struct err *e)
{
	return take_life(s, l, TASK_RENAME, l->tid, 0, 0, &v[1], e);
}

static int take_stat(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	uint32_t tid = (uint32_t)v[1].number;
	char name[32] = "";

	memcpy(name, l->event, min_of(l->event_len, sizeof(name) - 1));
	int r = name_row(s, l, tid, &v[0], e);

	if (r < 0)
		return r;
	return sched_rows_stat(&s->rows, l->cpu, l->time,
			       sched_event_stat(sched_event_kind("sched", name)), tid,
			       (uint64_t)v[2].number, e);
}

/* ---- perf's records as text (--show-switch-events, --show-task-events, --show-lost-events) ----
 */

static int take_half(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	bool wide = script_line_is(l, "PERF_RECORD_SWITCH_CPU_WIDE");
	struct sched_half half = {
		.out = l->text_len >= 3 && !memcmp(l->text, "OUT", 3),
		.preempted = memmem(l->text, l->text_len, "preempt", 7) != NULL,
		.wide = wide,
		.self = l->tid,
		.other = wide ? (uint32_t)v[2].number : 0,
	};

	if (s->switch_events) {
		s->ret->other++;
		return 0;
	}
	s->switch_records = true;
	if (l->tid != UINT32_MAX) {
		struct script_value comm = { .text = l->comm, .len = l->comm_len };
		int r = name_row(s, l, l->tid, &comm, e);

		if (r < 0)
			return r;
	}
	return sched_rows_half(&s->rows, &s->halves[l->cpu], l->cpu, l->time, &half, e);
}

static int take_comm(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	enum task_kind kind = !l->time ? TASK_ALIVE : *l->text == 'e' ? TASK_EXEC : TASK_RENAME;

	return take_life(s, l, kind, (uint32_t)v[2].number, (uint32_t)v[1].number, 0, &v[0], e);
}

static int take_fork_record(struct perf_script *s, const struct script_line *l,
			    const struct script_value *v, struct err *e)
{
	s->fork_records = true;
	if (!l->time)
		return sched_rows_parent(&s->rows, (uint32_t)v[1].number, (uint32_t)v[2].number);
	return take_life(s, l, TASK_FORK, (uint32_t)v[1].number, (uint32_t)v[0].number,
			 (uint32_t)v[3].number, NULL, e);
}

static int take_exit_record(struct perf_script *s, const struct script_line *l,
			    const struct script_value *v, struct err *e)
{
	s->fork_records = true;
	return take_life(s, l, TASK_EXIT, (uint32_t)v[1].number, (uint32_t)v[0].number, 0, NULL, e);
}

static int take_lost(struct perf_script *s, const struct script_line *l,
		     const struct script_value *v, struct err *e)
{
	nsec_t from = s->last[l->cpu] ? min_of(s->last[l->cpu], l->time) : l->time;

	s->ret->lost += (uint64_t)v[0].number;
	return sched_rows_loss(&s->rows, l->cpu, from, l->time, 0, (uint64_t)v[0].number,
			       LOSS_IN_INPUT, e);
}

/* Forms by event. Those with names and '=' are the kernel's print format, those with colons what
 * libtraceevent's plugin makes of it. */
static const struct form {
	const char *event, *pattern;
	int (*take)(struct perf_script *s, const struct script_line *l,
		    const struct script_value *v, struct err *e);
} forms[] = {
	{ "sched_switch",
	  "prev_comm=%t prev_pid=%d prev_prio=%p prev_state=%w ==> next_comm=%t next_pid=%d "
	  "next_prio=%d",
	  take_switch },
	{ "sched_switch", "%t:%d [%d] %w ==> %t:%d [%d]", take_switch },
	{ "sched_wakeup", "comm=%t pid=%d prio=%p target_cpu=%d", take_wakeup },
	{ "sched_wakeup", "comm=%t pid=%d prio=%d success=%d target_cpu=%d", take_old_wakeup },
	{ "sched_wakeup", "%t:%d [%d] CPU:%d", take_wakeup },
	{ "sched_wakeup", "%t:%d [%d] success=%d CPU:%d", take_old_wakeup },
	{ "sched_wakeup", "%t:%d [%d]<%t> CPU:%d", take_old_wakeup },
	{ "sched_migrate_task", "comm=%t pid=%d prio=%p orig_cpu=%d dest_cpu=%d", take_migrate },
	{ "sched_process_fork", "comm=%t pid=%d child_comm=%t child_pid=%d", take_fork },
	{ "sched_process_exec", "filename=%f pid=%d old_pid=%d", take_exec },
	{ "sched_process_exit", "comm=%t pid=%d prio=%d", take_exit },
	{ "task_rename", "pid=%d oldcomm=%t newcomm=%t oom_score_adj=%d", take_rename },
	{ "task_rename", "oldcomm=%t newcomm=%t oom_score_adj=%d", take_own_rename },
	{ "sched_stat_runtime", "comm=%t pid=%d runtime=%d", take_stat },
	{ "sched_stat_sleep", "comm=%t pid=%d delay=%d", take_stat },
	{ "sched_stat_iowait", "comm=%t pid=%d delay=%d", take_stat },
	{ "sched_stat_blocked", "comm=%t pid=%d delay=%d", take_stat },
	{ "sched_stat_wait", "comm=%t pid=%d delay=%d", take_stat },
	{ "PERF_RECORD_SWITCH_CPU_WIDE", "%t pid/tid: %d/%d", take_half },
	{ "PERF_RECORD_SWITCH", "%w", take_half },
	{ "PERF_RECORD_COMM", "exec: %t:%d/%d", take_comm },
	{ "PERF_RECORD_COMM", "%t:%d/%d", take_comm },
	{ "PERF_RECORD_FORK", "(%d:%d):(%d:%d)", take_fork_record },
	{ "PERF_RECORD_EXIT", "(%d:%d):(%d:%d)", take_exit_record },
	{ "PERF_RECORD_LOST", "lost %d", take_lost },
};

static int take_kvm(struct perf_script *s, const struct script_line *l, struct err *e)
{
	int r = script_kvm_take(&s->kvm, l, e);

	s->last[l->cpu] = l->time;
	if (r == -EBADMSG)
		return damage(s, "a kvm event that is not understood");
	if (r != -ENOSPC)
		return r;
	s->ret->other++;
	return 0;
}

static int take_event(struct perf_script *s, const struct script_line *l, struct err *e)
{
	struct script_line kind = *l;
	bool known = false;

	if (script_kvm_is(l))
		return take_kvm(s, l, e);
	/* All wake-ups look alike. */
	if (script_line_is(l, "sched_wakeup_new") || script_line_is(l, "sched_waking")) {
		kind.event = "sched_wakeup";
		kind.event_len = strlen(kind.event);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(forms); i++) {
		struct script_value v[MAX_VALUES] = { 0 };

		if (!script_line_is(&kind, forms[i].event))
			continue;
		known = true;
		if (!script_scan(l->text, l->text_len, forms[i].pattern, v))
			continue;
		int r = forms[i].take(s, l, v, e);

		s->last[l->cpu] = l->time;
		return r;
	}
	if (known)
		return damage(s, "a scheduler event that is not understood");
	s->sample_line = s->line;
	return script_samples_begin(&s->samples, l, e);
}

static int note_strange(struct perf_script *s, uint64_t line)
{
	if (!s->strange++)
		s->first_strange = line;
	return 0;
}

/* The event before has nothing more to come. */
static int end_sample(struct perf_script *s, struct err *e)
{
	bool no_cpu = s->samples.line.cpu == BATCH_CPU_NONE;
	int r = script_samples_end(&s->samples, e);

	if (r)
		return min_of(r, 0);
	if (no_cpu)
		return note_strange(s, s->sample_line);
	s->ret->other++;
	return 0;
}

/* A sample of an event that the text says no CPU of. */
static int take_no_cpu(struct perf_script *s, const struct script_line *l, struct err *e)
{
	struct script_value comm = { .text = l->comm, .len = l->comm_len };
	int r = script_samples_begin(&s->samples, l, e);

	s->sample_line = s->line;
	return r < 0 ? r : name_row(s, l, l->tid, &comm, e);
}

/* ---- lines ---- */

/* "# hostname : vm", as perf script --header prints it. */
static int take_header_line(struct perf_script *s, const char *p, size_t n, struct err *e)
{
	static const struct {
		const char *name, *key;
	} keys[] = {
		{ "# hostname : %f", "host.name" },   { "# os release : %f", "kernel.release" },
		{ "# arch : %f", "host.machine" },    { "# cpudesc : %f", "cpu.model" },
		{ "# cmdline : %f", "kymo.command" },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(keys); i++) {
		struct script_value v;

		if (!script_scan(p, n, keys[i].name, &v))
			continue;
		auto_free char *value = strndup(v.text, v.len);

		return value ? s->args->meta(s->args->ctx, keys[i].key, value, e) : -ENOMEM;
	}
	return 0;
}

/* Empty lines and call chains stand between events: "\tffffffff8123 name+0x12 (module)". */
static bool is_filling(const char *p, size_t n)
{
	size_t i = 0;

	while (i < n && (p[i] == ' ' || p[i] == '\t' || p[i] == '\r'))
		i++;
	if (i == n)
		return true;
	size_t hex = i;

	while (hex < n && ((p[hex] >= '0' && p[hex] <= '9') || (p[hex] >= 'a' && p[hex] <= 'f')))
		hex++;
	return i > 0 && hex > i && (hex == n || p[hex] == ' ');
}

static int take_line(struct perf_script *s, const char *p, size_t n, struct err *e)
{
	struct script_line l;
	int r;

	s->line++;
	if (n && p[n - 1] == '\r')
		n--;
	if (n && *p == '#')
		return take_header_line(s, p, n, e);
	if (n && *p == '\t' && (r = script_samples_frame(&s->samples, p, n, e)) != 0)
		return min_of(r, 0);
	bool event = script_line_parse(p, p + n, &l);
	bool no_cpu = !event && script_line_parse_no_cpu(p, p + n, &l);

	if (event || no_cpu) {
		r = end_sample(s, e);
		if (r < 0)
			return r;
		return event ? take_event(s, &l, e) : take_no_cpu(s, &l, e);
	}
	r = script_samples_frame(&s->samples, p, n, e);
	if (r)
		return min_of(r, 0);
	return is_filling(p, n) ? 0 : note_strange(s, s->line);
}

static int walk_lines(struct perf_script *s, struct err *e)
{
	for (;;) {
		const uint8_t *data;
		size_t n, used = 0;
		int r = input_peek(s->in, LINE_MAX_BYTES, &data, &n, e);

		if (r < 0 || !n)
			return r;
		uint64_t base = input_offset(s->in);
		bool at_end = n < LINE_MAX_BYTES;

		if (s->args->progress)
			s->args->progress(s->args->ctx, base, input_size(s->in));
		while (used < n) {
			const char *p = (const char *)data + used;
			const char *newline = memchr(p, '\n', n - used);
			size_t len = newline ? (size_t)(newline - p) : n - used;

			if (!newline && !at_end && used)
				break;
			s->offset = base + used;
			r = take_line(s, p, len, e);
			if (r < 0)
				return r;
			used += len + (newline != NULL);
			if (!newline && at_end)
				damage(s, "the text ends within this line");
		}
		input_consume(s->in, used);
	}
}

static int finish(struct perf_script *s, struct err *e)
{
	int r = end_sample(s, e);

	if (r >= 0)
		r = script_samples_finish(&s->samples, e);
	if (r >= 0 && !s->ret->complete)
		r = sched_rows_loss(&s->rows, BATCH_CPU_NONE, s->rows.last, s->rows.last, 0,
				    s->ret->damaged, LOSS_DAMAGE, e);
	if (r >= 0)
		r = sched_rows_finish(&s->rows, e);
	if (r < 0)
		return r;
	s->ret->events = sched_rows_events(&s->rows);
	s->ret->late = s->rows.rows.late;
	if (!s->ret->events)
		return err_set(
			e, -ENODATA,
			"'%s': no scheduler or KVM event with CPU and time, nor a sample, among "
			"its %llu lines "
			"(try: perf script --ns -F comm,tid,cpu,time,event,trace)",
			input_name(s->in), (unsigned long long)s->line);
	if (s->ret->other)
		r = buf_addf(&s->ret->notes, "not imported: %llu other events\n",
			     (unsigned long long)s->ret->other);
	if (s->strange)
		r = buf_addf(&s->ret->notes, "%llu lines are no events, the first is line %llu\n",
			     (unsigned long long)s->strange, (unsigned long long)s->first_strange);
	if (r >= 0)
		r = script_kvm_note(&s->kvm, &s->ret->notes);
	if (r >= 0)
		r = kvm_rows_meta(&s->kvm.rows, s->args, e);
	return r < 0 ? r : s->args->meta(s->args->ctx, "import.clock", "as printed", e);
}

static int perf_script_run(struct input *in, struct sink *sink, const struct import_args *args,
			   struct import_result *ret, struct err *e)
{
	struct perf_script s = { .in = in, .args = args, .ret = ret };
	const uint8_t *head;
	size_t n;

	ret->complete = true;
	buf_init(&ret->notes, IMPORT_NOTES_MAX);
	script_kvm_init(&s.kvm, &s.rows);
	script_samples_init(&s.samples, sink, &s.rows);
	int r = sched_rows_init(&s.rows, sink);

	s.halves = calloc(CPUSET_MAX, sizeof(*s.halves));
	s.last = calloc(CPUSET_MAX, sizeof(*s.last));
	if (r >= 0 && (!s.halves || !s.last))
		r = -ENOMEM;
	if (r >= 0)
		r = input_peek(in, INPUT_MAX_PEEK, &head, &n, e);
	if (r >= 0) {
		/* sched_waking comes before the sched_wakeup that tells the same. */
		s.use_waking = memmem(head, n, "sched_waking:", 13) &&
			       !memmem(head, n, "sched_wakeup:", 13);
		r = walk_lines(&s, e);
	}
	if (r >= 0)
		r = finish(&s, e);
	script_kvm_done(&s.kvm);
	script_samples_done(&s.samples);
	sched_rows_done(&s.rows);
	free(s.halves);
	free(s.last);
	return r;
}

static bool perf_script_recognise(const uint8_t *head, size_t n)
{
	const char *p = (const char *)head, *end = p + n;

	if (memchr(head, 0, n))
		return false;
	while (p < end) {
		const char *newline = memchr(p, '\n', (size_t)(end - p));
		struct script_line l;

		if (script_line_parse(p, newline ? newline : end, &l) ||
		    script_line_parse_no_cpu(p, newline ? newline : end, &l))
			return true;
		if (!newline)
			break;
		p = newline + 1;
	}
	return n > 8 && !memcmp(head, "# ======", 8);
}

const struct importer importer_perf_script = {
	.name = "perf-script",
	.summary = "text of 'perf script', 'trace-cmd report' or ftrace's trace file",
	.extensions = "*.txt",
	.recognise = perf_script_recognise,
	.run = perf_script_run,
};
