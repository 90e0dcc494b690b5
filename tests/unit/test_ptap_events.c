/* SPDX-License-Identifier: MIT */
/* Events of a set on a machine whose PMUs are files here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "machine_tree.h"

#include "cmd/dropin/ptap_events.h"
#include "metric/metric_data.h"

static struct machine_tree tree;

static struct metric_set *snb(void)
{
	const struct metric_choice choice = { .only = "snb-ep" };
	struct metric_set *set = NULL;

	assert_int_equal(metric_data_load(&choice, &set, NULL), 0);
	return set;
}

static const struct event *called(const struct event_list *l, const char *name)
{
	for (unsigned int i = 0; i < l->n; i++)
		if (!strcmp(l->item[i].name, name))
			return &l->item[i];
	return NULL;
}

static void by_their_names(void **state)
{
	auto_ptr(metric_set) set = snb();
	auto_event_list l = { 0 };

	(void)state;
	assert_int_equal(ptap_events(set, tree.fd, &l, NULL), 0);
	const struct event *ev = called(&l, "INST_RETIRED:ANY_P:SUP");

	assert_non_null(ev);
	assert_string_equal(ev->missing, "");
	assert_int_equal(ev->attr.config, 0xc0);
	assert_true(ev->attr.exclude_user);
	/* Two boxes. */
	unsigned int boxes = 0;

	for (unsigned int i = 0; i < l.n; i++)
		boxes += !strcmp(l.item[i].name, "UNC_M_CAS_COUNT:RD");
	assert_int_equal(boxes, 2);
	/* A name that perf's form does not take, a PMU and terms that are not there. */
	assert_null(called(&l, "UNC_C_TOR_INSERTS.OPCODE/Match=0x195"));
	assert_non_null(strstr(called(&l, "UNC_Q_CLOCKTICKS")->missing, "no PMU 'uncore_qpi'"));
	assert_non_null(strstr(called(&l, "OFFCORE_RESPONSE_0:ANY_DATA:LLC_HITMESF:HITM")->missing,
			       "no term 'offcore_rsp'"));
	boxes = 0;
	for (unsigned int i = 0; i < metric_set_n_events(set); i++)
		boxes += !strcmp(metric_set_event(set, i)->code.pmu, "uncore_imc");
	assert_int_equal(l.n, metric_set_n_events(set) + boxes);
}

static void without_pmu(void **state)
{
	auto_ptr(metric_set) set = snb();
	auto_event_list l = { 0 };
	struct machine_tree bare;

	(void)state;
	machine_tree_make(&bare);
	assert_int_equal(ptap_events(set, bare.fd, &l, NULL), 0);
	assert_int_equal(l.n, metric_set_n_events(set));
	for (unsigned int i = 0; i < l.n; i++)
		assert_true(l.item[i].missing[0]);
	assert_non_null(called(&l, "INST_RETIRED:ANY_P"));
	machine_tree_remove(&bare);
}

static void lists(void **state)
{
	struct ptap_sampled s;
	struct err e = { 0 };

	(void)state;
	ptap_sampled_init(&s, tree.fd);
	assert_int_equal(ptap_sampled_add(&s, "cycles,", &e), -EINVAL);
	assert_non_null(strstr(e.text, "an event is missing at 8"));
	assert_int_equal(ptap_sampled_add(&s, "{cycles,cs", &e), -EINVAL);
	assert_int_equal(ptap_sampled_add(&s, "nopmu/a=1,b=2/,nopmu/c=3/", NULL), 0);
	assert_string_equal(buf_str(&s.text), "");
	assert_string_equal(buf_str(&s.told), "\nnopmu/a=1,b=2/\n\nnopmu/c=3/\n");
	/* Not a second time. */
	assert_int_equal(ptap_sampled_add(&s, "nopmu/c=3/", NULL), 0);
	assert_string_equal(buf_str(&s.told), "\nnopmu/a=1,b=2/\n\nnopmu/c=3/\n");
	ptap_sampled_done(&s);
}

static int setup(void **state)
{
	static const char *const file[][2] = {
		{ "cpu/type", "4\n" },
		{ "cpu/format/event", "config:0-7\n" },
		{ "cpu/format/umask", "config:8-15\n" },
		{ "cpu/format/cmask", "config:24-31\n" },
		{ "uncore_imc_0/type", "20\n" },
		{ "uncore_imc_0/cpumask", "0\n" },
		{ "uncore_imc_0/format/event", "config:0-7\n" },
		{ "uncore_imc_0/format/umask", "config:8-15\n" },
		{ "uncore_imc_1/type", "21\n" },
		{ "uncore_imc_1/cpumask", "0\n" },
		{ "uncore_imc_1/format/event", "config:0-7\n" },
		{ "uncore_imc_1/format/umask", "config:8-15\n" },
	};

	(void)state;
	machine_tree_make(&tree);
	for (size_t i = 0; i < ARRAY_SIZE(file); i++) {
		char path[128];

		(void)snprintf(path, sizeof(path), "sys/bus/event_source/devices/%s", file[i][0]);
		machine_tree_put(&tree, path, file[i][1]);
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_tree_remove(&tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_their_names),
		cmocka_unit_test(without_pmu),
		cmocka_unit_test(lists),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
