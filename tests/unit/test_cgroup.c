/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/cgroup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "capture/cgroup.h"
#include "machine_tree.h"

static void test_no_cgroup_v2_is_told(void **state)
{
	(void)state;
	struct machine_tree t;
	struct cgroup_place place;
	struct err e = { 0 };

	machine_tree_make(&t);
	machine_tree_put(&t, "proc/self/mounts",
			 "tmpfs /sys/fs/cgroup tmpfs rw 0 0\n"
			 "cgroup /sys/fs/cgroup/cpu cgroup rw,cpu 0 0\nshort\n");
	assert_int_equal(cgroup_find(t.fd, "/x", &place, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no cgroup v2"));
	machine_tree_remove(&t);
}

static void test_wrong_places_are_told(void **state)
{
	(void)state;
	struct machine_tree t;
	struct cgroup_place place;
	struct err e = { 0 };
	char longest[700];

	machine_tree_make(&t);
	machine_tree_put(&t, "proc/self/mounts", "x /sys/fs/cgroup/unified cgroup2 rw 0 0\n");
	machine_tree_put(&t, "sys/fs/cgroup/unified/a/cgroup.procs", "");
	assert_int_equal(cgroup_find(t.fd, "/b", &place, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no cgroup 'b' below '/sys/fs/cgroup/unified'"));
	/* A folder of that name on another file system. */
	assert_int_equal(cgroup_find(t.fd, "/a", &place, &e), -EINVAL);
	assert_int_equal(cgroup_find(t.fd, "/a/cgroup.procs", &place, &e), -ENOTDIR);
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	assert_int_equal(cgroup_find(t.fd, longest, &place, &e), -ENAMETOOLONG);
	machine_tree_remove(&t);
}

static void test_the_machine_s_own_root(void **state)
{
	(void)state;
	struct cgroup_place place;
	struct err e = { 0 };
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = cgroup_find(root, "/", &place, &e);

	close(root);
	if (r < 0) {
		print_message("SKIP: %s\n", e.text);
		skip();
	}
	assert_int_equal(place.level, 0);
	assert_true(place.id != 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_cgroup_v2_is_told),
		cmocka_unit_test(test_wrong_places_are_told),
		cmocka_unit_test(test_the_machine_s_own_root),
	};

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
