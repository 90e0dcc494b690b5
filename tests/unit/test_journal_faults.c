/* SPDX-License-Identifier: MIT */
/*
 * Writing, reading and verifying a journal while the n-th allocation, read, write or sync fails,
 * for n = 1, 2 ... until none does. Every failure comes back as an error with words, or is counted
 * as damage; what was acknowledged is there, and the journal goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fault_plan.h"
#include "journal_scenario.h"

#define RECORDS 40

static void plan_fault(enum fault kind, unsigned long n, bool forever)
{
	plan.countdown = n;
	plan.forever = forever;
	plan.hit = false;
	plan.kind = kind;
}

static int append_all(struct journal_writer *w, struct err *e)
{
	int r = 0;

	for (uint64_t n = 0; r >= 0 && n < RECORDS; n++) {
		r = scenario_append(w, n, e);
		if (r >= 0 && n % 10 == 9)
			r = journal_sync(w, e);
	}
	return r < 0 ? r : journal_writer_close(w, e);
}

/* Sets *@ret_acked whatever happens. */
static int write_journal(struct journal_scenario *s, uint64_t *ret_acked, struct err *e)
{
	const struct journal_writer_options o = scenario_options(s);
	struct journal_writer *w = NULL;
	struct journal_writer_state state;
	int r = journal_writer_open(s->path, &o, &w, e);

	*ret_acked = 0;
	if (r < 0)
		return r;
	r = append_all(w, e);
	journal_writer_get(w, &state);
	*ret_acked = state.acknowledged;
	journal_writer_free(w);
	return r;
}

static void check_written(struct journal_scenario *s, uint64_t acked)
{
	int64_t prefix = 0;

	if (access(s->path, F_OK) == 0) {
		int64_t count = scenario_count(s->path, s->keys, NULL, RECORDS, &prefix);

		assert_true(count >= 0 || count == -ENOENT || count == -ENODATA);
	}
	assert_true(prefix >= (int64_t)acked);
	/* It goes on. */
	scenario_write(s, (uint64_t)prefix, RECORDS + 1, true);
	assert_int_equal(scenario_read(s, RECORDS + 1), RECORDS + 1);
	assert_int_equal(scenario_problems_as(s->path,
					      &(struct journal_verify_options){ .keys = s->keys },
					      NULL),
			 0);
}

static void while_writing(enum fault kind, bool forever)
{
	bool hit = true;
	unsigned long n;

	for (n = 1; hit; n++) {
		struct journal_scenario s;
		struct err e = { 0 };
		uint64_t acked;

		journal_scenario_init(&s);
		plan_fault(kind, n, forever);
		int r = write_journal(&s, &acked, &e);

		plan.kind = FAULT_NONE;
		hit = plan.hit;
		assert_true(r == 0 || (hit && e.text[0]));
		assert_true(r < 0 || acked == RECORDS);
		check_written(&s, acked);
		journal_scenario_done(&s);
	}
	assert_in_range(n, 3, 100000);
}

static void test_writing(void **state)
{
	static const enum fault kind[] = { FAULT_MEMORY, FAULT_READ, FAULT_WRITE, FAULT_SYNC };

	(void)state;
	for (unsigned int i = 0; i < 2 * ARRAY_SIZE(kind); i++)
		while_writing(kind[i / 2], i % 2);
}

/* 0 with the number of records that were given, and of gaps that were said. */
static int read_all(struct journal_scenario *s, uint64_t *ret, uint64_t *ret_damaged, struct err *e)
{
	auto_ptr(journal_reader) reader = NULL;
	struct journal_reader_state state;
	struct journal_stream stream;
	struct journal_entry entry;
	int r = journal_reader_open(s->path, s->keys, NULL, &reader, e);

	*ret = 0;
	while (r >= 0 && (r = journal_reader_next(reader, &stream, &entry, e)) > 0)
		++*ret;
	if (r < 0)
		return r;
	journal_reader_get(reader, &state);
	*ret_damaged = state.damaged;
	return 0;
}

static void while_reading(struct journal_scenario *s, enum fault kind, bool forever)
{
	bool hit = true;
	unsigned long n;

	for (n = 1; hit; n++) {
		uint64_t records, damaged = 0;
		struct err e = { 0 };

		plan_fault(kind, n, forever);
		int r = read_all(s, &records, &damaged, &e);

		plan.kind = FAULT_NONE;
		hit = plan.hit;
		assert_true(r == 0 || (hit && e.text[0]));
		assert_true(r < 0 || records == RECORDS || (hit && damaged));
	}
	assert_in_range(n, 3, 100000);
}

static void while_verifying(struct journal_scenario *s, enum fault kind, bool forever)
{
	const struct journal_verify_options o = { .keys = s->keys };
	bool hit = true;
	unsigned long n;

	for (n = 1; hit; n++) {
		struct journal_verdict v = { 0 };
		struct err e = { 0 };

		plan_fault(kind, n, forever);
		int r = journal_verify(s->path, &o, &v, &e);

		plan.kind = FAULT_NONE;
		hit = plan.hit;
		assert_true(r == 0 || (hit && e.text[0]));
		if (r == 0 && !v.n_problems)
			assert_int_equal(v.entries, RECORDS);
		assert_true(hit || (r == 0 && !v.n_problems));
		if (r == 0)
			journal_verdict_done(&v);
	}
	assert_in_range(n, 3, 100000);
}

static void test_reading(void **state)
{
	struct journal_scenario s;

	(void)state;
	journal_scenario_init(&s);
	scenario_write(&s, 0, RECORDS, true);
	for (unsigned int i = 0; i < 4; i++) {
		const enum fault kind = i / 2 ? FAULT_READ : FAULT_MEMORY;

		while_reading(&s, kind, i % 2);
		while_verifying(&s, kind, i % 2);
	}
	journal_scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_writing),
		cmocka_unit_test(test_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
