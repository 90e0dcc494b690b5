/* SPDX-License-Identifier: MIT */
/*
 * Names of C++ (Itanium ABI) and Rust (legacy and v0) as people write them, by libiberty. A few
 * dozen bytes may stand for gigabytes (each substitution can double the text), so longer results
 * than DEMANGLE_MAX are given up.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

#define DEMANGLE_MAX 65536u

/* Parameters of functions are left out, as perf report leaves them out, unless @params. What free()
 * takes; NULL: not mangled, not understood, too long, or out of memory. */
char *demangle_name(const char *name, bool params) must_check;
