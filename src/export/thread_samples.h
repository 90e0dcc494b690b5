/* SPDX-License-Identifier: MIT */
/* The samples of a run gathered by thread, each in order of time: for formats that hold a list of
 * samples per thread. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "export/stacks.h"

struct thread_samples {
	/* By thread, event and time. With args->merge all threads of a name are one. */
	struct stack_sample *sample;
	size_t n, room;
	bool merge;
};

/* Read all. A zeroed struct is empty; thread_samples_done() in any case. */
int thread_samples_read(struct thread_samples *t, struct stacks *s, bool merge,
			struct err *e) must_check;
void thread_samples_done(struct thread_samples *t);

/* The end of the samples of one thread and event that begin at @from, which is below .n. */
size_t thread_samples_end(const struct thread_samples *t, size_t from);
