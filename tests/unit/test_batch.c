/* SPDX-License-Identifier: MIT */
/* Memory of batches: columns do not overlap, texts stay, limits hold. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/batch.h"
#include "model/file_track.h"
#include "model/sched_track.h"

static void test_columns(void **state)
{
	(void)state;
	for (unsigned int i = 0; track_at(i); i++) {
		const struct track *t = track_at(i);
		auto_ptr(batch) b = batch_new_full(t, 1000);

		assert_non_null(b);
		assert_ptr_equal(b->track, t);
		assert_int_equal(b->cpu, BATCH_CPU_NONE);
		assert_int_equal(b->cap, 1000);
		assert_int_equal(b->rows, 0);
		assert_int_equal(b->lead, 0);
		assert_ptr_equal(b->time, b->col[0]);
		for (unsigned int c = 0; c < t->n_columns; c++) {
			const uint8_t *p = b->col[c];
			size_t n = 1000 * column_type_bytes(t->column[c].type);

			assert_int_equal((uintptr_t)p % 64, 0);
			for (size_t k = 0; k < n; k++)
				assert_int_equal(p[k], 0); /* and unused by columns before */
			memset(b->col[c], 0xa5 ^ (int)c, n);
		}
		for (unsigned int c = 0; c < t->n_columns; c++) {
			const uint8_t *p = b->col[c];

			for (size_t k = 0; k < 1000 * column_type_bytes(t->column[c].type); k++)
				assert_int_equal(p[k], 0xa5 ^ (int)c);
		}
	}
}

static void test_odd_sizes(void **state)
{
	(void)state;
	for (uint32_t cap = 0; cap < 70; cap++) {
		auto_ptr(batch) b = batch_new(&track_task, cap);

		assert_non_null(b);
		for (; !batch_full(b); b->rows++) {
			b->time[b->rows] = UINT64_MAX;
			batch_u8(b, TASK_KIND)[b->rows] = 0xff;
			batch_u8(b, TASK_FLAGS)[b->rows] = 0xff;
			((uint32_t *)b->col[TASK_COMM])[b->rows] = 0;
		}
		assert_int_equal(b->rows, cap);
		for (uint32_t i = 0; i < cap; i++)
			assert_string_equal(batch_text(b, TASK_COMM, i), "");
	}
}

static void test_texts(void **state)
{
	auto_ptr(batch) b = batch_new(&track_meta, 5000);
	char text[32];

	(void)state;
	assert_int_equal(batch_add_text(b, ""), 0);
	for (unsigned int round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "key %u.%u", round, i);
			int64_t at = batch_add_text(b, text);

			assert_true(at > 0);
			((uint32_t *)b->col[META_KEY])[i] = (uint32_t)at;
			((uint32_t *)b->col[META_VALUE])[i] = 0;
			b->rows++;
		}
		for (uint32_t i = 0; i < 5000; i++) {
			snprintf(text, sizeof(text), "key %u.%u", round, i);
			assert_string_equal(batch_text(b, META_KEY, i), text);
			assert_string_equal(batch_text(b, META_VALUE, i), "");
		}
		batch_clear(b);
		assert_int_equal(b->rows, 0);
		assert_int_equal(b->text_len, 1);
	}
}

static void test_text_limit(void **state)
{
	auto_ptr(batch) b = batch_new(&track_meta, 1);
	char *text = malloc(BATCH_TEXT_MAX);

	(void)state;
	assert_non_null(text);
	memset(text, 'x', BATCH_TEXT_MAX - 1);
	text[BATCH_TEXT_MAX - 1] = '\0';
	assert_int_equal(batch_add_text(b, text), -E2BIG); /* one for the empty text */
	assert_int_equal(batch_add_text(b, text + 1), 1);
	assert_int_equal(b->text_len, BATCH_TEXT_MAX);
	assert_int_equal(batch_add_text(b, "x"), -E2BIG);
	assert_int_equal(batch_add_text(b, ""), 0);
	assert_string_equal(b->text + 1, text + 1);
	batch_clear(b);
	assert_int_equal(batch_add_text(b, "x"), 1);
	free(text);
}

