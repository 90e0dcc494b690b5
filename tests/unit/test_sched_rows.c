/* SPDX-License-Identifier: MIT */
/* Names, states, halves of a switch, tasks that were alive before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/sched_rows.h"
#include "row_text.h"

static void test_states(void **state)
{
	static const struct {
		const char *text;
		unsigned int want;
	} cases[] = {
		{ "R", 0 },    { "R+", 0x100 }, { "S", 1 },    { "D", 2 },    { "D|K", 2 },
		{ "T", 4 },    { "t", 8 },	{ "X", 0x10 }, { "Z", 0x20 }, { "P", 0x40 },
		{ "I", 0x80 }, { "x", 0x10 },	{ "S|D", 3 },  { "D|W", 2 },  { "DN", 2 },
	};
	unsigned int got;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(sched_state_parse(cases[i].text, strlen(cases[i].text), &got), 0);
		assert_int_equal(got, cases[i].want);
	}
	assert_int_equal(sched_state_parse("", 0, &got), -EINVAL);
	assert_int_equal(sched_state_parse("Q", 1, &got), -EINVAL);
	assert_int_equal(sched_state_parse("0x1", 3, &got), -EINVAL);
}

static void test_names(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	char a[16] = "a", a_dirty[16] = "a\0garbage", b[16] = "b";

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	assert_int_equal(sched_rows_name(&s, 0, 10, 0, a, NULL), 0); /* idle: no row */
	assert_int_equal(sched_rows_name(&s, 0, 11, 7, a, NULL), 0);
	assert_int_equal(sched_rows_name(&s, 0, 12, 7, a, NULL), 0);
	assert_int_equal(sched_rows_name(&s, 0, 13, 7, a_dirty, NULL), 0); /* the same name */
	assert_int_equal(sched_rows_name(&s, 1, 14, 7, b, NULL), 0);
	assert_int_equal(sched_rows_name(&s, 1, 15, UINT32_MAX, b, NULL), 0); /* no tid */
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_string_equal(buf_str(&out->text),
			    "task 0 11 kind=6 tid=7 tgid=0 parent=0 flags=0 comm=a\n"
			    "task 1 14 kind=6 tid=7 tgid=0 parent=0 flags=0 comm=b\n");
	sched_rows_done(&s);
}

static void test_life(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	struct sched_life alive = { TASK_ALIVE, 5, 4, 0, "shell", 5 };
	struct sched_life fork = { TASK_FORK, 6, 6, 5, "", 0 };
	struct sched_life exec = { TASK_EXEC, 6, 6, 0, "program", 7 };
	struct sched_life exit = { TASK_EXIT, 6, 6, 0, "", 0 };

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	assert_int_equal(sched_rows_parent(&s, 5, 2), 0);
	assert_int_equal(sched_rows_life(&s, BATCH_CPU_NONE, 0, &alive, NULL), 0);
	assert_int_equal(sched_rows_life(&s, 3, 100, &fork, NULL), 0);
	assert_int_equal(sched_rows_life(&s, 3, 101, &exec, NULL), 0);
	assert_int_equal(sched_rows_life(&s, 3, 102, &exit, NULL), 0);
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	/* Alive at the start: at the time of the first event. The fork has its parent's name. */
	assert_string_equal(buf_str(&out->text),
			    "task -1 100 kind=1 tid=5 tgid=4 parent=2 flags=2 comm=shell\n"
			    "task 3 100 kind=2 tid=6 tgid=6 parent=5 flags=0 comm=shell\n"
			    "task 3 101 kind=3 tid=6 tgid=6 parent=0 flags=0 comm=program\n"
			    "task 3 102 kind=5 tid=6 tgid=6 parent=0 flags=0 comm=program\n");
	sched_rows_done(&s);
}

/* Records without a CPU go the same way as the tasks that were alive, and may be earlier. */
static void test_life_without_cpu(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	struct sched_life alive = { TASK_ALIVE, 5, 5, 0, "a", 1 };
	struct sched_life rename = { TASK_RENAME, 5, 5, 0, "b", 1 };

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	assert_int_equal(sched_rows_life(&s, BATCH_CPU_NONE, 0, &alive, NULL), 0);
	assert_int_equal(sched_rows_switch(&s, 0, 100, 5, 0, 1, 120, NULL), 0);
	assert_int_equal(sched_rows_life(&s, BATCH_CPU_NONE, 90, &rename, NULL), 0);
	for (uint32_t i = 0; i < 40000; i++) {
		alive.tid = 1000 + i;
		assert_int_equal(sched_rows_life(&s, BATCH_CPU_NONE, 0, &alive, NULL), 0);
		assert_int_equal(sched_rows_life(&s, BATCH_CPU_NONE, 200 + i, &rename, NULL), 0);
	}
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_int_equal(s.rows.late, 0);
	assert_int_equal(out->rows[8], 80002);
	sched_rows_done(&s);
}

static void half(struct sched_rows *s, struct sched_halves *c, nsec_t time, bool out, uint32_t self,
		 uint32_t other, bool wide)
{
	struct sched_half h = { .out = out, .wide = wide, .self = self, .other = other };

	assert_int_equal(sched_rows_half(s, c, 0, time, &h, NULL), 0);
}

static void test_halves(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	struct sched_halves c = { 0 };

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	half(&s, &c, 1, false, 8, 0, true); /* the begin: only IN */
	half(&s, &c, 2, true, 8, 9, true); /* OUT and IN are one switch */
	half(&s, &c, 3, false, 9, 8, true);
	half(&s, &c, 4, true, UINT32_MAX, 0, true); /* a dead task leaves */
	half(&s, &c, 5, false, 0, UINT32_MAX, true);
	half(&s, &c, 6, false, 8, 0, true); /* the OUT of idle was lost */
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_string_equal(buf_str(&out->text), "switch 0 1 next=8 prev=0 state=0 prio=0\n"
						 "switch 0 2 next=9 prev=8 state=1 prio=0\n"
						 "switch 0 4 next=0 prev=9 state=1 prio=0\n"
						 "switch 0 6 next=8 prev=0 state=0 prio=0\n");
	sched_rows_done(&s);
}

static void test_halves_of_one_process(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	struct sched_halves c = { 0 };

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	half(&s, &c, 1, false, 8, 0, false);
	half(&s, &c, 5, true, 8, 0, false);
	half(&s, &c, 9, false, 8, 0, false);
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_string_equal(buf_str(&out->text), "switch 0 1 next=8 prev=0 state=0 prio=0\n"
						 "switch 0 5 next=0 prev=8 state=1 prio=0\n"
						 "switch 0 9 next=8 prev=0 state=0 prio=0\n");
	sched_rows_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_states), cmocka_unit_test(test_names),
		cmocka_unit_test(test_life),   cmocka_unit_test(test_life_without_cpu),
		cmocka_unit_test(test_halves), cmocka_unit_test(test_halves_of_one_process),
	};

	return cmocka_run_group_tests_name("sched_rows", tests, NULL, NULL);
}
