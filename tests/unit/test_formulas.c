/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/formulas, and of what src/export/page_counters writes of them. */
#include "profile_scenario.h"
#include "view_text.h"

#include <string.h>

#include "export/page_counters.h"
#include "metric/formulas.h"

static void build(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_event(s, 1, "cycles", "", 0, "");
	scenario_event(s, 2, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_event(s, 2048, "cycles:u", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, 2049, "instructions:u", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, 2050, "instructions", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, 2051, "branches", "", EVENT_FLAG_COUNTED | EVENT_FLAG_MISSING,
		       "no \"PMU\"");
	scenario_event(s, 2052, "branch-misses", "", EVENT_FLAG_COUNTED, "");
	scenario_end(s, 0, 100);
}

static void check(bool counted, const char *expected)
{
	auto_ptr(profile) p = NULL;
	struct formulas f;
	struct scenario s;
	struct err e = { 0 };
	auto_buf out;

	buf_init(&out, 0);
	scenario_init(&s, 10);
	build(&s);
	assert_int_equal(profile_load(scenario_source(&s), &p, &e), 0);
	assert_int_equal(formulas_init(&f, p, counted, &e), 0);
	for (size_t i = 0; i < f.n; i++) {
		buf_addf(&out, "%s%s", i ? "; " : "", f.one[i].title);
		for (size_t k = 0; k < f.one[i].n_words; k++)
			if (f.one[i].word[k].kind == FORMULA_EVENT)
				buf_addf(&out, " %u", f.one[i].word[k].event);
	}
	assert_string_equal(buf_str(&out), expected);
	formulas_done(&f);
	scenario_done(&s);
}

static void test_modifiers_are_not_mixed(void **state)
{
	(void)state;
	/* Not "branch misses", for want of branches; not "IPC", for want of cycles of both. */
	check(true, "Instructions per cycle (:u) 2049 2048; Cycles per instruction (:u) 2048 2049; "
		    "Branch misses per 1000 instructions 2052 2050");
}

static void test_sampled_events_are_others(void **state)
{
	(void)state;
	check(false, "");
}

static void test_json(void **state)
{
	auto_ptr(profile) p = NULL;
	struct formulas f;
	struct scenario s;
	struct err e = { 0 };
	struct json j;
	auto_buf out;

	(void)state;
	buf_init(&out, 1 << 20);
	json_init(&j, &out, 0);
	scenario_init(&s, 10);
	build(&s);
	struct source *src = scenario_source(&s);

	assert_int_equal(profile_load(src, &p, &e), 0);
	assert_int_equal(formulas_init(&f, p, true, &e), 0);
	page_counters_json(p, src->info, f.one, f.n, &j);
	assert_non_null(strstr(buf_str(&out), "{\"interval_ns\":0,\"events\":["));
	assert_non_null(strstr(buf_str(&out),
			       "{\"number\":2051,\"name\":\"branches\",\"unit\":\"\","
			       "\"scale\":1,\"missing\":true,\"note\":\"no "
			       "\\\"PMU\\\"\"}"));
	assert_non_null(strstr(buf_str(&out), "\"title\":\"Instructions per cycle (:u)\",\"unit\":"
					      "\"insn/cycle\""));
	assert_non_null(strstr(buf_str(&out), "\"formula\":[{\"event\":2049},{\"event\":2048},"
					      "\"/\"]"));
	formulas_done(&f);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_modifiers_are_not_mixed),
		cmocka_unit_test(test_sampled_events_are_others),
		cmocka_unit_test(test_json),
	};

	return cmocka_run_group_tests_name("formulas", tests, NULL, NULL);
}
