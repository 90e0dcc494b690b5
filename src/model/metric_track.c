/* SPDX-License-Identifier: MIT */
/*
 * Tracks of metrics. One stream without a CPU each, tick after tick: the rows of a tick have one
 * time. Blocks are long, since what a series was at their begin stands in each of them.
 */
#include "model/metric_track.h"

#define TICKS_ROWS 65536u
#define TICKS_AGE  (60 * NSEC_PER_SEC)
#define TASKS_ROWS 32768u /* wide rows: 5 MB of memory while they fill */

#define TICK_TIME_COLUMN                                                               \
	{                                                                              \
		.name = "time", .type = COLUMN_U64, .codec = CODEC_RUNS, .unit = "ns", \
		.help = "CLOCK_MONOTONIC, the same for all rows of a tick"             \
	}

const struct track track_metric = {
	.id = 14,
	.name = "metric",
	.help = "what values of series mean",
	.on_demand = true,
	.n_columns = 8,
	.column = {
		[METRIC_TIME] = TRACK_TIME_COLUMN,
		[METRIC_NUMBER] = { .name = "metric", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				    .unit = "id", .help = "number in series rows" },
		[METRIC_NAME] = { .name = "name", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "collector.what: disk.reads" },
		[METRIC_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
				  .unit = "", .help = "1 counter, 2 gauge" },
		[METRIC_BITS] = { .name = "bits", .type = COLUMN_U8, .codec = CODEC_PLANES,
				  .unit = "", .help = "where a counter wraps: 32 or 64" },
		[METRIC_SCALE] = { .name = "scale", .type = COLUMN_F64, .codec = CODEC_PLANES,
				   .unit = "", .help = "value x scale is in unit" },
		[METRIC_UNIT] = { .name = "unit", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "s, bytes, or empty: a number" },
		[METRIC_HELP] = { .name = "help", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "a sentence for people" },
	},
};

const struct track track_series = {
	.id = 15,
	.name = "series",
	.help = "metrics of single things",
	.on_demand = true,
	.n_columns = 5,
	.column = {
		[SERIES_TIME] = TRACK_TIME_COLUMN,
		[SERIES_NUMBER] = { .name = "series", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				    .unit = "id", .help = "number in value rows: 1, 2, 3 ..." },
		[SERIES_METRIC] = { .name = "metric", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				    .unit = "id", .help = "number of the metric" },
		[SERIES_CPU] = { .name = "cpu", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .unit = "id", .help = "CPU, 0xffffffff = of no CPU" },
		[SERIES_INSTANCE] = { .name = "instance", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				      .unit = "", .help = "name of the thing: sda, eth0; empty: "
							  "there is but one" },
	},
};

const struct track track_value = {
	.id = 26,
	.name = "value",
	.help = "values of metrics over time",
	.block_rows = TICKS_ROWS,
	.block_age = TICKS_AGE,
	.n_columns = 3,
	.column = {
		[VALUE_TIME] = TICK_TIME_COLUMN,
		[VALUE_SERIES] = { .name = "series", .type = COLUMN_U32, .codec = CODEC_CYCLE,
				   .unit = "id", .help = "number of the series" },
		[VALUE_VALUE] = { .name = "value", .type = COLUMN_U64, .codec = CODEC_SERIES,
				  .after = VALUE_SERIES, .unit = "", .help = "raw; gauges in two's "
									     "complement" },
	},
};

#define PROCESS_TRACK_COLUMN(name_, type_, unit_, help_)                                   \
	{                                                                                  \
		.name = name_, .type = type_, .codec = CODEC_SERIES, .after = PROCESS_TID, \
		.unit = unit_, .help = help_                                               \
	}
