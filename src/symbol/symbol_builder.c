/* SPDX-License-Identifier: MIT */
/*
 * Sorted by a natural merge sort: kallsyms and most tables of one linker come in a few ascending
 * runs, and equal addresses have to keep their order. Overlaps are cut by one sweep with a heap of
 * the symbols that lie over the place.
 */
#include "symbol/symbol_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "model/tasks.h"
#include "symbol/demangle.h"

#define PAGE 4096u
/* Names that are demangled only to choose among aliases: a file of nothing else must not take for
 * ever. libLLVM has 20,000 such names. */
#define DEMANGLED_MAX ((size_t)1 << 28)

struct piece {
	uint64_t start, end, limit;
	uint32_t name; /* place in the writer's names */
	uint32_t order; /* in which it was added */
	uint8_t binding;
	bool typed, dropped;
};

struct symbol_builder {
	enum symbol_rule rule;
	struct piece *piece;
	size_t n, room;
	struct symbol_writer writer;
	size_t demangled; /* bytes */
};

struct symbol_builder *symbol_builder_new(enum symbol_rule rule)
{
	struct symbol_builder *b = calloc(1, sizeof(*b));

	if (b) {
		b->rule = rule;
		symbol_writer_init(&b->writer);
	}
	return b;
}

struct symbol_builder *symbol_builder_free(struct symbol_builder *b)
{
	if (b) {
		symbol_writer_done(&b->writer);
		free(b->piece);
		free(b);
	}
	return NULL;
}

size_t symbol_builder_count(const struct symbol_builder *b)
{
	return b->n;
}

int symbol_builder_add(struct symbol_builder *b, uint64_t start, uint64_t bytes, uint64_t limit,
		       enum symbol_binding binding, bool typed, const char *name, size_t name_bytes)
{
	void *array = b->piece;
	uint32_t at;

	if (!name_bytes || bytes > UINT64_MAX - start || b->n == UINT32_MAX)
		return 0;
	int r = tasks_ensure(&array, &b->room, b->n + 1, sizeof(*b->piece));

	b->piece = array;
	if (r >= 0)
		r = symbol_writer_name(&b->writer, name, name_bytes, &at);
	if (r < 0)
		return r;
	b->piece[b->n] = (struct piece){ .start = start,
					 .end = start + bytes,
					 .limit = limit ? limit : UINT64_MAX,
					 .name = at,
					 .order = (uint32_t)b->n,
					 .binding = (uint8_t)binding,
					 .typed = typed };
	b->n++;
	return 0;
}

/* ---- sorting ---- */

/* The end of the ascending run that begins at @i. */
static size_t run_end(const struct piece *p, size_t i, size_t n)
{
	for (i++; i < n && p[i - 1].start <= p[i].start; i++)
		;
	return i;
}

static void merge(const struct piece *a, size_t na, const struct piece *b, size_t nb,
		  struct piece *to)
{
	while (na && nb) {
		if (a->start <= b->start) {
			*to++ = *a++;
			na--;
		} else {
			*to++ = *b++;
			nb--;
		}
	}
	memcpy(to, na ? a : b, (na + nb) * sizeof(*to));
}

static int sort_pieces(struct symbol_builder *b)
{
	struct piece *from = b->piece, *to;

	if (!b->n || run_end(from, 0, b->n) == b->n)
		return 0;
	to = calloc(b->n, sizeof(*to));
	if (!to)
		return -ENOMEM;
	for (size_t runs = 2; runs > 1;) {
		runs = 0;
		for (size_t i = 0; i < b->n; runs++) {
			size_t mid = run_end(from, i, b->n);
			size_t end = mid < b->n ? run_end(from, mid, b->n) : mid;

			merge(from + i, mid - i, from + mid, end - mid, to + i);
			i = end;
		}
		struct piece *swap = from;

		from = to;
		to = swap;
	}
	b->piece = from;
	b->room = b->n;
	free(to);
	return 0;
}

/* ---- sizes ---- */

static const char *name_of(const struct symbol_builder *b, const struct piece *p)
{
	return (const char *)b->writer.names.data + p->name;
}

/* The end of a symbol without a size whose next one is @next. */
static uint64_t kernel_end(const struct symbol_builder *b, const struct piece *p,
			   const struct piece *next)
{
	const char *module = strchr(name_of(b, p), '['), *other = strchr(name_of(b, next), '[');
	bool same = module && other ? !strcmp(module, other) : module == other;

	if (same)
		return next->start;
	/* Where the kernel or a module ends is not told; its last page is sure to be its own. */
	uint64_t end = (p->end + 2 * PAGE - 1) & ~(uint64_t)(PAGE - 1);

	return end > p->start ? min_of(end, max_of(next->start, p->start)) : p->start;
}

static void extend(struct symbol_builder *b)
{
	for (size_t i = 0; i < b->n; i++) {
		struct piece *p = &b->piece[i];

		if (p->end != p->start)
			continue;
		if (i + 1 == b->n) {
			uint64_t end = (p->start / PAGE + 2) * PAGE;

			p->end = end > p->start ? end : UINT64_MAX;
		} else if (b->rule == SYMBOL_RULE_KERNEL) {
			p->end = kernel_end(b, p, p + 1);
		} else {
			p->end = p[1].start;
		}
		if (p->end > p->limit)
			p->end = max_of(p->limit, p->start);
	}
}

