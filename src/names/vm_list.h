/* SPDX-License-Identifier: MIT */
/* The threads of virtual machines: what the vm track holds, in memory. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"

struct vm_thread {
	nsec_t time; /* when it was seen */
	uint32_t tid, pid;
	/* Never NULL. @name: the guest's; @instance: its name in libvirt; @type: vcpu0 ... */
	const char *name, *uuid, *instance, *type;
};

struct vm_list; /* opaque */

struct vm_list *vm_list_new(void); /* NULL: out of memory */
struct vm_list *vm_list_free(struct vm_list *l);
DEFINE_CLEANUP(vm_list, vm_list_free)

/* Copies the texts. A tid that is there is replaced. 0 or -ENOMEM. */
int vm_list_add(struct vm_list *l, const struct vm_thread *t) must_check;
size_t vm_list_count(const struct vm_list *l);
const struct vm_thread *vm_list_at(const struct vm_list *l, size_t i);
const struct vm_thread *vm_list_find(const struct vm_list *l, uint32_t tid); /* or NULL */
/* Number of machines: of different processes. */
size_t vm_list_machines(const struct vm_list *l);
/* What the machine is called: its guest name, else its libvirt name, else its UUID; "" = nothing.
 */
const char *vm_thread_machine(const struct vm_thread *t);

/* All rows of the vm track of @src. 0 or -errno with words. */
int vm_list_read(struct vm_list *l, struct source *src, struct err *e) must_check;
/* The list as rows of the vm track; rows are put in order of time, none before @not_before. */
int vm_list_write(const struct vm_list *l, nsec_t not_before, struct sink *sink,
		  struct err *e) must_check;
