/* SPDX-License-Identifier: MIT */
/* Profiles in perf.data: fixtures with every field that samples can have, and stacks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "base/file.h"
#include "import/perf_queue.h"
#include "import/perf_sample.h"
#include "model/file_track.h"
#include "perf_conversion.h"

#define FIXTURES "tests/fixtures/perf/"

static void convert_fixture(struct conversion *c, const char *name)
{
	auto_buf b;
	char path[256];

	buf_init(&b, 0);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	convert_bytes(c, b.data, b.len, false);
	if (c->r < 0)
		fail_msg("%s: %s", name, c->e.text);
	assert_true(c->result.complete);
	assert_int_equal(c->result.damaged, 0);
}

static void expect(const struct conversion *c, const char *const *line, size_t n)
{
	const char *text = buf_str(&c->rows->text);

	for (size_t i = 0; i < n; i++)
		if (!strstr(text, line[i]))
			fail_msg("no row '%s' among\n%s", line[i], text);
}

static void test_fields(void **state)
{
	static const char *const lines[] = {
		"event -1 5001000000 number=0 name=cpu-clock unit=ns type=1 config=0 period=0 "
		"freq=999 flags=0 note=\n",
		"event -1 5001000000 number=1 name=cache-misses:u unit= type=0 config=3 "
		"period=1000 freq=0 flags=1 note=\n",
		"event -1 5001000000 number=2 name=r1c2 unit= type=4 config=450 period=200003 "
		"freq=0 flags=0 note=\n",
		"module=0 kind=1 pid=0 build_id=0102030405060708090a0b0c0d0e0f1011121314 "
		"path=[kernel]\n",
		/* From the table of build ids, and from the mapping's record. */
		"module=1 kind=2 pid=0 build_id=02030405060708090a0b0c0d0e0f101112131415 "
		"path=/opt/alpha\n",
		"module=2 kind=2 pid=0 build_id=0102030405060708090a0b0c0d0e0f1011121314 "
		"path=/lib/libone.so\n",
		"module=3 kind=4 pid=700 build_id= path=//anon\n",
		"module=4 kind=2 pid=0 build_id= path=/opt/beta\n",
		/* Outermost caller first; places in the file. */
		"node=1 parent=0 module=1 offset=4112\n",
		"node=2 parent=1 module=1 offset=4128\n",
		"node=3 parent=2 module=2 offset=48\n",
		"node=4 parent=3 module=1 offset=4160\n",
		"sample 0 5001000000 event=0 tid=700 pid=700 node=4 weight=1001001 mode=2\n",
		/* The child has its parent's mappings, until it becomes another program. */
		"sample 1 5002000001 event=1 tid=710 pid=710 node=5 weight=1000 mode=2\n",
		"node=5 parent=1 module=2 offset=48\n",
		"node=6 parent=4 module=0 offset=18446744071578845264\n",
		"node=7 parent=6 module=0 offset=18446744071578845337\n",
		"sample 0 5003000000 event=0 tid=700 pid=700 node=7 weight=1001001 mode=1\n",
		"node=8 parent=0 module=5 offset=139637976727600\n",
		"node=9 parent=8 module=4 offset=16\n",
		"sample 1 5004000001 event=1 tid=710 pid=710 node=9 weight=1000 mode=2\n",
		/* No chain: a frame of its own. */
		"node=10 parent=0 module=4 offset=16\n",
		"sample 1 5004000002 event=2 tid=710 pid=710 node=10 weight=1001002 mode=2\n",
		/* Code made at run time is named by its address. */
		"node=11 parent=1 module=3 offset=139706696204296\n",
		"sample 0 5005000000 event=0 tid=700 pid=700 node=11 weight=1001001 mode=2\n",
		/* Lost and throttled: of the samples. */
		"track=23 count=17 cause=2\n",
		"loss 0 5005000000 end=5006000000 track=23 count=0 cause=2\n",
	};
	struct conversion c, big;

	(void)state;
	convert_fixture(&c, "profile.data");
	expect(&c, lines, ARRAY_SIZE(lines));
	assert_int_equal(c.result.events, 6);
	assert_int_equal(c.result.lost, 17);
	assert_int_equal(c.result.other, 0);
	assert_non_null(strstr(buf_str(&c.meta), "kernel.text=0xffffffff81000000\n"));
	assert_non_null(strstr(buf_str(&c.meta), "kernel.build_id=0102030405060708090a"));
	convert_fixture(&big, "profile-be.data");
	assert_string_equal(buf_str(&big.rows->text), buf_str(&c.rows->text));
	done(&c);
	done(&big);
}

static void test_stacks(void **state)
{
	static const char *const lines[] = {
		/* The callers' calls, not where they return to; the leaf itself. */
		"node=1 parent=0 module=1 offset=4112\n",
		"node=2 parent=1 module=1 offset=4128\n",
		"node=3 parent=2 module=1 offset=4160\n",
		"sample 0 5000000000 event=0 tid=700 pid=700 node=3 weight=1001001 mode=2\n",
		"node=4 parent=3 module=0 offset=18446744071578845337\n",
		"sample 0 5000000001 event=0 tid=700 pid=700 node=4 weight=1001001 mode=1\n",
		"sample 0 5000000002 event=0 tid=0 pid=0 node=5 weight=1001001 mode=1\n",
	};
	struct conversion c;

	(void)state;
	convert_fixture(&c, "stacks.data");
	expect(&c, lines, ARRAY_SIZE(lines));
	assert_int_equal(c.result.events, 3);
	assert_non_null(strstr(buf_str(&c.result.notes), "not unwound through '/opt/alpha'"));
	done(&c);
}

