/* SPDX-License-Identifier: MIT */
/*
 * Expressions over counts (docs/formats/metrics.md, "Expressions"): compiled once into a postfix
 * program, evaluated for each CPU and point in time. Numbers, names, + - * /, unary minus,
 * parentheses, < <= > >= == !=, min(a, ...), max(a, ...), if(c, a, b), known(a). A name may end in
 * a thing in brackets, which is part of it: memory.bytes[MemFree].
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/reading.h"

#define EXPRESSION_BYTES_MAX 4096
#define EXPRESSION_NAMES_MAX 64
#define EXPRESSION_DEPTH_MAX 64 /* of parentheses, and values on the stack */

struct expression; /* opaque */

/*
 * Compile the @n bytes at @s. -EINVAL (and *ret_at, the offset of the mistake) or -ENOMEM, with
 * words.
 */
int expression_parse(const char *s, size_t n, struct expression **ret, size_t *ret_at,
		     struct err *e) must_check;
/*
 * The same where names can be looked at in several ways: @view lists words (NULL-terminated, lent)
 * that may stand before a name, as in rate(disk.reads). NULL: there are none.
 */
int expression_parse_views(const char *s, size_t n, const char *const *view,
			   struct expression **ret, size_t *ret_at, struct err *e) must_check;
struct expression *expression_free(struct expression *x);
DEFINE_CLEANUP(expression, expression_free)

/* As it was written. */
const char *expression_text(const struct expression *x);
/* The distinct names in order of first use, and where each stands first; looked at in two ways it
 * is two. Lent. */
unsigned int expression_n_names(const struct expression *x);
const char *expression_name(const struct expression *x, unsigned int i);
size_t expression_name_at(const struct expression *x, unsigned int i);
/* The place of the word before it in the list of views, -1: it stands bare. */
int expression_view(const struct expression *x, unsigned int i);
/* Whether the number @v stands in it (a light check of units: a percentage has a 100). */
bool expression_has_number(const struct expression *x, double v);
/* Whether it is a single name or number. */
bool expression_is_atom(const struct expression *x);

/*
 * Evaluate. @of gives the value of name @i. Arithmetic is that of double, operators of equal
 * precedence from left to right. A missing operand makes the result missing with its reason (the
 * leftmost one's), but for known(), and for the branch of if() that is not taken. Ends of intervals
 * go through the operations; where a divisor's interval holds 0 the result's is unbounded.
 */
struct reading expression_eval(const struct expression *x,
			       struct reading (*of)(void *arg, unsigned int i), void *arg);
