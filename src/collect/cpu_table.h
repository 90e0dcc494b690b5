/* SPDX-License-Identifier: MIT */
/*
 * Tables with a column for each CPU: /proc/interrupts, /proc/softirqs.
 *
 *	            CPU0       CPU2
 *	 24:          1          0  IO-APIC   5-edge      ACPI:Ged
 *	LOC:    3882866    3625972   Local timer interrupts
 *	ERR:          0
 *
 * CPUs that are offline have no column. What is 0 has no value: a large machine has some hundred
 * interrupts that each happen on a few of its CPUs.
 */
#pragma once

#include <stddef.h>

#include "collect/readings.h"

#define CPU_TABLE_NAME 256

/* The name of a row that begins with the word @word, and has @rest (until the end of the line)
 * behind its numbers, into @name; its length. */
typedef size_t cpu_table_name_fn(const char *word, size_t len, const char *rest,
				 char name[CPU_TABLE_NAME]);

/* Put the numbers of all rows as @metric. @name NULL: rows are called by their first word. */
void cpu_table_scan(struct readings *r, unsigned int metric, const char *text,
		    cpu_table_name_fn *name);
