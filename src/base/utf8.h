/* SPDX-License-Identifier: MIT */
/* UTF-8 from outside: is it, and may it be shown. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* Bytes of the well-formed character (Unicode 15, table 3-7) at the begin of the @n bytes at @s; 0
 * when there is none. */
unsigned int utf8_length(const char *s, size_t n);

/* Does the character of @length bytes (0: none) leave a terminal and the order of a line alone? Not
 * so controls (C0, DEL, C1), line and paragraph separators, and what turns the direction of what
 * follows. */
bool utf8_is_harmless(const char *s, unsigned int length);

/* Are the @n bytes well-formed, and every character harmless: a name as it may be shown. */
bool utf8_is_name(const char *s, size_t n);

/* Put '?' in the place of each byte of @s (NUL-terminated) that is not harmless: text of others, as
 * a terminal may have it. */
void utf8_clean(char *s);
