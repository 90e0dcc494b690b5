/* SPDX-License-Identifier: MIT */
/*
 * Short names for keys, journals and licences that people compare and type: the bytes and two more
 * to check them, as groups of four hexadecimal digits, 6f37-6910-...-f08d. A mistyped one is
 * noticed (CRC-32C: one wrong digit always, others but for 1 in 65536).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

#define CHECKED_ID_BYTES 10 /* of a hash: what keys and licences are called by */
#define CHECKED_ID_MAX	 16
/* Room for the text of @n bytes, which is even, with its NUL. */
#define CHECKED_ID_TEXT(n) (((n) + 2) / 2 * 5)

char *checked_id_text(const uint8_t *id, size_t n, char *ret);
/* The whole of @text, capitals too, with or without its hyphens. 0, -EINVAL: no such text or of
 * another length, -EBADMSG: mistyped. */
int checked_id_parse(const char *text, uint8_t *ret, size_t n) must_check;
