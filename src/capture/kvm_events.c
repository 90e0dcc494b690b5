/* SPDX-License-Identifier: MIT */
/* Finds the kernel's kvm tracepoints and their fields in tracefs. Modules that are loaded later
 * bring theirs too late: what a recording takes is settled when it is opened. */
#include "capture/kvm_events.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/tracefs.h"

#define DIRECTORY "events/kvm"
#define MAX_NAMES 4096u /* of a directory that we believe */

static bool is_core(const char *name)
{
	const struct kvm_tracepoint *t = kvm_tracepoint_by_name(name);

	return (t && t->core) || !strcmp(name, "kvm_exit") || !strcmp(name, "kvm_entry");
}

static int compare_names(const void *a, const void *b)
{
	const struct kvm_event *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Names of the wanted ones, sorted. A folder without a format is a switch for the whole. */
static int list_names(DIR *dir, bool all, struct kvm_events *k)
{
	for (struct dirent *d; (d = readdir(dir));) {
		if (d->d_name[0] == '.' || !strcmp(d->d_name, "enable") ||
		    !strcmp(d->d_name, "filter") || !(all || is_core(d->d_name)))
			continue;
		struct kvm_event *more =
			k->n < MAX_NAMES ? reallocarray(k->item, k->n + 1, sizeof(*more)) : NULL;

		if (!more)
			return k->n < MAX_NAMES ? -ENOMEM : -E2BIG;
		k->item = more;
		k->item[k->n] = (struct kvm_event){ .name = strdup(d->d_name) };
		if (!k->item[k->n].name)
			return -ENOMEM;
		k->n++;
	}
	if (k->n)
		qsort(k->item, k->n, sizeof(*k->item), compare_names);
	return 0;
}

static int read_one(int tracefs_fd, struct kvm_event *v, struct err *e)
{
	auto_ptr(tracepoint) t = NULL;
	char path[300];

	snprintf(path, sizeof(path), "kvm/%s", v->name);
	int r = tracefs_read_event(tracefs_fd, path, &t, e);

	if (r < 0)
		return r;
	/* Kinds go by the names of folders and of formats alike. */
	if (strcmp(t->name, v->name))
		return err_set(e, -EINVAL, "tracepoint '%s' calls itself '%s'", path, t->name);
	v->id = t->id;
	return kvm_layout_init(&v->layout, t, e);
}

static int give_kinds(struct kvm_events *k, struct err *e)
{
	unsigned int next = KVM_KIND_NAMED;

	for (unsigned int i = 0; i < k->n; i++) {
		struct kvm_layout *l = &k->item[i].layout;

		if (l->class != KVM_CLASS_OTHER || l->kind)
			continue;
		if (next > KVM_KIND_MAX)
			return err_set(
				e, -E2BIG,
				"this kernel has more kvm events than a recording has numbers "
				"for (try: -e kvm)");
		l->kind = (uint8_t)next++;
	}
	return 0;
}

int kvm_events_read(int tracefs_fd, bool all, struct kvm_events **ret, struct err *e)
{
	auto_ptr(kvm_events) k = calloc(1, sizeof(*k));
	int fd = openat(tracefs_fd, DIRECTORY, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	int r = dir ? 0 : -errno;

	if (!k) {
		r = -ENOMEM;
	} else if (r == -ENOENT) {
		err_set(e, r, "this kernel has no kvm events (the kvm module is not loaded)");
	} else if (r < 0) {
		err_set(e, r, "cannot read tracefs directory '" DIRECTORY "': %s", strerror(-r));
	} else {
		r = list_names(dir, all, k);
		if (r == -E2BIG)
			err_set(e, r, "too many names in tracefs directory '" DIRECTORY "'");
	}
	if (dir)
		closedir(dir);
	else if (fd >= 0)
		close(fd);
	for (unsigned int i = 0; r >= 0 && i < k->n; i++)
		r = read_one(tracefs_fd, &k->item[i], e);
	if (r >= 0 && !k->n)
		r = err_set(e, -ENOENT, "this kernel has no kvm events that can be recorded");
	if (r >= 0)
		r = give_kinds(k, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(k);
	return 0;
}

int kvm_events_settle(int tracefs_fd, unsigned int *events, struct kvm_events **ret, char *ret_note,
		      size_t size, struct err *e)
{
	struct err why = { 0 };
	const unsigned int kvm = CAPTURE_KVM | CAPTURE_KVM_ALL;

	*ret_note = '\0';
	*ret = NULL;
	if (!(*events & kvm))
		return 0;
	int r = kvm_events_read(tracefs_fd, *events & CAPTURE_KVM_ALL, ret, &why);

	if (r == -ENOENT && *events & CAPTURE_SCHED) {
		*events &= ~kvm;
		snprintf(ret_note, size, "%s, recording without them (try: modprobe kvm)",
			 why.text);
		return 0;
	}
	if (r < 0)
		err_set(e, r, "%s%s", err_text(&why, r),
			r == -ENOENT ? " (try: modprobe kvm)" : "");
	return r;
}

struct kvm_events *kvm_events_free(struct kvm_events *k)
{
	if (!k)
		return NULL;
	for (unsigned int i = 0; i < k->n; i++)
		free(k->item[i].name);
	free(k->item);
	free(k);
	return NULL;
}

bool kvm_events_have(const struct kvm_events *k, enum kvm_class class)
{
	for (unsigned int i = 0; i < k->n; i++)
		if (k->item[i].layout.class == class)
			return true;
	return false;
}
