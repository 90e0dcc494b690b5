/* SPDX-License-Identifier: MIT */
/*
 * Text as `perf script --ns` of perf 6.1 prints it: samples with their call chains, switches,
 * wake-ups and migrations, in order of time. docs/formats/exports.md says where it differs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "base/strpool.h"
#include "export/exporter.h"
#include "export/stacks.h"
#include "export/switch_names.h"
#include "model/run.h"
#include "model/sched_track.h"

struct script {
	struct stacks *stacks; /* NULL: the run has no samples */
	const char **text; /* by site: what stands there, as lines; NULL until it is needed */
	struct strpool *pool;
	struct buf line;
	struct switch_names names;
	int width; /* of the longest name of an event */
	FILE *out;
	uint64_t rows;
};

/* ---- samples ---- */

static const char *dso_of(const struct module *m, const struct function *f)
{
	if (m->kind == MODULE_KERNEL)
		return f->known && strcmp(f->module, "[kernel]") && f->module[0] == '['
			       ? f->module
			       : "[kernel.kallsyms]";
	return m->path[0] ? m->path : "[unknown]";
}

/* "\t           15464 luaD_callnoyield+0x44 (/opt/bench/lua)\n" */
static void add_line(struct buf *out, const struct function_site *at, const struct function *f,
		     const struct module *m, bool inlined)
{
	const char *where = inlined ? "inlined" : dso_of(m, f);

	if (!f->known)
		(void)buf_addf(out, "\t%16" PRIx64 " [unknown] (%s)\n", at->offset, where);
	else if (m->kind == MODULE_NAMED)
		(void)buf_addf(out, "\t%16x %s (%s)\n", 0, f->name, where);
	else
		(void)buf_addf(out, "\t%16" PRIx64 " %s+0x%" PRIx64 " (%s)\n", at->offset, f->name,
			       at->offset - at->start, where);
}

/* The lines of @site, what is inlined first. NULL: out of memory. */
static const char *make_text(struct script *s, uint32_t site)
{
	const struct functions *functions = stacks_functions(s->stacks);
	const struct function_site *at = functions_site_at(functions, site);
	const struct function_frame *frame = functions_frame_at(functions, at->first);
	const struct module *m = modules_at(profile_modules(stacks_profile(s->stacks)), at->module);

	buf_clear(&s->line);
	for (uint32_t k = 0; k < at->n; k++)
		add_line(&s->line, at, functions_at(functions, frame[k].function), m,
			 frame[k].inlined);
	return buf_error(&s->line) ? NULL : strpool_add(s->pool, buf_str(&s->line));
}

static void print_place(FILE *out, uint32_t cpu, nsec_t time)
{
	if (cpu != BATCH_CPU_NONE)
		fprintf(out, "[%03u] ", cpu);
	fprintf(out, "%5" PRIu64 ".%09" PRIu64 ": ", (uint64_t)(time / NSEC_PER_SEC),
		(uint64_t)(time % NSEC_PER_SEC));
}

static int take_sample(void *ctx, const struct stack_sample *x, struct err *e)
{
	struct script *s = ctx;
	const struct frames *frames = profile_frames(stacks_profile(s->stacks));
	const struct functions *functions = stacks_functions(s->stacks);
	uint32_t site = functions_site(functions, x->node);

	fprintf(s->out, x->node ? "%s %5u " : "%16s %5u ", stacks_name(s->stacks, x->name), x->tid);
	print_place(s->out, x->cpu, x->time);
	fprintf(s->out, "%10" PRIu64 " %*s: ", x->weight, s->width,
		stacks_event(s->stacks, x->event)->name);
	fputc('\n', s->out);
	for (uint32_t node = x->node; node;) {
		uint32_t parent = frames_at(frames, node)->parent;

		if (!s->text[site] && !(s->text[site] = make_text(s, site)))
			return err_set(e, -ENOMEM, "out of memory");
		fputs(s->text[site], s->out);
		site = functions_call_site(functions, node, parent);
		node = parent;
	}
	if (x->node)
		fputc('\n', s->out);
	s->rows++;
	return 0;
}

/* ---- events of the scheduler ---- */

/* "            perf  3028 [000]  4716.715266210: sched:sched_switch: " */
static int print_head(struct script *s, uint32_t tid, uint32_t cpu, nsec_t time, const char *event)
{
	const char *comm = tid ? switch_names_comm(&s->names, tid, time, cpu) : "swapper";

	if (!comm)
		return -ENOMEM;
	fprintf(s->out, "%16s %5u ", comm, tid);
	print_place(s->out, cpu, time);
	fprintf(s->out, "%*s: ", s->width, event);
	return 0;
}

/* "prev_comm=perf prev_pid=3028 prev_prio=120"; a priority that no event told is '?'. */
static int print_thread(struct script *s, const char *prefix, uint32_t tid, uint32_t cpu,
			nsec_t time)
{
	const char *comm = switch_names_comm(&s->names, tid, time, cpu);
	unsigned int prio;

	if (!comm)
		return -ENOMEM;
	fprintf(s->out, "%scomm=%s %spid=%u %sprio=", prefix, comm, prefix, tid, prefix);
	if (switch_names_prio(&s->names, tid, &prio))
		fprintf(s->out, "%u", prio);
	else
		fputc('?', s->out);
	return 0;
}

