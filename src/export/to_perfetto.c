/* SPDX-License-Identifier: MIT */
/*
 * A Perfetto trace (perfetto.dev, protos/perfetto/trace): the names of threads, switches and
 * wake-ups as events of ftrace, samples with interned call chains. docs/formats/exports.md
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/hex.h"
#include "export/exporter.h"
#include "export/stacks.h"
#include "export/switch_names.h"
#include "format/protobuf.h"
#include "model/run.h"
#include "model/sched_track.h"

/* Fields by message, of Perfetto's public definitions. */
enum { TRACE_PACKET = 1 };
enum {
	PACKET_FTRACE = 1,
	PACKET_PROCESS_TREE = 2,
	PACKET_CLOCKS = 6,
	PACKET_TIMESTAMP = 8,
	PACKET_SEQUENCE = 10,
	PACKET_INTERNED = 12,
	PACKET_FLAGS = 13,
	PACKET_DEFAULTS = 59,
	PACKET_PERF_SAMPLE = 66,
};
enum { FLAG_CLEARED = 1, FLAG_NEEDS_STATE = 2 };
enum { DEFAULTS_PERF_SAMPLE = 12, PERF_DEFAULTS_TIMEBASE = 1 };
enum { TIMEBASE_PERIOD = 1, TIMEBASE_FREQUENCY = 2, TIMEBASE_NAME = 10 };
enum { CLOCKS_CLOCK = 1, CLOCK_ID = 1, CLOCK_TIMESTAMP = 2 };
enum { CLOCK_IS_REALTIME = 1, CLOCK_IS_BOOTTIME = 6 };
enum { TREE_PROCESS = 1, TREE_THREAD = 2 };
enum { PROCESS_PID = 1, PROCESS_PARENT = 2, PROCESS_CMDLINE = 3 };
enum { THREAD_TID = 1, THREAD_NAME = 2, THREAD_TGID = 3 };
enum { BUNDLE_CPU = 1, BUNDLE_EVENT = 2, BUNDLE_LOST = 3 };
enum { EVENT_F_TIME = 1, EVENT_F_PID = 2, EVENT_F_SWITCH = 4, EVENT_F_WAKING = 20 };
enum { SWITCH_F_PREV_COMM = 1, SWITCH_F_PREV_PID, SWITCH_F_PREV_PRIO, SWITCH_F_PREV_STATE };
enum { SWITCH_F_NEXT_COMM = 5, SWITCH_F_NEXT_PID, SWITCH_F_NEXT_PRIO };
enum { WAKING_COMM = 1, WAKING_PID, WAKING_PRIO, WAKING_SUCCESS, WAKING_TARGET };
enum {
	INTERNED_FUNCTION = 5,
	INTERNED_FRAME = 6,
	INTERNED_CALLSTACK = 7,
	INTERNED_BUILD_ID = 16,
	INTERNED_PATH = 17,
	INTERNED_MAPPING = 19,
};
enum { STRING_IID = 1, STRING_STR = 2 };
enum { MAPPING_IID = 1, MAPPING_BUILD_ID = 2, MAPPING_PATH = 7 };
enum { FRAME_IID = 1, FRAME_FUNCTION = 2, FRAME_MAPPING = 3, FRAME_REL_PC = 4 };
enum { CALLSTACK_IID = 1, CALLSTACK_FRAME = 2 };
enum { PERF_CPU = 1, PERF_PID = 2, PERF_TID = 3, PERF_CALLSTACK = 4, PERF_MODE = 5 };
enum { PERF_LOST = 17 };

#define SEQUENCE_TREE	 1u
#define SEQUENCE_FTRACE	 2u
#define SEQUENCE_SAMPLES 3u /* + number of the event: each has its own defaults */

struct perfetto {
	struct stacks *stacks; /* NULL: the run has no samples */
	struct source *src;
	const struct export_args *args;
	struct switch_names names;
	uint8_t *described; /* by event */
	struct idmap told; /* event << 32 | node: its callstack is in the trace */
	uint32_t *way; /* frames of a chain, leaf first */
	size_t room;
	FILE *out;
	struct buf packet, message, inner, text, trace;
	uint64_t rows, sums;
};

