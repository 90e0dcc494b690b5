/* SPDX-License-Identifier: MIT */
/*
 * Delays with the call chain at which the thread was switched out: what the off-CPU view and the
 * report page's cube begin with.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/analysis.h"
#include "base/attr.h"

/* The node for each delay of a task: the wait after a sleep has the sleep's. */
struct off_cpu_nodes {
	uint32_t *last; /* by task number */
	size_t room;
};

void off_cpu_nodes_done(struct off_cpu_nodes *n);
/* Is @d time off the CPU? */
static inline bool off_cpu_delay(const struct delay *d)
{
	return d->kind == DELAY_NO_WAKEUP || d->kind == DELAY_SLEEP || d->kind == DELAY_WAIT ||
	       d->kind == DELAY_PREEMPTED;
}
/* Is the thread switched in where @d ends? Where wake-ups were recorded a sleep goes on as a wait,
 * and both are one time off the CPU. */
static inline bool off_cpu_over(const struct delay *d, bool wakeups)
{
	return d->kind != DELAY_SLEEP || !wakeups;
}
/*
 * The node of the chain for @d, which off_cpu_delay() is true of; 0: none. All such delays must be
 * asked for in the order in which they come. 0 or -ENOMEM.
 */
int off_cpu_node(struct off_cpu_nodes *n, const struct analysis_pass *p, const struct delay *d,
		 uint32_t *ret) must_check;

/*
 * Where a chain blocks, said in two functions: the innermost of the program, and what it waits in:
 * the innermost of the kernel that is not the scheduler itself. FUNCTION_NONE where the chain has
 * none. @node is of the functions' tree.
 */
struct off_cpu_place {
	uint32_t function, kernel;
};
struct off_cpu_place off_cpu_place(const struct functions *f, uint32_t tree_node);
