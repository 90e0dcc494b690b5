/* SPDX-License-Identifier: MIT */
/* Benchmark rows as the kernel's rusage has them. Text columns are not needed: what was run is in
 * the meta track. */
#include "model/result_track.h"

#define COUNT(name_, help_)                                                           \
	{                                                                             \
		.name = name_, .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "", \
		.help = help_                                                         \
	}
#define NSEC(name_, help_)                                                              \
	{                                                                               \
		.name = name_, .type = COLUMN_U64, .codec = CODEC_PLANES, .unit = "ns", \
		.help = help_                                                           \
	}

const struct track track_result = {
	.id = 25,
	.name = "result",
	.help = "runs of a command that was run many times",
	.n_columns = 14,
	.column = {
		[RESULT_TIME] = TRACK_TIME_COLUMN,
		[RESULT_ROUND] = { .name = "round", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				   .unit = "id", .help = "1, 2 ... with all sides in each; "
							 "warm-ups have their own" },
		[RESULT_SIDE] = { .name = "side", .type = COLUMN_U8, .codec = CODEC_PLANES,
				  .unit = "id", .help = "0 = A, 1 = B ..." },
		[RESULT_FLAGS] = { .name = "flags", .type = COLUMN_U8, .codec = CODEC_PLANES,
				   .unit = "", .help = "1 warm-up" },
		[RESULT_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_PLANES,
				 .unit = "id", .help = "process that ran the command" },
		[RESULT_WALL] = NSEC("wall", "from exec to the end"),
		[RESULT_USER] = NSEC("user", "CPU time in user mode, with waited-for children"),
		[RESULT_SYS] = NSEC("sys", "CPU time in the kernel"),
		[RESULT_RSS] = { .name = "rss", .type = COLUMN_U64, .codec = CODEC_PLANES,
				 .unit = "bytes", .help = "peak resident memory, 0 = not known" },
		[RESULT_MINOR] = COUNT("minor", "page faults without I/O"),
		[RESULT_MAJOR] = COUNT("major", "page faults with I/O"),
		[RESULT_VOLUNTARY] = COUNT("voluntary", "switches because it waited"),
		[RESULT_INVOLUNTARY] = COUNT("involuntary", "switches because others had to run"),
		[RESULT_STATUS] = { .name = "status", .type = COLUMN_U16, .codec = CODEC_DICT,
				    .unit = "", .help = "exit status, or 128 + signal" },
	},
};
