/* SPDX-License-Identifier: MIT */
/* Names by task table, priorities by what was seen last. */
#include "export/switch_names.h"

#include <errno.h>
#include <string.h>

#include "model/run.h"
#include "model/sched_track.h"

#define IDLE_PRIO 120

int switch_names_init(struct switch_names *n, struct tasks *tasks)
{
	*n = (struct switch_names){ .tasks = tasks, .index = task_index_new(tasks) };
	return n->index ? 0 : -ENOMEM;
}

void switch_names_done(struct switch_names *n)
{
	task_index_free(n->index);
	idmap_done(&n->prio);
}

const char *switch_names_comm(struct switch_names *n, uint32_t tid, nsec_t at, uint32_t cpu)
{
	uint32_t task = task_index_get(n->index, tid, at, cpu);

	return task == TASKS_NONE ? NULL : tasks_comm_at(n->tasks, task, at);
}

int switch_names_learn(struct switch_names *n, uint32_t tid, uint8_t prio)
{
	return tid ? idmap_set(&n->prio, tid, prio + 1u) : 0;
}

bool switch_names_prio(struct switch_names *n, uint32_t tid, unsigned int *ret)
{
	uint32_t known = tid ? idmap_get(&n->prio, tid) : IDLE_PRIO + 1;

	if (known == IDMAP_NONE) {
		n->unknown++;
		return false;
	}
	*ret = known - 1;
	return true;
}

const char *switch_state_text(char *ret, unsigned int state)
{
	static const char letter[] = "SDTtXZPI";
	size_t n = 0;

	for (unsigned int bit = 0; bit < sizeof(letter) - 1; bit++) {
		if (!(state & 1u << bit))
			continue;
		if (n)
			ret[n++] = '|';
		ret[n++] = letter[bit];
	}
	if (!n)
		ret[n++] = 'R';
	if (state & SWITCH_STATE_PREEMPTED)
		ret[n++] = '+';
	ret[n] = 0;
	return ret;
}

bool switch_names_has(const struct source *src, const struct track *t)
{
	for (size_t i = 0; i < src->info->n_stream; i++)
		if (src->info->stream[i].track == t->id && src->info->stream[i].rows)
			return true;
	return false;
}
