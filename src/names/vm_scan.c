/* SPDX-License-Identifier: MIT */
/*
 * The threads of the process at hand are gathered until the next process comes; then it is looked
 * at: one readlink() of its program, and no more when it is no QEMU. Kernel threads that work for a
 * machine may come before it, so they are matched at the end.
 */
#include "names/vm_scan.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "names/libvirt_state.h"
#include "names/qemu.h"
#include "names/vm_cgroup.h"

#define CMDLINE_MAX (1u << 20)
#define CGROUP_MAX  (64u << 10)

struct seen {
	uint32_t tid, pid;
	char comm[64];
	char type[64];
};

struct seen_list {
	struct seen *item;
	size_t n, cap;
};

/* A machine that was found, by process. */
struct machine {
	uint32_t pid;
	char name[NAME_MAX_BYTES + 1], uuid[QEMU_UUID_BYTES], instance[NAME_MAX_BYTES + 1];
};

struct vm_scan {
	int root_fd;
	struct libvirt_state libvirt;
	struct seen_list process; /* threads of the process at hand */
	struct seen_list found; /* threads of machines */
	struct seen_list helpers; /* kernel threads of the process in .pid */
	struct machine *machine;
	size_t n_machines;
};

int vm_scan_new(int root_fd, struct vm_scan **ret)
{
	auto_ptr(vm_scan) s = calloc(1, sizeof(*s));

	if (!s)
		return -ENOMEM;
	s->root_fd = root_fd;
	int r = libvirt_state_read(root_fd, &s->libvirt);

	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

struct vm_scan *vm_scan_free(struct vm_scan *s)
{
	if (s) {
		libvirt_state_done(&s->libvirt);
		free(s->process.item);
		free(s->found.item);
		free(s->helpers.item);
		free(s->machine);
		free(s);
	}
	return NULL;
}

static int remember(struct seen_list *l, const struct seen *item)
{
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 32;
		struct seen *grown = reallocarray(l->item, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->item = grown;
		l->cap = cap;
	}
	l->item[l->n++] = *item;
	return 0;
}

/* ---- one process ---- */

static bool runs_qemu(const struct vm_scan *s, uint32_t pid)
{
	char path[64], program[512];

	snprintf(path, sizeof(path), "proc/%u/exe", pid);
	ssize_t n = readlinkat(s->root_fd, path, program, sizeof(program) - 1);

	if (n < 0)
		return false; /* not ours to read, or gone: names have to do */
	program[n] = '\0';
	return qemu_program(program);
}

static bool looks_like_machine(const struct vm_scan *s)
{
	const struct seen *first = &s->process.item[0];
	char type[64];

	for (size_t i = 0; i < s->process.n; i++) {
		const char *comm = s->process.item[i].comm;

		if (!strncmp(comm, "qemu-system-", 12) || !strcmp(comm, "qemu-kvm"))
			return true;
		if (qemu_thread_type(comm, 0, type, sizeof(type)) && !strncmp(type, "vcpu", 4))
			return true;
	}
	return libvirt_state_find(&s->libvirt, first->pid) || runs_qemu(s, first->pid);
}

/* proc/PID/task/TID/cgroup, or cpuset of kernels with cgroup v1. */
static bool read_cgroup(const struct vm_scan *s, const struct seen *t, struct vm_cgroup *ret)
{
	static const char *const file[] = { "cgroup", "cpuset" };
	auto_buf b;

	buf_init(&b, CGROUP_MAX);
	for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
		char path[96];

		snprintf(path, sizeof(path), "proc/%u/task/%u/%s", t->pid, t->tid, file[i]);
		buf_clear(&b);
		if (file_read_at(s->root_fd, path, &b) >= 0 &&
		    vm_cgroup_find(buf_str(&b), b.len, ret))
			return true;
	}
	return false;
}

static void describe_machine(const struct vm_scan *s, uint32_t pid, struct machine *ret)
{
	const struct libvirt_domain *d = libvirt_state_find(&s->libvirt, pid);
	struct qemu_cmdline line = { 0 };
	char path[64];
	auto_buf b;

	buf_init(&b, CMDLINE_MAX);
	snprintf(path, sizeof(path), "proc/%u/cmdline", pid);
	int r = file_read_at(s->root_fd, path, &b);

	/* A longer one is cut: what we want stands in front. */
	if (r >= 0 || r == -EFBIG)
		qemu_cmdline_parse(buf_str(&b), b.len, &line);
	*ret = (struct machine){ .pid = pid };
	snprintf(ret->name, sizeof(ret->name), "%s", d && d->name[0] ? d->name : line.name);
	snprintf(ret->uuid, sizeof(ret->uuid), "%s", d && d->uuid[0] ? d->uuid : line.uuid);
}

