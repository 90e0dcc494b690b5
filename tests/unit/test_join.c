/* SPDX-License-Identifier: MIT */
/* Tests of src/model/join and join_rows: hand-made answers, and runs of unequal length and losses
 * through the analyses, with numbers reckoned by hand. */
#include "view_text.h"

#include <errno.h>
#include <stdio.h>

#include "model/join.h"

enum { TASK, TID, CPU, COUNT, TIME, MAX, SHARE, AT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[TASK] = { .name = "task", .title = "Task", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
	[TID] = { .name = "tid",
		  .title = "TID",
		  .type = CELL_U64,
		  .unit = UNIT_ID,
		  .flags = TABLE_COLUMN_KEY | TABLE_COLUMN_LOCAL },
	[CPU] = { .name = "cpu", .title = "CPU", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
	[COUNT] = { .name = "n",
		    .title = "Count",
		    .type = CELL_U64,
		    .unit = UNIT_COUNT,
		    .flags = TABLE_COLUMN_ADDS },
	[TIME] = { .name = "run",
		   .title = "Run",
		   .type = CELL_U64,
		   .unit = UNIT_NSEC,
		   .flags = TABLE_COLUMN_ADDS },
	[MAX] = { .name = "max", .title = "Max", .type = CELL_U64, .unit = UNIT_NSEC },
	[SHARE] = { .name = "share",
		    .title = "Share",
		    .type = CELL_F64,
		    .unit = UNIT_PCT,
		    .digits = 1 },
	[AT] = { .name = "at", .title = "At", .type = CELL_U64, .unit = UNIT_TIME },
};

/* One answer with rows "task cpu count run max share", "-" for a missing cell; by semicolons. */
static void make(struct answer *a, nsec_t covered, const char *rows)
{
	char text[512], *save = NULL;

	memset(a, 0, sizeof(*a));
	a->covered = covered;
	a->table = table_new("test", "Test", columns, N_COLUMNS);
	assert_non_null(a->table);
	assert_true(strlen(rows) < sizeof(text));
	memcpy(text, rows, strlen(rows) + 1);
	for (char *row = strtok_r(text, ";", &save); row; row = strtok_r(NULL, ";", &save)) {
		char cell[6][32];

		assert_int_equal(sscanf(row, "%31s %31s %31s %31s %31s %31s", cell[0], cell[1],
					cell[2], cell[3], cell[4], cell[5]),
				 6);
		table_row(a->table);
		table_set_u64(a->table, TID, 1000 + table_n_rows(a->table) * (uint64_t)covered);
		table_set_u64(a->table, AT, 7);
		for (unsigned int i = 0; i < 6; i++) {
			static const unsigned int column[] = { TASK, CPU, COUNT, TIME, MAX, SHARE };
			unsigned long long v = 0;
			double f = 0;

			if (!strcmp(cell[i], "-"))
				continue;
			if (i < 2) {
				table_set_text(a->table, column[i], cell[i]);
			} else if (i < 5) {
				assert_int_equal(sscanf(cell[i], "%llu", &v), 1);
				table_set_u64(a->table, column[i], v);
			} else {
				assert_int_equal(sscanf(cell[i], "%lf", &f), 1);
				table_set_f64(a->table, SHARE, f);
			}
		}
	}
}

static const char *rows_text(const struct join *j, const char *names, struct buf *out)
{
	struct answer joined = { .table = j->table };

	return view_rows_text(&joined, names, out);
}

static bool has_column(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (!strcmp(table_column(t, i)->name, name))
			return true;
	return false;
}

static void test_values_and_differences(void **state)
{
	struct answer a, b;
	struct join j;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	make(&a, 2 * NSEC_PER_SEC, "x - 10 4000 30 50;y - 6 0 5 -;gone - 2 2 2 2");
	make(&b, 4 * NSEC_PER_SEC, "y - 6 8 15 1;x - 40 2000 20 25;new - 4 4 4 4");
	table_note(b.table, "a word");
	const struct join_run run[] = { { "A", "a", &a }, { "B", "b", &b } };
	const struct join_options o = { .diff = true };

	assert_true(join_possible(&a));
	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	/* 10 in 2 s are 5 per second, 40 in 4 s are 10. 'new' follows x in B. */
	assert_string_equal(rows_text(&j, "task n/s.A n/s.B n/s.diff n/s.diff_pct", &out),
			    "x 5.00 10.00 5.00 100.00; new - 1.00 - -; y 3.00 1.50 -1.50 -50.00; "
			    "gone 1.00 - - -");
	assert_string_equal(rows_text(&j, "task run/s.A run/s.B run/s.diff run/s.diff_pct", &out),
			    "x 2000 500 -1500 -75.00; new - 1 - -; y 0 2 2 -; gone 1 - - -");
	/* What is no sum stays as it is. */
	assert_string_equal(rows_text(&j, "task max.A max.B max.diff share.diff", &out),
			    "x 30 20 -10 -25.00; new - 4 - -; y 5 15 10 -; gone 2 - - -");
	assert_false(has_column(j.table, "tid"));
	assert_false(has_column(j.table, "cpu")); /* no run has one */
	assert_true(has_column(j.table, "at.A") && !has_column(j.table, "at.diff"));
	bool found = false;

	for (unsigned int i = 0; i < table_n_notes(j.table); i++)
		found |= !strcmp(table_note_at(j.table, i), "B: a word");
	assert_true(found);
	assert_int_equal(j.column[0].kind, JOIN_KEY);
	assert_string_equal(j.column[1].of, "n");
	assert_true(j.column[1].per_sec);
	join_done(&j);
	answer_done(&a);
	answer_done(&b);
}

static void test_absolute_and_baseline(void **state)
{
	struct answer a, b, c;
	struct join j;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	make(&a, 2 * NSEC_PER_SEC, "x - 10 1 1 1");
	make(&b, 4 * NSEC_PER_SEC, "x - 40 1 1 1");
	make(&c, 4 * NSEC_PER_SEC, "x - 20 1 1 1");
	const struct join_run run[] = { { "A", "a", &a }, { "diff", "b", &b }, { "C", "c", &c } };
	struct join_options o = { .diff = true, .absolute = true, .baseline = 2 };

	assert_int_equal(join_answers(run, 3, &o, &j, &e), 0);
	assert_string_equal(
		rows_text(&j, "n.A n.diff n.C n.diff.A n.diff.diff n.diff_pct.diff", &out),
		"10 40 20 -10 20 100.00");
	join_done(&j);
	/* With two runs a run's name and the difference would be called alike. */
	o.baseline = 0;
	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, "n.A n.diff n.diff#3", &out), "10 40 30");
	join_done(&j);
	o.diff = false;
	assert_int_equal(join_answers(run, 1, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, "task n.A", &out), "x 10");
	join_done(&j);
	answer_done(&a);
	answer_done(&b);
	answer_done(&c);
}

