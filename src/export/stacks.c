/* SPDX-License-Identifier: MIT */
/* Samples with names. Everything that costs more than an array access is done once per task, event
 * or frame, not per sample. */
#include "export/stacks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/task_index.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/run.h"
#include "model/tasks.h"

#define NAME_UNKNOWN  0u /* not looked at yet */
#define NAME_BY_TIME  1u
#define NAME_LEFT_OUT 2u
#define NAME_FIRST    3u /* number of a name + this */

struct stacks {
	struct source *src; /* lent */
	const struct export_args *args; /* lent */
	const struct profile *profile;
	const struct functions *functions;
	struct profile *own_profile; /* where the caller has none; or NULL */
	struct functions *own_functions;
	struct task_index *index;
	struct stack_event *event;
	uint8_t *left_out; /* by event */
	size_t n_events; /* the one of samples without a row included */
	uint32_t event_of[UINT16_MAX + 1]; /* number of an event -> .event + 1, 0 = has no row */
	uint32_t *task_name; /* by task number, NAME_* */
	size_t n_tasks;
	struct strpool *text;
	struct idmap name_of; /* address of a text, ours and the task table's -> number */
	const char **name;
	size_t n_names, room_names;
	uint64_t broken, chainless;
	uint64_t other; /* samples of events that were not chosen, with one event */
	uint32_t one; /* the one that was chosen, or UINT32_MAX */
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

struct stacks *stacks_close(struct stacks *s)
{
	if (s) {
		functions_free(s->own_functions);
		profile_free(s->own_profile);
		task_index_free(s->index);
		strpool_free(s->text);
		idmap_done(&s->name_of);
		free(s->event);
		free(s->left_out);
		free(s->task_name);
		free(s->name);
		free(s);
	}
	return NULL;
}

/* "cpu-clock" is "cpu-clock:ppp" too: what stands behind is how it was asked for. */
static bool is_called(const char *event, const char *asked)
{
	size_t n = strlen(asked);

	return !strncmp(event, asked, n) &&
	       (!event[n] ||
		(event[n] == ':' && !strchr(event + n + 1, ':') && !strchr(asked, ':')));
}

static int choose_events(struct stacks *s, struct err *e)
{
	const char *asked = s->args->event;
	bool found = !asked;

	for (size_t i = 0; i < s->n_events; i++) {
		bool wanted = asked ? is_called(s->event[i].name, asked) : !s->event[i].off_cpu;

		s->left_out[i] = !wanted;
		found |= wanted;
	}
	return found ? 0
		     : err_set(e, -EINVAL, "no event '%s' was sampled (try: kymo show events)",
			       asked);
}

static int list_events(struct stacks *s, struct err *e)
{
	size_t n = profile_n_events(s->profile);

	s->n_events = n + 1;
	s->event = calloc(s->n_events, sizeof(*s->event));
	s->left_out = calloc(s->n_events, 1);
	if (!s->event || !s->left_out)
		return out_of_memory(e);
	for (size_t i = 0; i < n; i++) {
		const struct profile_event *v = profile_event_at(s->profile, i);

		s->event[i] = (struct stack_event){ .name = v->name,
						    .unit = v->unit,
						    .period = v->period,
						    .freq = v->freq,
						    .sums = v->flags & EVENT_FLAG_SUMS,
						    .off_cpu = v->flags & EVENT_FLAG_OFF_CPU };
		s->event_of[v->number] = (uint32_t)i + 1;
	}
	s->event[n] = (struct stack_event){ .name = "samples", .unit = "" };
	return choose_events(s, e);
}

static int load(struct stacks *s, struct err *e)
{
	int r = 0;

	s->profile = s->args->profile;
	s->functions = s->args->functions;
	if (s->profile)
		return 0;
	r = profile_load(s->src, &s->own_profile, e);
	if (r >= 0)
		r = functions_new(s->own_profile, NULL, FUNCTIONS_SYMBOLS, &s->own_functions, e);
	s->profile = s->own_profile;
	s->functions = s->own_functions;
	return r;
}

static bool has_samples(const struct run_info *info)
{
	for (size_t i = 0; i < info->n_stream; i++)
		if (info->stream[i].track == track_sample.id && info->stream[i].rows)
			return true;
	return false;
}

int stacks_open(struct source *src, const struct export_args *args, struct stacks **ret,
		struct err *e)
{
	if (!has_samples(src->info))
		return err_set(e, -ENODATA,
			       "'%s' has no samples (try: kymo record --profile, perf record)",
			       src->info->name);
	auto_ptr(stacks) s = calloc(1, sizeof(*s));

