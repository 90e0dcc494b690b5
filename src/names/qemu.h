/* SPDX-License-Identifier: MIT */
/*
 * What QEMU's process tells of its machine: the program, the command line (qemu-system-x86_64(1):
 * -name, -uuid), and the names of its threads (debug-threads=on).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names/name_map.h"

#define QEMU_UUID_BYTES 40

struct qemu_cmdline {
	char name[NAME_MAX_BYTES + 1]; /* of the guest, "" = none */
	char uuid[QEMU_UUID_BYTES]; /* hexadecimal digits and dashes, "" = none */
};

/* Is @path a QEMU that runs machines: qemu-system-*, qemu-kvm or kvm in any folder? */
bool qemu_program(const char *path);
/* The words of /proc/PID/cmdline, @n bytes with a NUL behind each word. Longer texts are cut. */
void qemu_cmdline_parse(const char *bytes, size_t n, struct qemu_cmdline *ret);

/*
 * The type of a thread of process @pid by its name, into @ret of @size bytes: "CPU 3/KVM" vcpu3,
 * "IO iothread1" iothread1, vnc_worker, worker, "vhost-PID" vhost. False: the name tells none.
 */
bool qemu_thread_type(const char *comm, uint32_t pid, char *ret, size_t size);
/* The process that a kernel thread works for ("vhost-PID", "kvm-pit/PID"), with its type; 0 = none.
 */
uint32_t qemu_helper_of(const char *comm, const char **ret_type);
