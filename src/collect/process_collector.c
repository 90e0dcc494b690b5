/* SPDX-License-Identifier: MIT */
/* Every process. */
#include "collect/collector.h"
#include "collect/task_sampler.h"

static int process_open(void *state, const struct proc_root *root, struct err *e)
{
	return task_sampler_open(root, false, state, e);
}

static int process_sample(void *state, struct tick *t, struct err *e)
{
	struct task_sampler **s = state;

	return task_sampler_sample(*s, t, e);
}

static int process_drain(void *state, struct tick *t, struct err *e)
{
	struct task_sampler **s = state;

	return task_sampler_drain(*s, t, e);
}

static const char *process_note(const void *state)
{
	struct task_sampler *const *s = state;

	return task_sampler_note(*s);
}

static void process_close(void *state)
{
	struct task_sampler **s = state;

	*s = task_sampler_free(*s);
}

const struct collector collector_process = {
	.name = "process",
	.help = "what each process uses: CPU, memory, I/O, faults, switches; also of those that "
		"end in between",
	.things = "processes",
	.by_default = true,
	.state_bytes = sizeof(struct task_sampler *),
	.open = process_open,
	.sample = process_sample,
	.drain = process_drain,
	.note = process_note,
	.close = process_close,
};
