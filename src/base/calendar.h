/* SPDX-License-Identifier: MIT */
/* Points of the calendar as text: RFC 3339, always in UTC when written. Nanoseconds since 1970; no
 * leap seconds. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"

#define CALENDAR_MAX 40 /* bytes of a text with its NUL */

/* "2026-01-10T18:06:07.784822869Z", without the fraction or its zeros at the end. */
char *calendar_text(nsec_t t, char ret[CALENDAR_MAX]);

/*
 * Read one at the begin of @s: "2026-01-10", "2026-01-10T18:06", "...:07", "...:07.5", a blank
 * instead of T; then "Z" or "+01:00", or nothing, which means UTC. Returns the bytes it took, or
 * -EINVAL. Years 1 to 2553; what is before 1970 gives 0, and *ret_seconds (may be NULL) holds the
 * seconds since 1970 with their sign in any case.
 */
int calendar_scan(const char *s, nsec_t *ret, int64_t *ret_seconds) must_check;
/* The whole text; -EINVAL with words. */
int calendar_parse(const char *s, nsec_t *ret, struct err *e) must_check;
