/* SPDX-License-Identifier: MIT */
/*
 * The address spaces of processes: what was mapped where, as mmap, fork, exec and exit records tell
 * it in order of time. From an address of a process to a module and an offset in it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct spaces;
struct spaces *spaces_new(void); /* NULL: out of memory */
struct spaces *spaces_free(struct spaces *s);
DEFINE_CLEANUP(spaces, spaces_free)

/*
 * [@start, @start + @bytes) of process @pid is @module from its offset @pgoff on; what was there
 * before is covered. Empty and wrapping ranges are passed over. 0 or -ENOMEM.
 */
int spaces_map(struct spaces *s, uint32_t pid, uint64_t start, uint64_t bytes, uint64_t pgoff,
	       uint32_t module) must_check;
/* @child begins with all that @parent has. A thread of the same process changes nothing. */
int spaces_fork(struct spaces *s, uint32_t parent, uint32_t child) must_check;
/* Nothing is mapped any more: exec, or exit of the whole process. */
void spaces_clear(struct spaces *s, uint32_t pid);
/* False: nothing known is mapped there. */
bool spaces_find(const struct spaces *s, uint32_t pid, uint64_t address, uint32_t *ret_module,
		 uint64_t *ret_offset);

/* Counts whatever may have changed an answer of spaces_find(). */
uint64_t spaces_changes(const struct spaces *s);
