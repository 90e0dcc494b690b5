/* SPDX-License-Identifier: MIT */
/*
 * What each cgroup has used: the files of cgroup v2, of all groups below its mount.
 *
 * Groups come and go all the time. The root group's cgroup.stat tells how many there are, and
 * reading a file of one that was removed is -ENODEV: only then are folders walked again, and once a
 * minute. Files stay open, as far as half of this process' descriptors go.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collect/cgroup_files.h"
#include "collect/collector.h"
#include "collect/things.h"

#define MAX_GROUPS  2048u
#define MAX_DEVICES 4096u
#define MAX_DEPTH   32u
#define LIST_EVERY  (60 * NSEC_PER_SEC)

struct group {
	struct proc_file file[CGROUP_N_FILES];
	bool kept; /* they are open between ticks */
	bool gone;
};

struct device {
	char name[64];
};

struct cgroups {
	const struct proc_root *root;
	const char *mount;
	struct proc_file count; /* cgroup.stat of the root group */
	uint64_t descendants; /* as it said when folders were walked */
	struct things groups; /* by path; the root group is "/" */
	struct things devices; /* by "254:0" */
	unsigned int files_left; /* that may be kept open */
	nsec_t listed; /* 0 = never */
	bool stale; /* a group was removed */
	/* While folders are walked: */
	char path[CGROUP_MAX_PATH];
	unsigned int depth;
};

static void group_done(void *state)
{
	struct group *g = state;

	for (unsigned int i = 0; i < CGROUP_N_FILES; i++)
		proc_file_done(&g->file[i]);
}

/* ---- which there are ---- */

static void open_group(struct cgroups *s, const char *path, struct group *g)
{
	char file[CGROUP_MAX_PATH + 128];

	for (unsigned int i = 0; i < CGROUP_N_FILES; i++) {
		snprintf(file, sizeof(file), "%s%s%s%s", s->mount, path, path[1] ? "/" : "",
			 cgroup_files[i].name);
		/* A controller that is off has no file. */
		(void)!proc_file_open(&g->file[i], s->root, file);
	}
}

static int walk(struct cgroups *s);

static int see_folder(void *ctx, const char *name, bool is_folder)
{
	struct cgroups *s = ctx;
	size_t len = strlen(s->path), n = strlen(name);

	if (!is_folder || s->depth == MAX_DEPTH || len + n + 2 > sizeof(s->path))
		return 0;
	snprintf(s->path + len, sizeof(s->path) - len, "%s%s", s->path[1] ? "/" : "", name);
	s->depth++;
	int r = walk(s);

	s->depth--;
	s->path[len] = '\0';
	return r;
}

/* The group s->path and those below. */
static int walk(struct cgroups *s)
{
	char folder[CGROUP_MAX_PATH + 64];
	bool is_new;
	struct group *g = things_see(&s->groups, s->path, &is_new);

	if (g && is_new && s->files_left >= CGROUP_N_FILES) {
		s->files_left -= CGROUP_N_FILES;
		g->kept = true;
		open_group(s, s->path, g);
	}
	snprintf(folder, sizeof(folder), "%s%s", s->mount, s->path);
	/* One that is removed meanwhile is no mistake. */
	return proc_list(s->root, folder, see_folder, s) == -ENOMEM ? -ENOMEM : 0;
}

static void count_files_left(struct cgroups *s)
{
	struct rlimit limit = { .rlim_cur = 256 };

	(void)getrlimit(RLIMIT_NOFILE, &limit);
	s->files_left =
		(unsigned int)min_of(limit.rlim_cur / 2, (rlim_t)MAX_GROUPS * CGROUP_N_FILES);
	for (uint32_t i = 0; i < s->groups.n; i++) {
		const struct group *g = things_at(&s->groups, i);

		s->files_left -= g->kept ? min_of(s->files_left, CGROUP_N_FILES) : 0;
	}
}

static int list_groups(struct cgroups *s)
{
	/* There may be another one of that name now. */
	for (uint32_t i = s->groups.n; i-- > 0;)
		if (((const struct group *)things_at(&s->groups, i))->gone)
			things_drop(&s->groups, i);
	things_begin(&s->groups);
	things_done(&s->devices);
	count_files_left(s);
	snprintf(s->path, sizeof(s->path), "/");
	int r = walk(s);

	things_end(&s->groups);
	return r;
}

