/* SPDX-License-Identifier: MIT */
/*
 * The task table. Rows are gathered as they come, since CPUs and their blocks come in any order,
 * and put in order of time once by tasks_settle().
 *
 * From tid to task: Linux gives tids below 2^22, for which a page table of 16 MB at most serves.
 * Files may hold any tid; those above go through a hash under a secret, so that no file can be made
 * whose tids all fall on one place. The same goes for a tid that was used again and again: its
 * tasks are found by bisection.
 */
#include "model/tasks.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

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

#define PAGE_BITS  10
#define PAGE_SLOTS (1u << PAGE_BITS)
#define PAGED_TIDS (1u << 22)
#define PAGES	   (PAGED_TIDS >> PAGE_BITS)

/* A slot holds 0 (tid not seen), or 1 + the number of its one task, or REUSED + a place in
 * tasks.reused. */
#define REUSED (UINT32_C(1) << 31)

/* The tasks of a tid that was used more than once, by time of birth. */
struct reused {
	uint32_t *number;
	uint32_t n, cap;
};

struct tasks {
	struct task *task;
	size_t n, cap;
	uint32_t *page[PAGES];
	struct idmap far; /* slots of the tids above, under hidden() */
	struct idmap idle; /* CPU -> number, under hidden() */
	uint64_t secret;
	struct reused *reused;
	size_t n_reused, cap_reused;
	struct strpool *text;
	struct event *event;
	size_t n_events, cap_events;
};

/* Two forks of one tid this close are one, told twice: perf.data holds both PERF_RECORD_FORK and
 * sched_process_fork. */
#define FORK_TOLD_TWICE NSEC_PER_MSEC

struct tasks *tasks_new(void)
{
	struct tasks *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (getrandom(&t->secret, sizeof(t->secret), GRND_NONBLOCK) < 0)
		t->secret = nsec_monotonic() * UINT64_C(0x9e3779b97f4a7c15);
	t->text = strpool_new();
	return t->text ? t : tasks_free(t);
}

struct tasks *tasks_free(struct tasks *t)
{
	if (!t)
		return NULL;
	for (size_t i = 0; i < t->n; i++)
		free(t->task[i].name);
	for (size_t i = 0; i < t->n_reused; i++)
		free(t->reused[i].number);
	for (size_t i = 0; i < PAGES; i++)
		free(t->page[i]);
	free(t->task);
	free(t->reused);
	idmap_done(&t->far);
	idmap_done(&t->idle);
	strpool_free(t->text);
	free(t->event);
	free(t);
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

