/* SPDX-License-Identifier: MIT */
/* Names for compiler attributes, and three macros that every C file wants. Nothing else goes here.
 */
#pragma once

#include <stddef.h>

#define must_check	       __attribute__((warn_unused_result))
#define printf_like(fmt, args) __attribute__((format(printf, fmt, args)))

#define ARRAY_SIZE(a)			(sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Each use gets names of its own, so that min_of(a, max_of(b, c)) shadows nothing. */
#define min_of(a, b) PICK_OF_(<, a, b, __COUNTER__)
#define max_of(a, b) PICK_OF_(>, a, b, __COUNTER__)

#define PICK_OF_(less, a, b, n) PICK_OF__(less, a, b, n)
#define PICK_OF__(less, a, b, n)                  \
	({                                        \
		__typeof__(a) a_##n = (a);        \
		__typeof__(b) b_##n = (b);        \
		a_##n less b_##n ? a_##n : b_##n; \
	})
