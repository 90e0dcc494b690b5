/* SPDX-License-Identifier: MIT */
/*
 * Numbers with units as people write them. One parser for the command line, configuration and data
 * files; one formatter for everything that people read. Units: 10ns 10us 10ms 10s 10m 10h 10d (none
 * = s); 4k 8M 2G (powers of 1024, an optional B or iB follows).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"

/* All: 0, or -EINVAL / -ERANGE with words in @e; the whole text must be used up. */
int quantity_parse_u64(const char *s, uint64_t *ret, struct err *e) must_check;
int quantity_parse_double(const char *s, double *ret, struct err *e) must_check;
int quantity_parse_duration(const char *s, nsec_t *ret,
			    struct err *e) must_check; /* "2.5s", "300ms" */
int quantity_parse_size(const char *s, uint64_t *ret_bytes, struct err *e) must_check; /* "16M" */

/*
 * A number as data files have it at the begin of @s: decimal with fraction and exponent ("1.5e-3"),
 * or hexadecimal ("0x1f"); no sign, no locale. Returns the number of bytes it took and sets @ret;
 * -EINVAL: there is none, -ERANGE: too large.
 */
int quantity_scan(const char *s, size_t n, double *ret) must_check;

#define QUANTITY_MAX 32
/* Write into @buf of QUANTITY_MAX bytes and return it. */
const char *quantity_duration(char *buf, nsec_t ns); /* "1.25 ms": 3 digits, SI unit */
const char *quantity_size(char *buf, uint64_t bytes); /* "1.5 MiB" */
const char *quantity_count(char *buf, uint64_t n); /* "1,234,567" */