/* ---- the body of a sample ---- */

/* Every length of a sample but the whole one is refused, whatever its fields say. */
static void test_cut_sample(void **state)
{
	struct perf_attr a = { .sample_type = PERF_HAS_CALLCHAIN | PERF_HAS_RAW |
					      PERF_HAS_BRANCHES | PERF_HAS_REGS_USER |
					      PERF_HAS_STACK_USER | PERF_HAS_AUX,
			       .branch_sample_type = PERF_BRANCH_HW_INDEX | PERF_BRANCH_COUNTERS,
			       .regs_user = 7 };
	uint8_t p[400] = { 0 };
	struct perf_sample s;
	size_t n = 0;

	(void)state;
	a.sample = (struct perf_places){ PERF_AT_NONE,
					 PERF_AT_NONE,
					 PERF_AT_NONE,
					 PERF_AT_NONE,
					 PERF_AT_NONE,
					 PERF_AT_NONE,
					 0 };
	p[n] = 2; /* addresses of the chain */
	n += 8 + 16;
	p[n] = 12; /* raw bytes */
	n += 4 + 12;
	p[n] = 1; /* branches, with index before and counters behind */
	n += 8 + 8 + 24 + 8;
	p[n] = PERF_REGS_64;
	n += 8 + 24;
	p[n] = 16; /* bytes of the stack, of which 9 hold something */
	p[n + 24] = 9;
	n += 8 + 16 + 8;
	p[n] = 8;
	n += 8 + 8;
	assert_int_equal(perf_sample_parse(&a, p, n, false, &s), 0);
	assert_int_equal(s.n_chain, 2);
	assert_int_equal(s.raw_bytes, 12);
	assert_int_equal(s.regs_abi, PERF_REGS_64);
	assert_int_equal(s.stack_bytes, 9);
	for (size_t cut = 0; cut < n; cut++)
		assert_int_equal(perf_sample_parse(&a, p, cut, false, &s), -EBADMSG);
	assert_int_equal(perf_sample_parse(&a, p, n + 8, false, &s), -EBADMSG);
	/* Fields that are not known yet may follow. */
	a.sample_type |= UINT64_C(1) << 25;
	assert_int_equal(perf_sample_parse(&a, p, n + 8, false, &s), 0);
}

/* Counts that a multiplication would wrap. */
static void test_hostile_sample(void **state)
{
	static const uint64_t types[] = { PERF_HAS_CALLCHAIN, PERF_HAS_BRANCHES,
					  PERF_HAS_STACK_USER, PERF_HAS_AUX, PERF_HAS_READ };
	static const uint64_t counts[] = { 0x2000000000000001, 0x1555555555555556, UINT64_MAX,
					   UINT64_MAX / 8 };
	uint8_t p[64] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		for (unsigned int k = 0; k < ARRAY_SIZE(counts); k++) {
			struct perf_attr a = { .sample_type = types[i],
					       .read_format = PERF_READ_GROUP | PERF_READ_ID };
			struct perf_sample s;

			a.sample = (struct perf_places){ PERF_AT_NONE,
							 PERF_AT_NONE,
							 PERF_AT_NONE,
							 PERF_AT_NONE,
							 PERF_AT_NONE,
							 PERF_AT_NONE,
							 0 };
			memcpy(p, &counts[k], sizeof(counts[k]));
			assert_int_equal(perf_sample_parse(&a, p, sizeof(p), false, &s), -EBADMSG);
		}
	}
}

/* ---- order ---- */

struct seen {
	nsec_t time[64];
	uint32_t tag[64];
	size_t n;
};

static int see(void *ctx, const struct perf_queued *q, struct err *e)
{
	struct seen *s = ctx;

	(void)e;
	assert_in_range(s->n, 0, ARRAY_SIZE(s->time) - 1);
	assert_int_equal(q->record[0], (uint8_t)q->tag);
	s->time[s->n] = q->time;
	s->tag[s->n++] = q->tag;
	return 0;
}

static void add_all(struct perf_queue *q, const nsec_t *time, size_t n, uint32_t tag)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t record[8] = { (uint8_t)(tag + i) };

		assert_int_equal(
			perf_queue_add(q, time[i], tag + (uint32_t)i, record, sizeof(record), NULL),
			0);
	}
}

static void test_queue(void **state)
{
	static const nsec_t first[] = { 10, 30, 50, 20, 30, 40, 15 };
	static const nsec_t second[] = { 55, 60, 45, 52 };
	static const uint32_t order[] = { 0, 6, 3, 1, 4, 5, 9, 2, 10, 7, 8 };
	struct seen s = { .n = 0 };
	struct perf_queue q = { .take = see, .ctx = &s };

	(void)state;
	add_all(&q, first, ARRAY_SIZE(first), 0);
	/* Another ring may still have something older than 50. */
	assert_int_equal(perf_queue_round(&q, NULL), 0);
	assert_int_equal(s.n, 0);
	add_all(&q, second, ARRAY_SIZE(second), 7);
	assert_int_equal(perf_queue_round(&q, NULL), 0);
	assert_int_equal(s.n, 8);
	assert_int_equal(perf_queue_finish(&q, NULL), 0);
	assert_int_equal(s.n, ARRAY_SIZE(order));
	for (size_t i = 0; i < s.n; i++)
		assert_int_equal(s.tag[i], order[i]);
	perf_queue_done(&q);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	   cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_cut_sample), cmocka_unit_test(test_hostile_sample),
		cmocka_unit_test(test_queue),
	};

	return cmocka_run_group_tests_name("perf_profile", tests, NULL, NULL);
}
