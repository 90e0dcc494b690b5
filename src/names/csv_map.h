/* SPDX-License-Identifier: MIT */
/*
 * The map of names as CSV: docs/formats/map.md. Columns: tid, instance, type, uuid, (ignored),
 * group, task. The thread's role is TASK.GROUP.TYPE, the group with at least two digits.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "names/name_map.h"
#include "names/vm_list.h"

#define CSV_MAP_MAX_BYTES (64u << 20)

/*
 * Add the rows of the @n bytes of @text. @file is for words. A bad line makes all of it -EINVAL:
 * the words name file and line of the first and say how many there are; @into may then hold some
 * of the rows, so throw it away. Other errors: -ENOMEM, -E2BIG.
 */
int csv_map_parse(const char *file, const char *text, size_t n, struct name_map *into,
		  struct err *e) must_check;

/*
 * Append the lines that name the threads of the machine in process @pid, in order of tids, with
 * what is known in the columns that are ignored. Threads of type emulator are numbered: emulator0,
 * emulator1. 0, -ENOENT: no such machine in @vms, or -ENOMEM.
 */
int csv_map_write(const struct vm_list *vms, uint32_t pid, const char *task, int64_t group,
		  struct buf *into) must_check;