	if (need > UINT32_MAX)
		return -ENOMEM;
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

/* ---- from tid to task ---- */

/* A bijection that cannot be foreseen (finaliser of MurmurHash3). */
static uint64_t hidden(const struct tasks *t, uint32_t key)
{
	uint64_t k = key ^ t->secret;

	k = (k ^ k >> 33) * UINT64_C(0xff51afd7ed558ccd);
	k = (k ^ k >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
	return k ^ k >> 33;
}

static inline uint32_t get_slot(const struct tasks *t, uint32_t tid)
{
	if (tid < PAGED_TIDS) {
		const uint32_t *page = t->page[tid >> PAGE_BITS];

		return page ? page[tid & (PAGE_SLOTS - 1)] : 0;
	}
	uint32_t slot = idmap_get(&t->far, hidden(t, tid));

	return slot == IDMAP_NONE ? 0 : slot;
}

static int set_slot(struct tasks *t, uint32_t tid, uint32_t slot)
{
	if (tid >= PAGED_TIDS)
		return idmap_set(&t->far, hidden(t, tid), slot);

	uint32_t **page = &t->page[tid >> PAGE_BITS];

	if (!*page)
		*page = calloc(PAGE_SLOTS, sizeof(**page));
	if (!*page)
		return -ENOMEM;
	(*page)[tid & (PAGE_SLOTS - 1)] = slot;
	return 0;
}

/* All tasks of a slot, first to last. @one is room for the answer when there is just one. */
static const uint32_t *slot_tasks(const struct tasks *t, uint32_t slot, uint32_t *one,
				  uint32_t *ret_n)
{
	if (slot & REUSED) {
		const struct reused *r = &t->reused[slot & ~REUSED];

		*ret_n = r->n;
		return r->number;
	}
	*one = slot - 1;
	*ret_n = slot ? 1 : 0;
	return one;
}

static uint32_t latest(const struct tasks *t, uint32_t tid)
{
	uint32_t one, n;
	const uint32_t *number = slot_tasks(t, get_slot(t, tid), &one, &n);

	return n ? number[n - 1] : TASKS_NONE;
}

/* The last of @n tasks that was born at @at; the first, when all were born later: an event of a
 * task may come a little before the row that tells of its birth. */
static uint32_t living(const struct tasks *t, const uint32_t *number, uint32_t n, nsec_t at)
{
	uint32_t low = 1, high = n;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (t->task[number[mid]].born <= at)
			low = mid + 1;
		else
			high = mid;
	}
	return number[low - 1];
}

/* Room for one more in tasks.reused[@place]. */
static int reserve_reused(struct reused *r)
{
	if (r->n < r->cap)
		return 0;
	uint32_t cap = r->cap ? 2 * r->cap : 4;
	uint32_t *grown = reallocarray(r->number, cap, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	r->number = grown;
	r->cap = cap;
	return 0;
}

/* Task @number is the latest of @tid. */
static int enter_slot(struct tasks *t, uint32_t tid, uint32_t number)
{
	uint32_t slot = get_slot(t, tid);

	if (!slot)
		return set_slot(t, tid, number + 1);
	if (!(slot & REUSED)) {
		uint32_t place = (uint32_t)t->n_reused;

		if (tasks_ensure((void **)&t->reused, &t->cap_reused, t->n_reused + 1,
				 sizeof(*t->reused)) < 0 ||
		    reserve_reused(&t->reused[place]) < 0)
			return -ENOMEM;
		t->reused[place].number[t->reused[place].n++] = slot - 1;
		t->n_reused++;
		slot = place | REUSED;
		if (set_slot(t, tid, slot) < 0)
			return -ENOMEM;
	}
	struct reused *r = &t->reused[slot & ~REUSED];

	if (reserve_reused(r) < 0)
		return -ENOMEM;
	t->task[r->number[r->n - 1]].next_same_tid = number;
	r->number[r->n++] = number;
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

	if (t->n >= REUSED - 1 ||
	    tasks_ensure((void **)&t->task, &t->cap, t->n + 1, sizeof(*t->task)) < 0)
		return TASKS_NONE;

	struct task *k = &t->task[t->n];

	*k = (struct task){ .tid = tid,
			    .cpu = BATCH_CPU_NONE,
			    .born = born,
			    .died = NSEC_MAX,
			    .next_same_tid = TASKS_NONE };
	(void)snprintf(number, sizeof(number), "<%u>", tid);
	k->comm = strpool_add(t->text, number);
	if (!k->comm || add_name(k, born, comm) < 0)
		return TASKS_NONE;
	return (uint32_t)t->n++;
}

/* A new task for @tid, after those that had it before. */
static uint32_t enter_task(struct tasks *t, uint32_t tid, nsec_t born, const char *comm)
{
	uint32_t n = new_task(t, tid, born, comm);

	return n == TASKS_NONE || enter_slot(t, tid, n) < 0 ? TASKS_NONE : n;
}

/* The name that a forked child begins with, when the row does not say. */
static const char *inherited(const struct tasks *t, const struct event *ev)
{
	uint32_t parent = ev->parent ? latest(t, ev->parent) : TASKS_NONE;

	return ev->comm[0] || parent == TASKS_NONE || !t->task[parent].n_names
		       ? ev->comm
		       : t->task[parent].comm;
}

/*
 * Does the row begin a new task of its tid? A fork does, unless it tells the same birth again.
 * After an exit so does what a dead task cannot do, and a row with another name: with the same name
 * it may well be the last switch of the dying task, which comes after its exit.
 */
static bool begins_task(const struct task *k, const struct event *ev)
{
	bool dead = k->died != NSEC_MAX;

	switch (ev->kind) {
	case TASK_FORK:
		return dead || !k->born || ev->time - k->born > FORK_TOLD_TWICE;
	case TASK_EXEC:
	case TASK_RENAME:
		return dead;
	case TASK_ALIVE:
	case TASK_SEEN:
		return dead && ev->comm[0] && strcmp(k->comm, ev->comm) != 0;
	default:
		return false;
	}
}

/* The task that the row is about, made when it is new; TASKS_NONE: out of memory. */
static uint32_t task_of(struct tasks *t, const struct event *ev)
{
	uint32_t n = latest(t, ev->tid);

	if (n == TASKS_NONE)
		return enter_task(t, ev->tid, ev->kind == TASK_FORK ? ev->time : 0, "");
	if (!begins_task(&t->task[n], ev))
		return n;
	if (t->task[n].died == NSEC_MAX)
		t->task[n].died = ev->time; /* its exit was not seen */
	return enter_task(t, ev->tid, ev->time, "");
}

static int apply_role(struct tasks *t, const struct event *ev)
{
	uint32_t one, n;
	const uint32_t *number = slot_tasks(t, get_slot(t, ev->tid), &one, &n);
	uint32_t k = n ? living(t, number, n, ev->time) : enter_task(t, ev->tid, 0, "");

	if (k == TASKS_NONE)
		return -ENOMEM;
	t->task[k].role = ev->comm[0] ? ev->comm : NULL;
	return 0;
}

static int apply(struct tasks *t, const struct event *ev)
{
	if (ev->tid == 0 || ev->kind < TASK_ALIVE || ev->kind > TASK_ROLE)
		return 0; /* idle tasks are known by their CPU, kinds of later versions not at all
			   */
	if (ev->kind == TASK_ROLE)
		return apply_role(t, ev);

	const char *comm = ev->kind == TASK_FORK ? inherited(t, ev) : ev->comm;
	uint32_t n = task_of(t, ev);

	if (n == TASKS_NONE)
		return -ENOMEM;
	struct task *k = &t->task[n];

	if (ev->tgid)
		k->tgid = ev->tgid;
	if (ev->parent)
		k->parent = ev->parent;
	k->flags |= ev->flags;
	if (ev->kind != TASK_EXIT)
		return add_name(k, ev->time, comm);
	k->died = min_of(k->died, ev->time);
	/* The name that it had when it died may be the only one seen. */
	return k->n_names ? 0 : add_name(k, k->born, comm);
}

static int compare_events(const void *a, const void *b)
{
	const struct event *x = a, *y = b;

	/* Roles last: they are given to tasks that must be there. */
	if ((x->kind == TASK_ROLE) != (y->kind == TASK_ROLE))
		return x->kind == TASK_ROLE ? 1 : -1;
	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

int tasks_settle(struct tasks *t)
{
	struct idmap named = { 0 }; /* tid -> the last exec or rename */
	int r = 0;

	if (t->n_events > 1)
		qsort(t->event, t->n_events, sizeof(*t->event), compare_events);
	for (size_t i = 0; r == 0 && i < t->n_events; i++) {
		struct event *ev = &t->event[i];
		uint32_t other = ev->kind == TASK_ALIVE ? idmap_get(&named, ev->tid) : IDMAP_NONE;

		/* Importers put what was so at the start at the time of the first event: when that
		 * gave another name, the one before it is over. */
		if (other != IDMAP_NONE && t->event[other].time == ev->time)
			ev->comm = "";
		if (ev->kind == TASK_EXEC || ev->kind == TASK_RENAME)
			r = idmap_set(&named, ev->tid, (uint32_t)i);
		if (r == 0)
			r = apply(t, ev);
	}
	idmap_done(&named);
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
	uint32_t n = idmap_get(&t->idle, hidden(t, cpu));
	char name[32];

	if (n != IDMAP_NONE)
		return n;
	if (cpu == BATCH_CPU_NONE)
		(void)snprintf(name, sizeof(name), "swapper");
	else
		(void)snprintf(name, sizeof(name), "swapper/%u", cpu);
	const char *comm = strpool_add(t->text, name);

	n = comm ? new_task(t, 0, 0, comm) : TASKS_NONE;
	if (n == TASKS_NONE || idmap_set(&t->idle, hidden(t, cpu), n) < 0)
		return TASKS_NONE;
	t->task[n].cpu = cpu;
	t->task[n].flags |= TASK_FLAG_KERNEL;
	return n;
}

uint32_t tasks_find(struct tasks *t, uint32_t tid, nsec_t at, uint32_t cpu)
{
	if (tid == 0)
		return find_idle(t, cpu);
	uint32_t slot = get_slot(t, tid);

	if (!slot)
		return enter_task(t, tid, 0, "");
	if (!(slot & REUSED))
		return slot - 1;

	const struct reused *r = &t->reused[slot & ~REUSED];

	return living(t, r->number, r->n, at);
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
	uint32_t one, n;
	const uint32_t *number = slot_tasks(t, get_slot(t, tid), &one, &n);
	uint32_t only = n ? living(t, number, n, at) : TASKS_NONE;

	for (uint32_t i = 0; i < n; i++)
		if (at == NSEC_MAX || number[i] == only)
			t->task[number[i]].role = text[0] ? text : NULL;
	return 0;
}

/* Length of "kworker" in "kworker/1:2", 0 for names of other kinds. kernel/smpboot.c and
 * kernel/workqueue.c name them: a CPU behind the slash, or what a worker is bound to. */
static size_t sys_kind(const char *comm)
{
	static const char *const kind[] = { "cpuhp",	 "idle_inject", "ksoftirqd", "kworker",
					    "migration", "rcuc",	"rcuop",     "rcuos",
					    "swapper",	 "watchdog" };

	for (size_t i = 0; i < ARRAY_SIZE(kind); i++) {
		size_t n = strlen(kind[i]);

		if (strncmp(comm, kind[i], n) != 0 || comm[n] != '/')
			continue;
		if (!strcmp(kind[i], "kworker"))
			return n;
		size_t digits = strspn(comm + n + 1, "0123456789");

		return digits && !comm[n + 1 + digits] ? n : 0;
	}
	return 0;
}

int tasks_relabel(struct tasks *t, unsigned int how)
{
	for (size_t i = 0; i < t->n; i++) {
		struct task *k = &t->task[i];
		const char *label = k->role ? k->role : k->comm;
		size_t n = how & TASKS_MERGE_SYS && !k->role ? sys_kind(k->comm) : 0;
		char tid[16] = "";

		if (!k->tid || (!n && !(how & TASKS_APPEND_TID)))
			continue;
		if (how & TASKS_APPEND_TID)
			(void)snprintf(tid, sizeof(tid), ":%u", k->tid);
		auto_free char *text = NULL;

		if (asprintf(&text, "%.*s%s", (int)(n ? n : strlen(label)), label, tid) < 0) {
			text = NULL;
			return -ENOMEM;
		}
		k->role = strpool_add(t->text, text);
		if (!k->role)
			return -ENOMEM;
	}
	return 0;
}
