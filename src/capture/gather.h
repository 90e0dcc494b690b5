/* SPDX-License-Identifier: MIT */
/*
 * Between engines and the sink: gathers single events into batches per (track, CPU), keeps their
 * times from falling, cuts them to the covered time, and turns lost events into rows of the loss
 * track.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/batch.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/profile_track.h"
#include "model/sched_track.h"
#include "model/stream.h"

#define GATHER_ROWS 2048u

struct gather_stream {
	struct batch *batch;
	nsec_t last; /* time of its last row, written or not */
	nsec_t written; /* time of the last row that the sink has */
};

/* In the order in which they go to the sink: names before events. */
enum gather_streams {
	GATHER_TASKS,
	GATHER_SWITCHES,
	GATHER_WAKEUPS,
	GATHER_MIGRATIONS,
	GATHER_KVM_EXITS,
	GATHER_KVM_ENTRIES,
	GATHER_KVM,
	GATHER_SAMPLES,
	GATHER_COUNTERS,
	GATHER_LOSSES,
	GATHER_STREAMS,
};

struct gather_cpu {
	nsec_t from, until; /* covered time; events outside are dropped */
	struct gather_stream stream[GATHER_STREAMS];
};

struct gather {
	struct sink *sink;
	struct gather_cpu *cpu; /* [n_cpus] by number, and one for BATCH_CPU_NONE behind */
	unsigned int n_cpus;
	uint64_t events, lost;
	uint32_t self; /* process id of the recorder */
	struct buf notes; /* capture_notes() */
	struct err *error; /* where the call in progress puts words; may be NULL */
};

/* @n_cpus: highest CPU number + 1. Covered time is nothing until gather_cover(). */
int gather_init(struct gather *g, unsigned int n_cpus) must_check;
void gather_done(struct gather *g);
/* A sentence for capture_notes(). */
void gather_note(struct gather *g, const char *fmt, ...) printf_like(2, 3);
/* Give all rows to the sink. */
int gather_flush(struct gather *g, struct err *e) must_check;

/* Slow paths of the inline functions below. */
int gather_make_room(struct gather *g, struct gather_stream *s, const struct track *track,
		     uint32_t cpu) must_check;
void gather_reorder(struct gather_stream *s);

/* A new row of a stream with its time set, or -errno. */
static inline int must_check gather_row(struct gather *g, struct gather_stream *s,
					const struct track *track, uint32_t cpu, nsec_t time,
					uint32_t *ret_row)
{
	if (!s->batch || batch_full(s->batch)) {
		int r = gather_make_room(g, s, track, cpu);

		if (r < 0)
			return r;
	}
	uint32_t row = s->batch->rows++;

	s->batch->time[row] = time;
	*ret_row = row;
	return 0;
}

/* After a row's columns are filled. */
static inline void gather_row_end(struct gather_stream *s, nsec_t time)
{
	if (time < s->last)
		gather_reorder(s);
	else
		s->last = time;
}

static inline bool gather_covered(const struct gather_cpu *c, nsec_t time)
{
	return time >= c->from && time <= c->until;
}

/* Engines know the CPU's entry while they go through a ring. */
static inline int must_check gather_switch(struct gather *g, uint32_t cpu, nsec_t time,
					   uint32_t next, uint32_t prev, uint16_t state,
					   uint8_t prio)
{
	struct gather_cpu *c = &g->cpu[cpu];
	struct gather_stream *s = &c->stream[GATHER_SWITCHES];
	uint32_t row;

	if (!gather_covered(c, time))
		return 0;
	int r = gather_row(g, s, &track_switch, cpu, time, &row);

	if (r < 0)
		return r;
	struct batch *b = s->batch;

	((uint32_t *)b->col[SWITCH_NEXT])[row] = next;
	((uint32_t *)b->col[SWITCH_PREV])[row] = prev;
	((uint16_t *)b->col[SWITCH_STATE])[row] = state;
	((uint8_t *)b->col[SWITCH_PRIO])[row] = prio;
	gather_row_end(s, time);
	return 0;
}

int gather_wakeup(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t waker,
		  uint16_t target, uint8_t flags) must_check;
int gather_migrate(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint16_t from,
		   uint16_t to) must_check;

int gather_kvm_exit(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint8_t isa,
		    uint32_t reason) must_check;
int gather_kvm_entry(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid) must_check;
/* @kind: enum kvm_kind */
int gather_kvm(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint8_t kind,
	       uint64_t what, uint32_t detail) must_check;

struct gather_sample {
	uint64_t weight;
	uint32_t tid, pid, node;
	uint16_t event;
	uint8_t mode;
};
int gather_sample(struct gather *g, uint32_t cpu, nsec_t time,
		  const struct gather_sample *v) must_check;

struct gather_counter {
	uint64_t value, enabled, running;
	uint32_t tid;
	uint16_t event;
	uint8_t kind; /* enum counter_kind */
};
/* Not cut to covered time, since a row tells of the time before it. @cpu may be BATCH_CPU_NONE. */
int gather_counter(struct gather *g, uint32_t cpu, nsec_t time,
		   const struct gather_counter *v) must_check;

struct gather_task {
	nsec_t time;
	enum task_kind kind;
	uint32_t tid, tgid, parent;
	bool kernel;
	const char *comm;
};
/* Not cut to covered time: names are good at any time. @cpu may be BATCH_CPU_NONE. */
int gather_task(struct gather *g, uint32_t cpu, const struct gather_task *t) must_check;

/* @count events of @track (NULL: of any) were lost in [first, last] on @cpu (or BATCH_CPU_NONE). */
int gather_loss(struct gather *g, uint32_t cpu, const struct track *track, nsec_t first,
		nsec_t last, uint64_t count) must_check;
/* The same for another cause than a full ring. */
int gather_loss_by(struct gather *g, uint32_t cpu, const struct track *track, nsec_t first,
		   nsec_t last, uint64_t count, enum loss_cause cause) must_check;

/* Covered time of @cpu; NSEC_MAX = no end yet. */
static inline void gather_cover(struct gather *g, uint32_t cpu, nsec_t from, nsec_t until)
{
	g->cpu[cpu].from = from;
	g->cpu[cpu].until = until;
}
