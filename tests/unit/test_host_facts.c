/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/host_facts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "capture/host_facts.h"
#include "machine_tree.h"
#include "row_text.h"

static void test_topology_of_a_tree(void **state)
{
	(void)state;
	struct machine_tree t;
	auto_ptr(row_text) rows = row_text_new();
	static struct cpuset cpus;

	machine_tree_make(&t);
	cpuset_add(&cpus, 0);
	cpuset_add(&cpus, 5);
	machine_tree_put(&t, "sys/devices/system/cpu/cpu5/topology/physical_package_id", "1\n");
	machine_tree_put(&t, "sys/devices/system/cpu/cpu5/topology/core_id", "12\n");
	machine_tree_put(&t, "sys/devices/system/cpu/cpu5/node3/cpulist", "5\n");
	machine_tree_put(&t, "sys/devices/system/cpu/cpu0/topology/physical_package_id", "-1\n");
	assert_int_equal(host_facts_cpus(&rows->sink, t.fd, 7, &cpus, NULL), 0);
	/* 4294967295: not known */
	assert_string_equal(buf_str(&rows->text),
			    "cpu -1 7 cpu=0 package=4294967295 core=4294967295 node=4294967295\n"
			    "cpu -1 7 cpu=5 package=1 core=12 node=3\n");
	machine_tree_remove(&t);
}

static void test_facts_of_a_tree(void **state)
{
	(void)state;
	struct machine_tree t;
	auto_ptr(row_text) rows = row_text_new();

	machine_tree_make(&t);
	machine_tree_put(
		&t, "proc/cpuinfo",
		"processor\t: 0\nmodel\t\t: 17\nmodel name\t: Test CPU @ 2.6GHz\nflags\t\t: a b\n"
		"\nprocessor\t: 1\nmodel name\t: Other\n");
	machine_tree_put(&t, "sys/devices/system/cpu/online", "0-1,4\n");
	machine_tree_put(&t, "proc/sys/kernel/random/boot_id", "0123-45\n");
	assert_int_equal(host_facts_write(&rows->sink, t.fd, 9, NULL), 0);
	const char *text = buf_str(&rows->text);

	assert_non_null(strstr(text, "key=host.name value="));
	assert_non_null(strstr(text, "key=kernel.release value="));
	assert_non_null(strstr(text, "meta -1 9 key=cpu.model value=Test CPU @ 2.6GHz\n"));
	assert_non_null(strstr(text, "key=cpu.online value=0-1,4\n"));
	assert_non_null(strstr(text, "key=boot.id value=0123-45\n"));
	machine_tree_remove(&t);
}

static void test_what_cannot_be_read_is_left_out(void **state)
{
	(void)state;
	struct machine_tree t;
	auto_ptr(row_text) rows = row_text_new();

	machine_tree_make(&t);
	assert_int_equal(host_facts_write(&rows->sink, t.fd, 9, NULL), 0);
	assert_null(strstr(buf_str(&rows->text), "cpu.model"));
	assert_null(strstr(buf_str(&rows->text), "boot.id"));
	assert_non_null(strstr(buf_str(&rows->text), "kernel.release"));
	machine_tree_remove(&t);
}

static void test_long_values_are_cut(void **state)
{
	(void)state;
	auto_ptr(row_text) rows = row_text_new();
	auto_free char *big = malloc(100001);

	assert_non_null(big);
	memset(big, 'x', 100000);
	big[100000] = '\0';
	assert_int_equal(host_facts_meta(&rows->sink, 1, "k", big, NULL), 0);
	assert_int_equal(rows->text.len, strlen("meta -1 1 key=k value=\n") + 65536);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_topology_of_a_tree),
		cmocka_unit_test(test_facts_of_a_tree),
		cmocka_unit_test(test_what_cannot_be_read_is_left_out),
		cmocka_unit_test(test_long_values_are_cut),
	};

	return cmocka_run_group_tests_name("host_facts", tests, NULL, NULL);
}
