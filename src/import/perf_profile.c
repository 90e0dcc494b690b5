/* SPDX-License-Identifier: MIT */
/*
 * take_record() sees records in order of time. A sample costs its chain, whose outer frames are
 * mostly those of the sample before (chain_writer.c).
 */
#include "import/perf_profile.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "import/perf_record.h"
#include "import/perf_sample.h"

#define CHAIN_MAX	    4096u
#define SOFTWARE_CPU_CLOCK  0u
#define SOFTWARE_TASK_CLOCK 1u
#define SOFTWARE_DUMMY	    9u
#define BUILD_ID_TEXT	    41

#define MISC_CPUMODE	   7u
#define MISC_COMM_EXEC	   (1u << 13)
#define MISC_FORK_EXEC	   (1u << 13) /* made up by perf: the child's mappings follow */
#define MISC_MMAP_BUILD_ID (1u << 14)

static int take_record(void *ctx, const struct perf_queued *q, struct err *e);

int perf_profile_init(struct perf_profile *p, struct sink *sink)
{
	*p = (struct perf_profile){ .sink = sink, .root_fd = -1 };
	p->queue.take = take_record;
	p->queue.ctx = p;
	p->chains = chain_writer_new(sink);
	p->ip = calloc(CHAIN_MAX + UNWIND_MAX_FRAMES + 1, sizeof(*p->ip));
	return p->chains && p->ip ? 0 : -ENOMEM;
}

void perf_profile_done(struct perf_profile *p)
{
	unwinder_free(p->unwinder);
	chain_writer_free(p->chains);
	perf_queue_done(&p->queue);
	free(p->ip);
	if (p->root_fd >= 0)
		close(p->root_fd);
	p->unwinder = NULL;
	p->chains = NULL;
	p->ip = NULL;
	p->root_fd = -1;
}

