/* SPDX-License-Identifier: MIT */
/*
 * A made-up run in memory for tests of analyses: events are put down one by one and given out as a
 * source, in batches of @rows rows so that every edge between batches is met.
 *
 *	struct scenario s;
 *	scenario_init(&s, 2);
 *	scenario_start(&s, 0, 100);		CPU 0 is covered from 100 ...
 *	scenario_switch(&s, 0, 150, 7, 8, 1);	at 150, thread 7 sleeps (1) and thread 8 runs
 *	struct source *src = scenario_source(&s);
 *	scenario_done(&s);
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/memory.h"
#include "model/run.h"
#include "model/sched_track.h"
#include "model/stream.h"
#include "model/tasks.h"
#include "model/vm_track.h"

#define SCENARIO_STREAMS 128
#define SCENARIO_ROWS	 (1u << 15)

struct scenario {
	struct memory *memory;
	struct source *source;
	struct batch *stream[SCENARIO_STREAMS];
	unsigned int n;
	uint32_t rows;
};

static inline void scenario_init(struct scenario *s, uint32_t rows)
{
	memset(s, 0, sizeof(*s));
	s->rows = rows;
}

/* The batch of a stream, with one row more at @time. */
static inline struct batch *scenario_row(struct scenario *s, const struct track *t, uint32_t cpu,
					 nsec_t time)
{
	struct batch *b = NULL;

	for (unsigned int i = 0; i < s->n && !b; i++)
		if (s->stream[i]->track == t && s->stream[i]->cpu == cpu)
			b = s->stream[i];
	if (!b) {
		assert_true(s->n < SCENARIO_STREAMS);
		b = s->stream[s->n++] = batch_new_full(t, SCENARIO_ROWS);
		assert_non_null(b);
		b->cpu = cpu;
		for (unsigned int c = 0; c < t->n_columns; c++)
			if (t->column[c].flags & COLUMN_OPTIONAL)
				batch_set_optional(b, c, false);
	}
	assert_false(batch_full(b));
	assert_true(!b->rows || b->time[b->rows - 1] <= time);
	b->time[b->rows++] = time;
	return b;
}

static inline void scenario_switch(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t prev,
				   uint32_t next, uint16_t state)
{
	struct batch *b = scenario_row(s, &track_switch, cpu, time);

	batch_u32(b, SWITCH_PREV)[b->rows - 1] = prev;
	batch_u32(b, SWITCH_NEXT)[b->rows - 1] = next;
	batch_u16(b, SWITCH_STATE)[b->rows - 1] = state;
}

/* What the source tells of the last row of a stream, in an optional column: @ns. */
static inline void scenario_told(struct scenario *s, const struct track *t, uint32_t cpu,
				 unsigned int column, nsec_t ns)
{
	for (unsigned int i = 0; i < s->n; i++) {
		struct batch *b = s->stream[i];

		if (b->track != t || b->cpu != cpu)
			continue;
		batch_set_optional(b, column, true);
		batch_u64(b, column)[b->rows - 1] = ns + 1;
	}
}

static inline void scenario_wakeup(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid,
				   uint32_t waker)
{
	struct batch *b = scenario_row(s, &track_wakeup, cpu, time);

	batch_u32(b, WAKEUP_TID)[b->rows - 1] = tid;
	batch_u32(b, WAKEUP_WAKER)[b->rows - 1] = waker;
}

static inline void scenario_migrate(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid)
{
	struct batch *b = scenario_row(s, &track_migrate, cpu, time);

	batch_u32(b, MIGRATE_TID)[b->rows - 1] = tid;
}

static inline void scenario_exit(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid,
				 uint8_t isa, uint32_t reason)
{
	struct batch *b = scenario_row(s, &track_kvm_exit, cpu, time);

	batch_u32(b, KVM_EXIT_TID)[b->rows - 1] = tid;
	batch_u8(b, KVM_EXIT_ISA)[b->rows - 1] = isa;
	batch_u32(b, KVM_EXIT_REASON)[b->rows - 1] = reason;
}

static inline void scenario_entry(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid)
{
	struct batch *b = scenario_row(s, &track_kvm_entry, cpu, time);

	batch_u32(b, KVM_ENTRY_TID)[b->rows - 1] = tid;
}

