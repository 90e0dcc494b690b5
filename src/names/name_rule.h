/* SPDX-License-Identifier: MIT */
/*
 * Rules that make a role of a name: 'PATTERN=>TEMPLATE'. PATTERN is a POSIX extended regular
 * expression that is found anywhere in the name; in TEMPLATE {0} stands for all that it matched,
 * {1} .. {9} for its groups, {2:02} for group 2 as a number of at least two digits, {{ and }} for
 * braces. The last "=>" is the one that divides. The first rule that matches wins.
 *
 *	^csr([0-9]+)_(.*)$=>{2}.{1:02}		csr7_firewall -> firewall.07
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct name_rules; /* opaque */

struct name_rules *name_rules_new(void); /* NULL: out of memory */
struct name_rules *name_rules_free(struct name_rules *r);
DEFINE_CLEANUP(name_rules, name_rules_free)

/* -EINVAL with words that name the rule and the place in it; -ENOMEM. */
int name_rules_add(struct name_rules *r, const char *rule, struct err *e) must_check;
size_t name_rules_count(const struct name_rules *r);

/* The role for @name into @ret of @size bytes (longer ones are cut at a whole character). False: no
 * rule matches, or what it makes is empty. @r may be NULL. */
bool name_rules_match(const struct name_rules *r, const char *name, char *ret, size_t size);
