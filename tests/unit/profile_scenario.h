/* SPDX-License-Identifier: MIT */
/* Profiles in a made-up run (scenario.h): events, modules, call chains, symbols, samples. */
#pragma once

#include "scenario.h"

#include "model/profile_track.h"

static inline void scenario_put_text(struct batch *b, unsigned int column, const char *text)
{
	int64_t at = batch_add_text(b, text);

	assert_true(at >= 0);
	((uint32_t *)b->col[column])[b->rows - 1] = (uint32_t)at;
}

static inline void scenario_event(struct scenario *s, uint16_t number, const char *name,
				  const char *unit, uint32_t flags, const char *note)
{
	struct batch *b = scenario_row(s, &track_event, BATCH_CPU_NONE, 0);
	uint32_t row = b->rows - 1;

	batch_u16(b, EVENT_NUMBER)[row] = number;
	scenario_put_text(b, EVENT_NAME, name);
	scenario_put_text(b, EVENT_UNIT, unit);
	scenario_put_text(b, EVENT_NOTE, note);
	batch_u32(b, EVENT_TYPE)[row] = 1;
	batch_u64(b, EVENT_CONFIG)[row] = 0;
	batch_u64(b, EVENT_PERIOD)[row] = 0;
	batch_u32(b, EVENT_FREQ)[row] = 999;
	batch_u32(b, EVENT_FLAGS)[row] = flags;
}

static inline void scenario_module(struct scenario *s, uint32_t number, uint8_t kind,
				   const char *path)
{
	struct batch *b = scenario_row(s, &track_module, BATCH_CPU_NONE, 0);
	uint32_t row = b->rows - 1;

	batch_u32(b, MODULE_NUMBER)[row] = number;
	batch_u8(b, MODULE_KIND)[row] = kind;
	batch_u32(b, MODULE_PID)[row] = 0;
	scenario_put_text(b, MODULE_BUILD_ID, "");
	scenario_put_text(b, MODULE_PATH, path);
}

static inline void scenario_frame(struct scenario *s, uint32_t node, uint32_t parent,
				  uint32_t module, uint64_t offset)
{
	struct batch *b = scenario_row(s, &track_frame, BATCH_CPU_NONE, 0);
	uint32_t row = b->rows - 1;

	batch_u32(b, FRAME_NODE)[row] = node;
	batch_u32(b, FRAME_PARENT)[row] = parent;
	batch_u32(b, FRAME_MODULE)[row] = module;
	batch_u64(b, FRAME_OFFSET)[row] = offset;
}

static inline void scenario_symbol(struct scenario *s, uint32_t module, uint64_t offset,
				   uint32_t bytes, const char *name)
{
	struct batch *b = scenario_row(s, &track_symbol, BATCH_CPU_NONE, 0);
	uint32_t row = b->rows - 1;

	batch_u32(b, SYMBOL_MODULE)[row] = module;
	batch_u64(b, SYMBOL_OFFSET)[row] = offset;
	batch_u32(b, SYMBOL_BYTES)[row] = bytes;
	scenario_put_text(b, SYMBOL_NAME, name);
}

static inline void scenario_sample(struct scenario *s, uint32_t cpu, nsec_t time, uint16_t event,
				   uint32_t tid, uint32_t node, uint64_t weight)
{
	struct batch *b = scenario_row(s, &track_sample, cpu, time);
	uint32_t row = b->rows - 1;

	batch_u16(b, SAMPLE_EVENT)[row] = event;
	batch_u32(b, SAMPLE_TID)[row] = tid;
	batch_u32(b, SAMPLE_PID)[row] = tid;
	batch_u32(b, SAMPLE_NODE)[row] = node;
	batch_u64(b, SAMPLE_WEIGHT)[row] = weight;
	batch_u8(b, SAMPLE_MODE)[row] = SAMPLE_MODE_USER;
}

static inline void scenario_counter_of(struct scenario *s, uint32_t cpu, nsec_t time,
				       uint16_t event, uint8_t kind, uint32_t tid, uint64_t value,
				       uint64_t enabled, uint64_t running)
{
	struct batch *b = scenario_row(s, &track_counter, cpu, time);
	uint32_t row = b->rows - 1;

	batch_u16(b, COUNTER_EVENT)[row] = event;
	batch_u8(b, COUNTER_KIND)[row] = kind;
	batch_u32(b, COUNTER_TID)[row] = tid;
	batch_u64(b, COUNTER_VALUE)[row] = value;
	batch_u64(b, COUNTER_ENABLED)[row] = enabled;
	batch_u64(b, COUNTER_RUNNING)[row] = running;
}

/* A reading of 100 ns. */
static inline void scenario_counter(struct scenario *s, uint32_t cpu, nsec_t time, uint16_t event,
				    uint8_t kind, uint32_t tid, uint64_t value, uint64_t running)
{
	scenario_counter_of(s, cpu, time, event, kind, tid, value, 100, running);
}

/*
 * A program with libraries:
 *
 *	1 main (prog) -- 2 work (prog) -- 3 work (prog, elsewhere in it) -- 4 memcpy (libc.so.6)
 *		      \- 5 idle_loop (prog) -- 6 sys_call (kernel) -- 7 __schedule (kernel)
 *	8 0x0000000000009000 (libx.so), nobody's callee
 */
static inline void scenario_program(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "prog", 0);
	scenario_task(s, 0, TASK_ALIVE, 12, "other", 0);
	scenario_start(s, 0, 0);
	scenario_module(s, 0, MODULE_FILE, "/opt/bin/prog");
	scenario_module(s, 1, MODULE_FILE, "/lib/libc.so.6");
	scenario_module(s, 2, MODULE_KERNEL, "[kernel]");
	scenario_module(s, 3, MODULE_FILE, "/lib/libx.so");
	scenario_symbol(s, 0, 0x1000, 0x100, "main");
	scenario_symbol(s, 0, 0x1100, 0x100, "work");
	scenario_symbol(s, 0, 0x1200, 0x100, "idle_loop");
	scenario_symbol(s, 1, 0x5000, 0x80, "memcpy");
	scenario_symbol(s, 2, 0xffffffff81000000, 0, "sys_call");
	scenario_symbol(s, 2, 0xffffffff82000000, 0, "__schedule");
	scenario_frame(s, 1, 0, 0, 0x1010);
	scenario_frame(s, 2, 1, 0, 0x1120);
	scenario_frame(s, 3, 2, 0, 0x1140);
	scenario_frame(s, 4, 3, 1, 0x5010);
	scenario_frame(s, 5, 1, 0, 0x1210);
	scenario_frame(s, 6, 5, 2, 0xffffffff81000020);
	scenario_frame(s, 7, 6, 2, 0xffffffff82000040);
	scenario_frame(s, 8, 0, 3, 0x9000);
	/* The same function from the same caller at another place. */
	scenario_frame(s, 9, 1, 0, 0x1130);
}
