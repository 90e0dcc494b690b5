/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/counter_groups with made-up PMUs. */
#include "capture/counter_groups.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A PMU with so many counters, one of which counts config 9 only (as fixed counters do). */
struct pmu {
	unsigned int counters, asked;
	bool fixed;
};

static bool fits(void *ctx, const struct event *const *ev, unsigned int n)
{
	struct pmu *pmu = ctx;
	unsigned int general = 0;

	pmu->asked++;
	for (unsigned int i = 0; i < n; i++) {
		assert_int_equal(ev[i]->attr.type, ev[0]->attr.type);
		general += !(pmu->fixed && ev[i]->attr.config == 9);
	}
	return general <= pmu->counters;
}

static void add(struct event_list *l, uint32_t type, uint64_t config, unsigned int group)
{
	l->item[l->n] = (struct event){ .group = group };
	l->item[l->n].attr.type = type;
	l->item[l->n++].attr.config = config;
	l->n_groups = group > l->n_groups ? group : l->n_groups;
}

/* The plan as text: "0 0 1". */
static void check(const struct event_list *l, struct pmu *pmu, const char *expected)
{
	unsigned int group[16], n = 99, at = 0;
	char text[64] = "";

	assert_int_equal(counter_groups_plan(l, fits, pmu, group, &n), 0);
	for (unsigned int i = 0; i < l->n; i++) {
		assert_true(group[i] < n);
		at += (unsigned int)snprintf(text + at, sizeof(text) - at, "%s%u", i ? " " : "",
					     group[i]);
	}
	assert_string_equal(text, expected);
}

static int setup(void **state)
{
	struct event_list *l = calloc(1, sizeof(*l));

	if (l)
		l->item = calloc(16, sizeof(*l->item));
	*state = l;
	return l && l->item ? 0 : -1;
}

static int teardown(void **state)
{
	event_list_done(*state);
	free(*state);
	return 0;
}

static void test_first_fit(void **state)
{
	struct event_list *l = *state;
	struct pmu two = { .counters = 2, .fixed = true };

	for (uint64_t config = 1; config <= 5; config++)
		add(l, PERF_TYPE_RAW, config, 0);
	add(l, PERF_TYPE_RAW, 9, 0); /* finds room in the first */
	check(l, &two, "0 0 1 1 2 0");
}

static void test_software(void **state)
{
	struct event_list *l = *state;
	struct pmu none = { 0 };

	add(l, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 0);
	add(l, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 0);
	add(l, PERF_TYPE_TRACEPOINT, 1, 0);
	add(l, PERF_TYPE_BREAKPOINT, 0, 0);
	check(l, &none, "0 1 2 3");
	assert_int_equal(none.asked, 0);
}

static void test_pmus(void **state)
{
	struct event_list *l = *state;
	struct pmu four = { .counters = 4 };

	add(l, 20, 1, 0);
	add(l, 21, 1, 0);
	add(l, 20, 2, 0);
	add(l, 21, 2, 0);
	l->item[3].has_cpus = true; /* counted elsewhere than the other of its PMU */
	cpuset_add(&l->item[3].cpus, 0);
	check(l, &four, "0 1 0 2");
}

static void test_named(void **state)
{
	struct event_list *l = *state;
	struct pmu one = { .counters = 1 };

	/* {1,2},3,{4}: as asked, whether they fit or not, and nothing else goes in. */
	add(l, PERF_TYPE_RAW, 1, 1);
	add(l, PERF_TYPE_RAW, 2, 1);
	add(l, PERF_TYPE_RAW, 3, 0);
	add(l, PERF_TYPE_RAW, 4, 2);
	add(l, PERF_TYPE_RAW, 5, 0);
	check(l, &one, "0 0 1 2 3");
}

static void test_missing(void **state)
{
	struct event_list *l = *state;
	struct pmu four = { .counters = 4 };

	add(l, PERF_TYPE_RAW, 1, 0);
	add(l, PERF_TYPE_RAW, 2, 0);
	add(l, PERF_TYPE_RAW, 3, 0);
	snprintf(l->item[0].missing, sizeof(l->item[0].missing), "no such PMU");
	check(l, &four, "0 1 1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_fit, setup, teardown),
		cmocka_unit_test_setup_teardown(test_software, setup, teardown),
		cmocka_unit_test_setup_teardown(test_pmus, setup, teardown),
		cmocka_unit_test_setup_teardown(test_named, setup, teardown),
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