/* The packet goes out. */
static int write_packet(struct perfetto *p, uint32_t sequence, struct err *e)
{
	proto_add_u64(&p->packet, PACKET_SEQUENCE, sequence);
	proto_add_message(&p->trace, TRACE_PACKET, &p->packet);
	int r = buf_error(&p->trace);

	if (r < 0)
		return err_set(e, r, "no memory for the trace");
	(void)fwrite(p->trace.data, 1, p->trace.len, p->out); /* the caller looks at ferror() */
	buf_clear(&p->trace);
	return 0;
}

/* ---- threads ---- */

static void add_thread(struct perfetto *p, const struct task *t, const char *name)
{
	if (!t->tgid || t->tgid == t->tid) {
		proto_add_u64(&p->inner, PROCESS_PID, t->tid);
		if (t->parent)
			proto_add_u64(&p->inner, PROCESS_PARENT, t->parent);
		proto_add_str(&p->inner, PROCESS_CMDLINE, name);
		proto_add_message(&p->message, TREE_PROCESS, &p->inner);
	}
	proto_add_u64(&p->inner, THREAD_TID, t->tid);
	proto_add_str(&p->inner, THREAD_NAME, name);
	proto_add_u64(&p->inner, THREAD_TGID, t->tgid ? t->tgid : t->tid);
	proto_add_message(&p->message, TREE_THREAD, &p->inner);
}

static int write_threads(struct perfetto *p, struct err *e)
{
	struct tasks *tasks = p->src->tasks;

	for (uint32_t i = 0; i < tasks_count(tasks); i++)
		if (tasks_at(tasks, i)->tid)
			add_thread(p, tasks_at(tasks, i), tasks_label(tasks, i));
	proto_add_u64(&p->packet, PACKET_TIMESTAMP, p->args->from);
	proto_add_message(&p->packet, PACKET_PROCESS_TREE, &p->message);
	return write_packet(p, SEQUENCE_TREE, e);
}

static void add_clock(struct perfetto *p, unsigned int clock, nsec_t time)
{
	proto_add_u64(&p->inner, CLOCK_ID, clock);
	proto_add_u64(&p->inner, CLOCK_TIMESTAMP, time);
	proto_add_message(&p->message, CLOCKS_CLOCK, &p->inner);
}

/* A trace's own clock is BOOTTIME; the run's times, MONOTONIC, take its place. */
static int write_clocks(struct perfetto *p, struct err *e)
{
	nsec_t real = run_info_realtime(p->src->info, p->args->from);

	if (!real)
		return 0;
	add_clock(p, CLOCK_IS_BOOTTIME, p->args->from);
	add_clock(p, CLOCK_IS_REALTIME, real);
	proto_add_message(&p->packet, PACKET_CLOCKS, &p->message);
	return write_packet(p, SEQUENCE_TREE, e);
}

/* ---- the scheduler ---- */

static int add_switch(struct perfetto *p, const struct batch *b, uint32_t i)
{
	uint32_t prev = batch_u32(b, SWITCH_PREV)[i], next = batch_u32(b, SWITCH_NEXT)[i];
	const char *prev_comm = switch_names_comm(&p->names, prev, b->time[i], b->cpu);
	const char *next_comm = switch_names_comm(&p->names, next, b->time[i], b->cpu);
	unsigned int prio;

	if (!prev_comm || !next_comm)
		return -ENOMEM;
	proto_add_str(&p->inner, SWITCH_F_PREV_COMM, prev_comm);
	proto_add_u64(&p->inner, SWITCH_F_PREV_PID, prev);
	if (switch_names_prio(&p->names, prev, &prio))
		proto_add_u64(&p->inner, SWITCH_F_PREV_PRIO, prio);
	proto_add_u64(&p->inner, SWITCH_F_PREV_STATE, batch_u16(b, SWITCH_STATE)[i]);
	proto_add_str(&p->inner, SWITCH_F_NEXT_COMM, next_comm);
	proto_add_u64(&p->inner, SWITCH_F_NEXT_PID, next);
	proto_add_u64(&p->inner, SWITCH_F_NEXT_PRIO, batch_u8(b, SWITCH_PRIO)[i]);
	proto_add_u64(&p->text, EVENT_F_TIME, b->time[i]);
	proto_add_u64(&p->text, EVENT_F_PID, prev);
	proto_add_message(&p->text, EVENT_F_SWITCH, &p->inner);
	return switch_names_learn(&p->names, next, batch_u8(b, SWITCH_PRIO)[i]);
}

