/* SPDX-License-Identifier: MIT */
/*
 * Spans of addresses, ascending, those of what is inlined behind those of what it is inlined in.
 * Each knows the span that lies around it, so a lookup is a search and a few steps outwards.
 */
#include "symbol/unit_scopes.h"

#include <dwarf.h>
#include <errno.h>
#include <stdlib.h>

#include "model/tasks.h"

#define DEPTH_MAX 128 /* of entries within each other; what is deeper is left out */
#define SPANS_MAX ((size_t)1 << 24)

struct span {
	uint64_t start, end;
	uint32_t scope, around; /* around: a span, or UNIT_SCOPE_NONE */
};

struct unit_scopes {
	struct unit_scope *scope;
	size_t n_scopes, room_scopes;
	struct span *span;
	size_t n_spans, room_spans;
};

struct unit_scopes *unit_scopes_free(struct unit_scopes *s)
{
	if (s) {
		free(s->scope);
		free(s->span);
		free(s);
	}
	return NULL;
}

/* ---- walking ---- */

/* May hold functions, or what is inlined in the function around it. */
static bool is_open(int tag)
{
	switch (tag) {
	case DW_TAG_lexical_block:
	case DW_TAG_try_block:
	case DW_TAG_catch_block:
	case DW_TAG_namespace:
	case DW_TAG_module:
	case DW_TAG_class_type:
	case DW_TAG_structure_type:
	case DW_TAG_union_type:
		return true;
	}
	return false;
}

static int add_spans(struct unit_scopes *s, Dwarf_Die *die, uint32_t scope)
{
	Dwarf_Addr base, start, end;
	ptrdiff_t place = 0;

	while (s->n_spans < SPANS_MAX &&
	       (place = dwarf_ranges(die, place, &base, &start, &end)) > 0) {
		void *array = s->span;
		int r = tasks_ensure(&array, &s->room_spans, s->n_spans + 1, sizeof(*s->span));

		s->span = array;
		if (r < 0)
			return r;
		if (start < end)
			s->span[s->n_spans++] = (struct span){ start, end, scope, UNIT_SCOPE_NONE };
	}
	return 0;
}

/*
 * What lies within @die lies in *inner, which is changed where @die is a function or inlined. 1:
 * what lies within is of interest; 0: it is not; or -ENOMEM.
 */
static int take_entry(struct unit_scopes *s, Dwarf_Die *die, uint32_t *inner)
{
	int tag = dwarf_tag(die);
	size_t before = s->n_spans;
	void *array = s->scope;

	if (tag != DW_TAG_subprogram && tag != DW_TAG_inlined_subroutine)
		return is_open(tag);
	int r = add_spans(s, die, (uint32_t)s->n_scopes);

	/* Without code of its own: a declaration, or what the copies were made of. */
	if (r < 0 || s->n_spans == before)
		return r;
	r = tasks_ensure(&array, &s->room_scopes, s->n_scopes + 1, sizeof(*s->scope));
	s->scope = array;
	if (r < 0)
		return r;
	s->scope[s->n_scopes] = (struct unit_scope){
		.die = dwarf_dieoffset(die),
		.parent = tag == DW_TAG_subprogram ? UNIT_SCOPE_NONE : *inner,
	};
	*inner = (uint32_t)s->n_scopes++;
	return 1;
}

/* Entries in the order of the file. One that does not lie behind the one before ends the walk: a
 * damaged file must not make it go round. */
static int walk(struct unit_scopes *s, Dwarf_Die *unit)
{
	struct {
		Dwarf_Die die;
		uint32_t scope; /* that it lies in */
	} at[DEPTH_MAX];
	Dwarf_Off last = dwarf_dieoffset(unit);
	int depth = 0;

	if (dwarf_child(unit, &at[0].die) != 0)
		return 0;
	at[0].scope = UNIT_SCOPE_NONE;
	while (depth >= 0 && dwarf_dieoffset(&at[depth].die) > last) {
		uint32_t inner = at[depth].scope;
		int r = take_entry(s, &at[depth].die, &inner);

		last = dwarf_dieoffset(&at[depth].die);
		if (r < 0)
			return r;
		if (r && depth + 1 < DEPTH_MAX &&
		    dwarf_child(&at[depth].die, &at[depth + 1].die) == 0) {
			at[++depth].scope = inner;
			continue;
		}
		/* libdw writes while it reads, so not onto itself. */
		for (Dwarf_Die from; depth >= 0; depth--) {
			from = at[depth].die;
			if (dwarf_siblingof(&from, &at[depth].die) == 0)
				break;
		}
	}
	return 0;
}

/* ---- order ---- */

static int by_start(const void *a, const void *b)
{
	const struct span *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return (x->scope > y->scope) - (x->scope < y->scope);
}

static void settle(struct unit_scopes *s)
{
	uint32_t around = UNIT_SCOPE_NONE;

	if (s->n_spans)
		qsort(s->span, s->n_spans, sizeof(*s->span), by_start);
	for (uint32_t i = 0; i < s->n_spans; i++) {
		while (around != UNIT_SCOPE_NONE && s->span[around].end <= s->span[i].start)
			around = s->span[around].around;
		s->span[i].around = around;
		around = i;
	}
}

int unit_scopes_read(Dwarf_Die *unit, struct unit_scopes **ret)
{
	auto_ptr(unit_scopes) s = calloc(1, sizeof(*s));
	int r = s ? walk(s, unit) : -ENOMEM;

	if (r < 0)
		return r;
	settle(s);
	*ret = steal_ptr(s);
	return 0;
}

/* ---- looking up ---- */

uint32_t unit_scopes_find(const struct unit_scopes *s, uint64_t address)
{
	size_t low = 0, high = s->n_spans;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (s->span[mid].start <= address)
			low = mid + 1;
		else
			high = mid;
	}
	uint32_t i = low ? (uint32_t)low - 1 : UNIT_SCOPE_NONE;

	while (i != UNIT_SCOPE_NONE && address >= s->span[i].end)
		i = s->span[i].around;
	return i == UNIT_SCOPE_NONE ? UNIT_SCOPE_NONE : s->span[i].scope;
}

const struct unit_scope *unit_scopes_at(const struct unit_scopes *s, uint32_t number)
{
	return &s->scope[number];
}

size_t unit_scopes_count(const struct unit_scopes *s)
{
	return s->n_scopes;
}
