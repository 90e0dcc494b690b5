/* SPDX-License-Identifier: MIT */
/* Both tables are arrays with an open-addressed index of numbers over them. */
#include "model/frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strpool.h"

struct index {
	uint32_t *slot; /* number + 1, 0 = free */
	size_t mask;
};

static uint64_t mix(uint64_t a, uint64_t b)
{
	a = (a ^ b) * UINT64_C(0x9e3779b97f4a7c15);
	return (a ^ a >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

struct frames {
	struct frame *frame;
	size_t n, cap;
	struct index index;
};

static uint64_t frame_hash(const struct frame *f)
{
	return mix(f->offset, (uint64_t)f->parent << 32 | f->module);
}

/* Half full at most, so that a search ends. */
static int index_grow(struct index *x, size_t n, uint64_t (*hash)(const void *, uint32_t),
		      const void *of)
{
	if (2 * (n + 1) <= x->mask)
		return 0;
	size_t slots = x->mask ? 2 * (x->mask + 1) : 1024;
	uint32_t *slot = calloc(slots, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		size_t at = hash(of, i) >> 20 & (slots - 1);

		while (slot[at])
			at = (at + 1) & (slots - 1);
		slot[at] = i + 1;
	}
	free(x->slot);
	x->slot = slot;
	x->mask = slots - 1;
	return 0;
}

static uint64_t frame_hash_at(const void *f, uint32_t i)
{
	return frame_hash(&((const struct frames *)f)->frame[i]);
}

struct frames *frames_new(void)
{
	struct frames *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	/* The root is its own parent and nobody's callee. */
	f->cap = 1024;
	f->frame = calloc(f->cap, sizeof(*f->frame));
	if (!f->frame)
		return frames_free(f);
	f->frame[0] = (struct frame){ .module = UINT32_MAX };
	f->n = 1;
	return f;
}

struct frames *frames_free(struct frames *f)
{
	if (f) {
		free(f->frame);
		free(f->index.slot);
		free(f);
	}
	return NULL;
}

uint32_t frames_add(struct frames *f, uint32_t parent, uint32_t module, uint64_t offset)
{
	const struct frame want = { .offset = offset, .parent = parent, .module = module };

	if (f->n >= FRAMES_MAX - 1 || index_grow(&f->index, f->n, frame_hash_at, f) < 0)
		return FRAMES_MAX;
	size_t at = frame_hash(&want) >> 20 & f->index.mask;

	for (; f->index.slot[at]; at = (at + 1) & f->index.mask) {
		const struct frame *k = &f->frame[f->index.slot[at] - 1];

		if (k->offset == offset && k->parent == parent && k->module == module)
			return f->index.slot[at] - 1;
	}
	if (f->n == f->cap) {
		struct frame *grown = reallocarray(f->frame, 2 * f->cap, sizeof(*grown));

		if (!grown)
			return FRAMES_MAX;
		f->frame = grown;
		f->cap *= 2;
	}
	f->frame[f->n] = want;
	f->index.slot[at] = (uint32_t)f->n + 1;
	return (uint32_t)f->n++;
}

size_t frames_count(const struct frames *f)
{
	return f->n;
}

const struct frame *frames_at(const struct frames *f, uint32_t node)
{
	return &f->frame[node];
}

/* ---- modules ---- */

struct modules {
	struct module *module;
	size_t n, cap;
	struct strpool *text;
	struct index index;
};

/* Texts are interned: equal ones are one pointer. */
static uint64_t module_hash(const struct module *m)
{
	return mix(mix((uintptr_t)m->path, (uintptr_t)m->build_id),
		   (uint64_t)m->pid << 8 | (uint64_t)m->kind);
}

static uint64_t module_hash_at(const void *m, uint32_t i)
{
	return module_hash(&((const struct modules *)m)->module[i]);
}

struct modules *modules_new(void)
{
	struct modules *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->text = strpool_new();
	return m->text ? m : modules_free(m);
}

struct modules *modules_free(struct modules *m)
{
	if (m) {
		free(m->module);
		free(m->index.slot);
		strpool_free(m->text);
		free(m);
	}
	return NULL;
}

uint32_t modules_add(struct modules *m, const struct module *module)
{
	struct module want = *module;

	want.path = strpool_add(m->text, module->path);
	want.build_id = strpool_add(m->text, module->build_id);
	if (!want.path || !want.build_id || m->n >= FRAMES_MAX - 1 ||
	    index_grow(&m->index, m->n, module_hash_at, m) < 0)
		return FRAMES_MAX;
	size_t at = module_hash(&want) >> 20 & m->index.mask;

	for (; m->index.slot[at]; at = (at + 1) & m->index.mask) {
		const struct module *k = &m->module[m->index.slot[at] - 1];

		if (k->path == want.path && k->build_id == want.build_id && k->pid == want.pid &&
		    k->kind == want.kind)
			return m->index.slot[at] - 1;
	}
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 64;
		struct module *grown = reallocarray(m->module, cap, sizeof(*grown));

		if (!grown)
			return FRAMES_MAX;
		m->module = grown;
		m->cap = cap;
	}
	m->module[m->n] = want;
	m->index.slot[at] = (uint32_t)m->n + 1;
	return (uint32_t)m->n++;
}

size_t modules_count(const struct modules *m)
{
	return m->n;
}

const struct module *modules_at(const struct modules *m, uint32_t number)
{
	return &m->module[number];
}