/* ---- one name for one place ---- */

static size_t underscores(const char *s)
{
	return strspn(s, "_");
}

/* By what people read: demangled. */
static bool better_name(struct symbol_builder *b, const struct piece *x, const struct piece *y)
{
	bool may = b->demangled < DEMANGLED_MAX;
	auto_free char *dx = may ? demangle_name(name_of(b, x), false) : NULL;
	auto_free char *dy = may ? demangle_name(name_of(b, y), false) : NULL;
	const char *nx = dx ? dx : name_of(b, x), *ny = dy ? dy : name_of(b, y);
	size_t ux = underscores(nx), uy = underscores(ny), lx = strlen(nx), ly = strlen(ny);

	b->demangled += lx + ly + 256;
	if (ux != uy)
		return ux < uy;
	if (lx != ly)
		return lx > ly;
	/* Old kernels' other names of system calls. */
	return strncmp(nx, "SyS", 3) != 0 && strncmp(nx, "compat_SyS", 10) != 0;
}

/* Whether @x, which comes first, is the one of two at the same place. */
static bool first_is_better(struct symbol_builder *b, const struct piece *x, const struct piece *y)
{
	bool sized = x->end > x->start, other = y->end > y->start;

	if (b->rule == SYMBOL_RULE_LATEST)
		return x->order > y->order;
	if (sized != other)
		return sized;
	if (x->typed != y->typed)
		return x->typed;
	if ((x->binding == SYMBOL_WEAK) != (y->binding == SYMBOL_WEAK))
		return x->binding != SYMBOL_WEAK;
	if ((x->binding == SYMBOL_GLOBAL) != (y->binding == SYMBOL_GLOBAL))
		return x->binding == SYMBOL_GLOBAL;
	return better_name(b, x, y);
}

static void choose(struct symbol_builder *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->n; i++) {
		struct piece *p = &b->piece[i];

		if (kept && b->piece[kept - 1].start == p->start) {
			if (!first_is_better(b, &b->piece[kept - 1], p))
				b->piece[kept - 1] = *p;
			continue;
		}
		b->piece[kept++] = *p;
	}
	b->n = kept;
}

/* ---- overlaps ---- */

struct heap {
	const struct piece **at;
	size_t n;
	enum symbol_rule rule;
};

static bool over(const struct heap *h, const struct piece *x, const struct piece *y)
{
	return h->rule == SYMBOL_RULE_LATEST ? x->order > y->order : x > y;
}

static void heap_push(struct heap *h, const struct piece *p)
{
	size_t i = h->n++;

	for (; i && over(h, p, h->at[(i - 1) / 2]); i = (i - 1) / 2)
		h->at[i] = h->at[(i - 1) / 2];
	h->at[i] = p;
}

static void heap_pop(struct heap *h)
{
	const struct piece *p = h->at[--h->n];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < h->n; i = child) {
		if (child + 1 < h->n && over(h, h->at[child + 1], h->at[child]))
			child++;
		if (!over(h, h->at[child], p))
			break;
		h->at[i] = h->at[child];
	}
	h->at[i] = p;
}

/* Name what lies between @from and @to by the topmost symbols there. */
static int paint(struct symbol_builder *b, struct heap *h, uint64_t from, uint64_t to)
{
	int r = 0;

	while (r >= 0 && from < to) {
		while (h->n && h->at[0]->end <= from)
			heap_pop(h);
		if (!h->n)
			return 0;
		const struct piece *top = h->at[0];
		uint64_t end = min_of(top->end, to);

		r = symbol_writer_add(&b->writer, from, end, top->start, top->name);
		from = end;
	}
	return r;
}

static int sweep(struct symbol_builder *b)
{
	struct heap h = { .at = calloc(b->n + 1, sizeof(*h.at)), .rule = b->rule };
	int r = h.at ? 0 : -ENOMEM;

	for (size_t i = 0; i < b->n && r >= 0; i++) {
		const struct piece *p = &b->piece[i];

		heap_push(&h, p);
		r = paint(b, &h, p->start, i + 1 < b->n ? p[1].start : UINT64_MAX);
	}
	free(h.at);
	return r;
}

int symbol_builder_finish(struct symbol_builder *b, enum symbol_extent extent, const uint8_t *id,
			  size_t id_bytes, struct symbol_table **ret, struct err *e)
{
	auto_buf image;
	int r = sort_pieces(b);

	buf_init(&image, 0);
	if (r >= 0) {
		extend(b);
		choose(b);
		r = sweep(b);
	}
	if (r >= 0)
		r = symbol_writer_finish(&b->writer, extent, id, id_bytes, &image);
	if (r < 0)
		return err_set(e, r, r == -EFBIG ? "too many names" : "out of memory");
	symbol_writer_done(&b->writer);
	symbol_writer_init(&b->writer);
	b->n = b->demangled = 0;
	return symbol_table_new(&image, ret, e);
}
