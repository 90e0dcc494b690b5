/* SPDX-License-Identifier: MIT */
/*
 * Files from debuginfod servers, through libdebuginfod when it is installed: it is loaded when it
 * is first used, so that a program that never asks needs neither it nor an HTTP library. It keeps
 * what it fetched in a cache of its own (debuginfod_find_debuginfo(3)).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

/* Whether DEBUGINFOD_URLS names servers and the library is there. */
bool debuginfod_available(void);

/* The debug file, or the @program itself, of a build. Its descriptor, or -errno: -ENOENT no server
 * has it, -EOPNOTSUPP not available. */
int debuginfod_get(const uint8_t *id, size_t id_bytes, bool program) must_check;
