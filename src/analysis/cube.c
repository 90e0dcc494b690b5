/* SPDX-License-Identifier: MIT */
/*
 * Cells are tallies under a key of the bin and what tells cells of a bin apart. When they are too
 * many, bins are joined two by two, so the width in the end does not depend on the order of events.
 */
#include "analysis/cube.h"

#include <errno.h>
#include <stdlib.h>

#include "model/profile_track.h"
#include "stats/loghist.h"

#define TASK_BITS   26
#define TASK_MAX    (1u << TASK_BITS)
#define CPU_BITS    16
#define BUCKET_BITS 10
#define REASON_BITS 16 /* different exit reasons of a run */
#define PLACE_BITS  32 /* of sample_key, offcpu_key */
#define WRITE_ROWS  16384

const struct track track_cube_run = {
	.id = 200,
	.name = "cube_run",
	.help = "run time and switches by time bin, CPU and task",
	.n_columns = 5,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "cpu", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "CPU" },
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "run", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", .help = "run time" },
		{ .name = "switches", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "switch-outs" },
	},
};

const struct track track_cube_delay = {
	.id = 201,
	.name = "cube_delay",
	.help = "durations by time bin, kind, task and bucket",
	.n_columns = 7,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
		  .help = "1 run, 2 sleep, 3 wait, 4 preempted, 5 guest, 6 host" },
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "bucket", .type = COLUMN_U16, .codec = CODEC_PLANES,
		  .help = "logarithmic bucket of the length" },
		{ .name = "count", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "durations" },
		{ .name = "max", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", .help = "longest" },
		{ .name = "sum", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", .help = "sum" },
	},
};

const struct track track_cube_next = {
	.id = 202,
	.name = "cube_next",
	.help = "switches by time bin from task to task",
	.n_columns = 4,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "next", .type = COLUMN_U32, .codec = CODEC_DICT,
		  .help = "number of the task switched to" },
		{ .name = "count", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "switches" },
	},
};

const struct track track_cube_exit = {
	.id = 203,
	.name = "cube_exit",
	.help = "KVM exits by time bin, vCPU thread and reason",
	.n_columns = 9,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "isa", .type = COLUMN_U8, .codec = CODEC_PLANES,
		  .help = "what the reason is a number of" },
		{ .name = "reason", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "exit reason" },
		{ .name = "count", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "exits" },
		{ .name = "sum", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns",
		  .help = "host time of those that ended" },
		{ .name = "max", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns",
		  .help = "longest of those that ended" },
		{ .name = "last", .type = COLUMN_U32, .codec = CODEC_PLANES,
		  .help = "switch-outs of which it was the last exit" },
		{ .name = "ended", .type = COLUMN_U32, .codec = CODEC_PLANES,
		  .help = "exits whose entry was seen" },
	},
};

const struct track track_cube_sample = {
	.id = 204,
	.name = "cube_sample",
	.help = "samples by time bin, event, task and node of the tree of functions",
	.n_columns = 6,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "event", .type = COLUMN_U16, .codec = CODEC_PLANES, .help = "number of the event" },
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "node", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "where in the tree" },
		{ .name = "count", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "samples" },
		{ .name = "weight", .type = COLUMN_U64, .codec = CODEC_PLANES, .help = "sum of weights" },
	},
};