static int print_switch(struct script *s, const struct batch *b, uint32_t i)
{
	uint32_t prev = batch_u32(b, SWITCH_PREV)[i], next = batch_u32(b, SWITCH_NEXT)[i];
	char state[SWITCH_STATE_TEXT_MAX];
	int r = print_head(s, prev, b->cpu, b->time[i], "sched:sched_switch");

	if (r >= 0)
		r = print_thread(s, "prev_", prev, b->cpu, b->time[i]);
	if (r >= 0)
		r = switch_names_learn(&s->names, next, batch_u8(b, SWITCH_PRIO)[i]);
	if (r < 0)
		return r;
	fprintf(s->out, " prev_state=%s ==> ",
		switch_state_text(state, batch_u16(b, SWITCH_STATE)[i]));
	r = print_thread(s, "next_", next, b->cpu, b->time[i]);
	fputc('\n', s->out);
	return r;
}

static int print_wakeup(struct script *s, const struct batch *b, uint32_t i)
{
	bool first = batch_u8(b, WAKEUP_FLAGS)[i] & WAKEUP_FLAG_NEW;
	int r = print_head(s, batch_u32(b, WAKEUP_WAKER)[i], b->cpu, b->time[i],
			   first ? "sched:sched_wakeup_new" : "sched:sched_wakeup");

	if (r >= 0)
		r = print_thread(s, "", batch_u32(b, WAKEUP_TID)[i], b->cpu, b->time[i]);
	if (r >= 0)
		fprintf(s->out, " target_cpu=%03u\n", batch_u16(b, WAKEUP_TARGET)[i]);
	return r;
}

static int print_migrate(struct script *s, const struct batch *b, uint32_t i)
{
	/* Who did it is not recorded: the thread itself stands for it. */
	uint32_t tid = batch_u32(b, MIGRATE_TID)[i];
	int r = print_head(s, tid, b->cpu, b->time[i], "sched:sched_migrate_task");

	if (r >= 0)
		r = print_thread(s, "", tid, b->cpu, b->time[i]);
	if (r >= 0)
		fprintf(s->out, " orig_cpu=%u dest_cpu=%u\n", batch_u16(b, MIGRATE_FROM)[i],
			batch_u16(b, MIGRATE_TO)[i]);
	return r;
}

static int take_events(struct script *s, const struct batch *b, struct err *e)
{
	int r = 0;

	for (uint32_t i = 0; i < b->rows && r >= 0; i++)
		r = b->track == &track_switch	? print_switch(s, b, i)
		    : b->track == &track_wakeup ? print_wakeup(s, b, i)
						: print_migrate(s, b, i);
	s->rows += b->rows;
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* ---- the whole ---- */

static int print_all(struct script *s, struct source *src, const struct export_args *args,
		     struct err *e)
{
	/* A filter of samples leaves the events of the scheduler out. */
	bool samples_only = args->event || args->task;
	const struct query q = {
		.tracks = track_bit(&track_sample) |
			  (samples_only ? 0
					: track_bit(&track_switch) | track_bit(&track_wakeup) |
						  track_bit(&track_migrate)),
		.from = args->from,
		.to = analysis_query_end(src->info, args->to),
		.cpus = args->cpus,
		.order = CURSOR_BY_TIME,
	};
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0) {
		if (b->track != &track_sample)
			r = take_events(s, b, e);
		else if (s->stacks)
			r = stacks_take(s->stacks, b, take_sample, s, e);
	}
	return r;
}

/* perf puts names of events under each other. */
static int width_of(const struct script *s, const struct source *src)
{
	size_t width = 0;

	if (switch_names_has(src, &track_switch))
		width = strlen("sched:sched_switch");
	if (switch_names_has(src, &track_wakeup))
		width = strlen("sched:sched_wakeup");
	if (switch_names_has(src, &track_migrate))
		width = strlen("sched:sched_migrate_task");
	for (uint32_t i = 0; s->stacks && i + 1 < stacks_n_events(s->stacks); i++)
		width = max_of(width, strlen(stacks_event(s->stacks, i)->name));
	return (int)width;
}

static int prepare(struct script *s, struct source *src)
{
	int r = switch_names_init(&s->names, src->tasks);

	s->width = width_of(s, src);

	if (r < 0 || !s->stacks)
		return r;
	s->pool = strpool_new();
	s->text = calloc(functions_n_sites(stacks_functions(s->stacks)), sizeof(*s->text));
	return s->pool && s->text ? 0 : -ENOMEM;
}

static void tell(const struct script *s, struct buf *notes)
{
	if (s->names.unknown)
		(void)buf_addf(notes, "%" PRIu64 " priorities that no event told yet are '?'\n",
			       s->names.unknown);
	if (s->stacks)
		stacks_notes(s->stacks, notes);
}

static int to_script(struct source *src, const struct export_args *args, FILE *out,
		     struct export_result *ret, struct err *e)
{
	bool events = switch_names_has(src, &track_switch) || switch_names_has(src, &track_wakeup);
	auto_ptr(stacks) stacks = NULL;
	struct script s = { .out = out };
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	buf_init(&s.line, 0);
	if (r == -ENODATA && events)
		r = 0;
	if (r < 0)
		return r;
	s.stacks = stacks;
	r = prepare(&s, src);
	if (r < 0)
		(void)err_set(e, r, "out of memory");
	if (r >= 0)
		r = print_all(&s, src, args, e);
	if (r >= 0) {
		ret->rows = s.rows;
		tell(&s, &ret->notes);
	}
	switch_names_done(&s.names);
	strpool_free(s.pool);
	buf_done(&s.line);
	free(s.text);
	return r;
}

const struct exporter exporter_script = {
	.name = "script",
	.summary = "text of perf script: samples with call chains, switches, wake-ups",
	.extensions = ".script.txt",
	.flags =
		EXPORTER_TEXT | EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS | EXPORTER_SAMPLES,
	.run = to_script,
};
