/* SPDX-License-Identifier: MIT */
/* Every thread. By name only: there may be many. */
#include "collect/collector.h"
#include "collect/task_sampler.h"

static int thread_open(void *state, const struct proc_root *root, struct err *e)
{
	return task_sampler_open(root, true, state, e);
}

static int thread_sample(void *state, struct tick *t, struct err *e)
{
	struct task_sampler **s = state;

	return task_sampler_sample(*s, t, e);
}

static int thread_drain(void *state, struct tick *t, struct err *e)
{
	struct task_sampler **s = state;

	return task_sampler_drain(*s, t, e);
}

static const char *thread_note(const void *state)
{
	struct task_sampler *const *s = state;

	return task_sampler_note(*s);
}

static void thread_close(void *state)
{
	struct task_sampler **s = state;

	*s = task_sampler_free(*s);
}

const struct collector collector_thread = {
	.name = "thread",
	.help = "the same of each thread",
	.things = "threads",
	.by_default = false,
	.state_bytes = sizeof(struct task_sampler *),
	.open = thread_open,
	.sample = thread_sample,
	.drain = thread_drain,
	.note = thread_note,
	.close = thread_close,
};
