/* SPDX-License-Identifier: MIT */
/* A set of CPU numbers, and the kernel's list form of it ("0-3,8"; cpulist in
 * Documentation/core-api/printk-formats). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define CPUSET_MAX 8192 /* CONFIG_NR_CPUS of the largest distribution kernels */

struct cpuset {
	uint64_t bits[CPUSET_MAX / 64];
};

int cpuset_parse(const char *list, struct cpuset *ret, struct err *e) must_check;
int cpuset_online(int root_fd, struct cpuset *ret,
		  struct err *e) must_check; /* sys/devices/system/cpu/online below @root_fd */
unsigned int cpuset_count(const struct cpuset *s);
/* First member >= @from, or -1. */
int cpuset_next(const struct cpuset *s, int from);

static inline bool cpuset_has(const struct cpuset *s, uint32_t cpu)
{
	return cpu < CPUSET_MAX && (s->bits[cpu / 64] >> (cpu % 64) & 1);
}

static inline void cpuset_add(struct cpuset *s, uint32_t cpu)
{
	if (cpu < CPUSET_MAX)
		s->bits[cpu / 64] |= UINT64_C(1) << (cpu % 64);
}
