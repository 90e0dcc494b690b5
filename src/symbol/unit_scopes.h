/* SPDX-License-Identifier: MIT */
/*
 * The functions of one compilation unit and what was inlined in them, by address: its tree of
 * debugging entries, walked once. libdw's own dwarf_getscopes() walks it up to three times for each
 * address.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <elfutils/libdw.h>

#include "base/attr.h"
#include "base/cleanup.h"

#define UNIT_SCOPE_NONE UINT32_MAX

struct unit_scope {
	Dwarf_Off die;
	uint32_t parent; /* the one that it was inlined in; of a function: UNIT_SCOPE_NONE */
};

struct unit_scopes; /* opaque */

/* Of the unit whose own entry is @unit. What makes no sense is left out. 0 or -ENOMEM. */
int unit_scopes_read(Dwarf_Die *unit, struct unit_scopes **ret) must_check;
struct unit_scopes *unit_scopes_free(struct unit_scopes *s);
DEFINE_CLEANUP(unit_scopes, unit_scopes_free)

/* The number of the innermost one at @address, or UNIT_SCOPE_NONE. Parents have smaller numbers. */
uint32_t unit_scopes_find(const struct unit_scopes *s, uint64_t address);
const struct unit_scope *unit_scopes_at(const struct unit_scopes *s, uint32_t number);
size_t unit_scopes_count(const struct unit_scopes *s);