static int add_wakeup(struct perfetto *p, const struct batch *b, uint32_t i)
{
	uint32_t tid = batch_u32(b, WAKEUP_TID)[i];
	const char *comm = switch_names_comm(&p->names, tid, b->time[i], b->cpu);
	unsigned int prio;

	if (!comm)
		return -ENOMEM;
	proto_add_str(&p->inner, WAKING_COMM, comm);
	proto_add_u64(&p->inner, WAKING_PID, tid);
	if (switch_names_prio(&p->names, tid, &prio))
		proto_add_u64(&p->inner, WAKING_PRIO, prio);
	proto_add_u64(&p->inner, WAKING_SUCCESS, 1);
	proto_add_u64(&p->inner, WAKING_TARGET, batch_u16(b, WAKEUP_TARGET)[i]);
	proto_add_u64(&p->text, EVENT_F_TIME, b->time[i]);
	proto_add_u64(&p->text, EVENT_F_PID, batch_u32(b, WAKEUP_WAKER)[i]);
	proto_add_message(&p->text, EVENT_F_WAKING, &p->inner);
	return 0;
}

static int write_bundle(struct perfetto *p, const struct batch *b, struct err *e)
{
	int r = 0;

	proto_add_u64(&p->message, BUNDLE_CPU, b->cpu);
	for (uint32_t i = 0; i < b->rows && r >= 0; i++) {
		r = b->track == &track_switch ? add_switch(p, b, i) : add_wakeup(p, b, i);
		proto_add_message(&p->message, BUNDLE_EVENT, &p->text);
	}
	p->rows += b->rows;
	if (r < 0)
		return err_set(e, r, "out of memory");
	proto_add_message(&p->packet, PACKET_FTRACE, &p->message);
	return write_packet(p, SEQUENCE_FTRACE, e);
}

/* ---- samples ---- */

static void add_interned_text(struct perfetto *p, uint32_t field, uint64_t iid, const void *text,
			      size_t n)
{
	proto_add_u64(&p->inner, STRING_IID, iid);
	proto_add_bytes(&p->inner, STRING_STR, text, n);
	proto_add_message(&p->message, field, &p->inner);
}

static void add_modules(struct perfetto *p)
{
	const struct modules *modules = profile_modules(stacks_profile(p->stacks));

	for (uint32_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_at(modules, i);
		uint8_t id[64];
		size_t n = hex_bytes(m->build_id, id, sizeof(id));

		add_interned_text(p, INTERNED_PATH, i + (uint64_t)1, m->path, strlen(m->path));
		if (n)
			add_interned_text(p, INTERNED_BUILD_ID, i + (uint64_t)1, id, n);
		proto_add_u64(&p->inner, MAPPING_IID, i + (uint64_t)1);
		if (n)
			proto_add_u64(&p->inner, MAPPING_BUILD_ID, i + (uint64_t)1);
		proto_add_u64(&p->inner, MAPPING_PATH, i + (uint64_t)1);
		proto_add_message(&p->message, INTERNED_MAPPING, &p->inner);
	}
}

/* Functions, modules and frames: what all sequences of samples begin with. */
static void add_interned(struct perfetto *p)
{
	const struct functions *functions = stacks_functions(p->stacks);

	for (uint32_t i = 0; i < functions_count(functions); i++) {
		const char *name = functions_at(functions, i)->name;

		add_interned_text(p, INTERNED_FUNCTION, i + (uint64_t)1, name, strlen(name));
	}
	add_modules(p);
	for (uint32_t site = 1; site < functions_n_sites(functions); site++) {
		const struct function_site *at = functions_site_at(functions, site);

		for (uint32_t k = at->first; k < at->first + at->n; k++) {
			proto_add_u64(&p->inner, FRAME_IID, k + (uint64_t)1);
			proto_add_u64(&p->inner, FRAME_FUNCTION,
				      functions_frame_at(functions, k)->function + (uint64_t)1);
			proto_add_u64(&p->inner, FRAME_MAPPING, at->module + (uint64_t)1);
			proto_add_u64(&p->inner, FRAME_REL_PC, at->offset);
			proto_add_message(&p->message, INTERNED_FRAME, &p->inner);
		}
	}
}

