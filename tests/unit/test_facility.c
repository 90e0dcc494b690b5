/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/facility. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sched.h>

#include "capture/facility.h"
#include "machine_tree.h"

static void check_all(int root_fd)
{
	int policy = sched_getscheduler(0);

	assert_true(facility_count() >= 12);
	for (size_t i = 0; i < facility_count(); i++) {
		struct facility f;

		facility_check(i, root_fd, &f);
		assert_true(*f.name && *f.title && *f.use);
		assert_true(strlen(f.found) > 3);
		/* What is not there says how to get it. */
		assert_true(f.state == FACILITY_OK || (f.code < 0 && *f.fix));
		assert_true(f.state != FACILITY_OK || (f.code == 0 && !*f.fix));
		assert_true(strlen(facility_state_name(f.state)) > 1);
	}
	assert_int_equal(sched_getscheduler(0), policy); /* nothing is left behind */
}

static void test_each_check_says_something(void **state)
{
	(void)state;
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(root >= 0);
	check_all(root);
	close(root);
}

static void test_an_empty_machine(void **state)
{
	(void)state;
	struct machine_tree t;

	machine_tree_make(&t);
	check_all(t.fd);
	for (size_t i = 0; i < facility_count(); i++) {
		struct facility f;

		facility_check(i, t.fd, &f);
		if (!strcmp(f.name, "btf") || !strcmp(f.name, "tp_btf") ||
		    !strcmp(f.name, "paranoid") || !strcmp(f.name, "kvm"))
			assert_int_equal(f.state, FACILITY_MISSING);
	}
	machine_tree_remove(&t);
}

static void test_a_need_that_fails_names_the_fix(void **state)
{
	(void)state;
	struct machine_tree t;
	struct err e = { 0 };

	machine_tree_make(&t);
	assert_true(facility_need(t.fd, (const char *const[]){ "btf", "bpf", NULL }, &e) < 0);
	assert_non_null(strstr(e.text, "/sys/kernel/btf/vmlinux"));
	assert_non_null(strstr(e.text, "CONFIG_DEBUG_INFO_BTF"));
	assert_int_equal(facility_need(t.fd, (const char *const[]){ NULL }, &e), 0);
	machine_tree_remove(&t);
}

static void test_names_are_unique(void **state)
{
	(void)state;
	struct machine_tree t;
	const char *name[64];

	machine_tree_make(&t);
	for (size_t i = 0; i < facility_count(); i++) {
		struct facility f;

		facility_check(i, t.fd, &f);
		name[i] = f.name;
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(name[i], name[k]);
	}
	machine_tree_remove(&t);
}

static void kvm_of(const struct machine_tree *t, struct facility *ret)
{
	for (size_t i = 0; i < facility_count(); i++) {
		facility_check(i, t->fd, ret);
		if (!strcmp(ret->name, "kvm"))
			return;
	}
	fail();
}

/* A host of guests in user mode says what it cannot show; a CPU that runs guests decides. */
static void test_kvm_without_hardware(void **state)
{
	(void)state;
	struct machine_tree t;
	struct facility soft, hard;

	machine_tree_make(&t);
	machine_tree_put(&t, "dev/kvm", "");
	machine_tree_put(&t, "sys/module/kvm_pvm/parameters/force", "N\n");
	machine_tree_put(&t, "proc/cpuinfo",
			 "processor\t: 0\nflags\t\t: fpu svm_lock vmxoff\nbugs\t\t: svm\n");
	kvm_of(&t, &soft);
	machine_tree_put(&t, "proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme svm\n");
	kvm_of(&t, &hard);
	machine_tree_remove(&t);
	if (strstr(soft.found, "no kvm tracepoints")) {
		print_message("SKIP: no kvm tracepoints here, or tracefs is not readable\n");
		skip();
	}
	assert_int_equal(soft.state, FACILITY_LIMITED);
	assert_non_null(strstr(soft.found, "kvm_exit and kvm_entry never fire"));
	assert_non_null(strstr(soft.fix, "exits to user space, pio, mmio, msr, cpuid"));
	assert_int_equal(hard.state, FACILITY_OK);
	assert_null(strstr(hard.found, "never"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_check_says_something),
		cmocka_unit_test(test_an_empty_machine),
		cmocka_unit_test(test_a_need_that_fails_names_the_fix),
		cmocka_unit_test(test_names_are_unique),
		cmocka_unit_test(test_kvm_without_hardware),
	};

	return cmocka_run_group_tests_name("facility", tests, NULL, NULL);
}
