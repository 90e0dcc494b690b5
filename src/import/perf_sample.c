/* SPDX-License-Identifier: MIT */
/* A cursor goes over the fields in their order; every length is checked against what is left. */
#include "import/perf_sample.h"

#include <errno.h>

#include "model/batch.h"

struct fields {
	const uint8_t *p;
	size_t left;
	bool big, cut;
};

/* Go over @n bytes; NULL, and nothing more from then on, when there are fewer. */
static const uint8_t *take(struct fields *f, uint64_t n)
{
	const uint8_t *p = f->p;

	if (n > f->left) {
		f->left = 0;
		f->cut = true;
		return NULL;
	}
	f->p += n;
	f->left -= n;
	return p;
}

static uint64_t take_u64(struct fields *f)
{
	const uint8_t *p = take(f, 8);

	return p ? perf_u64(p, f->big) : 0;
}

static const uint8_t *take_words(struct fields *f, uint64_t n)
{
	return take(f, n > f->left ? UINT64_MAX : n * 8);
}

/* Counts of the event, or of its group. */
static void skip_read(struct fields *f, uint64_t format)
{
	uint64_t times = !!(format & PERF_READ_ENABLED) + !!(format & PERF_READ_RUNNING);
	uint64_t each = 1 + !!(format & PERF_READ_ID) + !!(format & PERF_READ_LOST);
	uint64_t members = format & PERF_READ_GROUP ? take_u64(f) : 1;

	take_words(f, members > f->left ? UINT64_MAX : times + members * each);
}

static void skip_branches(struct fields *f, uint64_t branch_type)
{
	uint64_t n = take_u64(f);

	if (branch_type & PERF_BRANCH_HW_INDEX)
		take_u64(f);
	take_words(f, n > f->left ? UINT64_MAX : 3 * n);
	if (branch_type & PERF_BRANCH_COUNTERS)
		take_words(f, n);
}

static const uint8_t *take_regs(struct fields *f, uint64_t mask, uint64_t *ret_abi)
{
	*ret_abi = take_u64(f);
	return *ret_abi == PERF_REGS_NONE ? NULL
					  : take_words(f, (uint64_t)__builtin_popcountll(mask));
}

static void take_stack(struct fields *f, struct perf_sample *ret)
{
	uint64_t bytes = take_u64(f);

	if (!bytes)
		return;
	ret->stack = take(f, bytes);
	ret->stack_bytes = min_of(bytes, take_u64(f));
}

static void skip_tail(struct fields *f, const struct perf_attr *a)
{
	uint64_t type = a->sample_type, abi;

	if (type & (PERF_HAS_WEIGHT | PERF_HAS_WEIGHTS))
		take_u64(f);
	if (type & PERF_HAS_DATA_SRC)
		take_u64(f);
	if (type & PERF_HAS_TRANSACTION)
		take_u64(f);
	if (type & PERF_HAS_REGS_INTR)
		take_regs(f, a->regs_intr, &abi);
	if (type & PERF_HAS_PHYS_ADDR)
		take_u64(f);
	if (type & PERF_HAS_CGROUP)
		take_u64(f);
	if (type & PERF_HAS_DATA_PAGE)
		take_u64(f);
	if (type & PERF_HAS_CODE_PAGE)
		take_u64(f);
	if (type & PERF_HAS_AUX)
		take(f, take_u64(f));
}

static uint64_t fixed_u64(const uint8_t *p, uint16_t at, bool big)
{
	return at == PERF_AT_NONE ? 0 : perf_u64(p + at, big);
}

int perf_sample_parse(const struct perf_attr *a, const uint8_t *p, size_t n, bool big,
		      struct perf_sample *ret)
{
	const struct perf_places *at = &a->sample;
	uint64_t type = a->sample_type;
	struct fields f = { .p = p, .left = n, .big = big };

	*ret = (struct perf_sample){ .cpu = BATCH_CPU_NONE };
	if (!take(&f, at->bytes))
		return -EBADMSG;
	ret->ip = fixed_u64(p, at->ip, big);
	ret->time = fixed_u64(p, at->time, big);
	ret->period = fixed_u64(p, at->period, big);
	if (at->tid != PERF_AT_NONE) {
		ret->pid = perf_u32(p + at->tid, big);
		ret->tid = perf_u32(p + at->tid + 4, big);
	}
	if (at->cpu != PERF_AT_NONE)
		ret->cpu = perf_u32(p + at->cpu, big);
	if (type & PERF_HAS_READ)
		skip_read(&f, a->read_format);
	if (type & PERF_HAS_CALLCHAIN) {
		ret->n_chain = take_u64(&f);
		ret->chain = take_words(&f, ret->n_chain);
	}
	if (type & PERF_HAS_RAW) {
		const uint8_t *bytes = take(&f, 4);

		ret->raw_bytes = bytes ? perf_u32(bytes, big) : 0;
		ret->raw = take(&f, ret->raw_bytes);
	}
	if (type & PERF_HAS_BRANCHES)
		skip_branches(&f, a->branch_sample_type);
	if (type & PERF_HAS_REGS_USER)
		ret->regs = take_regs(&f, a->regs_user, &ret->regs_abi);
	if (type & PERF_HAS_STACK_USER)
		take_stack(&f, ret);
	skip_tail(&f, a);
	if (f.cut)
		return -EBADMSG;
	/* Fields that are not known yet stand behind those that are. */
	return f.left && !(type & ~(uint64_t)PERF_HAS_KNOWN) ? -EBADMSG : 0;
}