/* The first packet of an event's sequence: its timebase, and the names. */
static int describe_event(struct perfetto *p, uint32_t event, nsec_t time, struct err *e)
{
	const struct stack_event *v = stacks_event(p->stacks, event);

	p->described[event] = 1;
	p->sums += v->sums;
	if (v->freq)
		proto_add_u64(&p->text, TIMEBASE_FREQUENCY, v->freq);
	else if (v->period)
		proto_add_u64(&p->text, TIMEBASE_PERIOD, v->period);
	proto_add_str(&p->text, TIMEBASE_NAME, v->name);
	proto_add_message(&p->inner, PERF_DEFAULTS_TIMEBASE, &p->text);
	proto_add_message(&p->message, DEFAULTS_PERF_SAMPLE, &p->inner);
	proto_add_message(&p->packet, PACKET_DEFAULTS, &p->message);
	proto_add_u64(&p->packet, PACKET_TIMESTAMP, time);
	proto_add_u64(&p->packet, PACKET_FLAGS, FLAG_CLEARED);
	add_interned(p);
	proto_add_message(&p->packet, PACKET_INTERNED, &p->message);
	return write_packet(p, SEQUENCE_SAMPLES + event, e);
}

/* A call chain as the interned callstack of its leaf's number, outermost caller first. */
static int add_callstack(struct perfetto *p, uint32_t event, uint32_t leaf)
{
	uint64_t key = (uint64_t)event << 32 | leaf;
	const struct frames *frames = profile_frames(stacks_profile(p->stacks));
	const struct functions *functions = stacks_functions(p->stacks);
	uint32_t site = functions_site(functions, leaf);
	size_t depth = 0;

	if (idmap_get(&p->told, key) != IDMAP_NONE)
		return 0;
	if (idmap_set(&p->told, key, 0) < 0)
		return -ENOMEM;
	for (uint32_t node = leaf; node;) {
		const struct function_site *at = functions_site_at(functions, site);
		uint32_t parent = frames_at(frames, node)->parent;
		void *array = p->way;
		int r = tasks_ensure(&array, &p->room, depth + at->n, sizeof(*p->way));

		p->way = array;
		if (r < 0)
			return r;
		for (uint32_t k = 0; k < at->n; k++)
			p->way[depth++] = at->first + k;
		site = functions_call_site(functions, node, parent);
		node = parent;
	}
	proto_add_u64(&p->inner, CALLSTACK_IID, leaf);
	while (depth--)
		proto_add_u64(&p->inner, CALLSTACK_FRAME, p->way[depth] + (uint64_t)1);
	proto_add_message(&p->message, INTERNED_CALLSTACK, &p->inner);
	proto_add_message(&p->packet, PACKET_INTERNED, &p->message);
	return 0;
}

static int take_sample(void *ctx, const struct stack_sample *x, struct err *e)
{
	struct perfetto *p = ctx;
	int r = p->described[x->event] ? 0 : describe_event(p, x->event, x->time, e);

	if (r >= 0 && x->node && add_callstack(p, x->event, x->node) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r < 0)
		return r;
	if (x->cpu != BATCH_CPU_NONE)
		proto_add_u64(&p->message, PERF_CPU, x->cpu);
	proto_add_u64(&p->message, PERF_PID, x->pid);
	proto_add_u64(&p->message, PERF_TID, x->tid);
	if (x->node)
		proto_add_u64(&p->message, PERF_CALLSTACK, x->node);
	if (x->mode)
		proto_add_u64(&p->message, PERF_MODE, x->mode);
	proto_add_u64(&p->packet, PACKET_TIMESTAMP, x->time);
	proto_add_u64(&p->packet, PACKET_FLAGS, FLAG_NEEDS_STATE);
	proto_add_message(&p->packet, PACKET_PERF_SAMPLE, &p->message);
	p->rows++;
	return write_packet(p, SEQUENCE_SAMPLES + x->event, e);
}

