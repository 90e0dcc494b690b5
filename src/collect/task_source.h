/* SPDX-License-Identifier: MIT */
/*
 * Where the numbers of all processes, or all threads, come from: a BPF program (task_walk.h), or
 * files of /proc (task_files.h). Both tell the same numbers; what one of them cannot know has its
 * `have` bit clear.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "collect/task_numbers.h"

/* Takes one task; negative: the source stops and returns it. */
struct task_taker {
	int (*take)(void *ctx, const struct task_numbers *n);
	void *ctx;
};

/* What went missing since it was last asked for. */
struct task_losses {
	uint64_t ends; /* of tasks, not told */
	uint64_t tasks; /* alive, not told by the last scan */
};

struct task_source {
	const char *name; /* "bpf", "proc" */
	/* All tasks that there are; zombies too, with .ended. */
	int (*scan)(struct task_source *s, const struct task_taker *to, struct err *e);
	/* Those that have ended since the last call, in the order of their ends. NULL: the source
	 * cannot tell. */
	int (*ends)(struct task_source *s, const struct task_taker *to, struct err *e);
	void (*free)(struct task_source *s);
	struct task_losses lost;
	char note[192]; /* what it cannot tell and why; "" = nothing */
};

static inline struct task_source *task_source_free(struct task_source *s)
{
	if (s)
		s->free(s);
	return NULL;
}
DEFINE_CLEANUP(task_source, task_source_free)
