/* SPDX-License-Identifier: MIT */
/* gzip (RFC 1952) from memory to memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

static inline bool gzip_is(const uint8_t *data, size_t n)
{
	return n >= 3 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
}

/* Add @data as one member, without name and time: equal bytes give equal bytes. */
int gzip_pack(const void *data, size_t n, struct buf *out, struct err *e) must_check;
/*
 * Add what @data, one or several members, unpacks to. -EBADMSG with words: damaged; -ENODATA: cut
 * (what came before is in @out); -EFBIG: more than @out may hold.
 */
int gzip_unpack(const uint8_t *data, size_t n, struct buf *out, struct err *e) must_check;
