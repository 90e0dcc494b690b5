/* SPDX-License-Identifier: MIT */
/* Rows put in order within a window; rows that come too late become losses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/ordered_rows.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "row_text.h"

#define WINDOW 16

static int add(struct ordered_rows *o, uint32_t cpu, nsec_t time, uint32_t next)
{
	struct batch *b;
	int row = ordered_rows_add(o, ORDERED_SWITCH, cpu, time, &b, NULL);

	if (row < 0)
		return row;
	batch_u32(b, SWITCH_NEXT)[row] = next;
	batch_u32(b, SWITCH_PREV)[row] = 0;
	batch_u16(b, SWITCH_STATE)[row] = 0;
	batch_u8(b, SWITCH_PRIO)[row] = 0;
	return 0;
}

static void test_in_order(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct ordered_rows o;

	(void)state;
	ordered_rows_init(&o, &out->sink, WINDOW);
	for (uint32_t i = 0; i < 1000; i++)
		for (uint32_t cpu = 0; cpu < 3; cpu++)
			assert_int_equal(add(&o, cpu, i / 2, i), 0); /* equal times are fine */
	assert_int_equal(ordered_rows_finish(&o, NULL), 0);
	assert_int_equal(out->rows[track_switch.id], 3000);
	assert_int_equal(o.late, 0);
	ordered_rows_done(&o);
}

/* Rows up to a window too late are sorted in, and rows of equal time keep their order. */
static void test_window(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct ordered_rows o;

	(void)state;
	ordered_rows_init(&o, &out->sink, WINDOW);
	for (uint32_t i = 0; i < 64; i++)
		assert_int_equal(add(&o, 0, 1000 + (i ^ 7), i), 0);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(add(&o, 0, 5000, 100 + i), 0);
	assert_int_equal(add(&o, 0, 4999, 99), 0);
	assert_int_equal(ordered_rows_finish(&o, NULL), 0);
	assert_int_equal(out->rows[track_switch.id], 70);
	assert_int_equal(o.late, 0);

	const char *line = buf_str(&out->text);

	for (uint32_t i = 0; i < 70; i++) {
		uint32_t next = i < 64 ? i ^ 7 : 99 + i - 64;
		char want[64];

		snprintf(want, sizeof(want), "switch 0 %u next=%u ",
			 i < 64	   ? 1000 + i
			 : i == 64 ? 4999
				   : 5000,
			 next);
		assert_memory_equal(line, want, strlen(want));
		line = strchr(line, '\n') + 1;
	}
	ordered_rows_done(&o);
}

static void test_too_late(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct ordered_rows o;

	(void)state;
	ordered_rows_init(&o, &out->sink, WINDOW);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(add(&o, 2, 1000 + i, i), 0);
	assert_int_equal(add(&o, 2, 5, 1), -ESTALE);
	assert_int_equal(add(&o, 2, 7, 1), -ESTALE);
	assert_int_equal(add(&o, 1, 5, 1), 0); /* another stream */
	assert_int_equal(ordered_rows_finish(&o, NULL), 0);
	assert_int_equal(o.late, 2);
	assert_int_equal(out->rows[track_switch.id], 101);
	assert_int_equal(out->rows[track_loss.id], 1);
	assert_non_null(strstr(buf_str(&out->text), "loss 2 5 end=7 track=16 count=2 cause=2\n"));
	ordered_rows_done(&o);
}

/* Text survives the move of the younger rows to the front. */
static void test_text(void **state)
{
	auto_ptr(row_text) out = row_text_new();
	struct ordered_rows o;

	(void)state;
	ordered_rows_init(&o, &out->sink, WINDOW);
	for (uint32_t i = 0; i < 100; i++) {
		struct batch *b;
		char name[16];
		int row = ordered_rows_add(&o, ORDERED_TASK, 0, 1000 + (i ^ 3), &b, NULL);

		assert_true(row >= 0);
		snprintf(name, sizeof(name), "name%u", i ^ 3);
		for (unsigned int c = 1; c < TASK_COMM; c++)
			memset((uint8_t *)b->col[c] +
				       (size_t)row * column_type_bytes(track_task.column[c].type),
			       0, column_type_bytes(track_task.column[c].type));
		int64_t at = batch_add_text(b, name);

		assert_true(at >= 0);
		((uint32_t *)b->col[TASK_COMM])[row] = (uint32_t)at;
	}
	assert_int_equal(ordered_rows_finish(&o, NULL), 0);
	const char *line = buf_str(&out->text);

	for (uint32_t i = 0; i < 100; i++) {
		char want[96];

		snprintf(want, sizeof(want),
			 "task 0 %u kind=0 tid=0 tgid=0 parent=0 flags=0 comm=name%u\n", 1000 + i,
			 i);
		assert_memory_equal(line, want, strlen(want));
		line += strlen(want);
	}
	assert_string_equal(line, "");
	ordered_rows_done(&o);
}

static int refuse(struct sink *s, const struct batch *b, struct err *e)
{
	(void)s;
	(void)b;
	return err_set(e, -ENOSPC, "full");
}

static void test_sink_fails(void **state)
{
	struct sink sink = { .write = refuse };
	struct ordered_rows o;
	int r = 0;

	(void)state;
	ordered_rows_init(&o, &sink, WINDOW);
	for (uint32_t i = 0; i < 2 * WINDOW; i++)
		assert_int_equal(add(&o, 0, i, 0), 0);
	r = add(&o, 0, 99, 0);
	assert_int_equal(r, -ENOSPC);
	assert_int_equal(ordered_rows_finish(&o, NULL), -ENOSPC);
	ordered_rows_done(&o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),   cmocka_unit_test(test_window),
		cmocka_unit_test(test_too_late),   cmocka_unit_test(test_text),
		cmocka_unit_test(test_sink_fails),
	};

	return cmocka_run_group_tests_name("ordered_rows", tests, NULL, NULL);
}
