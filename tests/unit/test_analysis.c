/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/analysis: the driver, apart from what each view counts. */
#include "profile_scenario.h"
#include "view_text.h"

#include "model/metric_track.h"
#include "model/result_track.h"

/* One sample at @time. */
static void profile(struct scenario *s, nsec_t time)
{
	scenario_event(s, 0, "cpu-clock", "ns", 0, "");
	scenario_module(s, 0, MODULE_FILE, "/bin/a");
	scenario_frame(s, 1, 0, 0, 0x1000);
	scenario_sample(s, 0, time, 0, 1, 1, 10);
}

/* A row of zeros. */
static struct batch *zeros(struct scenario *s, const struct track *t, nsec_t at)
{
	struct batch *b = scenario_row(s, t, BATCH_CPU_NONE, at);

	for (unsigned int c = 1; c < t->n_columns; c++) {
		const size_t bytes = column_type_bytes(t->column[c].type);

		memset((char *)b->col[c] + (b->rows - 1) * bytes, 0, bytes);
	}
	return b;
}

static void process(struct scenario *s, nsec_t at)
{
	struct batch *b = zeros(s, &track_process, at);

	batch_u32(b, PROCESS_TID)[b->rows - 1] = 11;
}

static void build(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 11, "a", 0);
	scenario_start(s, 0, 100);
	scenario_start(s, 1, 100);
	for (uint32_t i = 0; i < 500; i++) {
		uint32_t now = i % 2 ? 11 : 12, then = i % 2 ? 12 : 11;

		scenario_switch(s, 0, 110 + 10 * i, now, then, i % 3);
		scenario_wakeup(s, 1, 112 + 10 * i, now, 9);
		if (i % 100 == 50)
			scenario_migrate(s, 1, 112 + 10 * i, now);
		if (i % 10 == 5) {
			scenario_exit(s, 0, 113 + 10 * i, now, KVM_ISA_VMX, 30);
			scenario_kvm(s, 0, 114 + 10 * i, now, KVM_KIND_PIO, 0x3f8, 0);
			scenario_entry(s, 0, 115 + 10 * i, now);
		}
	}
	profile(s, 600);
	zeros(s, &track_result, 150);
	zeros(s, &track_counter, 700);
	zeros(s, &track_value, 700);
	process(s, 700);
	zeros(s, &track_raw, 700);
	scenario_loss(s, 1, 2000, 2500, &track_wakeup, 7);
	scenario_end(s, 0, 6000);
	scenario_end(s, 1, 6000);
}

static void test_list_is_sorted_and_described(void **state)
{
	(void)state;
	assert_non_null(analysis_list[0]);
	for (size_t i = 0; analysis_list[i]; i++) {
		const struct analysis *a = analysis_list[i];

		assert_true(!i || strcmp(analysis_list[i - 1]->name, a->name) < 0);
		assert_ptr_equal(analysis_by_name(a->name), a);
		assert_true(a->title && a->summary && a->help && a->finish);
		assert_true(!a->options == !a->options_default);
		for (const struct option_spec *o = a->options; o && o->name; o++)
			assert_true(o->offset < a->options_bytes);
	}
	assert_null(analysis_by_name("nonsense"));
}

/* One reading for all gives each the same answer as a reading of its own. */
static void test_one_reading_for_all(void **state)
{
	struct answer all[32] = { 0 }, alone;
	struct analysis_args args;
	struct scenario s;
	size_t n = 0;

	(void)state;
	while (analysis_list[n])
		n++;
	assert_true(n <= ARRAY_SIZE(all));
	scenario_init(&s, 64);
	build(&s);
	struct source *src = scenario_source(&s);

	args = (struct analysis_args){ .from = 500, .to = 4000 };
	assert_int_equal(analysis_run_all(analysis_list, n, src, &args, NULL, all, NULL), 0);
	for (size_t i = 0; i < n; i++) {
		struct buf columns, a, b;

		if (analysis_list[i]->on_demand) {
			assert_null(all[i].table);
			answer_done(&all[i]);
			continue;
		}
		buf_init(&columns, 0);
		buf_init(&a, 0);
		buf_init(&b, 0);
		assert_int_equal(view_ask(analysis_list[i]->name, src, &args, &alone, NULL), 0);
		for (unsigned int c = 0; c < table_n_columns(alone.table); c++)
			buf_addf(&columns, "%s%s", c ? " " : "",
				 table_column(alone.table, c)->name);
		assert_true(table_n_rows(alone.table) > 0);
		assert_string_equal(view_rows_text(&all[i], buf_str(&columns), &a),
				    view_rows_text(&alone, buf_str(&columns), &b));
		assert_int_equal(all[i].n_facts, alone.n_facts);
		assert_float_equal(all[i].coverage, alone.coverage, 0);
		answer_done(&alone);
		answer_done(&all[i]);
		buf_done(&columns);
		buf_done(&a);
		buf_done(&b);
	}
	scenario_done(&s);
}

static void switches_only(struct scenario *s)
{
	scenario_switch(s, 0, 100, 1, 2, 1);
	scenario_switch(s, 0, 200, 2, 1, 1);
}