static uint64_t count_descendants(struct cgroups *s)
{
	struct key_value k;

	for (const char *p = proc_file_read(&s->count); p && *p; p = next_line(p))
		if (scan_key_value(&p, &k) && word_is(k.key, k.len, "nr_descendants"))
			return k.value;
	return 0;
}

static int cgroup_open(void *state, const struct proc_root *root, struct err *e)
{
	struct cgroups *s = state;
	char path[64];

	s->root = root;
	things_init(&s->groups, sizeof(struct group), MAX_GROUPS, group_done);
	things_init(&s->devices, sizeof(struct device), MAX_DEVICES, NULL);
	static const char *const mounts[] = { "sys/fs/cgroup", "sys/fs/cgroup/unified" };

	for (unsigned int i = 0; i < ARRAY_SIZE(mounts) && !s->mount && !root->text; i++) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers", mounts[i]);
		if (faccessat(root->fd, path, R_OK, 0) == 0)
			s->mount = mounts[i];
	}
	if (!s->mount)
		return err_set(e, -ENOENT, "no cgroup v2 in '/sys/fs/cgroup'");
	snprintf(path, sizeof(path), "%s/cgroup.stat", s->mount);
	(void)!proc_file_open(&s->count, root, path);
	return 0;
}

/* ---- reading ---- */

/* "vda" of "254:0", as sys/dev/block/254:0 points to it; the numbers where it does not. */
static const char *name_device(void *ctx, const char *numbers, size_t len)
{
	struct cgroups *s = ctx;
	struct device *d = things_find(&s->devices, numbers, len);
	char key[24], path[64], link[512];
	bool is_new;

	if (d)
		return d->name;
	snprintf(key, sizeof(key), "%.*s", (int)min_of(len, sizeof(key) - 1), numbers);
	snprintf(path, sizeof(path), "sys/dev/block/%s", key);
	d = things_see(&s->devices, key, &is_new);
	if (!d)
		return "";
	ssize_t n = strchr(key, '/') ? -1 : readlinkat(s->root->fd, path, link, sizeof(link) - 1);

	link[n > 0 ? n : 0] = '\0';
	const char *slash = strrchr(link, '/');

	snprintf(d->name, sizeof(d->name), "%.63s", n <= 0 ? key : slash ? slash + 1 : link);
	return d->name;
}

static void take_group(struct cgroups *s, struct readings *r, const char *path, struct group *g)
{
	struct cgroup_target to = { .r = r, .device = name_device, .ctx = s, .len = strlen(path) };

	memcpy(to.name, path, to.len);
	if (!g->kept)
		open_group(s, path, g);
	for (unsigned int i = 0; i < CGROUP_N_FILES; i++) {
		const char *text = proc_file_read(&g->file[i]);

		if (text)
			cgroup_files[i].scan(&to, text, cgroup_files[i].thing);
		else if (errno == ENODEV)
			s->stale = g->gone = true;
	}
	if (!g->kept)
		group_done(g);
}

static int cgroup_sample(void *state, struct tick *t, struct err *e)
{
	struct cgroups *s = state;
	uint64_t descendants = count_descendants(s);

	(void)e;
	if (!s->listed || s->stale || descendants != s->descendants ||
	    t->time - s->listed >= LIST_EVERY) {
		int r = list_groups(s);

		if (r < 0)
			return r;
		readings_refuse(t->readings, s->groups.refused);
		s->descendants = descendants;
		s->listed = t->time;
		s->stale = false;
	}
	for (uint32_t i = 0; i < s->groups.n; i++)
		take_group(s, t->readings, things_name(&s->groups, i), things_at(&s->groups, i));
	return 0;
}

static void cgroup_close(void *state)
{
	struct cgroups *s = state;

	proc_file_done(&s->count);
	things_done(&s->groups);
	things_done(&s->devices);
}

const struct collector collector_cgroup = {
	.name = "cgroup",
	.help = "CPU, memory, I/O, threads and pressure of each cgroup v2",
	.things = "paths: /system.slice/x.service",
	.metric = cgroup_metrics,
	.n_metrics = CGROUP_N_METRICS,
	.state_bytes = sizeof(struct cgroups),
	.open = cgroup_open,
	.sample = cgroup_sample,
	.close = cgroup_close,
};
