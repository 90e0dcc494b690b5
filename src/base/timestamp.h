/* SPDX-License-Identifier: MIT */
/* Times of the calendar as text: RFC 3339, "2026-01-10T18:06:07.784822869Z". */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/nsec.h"

#define TIMESTAMP_MAX 40 /* bytes, with the NUL */

/*
 * @s to ns since the epoch. Decimals of seconds are optional (more than nine are cut), so is a
 * blank for the T; the zone (Z, +hh:mm) is needed. Years 1970 to 2500. 0 or -EINVAL.
 */
int timestamp_parse(const char *s, nsec_t *ret) must_check;
/* "2026-01-10T18:06:07.784822869Z"; decimals are left out when they are 0, as are zeros behind
 * them. @ret has TIMESTAMP_MAX bytes and is returned. */
const char *timestamp_text(char *ret, nsec_t time);
