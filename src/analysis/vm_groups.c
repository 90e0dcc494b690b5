/* SPDX-License-Identifier: MIT */
/* Tasks to virtual machines: by process where it is known, else by the beginning of the role. */
#include "analysis/vm_groups.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "model/sched_track.h"
#include "model/vm_track.h"

#define GROUP_NAME_MAX 96

struct vm_row {
	nsec_t time;
	uint32_t tid, pid;
	const char *name, *type; /* in the pool */
};

void vm_groups_done(struct vm_groups *g)
{
	free(g->group);
	free(g->of);
	free(g->vcpu);
	free(g->row);
	strpool_free(g->names);
	*g = (struct vm_groups){ 0 };
}

static int need_names(struct vm_groups *g)
{
	if (!g->names)
		g->names = strpool_new();
	return g->names ? 0 : -ENOMEM;
}

int vm_groups_add(struct vm_groups *g, const struct batch *b)
{
	static const unsigned int name_column[] = { VM_NAME, VM_INSTANCE, VM_UUID };
	struct vm_row *bigger = reallocarray(g->row, g->n_rows + b->rows, sizeof(*g->row));

	if (!bigger || need_names(g) < 0) {
		g->row = bigger ? bigger : g->row;
		return -ENOMEM;
	}
	g->row = bigger;
	for (uint32_t i = 0; i < b->rows; i++) {
		const char *name = "";

		for (unsigned int c = 0; c < ARRAY_SIZE(name_column) && !*name; c++)
			name = batch_text(b, name_column[c], i);
		struct vm_row row = { .time = b->time[i],
				      .tid = batch_u32(b, VM_TID)[i],
				      .pid = batch_u32(b, VM_PID)[i],
				      .name = strpool_add(g->names, name),
				      .type = strpool_add(g->names, batch_text(b, VM_TYPE, i)) };

		if (!row.name || !row.type)
			return -ENOMEM;
		g->row[g->n_rows++] = row;
	}
	return 0;
}

/* ---- what is known of a task ---- */

struct known {
	const struct vm_row *row; /* or NULL */
	uint32_t pid; /* of its machine; 0 = not known */
	const char *prefix; /* role without its last part, in the pool, or NULL */
	bool vcpu;
};

