/* SPDX-License-Identifier: MIT */
/*
 * The task table. Rows are gathered as they come, since CPUs and their blocks come in any order,
 * and put in order of time once by tasks_settle(). Nothing is sized by the value of a tid: tids
 * come from files.
 */
#include "model/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"
#include "model/sched_track.h"

struct event {
	nsec_t time;
	uint32_t order; /* of arrival: ties keep it */
	uint32_t tid, tgid, parent;
	uint8_t kind, flags;
	const char *comm;
};

struct tasks {
	struct task *task;
	uint32_t n, cap;
	struct idmap first, latest; /* tid -> number of its first and latest task */
	struct idmap recent; /* tid that was used again -> task found last: readers go forward */
	struct idmap idle; /* CPU -> number */
	struct strpool *text;
	struct event *event;
	size_t n_events, cap_events;
};

struct tasks *tasks_new(void)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->text = strpool_new();
	return t->text ? t : tasks_free(t);
}

struct tasks *tasks_free(struct tasks *t)
{
	if (t) {
		for (uint32_t i = 0; i < t->n; i++)
			free(t->task[i].name);
		free(t->task);
		idmap_done(&t->first);
		idmap_done(&t->latest);
		idmap_done(&t->recent);
		idmap_done(&t->idle);
		strpool_free(t->text);
		free(t->event);
		free(t);
	}
	return NULL;
}

int tasks_ensure(void **array, size_t *n, size_t need, size_t item)
{
	if (need <= *n)
		return 0;
	size_t more = *n + *n / 2 + 64;

	if (more < need)
		more = need;
	char *grown = reallocarray(*array, more, item);

	if (!grown)
		return -ENOMEM;
	memset(grown + *n * item, 0, (more - *n) * item);
	*array = grown;
	*n = more;
	return 0;
}