static void as_matrix(struct answer *a)
{
	a->matrix_text = true;
	a->figure.mark = MARK_MATRIX;
	answer_part(a, ROLE_X, CPU);
	answer_part(a, ROLE_Y, TASK);
	answer_part(a, ROLE_VALUE, COUNT);
}

/* A cell that a matrix left out is 0 where the run knows row and column, and else not known. */
static void test_matrix(void **state)
{
	struct answer a, b;
	struct join j;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	make(&a, NSEC_PER_SEC, "m 0 10 1 9 50;m all 10 1 9 50;n 2 5 1 1 1;n 10 5 1 1 1");
	make(&b, NSEC_PER_SEC, "n 2 5 1 1 1;m 2 20 1 9 70;m all 20 1 9 70;k 3 1 1 1 1");
	as_matrix(&a);
	as_matrix(&b);
	const struct join_run run[] = { { "A", "a", &a }, { "B", "b", &b } };
	const struct join_options o = { .diff = true, .main_only = true };

	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, "task cpu n/s.A n/s.B n/s.diff", &out),
			    "m 0 10.00 - -; m 2 0.00 20.00 20.00; m all 10.00 20.00 10.00; "
			    "k 3 - 1.00 -; n 2 5.00 5.00 0.00; n 10 5.00 - -");
	assert_false(has_column(j.table, "max.A"));
	join_done(&j);
	answer_done(&a);
	answer_done(&b);
}

