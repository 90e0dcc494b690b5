/* SPDX-License-Identifier: MIT */
/* Tests of src/base/cpuset. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cpuset.h"
#include "base/file.h"

static void test_kernel_list_form(void **state)
{
	(void)state;

	struct cpuset s;

	assert_int_equal(cpuset_parse("0-3,8,63-64", &s, NULL), 0);
	assert_int_equal(cpuset_count(&s), 7);
	static const int members[] = { 0, 1, 2, 3, 8, 63, 64, -1 };
	int cpu = -1;

	for (size_t i = 0; i < ARRAY_SIZE(members); i++) {
		cpu = cpuset_next(&s, cpu + 1);
		assert_int_equal(cpu, members[i]);
	}
	assert_true(cpuset_has(&s, 8));
	assert_false(cpuset_has(&s, 9));
	assert_false(cpuset_has(&s, UINT32_MAX));
}

static void test_largest_number(void **state)
{
	(void)state;

	struct cpuset s;

	assert_int_equal(cpuset_parse("8191", &s, NULL), 0);
	assert_int_equal(cpuset_next(&s, 0), 8191);
	assert_int_equal(cpuset_next(&s, 8192), -1);
	cpuset_add(&s, 8192); /* out of range: no effect */
	assert_int_equal(cpuset_count(&s), 1);
}

static void test_bad_lists_are_refused_and_named(void **state)
{
	(void)state;

	static const char *const bad[] = { "",
					   "a",
					   "1-",
					   "-1",
					   "3-1",
					   "1,,2",
					   "1,",
					   "1 2",
					   "8192",
					   "0-8192",
					   "99999999999999999999",
					   "0x1" };
	struct cpuset s;

	memset(&s, 0x5a, sizeof(s));
	struct cpuset before = s;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct err e = { 0 };

		assert_int_equal(cpuset_parse(bad[i], &s, &e), -EINVAL);
		assert_non_null(strstr(e.text, bad[i]));
	}
	assert_memory_equal(&s, &before, sizeof(s));
}

static void write_online(const char *root, const char *text)
{
	static const char *const steps[] = { "/sys", "/sys/devices", "/sys/devices/system",
					     "/sys/devices/system/cpu" };
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		snprintf(path, sizeof(path), "%s%s", root, steps[i]);
		mkdir(path, 0700);
	}
	snprintf(path, sizeof(path), "%s/sys/devices/system/cpu/online", root);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
	close(fd);
}

static void remove_online(const char *root)
{
	static const char *const steps[] = { "/sys/devices/system/cpu/online",
					     "/sys/devices/system/cpu",
					     "/sys/devices/system",
					     "/sys/devices",
					     "/sys",
					     "" };
	char path[256];

	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		snprintf(path, sizeof(path), "%s%s", root, steps[i]);
		assert_int_equal(remove(path), 0);
	}
}

static void test_online_is_read_below_the_root(void **state)
{
	(void)state;

	char root[] = "/tmp/kymo-test-XXXXXX";
	struct cpuset s;
	struct err e = { 0 };

	assert_non_null(mkdtemp(root));
	write_online(root, "0-1,4\n");
	int fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(cpuset_online(fd, &s, &e), 0);
	assert_int_equal(cpuset_count(&s), 3);
	assert_true(cpuset_has(&s, 4));
	write_online(root, "0-\n");
	assert_int_equal(cpuset_online(fd, &s, &e), -EINVAL);
	write_online(root, "");
	assert_int_equal(cpuset_online(fd, &s, &e), -EINVAL);
	remove_online(root);
	assert_int_equal(cpuset_online(fd, &s, &e), -ENOENT);
	assert_non_null(strstr(e.text, "cpu/online"));
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel_list_form),
		cmocka_unit_test(test_largest_number),
		cmocka_unit_test(test_bad_lists_are_refused_and_named),
		cmocka_unit_test(test_online_is_read_below_the_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