static inline void scenario_kvm(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid,
				uint8_t kind, uint64_t what, uint32_t detail)
{
	struct batch *b = scenario_row(s, &track_kvm, cpu, time);

	batch_u8(b, KVM_KIND)[b->rows - 1] = kind;
	batch_u32(b, KVM_TID)[b->rows - 1] = tid;
	batch_u64(b, KVM_WHAT)[b->rows - 1] = what;
	batch_u32(b, KVM_DETAIL)[b->rows - 1] = detail;
}

/* A thread of a virtual machine, as /proc showed it. */
static inline void scenario_vm(struct scenario *s, nsec_t time, uint32_t tid, uint32_t pid,
			       const char *name, const char *type)
{
	struct batch *b = scenario_row(s, &track_vm, BATCH_CPU_NONE, time);
	int64_t name_text = batch_add_text(b, name), type_text = batch_add_text(b, type);

	assert_true(name_text >= 0 && type_text >= 0);
	batch_u32(b, VM_TID)[b->rows - 1] = tid;
	batch_u32(b, VM_PID)[b->rows - 1] = pid;
	((uint32_t *)b->col[VM_NAME])[b->rows - 1] = (uint32_t)name_text;
	((uint32_t *)b->col[VM_UUID])[b->rows - 1] = 0;
	((uint32_t *)b->col[VM_INSTANCE])[b->rows - 1] = 0;
	((uint32_t *)b->col[VM_TYPE])[b->rows - 1] = (uint32_t)type_text;
}

static inline void scenario_mark(struct scenario *s, uint32_t cpu, nsec_t time, uint8_t kind)
{
	struct batch *b = scenario_row(s, &track_mark, cpu, time);

	batch_u8(b, MARK_KIND)[b->rows - 1] = kind;
}

static inline void scenario_start(struct scenario *s, uint32_t cpu, nsec_t time)
{
	scenario_mark(s, cpu, time, MARK_START);
}

static inline void scenario_end(struct scenario *s, uint32_t cpu, nsec_t time)
{
	scenario_mark(s, cpu, time, MARK_END);
}

/* @track: NULL = any. */
static inline void scenario_loss(struct scenario *s, uint32_t cpu, nsec_t from, nsec_t to,
				 const struct track *track, uint64_t count)
{
	struct batch *b = scenario_row(s, &track_loss, cpu, from);

	batch_u64(b, LOSS_END)[b->rows - 1] = to;
	batch_u16(b, LOSS_TRACK)[b->rows - 1] = track ? track->id : 0;
	batch_u64(b, LOSS_COUNT)[b->rows - 1] = count;
	batch_u8(b, LOSS_CAUSE)[b->rows - 1] = LOSS_RING_FULL;
}

static inline void scenario_task(struct scenario *s, nsec_t time, uint8_t kind, uint32_t tid,
				 const char *comm, uint8_t flags)
{
	struct batch *b = scenario_row(s, &track_task, BATCH_CPU_NONE, time);
	int64_t text = batch_add_text(b, comm);

	assert_true(text >= 0);
	batch_u8(b, TASK_KIND)[b->rows - 1] = kind;
	batch_u32(b, TASK_TID)[b->rows - 1] = tid;
	batch_u32(b, TASK_TGID)[b->rows - 1] = tid;
	batch_u8(b, TASK_FLAGS)[b->rows - 1] = flags;
	((uint32_t *)b->col[TASK_COMM])[b->rows - 1] = (uint32_t)text;
}

/* ---- as a source ---- */

/* Lent until scenario_done(). */
static inline struct source *scenario_source(struct scenario *s)
{
	s->memory = memory_new();
	assert_non_null(s->memory);
	for (unsigned int i = 0; i < s->n; i++) {
		struct batch *all = s->stream[i], part = *all;

		for (uint32_t at = 0; at < all->rows; at += part.rows) {
			part.rows = min_of(s->rows, all->rows - at);
			for (unsigned int c = 0; c < all->track->n_columns; c++)
				if (all->col[c])
					part.col[c] =
						(char *)all->col[c] +
						at * column_type_bytes(all->track->column[c].type);
			part.time = part.col[0];
			assert_int_equal(sink_write(memory_sink(s->memory), &part, NULL), 0);
		}
	}
	s->source = memory_source(s->memory);
	assert_non_null(s->source);
	return s->source;
}

static inline void scenario_done(struct scenario *s)
{
	for (unsigned int i = 0; i < s->n; i++)
		batch_free(s->stream[i]);
	memory_free(s->memory);
}