const struct track track_cube_offcpu = {
	.id = 205,
	.name = "cube_offcpu",
	.help = "times off the CPU by time bin, task and node of the tree of functions",
	.n_columns = 6,
	.column = {
		TRACK_TIME_COLUMN,
		{ .name = "task", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "number of the task" },
		{ .name = "node", .type = COLUMN_U32, .codec = CODEC_DICT, .help = "where it blocked" },
		{ .name = "count", .type = COLUMN_U32, .codec = CODEC_PLANES, .help = "times" },
		{ .name = "sum", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", .help = "sum" },
		{ .name = "max", .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", .help = "longest" },
	},
};

static void cube_init(struct cube *c, const struct run_info *info, unsigned int key_bits,
		      size_t max_cells)
{
	nsec_t span = max_of(run_info_span(info), (nsec_t)1);

	*c = (struct cube){ .start = info->start,
			    .span = span,
			    .bin_ns = (span - 1) / CUBE_MAX_BINS + 1,
			    .key_bits = key_bits,
			    .max_cells = max_cells };
}

void cubes_init(struct cubes *c, const struct run_info *info, size_t max_cells)
{
	max_cells = max_cells ? max_cells : CUBE_MAX_CELLS;
	cube_init(&c->run, info, CPU_BITS + TASK_BITS, max_cells);
	cube_init(&c->delay, info, 3 + TASK_BITS + BUCKET_BITS, max_cells);
	cube_init(&c->next, info, 2 * TASK_BITS, max_cells);
	cube_init(&c->exit, info, TASK_BITS + REASON_BITS + 1, max_cells);
	cube_init(&c->sample, info, PLACE_BITS, max_cells);
	cube_init(&c->offcpu, info, PLACE_BITS, max_cells);
	c->exit.part_bits = 1;
	c->info = info;
	c->reasons = (struct exit_reasons){ 0 };
	c->spans_begun = false;
	c->has_kvm = NULL;
	c->n_has_kvm = 0;
	c->samples = false;
	c->wakeups = analysis_has_track(info, &track_wakeup);
	c->pass = (struct analysis_pass){ 0 };
	c->sample_key = c->offcpu_key = NULL;
	c->nodes = (struct off_cpu_nodes){ 0 };
	/* Nothing else of them goes into the page. */
	counter_cube_init(&c->counter, info, CUBE_MAX_CELLS, c->run.bin_ns);
}

#define CUBES_ALL(c)                                                                       \
	{                                                                                  \
		&(c)->run, &(c)->delay, &(c)->next, &(c)->exit, &(c)->sample, &(c)->offcpu \
	}

void cubes_focus(struct cubes *c, nsec_t length)
{
	struct cube *all[] = CUBES_ALL(c);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		/* A bin of all ones would make TALLIES_NO_KEY. */
		nsec_t room = (UINT64_C(1) << (64 - all[i]->key_bits)) - 1;
		nsec_t bins = min_of(room, (nsec_t)CUBE_MAX_BINS_OF_RUN);
		nsec_t finest = (all[i]->span - 1) / bins + 1;

		all[i]->bin_ns =
			min_of(all[i]->bin_ns,
			       max_of(finest, max_of(length, (nsec_t)1) / CUBE_MAX_BINS + 1));
	}
	c->counter.first_bin_ns = c->run.bin_ns;
}

void cubes_done(struct cubes *c)
{
	struct cube *all[] = CUBES_ALL(c);

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		tallies_done(&all[i]->hot);
		tallies_done(&all[i]->cell);
	}
	exit_reasons_done(&c->reasons);
	free(c->has_kvm);
	c->has_kvm = NULL;
	c->n_has_kvm = 0;
	c->sample_key = frames_free(c->sample_key);
	c->offcpu_key = frames_free(c->offcpu_key);
	off_cpu_nodes_done(&c->nodes);
	counter_cube_done(&c->counter);
}

static int add_tally(struct tallies *to, uint64_t key, const struct tally *t)
{
	struct tally *sum = tallies_at(to, key);

	if (!sum)
		return -ENOMEM;
	sum->count += t->count;
	sum->sum += t->sum;
	sum->max = max_of(sum->max, t->max);
	return 0;
}

/* Twice as wide bins. */
static int join_bins(struct cube *c)
{
	struct tallies joined = { 0 };

	for (size_t i = 0; i <= c->cell.mask; i++) {
		const struct tally *t = &c->cell.slot[i];
		uint64_t bin = t->key >> c->key_bits;

		if (t->key == TALLIES_NO_KEY)
			continue;
		if (add_tally(&joined, t->key - ((bin - bin / 2) << c->key_bits), t) < 0) {
			tallies_done(&joined);
			return -ENOMEM;
		}
	}
	tallies_done(&c->cell);
	c->cell = joined;
	c->bin_ns = c->bin_ns > NSEC_MAX / 2 ? NSEC_MAX : 2 * c->bin_ns;
	return 0;
}

