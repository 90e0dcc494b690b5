/* SPDX-License-Identifier: MIT */
/*
 * Which tasks belong to which virtual machine. What is known decides, in this order:
 *
 *	the vm track	what /proc showed while recording: the thread, its process, the machine's
 *name the process	all threads of a process that has a vCPU the role	"Firewall.02.vcpu0"
 *belongs to "Firewall.02", with all that share that beginning nothing		a vCPU alone
 *
 * A vCPU is a thread with KVM events, or one that the vm track, its role or QEMU's thread name
 * ("CPU 0/KVM") call so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/strpool.h"
#include "model/batch.h"
#include "model/tasks.h"

#define VM_GROUP_NONE UINT32_MAX

struct vm_group {
	const char *name; /* never NULL */
	uint32_t pid; /* 0 = not known */
	uint32_t threads, vcpus;
};

struct vm_row; /* a row of the vm track */

struct vm_groups {
	struct vm_group *group; /* in order of their first task */
	size_t n;
	uint32_t *of; /* group by task number, or VM_GROUP_NONE */
	bool *vcpu; /* by task number */
	size_t n_tasks;
	/* until vm_groups_settle(): */
	struct vm_row *row;
	size_t n_rows;
	struct strpool *names;
};

/* A zeroed struct is empty. Free with vm_groups_done(), also after failure. */
void vm_groups_done(struct vm_groups *g);
/* Rows of the vm track. 0 or -ENOMEM. */
int vm_groups_add(struct vm_groups *g, const struct batch *b) must_check;
/* Make the groups; @has_kvm[0..n): tasks with KVM events by number. 0 or -ENOMEM. */
int vm_groups_settle(struct vm_groups *g, struct tasks *tasks, const bool *has_kvm,
		     size_t n) must_check;
