/* SPDX-License-Identifier: MIT */
/* Gathered, then sorted once. */
#include "export/thread_samples.h"

#include <errno.h>
#include <stdlib.h>

#include "model/tasks.h"

static int take(void *ctx, const struct stack_sample *x, struct err *e)
{
	struct thread_samples *t = ctx;
	void *array = t->sample;
	int r = tasks_ensure(&array, &t->room, t->n + 1, sizeof(*t->sample));

	t->sample = array;
	if (r < 0)
		return err_set(e, r, "out of memory");
	t->sample[t->n] = *x;
	if (t->merge)
		t->sample[t->n].task = x->name;
	t->n++;
	return 0;
}

#define BY(member)                                             \
	do {                                                   \
		if (x->member != y->member)                    \
			return x->member < y->member ? -1 : 1; \
	} while (0)

static int by_thread(const void *a, const void *b)
{
	const struct stack_sample *x = a, *y = b;

	BY(task);
	BY(event);
	BY(time);
	BY(cpu);
	return 0;
}

int thread_samples_read(struct thread_samples *t, struct stacks *s, bool merge, struct err *e)
{
	t->merge = merge;
	int r = stacks_each(s, CURSOR_BY_TIME, take, t, e);

	if (r >= 0 && t->n)
		qsort(t->sample, t->n, sizeof(*t->sample), by_thread);
	return r;
}

void thread_samples_done(struct thread_samples *t)
{
	free(t->sample);
	*t = (struct thread_samples){ 0 };
}

size_t thread_samples_end(const struct thread_samples *t, size_t from)
{
	size_t i = from + 1;

	while (i < t->n && t->sample[i].task == t->sample[from].task &&
	       t->sample[i].event == t->sample[from].event)
		i++;
	return i;
}
