/* SPDX-License-Identifier: MIT */
/*
 * The tracks of profiles and counters and the numbers of their columns. docs/formats/recording.md
 * says what they mean.
 *
 *	event	what is sampled or counted, by number		sample	 a sample: thread, chain,
 *weight module	what addresses belong to, by number		counter	 how much of an event
 *happened frame	call chains as a tree: a node and its caller symbol	names of addresses,
 *for files that carry their own
 */
#pragma once

#include "model/track.h"

enum {
	EVENT_TIME,
	EVENT_NUMBER,
	EVENT_NAME,
	EVENT_UNIT,
	EVENT_TYPE,
	EVENT_CONFIG,
	EVENT_PERIOD,
	EVENT_FREQ,
	EVENT_FLAGS,
	EVENT_NOTE
};
enum { MODULE_TIME, MODULE_NUMBER, MODULE_KIND, MODULE_PID, MODULE_BUILD_ID, MODULE_PATH };
enum { FRAME_TIME, FRAME_NODE, FRAME_PARENT, FRAME_MODULE, FRAME_OFFSET };
enum { SYMBOL_TIME, SYMBOL_MODULE, SYMBOL_OFFSET, SYMBOL_BYTES, SYMBOL_NAME };
enum { SAMPLE_TIME, SAMPLE_EVENT, SAMPLE_TID, SAMPLE_PID, SAMPLE_NODE, SAMPLE_WEIGHT, SAMPLE_MODE };
enum {
	COUNTER_TIME,
	COUNTER_EVENT,
	COUNTER_KIND,
	COUNTER_TID,
	COUNTER_VALUE,
	COUNTER_ENABLED,
	COUNTER_RUNNING
};

/* event.flags, on disk. */
#define EVENT_FLAG_USER	   (1u << 0) /* user mode only (:u) */
#define EVENT_FLAG_KERNEL  (1u << 1) /* kernel mode only (:k) */
#define EVENT_FLAG_PRECISE (1u << 2) /* :p and more */
#define EVENT_FLAG_MISSING (1u << 3) /* asked for, not to be had here: note says why */
#define EVENT_FLAG_COUNTED (1u << 4) /* in the counter track, not sampled */
#define EVENT_FLAG_OFF_CPU (1u << 5) /* samples are chains of threads that block, see sample */
#define EVENT_FLAG_SUMS	   (1u << 6) /* rows are sums of samples, of which the number is not known */

/* On disk. */
enum module_kind {
	MODULE_UNKNOWN = 0, /* address that nothing was mapped at; offset = address */
	MODULE_KERNEL = 1, /* kernel and its modules; offset = address */
	MODULE_FILE = 2, /* offset = place in the file */
	MODULE_VDSO = 3, /* offset = place in the image */
	MODULE_ANON = 4, /* made at run time (JIT) in process pid; offset = address */
	MODULE_GUEST = 5, /* a virtual machine's; offset = address */
	MODULE_NAMED = 6, /* only names are known (imported): offset = number of a symbol row */
};

/* sample.mode, on disk: PERF_RECORD_MISC_CPUMODE_*. */
enum sample_mode {
	SAMPLE_MODE_UNKNOWN = 0,
	SAMPLE_MODE_KERNEL = 1,
	SAMPLE_MODE_USER = 2,
	SAMPLE_MODE_HYPERVISOR = 3,
	SAMPLE_MODE_GUEST_KERNEL = 4,
	SAMPLE_MODE_GUEST_USER = 5,
};

/* counter.kind, on disk. Values are what happened since the row before of the same event, kind, CPU
 * and thread; enabled and running are ns of the same span (multiplexing: value is what was counted
 * while running). */
enum counter_kind {
	COUNTER_CPU = 1, /* of a CPU, per interval */
	COUNTER_SLICE = 2, /* of a thread, from switch-in to switch-out at `time` */
	COUNTER_TASK = 3, /* of a thread or process and what it started, per interval */
};

extern const struct track track_event;
extern const struct track track_module;
extern const struct track track_frame;
extern const struct track track_symbol;
extern const struct track track_sample;
extern const struct track track_counter;
