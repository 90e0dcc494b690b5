/* SPDX-License-Identifier: MIT */
/*
 * The scheduler's tracks: task, switch, wakeup, migrate, stat. Task ids and CPUs of one CPU's
 * stream repeat within a small set, so they are kept as positions in a per-block dictionary.
 */
#include "model/sched_track.h"

const struct track track_task = {
	.id = 8,
	.name = "task",
	.help = "life and names of tasks",
	.n_columns = 7,
	.column = {
		[TASK_TIME] = TRACK_TIME_COLUMN,
		[TASK_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
				.unit = "", .help = "1 alive at start, 2 fork, 3 exec, 4 rename, "
						    "5 exit, 6 name seen in an event, 7 role" },
		/* Rising in the list of tasks at the start and, mostly, from fork to fork. */
		[TASK_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
			       .flags = COLUMN_TASK, .unit = "id", .help = "thread id" },
		[TASK_TGID] = { .name = "tgid", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				.unit = "id", .help = "process id, 0 = unknown" },
		[TASK_PARENT] = { .name = "parent", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .unit = "id", .help = "thread id of the parent, 0 = unknown" },
		[TASK_FLAGS] = { .name = "flags", .type = COLUMN_U8, .codec = CODEC_PLANES,
				 .unit = "", .help = "1 = kymo itself, 2 = kernel thread" },
		[TASK_COMM] = { .name = "comm", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				.unit = "", .help = "name; kind 7: the role" },
	},
};

const struct track track_switch = {
	.id = 16,
	.name = "switch",
	.help = "context switches",
	.n_columns = 6,
	.column = {
		[SWITCH_TIME] = TRACK_TIME_COLUMN,
		[SWITCH_NEXT] = { .name = "next", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .flags = COLUMN_TASK, .unit = "id",
				  .help = "thread that runs from now on" },
		[SWITCH_PREV] = { .name = "prev", .type = COLUMN_U32, .codec = CODEC_AFTER,
				  .after = SWITCH_NEXT, .flags = COLUMN_TASK, .unit = "id",
				  .help = "thread that ran until now" },
		[SWITCH_STATE] = { .name = "state", .type = COLUMN_U16, .codec = CODEC_DICT,
				   .unit = "", .help = "state in which prev left, bits of "
						       "sched_switch" },
		[SWITCH_PRIO] = { .name = "prio", .type = COLUMN_U8, .codec = CODEC_DICT,
				  .unit = "", .help = "kernel priority of next, 120 = nice 0" },
		[SWITCH_RAN] = { .name = "ran", .type = COLUMN_U64, .codec = CODEC_PLANES,
				 .flags = COLUMN_OPTIONAL, .unit = "ns",
				 .help = "how long prev ran until now as the source tells, + 1; "
					 "0 = not told" },
	},
};

const struct track track_wakeup = {
	.id = 17,
	.name = "wakeup",
	.help = "tasks made runnable",
	.n_columns = 5,
	.column = {
		[WAKEUP_TIME] = TRACK_TIME_COLUMN,
		[WAKEUP_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .flags = COLUMN_TASK, .unit = "id", .help = "thread woken" },
		[WAKEUP_WAKER] = { .name = "waker", .type = COLUMN_U32, .codec = CODEC_DICT,
				   .flags = COLUMN_TASK, .unit = "id",
				   .help = "thread current where it was woken" },
		[WAKEUP_TARGET] = { .name = "target", .type = COLUMN_U16, .codec = CODEC_DICT,
				    .unit = "id", .help = "CPU on which it was queued" },
		[WAKEUP_FLAGS] = { .name = "flags", .type = COLUMN_U8, .codec = CODEC_DICT,
				   .unit = "", .help = "1 = first wake-up of a new task" },
	},
};

const struct track track_migrate = {
	.id = 18,
	.name = "migrate",
	.help = "tasks moved to another CPU",
	.n_columns = 4,
	.column = {
		[MIGRATE_TIME] = TRACK_TIME_COLUMN,
		[MIGRATE_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .flags = COLUMN_TASK, .unit = "id", .help = "thread moved" },
		[MIGRATE_FROM] = { .name = "from", .type = COLUMN_U16, .codec = CODEC_DICT,
				   .unit = "id", .help = "CPU it left" },
		[MIGRATE_TO] = { .name = "to", .type = COLUMN_U16, .codec = CODEC_DICT,
				 .unit = "id", .help = "CPU it goes to" },
	},
};

const struct track track_stat = {
	.id = 22,
	.name = "stat",
	.help = "durations that the kernel or an imported file told",
	.n_columns = 4,
	.column = {
		[STAT_TIME] = TRACK_TIME_COLUMN,
		[STAT_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_DICT,
				.unit = "", .help = "1 runtime, 2 sleep, 3 iowait, 4 blocked, "
						    "5 wait" },
		[STAT_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
			       .flags = COLUMN_TASK, .unit = "id", .help = "thread it is of" },
		[STAT_NSEC] = { .name = "nsec", .type = COLUMN_U64, .codec = CODEC_PLANES,
				.unit = "ns", .help = "how long" },
	},
};
