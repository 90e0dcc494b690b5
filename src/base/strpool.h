/* SPDX-License-Identifier: MIT */
/* Interned strings: equal texts share one pointer that lives as long as the pool. Not thread-safe.
 */
#pragma once

#include <stddef.h>

#include "base/cleanup.h"

struct strpool;

struct strpool *strpool_new(void); /* NULL: out of memory */
struct strpool *strpool_free(struct strpool *p);
/* The pool's copy of @s, lent; NULL when out of memory. */
const char *strpool_add(struct strpool *p, const char *s);
const char *strpool_add_n(struct strpool *p, const char *s, size_t n);

DEFINE_CLEANUP(strpool, strpool_free)