static void test_missing_tracks_are_left_out(void **state)
{
	const struct analysis *list[] = { analysis_by_name("latency"), analysis_by_name("tasks") };
	struct analysis_args args = { .from = 100, .to = 200 };
	struct answer a[2] = { 0 };
	struct scenario s;

	(void)state;
	scenario_init(&s, 64);
	switches_only(&s);
	struct source *src = scenario_source(&s);

	assert_ptr_equal(analysis_missing(list[0], src), &track_wakeup);
	assert_null(analysis_missing(list[1], src));
	assert_int_equal(analysis_run_all(list, 2, src, &args, NULL, a, NULL), 0);
	assert_null(a[0].table);
	assert_non_null(a[1].table);
	answer_done(&a[0]);
	answer_done(&a[1]);
	scenario_done(&s);
}

/* One of several tracks is enough; with none of them the words say what to record. */
static void test_any_of_the_tracks(void **state)
{
	const struct analysis *kvm = analysis_by_name("kvm");
	struct analysis_args args = { 0 };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 64);
	switches_only(&s);
	struct source *src = scenario_source(&s);

	assert_ptr_equal(analysis_missing(kvm, src), &track_kvm_exit);
	assert_int_equal(view_ask("kvm", src, &args, &a, &e), -ENODATA);
	assert_non_null(strstr(e.text, "has no kvm events (record with -e kvm)"));
	answer_done(&a);
	scenario_done(&s);

	scenario_init(&s, 64);
	scenario_kvm(&s, 0, 100, 1, KVM_KIND_USERSPACE_EXIT, 2, 0);
	assert_null(analysis_missing(kvm, scenario_source(&s)));
	scenario_done(&s);
}

static void asked_for_but_none(struct scenario *s)
{
	struct batch *b = scenario_row(s, &track_meta, BATCH_CPU_NONE, 0);

	switches_only(s);
	((uint32_t *)b->col[META_KEY])[0] = (uint32_t)batch_add_text(b, "kymo.events");
	((uint32_t *)b->col[META_VALUE])[0] = (uint32_t)batch_add_text(b, "switch, wakeup");
}

static void test_recorded_but_empty_track(void **state)
{
	(void)state;
	/* No wake-up was seen: no waits, but no missing track either. */
	view_check(asked_for_but_none, "latency", (struct analysis_args){ 0 },
		   "tid waits no_wakeup", "1 0 1");
	view_check(asked_for_but_none, "tasks", (struct analysis_args){ 0 },
		   "tid wakeups migrations", "2 0 -; 1 0 -");
}

static void test_coverage_and_losses(void **state)
{
	struct analysis_args args = { .from = 1000, .to = 3000 };
	struct cpuset first = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 64);
	build(&s);
	struct source *src = scenario_source(&s);

	assert_int_equal(view_ask("latency", src, &args, &a, NULL), 0);
	assert_float_equal(a.coverage, 0.875, 1e-12);
	assert_int_equal(a.lost, 7);
	assert_int_equal(a.from, 900);
	assert_int_equal(a.to, 2900);
	answer_done(&a);
	/* Switches are all there. */
	assert_int_equal(view_ask("coremap", src, &args, &a, NULL), 0);
	assert_float_equal(a.coverage, 1.0, 1e-12);
	assert_int_equal(a.lost, 0);
	answer_done(&a);
	cpuset_add(&first, 0);
	args.cpus = &first;
	assert_int_equal(view_ask("latency", src, &args, &a, NULL), 0);
	assert_float_equal(a.coverage, 1.0, 1e-12);
	answer_done(&a);
	scenario_done(&s);
}

static int refuse(struct source *s, const struct query *q, struct cursor **ret, struct err *e)
{
	(void)s;
	(void)q;
	(void)ret;
	return err_set(e, -EIO, "the disk is gone");
}

static void test_errors_come_through(void **state)
{
	struct analysis_args args = { 0 };
	struct err e = { 0 };
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 64);
	build(&s);
	struct source *src = scenario_source(&s);
	int (*cursor)(struct source *, const struct query *, struct cursor **, struct err *) =
		src->cursor;

	src->cursor = refuse;
	for (size_t i = 0; analysis_list[i]; i++) {
		assert_int_equal(view_ask(analysis_list[i]->name, src, &args, &a, &e), -EIO);
		assert_string_equal(e.text, "the disk is gone");
		answer_done(&a);
	}
	src->cursor = cursor;
	scenario_done(&s);
}

static void nothing(struct scenario *s)
{
	scenario_start(s, 0, 100);
	scenario_end(s, 0, 100);
	scenario_switch(s, 0, 100, 1, 2, 1);
	scenario_wakeup(s, 0, 100, 1, 2);
	scenario_exit(s, 0, 100, 1, KVM_ISA_VMX, 12);
	profile(s, 100);
	zeros(s, &track_result, 100);
	zeros(s, &track_counter, 100);
	zeros(s, &track_value, 100);
	process(s, 100);
	zeros(s, &track_raw, 100);
}

static void test_a_run_of_no_length(void **state)
{
	struct scenario s;
	struct answer a;

	(void)state;
	scenario_init(&s, 64);
	nothing(&s);
	struct source *src = scenario_source(&s);

	for (size_t i = 0; analysis_list[i]; i++) {
		struct analysis_args args = { 0 };

		assert_int_equal(view_ask(analysis_list[i]->name, src, &args, &a, NULL), 0);
		answer_done(&a);
	}
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list_is_sorted_and_described),
		cmocka_unit_test(test_one_reading_for_all),
		cmocka_unit_test(test_missing_tracks_are_left_out),
		cmocka_unit_test(test_any_of_the_tracks),
		cmocka_unit_test(test_recorded_but_empty_track),
		cmocka_unit_test(test_coverage_and_losses),
		cmocka_unit_test(test_errors_come_through),
		cmocka_unit_test(test_a_run_of_no_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
