/* SPDX-License-Identifier: MIT */
/* The registry of tracks, and that every track keeps the rules of the format. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/metric_track.h"
#include "model/profile_track.h"
#include "model/sched_track.h"
#include "model/track.h"
#include "model/vm_track.h"

static void test_lookup(void **state)
{
	unsigned int n = 0;
	track_set_t all = 0;

	(void)state;
	for (const struct track *t; (t = track_at(n)); n++) {
		assert_ptr_equal(track_by_id(t->id), t);
		assert_ptr_equal(track_by_name(t->name), t);
		assert_ptr_equal(track_list[n], t);
		assert_int_equal(track_bit(t), UINT64_C(1) << n);
		assert_false(all & track_bit(t));
		all |= track_bit(t);
		if (n)
			assert_true(track_at(n - 1)->id < t->id);
	}
	assert_in_range(n, 11, 64);
	assert_null(track_at(n));
	assert_null(track_at(UINT32_MAX));
	assert_null(track_by_id(0));
	assert_null(track_by_id(63));
	assert_null(track_by_id(UINT16_MAX));
	assert_null(track_by_name("switc"));
	assert_null(track_by_name(""));
}

/* Numbers on disk: docs/formats/recording.md. */
static void test_numbers(void **state)
{
	static const struct {
		const struct track *track;
		uint16_t id;
		const char *columns;
	} want[] = {
		{ &track_index, 1, "offset first last bytes track cpu rows" },
		{ &track_schema, 2, "time track track_name column column_name type unit" },
		{ &track_meta, 3, "time key value" },
		{ &track_clock, 4, "time real" },
		{ &track_cpu, 5, "time cpu package core node" },
		{ &track_mark, 6, "time kind text" },
		{ &track_loss, 7, "time end track count cause" },
		{ &track_task, 8, "time kind tid tgid parent flags comm" },
		{ &track_switch, 16, "time next prev state prio ran" },
		{ &track_wakeup, 17, "time tid waker target flags" },
		{ &track_migrate, 18, "time tid from to" },
		{ &track_vm, 9, "time tid pid name uuid instance type" },
		{ &track_kvm_exit, 19, "time tid isa reason told" },
		{ &track_kvm_entry, 20, "time tid told" },
		{ &track_kvm, 21, "time kind tid what detail" },
		{ &track_stat, 22, "time kind tid nsec" },
		{ &track_event, 10, "time number name unit type config period freq flags note" },
		{ &track_module, 11, "time module kind pid build_id path" },
		{ &track_frame, 12, "time node parent module offset" },
		{ &track_symbol, 13, "time module offset bytes name" },
		{ &track_sample, 23, "time event tid pid node weight mode" },
		{ &track_metric, 14, "time metric name kind bits scale unit help" },
		{ &track_series, 15, "time series metric cpu instance" },
		{ &track_value, 26, "time series value" },
		{ &track_process, 27,
		  "time tid pid parent have flags state uid cpu prio threads user system guest "
		  "minor major voluntary involuntary rss vsize swap read written cancelled "
		  "run_delay block_delay" },
		{ &track_raw, 29, "time end path text" },
		{ &track_counter, 24, "time event kind tid value enabled running" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		const struct track *t = want[i].track;
		char names[400] = "";
		size_t at = 0;

		for (unsigned int c = 0; c < t->n_columns; c++)
			at += (size_t)snprintf(names + at, sizeof(names) - at, "%s%s", c ? " " : "",
					       t->column[c].name);
		assert_int_equal(t->id, want[i].id);
		assert_string_equal(names, want[i].columns);
		assert_ptr_equal(track_by_id(want[i].id), t);
	}
}

static void check_column(const struct track *t, unsigned int c)
{
	const struct track_column *k = &t->column[c];

	assert_non_null(k->name);
	assert_non_null(k->unit);
	assert_true(k->help && k->help[0]);
	assert_in_range(k->type, COLUMN_U8, COLUMN_TEXT);
	assert_int_equal(k->codec == CODEC_TEXT, k->type == COLUMN_TEXT);
	if (k->codec == CODEC_AFTER) {
		assert_true(k->after < c);
		assert_int_equal(t->column[k->after].type, k->type);
	}
	if (k->codec == CODEC_SERIES) {
		assert_true(k->after > 0 && k->after < c);
		assert_int_not_equal(t->column[k->after].type, COLUMN_TEXT);
	}
	if (k->flags & COLUMN_TASK)
		assert_int_equal(k->type, COLUMN_U32);
	if (k->flags & COLUMN_OPTIONAL) {
		assert_true(c > 0);
		assert_int_not_equal(k->type, COLUMN_TEXT);
	}
	assert_false(t->column[k->after].flags & COLUMN_OPTIONAL);
	for (unsigned int other = 0; other < c; other++)
		assert_string_not_equal(t->column[other].name, k->name);
}

static void test_rules(void **state)
{
	(void)state;
	for (unsigned int i = 0; track_at(i); i++) {
		const struct track *t = track_at(i);

		assert_true(t->help && t->help[0]);
		assert_in_range(t->n_columns, 2, TRACK_MAX_COLUMNS);
		/* The index is in the order of the file: places rise there, times do not. */
		assert_string_equal(t->column[0].name, t == &track_index ? "offset" : "time");
		assert_int_equal(t->column[0].type, COLUMN_U64);
		assert_true(t->column[0].codec == CODEC_DELTA || t->column[0].codec == CODEC_RUNS);
		for (unsigned int c = 0; c < t->n_columns; c++)
			check_column(t, c);
	}
}

static void test_loss_causes(void **state)
{
	(void)state;
	assert_string_equal(loss_cause_name(LOSS_RING_FULL), "ring full");
	for (unsigned int a = LOSS_RING_FULL; a <= LOSS_LIMIT; a++)
		for (unsigned int b = 0; b < a; b++)
			assert_string_not_equal(loss_cause_name(a), loss_cause_name(b));
	assert_string_equal(loss_cause_name(0), loss_cause_name(255));
}

static void test_states(void **state)
{
	(void)state;
	assert_true(switch_state_runnable(SWITCH_STATE_RUNNING));
	assert_true(switch_state_runnable(SWITCH_STATE_PREEMPTED));
	assert_false(switch_state_runnable(SWITCH_STATE_SLEEP));
	assert_false(switch_state_runnable(SWITCH_STATE_DISK));
	assert_false(switch_state_runnable(SWITCH_STATE_DEAD));
	assert_false(switch_state_runnable(0x80)); /* idle kernel thread */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lookup), cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_rules),  cmocka_unit_test(test_loss_causes),
		cmocka_unit_test(test_states),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
