/* SPDX-License-Identifier: MIT */
/*
 * libvirt's control groups: the name of the machine and the type of the thread from the path.
 *
 *	/machine/instance-000019f4.libvirt-qemu/vcpu0				v1
 *	/machine.slice/machine-qemu\x2d1\x2dinstance\x2d000019f4.scope/libvirt/vcpu0	v2, systemd
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "names/name_map.h"

struct vm_cgroup {
	char instance[NAME_MAX_BYTES +
		      1]; /* the machine's name in libvirt; systemd cuts long ones */
	char type[64]; /* last part of the path: vcpu0, emulator, iothread1; "" = none */
};

/* A path of @n bytes. False: no machine's. */
bool vm_cgroup_parse(const char *path, size_t n, struct vm_cgroup *ret);
/* The text of /proc/TID/cgroup (lines ID:CONTROLLERS:PATH) or /proc/TID/cpuset (a path): the first
 * machine's path, one with a type before one without. */
bool vm_cgroup_find(const char *text, size_t n, struct vm_cgroup *ret);
