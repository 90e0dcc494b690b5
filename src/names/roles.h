/* SPDX-License-Identifier: MIT */
/*
 * Roles: stable names for tasks, made of maps, rules and what is known of virtual machines, and set
 * in a task table. What is more exact wins:
 *
 *	a map's row for the tid; a rule for the task's name; for threads of machines, "." and the
 *	type behind a map's row for the machine, a rule for the machine's name, or its name
 *
 * A map says nothing of time: its row for a tid names all tasks that had the tid in the recording.
 * Rows of the vm track name the task that had the tid when the machine was seen.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/stream.h"
#include "model/tasks.h"
#include "names/name_map.h"
#include "names/name_rule.h"
#include "names/vm_list.h"

struct role_sources {
	const struct name_map *const *map; /* a later map's rows win */
	size_t n_maps;
	const struct name_rules *rules; /* or NULL */
	const struct vm_list *vms; /* or NULL */
	bool machine_names; /* machines that no map and no rule names give their own name */
};

struct role_counts {
	size_t tasks; /* with a role afterwards */
	size_t roles; /* different ones */
	size_t unused; /* rows for tids that no task has */
};

/* The role of a thread of a machine, as above, into @ret of @size bytes; false: none. */
bool role_of_vm_thread(const struct role_sources *s, const struct vm_thread *t, char *ret,
		       size_t size);
/* 0 or -ENOMEM. @ret may be NULL. */
int roles_apply(const struct role_sources *s, struct tasks *tasks,
		struct role_counts *ret) must_check;
/*
 * Give the machines of @vms the names of the maps' rows for them; a guest name that is no longer
 * shown is kept as the name in libvirt, if that is not known. *ret: was any changed? 0 or -ENOMEM.
 */
int roles_rename_machines(const struct role_sources *s, struct vm_list *vms, bool *ret) must_check;
/* The roles of @s->vms as rows of the task track, at the time when they were seen or @not_before.
 * 0 or -errno with words. */
int roles_write_machines(const struct role_sources *s, nsec_t not_before, struct sink *sink,
			 struct err *e) must_check;
/* Take all roles away. 0 or -ENOMEM. */
int roles_clear(struct tasks *tasks) must_check;
/* What is there now; unused is 0. 0 or -ENOMEM. */
int roles_count(const struct tasks *tasks, struct role_counts *ret) must_check;