/* The current bin's cells to the others; there may be too many then. */
static int settle_bin(struct cube *c)
{
	for (size_t i = 0; c->hot.used && i <= c->hot.mask; i++) {
		const struct tally *t = &c->hot.slot[i];

		if (t->key != TALLIES_NO_KEY &&
		    add_tally(&c->cell, c->bin << c->key_bits | t->key, t) < 0)
			return -ENOMEM;
	}
	tallies_clear(&c->hot);
	while (c->cell.used > c->max_cells && c->bin_ns < c->span)
		if (join_bins(c) < 0)
			return -ENOMEM;
	c->begin = c->end = 0;
	return 0;
}

/* End of the bin of the time @since the start, which no time reaches where it is not to be written
 * in 64 bits. */
static nsec_t bin_end(const struct cube *c, nsec_t since)
{
	nsec_t begin = since - since % c->bin_ns, end;

	return __builtin_add_overflow(begin, c->bin_ns, &end) ? NSEC_MAX : end;
}

/* The cell of @key in the bin of the time @since the start. NULL: out of memory. */
static struct tally *other_cell(struct cube *c, nsec_t since, uint64_t key)
{
	/* The run's last moment belongs to its last bin. */
	since = min_of(since, c->span - 1);
	/* Long runs of many CPUs, all of them given at the end. */
	if (since < c->begin && c->cell.used > 2 * c->max_cells && settle_bin(c) < 0)
		return NULL;
	if (since < c->begin)
		return tallies_at(&c->cell, since / c->bin_ns << c->key_bits | key);
	if (since >= c->end) {
		if (settle_bin(c) < 0)
			return NULL;
		c->bin = since / c->bin_ns;
		c->begin = c->bin * c->bin_ns;
		c->end = bin_end(c, since);
	}
	return tallies_at(&c->hot, key);
}

static inline struct tally *cell_at(struct cube *c, nsec_t since, uint64_t key)
{
	if (since >= c->begin && since < c->end)
		return tallies_at(&c->hot, key);
	return other_cell(c, since, key);
}

static int add_run(struct cube *c, const struct run *r)
{
	uint64_t key = (uint64_t)r->cpu << TASK_BITS | r->task;
	nsec_t begin = r->begin - min_of(r->begin, c->start);
	nsec_t end = r->end - min_of(r->end, c->start);
	struct tally *t;

	while (begin < end) {
		t = cell_at(c, begin, key);
		if (!t)
			return -ENOMEM;
		nsec_t until = begin >= c->begin && begin < c->end ? c->end : bin_end(c, begin);

		/* What lies behind the run belongs to its last bin. */
		if (until > end || until >= c->span)
			until = end;
		t->sum += until - begin;
		begin = until;
	}
	if (r->flags & RUN_SWITCH) {
		t = cell_at(c, end, key);
		if (!t)
			return -ENOMEM;
		t->count++;
	}
	return 0;
}

static int take_runs(void *state, const struct run *run, size_t n, struct err *e)
{
	struct cubes *c = state;
	struct tally *t;

	for (const struct run *r = run; r < run + n; r++) {
		if (r->task >= TASK_MAX || (r->flags & RUN_SWITCH && r->next >= TASK_MAX) ||
		    r->cpu >> CPU_BITS)
			return err_set(e, -E2BIG, "too many tasks or CPUs for a report");
		if (add_run(&c->run, r) < 0)
			return err_set(e, -ENOMEM, "out of memory");
		if (!(r->flags & RUN_SWITCH))
			continue;
		t = cell_at(&c->next, r->end - min_of(r->end, c->next.start),
			    (uint64_t)r->task << TASK_BITS | r->next);
		if (!t)
			return err_set(e, -ENOMEM, "out of memory");
		t->count++;
	}
	return 0;
}

static int add_length(struct cube *c, unsigned int kind, uint32_t task, nsec_t begin, nsec_t end,
		      struct err *e)
{
	uint64_t length = end - begin;

	if (task >= TASK_MAX)
		return err_set(e, -E2BIG, "too many tasks for a report");
	struct tally *t = cell_at(c, end - min_of(end, c->start),
				  (uint64_t)kind << (TASK_BITS + BUCKET_BITS) |
					  (uint64_t)task << BUCKET_BITS | loghist_bucket(length));

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	t->count++;
	t->sum += length;
	t->max = max_of(t->max, length);
	return 0;
}