	if (!s)
		return out_of_memory(e);
	s->src = src;
	s->args = args;
	s->one = UINT32_MAX;
	s->text = strpool_new();
	s->index = task_index_new(src->tasks);
	if (!s->text || !s->index)
		return out_of_memory(e);
	int r = load(s, e);

	if (r >= 0)
		r = list_events(s, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

const struct profile *stacks_profile(const struct stacks *s)
{
	return s->profile;
}

const struct functions *stacks_functions(const struct stacks *s)
{
	return s->functions;
}

size_t stacks_n_events(const struct stacks *s)
{
	return s->n_events;
}

const struct stack_event *stacks_event(const struct stacks *s, uint32_t event)
{
	return &s->event[event];
}

const char *stacks_name(const struct stacks *s, uint32_t name)
{
	return s->name[name];
}

size_t stacks_n_names(const struct stacks *s)
{
	return s->n_names;
}

static struct query query_of(const struct stacks *s)
{
	return (struct query){ .tracks = track_bit(&track_sample),
			       .from = s->args->from,
			       .to = analysis_query_end(s->src->info, s->args->to),
			       .cpus = s->args->cpus };
}

/* Samples of events without a row are those of the last one. */
static uint32_t event_of(const struct stacks *s, uint16_t number)
{
	uint32_t known = s->event_of[number];

	return (known ? known : (uint32_t)s->n_events) - 1;
}

int stacks_one_event(struct stacks *s, struct err *e)
{
	struct query q = query_of(s);
	auto_free uint64_t *count = calloc(s->n_events, sizeof(*count));
	auto_ptr(cursor) c = NULL;
	const struct batch *b;

	if (!count)
		return out_of_memory(e);
	q.columns = 1u << SAMPLE_EVENT;
	int r = source_cursor(s->src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		for (uint32_t i = 0; i < b->rows; i++)
			count[event_of(s, batch_u16(b, SAMPLE_EVENT)[i])]++;
	for (uint32_t i = 0; i < s->n_events; i++) {
		if (s->left_out[i] || !count[i])
			continue;
		if (s->one == UINT32_MAX) {
			s->one = i;
		} else {
			s->left_out[i] = 1;
			s->other += count[i];
		}
	}
	return r;
}

/* ---- names of threads ---- */

/* The number of @text, which lives as long as the task table: asked for by its address at first. */
static int number_name(struct stacks *s, const char *text, uint32_t *ret)
{
	uint32_t number = idmap_get(&s->name_of, (uintptr_t)text);

	if (number != IDMAP_NONE) {
		*ret = number;
		return 0;
	}
	const char *kept = strpool_add(s->text, text);

	if (!kept)
		return -ENOMEM;
	number = idmap_get(&s->name_of, (uintptr_t)kept);
	if (number == IDMAP_NONE) {
		void *array = s->name;
		int r = tasks_ensure(&array, &s->room_names, s->n_names + 1, sizeof(*s->name));

		s->name = array;
		number = (uint32_t)s->n_names;
		if (r < 0 || idmap_set(&s->name_of, (uintptr_t)kept, number) < 0)
			return -ENOMEM;
		s->name[s->n_names++] = kept;
	}
	*ret = number;
	return idmap_set(&s->name_of, (uintptr_t)text, number);
}

/* What s->task_name says of @task from now on. */
static int settle_task(struct stacks *s, uint32_t task)
{
	const struct analysis_args filter = { .task = s->args->task, .include_self = true };
	const struct task *t = tasks_at(s->src->tasks, task);
	void *array = s->task_name;
	uint32_t name;
	int r = tasks_ensure(&array, &s->n_tasks, task + 1, sizeof(*s->task_name));

	s->task_name = array;
	if (r < 0)
		return r;
	if (s->args->task && !analysis_wants(&filter, s->src->tasks, task)) {
		s->task_name[task] = NAME_LEFT_OUT;
	} else if (t->tid && !t->role && t->n_names > 1) {
		s->task_name[task] = NAME_BY_TIME;
	} else {
		r = number_name(s, t->tid ? tasks_label(s->src->tasks, task) : "swapper", &name);
		if (r >= 0)
			s->task_name[task] = name + NAME_FIRST;
	}
	return r;
}

/* 1: .task and .name are known; 0: left out; -ENOMEM. */
static int find_task(struct stacks *s, struct stack_sample *x)
{
	int r = 0;

	x->task = task_index_get(s->index, x->tid, x->time, x->cpu);
	if (x->task == TASKS_NONE)
		return -ENOMEM;
	if (x->task >= s->n_tasks || s->task_name[x->task] == NAME_UNKNOWN)
		r = settle_task(s, x->task);
	if (r < 0)
		return r;
	uint32_t name = s->task_name[x->task];

	if (name >= NAME_FIRST)
		x->name = name - NAME_FIRST;
	else if (name == NAME_BY_TIME)
		r = number_name(s, tasks_comm_at(s->src->tasks, x->task, x->time), &x->name);
	return r < 0 ? r : name != NAME_LEFT_OUT;
}

/* ---- samples ---- */

int stacks_take(struct stacks *s, const struct batch *b,
		int (*take)(void *ctx, const struct stack_sample *x, struct err *e), void *ctx,
		struct err *e)
{
	const uint32_t *tid = batch_u32(b, SAMPLE_TID), *pid = batch_u32(b, SAMPLE_PID);
	const uint32_t *node = batch_u32(b, SAMPLE_NODE);
	size_t n_nodes = functions_n_nodes(s->functions);

	for (uint32_t i = 0; i < b->rows; i++) {
		struct stack_sample x = { .time = b->time[i],
					  .weight = batch_u64(b, SAMPLE_WEIGHT)[i],
					  .cpu = b->cpu,
					  .tid = tid[i],
					  .pid = pid[i],
					  .node = node[i],
					  .event = event_of(s, batch_u16(b, SAMPLE_EVENT)[i]),
					  .mode = batch_u8(b, SAMPLE_MODE)[i] };

		if (s->left_out[x.event])
			continue;
		int r = find_task(s, &x);

		if (r < 0)
			return out_of_memory(e);
		if (!r)
			continue;
		if (x.node >= n_nodes) {
			x.node = 0;
			s->broken++;
		}
		s->chainless += !x.node;
		r = take(ctx, &x, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int stacks_each(struct stacks *s, enum cursor_order order,
		int (*take)(void *ctx, const struct stack_sample *x, struct err *e), void *ctx,
		struct err *e)
{
	struct query q = query_of(s);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;

	s->broken = s->chainless = 0;
	q.order = order;
	int r = source_cursor(s->src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		r = stacks_take(s, b, take, ctx, e);
	return r;
}

void stacks_notes(const struct stacks *s, struct buf *notes)
{
	if (s->other)
		(void)buf_addf(notes,
			       "%llu samples of other events than '%s' are left out (try: "
			       "--event)\n",
			       (unsigned long long)s->other, s->event[s->one].name);
	if (s->broken)
		(void)buf_addf(notes, "%llu samples name a call chain that is not there\n",
			       (unsigned long long)s->broken);
	if (s->chainless > s->broken)
		(void)buf_addf(notes, "%llu samples have no call chain\n",
			       (unsigned long long)(s->chainless - s->broken));
}
