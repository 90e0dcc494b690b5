/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/metric_set, metric_file, metric_link, metric_inputs and metric_data. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/metric_data.h"
#include "metric/metric_inputs.h"

#define HEAD "metrics 1 \"T\"\ncpu any\ngroup g \"G\"\n"

static struct metric_set *make(const char *text, struct err *e)
{
	struct metric_set *s = metric_set_new();

	assert_non_null(s);
	if (metric_set_add(s, "t", text, strlen(text), 0, NULL, e) < 0 || metric_set_link(s, e) < 0)
		return metric_set_free(s);
	return s;
}

static void test_mistakes_have_a_place(void **state)
{
	(void)state;
	static const struct {
		const char *text, *words;
	} all[] = {
		{ "", "t:1:1: the file does not begin" },
		{ "metrics 2 \"x\"", "not version 1" },
		{ HEAD "wrong x", "t:4:1: unknown word 'wrong'" },
		{ HEAD "event e cycles", "t:4:15: a description in '\"' is missing" },
		{ HEAD "event e cpu/event=/ \"h\"", "t:4:9: term 'event' has no number" },
		{ HEAD "event e cpu/x=1 \"h\"", "a '/' is missing" },
		{ HEAD "event e cycles \"h\"\nevent e cycles \"h\"",
		  "t:5:7: 'e' is defined already, in t:4" },
		{ HEAD "constant cores 4 \"h\"", "constant of the machine" },
		{ HEAD "metric m ratio g.1 \"T\" \"h\" = q / 2",
		  "t:4:8: metric 'm': nothing is called 'q'" },
		{ HEAD "metric m ratio g.1 \"T\" \"h\" = 1 +", "t:4:33: a value is missing" },
		{ HEAD "metric m ratio g.1 \"T\" \"h\" = \\\n  1 + )",
		  "t:5:7: a value is missing" },
		{ HEAD "metric m furlongs g.1 \"T\" \"h\" = 1", "t:4:10: unknown unit" },
		{ HEAD "metric m ratio x.1 \"T\" \"h\" = 1", "t:4:16: unknown group" },
		{ HEAD "metric m ratio g.1 \"T\" \"\" = 1", "is empty" },
		{ HEAD "metric m % g.1 \"T\" \"h\" = 1 / 2", "percentage without a factor" },
		{ HEAD "metric m /s g.1 \"T\" \"h\" = 1 / 2", "not divided by 'interval'" },
		{ HEAD "metric a ratio g \"T\" \"h\" = b\nmetric b ratio g \"T\" \"h\" = a",
		  "refers to itself" },
		{ HEAD "include \"x\"", "cannot be included" },
		{ HEAD "cpu intel 6 9-3", "no list of models" },
		{ HEAD "cpu vax 1 2", "unknown vendor" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct err e = { 0 };

		assert_null(make(all[i].text, &e));
		if (!strstr(e.text, all[i].words))
			fail_msg("'%s': %s", all[i].text, e.text);
	}
}

static void test_zero_bytes_are_refused(void **state)
{
	(void)state;
	static const char text[] = HEAD "cpu\0any\n";
	auto_ptr(metric_set) s = metric_set_new();
	struct err e = { 0 };

	assert_int_equal(metric_set_add(s, "t", text, sizeof(text) - 1, 0, NULL, &e), -EINVAL);
	assert_non_null(strstr(e.text, "t:4:4: a zero byte"));
}

static const char sample[] =
	HEAD "event ins cpu/event=0xc0/ aka=instructions \"h\"\n"
	     "event cyc cpu/event=0x3c/ \"h\"\n"
	     "event mem uncore_imc/event=0x04,umask=0x03/ \"h\"\n"
	     "constant w 4 \"h\"   # a comment\n"
	     "metric top ratio g.2 \"T\" \"h\" = base * w\n" /* before what it refers to */
	     "metric base cycles/insn g.1 \"B\" txn=ins \"h\" = cyc / ins\n"
	     "metric bw MB/s g.1 \"M\" \"h\" = mem * 64 / 1e6 / interval\n"
	     "socket bw = mem / interval\n"
	     "metric ghz GHz g.1 \"F\" \"h\" = tsc_freq / 1e9\n";

static void put(struct metric_inputs *in, const struct metric_set *s, const char *name,
		unsigned int cpu, double v)
{
	struct metric_ref ref;

	assert_true(metric_set_find(s, name, &ref));
	metric_inputs_set(in, ref.index, cpu, reading_exact(v));
}

enum { TOP, BASE, BW, GHZ, N };

static void test_scopes(void **state)
{
	(void)state;
	struct err e = { 0 };
	auto_ptr(metric_set) s = make(sample, &e);
	const uint32_t id[3] = { 0, 1, 5 };
	const int socket[3] = { 0, 0, 1 };
	struct reading r[N], txn[N];
	char why[READING_WHY_MAX];

	assert_non_null(s);
	auto_ptr(metric_inputs) in = metric_inputs_new(s, id, socket, 3);

	for (unsigned int c = 0; c < 3; c++) {
		put(in, s, "instructions", c, 100);
		put(in, s, "cyc", c, 100.0 * (c + 1));
	}
	put(in, s, "mem", 0, 1e6);
	put(in, s, "mem", 2, 3e6);
	metric_inputs_eval(in, SCOPE_CPU, 1, r, txn);
	assert_true(r[BASE].value == 2 && r[TOP].value == 8);
	assert_int_equal(txn[BASE].absent, ABSENT_CONSTANT);
	assert_int_equal(r[BW].absent, ABSENT_NO_ROW);
	assert_int_equal(r[GHZ].absent, ABSENT_CONSTANT);
	assert_string_equal(reading_why(&r[GHZ], why), "constant 'tsc_freq' is not known");
	metric_inputs_eval(in, SCOPE_CPU, 0, r, NULL);
	assert_int_equal(r[BW].absent, ABSENT_SCOPE);
	metric_inputs_constant(in, MACHINE_INTERVAL, 2);
	metric_inputs_constant(in, MACHINE_TRANSACTIONS, 50);
	metric_inputs_eval(in, SCOPE_SYSTEM, 0, r, txn);
	assert_true(r[BASE].value == 2 && r[BW].value == 128 && txn[BASE].value == 12);
	metric_inputs_eval(in, SCOPE_SOCKET, 1, r, NULL);
	assert_true(r[BASE].value == 3 && r[BW].value == 1.5e6);
	/* A sum that lacks a part is no sum. */
	metric_inputs_set(in, 1, 2, (struct reading){ .absent = ABSENT_NOT_COUNTED });
	metric_inputs_eval(in, SCOPE_SYSTEM, 0, r, NULL);
	assert_string_equal(reading_why(&r[TOP], why), "'cyc' was not counted on CPU 5");
	metric_inputs_eval(in, SCOPE_SOCKET, 0, r, NULL);
	assert_true(r[BASE].value == 1.5);
}

static void count(void *arg, unsigned int event)
{
	*(unsigned int *)arg = event;
}

static void test_names_of_counts(void **state)
{
	(void)state;
	auto_ptr(metric_set) s = make(sample, NULL);
	unsigned int ev = 99;

	assert_int_equal(metric_set_match(s, "INS", count, &ev), 1);
	assert_int_equal(ev, 0);
	assert_int_equal(metric_set_match(s, "raw 0x53003c", count, &ev), 1);
	assert_int_equal(ev, 1);
	assert_int_equal(metric_set_match(s, "r3c", count, &ev), 1);
	assert_int_equal(metric_set_match(s, "raw 0x52003c", count, &ev), 0); /* kernel only */
	assert_int_equal(metric_set_match(s, "cpu/event=0x3c,umask=0/", count, &ev), 1);
	assert_int_equal(metric_set_match(s, "uncore_imc_1/umask=0x3,event=0x4/", count, &ev), 1);
	assert_int_equal(ev, 2);
	assert_int_equal(metric_set_match(s, "raw 0x304", count, &ev), 0); /* a core event */
}

static void test_later_files_replace(void **state)
{
	(void)state;
	auto_ptr(metric_set) s = metric_set_new();
	static const char more[] =
		"metrics 1 \"U\"\ngroup g \"G\"\nmetric base ratio g \"B\" \"h\" = cyc * 2\n";

	assert_int_equal(metric_set_add(s, "t", sample, strlen(sample), 0, NULL, NULL), 0);
	assert_int_equal(metric_set_add(s, "u", more, strlen(more), METRIC_OVERRIDE, NULL, NULL),
			 0);
	assert_int_equal(metric_set_link(s, NULL), 0);
	assert_int_equal(metric_set_n_metrics(s), N);
	assert_string_equal(metric_set_metric(s, BASE)->unit, "ratio");
}

/* The lint of data/pmu: every file links alone and beside the generic one, and says enough. */
static void test_files_of_the_program(void **state)
{
	(void)state;
	for (size_t i = 0; metric_data_list[i].name; i++) {
		auto_ptr(metric_set) s = NULL;
		struct err e = { 0 };

		if (metric_data_load_one(i, &s, &e) < 0)
			fail_msg("%s", e.text);
		const struct metric_file *f = metric_set_file(s, 0);

		if (!f->source)
			fail_msg("%s: no source", f->name);
		for (unsigned int k = 0; k < f->n_cpus; k++) {
			const struct metric_cpus *c = &f->cpus[k];
			struct cpu_model m = { .vendor = c->vendor,
					       .family = c->family,
					       .model = c->model_from[0] };
			struct metric_choice choice = { .model = &m };
			auto_ptr(metric_set) whole = NULL;

			if (metric_data_load(&choice, &whole, &e) < 0)
				fail_msg("%s: %s", f->name, e.text);
		}
		for (unsigned int k = 0; k < metric_set_n_metrics(s); k++) {
			const struct metric *m = metric_set_metric(s, k);

			if (!strcmp(m->place.file, f->name) && strlen(m->help) < 8)
				fail_msg("%s: '%s' has little help", f->name, m->name);
		}
	}
}

static void test_processors(void **state)
{
	(void)state;
	struct cpu_model m;
	char text[CPU_MODEL_TEXT];

	assert_int_equal(cpu_model_parse("arm-0x41-0xd40", &m, NULL), 0);
	assert_int_equal(m.model, 0xd40);
	assert_string_equal(cpu_model_text(&m, text), "arm-0x41-0xd40");
	static const char *const bad[] = { "",	      "intel",	    "intel-6",	   "intel-6-",
					   "any-1-2", "intel-6-1x", "intel-6-1.5", "intel--6-1" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(cpu_model_parse(bad[i], &m, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mistakes_have_a_place),
		cmocka_unit_test(test_zero_bytes_are_refused),
		cmocka_unit_test(test_scopes),
		cmocka_unit_test(test_names_of_counts),
		cmocka_unit_test(test_later_files_replace),
		cmocka_unit_test(test_files_of_the_program),
		cmocka_unit_test(test_processors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