/* ---- samples, and time off the CPU ---- */

static int take_profile(void *state, const struct analysis_pass *p, struct err *e)
{
	struct cubes *c = state;

	c->pass = *p;
	c->sample_key = frames_new();
	c->offcpu_key = frames_new();
	return c->sample_key && c->offcpu_key ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int take_samples(void *state, const struct batch *b, struct err *e)
{
	struct cubes *c = state;
	const struct analysis_pass *p = &c->pass;

	for (uint32_t i = 0; p->profile && i < b->rows; i++) {
		uint16_t number = batch_u16(b, SAMPLE_EVENT)[i];
		const struct profile_event *event = profile_event(p->profile, number);
		uint32_t node = batch_u32(b, SAMPLE_NODE)[i];

		if (event && event->flags & EVENT_FLAG_OFF_CPU)
			continue;
		node = node < functions_n_nodes(p->functions)
			       ? functions_tree_node(p->functions, node)
			       : 0;
		uint32_t task =
			task_index_get(p->index, batch_u32(b, SAMPLE_TID)[i], b->time[i], b->cpu);
		uint32_t key = task == TASKS_NONE ? FRAMES_MAX
						  : frames_add(c->sample_key, task, number, node);
		struct tally *t =
			key == FRAMES_MAX
				? NULL
				: cell_at(&c->sample,
					  b->time[i] - min_of(b->time[i], c->sample.start), key);

		if (!t)
			return err_set(e, -ENOMEM, "out of memory");
		t->count++;
		t->sum += batch_u64(b, SAMPLE_WEIGHT)[i];
	}
	return 0;
}

static int take_counters(void *state, const struct batch *b, struct err *e)
{
	struct cubes *c = state;

	return counter_cube_take(&c->counter, c->pass.index, b, e);
}

static int add_off_cpu(struct cubes *c, const struct delay *d)
{
	uint32_t node;

	if (!c->pass.chains || !off_cpu_delay(d))
		return 0;
	if (off_cpu_node(&c->nodes, &c->pass, d, &node) < 0)
		return -ENOMEM;
	node = functions_tree_node(c->pass.functions, node);
	uint32_t key = frames_add(c->offcpu_key, d->task, 0, node);
	struct tally *t =
		key == FRAMES_MAX
			? NULL
			: cell_at(&c->offcpu, d->end - min_of(d->end, c->offcpu.start), key);

	if (!t)
		return -ENOMEM;
	t->count += off_cpu_over(d, c->wakeups);
	t->sum += d->end - d->begin;
	t->max = max_of(t->max, d->end - d->begin);
	return 0;
}

static int take_delays(void *state, const struct delay *delay, size_t n, struct err *e)
{
	struct cubes *c = state;
	int r = 0;

	for (const struct delay *d = delay; d < delay + n && r >= 0; d++) {
		if (d->kind != DELAY_NO_WAKEUP)
			r = add_length(&c->delay, d->kind, d->task, d->begin, d->end, e);
		if (r >= 0 && add_off_cpu(c, d) < 0)
			r = err_set(e, -ENOMEM, "out of memory");
	}
	return r;
}

/* A cell of exits is two tallies: exits with the time of those that ended, and in count and sum of
 * the other the last ones and those that ended. */
static int add_exit(struct cubes *c, const struct kvm_span *k, struct err *e)
{
	uint32_t place = exit_reasons_place(&c->reasons, k->isa, k->reason);

	if (place == EXIT_REASON_NONE)
		return err_set(e, -ENOMEM, "out of memory");
	if (place >> REASON_BITS)
		return err_set(e, -E2BIG, "too many different exit reasons for a report");
	uint64_t key = ((uint64_t)k->task << REASON_BITS | place) << 1;
	nsec_t since = k->end - min_of(k->end, c->exit.start);
	struct tally *t = cell_at(&c->exit, since, key | (k->kind == KVM_SPAN_LAST));

	if (t && k->kind == KVM_SPAN_HOST) {
		t->sum += k->end - k->begin;
		t->max = max_of(t->max, k->end - k->begin);
		t = cell_at(&c->exit, since, key | 1);
		if (t)
			t->sum++;
	} else if (t) {
		t->count++;
	}
	return t ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int mark_room(struct cubes *c, uint32_t task)
{
	void *array = c->has_kvm;
	int r = tasks_ensure(&array, &c->n_has_kvm, (size_t)task + 1, sizeof(*c->has_kvm));

	c->has_kvm = array;
	return r;
}

static int take_kvm(void *state, const struct kvm_span *span, size_t n, struct err *e)
{
	struct cubes *c = state;
	int r = 0;

	/* They begin anew at the start of the run, where the delays ended. */
	if (!c->spans_begun && settle_bin(&c->delay) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	c->spans_begun = true;
	for (const struct kvm_span *k = span; k < span + n && r >= 0; k++) {
		if (k->task >= c->n_has_kvm && mark_room(c, k->task) < 0)
			return err_set(e, -ENOMEM, "out of memory");
		c->has_kvm[k->task] = true;
		if (k->kind == KVM_SPAN_GUEST)
			r = add_length(&c->delay, DELAY_GUEST, k->task, k->begin + k->off_cpu,
				       k->end, e);
		else if (k->kind == KVM_SPAN_HOST)
			r = add_length(&c->delay, DELAY_HOST, k->task, k->begin, k->end, e);
		if (r >= 0 && (k->kind == KVM_SPAN_EXIT || k->kind == KVM_SPAN_HOST ||
			       k->kind == KVM_SPAN_LAST))
			r = k->task < TASK_MAX ? add_exit(c, k, e)
					       : err_set(e, -E2BIG, "too many tasks for a report");
	}
	return r;
}

struct scan_taker cubes_taker(struct cubes *c)
{
	return (struct scan_taker){ .take_profile = take_profile,
				    .take_runs = take_runs,
				    .take_delays = take_delays,
				    .take_kvm = take_kvm,
				    .take_samples = c->samples ? take_samples : NULL,
				    .take_counters = take_counters,
				    .state = c };
}

/* ---- out ---- */

/* Put a cell into a row: its key without the bin, and its @n tallies. */
typedef void put_cell(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		      size_t n);

static void put_run(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		    size_t n)
{
	uint32_t row = b->rows;

	(void)c;
	(void)n;
	batch_u32(b, CUBE_RUN_CPU)[row] = (uint32_t)(key >> TASK_BITS);
	batch_u32(b, CUBE_RUN_TASK)[row] = key % TASK_MAX;
	batch_u64(b, CUBE_RUN_RUN)[row] = t->sum;
	batch_u32(b, CUBE_RUN_SWITCHES)[row] = (uint32_t)t->count;
}

static void put_delay(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		      size_t n)
{
	uint32_t row = b->rows;

	(void)c;
	(void)n;
	batch_u8(b, CUBE_DELAY_KIND)[row] = (uint8_t)(key >> (TASK_BITS + BUCKET_BITS));
	batch_u32(b, CUBE_DELAY_TASK)[row] = (uint32_t)(key >> BUCKET_BITS) % TASK_MAX;
	batch_u16(b, CUBE_DELAY_BUCKET)[row] = key % (1u << BUCKET_BITS);
	batch_u32(b, CUBE_DELAY_COUNT)[row] = (uint32_t)t->count;
	batch_u64(b, CUBE_DELAY_MAX)[row] = t->max;
	batch_u64(b, CUBE_DELAY_SUM)[row] = t->sum;
}

static void put_next(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		     size_t n)
{
	uint32_t row = b->rows;

	(void)c;
	(void)n;
	batch_u32(b, CUBE_NEXT_TASK)[row] = (uint32_t)(key >> TASK_BITS);
	batch_u32(b, CUBE_NEXT_NEXT)[row] = key % TASK_MAX;
	batch_u32(b, CUBE_NEXT_COUNT)[row] = (uint32_t)t->count;
}

static void put_exit(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		     size_t n)
{
	static const struct tally none = { 0 };
	const struct tally *exits = t->key & 1 ? &none : t, *others = &none;
	const struct kvm_reason *r = &c->reasons.reason[key >> 1 & ((1u << REASON_BITS) - 1)];
	uint32_t row = b->rows;

	if (t[n - 1].key & 1)
		others = &t[n - 1];
	batch_u32(b, CUBE_EXIT_TASK)[row] = (uint32_t)(key >> (REASON_BITS + 1));
	batch_u8(b, CUBE_EXIT_ISA)[row] = r->isa;
	batch_u32(b, CUBE_EXIT_REASON)[row] = r->reason;
	batch_u32(b, CUBE_EXIT_COUNT)[row] = (uint32_t)exits->count;
	batch_u64(b, CUBE_EXIT_SUM)[row] = exits->sum;
	batch_u64(b, CUBE_EXIT_MAX)[row] = exits->max;
	batch_u32(b, CUBE_EXIT_LAST)[row] = (uint32_t)others->count;
	batch_u32(b, CUBE_EXIT_ENDED)[row] = (uint32_t)others->sum;
}

static void put_sample(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		       size_t n)
{
	const struct frame *of = frames_at(c->sample_key, (uint32_t)key);
	uint32_t row = b->rows;

	(void)n;
	batch_u16(b, CUBE_SAMPLE_EVENT)[row] = (uint16_t)of->module;
	batch_u32(b, CUBE_SAMPLE_TASK)[row] = of->parent;
	batch_u32(b, CUBE_SAMPLE_NODE)[row] = (uint32_t)of->offset;
	batch_u32(b, CUBE_SAMPLE_COUNT)[row] = (uint32_t)t->count;
	batch_u64(b, CUBE_SAMPLE_WEIGHT)[row] = t->sum;
}

static void put_offcpu(const struct cubes *c, struct batch *b, uint64_t key, const struct tally *t,
		       size_t n)
{
	const struct frame *of = frames_at(c->offcpu_key, (uint32_t)key);
	uint32_t row = b->rows;

	(void)n;
	batch_u32(b, CUBE_OFFCPU_TASK)[row] = of->parent;
	batch_u32(b, CUBE_OFFCPU_NODE)[row] = (uint32_t)of->offset;
	batch_u32(b, CUBE_OFFCPU_COUNT)[row] = (uint32_t)t->count;
	batch_u64(b, CUBE_OFFCPU_SUM)[row] = t->sum;
	batch_u64(b, CUBE_OFFCPU_MAX)[row] = t->max;
}

static int write_cube(const struct cubes *all, struct cube *c, const struct track *track,
		      put_cell *put, struct sink *s, struct err *e)
{
	auto_ptr(batch) b = batch_new(track, WRITE_ROWS);

	if (!b)
		return err_set(e, -ENOMEM, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	if (settle_bin(c) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	tallies_sort(&c->cell);
	for (size_t i = 0, n; i < c->cell.used; i += n) {
		const struct tally *t = &c->cell.slot[i];
		uint64_t bin = t->key >> c->key_bits, cell = t->key >> c->part_bits;

		for (n = 1; i + n < c->cell.used && t[n].key >> c->part_bits == cell;)
			n++;
		b->time[b->rows] = bin * c->bin_ns;
		put(all, b, t->key - (bin << c->key_bits), t, n);
		b->rows++;
		if (!batch_full(b))
			continue;
		int r = sink_write(s, b, e);

		if (r < 0)
			return r;
		batch_clear(b);
	}
	return sink_write(s, b, e);
}

int cubes_write(struct cubes *c, struct sink *s, struct err *e)
{
	int r = write_cube(c, &c->run, &track_cube_run, put_run, s, e);

	if (r >= 0)
		r = write_cube(c, &c->delay, &track_cube_delay, put_delay, s, e);
	if (r >= 0)
		r = write_cube(c, &c->next, &track_cube_next, put_next, s, e);
	if (r >= 0)
		r = write_cube(c, &c->exit, &track_cube_exit, put_exit, s, e);
	if (r >= 0)
		r = write_cube(c, &c->sample, &track_cube_sample, put_sample, s, e);
	if (r >= 0)
		r = write_cube(c, &c->offcpu, &track_cube_offcpu, put_offcpu, s, e);
	return r < 0 ? r : counter_cube_write(&c->counter, s, e);
}
