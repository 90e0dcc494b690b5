/* SPDX-License-Identifier: MIT */
/* Which tracepoints make rows, and by whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>

#include "import/trace_event.h"

static void test_readers(void **state)
{
	(void)state;
	assert_int_equal(trace_event_reader("sched", "sched_switch"), TRACE_READER_SCHED);
	assert_int_equal(trace_event_reader("sched", "sched_stat_wait"), TRACE_READER_SCHED);
	assert_int_equal(trace_event_reader("sched", "sched_pi_setprio"), TRACE_READER_NONE);
	assert_int_equal(trace_event_reader("task", "task_rename"), TRACE_READER_SCHED);
	assert_int_equal(trace_event_reader("task", "task_newtask"), TRACE_READER_NONE);
	assert_int_equal(trace_event_reader("kvm", "kvm_exit"), TRACE_READER_KVM);
	assert_int_equal(trace_event_reader("kvm", "vcpu_match_mmio"), TRACE_READER_KVM);
	assert_int_equal(trace_event_reader("kvmmmu", "kvm_mmu_get_page"), TRACE_READER_NONE);
	assert_int_equal(trace_event_reader("other", "sched_switch"), TRACE_READER_NONE);
}

/* --formats looks through the folders of exactly those subsystems. */
static void test_subsystems(void **state)
{
	static const char *const names[] = { "sched_switch", "task_rename", "kvm_exit" };
	unsigned int n = 0;

	(void)state;
	for (; trace_event_subsystem(n); n++) {
		assert_true(n < 3);
		assert_int_not_equal(trace_event_reader(trace_event_subsystem(n), names[n]),
				     TRACE_READER_NONE);
	}
	assert_int_equal(n, 3);
}

static void test_init(void **state)
{
	static const char text[] =
		"name: kvm_exit\nID: 7\nformat:\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
		"\tfield:unsigned int reason;\toffset:8;\tsize:4;\tsigned:0;\n\nprint fmt: \"\"\n";
	auto_ptr(tracepoint) t = NULL;
	struct trace_event ev;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(tracepoint_parse(text, strlen(text), &t, NULL), 0);
	/* MIPS: kvm_exit says its reason in another way. */
	assert_int_equal(trace_event_init(&ev, "kvm", t->name, t, &e), -EINVAL);
	assert_int_equal(ev.reader, TRACE_READER_NONE);
	assert_non_null(strstr(e.text, "'kvm_exit' has no field 'exit_reason'"));
	assert_int_equal(trace_event_init(&ev, "other", t->name, t, &e), 0);
	assert_int_equal(ev.reader, TRACE_READER_NONE);
	assert_int_equal(trace_event_sched(&ev), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readers),
		cmocka_unit_test(test_subsystems),
		cmocka_unit_test(test_init),
	};

	return cmocka_run_group_tests_name("trace_event", tests, NULL, NULL);
}
