/* SPDX-License-Identifier: MIT */
/* From delays to chains, from chains to places. */
#include "analysis/off_cpu.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void off_cpu_nodes_done(struct off_cpu_nodes *n)
{
	free(n->last);
	*n = (struct off_cpu_nodes){ 0 };
}

int off_cpu_node(struct off_cpu_nodes *n, const struct analysis_pass *p, const struct delay *d,
		 uint32_t *ret)
{
	void *array = n->last;
	uint32_t node = 0;

	*ret = 0;
	if (!p->chains)
		return 0;
	int r = tasks_ensure(&array, &n->room, (size_t)d->task + 1, sizeof(*n->last));

	n->last = array;
	if (r < 0)
		return r;
	if (d->kind == DELAY_WAIT)
		node = n->last[d->task];
	else
		node = switch_chains_at(p->chains, tasks_at(p->src->tasks, d->task)->tid, d->begin);
	n->last[d->task] = d->kind == DELAY_SLEEP ? node : 0;
	*ret = node;
	return 0;
}

/* The way into the scheduler, which all chains share: kernel/sched/core.c, kernel/time/, and the
 * tracepoint itself. */
static bool is_scheduler(const char *name)
{
	static const char *const begins[] = {
		"__traceiter_sched_", "perf_trace_", "__schedule",	"schedule",
		"preempt_schedule",   "io_schedule", "__cond_resched",	"do_task_dead",
		"__bpf_trace_sched_", "bpf_",	     "trace_event_raw_"
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (!strncmp(name, begins[i], strlen(begins[i])))
			return true;
	return false;
}

struct off_cpu_place off_cpu_place(const struct functions *f, uint32_t tree_node)
{
	const struct frames *tree = functions_tree(f);
	struct off_cpu_place ret = { FUNCTION_NONE, FUNCTION_NONE };

	for (uint32_t i = tree_node; i; i = frames_at(tree, i)->parent) {
		uint32_t number = frames_at(tree, i)->module;
		const struct function *at = functions_at(f, number);

		if (at->kind != MODULE_KERNEL) {
			ret.function = number;
			break;
		}
		/* Without names the scheduler cannot be told from what called it. */
		if (ret.kernel == FUNCTION_NONE && at->known && !is_scheduler(at->name))
			ret.kernel = number;
	}
	return ret;
}
