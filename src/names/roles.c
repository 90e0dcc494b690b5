/* SPDX-License-Identifier: MIT */
/* From the least exact source to the most exact, each over the one before. */
#include "names/roles.h"

#include <stdio.h>
#include <string.h>

#include "base/idmap.h"
#include "model/sched_track.h"

#define WRITE_ROWS 1024u
#define ROLE_BYTES (NAME_MAX_BYTES + 66) /* of a machine's thread, with its type */

static const struct name_row *machine_row(const struct role_sources *s, const struct vm_thread *t)
{
	const struct name_row *row = NULL;

	for (size_t i = s->n_maps; i-- > 0 && !row;)
		row = name_map_machine(s->map[i], t->uuid, t->instance, t->type);
	return row;
}

bool role_of_vm_thread(const struct role_sources *s, const struct vm_thread *t, char *ret,
		       size_t size)
{
	const struct name_row *row = machine_row(s, t);
	const char *name = row ? row->base : vm_thread_machine(t);
	char base[NAME_MAX_BYTES + 1] = "";

	if (!row || row->plain) {
		if (!name_rules_match(s->rules, name, base, sizeof(base)) && !row &&
		    !s->machine_names)
			return false;
	}
	if (!base[0])
		snprintf(base, sizeof(base), "%s", name);
	if (!base[0])
		return false;
	snprintf(ret, size, "%s%s%s", base, t->type[0] ? "." : "", t->type);
	return true;
}

static int name_machines(const struct role_sources *s, struct tasks *tasks)
{
	char role[ROLE_BYTES];

	for (size_t i = 0; s->vms && i < vm_list_count(s->vms); i++) {
		const struct vm_thread *t = vm_list_at(s->vms, i);

		if (t->tid && role_of_vm_thread(s, t, role, sizeof(role)) &&
		    tasks_set_role(tasks, t->tid, t->time, role) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Machines' threads have their machine's name to be matched. */
static int name_by_rules(const struct role_sources *s, struct tasks *tasks)
{
	char role[NAME_MAX_BYTES + 1];

	if (!s->rules || !name_rules_count(s->rules))
		return 0;
	for (uint32_t i = 0; i < tasks_count(tasks); i++) {
		const struct task *k = tasks_at(tasks, i);

		if (!k->tid || (s->vms && vm_list_find(s->vms, k->tid)))
			continue;
		if (name_rules_match(s->rules, k->comm, role, sizeof(role)) &&
		    tasks_set_role(tasks, k->tid, k->born, role) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int name_by_tid(const struct role_sources *s, struct tasks *tasks)
{
	for (size_t i = 0; i < s->n_maps; i++) {
		for (size_t k = 0; k < name_map_count(s->map[i]); k++) {
			const struct name_row *row = name_map_at(s->map[i], k);

			if (row->tid && tasks_set_role(tasks, row->tid, NSEC_MAX, row->base) < 0)
				return -ENOMEM;
		}
	}
	return 0;
}

static int count_unused(const struct role_sources *s, const struct tasks *tasks, size_t *ret)
{
	struct idmap tids = { 0 };
	size_t unused = 0;

	for (uint32_t i = 0; i < tasks_count(tasks); i++) {
		if (idmap_set(&tids, tasks_at(tasks, i)->tid, 0) < 0) {
			idmap_done(&tids);
			return -ENOMEM;
		}
	}
	for (size_t i = 0; i < s->n_maps; i++) {
		for (size_t k = 0; k < name_map_count(s->map[i]); k++) {
			uint32_t tid = name_map_at(s->map[i], k)->tid;

			unused += tid && idmap_get(&tids, tid) == IDMAP_NONE;
		}
	}
	idmap_done(&tids);
	*ret = unused;
	return 0;
}

int roles_apply(const struct role_sources *s, struct tasks *tasks, struct role_counts *ret)
{
	int r = name_machines(s, tasks);

	if (r >= 0)
		r = name_by_rules(s, tasks);
	if (r >= 0)
		r = name_by_tid(s, tasks);
	if (r >= 0 && ret)
		r = roles_count(tasks, ret);
	return r < 0 || !ret ? r : count_unused(s, tasks, &ret->unused);
}

int roles_rename_machines(const struct role_sources *s, struct vm_list *vms, bool *ret)
{
	bool renamed = false;

	for (size_t i = 0; i < vm_list_count(vms); i++) {
		struct vm_thread t = *vm_list_at(vms, i);
		const struct name_row *row = machine_row(s, &t);

		if (!row || !strcmp(row->base, t.name))
			continue;
		if (!t.instance[0])
			t.instance = t.name;
		t.name = row->base;
		if (vm_list_add(vms, &t) < 0)
			return -ENOMEM;
		renamed = true;
	}
	*ret = renamed;
	return 0;
}

static int put_role(struct batch *b, const struct vm_thread *t, nsec_t time, const char *role)
{
	int64_t text = batch_add_text(b, role);
	uint32_t row = b->rows;

	if (text < 0)
		return (int)text;
	b->time[row] = time;
	batch_u8(b, TASK_KIND)[row] = TASK_ROLE;
	batch_u32(b, TASK_TID)[row] = t->tid;
	batch_u32(b, TASK_TGID)[row] = 0;
	batch_u32(b, TASK_PARENT)[row] = 0;
	batch_u8(b, TASK_FLAGS)[row] = 0;
	((uint32_t *)b->col[TASK_COMM])[row] = (uint32_t)text;
	b->rows++;
	return 0;
}

int roles_write_machines(const struct role_sources *s, nsec_t not_before, struct sink *sink,
			 struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_task, WRITE_ROWS);
	char role[ROLE_BYTES];
	int r = b ? 0 : -ENOMEM;

	for (size_t i = 0; r >= 0 && i < vm_list_count(s->vms); i++) {
		const struct vm_thread *t = vm_list_at(s->vms, i);

		b->cpu = BATCH_CPU_NONE;
		/* Times of one stream must not fall. */
		not_before = max_of(not_before, t->time);
		if (role_of_vm_thread(s, t, role, sizeof(role)))
			r = put_role(b, t, not_before, role);
		if (r >= 0 && batch_full(b)) {
			r = sink_write(sink, b, e);
			batch_clear(b);
		}
	}
	if (r < 0)
		return r;
	b->cpu = BATCH_CPU_NONE;
	return sink_write(sink, b, e);
}

int roles_clear(struct tasks *tasks)
{
	for (uint32_t i = 0; i < tasks_count(tasks); i++) {
		const struct task *k = tasks_at(tasks, i);

		if (k->role && tasks_set_role(tasks, k->tid, NSEC_MAX, "") < 0)
			return -ENOMEM;
	}
	return 0;
}

static int compare_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int roles_count(const struct tasks *tasks, struct role_counts *ret)
{
	auto_free const char **role = calloc(tasks_count(tasks) + 1, sizeof(*role));
	size_t n = 0, different = 0;

	if (!role)
		return -ENOMEM;
	for (uint32_t i = 0; i < tasks_count(tasks); i++)
		if (tasks_at(tasks, i)->role)
			role[n++] = tasks_at(tasks, i)->role;
	qsort(role, n, sizeof(*role), compare_texts);
	for (size_t i = 0; i < n; i++)
		different += i == 0 || strcmp(role[i], role[i - 1]) != 0;
	*ret = (struct role_counts){ .tasks = n, .roles = different };
	return 0;
}
