/* SPDX-License-Identifier: MIT */
/*
 * cdict files, the captures of perfwhiz: rows of switches, sleeps and KVM exits and entries with
 * their durations. The durations go into the optional columns of the tracks; what the file does not
 * tell is said in the notes. docs/formats/cdict.md
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/idmap.h"
#include "format/cdict_table.h"
#include "import/importer.h"
#include "import/ordered_rows.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/sched_track.h"

/* Rows of one microsecond are told apart by so many nanoseconds at most. */
#define MAX_RANK 999

struct cpu_rows {
	uint32_t current; /* thread that runs, as the switches tell; 0 also when not known */
	uint64_t runtime; /* us, of RUNTIME rows since the last switch */
	bool known; /* has rows */
	bool seen_switch;
};

struct cdict_import {
	struct ordered_rows rows;
	struct cdict_table *table;
	struct cpu_rows cpu[CPUSET_MAX];
	struct idmap name; /* tid -> index into `names` */
	const char **names; /* the last name of each tid; the table's texts, so equal is same */
	uint32_t n_names, room_names;
	uint64_t switches, sleeps, runtimes, exits, entries;
};

/* ---- reading ---- */

struct bytes {
	struct input *in;
	const struct import_args *args;
	size_t shown; /* lent by the last call */
};

static int more_bytes(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e)
{
	struct bytes *b = ctx;

	input_consume(b->in, b->shown);
	b->shown = 0;
	int r = input_peek(b->in, 1, ret, ret_n, e);

	if (r < 0)
		return r;
	b->shown = *ret_n;
	if (b->args->progress)
		b->args->progress(b->args->ctx, input_offset(b->in), input_size(b->in));
	return 0;
}

/* ---- rows ---- */

static int add_row(struct cdict_import *c, enum ordered_track track, uint32_t cpu, nsec_t time,
		   struct batch **ret, struct err *e)
{
	int row = ordered_rows_add(&c->rows, track, cpu, time, ret, e);

	/* The table's times do not fall. */
	return row == -ESTALE ? err_set(e, -EINVAL, "rows are out of order") : row;
}

/* The name that the file gives @tid, when it is a new one. Idle tasks have theirs by their CPU. */
static int add_name(struct cdict_import *c, nsec_t time, uint32_t tid, const char *name,
		    struct err *e)
{
	uint32_t i = idmap_get(&c->name, tid);
	struct batch *b;

	if (!tid || (i != IDMAP_NONE && c->names[i] == name))
		return 0;
	if (i == IDMAP_NONE) {
		if (c->n_names == c->room_names) {
			uint32_t room = max_of(2 * c->room_names, 256u);
			const char **names = reallocarray(c->names, room, sizeof(*names));

			if (!names)
				return -ENOMEM;
			c->names = names;
			c->room_names = room;
		}
		i = c->n_names++;
		if (idmap_set(&c->name, tid, i) < 0)
			return -ENOMEM;
	}
	c->names[i] = name;
	int row = add_row(c, ORDERED_TASK, BATCH_CPU_NONE, time, &b, e);

	if (row < 0)
		return row;
	int64_t text = batch_add_text(b, name);

	if (text < 0)
		return (int)text;
	batch_u8(b, TASK_KIND)[row] = TASK_SEEN;
	batch_u32(b, TASK_TID)[row] = tid;
	batch_u32(b, TASK_TGID)[row] = 0;
	batch_u32(b, TASK_PARENT)[row] = 0;
	batch_u8(b, TASK_FLAGS)[row] = 0;
	((uint32_t *)b->col[TASK_COMM])[row] = (uint32_t)text;
	return 0;
}

static int add_switch(struct cdict_import *c, const struct cdict_row *r, nsec_t time, struct err *e)
{
	struct cpu_rows *cpu = &c->cpu[r->cpu];
	uint64_t duration = r->duration;
	struct batch *b;
	int row = add_row(c, ORDERED_SWITCH, r->cpu, time, &b, e);

	if (row < 0)
		return row;
	if (!duration && r->pid)
		duration = cpu->runtime;
	cpu->runtime = 0;
	cpu->current = r->next_pid;
	cpu->seen_switch = true;
	batch_u32(b, SWITCH_NEXT)[row] = r->next_pid;
	batch_u32(b, SWITCH_PREV)[row] = r->pid;
	batch_u16(b, SWITCH_STATE)[row] = r->pid ? SWITCH_STATE_SLEEP : SWITCH_STATE_RUNNING;
	batch_u8(b, SWITCH_PRIO)[row] = 0;
	batch_u64(b, SWITCH_RAN)[row] = duration * NSEC_PER_USEC + 1;
	c->switches++;
	return 0;
}

