/* SPDX-License-Identifier: MIT */
/*
 * The call chain of a thread in user space from its registers and a copy of the top of its stack,
 * as perf record --call-graph dwarf samples them. x86_64 and arm64.
 *
 * Where no call frame information is known of a place, the frame pointer is followed, as the
 * unwinders do that debuggers use. A chain ends where the copy of the stack does.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "model/frames.h"
#include "model/spaces.h"
#include "symbol/unwind_rules.h"

#define UNWIND_MAX_FRAMES 1024u /* also the kernel's greatest sysctl perf_event_max_stack */

/* "x86_64", "aarch64" as uname has it; else UNWIND_NONE. */
enum unwind_machine unwind_machine_named(const char *name);

struct unwind_thread {
	uint64_t reg[UNWIND_REGS]; /* by DWARF number */
	uint64_t known; /* registers, as bits */
	uint64_t pc;
	const uint8_t *stack; /* from the stack pointer on */
	uint64_t stack_bytes;
	uint32_t pid; /* whose mappings */
};

/*
 * Fill registers from perf's: u64 at @p for each bit of @mask, numbered as
 * arch/../include/uapi/asm/perf_regs.h does. False: no stack or instruction pointer among them.
 */
bool unwind_thread_regs(struct unwind_thread *t, enum unwind_machine machine, uint64_t mask,
			const uint8_t *p, bool big) must_check;

struct unwinder;

/* @spaces and @modules are those of a chain_writer: lent, and read at each call. NULL: out of
 * memory. */
struct unwinder *unwinder_new(int root_fd, enum unwind_machine machine, bool big,
			      const struct spaces *spaces, const struct modules *modules);
struct unwinder *unwinder_free(struct unwinder *u);
DEFINE_CLEANUP(unwinder, unwinder_free)

/*
 * The chain, leaf first: the instruction pointer, then of each caller the last byte of the call
 * (one less than the return address), or the interrupted place under a signal handler. Their
 * number, at most @max.
 */
size_t unwinder_walk(struct unwinder *u, const struct unwind_thread *t, uint64_t *ret_ip,
		     size_t max);

/* What could not be read, for words. */
const struct unwind_rules *unwinder_rules(const struct unwinder *u);