static bool libvirt_type(const struct libvirt_domain *d, uint32_t tid, char *ret, size_t size)
{
	for (uint32_t i = 0; d && i < d->n_vcpus; i++) {
		if (d->vcpu[i].tid != tid)
			continue;
		snprintf(ret, size, "vcpu%u", d->vcpu[i].id);
		return true;
	}
	return false;
}

/*
 * The types that are told, by libvirt, the thread's name, or its control group. Threads of the
 * emulator's group that have a name of their own (worker) are called by it.
 */
static void tell_types(struct vm_scan *s, struct machine *m)
{
	const struct libvirt_domain *d = libvirt_state_find(&s->libvirt, m->pid);
	bool told = false;

	for (size_t i = 0; i < s->process.n; i++) {
		struct seen *t = &s->process.item[i];
		struct vm_cgroup g = { 0 };
		bool grouped = read_cgroup(s, t, &g);

		if (grouped && !m->instance[0])
			snprintf(m->instance, sizeof(m->instance), "%s", g.instance);
		if (libvirt_type(d, t->tid, t->type, sizeof(t->type)))
			told = true;
		else if (g.type[0] && strcmp(g.type, "emulator") != 0)
			snprintf(t->type, sizeof(t->type), "%s", g.type);
		else if (!qemu_thread_type(t->comm, m->pid, t->type, sizeof(t->type)))
			snprintf(t->type, sizeof(t->type), "%s", g.type);
		told = told || (t->type[0] && strcmp(t->type, "worker") != 0);
	}
	/* Where vCPUs are told from the rest, the rest is the emulator. Else only the first thread
	 * is known to be, and nothing is said of the others. */
	for (size_t i = 0; i < s->process.n; i++) {
		struct seen *t = &s->process.item[i];

		if (!t->type[0])
			snprintf(t->type, sizeof(t->type), "%s",
				 told || t->tid == t->pid ? "emulator" : "thread");
	}
}

static int finish_process(struct vm_scan *s)
{
	struct machine m;

	if (!s->process.n || !looks_like_machine(s)) {
		s->process.n = 0;
		return 0;
	}
	struct machine *grown = reallocarray(s->machine, s->n_machines + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->machine = grown;
	describe_machine(s, s->process.item[0].pid, &m);
	tell_types(s, &m);
	s->machine[s->n_machines++] = m;
	for (size_t i = 0; i < s->process.n; i++)
		if (remember(&s->found, &s->process.item[i]) < 0)
			return -ENOMEM;
	s->process.n = 0;
	return 0;
}

/* ---- interface ---- */

int vm_scan_task(struct vm_scan *s, const struct proc_task *t)
{
	struct seen own = { .tid = t->tid, .pid = t->tgid };
	const char *type;

	if (s->process.n && s->process.item[0].pid != t->tgid) {
		int r = finish_process(s);

		if (r < 0)
			return r;
	}
	snprintf(own.comm, sizeof(own.comm), "%s", t->comm);
	if (!t->kernel)
		return remember(&s->process, &own);
	own.pid = qemu_helper_of(t->comm, &type);
	if (!own.pid)
		return 0;
	snprintf(own.type, sizeof(own.type), "%s", type);
	return remember(&s->helpers, &own);
}

static const struct machine *find_machine(const struct vm_scan *s, uint32_t pid)
{
	for (size_t i = 0; i < s->n_machines; i++)
		if (s->machine[i].pid == pid)
			return &s->machine[i];
	return NULL;
}

static int add_all(const struct vm_scan *s, const struct seen_list *from, nsec_t time,
		   struct vm_list *into)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct seen *t = &from->item[i];
		const struct machine *m = find_machine(s, t->pid);
		int r = 0;

		if (m)
			r = vm_list_add(into, &(struct vm_thread){ .time = time,
								   .tid = t->tid,
								   .pid = t->pid,
								   .name = m->name,
								   .uuid = m->uuid,
								   .instance = m->instance,
								   .type = t->type });
		if (r < 0)
			return r;
	}
	return 0;
}

int vm_scan_finish(struct vm_scan *s, nsec_t time, struct vm_list *into)
{
	int r = finish_process(s);

	if (r >= 0)
		r = add_all(s, &s->found, time, into);
	return r < 0 ? r : add_all(s, &s->helpers, time, into);
}

static int feed(void *ctx, const struct proc_task *t)
{
	return vm_scan_task(ctx, t);
}

int vm_scan_machine(int root_fd, nsec_t time, struct vm_list *into, struct err *e)
{
	auto_ptr(vm_scan) s = NULL;
	int r = vm_scan_new(root_fd, &s);

	if (r >= 0)
		r = proc_tasks_read(root_fd, feed, s, e);
	return r < 0 ? r : vm_scan_finish(s, time, into);
}
