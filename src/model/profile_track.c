/* SPDX-License-Identifier: MIT */
/*
 * Tracks of profiles. A call chain is a number: the leaf of a path in the tree of the frame track,
 * so that a sample is a few bytes however deep its stack, and each frame is stored once.
 */
#include "model/profile_track.h"

const struct track track_event = {
	.id = 10,
	.name = "event",
	.help = "events that were sampled or counted",
	.on_demand = true,
	.n_columns = 10,
	.column = {
		[EVENT_TIME] = TRACK_TIME_COLUMN,
		[EVENT_NUMBER] = { .name = "number", .type = COLUMN_U16, .codec = CODEC_PLANES,
				   .unit = "id", .help = "number in sample and counter rows" },
		[EVENT_NAME] = { .name = "name", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				 .unit = "", .help = "as it was asked for: cycles:u" },
		[EVENT_UNIT] = { .name = "unit", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				 .unit = "", .help = "of weight and value: ns, Joules, or none" },
		[EVENT_TYPE] = { .name = "type", .type = COLUMN_U32, .codec = CODEC_PLANES,
				 .unit = "", .help = "perf_event_attr.type" },
		[EVENT_CONFIG] = { .name = "config", .type = COLUMN_U64, .codec = CODEC_PLANES,
				   .unit = "", .help = "perf_event_attr.config" },
		[EVENT_PERIOD] = { .name = "period", .type = COLUMN_U64, .codec = CODEC_PLANES,
				   .unit = "", .help = "events per sample, 0 = by frequency" },
		[EVENT_FREQ] = { .name = "freq", .type = COLUMN_U32, .codec = CODEC_PLANES,
				 .unit = "Hz", .help = "samples per second, 0 = by period" },
		[EVENT_FLAGS] = { .name = "flags", .type = COLUMN_U32, .codec = CODEC_PLANES,
				  .unit = "", .help = "1 user, 2 kernel, 4 precise, 8 missing, "
						      "16 counted, 32 off-CPU" },
		[EVENT_NOTE] = { .name = "note", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				 .unit = "", .help = "why it is missing, or what stands for it" },
	},
};

const struct track track_module = {
	.id = 11,
	.name = "module",
	.help = "files and other places that addresses belong to",
	.on_demand = true,
	.n_columns = 6,
	.column = {
		[MODULE_TIME] = TRACK_TIME_COLUMN,
		[MODULE_NUMBER] = { .name = "module", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				    .unit = "id", .help = "number in frame and symbol rows" },
		[MODULE_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_PLANES,
				  .unit = "", .help = "0 unknown, 1 kernel, 2 file, 3 vdso, "
						      "4 anonymous, 5 guest, 6 names only" },
		[MODULE_PID] = { .name = "pid", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .unit = "id", .help = "process of an anonymous one, else 0" },
		[MODULE_BUILD_ID] = { .name = "build_id", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				      .unit = "", .help = "hex, empty when it is not known" },
		[MODULE_PATH] = { .name = "path", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "file as the process saw it" },
	},
};

const struct track track_frame = {
	.id = 12,
	.name = "frame",
	.help = "call chains as a tree",
	.on_demand = true,
	.n_columns = 5,
	.column = {
		[FRAME_TIME] = TRACK_TIME_COLUMN,
		[FRAME_NODE] = { .name = "node", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				 .unit = "id", .help = "1, 2, 3 ... in order; 0 is the root" },
		[FRAME_PARENT] = { .name = "parent", .type = COLUMN_U32, .codec = CODEC_ZDELTA,
				   .unit = "id", .help = "node of the caller, less than node" },
		[FRAME_MODULE] = { .name = "module", .type = COLUMN_U32, .codec = CODEC_DICT,
				   .unit = "id", .help = "what the address belongs to" },
		[FRAME_OFFSET] = { .name = "offset", .type = COLUMN_U64, .codec = CODEC_PLANES,
				   .unit = "", .help = "address in the module" },
	},
};

const struct track track_symbol = {
	.id = 13,
	.name = "symbol",
	.help = "names of addresses",
	.on_demand = true,
	.n_columns = 5,
	.column = {
		[SYMBOL_TIME] = TRACK_TIME_COLUMN,
		[SYMBOL_MODULE] = { .name = "module", .type = COLUMN_U32, .codec = CODEC_DICT,
				    .unit = "id", .help = "module" },
		[SYMBOL_OFFSET] = { .name = "offset", .type = COLUMN_U64, .codec = CODEC_ZDELTA,
				    .unit = "", .help = "where it begins" },
		[SYMBOL_BYTES] = { .name = "bytes", .type = COLUMN_U32, .codec = CODEC_PLANES,
				   .unit = "bytes", .help = "how long it is, 0 = to the next" },
		[SYMBOL_NAME] = { .name = "name", .type = COLUMN_TEXT, .codec = CODEC_TEXT,
				  .unit = "", .help = "demangled" },
	},
};

const struct track track_sample = {
	.id = 23,
	.name = "sample",
	.help = "samples of events, with call chains",
	.n_columns = 7,
	.column = {
		[SAMPLE_TIME] = TRACK_TIME_COLUMN,
		[SAMPLE_EVENT] = { .name = "event", .type = COLUMN_U16, .codec = CODEC_DICT,
				   .unit = "id", .help = "number of the event" },
		[SAMPLE_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .flags = COLUMN_TASK, .unit = "id", .help = "thread" },
		[SAMPLE_PID] = { .name = "pid", .type = COLUMN_U32, .codec = CODEC_DICT,
				 .unit = "id", .help = "its process" },
		[SAMPLE_NODE] = { .name = "node", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .unit = "id", .help = "leaf of the call chain, 0 = none" },
		[SAMPLE_WEIGHT] = { .name = "weight", .type = COLUMN_U64, .codec = CODEC_DICT,
				    .unit = "", .help = "events that it stands for" },
		[SAMPLE_MODE] = { .name = "mode", .type = COLUMN_U8, .codec = CODEC_DICT,
				  .unit = "", .help = "1 kernel, 2 user, 3 hypervisor, 4 guest "
						      "kernel, 5 guest user" },
	},
};

const struct track track_counter = {
	.id = 24,
	.name = "counter",
	.help = "counts of events",
	.n_columns = 7,
	.column = {
		[COUNTER_TIME] = TRACK_TIME_COLUMN,
		[COUNTER_EVENT] = { .name = "event", .type = COLUMN_U16, .codec = CODEC_DICT,
				    .unit = "id", .help = "number of the event" },
		[COUNTER_KIND] = { .name = "kind", .type = COLUMN_U8, .codec = CODEC_DICT,
				   .unit = "", .help = "1 CPU per interval, 2 run slice of a "
						       "thread, 3 task per interval" },
		[COUNTER_TID] = { .name = "tid", .type = COLUMN_U32, .codec = CODEC_DICT,
				  .flags = COLUMN_TASK, .unit = "id", .help = "thread, or 0" },
		[COUNTER_VALUE] = { .name = "value", .type = COLUMN_U64, .codec = CODEC_PLANES,
				    .unit = "", .help = "since the row before" },
		[COUNTER_ENABLED] = { .name = "enabled", .type = COLUMN_U64, .codec = CODEC_PLANES,
				      .unit = "ns", .help = "time that it should have counted" },
		[COUNTER_RUNNING] = { .name = "running", .type = COLUMN_U64, .codec = CODEC_PLANES,
				      .unit = "ns", .help = "time that it did count" },
	},
};
