/* SPDX-License-Identifier: MIT */
/*
 * The body of a PERF_RECORD_SAMPLE taken apart: every field that can stand in one, by its real size
 * (perf_output_sample() in kernel/events/core.c).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "import/perf_attr.h"

/* PERF_SAMPLE_REGS_ABI_* */
enum perf_regs_abi { PERF_REGS_NONE = 0, PERF_REGS_32 = 1, PERF_REGS_64 = 2 };

/* Pointers go into the record, in its byte order; NULL = not there. */
struct perf_sample {
	uint64_t ip, period, time;
	uint32_t pid, tid, cpu;
	const uint8_t *chain; /* u64 each */
	uint64_t n_chain;
	const uint8_t *raw;
	uint32_t raw_bytes;
	uint64_t regs_abi; /* enum perf_regs_abi */
	const uint8_t *regs; /* u64 for each bit of attr.regs_user, from the low end */
	const uint8_t *stack; /* from the stack pointer on */
	uint64_t stack_bytes; /* of it that hold something */
};

/*
 * The @n bytes at @p behind the record's header. What @a does not have is 0, a CPU
 * BATCH_CPU_NONE. 0, or -EBADMSG: it is cut, or goes on behind its last field.
 */
int perf_sample_parse(const struct perf_attr *a, const uint8_t *p, size_t n, bool big,
		      struct perf_sample *ret) must_check;
