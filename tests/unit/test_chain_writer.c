/* SPDX-License-Identifier: MIT */
/*
 * Chains to nodes: what a node says of its chain, frame by frame, is what the chain's entries and
 * the mappings of the time say, whatever chains came before.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/chain_writer.h"
#include "model/memory.h"

#define DEEPEST 40

struct expected {
	enum module_kind kind;
	uint64_t offset;
};

struct writing {
	struct memory *memory;
	struct chain_writer *w;
	uint64_t base[4]; /* where a file of one page lies, by process */
	uint32_t random;
};

static uint32_t draw(struct writing *x, uint32_t n)
{
	x->random = x->random * 1664525 + 1013904223;
	return (x->random >> 8) % n;
}

static void begin(struct writing *x)
{
	*x = (struct writing){ .memory = memory_new(), .random = 1 };
	x->w = chain_writer_new(memory_sink(x->memory));
	assert_non_null(x->w);
}

static void end(struct writing *x)
{
	assert_int_equal(chain_writer_flush(x->w, NULL), 0);
	chain_writer_free(x->w);
	memory_free(x->memory);
}

static void map(struct writing *x, uint32_t pid, uint64_t base)
{
	x->base[pid] = base;
	spaces_clear(chain_writer_spaces(x->w), pid);
	assert_int_equal(chain_writer_map(x->w, 1, pid, base, 4096, 0, "/bin/a", "", NULL), 0);
}

static enum sample_mode mode_behind(uint64_t mark)
{
	return mark == CHAIN_CONTEXT_KERNEL	  ? SAMPLE_MODE_KERNEL
	       : mark == CHAIN_CONTEXT_USER	  ? SAMPLE_MODE_USER
	       : mark == CHAIN_CONTEXT_GUEST_USER ? SAMPLE_MODE_GUEST_USER
						  : SAMPLE_MODE_HYPERVISOR;
}

/* By the words of chain_writer.h alone; leaf first. */
static size_t expect(const struct writing *x, uint32_t pid, enum sample_mode mode,
		     const uint64_t *ip, size_t n, struct expected *ret)
{
	size_t frames = 0;

	for (size_t i = 0; i < n; i++) {
		uint64_t base = x->base[pid];
		struct expected *f = &ret[frames];

		if (ip[i] >= CHAIN_CONTEXT_MIN) {
			mode = mode_behind(ip[i]);
			continue;
		}
		*f = (struct expected){ MODULE_UNKNOWN, ip[i] };
		if (mode == SAMPLE_MODE_KERNEL || mode == SAMPLE_MODE_HYPERVISOR)
			f->kind = MODULE_KERNEL;
		else if (mode == SAMPLE_MODE_GUEST_USER)
			f->kind = MODULE_GUEST;
		else if (ip[i] >= base && ip[i] < base + 4096)
			*f = (struct expected){ MODULE_FILE, ip[i] - base };
		frames++;
	}
	return frames;
}

static void check(struct writing *x, uint32_t pid, enum sample_mode mode, const uint64_t *ip,
		  size_t n)
{
	const struct frames *frames = chain_writer_frames(x->w);
	const struct modules *modules = chain_writer_modules(x->w);
	struct expected want[DEEPEST];
	size_t n_want = expect(x, pid, mode, ip, n, want), i = 0;
	uint32_t node;

	assert_int_equal(chain_writer_node(x->w, 5, pid, mode, ip, n, &node, NULL), 0);
	for (; node; node = frames_at(frames, node)->parent, i++) {
		const struct frame *f = frames_at(frames, node);

		assert_true(i < n_want);
		assert_int_equal(modules_at(modules, f->module)->kind, want[i].kind);
		assert_int_equal(f->offset, want[i].offset);
	}
	assert_int_equal(i, n_want);
}

/* Chains that differ in some entries from the one before, as those of a program do. */
static void test_random_chains(void **state)
{
	static const uint64_t mark[] = { CHAIN_CONTEXT_KERNEL, CHAIN_CONTEXT_USER,
					 CHAIN_CONTEXT_GUEST_USER, CHAIN_CONTEXT_HV };
	uint64_t ip[4][DEEPEST] = { { 0 } };
	size_t n[4] = { 0 };
	struct writing x;

	(void)state;
	begin(&x);
	for (int round = 0; round < 20000; round++) {
		uint32_t pid = draw(&x, 4), keep = draw(&x, DEEPEST);
		uint64_t *chain = ip[pid];
		size_t fresh = draw(&x, 6);

		if (round % 50 == 0)
			map(&x, pid, 4096 * (1 + draw(&x, 3)));
		/* The outermost @keep entries stay, leaves before them are new. */
		keep = n[pid] < keep ? (uint32_t)n[pid] : keep;
		if (fresh + keep > DEEPEST)
			fresh = DEEPEST - keep;
		memmove(chain + fresh, chain + n[pid] - keep, keep * sizeof(*chain));
		n[pid] = fresh + keep;
		for (size_t i = 0; i < fresh; i++)
			chain[i] = draw(&x, 5) ? 4096 + draw(&x, 64) * 256 : mark[draw(&x, 4)];
		check(&x, pid, draw(&x, 2) ? SAMPLE_MODE_USER : SAMPLE_MODE_KERNEL, chain, n[pid]);
	}
	end(&x);
}

/* Where the mode comes from: a mark before an entry, far before it, or the sample. */
static void test_modes(void **state)
{
	const uint64_t chain[] = { CHAIN_CONTEXT_KERNEL, 10, CHAIN_CONTEXT_USER, 4100, 4200 };
	struct writing x;

	(void)state;
	begin(&x);
	map(&x, 1, 4096);
	check(&x, 1, SAMPLE_MODE_KERNEL, chain, 5);
	check(&x, 1, SAMPLE_MODE_USER, chain + 3, 2); /* the same without marks */
	check(&x, 1, SAMPLE_MODE_KERNEL, chain + 3, 2); /* and as the kernel's */
	check(&x, 1, SAMPLE_MODE_USER, chain + 4, 1);
	check(&x, 1, SAMPLE_MODE_USER, chain + 2, 3);
	check(&x, 2, SAMPLE_MODE_USER, chain + 3, 2); /* of a process without mappings */
	map(&x, 1, 0);
	check(&x, 1, SAMPLE_MODE_USER, chain + 3, 2); /* nothing is there any more */
	check(&x, 1, SAMPLE_MODE_USER, chain, 0);
	check(&x, 1, SAMPLE_MODE_USER, chain, 1); /* a mark and nothing behind it */
	end(&x);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_chains),
		cmocka_unit_test(test_modes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
