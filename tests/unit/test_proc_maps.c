/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/proc_maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "capture/proc_maps.h"
#include "machine_tree.h"

static char seen[512];

static int take(void *ctx, const struct proc_map *m)
{
	size_t n = strlen(seen);

	snprintf(seen + n, sizeof(seen) - n, "%lx-%lx %lx %x:%x %lu %s;", (unsigned long)m->start,
		 (unsigned long)m->end, (unsigned long)m->pgoff, m->major, m->minor,
		 (unsigned long)m->inode, m->path);
	return ctx ? -EINTR : 0;
}

static void executable_ones(void **state)
{
	struct machine_tree t;

	(void)state;
	machine_tree_make(&t);
	machine_tree_put(
		&t, "proc/7/maps",
		"55d0c0000000-55d0c0001000 r--p 00000000 fe:01 1234                       /bin/x "
		"y\n"
		"55d0c0001000-55d0c0003000 r-xp 00001000 fe:01 1234                       /bin/x "
		"y\n"
		"7f0000000000-7f0000001000 rwxp 00000000 00:00 0 \n"
		"7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                          [vdso]\n"
		"nonsense\n"
		"7fff00000000-7fff00001000 r-xp 00000000 00:00 5 /gone (deleted)");
	seen[0] = 0;
	assert_int_equal(proc_maps_read(t.fd, 7, take, NULL), 0);
	assert_string_equal(seen, "55d0c0001000-55d0c0003000 1000 fe:1 1234 /bin/x y;"
				  "7f0000000000-7f0000001000 0 0:0 0 //anon;"
				  "7ffd00000000-7ffd00002000 0 0:0 0 [vdso];"
				  "7fff00000000-7fff00001000 0 0:0 5 /gone (deleted);");
	assert_int_equal(proc_maps_read(t.fd, 7, take, seen), -EINTR);
	seen[0] = 0;
	assert_int_equal(proc_maps_read(t.fd, 8, take, NULL), 0);
	assert_string_equal(seen, "");
	machine_tree_remove(&t);
}

static void lines_that_are_none(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		"1-",
		"2-1 r-xp 0 0:0 0 x",
		"1-2 r-xp",
		"1-2 r-xp 0 0 0 x",
		"1-2 r-xp g 0:0 0 x",
		"11111111111111111-2 r-xp 0 0:0 0",
		"1-2 r-xpp 0 0:0 0 x",
		"1-2 r-xp 0 0:0 x",
	};
	struct proc_map m;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (proc_map_parse(bad[i], &m) != -EBADMSG)
			fail_msg("'%s'", bad[i]);
	assert_int_equal(proc_map_parse("1-2 r-xp 0 0:0 0", &m), 0);
	assert_string_equal(m.path, "//anon");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(executable_ones),
		cmocka_unit_test(lines_that_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
