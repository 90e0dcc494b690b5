/* SPDX-License-Identifier: MIT */
/* Threads in order of arrival, found by tid; from and to the vm track. */
#include "names/vm_list.h"

#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"
#include "model/vm_track.h"

#define WRITE_ROWS 1024u

struct vm_list {
	struct vm_thread *thread;
	size_t n, cap;
	struct idmap by_tid;
	struct strpool *text;
};

struct vm_list *vm_list_new(void)
{
	struct vm_list *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->text = strpool_new();
	return l->text ? l : vm_list_free(l);
}

struct vm_list *vm_list_free(struct vm_list *l)
{
	if (l) {
		idmap_done(&l->by_tid);
		strpool_free(l->text);
		free(l->thread);
		free(l);
	}
	return NULL;
}

int vm_list_add(struct vm_list *l, const struct vm_thread *t)
{
	struct vm_thread own = *t;
	uint32_t at = idmap_get(&l->by_tid, t->tid);

	own.name = strpool_add(l->text, t->name);
	own.uuid = strpool_add(l->text, t->uuid);
	own.instance = strpool_add(l->text, t->instance);
	own.type = strpool_add(l->text, t->type);
	if (!own.name || !own.uuid || !own.instance || !own.type)
		return -ENOMEM;
	if (at != IDMAP_NONE) {
		l->thread[at] = own;
		return 0;
	}
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct vm_thread *grown = reallocarray(l->thread, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->thread = grown;
		l->cap = cap;
	}
	if (idmap_set(&l->by_tid, own.tid, (uint32_t)l->n) < 0)
		return -ENOMEM;
	l->thread[l->n++] = own;
	return 0;
}

size_t vm_list_count(const struct vm_list *l)
{
	return l->n;
}

const struct vm_thread *vm_list_at(const struct vm_list *l, size_t i)
{
	return &l->thread[i];
}

const struct vm_thread *vm_list_find(const struct vm_list *l, uint32_t tid)
{
	uint32_t i = idmap_get(&l->by_tid, tid);

	return i == IDMAP_NONE ? NULL : &l->thread[i];
}

static int compare_pids(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

size_t vm_list_machines(const struct vm_list *l)
{
	auto_free uint32_t *pid = calloc(l->n + 1, sizeof(*pid));
	size_t machines = 0;

	if (!pid)
		return 0;
	for (size_t i = 0; i < l->n; i++)
		pid[i] = l->thread[i].pid;
	qsort(pid, l->n, sizeof(*pid), compare_pids);
	for (size_t i = 0; i < l->n; i++)
		machines += i == 0 || pid[i] != pid[i - 1];
	return machines;
}

const char *vm_thread_machine(const struct vm_thread *t)
{
	return t->name[0] ? t->name : t->instance[0] ? t->instance : t->uuid;
}

int vm_list_read(struct vm_list *l, struct source *src, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_vm), .order = CURSOR_BY_TIME };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0) {
		for (uint32_t i = 0; i < b->rows; i++) {
			const struct vm_thread t = {
				.time = b->time[i],
				.tid = batch_u32(b, VM_TID)[i],
				.pid = batch_u32(b, VM_PID)[i],
				.name = batch_text(b, VM_NAME, i),
				.uuid = batch_text(b, VM_UUID, i),
				.instance = batch_text(b, VM_INSTANCE, i),
				.type = batch_text(b, VM_TYPE, i),
			};

			if (vm_list_add(l, &t) < 0)
				return err_set(e, -ENOMEM, "no memory");
		}
	}
	return r;
}

static int put_row(struct batch *b, const struct vm_thread *t, nsec_t not_before)
{
	const char *text[] = { t->name, t->uuid, t->instance, t->type };
	uint32_t row = b->rows;

	for (unsigned int i = 0; i < ARRAY_SIZE(text); i++) {
		int64_t at = batch_add_text(b, text[i]);

		if (at < 0)
			return (int)at;
		((uint32_t *)b->col[VM_NAME + i])[row] = (uint32_t)at;
	}
	b->time[row] = max_of(t->time, not_before);
	batch_u32(b, VM_TID)[row] = t->tid;
	batch_u32(b, VM_PID)[row] = t->pid;
	b->rows++;
	return 0;
}

static int compare_times(const void *a, const void *b)
{
	const struct vm_thread *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

int vm_list_write(const struct vm_list *l, nsec_t not_before, struct sink *sink, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_vm, WRITE_ROWS);
	auto_free struct vm_thread *sorted = calloc(l->n + 1, sizeof(*sorted));
	int r = 0;

	if (!b || !sorted)
		return err_set(e, -ENOMEM, "no memory");
	if (l->n)
		memcpy(sorted, l->thread, l->n * sizeof(*sorted));
	qsort(sorted, l->n, sizeof(*sorted), compare_times);
	b->cpu = BATCH_CPU_NONE;
	for (size_t i = 0; r >= 0 && i < l->n; i++) {
		r = put_row(b, &sorted[i], not_before);
		if (r >= 0 && (batch_full(b) || i + 1 == l->n)) {
			r = sink_write(sink, b, e);
			batch_clear(b);
			b->cpu = BATCH_CPU_NONE;
		}
	}
	return r;
}
