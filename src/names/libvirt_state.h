/* SPDX-License-Identifier: MIT */
/*
 * libvirt's own record of the machines that run, /run/libvirt/qemu/NAME.xml: process, name, UUID,
 * and which thread is which vCPU (the domstatus element that src/conf/domain_conf.c of libvirt
 * writes).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "names/qemu.h"

#define LIBVIRT_VCPUS_MAX 4096u

struct libvirt_vcpu {
	uint32_t id, tid;
};

struct libvirt_domain {
	uint32_t pid;
	char name[NAME_MAX_BYTES + 1];
	char uuid[QEMU_UUID_BYTES];
	struct libvirt_vcpu *vcpu;
	uint32_t n_vcpus;
};

void libvirt_domain_done(struct libvirt_domain *d);

/* -EBADMSG with words: no XML; -ENOENT: XML, but not of a machine with a process. Nothing is to be
 * freed then. -ENOMEM. */
int libvirt_domain_parse(const char *xml, size_t n, struct libvirt_domain *ret,
			 struct err *e) must_check;

struct libvirt_state {
	struct libvirt_domain *domain;
	size_t n;
};

void libvirt_state_done(struct libvirt_state *s);
/* All of run/libvirt/qemu below @root_fd; files that cannot be read or understood are left out. 0,
 * also when libvirt is not there, or -ENOMEM. */
int libvirt_state_read(int root_fd, struct libvirt_state *ret) must_check;
/* The machine that runs in @pid, or NULL. */
const struct libvirt_domain *libvirt_state_find(const struct libvirt_state *s, uint32_t pid);