static void test_optional_columns(void **state)
{
	auto_ptr(batch) lean = batch_new(&track_switch, 100);
	auto_ptr(batch) full = batch_new_full(&track_switch, 100);
	auto_ptr(batch) lean_too = batch_new_like(lean, 3);
	auto_ptr(batch) full_too = batch_new_like(full, 3);

	(void)state;
	assert_null(lean->col[SWITCH_RAN]);
	assert_int_equal(batch_u64_or_0(lean, SWITCH_RAN, 7), 0);
	assert_non_null(full->col[SWITCH_RAN]);
	assert_null(lean_too->col[SWITCH_RAN]);
	assert_non_null(full_too->col[SWITCH_RAN]);
	assert_true(batch_has_more(full, lean));
	assert_false(batch_has_more(lean, full));
	assert_false(batch_has_more(full, full_too));
	for (uint32_t i = 0; i < 100; i++) {
		batch_u8(full, SWITCH_PRIO)[i] = 0xff;
		assert_int_equal(batch_u64(full, SWITCH_RAN)[i], 0);
		batch_u64(full, SWITCH_RAN)[i] = UINT64_MAX - i;
	}
	/* Taken away and given back, it is the same. */
	batch_set_optional(full, SWITCH_RAN, false);
	assert_int_equal(batch_u64_or_0(full, SWITCH_RAN, 7), 0);
	batch_set_optional(full, SWITCH_RAN, true);
	assert_int_equal(batch_u64_or_0(full, SWITCH_RAN, 99), UINT64_MAX - 99);
	assert_int_equal(batch_u8(full, SWITCH_PRIO)[99], 0xff);
}

static struct batch *switches(uint32_t rows, bool full)
{
	struct batch *b = full ? batch_new_full(&track_switch, 100) : batch_new(&track_switch, 100);

	b->cpu = 5;
	for (uint32_t i = 0; i < rows; i++) {
		b->time[i] = i;
		batch_u32(b, SWITCH_NEXT)[i] = 10 + i;
		if (full)
			batch_u64(b, SWITCH_RAN)[i] = 20 + i;
	}
	b->rows = rows;
	return b;
}

/* Rows of batches with optional columns, without, and without a column that is not asked for. */
static void test_append(void **state)
{
	auto_ptr(batch) lean = switches(10, false);
	auto_ptr(batch) full = switches(10, true);
	auto_ptr(batch) to = batch_new(&track_switch, 100);
	struct batch view = *full;

	(void)state;
	to->cpu = 5;
	assert_int_equal(batch_append(to, full, 2, 3), 0); /* not its optional columns */
	assert_int_equal(batch_append(to, lean, 9, 1), 0);
	assert_int_equal(to->rows, 4);
	assert_null(to->col[SWITCH_RAN]);
	assert_int_equal(batch_widen(&to, lean), 0);
	assert_null(to->col[SWITCH_RAN]);
	assert_int_equal(batch_widen(&to, full), 0);
	assert_int_equal(to->rows, 4);
	assert_int_equal(to->cpu, 5);
	assert_int_equal(to->cap, 100);
	assert_int_equal(batch_append(to, full, 0, 10), 0);
	assert_int_equal(batch_append(to, lean, 0, 10), 0);
	view.col[SWITCH_NEXT] = NULL;
	assert_int_equal(batch_append(to, &view, 0, 1), 0);
	assert_int_equal(to->rows, 25);
	for (uint32_t i = 0; i < 25; i++) {
		static const uint32_t first[] = { 2, 3, 4, 9 };
		uint32_t from = i < 4 ? first[i] : (i - 4) % 10;

		assert_int_equal(to->time[i], from);
		assert_int_equal(batch_u32(to, SWITCH_NEXT)[i], i < 24 ? 10 + from : 0);
		assert_int_equal(batch_u64(to, SWITCH_RAN)[i],
				 (i >= 4 && i < 14) || i == 24 ? 20 + from : 0);
	}
}

static void test_append_texts(void **state)
{
	auto_ptr(batch) from = batch_new(&track_meta, 2);
	auto_ptr(batch) to = batch_new(&track_meta, 3);

	(void)state;
	for (uint32_t i = 0; i < 2; i++)
		((uint32_t *)from->col[META_KEY])[i] =
			(uint32_t)batch_add_text(from, i ? "second" : "first");
	from->rows = 2;
	assert_int_equal(batch_append(to, from, 1, 1), 0);
	assert_int_equal(batch_append(to, from, 0, 2), 0);
	batch_clear(from);
	assert_string_equal(batch_text(to, META_KEY, 0), "second");
	assert_string_equal(batch_text(to, META_KEY, 1), "first");
	assert_string_equal(batch_text(to, META_KEY, 2), "second");
	assert_string_equal(batch_text(to, META_VALUE, 2), "");
}

static void test_freeing(void **state)
{
	(void)state;
	assert_null(batch_free(NULL));
	assert_null(batch_free(batch_new(&track_switch, 1)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns),
		cmocka_unit_test(test_odd_sizes),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_text_limit),
		cmocka_unit_test(test_optional_columns),
		cmocka_unit_test(test_append),
		cmocka_unit_test(test_append_texts),
		cmocka_unit_test(test_freeing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
