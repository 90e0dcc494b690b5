/* SPDX-License-Identifier: MIT */
/* Sums of samples. */
#include "analysis/sample_sums.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "model/profile_track.h"

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

void sample_sums_done(struct sample_sums *s)
{
	tallies_done(&s->sums);
	idmap_done(&s->command_number);
	free(s->command);
	s->command = NULL;
}

bool sample_wanted(const struct analysis_pass *p, uint32_t task)
{
	if (!tasks_at(p->src->tasks, task)->tid)
		return !p->args->task;
	return task < p->n_wanted ? p->wanted[task] : analysis_wants(p->args, p->src->tasks, task);
}

const char *sample_event_name(const struct sample_event *v)
{
	return v->event ? v->event->name : "[unknown]";
}

enum unit sample_event_unit(const struct sample_event *v)
{
	return v->event && !strcmp(v->event->unit, "ns") ? UNIT_NSEC : UNIT_COUNT;
}

/* Place of the event @number, SAMPLE_EVENTS_MAX when there are too many. */
static unsigned int place_of(struct sample_sums *s, const struct profile *p, uint16_t number)
{
	const struct profile_event *v;

	for (unsigned int i = 0; i < s->n_events; i++)
		if (s->event[i].number == number)
			return i;
	if (s->n_events == SAMPLE_EVENTS_MAX)
		return SAMPLE_EVENTS_MAX;
	v = profile_event(p, number);
	s->event[s->n_events] = (struct sample_event){
		.number = number, .event = v, .chains = v && v->flags & EVENT_FLAG_OFF_CPU
	};
	return s->n_events++;
}

static int command_of(struct sample_sums *s, const struct tasks *tasks, uint32_t task, nsec_t at,
		      uint32_t *ret)
{
	/* Idle tasks of all CPUs are one, as for perf. */
	const char *comm = tasks_at(tasks, task)->tid ? tasks_comm_at(tasks, task, at) : "swapper";
	void *array = s->command;

	/* Names are interned there. */
	*ret = idmap_get(&s->command_number, (uintptr_t)comm);
	if (*ret != IDMAP_NONE)
		return 0;
	int r = tasks_ensure(&array, &s->room_commands, s->n_commands + 1, sizeof(*s->command));

	s->command = array;
	if (r < 0)
		return r;
	*ret = (uint32_t)s->n_commands;
	s->command[s->n_commands++] = comm;
	return idmap_set(&s->command_number, (uintptr_t)comm, *ret);
}

int sample_sums_take(struct sample_sums *s, struct analysis_pass *p, const struct batch *b,
		     struct err *e)
{
	const uint16_t *event = batch_u16(b, SAMPLE_EVENT);
	const uint32_t *tid = batch_u32(b, SAMPLE_TID), *nodes = batch_u32(b, SAMPLE_NODE);
	const uint64_t *weight = batch_u64(b, SAMPLE_WEIGHT);
	const size_t n_nodes = functions_n_nodes(p->functions);
	unsigned int place = 0;

	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t task = task_index_get(p->index, tid[i], b->time[i], b->cpu);
		uint32_t node = nodes[i], group = 0;

		if (task == TASKS_NONE)
			return out_of_memory(e);
		if (!sample_wanted(p, task))
			continue;
		if (place >= s->n_events || s->event[place].number != event[i])
			place = place_of(s, p->profile, event[i]);
		if (place == SAMPLE_EVENTS_MAX)
			return err_set(e, -E2BIG, "samples of more than %d events",
				       SAMPLE_EVENTS_MAX);
		s->event[place].samples++;
		s->event[place].weight += weight[i];
		if (s->event[place].chains)
			continue;
		s->idle += !tid[i];
		if (node >= n_nodes) {
			s->no_such_node++;
			node = 0;
		}
		if (s->by == SAMPLE_GROUP_TASK)
			group = task;
		else if (s->by == SAMPLE_GROUP_COMMAND &&
			 command_of(s, p->src->tasks, task, b->time[i], &group) < 0)
			return out_of_memory(e);
		if (group >= SAMPLE_GROUPS_MAX)
			return err_set(e, -E2BIG, "samples of too many tasks");
		struct tally *t = tallies_at(&s->sums, sample_key(place, group, node));

		if (!t)
			return out_of_memory(e);
		t->count++;
		t->sum += weight[i];
	}
	return 0;
}

int sample_sums_choose(const struct sample_sums *s, const char *name, unsigned int *ret,
		       struct err *e)
{
	char names[160] = "";
	size_t n = 0;

	*ret = SAMPLE_EVENTS_MAX;
	for (unsigned int i = 0; i < s->n_events; i++) {
		const struct sample_event *v = &s->event[i];

		if (v->chains)
			continue;
		if (name && !strcmp(name, sample_event_name(v))) {
			*ret = i;
			return 0;
		}
		/* The lowest number was asked for first. */
		if (!name && v->weight &&
		    (*ret == SAMPLE_EVENTS_MAX || v->number < s->event[*ret].number))
			*ret = i;
		if (n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
					      sample_event_name(v));
	}
	if (name && n)
		return err_set(e, -EINVAL, "--event: there are no samples of '%s' (but of: %s%s)",
			       name, names, n >= sizeof(names) ? " ..." : "");
	return 0;
}

void sample_sums_notes(const struct sample_sums *s, unsigned int chosen, struct table *t)
{
	char names[256] = "";
	size_t n = 0;

	for (unsigned int i = 0; i < s->n_events && chosen < s->n_events; i++)
		if (i != chosen && !s->event[i].chains && n < sizeof(names))
			n += (size_t)snprintf(names + n, sizeof(names) - n, "%s%s", n ? ", " : "",
					      sample_event_name(&s->event[i]));
	if (n)
		table_note(t, "samples of '%s'; there are others, of %s%s (--event NAME)",
			   sample_event_name(&s->event[chosen]), names,
			   n >= sizeof(names) ? " ..." : "");
	if (s->no_such_node)
		table_note(t,
			   "of %" PRIu64
			   " samples the call chain is not in the file: they count as "
			   "[no chain]",
			   s->no_such_node);
}