int tasks_add(struct tasks *t, const struct batch *b)
{
	if (b->track != &track_task)
		return 0;
	size_t need = t->n_events + b->rows;

	if (need > t->cap_events) {
		size_t cap = need + need / 2;
		struct event *grown = reallocarray(t->event, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->event = grown;
		t->cap_events = cap;
	}
	for (uint32_t i = 0; i < b->rows; i++) {
		const char *comm = strpool_add(t->text, batch_text(b, TASK_COMM, i));

		if (!comm)
			return -ENOMEM;
		t->event[t->n_events] = (struct event){
			.time = b->time[i],
			.order = (uint32_t)t->n_events,
			.tid = batch_u32(b, TASK_TID)[i],
			.tgid = batch_u32(b, TASK_TGID)[i],
			.parent = batch_u32(b, TASK_PARENT)[i],
			.kind = batch_u8(b, TASK_KIND)[i],
			.flags = batch_u8(b, TASK_FLAGS)[i],
			.comm = comm,
		};
		t->n_events++;
	}
	return 0;
}

/* ---- tasks ---- */

static int add_name(struct task *k, nsec_t since, const char *comm)
{
	if (!comm[0] || (k->n_names > 0 && !strcmp(k->comm, comm)))
		return 0;
	/* Grown by doubling: n_names is a power of two when the array is full. */
	if ((k->n_names & (k->n_names - 1)) == 0) {
		struct task_name *grown = reallocarray(
			k->name, k->n_names ? 2 * (size_t)k->n_names : 1, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		k->name = grown;
	}
	k->name[k->n_names++] = (struct task_name){ .since = since, .comm = comm };
	k->comm = comm;
	return 0;
}

/* A new task, not yet reachable by its tid; TASKS_NONE: out of memory. */
static uint32_t new_task(struct tasks *t, uint32_t tid, nsec_t born, const char *comm)
{
	char number[24];

	if (t->n == t->cap) {
		size_t cap = t->cap;

		if (t->n >= TASKS_NONE - 1 ||
		    tasks_ensure((void **)&t->task, &cap, t->n + 1, sizeof(*t->task)) < 0)
			return TASKS_NONE;
		t->cap = (uint32_t)cap;
	}
	struct task *k = &t->task[t->n];

	*k = (struct task){ .tid = tid,
			    .cpu = BATCH_CPU_NONE,
			    .born = born,
			    .died = NSEC_MAX,
			    .next_same_tid = TASKS_NONE };
	snprintf(number, sizeof(number), "<%u>", tid);
	k->comm = strpool_add(t->text, number);
	if (!k->comm || add_name(k, born, comm) < 0)
		return TASKS_NONE;
	return t->n++;
}

/* A new task for @tid, after those that had it before. */
static uint32_t enter_task(struct tasks *t, uint32_t tid, nsec_t born, const char *comm)
{
	uint32_t before = idmap_get(&t->latest, tid);
	uint32_t n = new_task(t, tid, born, comm);

	if (n == TASKS_NONE || idmap_set(&t->latest, tid, n) < 0)
		return TASKS_NONE;
	if (before != IDMAP_NONE)
		t->task[before].next_same_tid = n;
	else if (idmap_set(&t->first, tid, n) < 0)
		return TASKS_NONE;
	return n;
}

static void learn(struct task *k, const struct event *ev)
{
	if (ev->tgid)
		k->tgid = ev->tgid;
	if (ev->parent)
		k->parent = ev->parent;
	k->flags |= ev->flags;
}

/* The name that a forked child begins with, when the row does not say. */
static const char *inherited(const struct tasks *t, const struct event *ev)
{
	uint32_t parent = idmap_get(&t->latest, ev->parent);

	return ev->comm[0] || parent == IDMAP_NONE || !t->task[parent].n_names
		       ? ev->comm
		       : t->task[parent].comm;
}

/*
 * Does the row begin a new task of its tid? A fork always does. After an exit so does a row with
 * another name: the last switch of a dying task comes after its exit and still belongs to it.
 */
static bool begins_task(const struct task *k, const struct event *ev)
{
	if (ev->kind == TASK_FORK)
		return true;
	return k->died != NSEC_MAX && ev->kind != TASK_EXIT && ev->kind != TASK_ROLE &&
	       ev->comm[0] && strcmp(k->comm, ev->comm);
}

static int apply(struct tasks *t, const struct event *ev)
{
	if (ev->tid == 0)
		return 0; /* idle tasks are known by their CPU */
	uint32_t n = idmap_get(&t->latest, ev->tid);

	if (n == IDMAP_NONE || begins_task(&t->task[n], ev)) {
		nsec_t born = n == IDMAP_NONE && ev->kind != TASK_FORK ? 0 : ev->time;

		if (n != IDMAP_NONE && t->task[n].died == NSEC_MAX)
			t->task[n].died = ev->time; /* its exit was not seen */
		n = enter_task(t, ev->tid, born,
			       ev->kind == TASK_FORK   ? inherited(t, ev)
			       : ev->kind == TASK_ROLE ? ""
						       : ev->comm);
		if (n == TASKS_NONE)
			return -ENOMEM;
	}
	struct task *k = &t->task[n];

	if (ev->kind == TASK_ROLE) {
		k->role = ev->comm[0] ? ev->comm : NULL;
		return 0;
	}
	learn(k, ev);
	if (ev->kind == TASK_EXIT) {
		k->died = ev->time;
		return 0;
	}
	return add_name(k, ev->time, ev->comm);
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int tasks_settle(struct tasks *t)
{
	int r = 0;

	if (t->n_events > 1)
		qsort(t->event, t->n_events, sizeof(*t->event), compare_events);
	for (size_t i = 0; r == 0 && i < t->n_events; i++)
		r = apply(t, &t->event[i]);
	free(t->event);
	t->event = NULL;
	t->n_events = t->cap_events = 0;
	return r;
}

/* ---- looking up ---- */

size_t tasks_count(const struct tasks *t)
{
	return t->n;
}

const struct task *tasks_at(const struct tasks *t, uint32_t number)
{
	return &t->task[number];
}

static uint32_t find_idle(struct tasks *t, uint32_t cpu)
{
	uint32_t n = idmap_get(&t->idle, cpu);
	char name[32];

	if (n != IDMAP_NONE)
		return n;
	if (cpu == BATCH_CPU_NONE)
		snprintf(name, sizeof(name), "swapper");
	else
		snprintf(name, sizeof(name), "swapper/%u", cpu);
	const char *comm = strpool_add(t->text, name);

	n = comm ? new_task(t, 0, 0, comm) : TASKS_NONE;
	if (n == TASKS_NONE || idmap_set(&t->idle, cpu, n) < 0)
		return TASKS_NONE;
	t->task[n].cpu = cpu;
	t->task[n].flags |= TASK_FLAG_KERNEL;
	return n;
}

uint32_t tasks_find(struct tasks *t, uint32_t tid, nsec_t at, uint32_t cpu)
{
	if (tid == 0)
		return find_idle(t, cpu);
	uint32_t n = idmap_get(&t->first, tid);

	if (n == IDMAP_NONE)
		return enter_task(t, tid, 0, "");
	if (t->task[n].next_same_tid == TASKS_NONE)
		return n;
	uint32_t recent = idmap_get(&t->recent, tid);

	if (recent != IDMAP_NONE && t->task[recent].born <= at)
		n = recent;
	while (t->task[n].next_same_tid != TASKS_NONE &&
	       t->task[t->task[n].next_same_tid].born <= at)
		n = t->task[n].next_same_tid;
	return idmap_set(&t->recent, tid, n) < 0 ? TASKS_NONE : n;
}

const char *tasks_comm_at(const struct tasks *t, uint32_t number, nsec_t at)
{
	const struct task *k = &t->task[number];
	uint32_t low = 0, high = k->n_names;

	if (!k->n_names)
		return k->comm;
	while (low < high) {
		uint32_t mid = (low + high) / 2;

		if (k->name[mid].since <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return k->name[low ? low - 1 : 0].comm;
}

const char *tasks_label(const struct tasks *t, uint32_t number)
{
	const struct task *k = &t->task[number];

	return k->role ? k->role : k->comm;
}

int tasks_set_role(struct tasks *t, uint32_t tid, nsec_t at, const char *role)
{
	const char *text = strpool_add(t->text, role);

	if (!text)
		return -ENOMEM;
	for (uint32_t n = idmap_get(&t->first, tid); n != IDMAP_NONE;
	     n = t->task[n].next_same_tid) {
		const struct task *k = &t->task[n];
		bool last = k->next_same_tid == TASKS_NONE;

		if (at == NSEC_MAX ||
		    (k->born <= at && (last || t->task[k->next_same_tid].born > at)))
			t->task[n].role = text[0] ? text : NULL;
	}
	return 0;
}