static bool starts_with(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* QEMU's name of a vCPU thread: "CPU 0/KVM". */
static bool is_qemu_vcpu(const char *comm)
{
	unsigned int number;
	int end = 0;

	return sscanf(comm, "CPU %u/KVM%n", &number, &end) == 1 && end && !comm[end];
}

static int know(struct vm_groups *g, const struct tasks *tasks, uint32_t number, bool has_kvm,
		struct known *ret)
{
	const struct task *t = tasks_at(tasks, number);
	const char *dot = t->role ? strrchr(t->role, '.') : NULL;

	ret->pid = ret->row && ret->row->pid ? ret->row->pid : t->tgid;
	if (dot && dot > t->role) {
		ret->prefix = strpool_add_n(g->names, t->role, (size_t)(dot - t->role));
		if (!ret->prefix)
			return -ENOMEM;
	}
	if (t->tid)
		ret->vcpu = has_kvm || (ret->row && starts_with(ret->row->type, "vcpu")) ||
			    (dot && starts_with(dot + 1, "vcpu")) || is_qemu_vcpu(t->comm);
	return 0;
}

/* ---- groups ---- */

/* Groups by key, and processes by pid. */
struct maps {
	struct idmap group, leader;
};

/* "qemu-kvm:1234", for machines of which nothing better is known. */
static const char *made_name(struct vm_groups *g, const struct maps *m, const struct tasks *tasks,
			     uint32_t number, uint32_t pid)
{
	const struct task *t = tasks_at(tasks, number);
	uint32_t leader = pid ? idmap_get(&m->leader, pid) : IDMAP_NONE;
	const char *comm =
		leader != IDMAP_NONE ? tasks_at(tasks, leader)->comm : tasks_label(tasks, number);
	char text[GROUP_NAME_MAX];

	(void)snprintf(text, sizeof(text), "%.64s:%" PRIu32, comm, pid ? pid : t->tid);
	return strpool_add(g->names, text);
}

static int add_group(struct vm_groups *g, const struct maps *m, const struct tasks *tasks,
		     uint32_t number, const struct known *k)
{
	struct vm_group *bigger = g->group;
	const char *name = k->prefix;

	if (!(g->n & (g->n - 1)))
		bigger = reallocarray(g->group, g->n ? 2 * g->n : 1, sizeof(*g->group));
	if (!bigger)
		return -ENOMEM;
	g->group = bigger;
	if (!name && k->row && *k->row->name)
		name = k->row->name;
	if (!name)
		name = made_name(g, m, tasks, number, k->pid);
	if (!name)
		return -ENOMEM;
	g->group[g->n++] = (struct vm_group){ .name = name, .pid = k->pid };
	return 0;
}

/* Keys of processes are small; those of roles are addresses of pooled text. */
static uint64_t group_key(const struct known *k, uint32_t number)
{
	if (k->pid)
		return k->pid;
	return k->prefix ? (uintptr_t)k->prefix : (UINT64_C(1) << 63 | number);
}

static int make_groups(struct vm_groups *g, const struct tasks *tasks, const struct known *known,
		       struct maps *m)
{
	for (uint32_t i = 0; i < g->n_tasks; i++) {
		const struct task *t = tasks_at(tasks, i);

		if (t->tid && t->tid == t->tgid && idmap_set(&m->leader, t->tid, i) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < g->n_tasks; i++) {
		const struct known *k = &known[i];
		uint64_t key = group_key(k, i);

		if ((!k->vcpu && !k->row) || idmap_get(&m->group, key) != IDMAP_NONE)
			continue;
		if (idmap_set(&m->group, key, (uint32_t)g->n) < 0 ||
		    add_group(g, m, tasks, i, k) < 0)
			return -ENOMEM;
	}
	for (uint32_t i = 0; i < g->n_tasks; i++) {
		uint32_t group = idmap_get(&m->group, group_key(&known[i], i));

		g->of[i] = tasks_at(tasks, i)->tid ? group : VM_GROUP_NONE;
		g->vcpu[i] = known[i].vcpu;
		if (g->of[i] == VM_GROUP_NONE)
			continue;
		g->group[group].threads++;
		g->group[group].vcpus += known[i].vcpu;
	}
	return 0;
}

int vm_groups_settle(struct vm_groups *g, struct tasks *tasks, const bool *has_kvm, size_t n)
{
	struct maps maps = { 0 };
	int r = need_names(g);
	size_t count;

	/* Threads that only the vm track knows become tasks here. */
	for (size_t i = 0; i < g->n_rows; i++)
		if (tasks_find(tasks, g->row[i].tid, g->row[i].time, 0) == TASKS_NONE)
			return -ENOMEM;
	count = g->n_tasks = tasks_count(tasks);
	g->of = calloc(count + 1, sizeof(*g->of));
	g->vcpu = calloc(count + 1, sizeof(*g->vcpu));

	auto_free struct known *known = calloc(count + 1, sizeof(*known));

	if (r < 0 || !g->of || !g->vcpu || !known)
		return -ENOMEM;
	for (size_t i = 0; i < g->n_rows; i++)
		if (g->row[i].tid)
			known[tasks_find(tasks, g->row[i].tid, g->row[i].time, 0)].row = &g->row[i];
	for (uint32_t i = 0; i < count && r >= 0; i++)
		r = know(g, tasks, i, i < n && has_kvm[i], &known[i]);
	if (r >= 0)
		r = make_groups(g, tasks, known, &maps);
	idmap_done(&maps.group);
	idmap_done(&maps.leader);
	return r;
}