static void test_equal_rows_and_odd_names(void **state)
{
	struct answer a, b;
	struct join j;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	make(&a, NSEC_PER_SEC, "x - 1 1 1 1;x - 2 1 1 1;1:x - 3 1 1 1");
	make(&b, NSEC_PER_SEC, "x - 4 1 1 1;1:x - 5 1 1 1;x - 6 1 1 1;x - 7 1 1 1");
	const struct join_run run[] = { { "A", "a", &a }, { "B", "b", &b } };
	const struct join_options o = { 0 };

	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, "task n/s.A n/s.B", &out),
			    "x 1.00 4.00; x 2.00 6.00; x - 7.00; 1:x 3.00 5.00");
	join_done(&j);
	answer_done(&a);
	answer_done(&b);
}

static void test_nothing_covered(void **state)
{
	struct answer a, b;
	struct join j;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	make(&a, 0, "x - 1 1 1 1");
	make(&b, NSEC_PER_SEC, "");
	const struct join_run run[] = { { "A", "a", &a }, { "B", "b", &b } };
	const struct join_options o = { .diff = true };

	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, "task n/s.A n/s.B max.A", &out), "x - - 1");
	join_done(&j);
	answer_done(&a);
	answer_done(&b);
}

static void test_too_many_columns(void **state)
{
	struct answer a;
	struct join_run run[200];
	struct join j;
	struct err e = { 0 };
	const struct join_options o = { .diff = true };

	(void)state;
	make(&a, 1, "x - 1 1 1 1");
	for (size_t i = 0; i < ARRAY_SIZE(run); i++)
		run[i] = (struct join_run){ "r", "r", &a };
	assert_int_equal(join_answers(run, ARRAY_SIZE(run), &o, &j, &e), -E2BIG);
	assert_non_null(strstr(e.text, "fewer runs"));
	join_done(&j);
	answer_done(&a);
}

/* ---- through the analyses ---- */

/* Two CPUs for @seconds. A thread runs 1 ms out of 10 on CPU 0; CPU 1 sees no event. From
 * @lost_from on (0: never) @lost_cpu lost its events. */
static void run_of(struct scenario *s, unsigned int seconds, nsec_t lost_from, uint32_t lost_cpu)
{
	nsec_t end = seconds * NSEC_PER_SEC;

	scenario_init(s, 1000);
	scenario_task(s, 0, TASK_ALIVE, 7 + seconds, "work", 0);
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(s, c, 0);
	for (nsec_t t = 0; t < end; t += 10 * NSEC_PER_MSEC) {
		if (lost_from && lost_cpu == 0 && t >= lost_from)
			break;
		scenario_switch(s, 0, t + 1, 0, 7 + seconds, 0);
		scenario_switch(s, 0, t + 1 + NSEC_PER_MSEC, 7 + seconds, 0, 1);
	}
	for (uint32_t c = 0; c < 2; c++)
		scenario_end(s, c, end);
	if (lost_from)
		scenario_loss(s, lost_cpu, lost_from, end, &track_switch, 50);
}

struct asked {
	struct scenario s;
	struct answer a;
};

static void ask(struct asked *k, const char *view)
{
	struct analysis_args args = { .merge = true };
	struct err e = { 0 };

	if (view_ask(view, scenario_source(&k->s), &args, &k->a, &e) < 0)
		fail_msg("%s", e.text);
}