#define PROCESS_TRACK_COLUMNS                                                                      \
	[PROCESS_TIME] = TICK_TIME_COLUMN,                                                         \
	[PROCESS_TID] = { .name = "tid",                                                           \
			  .type = COLUMN_U32,                                                      \
			  .codec = CODEC_CYCLE,                                                    \
			  .flags = COLUMN_TASK,                                                    \
			  .unit = "id",                                                            \
			  .help = "thread, of processes the first" },                              \
	[PROCESS_PID] = PROCESS_TRACK_COLUMN("pid", COLUMN_U32, "id", "process; thread group"),    \
	[PROCESS_PARENT] =                                                                         \
		PROCESS_TRACK_COLUMN("parent", COLUMN_U32, "id", "process that it is a child of"), \
	[PROCESS_HAVE] =                                                                           \
		PROCESS_TRACK_COLUMN("have", COLUMN_U32, "",                                       \
				     "bit n: column n is known; others read 0 and mean nothing"),  \
	[PROCESS_FLAGS] =                                                                          \
		PROCESS_TRACK_COLUMN("flags", COLUMN_U8, "", "1 = the last row, it ended"),        \
	[PROCESS_STATE] = PROCESS_TRACK_COLUMN("state", COLUMN_U8, "",                             \
					       "letter as in /proc/PID/stat: R S D T Z I ..."),    \
	[PROCESS_UID] = PROCESS_TRACK_COLUMN("uid", COLUMN_U32, "id", "real user"),                \
	[PROCESS_CPU] = PROCESS_TRACK_COLUMN("cpu", COLUMN_U32, "id", "CPU that it ran on last"),  \
	[PROCESS_PRIO] = PROCESS_TRACK_COLUMN("prio", COLUMN_U8, "",                               \
					      "kernel priority: 100 + nice + 20 for fair tasks"),  \
	[PROCESS_THREADS] =                                                                        \
		PROCESS_TRACK_COLUMN("threads", COLUMN_U32, "", "threads of the process"),         \
	[PROCESS_USER] =                                                                           \
		PROCESS_TRACK_COLUMN("user", COLUMN_U64, "ns", "counter: CPU time in user mode"),  \
	[PROCESS_SYSTEM] = PROCESS_TRACK_COLUMN("system", COLUMN_U64, "ns",                        \
						"counter: CPU time in the kernel"),                \
	[PROCESS_GUEST] = PROCESS_TRACK_COLUMN("guest", COLUMN_U64, "ns",                          \
					       "counter: CPU time of guests, also in user"),       \
	[PROCESS_MINOR] =                                                                          \
		PROCESS_TRACK_COLUMN("minor", COLUMN_U64, "", "counter: page faults without I/O"), \
	[PROCESS_MAJOR] =                                                                          \
		PROCESS_TRACK_COLUMN("major", COLUMN_U64, "", "counter: page faults with I/O"),    \
	[PROCESS_VOLUNTARY] = PROCESS_TRACK_COLUMN("voluntary", COLUMN_U64, "",                    \
						   "counter: context switches as it blocked"),     \
	[PROCESS_INVOLUNTARY] = PROCESS_TRACK_COLUMN(                                              \
		"involuntary", COLUMN_U64, "", "counter: context switches while it could run"),    \
	[PROCESS_RSS] = PROCESS_TRACK_COLUMN("rss", COLUMN_U64, "bytes", "memory resident now"),   \
	[PROCESS_VSIZE] = PROCESS_TRACK_COLUMN("vsize", COLUMN_U64, "bytes", "address space now"), \
	[PROCESS_SWAP] =                                                                           \
		PROCESS_TRACK_COLUMN("swap", COLUMN_U64, "bytes", "memory swapped out now"),       \
	[PROCESS_READ] =                                                                           \
		PROCESS_TRACK_COLUMN("read", COLUMN_U64, "bytes", "counter: read from storage"),   \
	[PROCESS_WRITTEN] = PROCESS_TRACK_COLUMN("written", COLUMN_U64, "bytes",                   \
						 "counter: sent to storage, page cache included"), \
	[PROCESS_CANCELLED] =                                                                      \
		PROCESS_TRACK_COLUMN("cancelled", COLUMN_U64, "bytes",                             \
				     "counter: written, and truncated before it got there"),       \
	[PROCESS_RUN_DELAY] = PROCESS_TRACK_COLUMN("run_delay", COLUMN_U64, "ns",                  \
						   "counter: waited on run queues"),               \
	[PROCESS_BLOCK_DELAY] = PROCESS_TRACK_COLUMN("block_delay", COLUMN_U64, "ns",              \
						     "counter: waited for block I/O")

const struct track track_process = {
	.id = 27,
	.name = "process",
	.help = "what processes have used",
	.block_rows = TASKS_ROWS,
	.block_age = TICKS_AGE,
	.n_columns = PROCESS_COLUMNS,
	.column = { PROCESS_TRACK_COLUMNS },
};

const struct track track_thread = {
	.id = 28,
	.name = "thread",
	.help = "what threads have used",
	.block_rows = TASKS_ROWS,
	.block_age = TICKS_AGE,
	.n_columns = PROCESS_COLUMNS,
	.column = { PROCESS_TRACK_COLUMNS },
};

const struct track track_raw = {
	.id = 29,
	.name = "raw",
	.help = "text of files of /proc and /sys",
	.block_rows = 4096,
	.block_age = TICKS_AGE,
	.n_columns = 4,
	.column = {
		[RAW_TIME] = TRACK_TIME_COLUMN,
		[RAW_END] = { .name = "end", .type = COLUMN_U64, .codec = CODEC_DELTA,
			      .unit = "ns", .help = "when it had been read" },
		[RAW_PATH] = { .name = "path", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			       .unit = "", .help = "file, as /proc/stat" },
		[RAW_TEXT] = { .name = "text", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			       .unit = "", .help = "all of it; bytes of 0 as newlines" },
	},
};
