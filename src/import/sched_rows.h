/* SPDX-License-Identifier: MIT */
/*
 * Scheduler events as every importer knows them, made into rows of the sched tracks. Keeps the last
 * name of each tid, so that a name becomes a row only when it is new.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "import/ordered_rows.h"
#include "model/sched_track.h"

#define SCHED_COMM_BYTES 16 /* TASK_COMM_LEN: 15 characters and a NUL */
#define SCHED_TID_MAX	 (1u << 22) /* PID_MAX_LIMIT of 64-bit kernels */

struct sched_task {
	/* As the last event had them, bytes behind the NUL too: equal bytes need no second look. */
	uint8_t raw[SCHED_COMM_BYTES];
	char comm[SCHED_COMM_BYTES]; /* "" = unknown; padded with NULs */
	uint32_t tgid, parent;
};

struct sched_rows {
	struct ordered_rows rows;
	struct idmap tid; /* -> index into task */
	struct sched_task *task;
	uint32_t n_tasks, cap_tasks;
	struct batch *alive; /* tasks alive at the start, until the start is known */
	nsec_t start; /* time of the first event, NSEC_MAX = none yet */
	nsec_t last; /* greatest time of an event */
};

/* 0 or -ENOMEM. sched_rows_done() after both. */
int sched_rows_init(struct sched_rows *s, struct sink *sink) must_check;
void sched_rows_done(struct sched_rows *s);
/* Write what is held back. */
int sched_rows_finish(struct sched_rows *s, struct err *e) must_check;
/* Rows of events (tracks numbered 16 and up) so far. */
uint64_t sched_rows_events(const struct sched_rows *s);

/*
 * All below: 0 or -errno; a row that comes too late (see ordered_rows.h) is counted, not an error.
 * @cpu < CPUSET_MAX or BATCH_CPU_NONE.
 */
int sched_rows_switch(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t prev, uint32_t next,
		      unsigned int state, unsigned int prio, struct err *e) must_check;
int sched_rows_wakeup(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t waker,
		      uint32_t target, bool is_new, struct err *e) must_check;
int sched_rows_migrate(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t from,
		       uint32_t to, struct err *e) must_check;
int sched_rows_stat(struct sched_rows *s, uint32_t cpu, nsec_t time, enum stat_kind kind,
		    uint32_t tid, uint64_t nsec, struct err *e) must_check;
int sched_rows_loss(struct sched_rows *s, uint32_t cpu, nsec_t from, nsec_t to, uint16_t track,
		    uint64_t count, unsigned int cause, struct err *e) must_check;

/*
 * A context switch told by two halves: OUT by the task that leaves a CPU, IN by the one that comes.
 * The whole of it is written with the first half that is there. Zeroed at the begin.
 */
struct sched_halves {
	uint32_t current;
	bool out_seen; /* the IN that follows tells the same switch */
	bool known; /* current is */
};
struct sched_half {
	bool out, preempted;
	bool wide; /* @other is known; else the tasks that are not measured show as idle */
	uint32_t self, other; /* tids; self UINT32_MAX: a task that was gone already */
};
int sched_rows_half(struct sched_rows *s, struct sched_halves *c, uint32_t cpu, nsec_t time,
		    const struct sched_half *half, struct err *e) must_check;

/*
 * A life cycle event. @comm has @len bytes, may be cut at a NUL before, "" = the name last known of
 * @tid, or for a fork of @parent. TASK_ALIVE: @time and @cpu are not used.
 */
struct sched_life {
	enum task_kind kind;
	uint32_t tid, tgid, parent;
	const char *comm;
	size_t len;
};
int sched_rows_life(struct sched_rows *s, uint32_t cpu, nsec_t time, const struct sched_life *life,
		    struct err *e) must_check;
/* What a fork record of a task that was alive at the start tells: no row of its own. */
int sched_rows_parent(struct sched_rows *s, uint32_t tid, uint32_t parent) must_check;

int sched_rows_name_slow(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid,
			 const void *raw, struct err *e) must_check;

/* The name that an event shows for @tid: @raw has SCHED_COMM_BYTES bytes. Idle is passed over. */
static inline int must_check sched_rows_name(struct sched_rows *s, uint32_t cpu, nsec_t time,
					     uint32_t tid, const void *raw, struct err *e)
{
	if (!tid)
		return 0;
	uint32_t i = idmap_get(&s->tid, tid);

	if (i != IDMAP_NONE && !memcmp(s->task[i].raw, raw, SCHED_COMM_BYTES))
		return 0;
	return sched_rows_name_slow(s, cpu, time, tid, raw, e);
}

/* Is a name of @tid known? */
bool sched_rows_named(const struct sched_rows *s, uint32_t tid);

/* Who adds rows of other tracks to @s->rows calls it for each event that came in. */
static inline void sched_rows_note(struct sched_rows *s, nsec_t time)
{
	if (time < s->start)
		s->start = time;
	if (time > s->last)
		s->last = time;
}

/* "S", "R+", "D|K": the state that a text shows, as bits of switch.state. @len characters. -EINVAL:
 * none. */
int sched_state_parse(const char *s, size_t len, unsigned int *ret) must_check;
/* The bit for one state letter of the kernel's list; 0 for R and for letters that say nothing of
 * the kind (K, W, N). -EINVAL for others. */
int sched_state_letter(char letter) must_check;
