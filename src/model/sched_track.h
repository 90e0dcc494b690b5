/* SPDX-License-Identifier: MIT */
/* The scheduler's tracks and the numbers of their columns. docs/formats/recording.md says what they
 * mean. */
#pragma once

#include "model/track.h"

enum { TASK_TIME, TASK_KIND, TASK_TID, TASK_TGID, TASK_PARENT, TASK_FLAGS, TASK_COMM };
enum { SWITCH_TIME, SWITCH_NEXT, SWITCH_PREV, SWITCH_STATE, SWITCH_PRIO, SWITCH_RAN };
enum { WAKEUP_TIME, WAKEUP_TID, WAKEUP_WAKER, WAKEUP_TARGET, WAKEUP_FLAGS };
enum { MIGRATE_TIME, MIGRATE_TID, MIGRATE_FROM, MIGRATE_TO };
enum { STAT_TIME, STAT_KIND, STAT_TID, STAT_NSEC };

/* On disk. */
enum task_kind {
	TASK_ALIVE = 1,
	TASK_FORK = 2,
	TASK_EXEC = 3,
	TASK_RENAME = 4,
	TASK_EXIT = 5,
	TASK_SEEN = 6,
	TASK_ROLE = 7,
};
/* On disk: which of the kernel's sched_stat_* tracepoints. */
enum stat_kind {
	STAT_RUNTIME = 1,
	STAT_SLEEP = 2,
	STAT_IOWAIT = 3,
	STAT_BLOCKED = 4,
	STAT_WAIT = 5,
};
#define TASK_FLAG_SELF	 (1u << 0) /* a thread of the recorder */
#define TASK_FLAG_KERNEL (1u << 1) /* kernel thread */
#define WAKEUP_FLAG_NEW	 (1u << 0)

/* Bits of switch.state, as the kernel's sched_switch reports them (include/trace/events/sched.h,
 * since 4.14). */
#define SWITCH_STATE_RUNNING   0u
#define SWITCH_STATE_SLEEP     0x1u /* interruptible */
#define SWITCH_STATE_DISK      0x2u /* uninterruptible */
#define SWITCH_STATE_DEAD      0x30u
#define SWITCH_STATE_PREEMPTED 0x100u
/* Still wants the CPU after the switch. */
static inline bool switch_state_runnable(unsigned int state)
{
	return (state & 0xff) == 0;
}

extern const struct track track_task;
extern const struct track track_switch;
extern const struct track track_wakeup;
extern const struct track track_migrate;
extern const struct track track_stat;
