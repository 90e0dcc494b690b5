/* SPDX-License-Identifier: MIT */
/*
 * Event attributes of perf.data. The order of fields in samples and sample_id is that of
 * perf_output_sample() and perf_event__output_id_sample() in kernel/events/core.c.
 */
#include "import/perf_attr.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define ATTRS_MAX 4096u

void perf_attrs_done(struct perf_attrs *a)
{
	for (uint32_t i = 0; i < a->n; i++) {
		free(a->attr[i].name);
		free(a->attr[i].unit);
	}
	free(a->attr);
	idmap_done(&a->id);
	memset(a, 0, sizeof(*a));
}

uint32_t perf_attr_bytes(const uint8_t *p, bool big)
{
	uint32_t n = perf_u32(p + 4, big);

	return n ? n : PERF_ATTR_MIN_BYTES;
}

/*
 * The flags are a C bit field: bit n of a little-endian file is the n-th from the low end of the 8
 * bytes, of a big-endian file the n-th from the high end, byte by byte.
 */
static uint64_t read_flags(const uint8_t *p, bool big)
{
	uint64_t flags = 0;

	for (unsigned int bit = 0; bit < 64; bit++) {
		unsigned int in_byte = big ? 7 - bit % 8 : bit % 8;

		if (p[bit / 8] >> in_byte & 1)
			flags |= UINT64_C(1) << bit;
	}
	return flags;
}

static void place(uint16_t *field, uint16_t *at, bool there)
{
	*field = there ? *at : PERF_AT_NONE;
	*at = (uint16_t)(*at + (there ? 8 : 0));
}

static void set_places(struct perf_attr *a)
{
	uint64_t type = a->sample_type;
	struct perf_places *s = &a->sample, *t = &a->trailer;
	uint16_t at = 0, skip, id;

	/* IDENTIFIER is the same id as ID, at a place that does not depend on other fields. */
	place(&s->id, &at, type & PERF_HAS_IDENTIFIER);
	place(&s->ip, &at, type & PERF_HAS_IP);
	place(&s->tid, &at, type & PERF_HAS_TID);
	place(&s->time, &at, type & PERF_HAS_TIME);
	place(&skip, &at, type & PERF_HAS_ADDR);
	place(&id, &at, type & PERF_HAS_ID);
	place(&skip, &at, type & PERF_HAS_STREAM_ID);
	place(&s->cpu, &at, type & PERF_HAS_CPU);
	place(&s->period, &at, type & PERF_HAS_PERIOD);
	s->bytes = at;
	if (s->id == PERF_AT_NONE)
		s->id = id;

	at = 0;
	t->ip = t->period = PERF_AT_NONE;
	place(&t->tid, &at, type & PERF_HAS_TID);
	place(&t->time, &at, type & PERF_HAS_TIME);
	place(&id, &at, type & PERF_HAS_ID);
	place(&skip, &at, type & PERF_HAS_STREAM_ID);
	place(&t->cpu, &at, type & PERF_HAS_CPU);
	place(&t->id, &at, type & PERF_HAS_IDENTIFIER);
	t->bytes = at;
	if (t->id == PERF_AT_NONE)
		t->id = id;
	if (!(a->flags & PERF_FLAG_SAMPLE_ID_ALL))
		*t = (struct perf_places){ PERF_AT_NONE,
					   PERF_AT_NONE,
					   PERF_AT_NONE,
					   PERF_AT_NONE,
					   PERF_AT_NONE,
					   PERF_AT_NONE,
					   0 };
}

/*
 * A record can be told to belong to an event only if the id stands at the same place for all of
 * them: seen from the begin in samples, from the end in other records.
 */
static bool same_id_places(const struct perf_attr *a, const struct perf_attr *b)
{
	return a->sample.id == b->sample.id &&
	       a->trailer.bytes - a->trailer.id == b->trailer.bytes - b->trailer.id;
}

int perf_attrs_add(struct perf_attrs *a, const uint8_t *p, size_t n, const uint8_t *ids,
		   size_t n_ids, bool big, struct err *e)
{
	if (a->n == ATTRS_MAX)
		return err_set(e, -EBADMSG, "more than %u events", ATTRS_MAX);
	if (n < PERF_ATTR_MIN_BYTES)
		return err_set(e, -EBADMSG, "attributes of event %u have only %zu bytes", a->n, n);
	struct perf_attr *attr = reallocarray(a->attr, a->n + 1, sizeof(*attr));

	if (!attr)
		return -ENOMEM;
	a->attr = attr;
	attr += a->n;
	*attr = (struct perf_attr){
		.type = perf_u32(p, big),
		.config = perf_u64(p + 8, big),
		.period = perf_u64(p + 16, big),
		.sample_type = perf_u64(p + 24, big),
		.read_format = perf_u64(p + 32, big),
		.flags = read_flags(p + 40, big),
		.branch_sample_type = n >= 80 ? perf_u64(p + 72, big) : 0,
		.regs_user = n >= 88 ? perf_u64(p + 80, big) : 0,
		.regs_intr = n >= 104 ? perf_u64(p + 96, big) : 0,
		.clockid = n >= 96 ? (int32_t)perf_u32(p + 92, big) : 0,
	};
	set_places(attr);
	a->n++;
	a->uniform = a->n == 1 || (a->uniform && same_id_places(a->attr, attr));
	for (size_t i = 0; i < n_ids; i++) {
		int r = idmap_set(&a->id, perf_u64(ids + 8 * i, big), a->n - 1);

		if (r < 0)
			return r;
	}
	return (int)a->n - 1;
}