static int add_stat(struct cdict_import *c, const struct cdict_row *r, nsec_t time,
		    enum stat_kind kind, struct err *e)
{
	struct batch *b;
	int row = add_row(c, ORDERED_STAT, r->cpu, time, &b, e);

	if (row < 0)
		return row;
	batch_u8(b, STAT_KIND)[row] = (uint8_t)kind;
	batch_u32(b, STAT_TID)[row] = r->pid;
	batch_u64(b, STAT_NSEC)[row] = r->duration * NSEC_PER_USEC;
	if (kind == STAT_RUNTIME) {
		c->cpu[r->cpu].runtime += r->duration;
		c->runtimes++;
		return 0;
	}
	c->sleeps++;
	/* The kernel tells a sleep when it wakes the sleeper. */
	if (!r->pid)
		return 0;
	row = add_row(c, ORDERED_WAKEUP, r->cpu, time, &b, e);
	if (row < 0)
		return row;
	batch_u32(b, WAKEUP_TID)[row] = r->pid;
	batch_u32(b, WAKEUP_WAKER)[row] = c->cpu[r->cpu].current;
	batch_u16(b, WAKEUP_TARGET)[row] = (uint16_t)r->cpu;
	batch_u8(b, WAKEUP_FLAGS)[row] = 0;
	return 0;
}

static int add_exit(struct cdict_import *c, const struct cdict_row *r, nsec_t time, struct err *e)
{
	struct batch *b;
	int row = add_row(c, ORDERED_KVM_EXIT, r->cpu, time, &b, e);

	if (row < 0)
		return row;
	batch_u32(b, KVM_EXIT_TID)[row] = r->pid;
	batch_u8(b, KVM_EXIT_ISA)[row] = KVM_ISA_VMX;
	batch_u32(b, KVM_EXIT_REASON)[row] = r->reason;
	batch_u64(b, KVM_EXIT_TOLD)[row] = r->duration * NSEC_PER_USEC + 1;
	c->exits++;
	return 0;
}

static int add_entry(struct cdict_import *c, const struct cdict_row *r, nsec_t time, struct err *e)
{
	struct batch *b;
	int row = add_row(c, ORDERED_KVM_ENTRY, r->cpu, time, &b, e);

	if (row < 0)
		return row;
	batch_u32(b, KVM_ENTRY_TID)[row] = r->pid;
	batch_u64(b, KVM_ENTRY_TOLD)[row] = r->duration * NSEC_PER_USEC + 1;
	c->entries++;
	return 0;
}

static int add_event(struct cdict_import *c, const struct cdict_row *r, nsec_t time, struct err *e)
{
	int ret = add_name(c, time, r->pid, r->task_name, e);

	if (ret >= 0 && r->next_comm && r->next_pid != CDICT_NO_NEXT)
		ret = add_name(c, time, r->next_pid, r->next_comm, e);
	if (ret < 0)
		return ret;
	switch (r->event) {
	case CDICT_SWITCH:
		return add_switch(c, r, time, e);
	case CDICT_SLEEP:
		return add_stat(c, r, time, STAT_SLEEP, e);
	case CDICT_IOWAIT:
		return add_stat(c, r, time, STAT_IOWAIT, e);
	case CDICT_RUNTIME:
		return add_stat(c, r, time, STAT_RUNTIME, e);
	case CDICT_EXIT:
		return add_exit(c, r, time, e);
	default:
		return add_entry(c, r, time, e);
	}
}

/* Which CPUs there are, and who runs on each at first. */
static int find_cpus(struct cdict_import *c, const char *name, struct err *e)
{
	struct cdict_row r;

	for (uint32_t i = 0; i < cdict_table_rows(c->table); i++) {
		cdict_table_row(c->table, i, &r);
		if (r.cpu >= CPUSET_MAX)
			return err_set(e, -E2BIG, "'%s': row %u is of CPU %u, more than %u", name,
				       i, r.cpu, CPUSET_MAX - 1);
		struct cpu_rows *cpu = &c->cpu[r.cpu];

		cpu->known = true;
		if (r.event == CDICT_SWITCH && !cpu->seen_switch) {
			cpu->seen_switch = true;
			cpu->current = r.pid;
		}
	}
	return 0;
}

