/* SPDX-License-Identifier: MIT */
/* A process is an event for each of its threads; those that come later are inherited. */
#include "capture/event_targets.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <string.h>

#include "capture/cgroup.h"
#include "names/proc_tasks.h"

static int add(struct event_targets *t, int pid, unsigned long flags, uint32_t id)
{
	struct event_target *grown;

	if (t->n == EVENT_TARGETS_MAX)
		return -E2BIG;
	grown = reallocarray(t->item, t->n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	t->item = grown;
	t->item[t->n++] = (struct event_target){ pid, flags, id };
	return 0;
}

static int add_thread(void *ctx, const struct proc_task *p)
{
	struct event_targets *t = ctx;

	for (unsigned int i = 0; i < t->filter->n_pids; i++)
		if (t->filter->pid[i] == p->tgid)
			return add(t, (int)p->tid, 0, p->tgid);
	return 0;
}

static int add_cgroup(struct event_targets *t, int root_fd, const char *name, struct err *e)
{
	struct cgroup_place place;
	int r = cgroup_find(root_fd, name, &place, e);

	if (r < 0)
		return r;
	t->cgroup_fd = openat(root_fd, place.path, O_RDONLY | O_CLOEXEC);
	if (t->cgroup_fd < 0)
		return err_set(e, -errno, "cannot open cgroup '%s': %s", name, strerror(errno));
	return add(t, t->cgroup_fd, PERF_FLAG_PID_CGROUP, 0);
}

int event_targets_settle(struct event_targets *t, int root_fd, const struct capture_filter *f,
			 const char *what, struct err *e)
{
	int r = 0;

	*t = (struct event_targets){ .cgroup_fd = -1, .filter = f };
	if (f && f->comm[0])
		return err_set(e, -EINVAL,
			       "%s cannot be chosen by name (try: --pid instead of --comm)", what);
	if (f && f->cgroup[0])
		return add_cgroup(t, root_fd, f->cgroup, e);
	if (!f || (!f->n_pids && !f->n_tids))
		return add(t, -1, 0, 0);
	t->inherit = f->n_pids > 0;
	if (f->n_pids)
		r = proc_tasks_read(root_fd, add_thread, t, e);
	for (unsigned int i = 0; i < f->n_tids && r >= 0; i++)
		r = add(t, (int)f->tid[i], 0, f->tid[i]);
	if (r >= 0 && !t->n)
		return err_set(e, -ESRCH, "no process %u", f->pid[0]);
	return r == -E2BIG ? err_set(e, r, "more than %u threads", EVENT_TARGETS_MAX) : r;
}

int event_targets_one(struct event_targets *t, uint32_t pid)
{
	*t = (struct event_targets){ .cgroup_fd = -1, .inherit = true };
	return add(t, (int)pid, 0, pid);
}

void event_targets_done(struct event_targets *t)
{
	free(t->item);
	if (t->cgroup_fd >= 0)
		close(t->cgroup_fd);
	*t = (struct event_targets){ .cgroup_fd = -1 };
}
