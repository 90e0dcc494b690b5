/* SPDX-License-Identifier: MIT */
/*
 * The tracks that describe a recording: index, schema, meta, clock, cpu, mark, loss. All are small
 * beside the events, so their codecs are chosen for correctness on any values (clocks step, losses
 * of several tracks end in any order) rather than for size.
 */
#include "model/file_track.h"

const struct track track_index = {
	.id = 1,
	.name = "index",
	.help = "one row per block of the file, in file order",
	.n_columns = 7,
	.column = {
		/* Blocks are in file order: places rise, times do not. */
		[INDEX_OFFSET] = { .name = "offset", .type = COLUMN_U64, .codec = CODEC_DELTA,
				   .unit = "bytes", .help = "where the block begins" },
		[INDEX_FIRST] = { .name = "first", .type = COLUMN_U64, .codec = CODEC_ZDELTA,
				  .unit = "ns", .help = "time of the block's first row" },
		[INDEX_LAST] = { .name = "last", .type = COLUMN_U64, .codec = CODEC_ZDELTA,
				 .unit = "ns", .help = "time of the block's last row" },
		[INDEX_BYTES] = { .name = "bytes", .type = COLUMN_U32, .codec = CODEC_PLANES,
				  .unit = "bytes", .help = "length of the whole block" },
		[INDEX_TRACK] = { .name = "track", .type = COLUMN_U16, .codec = CODEC_DICT,
				  .unit = "id", .help = "track number" },
		[INDEX_CPU] = { .name = "cpu", .type = COLUMN_U32, .codec = CODEC_DICT,
				.unit = "id", .help = "CPU of the rows, 4294967295 = none" },
		[INDEX_ROWS] = { .name = "rows", .type = COLUMN_U32, .codec = CODEC_PLANES,
				 .unit = "count", .help = "rows in the block" },
	},
};

const struct track track_schema = {
	.id = 2,
	.name = "schema",
	.help = "names, types and units of the columns that the writer knew",
	.n_columns = 7,
	.column = {
		[SCHEMA_TIME] = TRACK_TIME_COLUMN,
		[SCHEMA_TRACK] = { .name = "track", .type = COLUMN_U16, .codec = CODEC_DICT,
				   .unit = "id", .help = "track number" },
		[SCHEMA_TRACK_NAME] = { .name = "track_name", .type = COLUMN_TEXT,
					.codec = CODEC_TEXT, .unit = "", .help = "its name" },
		[SCHEMA_COLUMN] = { .name = "column", .type = COLUMN_U8, .codec = CODEC_PLANES,
				    .unit = "id", .help = "column number in the track" },
		[SCHEMA_COLUMN_NAME] = { .name = "column_name", .type = COLUMN_TEXT,
					 .codec = CODEC_TEXT, .unit = "", .help = "its name" },
		[SCHEMA_TYPE] = { .name = "type", .type = COLUMN_U8, .codec = CODEC_PLANES,
				  .unit = "", .help = "type number of the column" },
		[SCHEMA_UNIT] = { .name = "unit", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "unit of its values" },
	},
};

const struct track track_meta = {
	.id = 3,
	.name = "meta",
	.help = "facts about the run: host, kernel, command line",
	.n_columns = 3,
	.column = {
		[META_TIME] = TRACK_TIME_COLUMN,
		[META_KEY] = { .name = "key", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
			       .unit = "", .help = "dotted name" },
		[META_VALUE] = { .name = "value", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				 .unit = "", .help = "its value" },
	},
};

const struct track track_clock = {
	.id = 4,
	.name = "clock",
	.help = "anchors between CLOCK_MONOTONIC and CLOCK_REALTIME",
	.n_columns = 2,
	.column = {
		[CLOCK_TIME] = TRACK_TIME_COLUMN,
		/* May be set back, so not DELTA. */
		[CLOCK_REAL] = { .name = "real", .type = COLUMN_U64, .codec = CODEC_ZDELTA,
				 .unit = "ns", .help = "CLOCK_REALTIME at that time" },
	},
};

const struct track track_cpu = {
	.id = 5,
	.name = "cpu",
	.help = "place of each CPU in the machine",
	.n_columns = 5,
	.column = {
		[CPU_TIME] = TRACK_TIME_COLUMN,
		[CPU_CPU] = { .name = "cpu", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
			      .unit = "id", .help = "CPU number" },
		[CPU_PACKAGE] = { .name = "package", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .unit = "id", .help = "socket, 4294967295 = unknown" },
		[CPU_CORE] = { .name = "core", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
			       .unit = "id", .help = "core in it, 4294967295 = unknown" },
		[CPU_NODE] = { .name = "node", .type = COLUMN_U32, .codec = CODEC_DICT,
			       .unit = "id", .help = "NUMA node, 4294967295 = unknown" },
	},
};

const struct track track_mark = {
	.id = 6,
	.name = "mark",
	.help = "begin and end of the coverage of a CPU, and marks that people set",
	.n_columns = 3,
	.column = {
		[MARK_TIME] = TRACK_TIME_COLUMN,
		[MARK_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
				.unit = "", .help = "1 start, 2 end, 3 user mark" },
		[MARK_TEXT] = { .name = "text", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				.unit = "", .help = "what the mark says" },
	},
};

const struct track track_loss = {
	.id = 7,
	.name = "loss",
	.help = "spans in which events may be missing, and how many",
	.n_columns = 5,
	.column = {
		[LOSS_TIME] = TRACK_TIME_COLUMN,
		[LOSS_END] = { .name = "end", .type = COLUMN_U64, .codec = CODEC_ZDELTA,
			       .unit = "ns", .help = "time up to which events may be missing" },
		[LOSS_TRACK] = { .name = "track", .type = COLUMN_U16, .codec = CODEC_DICT,
				 .unit = "id", .help = "track number, 0 = any" },
		[LOSS_COUNT] = { .name = "count", .type = COLUMN_U64, .codec = CODEC_PLANES,
				 .unit = "count", .help = "events lost, 0 = unknown" },
		[LOSS_CAUSE] = { .name = "cause", .type = COLUMN_U8, .codec = CODEC_PLANES,
				 .unit = "", .help = "1 ring full, 2 said by the input file, "
						     "3 damaged bytes, 4 limit asked for" },
	},
};

const char *loss_cause_name(unsigned int cause)
{
	switch (cause) {
	case LOSS_RING_FULL:
		return "ring full";
	case LOSS_IN_INPUT:
		return "lost before import";
	case LOSS_DAMAGE:
		return "damaged bytes";
	case LOSS_LIMIT:
		return "limit asked for";
	case LOSS_THROTTLED:
		return "throttled by the kernel";
	default:
		return "unknown cause";
	}
}