/* The file covers all of its CPUs from its first row on. */
static int write_marks(struct cdict_import *c, struct sink *sink, nsec_t start, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_mark, 1);
	int r = b ? 0 : -ENOMEM;

	for (uint32_t cpu = 0; cpu < CPUSET_MAX && r >= 0; cpu++) {
		if (!c->cpu[cpu].known)
			continue;
		b->cpu = cpu;
		b->rows = 1;
		b->time[0] = start;
		batch_u8(b, MARK_KIND)[0] = MARK_START;
		r = sink_write(sink, b, e);
	}
	return r;
}

static int write_rows(struct cdict_import *c, struct sink *sink, const char *name, struct err *e)
{
	uint32_t n = cdict_table_rows(c->table);
	uint64_t usecs = UINT64_MAX;
	unsigned int rank = 0;
	struct cdict_row row;
	int r = find_cpus(c, name, e);

	for (uint32_t i = 0; i < n && r >= 0; i++) {
		cdict_table_row(c->table, i, &row);
		rank = row.usecs == usecs ? min_of(rank + 1, (unsigned int)MAX_RANK) : 0;
		usecs = row.usecs;
		if (!i)
			r = write_marks(c, sink, usecs * NSEC_PER_USEC, e);
		if (r >= 0)
			r = add_event(c, &row, usecs * NSEC_PER_USEC + rank, e);
	}
	return r < 0 ? r : ordered_rows_finish(&c->rows, e);
}

static void tell(const struct cdict_import *c, struct buf *notes)
{
	buf_addf(notes, "%llu switches, %llu sleeps, %llu KVM exits and %llu entries of %u rows\n",
		 (unsigned long long)c->switches, (unsigned long long)c->sleeps,
		 (unsigned long long)c->exits, (unsigned long long)c->entries,
		 cdict_table_rows(c->table));
	if (c->runtimes)
		buf_addf(notes,
			 "%llu rows of run time (an old file) count for the switch that "
			 "follows them\n",
			 (unsigned long long)c->runtimes);
	buf_add_str(notes,
		    "not in the file: states and priorities (tasks show as sleeping, with "
		    "priority 0), wake-ups of tasks that did not sleep, threads' processes\n");
	if (c->exits)
		buf_add_str(notes, "exit reasons are taken as those of VMX, as perfwhiz did\n");
}

static int import_table(struct cdict_import *c, struct input *in, struct sink *sink,
			const struct import_args *args, struct import_result *ret, struct err *e)
{
	struct bytes bytes = { .in = in, .args = args };
	const struct cdict_input input = {
		.name = input_name(in), .size = input_size(in), .more = more_bytes, .ctx = &bytes
	};
	int r = cdict_table_read(c->table, &input, e);

	if (r >= 0)
		r = args->meta(args->ctx, "import.clock",
			       "microseconds of the file; the rank within one as nanoseconds", e);
	if (r >= 0)
		r = write_rows(c, sink, input_name(in), e);
	if (r < 0)
		return r == -ENOMEM && e && !e->text[0] ? err_set(e, r, "out of memory") : r;
	ret->events = ordered_rows_events(&c->rows);
	ret->complete = true;
	buf_init(&ret->notes, IMPORT_NOTES_MAX);
	tell(c, &ret->notes);
	return 0;
}

static int cdict_run(struct input *in, struct sink *sink, const struct import_args *args,
		     struct import_result *ret, struct err *e)
{
	struct cdict_import *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_set(e, -ENOMEM, "out of memory");
	ordered_rows_init(&c->rows, sink, ORDERED_WINDOW);
	ordered_rows_tell(&c->rows);
	c->table = cdict_table_new();
	r = c->table ? import_table(c, in, sink, args, ret, e)
		     : err_set(e, -ENOMEM, "out of memory");
	ordered_rows_done(&c->rows);
	idmap_done(&c->name);
	cdict_table_free(c->table);
	free(c->names);
	free(c);
	return r;
}

const struct importer importer_cdict = {
	.name = "cdict",
	.summary = "capture of perfwhiz: switches, sleeps and KVM exits with durations",
	.extensions = ".cdict",
	.recognise = cdict_recognise,
	.run = cdict_run,
};