/* ---- losses ---- */

/* A gap in samples is a count of lost ones, any other a mark on the CPU's events. */
static int write_loss(struct perfetto *p, const struct run_loss *l, struct err *e)
{
	bool samples = l->track == track_sample.id;

	if (l->cpu == BATCH_CPU_NONE || l->from >= p->args->to || l->to < p->args->from)
		return 0;
	if (samples) {
		proto_add_u64(&p->message, PERF_CPU, l->cpu);
		proto_add_u64(&p->message, PERF_LOST, l->count);
		proto_add_u64(&p->packet, PACKET_TIMESTAMP, l->from);
		proto_add_message(&p->packet, PACKET_PERF_SAMPLE, &p->message);
	} else {
		proto_add_u64(&p->message, BUNDLE_CPU, l->cpu);
		proto_add_u64(&p->message, BUNDLE_LOST, 1);
		proto_add_message(&p->packet, PACKET_FTRACE, &p->message);
	}
	return write_packet(p, samples ? SEQUENCE_SAMPLES : SEQUENCE_FTRACE, e);
}

/* ---- the whole ---- */

static int write_events(struct perfetto *p, struct err *e)
{
	/* Other threads' events would show them on the CPUs: a filter of samples leaves all out. */
	bool samples_only = p->args->event || p->args->task;
	const struct query q = {
		.tracks = track_bit(&track_sample) |
			  (samples_only ? 0 : track_bit(&track_switch) | track_bit(&track_wakeup)),
		.from = p->args->from,
		.to = analysis_query_end(p->src->info, p->args->to),
		.cpus = p->args->cpus,
		.order = CURSOR_BY_TIME,
	};
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(p->src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0) {
		if (b->track != &track_sample)
			r = write_bundle(p, b, e);
		else if (p->stacks)
			r = stacks_take(p->stacks, b, take_sample, p, e);
	}
	return r;
}

static int write_trace(struct perfetto *p, struct err *e)
{
	int r = switch_names_init(&p->names, p->src->tasks);

	if (r >= 0 && p->stacks) {
		p->described = calloc(stacks_n_events(p->stacks), 1);
		r = p->described ? 0 : -ENOMEM;
	}
	if (r < 0)
		return err_set(e, r, "out of memory");
	r = write_clocks(p, e);
	if (r >= 0)
		r = write_threads(p, e);
	if (r >= 0)
		r = write_events(p, e);
	for (size_t i = 0; i < p->src->info->n_loss && r >= 0; i++)
		r = write_loss(p, &p->src->info->loss[i], e);
	return r;
}

static int to_perfetto(struct source *src, const struct export_args *args, FILE *out,
		       struct export_result *ret, struct err *e)
{
	auto_ptr(stacks) stacks = NULL;
	struct perfetto p = { .src = src, .args = args, .out = out };
	struct buf *const buffer[] = { &p.packet, &p.message, &p.inner, &p.text, &p.trace };
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r == -ENODATA &&
	    (switch_names_has(src, &track_switch) || switch_names_has(src, &track_wakeup)))
		r = 0;
	if (r < 0)
		return r;
	p.stacks = stacks;
	for (size_t i = 0; i < ARRAY_SIZE(buffer); i++)
		buf_init(buffer[i], 0);
	r = write_trace(&p, e);
	if (r >= 0) {
		ret->rows = p.rows;
		if (p.sums)
			(void)buf_add_str(&ret->notes, "sums of samples are one sample each: a "
						       "trace has no weights\n");
		if (stacks)
			stacks_notes(stacks, &ret->notes);
	}
	for (size_t i = 0; i < ARRAY_SIZE(buffer); i++)
		buf_done(buffer[i]);
	switch_names_done(&p.names);
	idmap_done(&p.told);
	free(p.described);
	free(p.way);
	return r;
}

const struct exporter exporter_perfetto = {
	.name = "perfetto",
	.summary = "trace for Perfetto: switches, wake-ups, samples with call chains",
	.extensions = ".perfetto-trace .perfetto",
	.flags = EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS | EXPORTER_SAMPLES,
	.run = to_perfetto,
};