int perf_profile_root(struct perf_profile *p, const char *root, struct err *e)
{
	p->root_fd = open(root ? root : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return p->root_fd < 0 ? err_set(e, -errno, "cannot open '%s': %s", root ? root : "/",
					strerror(errno))
			      : 0;
}

bool perf_profile_wants(const struct perf_attr *a)
{
	uint64_t need = PERF_HAS_TIME | PERF_HAS_TID;

	if (a->type == PERF_ATTR_TYPE_SOFTWARE && a->config == SOFTWARE_DUMMY)
		return false;
	return (a->sample_type & need) == need &&
	       a->sample_type & (PERF_HAS_IP | PERF_HAS_CALLCHAIN);
}

int perf_profile_take(struct perf_profile *p, nsec_t time, uint32_t attr, const uint8_t *record,
		      size_t n, struct err *e)
{
	return perf_queue_add(&p->queue, time, attr, record, n, e);
}

int perf_profile_round(struct perf_profile *p, struct err *e)
{
	return perf_queue_round(&p->queue, e);
}

/* ---- address spaces ---- */

static const char *known_build_id(const struct perf_profile *p, const char *path)
{
	const char *id = perf_features_build_id(p->features, path);

	return id ? id : "";
}

/* perf makes up one for the kernel's text, and one for each of its modules. */
static int take_kernel_map(struct perf_profile *p, nsec_t time, uint64_t start, const char *path,
			   struct err *e)
{
	if (strncmp(path, "[kernel.kallsyms]", strlen("[kernel.kallsyms]")) != 0)
		return 0;
	if (!p->kernel_text && !strcmp(path, "[kernel.kallsyms]_text"))
		p->kernel_text = start;
	return chain_writer_kernel(p->chains, time, known_build_id(p, "[kernel.kallsyms]"), e);
}

/* u32 pid, tid; u64 start, bytes, place in the file; MMAP2: where the file is or its build id in 24
 * bytes, u32 protection, flags; path. */
static int take_map(struct perf_profile *p, const struct perf_queued *q, bool two, struct err *e)
{
	const uint8_t *r = q->record;
	size_t at = two ? 72 : 40, n = q->tag;
	unsigned int misc = perf_u16(r + 4, p->big);
	char id[BUILD_ID_TEXT] = "";

	if (n <= at || !memchr(r + at, 0, n - at)) {
		p->bad++;
		return 0;
	}
	const char *path = (const char *)r + at;
	uint64_t start = perf_u64(r + 16, p->big);

	if ((misc & MISC_CPUMODE) == SAMPLE_MODE_KERNEL)
		return take_kernel_map(p, q->time, start, path, e);
	if ((misc & MISC_CPUMODE) != SAMPLE_MODE_USER)
		return 0;
	if (two && misc & MISC_MMAP_BUILD_ID)
		hex_text(r + 44, min_of((size_t)r[40], (size_t)20), id);
	return chain_writer_map(p->chains, q->time, perf_u32(r + 8, p->big), start,
				perf_u64(r + 24, p->big), perf_u64(r + 32, p->big), path,
				id[0] ? id : known_build_id(p, path), e);
}

/* u32 pid, parent's pid, tid, parent's tid */
static int take_fork(struct perf_profile *p, const struct perf_queued *q, struct err *e)
{
	struct spaces *spaces = chain_writer_spaces(p->chains);
	const uint8_t *r = q->record;

	if (q->tag < 24)
		return 0; /* counted by whoever made a task row of it */
	uint32_t pid = perf_u32(r + 8, p->big), parent = perf_u32(r + 12, p->big);

	if (pid == parent)
		return 0;
	spaces_clear(spaces, pid);
	if (perf_u16(r + 4, p->big) & MISC_FORK_EXEC)
		return 0;
	return spaces_fork(spaces, parent, pid) < 0 ? err_set(e, -ENOMEM, "out of memory") : 0;
}

/* ---- samples ---- */

/* The user's part of the chain by its stack, behind the @n entries; how many there are then. */
static size_t unwind(struct perf_profile *p, const struct perf_attr *a, const struct perf_sample *s,
		     size_t n)
{
	struct unwind_thread t = { .stack = s->stack,
				   .stack_bytes = s->stack_bytes,
				   .pid = s->pid };
	enum unwind_machine machine = unwind_machine_named(p->features->machine);

	p->stacks++;
	if (machine == UNWIND_NONE || s->regs_abi != PERF_REGS_64 ||
	    !unwind_thread_regs(&t, machine, a->regs_user, s->regs, p->big)) {
		p->no_machine++;
		return n;
	}
	if (!p->unwinder) {
		p->unwinder =
			unwinder_new(p->root_fd, machine, p->big, chain_writer_spaces(p->chains),
				     chain_writer_modules(p->chains));
		if (!p->unwinder)
			return n;
	}
	size_t frames = unwinder_walk(p->unwinder, &t, p->ip + n + 1, UNWIND_MAX_FRAMES);

	p->not_unwound += frames <= 1;
	p->ip[n] = CHAIN_CONTEXT_USER;
	return frames ? n + 1 + frames : n;
}

static bool has_mark(const uint64_t *ip, size_t n, uint64_t mark)
{
	bool has = false;

	for (size_t i = 0; i < n; i++)
		has |= ip[i] == mark;
	return has;
}

/* Addresses and marks of the sample in p->ip; their number. */
static size_t gather_chain(struct perf_profile *p, const struct perf_attr *a,
			   const struct perf_sample *s, enum sample_mode mode)
{
	size_t n = (size_t)min_of(s->n_chain, (uint64_t)CHAIN_MAX), leaf = 0;

	perf_u64s(p->ip, s->chain, n, p->big);
	if (s->regs && s->stack && !has_mark(p->ip, n, CHAIN_CONTEXT_USER))
		n = unwind(p, a, s, n);
	while (leaf < n && p->ip[leaf] >= CHAIN_CONTEXT_MIN)
		leaf++;
	if (a->sample.ip == PERF_AT_NONE)
		return n;
	if (leaf == n) {
		p->ip[0] = s->ip;
		return 1;
	}
	/* Where the hardware said more exactly what happened, the chain begins an instruction
	 * later. */
	if (leaf && p->ip[leaf - 1] == (mode == SAMPLE_MODE_KERNEL ? CHAIN_CONTEXT_KERNEL
								   : CHAIN_CONTEXT_USER))
		p->ip[leaf] = s->ip;
	return n;
}

static uint64_t weight_of(const struct perf_attr *a, const struct perf_sample *s)
{
	if (a->sample_type & PERF_HAS_PERIOD)
		return s->period;
	return a->flags & PERF_FLAG_FREQ ? 1 : a->period;
}

static int take_sample(struct perf_profile *p, const struct perf_queued *q, struct err *e)
{
	const struct perf_attr *a = &p->attrs->attr[q->tag];
	const uint8_t *r = q->record;
	enum sample_mode mode = (enum sample_mode)(perf_u16(r + 4, p->big) & MISC_CPUMODE);
	struct perf_sample s;
	struct batch *b;
	uint32_t node;

	if (perf_sample_parse(a, r + PERF_REC_HEADER_BYTES,
			      perf_u16(r + 6, p->big) - PERF_REC_HEADER_BYTES, p->big, &s) < 0 ||
	    (s.cpu != BATCH_CPU_NONE && s.cpu >= CPUSET_MAX)) {
		p->bad++;
		return 0;
	}
	size_t n = gather_chain(p, a, &s, mode);
	int row = chain_writer_node(p->chains, s.time, s.pid, mode, p->ip, n, &node, e);

	if (row < 0)
		return row;
	row = ordered_rows_add(&p->rows->rows, ORDERED_SAMPLE, s.cpu, s.time, &b, e);
	if (row < 0)
		return row == -ESTALE ? 0 : row;
	batch_u16(b, SAMPLE_EVENT)[row] = (uint16_t)q->tag;
	batch_u32(b, SAMPLE_TID)[row] = s.tid;
	batch_u32(b, SAMPLE_PID)[row] = s.pid;
	batch_u32(b, SAMPLE_NODE)[row] = node;
	batch_u64(b, SAMPLE_WEIGHT)[row] = weight_of(a, &s);
	batch_u8(b, SAMPLE_MODE)[row] = (uint8_t)mode;
	p->samples++;
	return 0;
}

static int take_record(void *ctx, const struct perf_queued *q, struct err *e)
{
	struct perf_profile *p = ctx;
	uint32_t type = perf_u32(q->record, p->big);

	switch (type) {
	case PERF_REC_SAMPLE:
		return take_sample(p, q, e);
	case PERF_REC_MMAP:
	case PERF_REC_MMAP2:
		return take_map(p, q, type == PERF_REC_MMAP2, e);
	case PERF_REC_FORK:
		return take_fork(p, q, e);
	case PERF_REC_COMM:
		if (perf_u16(q->record + 4, p->big) & MISC_COMM_EXEC && q->tag >= 16)
			spaces_clear(chain_writer_spaces(p->chains),
				     perf_u32(q->record + 8, p->big));
		return 0;
	default:
		return 0;
	}
}

/* ---- the end ---- */

static void event_name(const struct perf_profile *p, const struct perf_attr *a, char *ret,
		       size_t max)
{
	const struct perf_format *f = a->type == PERF_ATTR_TYPE_TRACEPOINT
					      ? perf_formats_find(p->formats, a->config)
					      : NULL;

	if (a->name || f)
		snprintf(ret, max, "%s", a->name ? a->name : f->name);
	else
		snprintf(ret, max, "type=%" PRIu32 ",config=0x%" PRIx64, a->type, a->config);
}

static bool counts_time(const struct perf_attr *a)
{
	return a->type == PERF_ATTR_TYPE_SOFTWARE &&
	       (a->config == SOFTWARE_CPU_CLOCK || a->config == SOFTWARE_TASK_CLOCK);
}

static uint32_t event_flags(const struct perf_attr *a)
{
	bool user = !(a->flags & PERF_FLAG_EXCLUDE_USER);
	bool kernel = !(a->flags & PERF_FLAG_EXCLUDE_KERNEL);

	return (user && !kernel ? EVENT_FLAG_USER : 0) | (kernel && !user ? EVENT_FLAG_KERNEL : 0) |
	       (a->flags & PERF_FLAG_PRECISE ? EVENT_FLAG_PRECISE : 0);
}

static int add_event(struct perf_profile *p, uint32_t number, struct batch *b)
{
	const struct perf_attr *a = &p->attrs->attr[number];
	bool freq = a->flags & PERF_FLAG_FREQ, counted = a->sample_type & PERF_HAS_PERIOD;
	uint32_t i = b->rows;
	char name[512];

	event_name(p, a, name, sizeof(name));
	int64_t text = batch_add_text(b, name);
	int64_t unit = batch_add_text(b, a->unit ? a->unit : counts_time(a) ? "ns" : "");
	int64_t note = batch_add_text(b, freq && !counted ? "a weight is a sample: the file does "
							    "not tell their periods"
							  : "");

	if (text < 0 || unit < 0 || note < 0)
		return -ENOMEM;
	b->time[i] = p->rows->start == NSEC_MAX ? 0 : p->rows->start;
	batch_u16(b, EVENT_NUMBER)[i] = (uint16_t)number;
	((uint32_t *)b->col[EVENT_NAME])[i] = (uint32_t)text;
	((uint32_t *)b->col[EVENT_UNIT])[i] = (uint32_t)unit;
	((uint32_t *)b->col[EVENT_NOTE])[i] = (uint32_t)note;
	batch_u32(b, EVENT_TYPE)[i] = a->type;
	batch_u64(b, EVENT_CONFIG)[i] = a->config;
	batch_u64(b, EVENT_PERIOD)[i] = freq ? 0 : a->period;
	batch_u32(b, EVENT_FREQ)[i] = freq ? (uint32_t)min_of(a->period, (uint64_t)UINT32_MAX) : 0;
	batch_u32(b, EVENT_FLAGS)[i] = event_flags(a);
	b->rows++;
	return 0;
}

static int write_events(struct perf_profile *p, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_event, max_of(p->attrs->n, 1u));

	if (!b)
		return err_set(e, -ENOMEM, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	for (uint32_t i = 0; i < p->attrs->n; i++)
		if (p->attrs->attr[i].sampled && add_event(p, i, b) < 0)
			return err_set(e, -ENOMEM, "out of memory");
	return sink_write(p->sink, b, e);
}

static int tell_kernel(const struct perf_profile *p, const struct import_args *args, struct err *e)
{
	const char *id = known_build_id(p, "[kernel.kallsyms]");
	char text[32];
	int r = 0;

	if (p->kernel_text) {
		snprintf(text, sizeof(text), "0x%" PRIx64, p->kernel_text);
		r = args->meta(args->ctx, "kernel.text", text, e);
	}
	return r >= 0 && id[0] ? args->meta(args->ctx, "kernel.build_id", id, e) : r;
}

static int note_unwinding(const struct perf_profile *p, struct buf *notes)
{
	const struct unwind_rules *rules = p->unwinder ? unwinder_rules(p->unwinder) : NULL;
	size_t missing = rules ? unwind_rules_n_missing(rules) : 0;
	int r = 0;

	if (p->no_machine)
		r = buf_addf(notes,
			     "%" PRIu64 " of %" PRIu64 " user stacks are not unwound: of a 32-bit "
			     "process, or of a machine that is not known here\n",
			     p->no_machine, p->stacks);
	if (r >= 0 && p->not_unwound)
		r = buf_addf(notes, "%" PRIu64 " of %" PRIu64 " user stacks show no caller\n",
			     p->not_unwound, p->stacks);
	for (size_t i = 0; r >= 0 && i < missing; i++)
		r = buf_addf(notes,
			     "stacks are not unwound through '%.1000s': it is not here, or is "
			     "another build (try: --symfs DIR)\n",
			     unwind_rules_missing(rules, i)->path);
	return r < 0 ? r : 0;
}

int perf_profile_finish(struct perf_profile *p, const struct import_args *args, struct buf *notes,
			struct err *e)
{
	int r = perf_queue_finish(&p->queue, e);

	if (r < 0 || !p->attrs->n)
		return r;
	r = chain_writer_flush(p->chains, e);
	if (r >= 0)
		r = write_events(p, e);
	if (r >= 0 && p->samples)
		r = tell_kernel(p, args, e);
	return r < 0 ? r : note_unwinding(p, notes);
}