/* A of 1 s against B of 2 s, which lost the second half of CPU 0, or of both. */
static void compare(const char *view, bool lost_everywhere, const char *names, const char *expected)
{
	struct asked a, b;
	struct join j;
	struct err e = { 0 };
	const struct join_options o = { .diff = true };
	auto_buf out;

	buf_init(&out, 0);
	run_of(&a.s, 1, 0, 0);
	run_of(&b.s, 2, NSEC_PER_SEC, 0);
	if (lost_everywhere)
		scenario_loss(&b.s, 1, NSEC_PER_SEC, 2 * NSEC_PER_SEC, &track_switch, 1);
	ask(&a, view);
	ask(&b, view);
	const struct join_run run[] = { { "A", "a", &a.a }, { "B", "b", &b.a } };

	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j, names, &out), expected);
	join_done(&j);
	answer_done(&a.a);
	answer_done(&b.a);
	scenario_done(&a.s);
	scenario_done(&b.s);
}

static void test_unequal_length(void **state)
{
	struct asked a, b;
	struct join j;
	struct err e = { 0 };
	struct join_options o = { .diff = true };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	run_of(&a.s, 1, 0, 0);
	run_of(&b.s, 3, 0, 0);
	ask(&a, "tasks");
	ask(&b, "tasks");
	assert_int_equal(a.a.covered, NSEC_PER_SEC);
	assert_int_equal(b.a.covered, 3 * NSEC_PER_SEC);
	const struct join_run run[] = { { "A", "a", &a.a }, { "B", "b", &b.a } };

	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(rows_text(&j,
				      "task switches/s.A switches/s.B switches/s.diff run/s.A "
				      "run/s.B run_pct.A run_pct.B",
				      &out),
			    "work 100.00 100.00 0.00 100000000 100000000 10.00 10.00");
	join_done(&j);
	o.absolute = true;
	assert_int_equal(join_answers(run, 2, &o, &j, &e), 0);
	assert_string_equal(
		rows_text(&j, "task switches.A switches.B switches.diff run.diff", &out),
		"work 100 300 200 200000000");
	join_done(&j);
	answer_done(&a.a);
	answer_done(&b.a);
	scenario_done(&a.s);
	scenario_done(&b.s);
}

/* B is 2 s long and lost its second half: 100 switches in the 1 s that is covered. */
static void test_losses(void **state)
{
	(void)state;
	compare("tasks", true, "task switches/s.A switches/s.B run/s.A run/s.B run_pct.B",
		"work 100.00 100.00 100000000 100000000 10.00");
	/* CPU 1 lost nothing: the task may have gone there, so per second of 2 s. */
	compare("tasks", false, "task switches/s.A switches/s.B run_pct.B",
		"work 100.00 50.00 5.00");
	/* But what CPU 0 did is known for 1 s of it, and that is what its cells are divided by. */
	compare("coremap", false, "task cpu switches/s.A switches/s.B run_pct.A run_pct.B",
		"all tasks 0 100.00 100.00 10.00 10.00; all tasks 1 - - 0.00 0.00; "
		"all tasks all 100.00 50.00 10.00 5.00; all tasks IDLE - - 90.00 45.00; "
		"work 0 100.00 100.00 10.00 10.00; work all 100.00 50.00 10.00 5.00; "
		"work IDLE - - 90.00 95.00; "
		"IDLE 0 100.00 100.00 90.00 90.00; IDLE all 100.00 50.00 90.00 45.00");
}

/* A list of moments has no rows in common with that of another run. */
static void test_possible(void **state)
{
	static const char *const view[] = { "coremap",	"durations", "successors",
					    "switches", "tasks",     "timeline" };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(view); i++) {
		struct asked a;

		run_of(&a.s, 1, 0, 0);
		ask(&a, view[i]);
		assert_int_equal(join_possible(&a.a), strcmp(view[i], "timeline") != 0);
		answer_done(&a.a);
		scenario_done(&a.s);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values_and_differences),
		cmocka_unit_test(test_absolute_and_baseline),
		cmocka_unit_test(test_matrix),
		cmocka_unit_test(test_equal_rows_and_odd_names),
		cmocka_unit_test(test_nothing_covered),
		cmocka_unit_test(test_too_many_columns),
		cmocka_unit_test(test_unequal_length),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_possible),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
