/* SPDX-License-Identifier: MIT */
/* Which processor a machine has, as far as its PMU goes, and the constants that metrics need. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

enum cpu_vendor { CPU_ANY, CPU_INTEL, CPU_AMD, CPU_ARM };

struct cpu_model {
	enum cpu_vendor vendor; /* CPU_ANY: of a vendor that no file is for */
	uint32_t family; /* Arm: implementer (MIDR_EL1 bits 24-31) */
	uint32_t model; /* Arm: part number (bits 4-15) */
	char name[96]; /* as the machine calls it, or "" */
};

/* From proc/cpuinfo, on Arm also regs/identification/midr_el1 of the first CPU, below @root_fd. */
int cpu_model_read(int root_fd, struct cpu_model *ret, struct err *e) must_check;
/* "intel-6-45", "arm-0x41-0xd0c". */
int cpu_model_parse(const char *s, struct cpu_model *ret, struct err *e) must_check;
/* The same form, into @buf of CPU_MODEL_TEXT bytes; returns it. */
#define CPU_MODEL_TEXT 48
const char *cpu_model_text(const struct cpu_model *m, char *buf);
int cpu_vendor_parse(const char *s, size_t n, enum cpu_vendor *ret) must_check;

/* What a machine says of itself; NaN: it does not. */
struct cpu_facts {
	double tsc_freq; /* Hz */
	double sockets, cores, threads, cores_per_socket;
};
/* @cores counts distinct pairs of package and core of the CPUs that are online. tsc_freq: what the
 * kernel or the model name ("@ 2.60GHz", the base frequency of Intel parts) tells. */
void cpu_facts_read(int root_fd, struct cpu_facts *ret);
/* The package of @cpu below @root_fd, or -1. */
int cpu_package(int root_fd, uint32_t cpu);
