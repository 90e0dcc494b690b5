/* SPDX-License-Identifier: MIT */
/* Tests of src/names/vm_cgroup. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "names/vm_cgroup.h"

static void test_paths(void **state)
{
	(void)state;
	static const struct {
		const char *path, *instance, *type;
	} path[] = {
		{ "/machine/instance-000019f4.libvirt-qemu/vcpu0", "instance-000019f4", "vcpu0" },
		{ "/machine/qemu-3-web.libvirt-qemu/emulator", "web", "emulator" },
		{ "/machine.slice/machine-qemu\\x2d1\\x2dinstance\\x2d000019f4.scope/libvirt/vcpu0",
		  "instance-000019f4", "vcpu0" },
		{ "/machine.slice/machine-qemu\\x2d12\\x2dfw.scope/libvirt/emulator", "fw",
		  "emulator" },
		{ "/machine.slice/machine-qemu\\x2d12\\x2dfw.scope/iothread1", "fw", "iothread1" },
		{ "/machine.slice/machine-qemu\\x2d12\\x2dfw.scope", "fw", "" },
		{ "/machine.slice/machine-qemu\\x2d12\\x2dfw.scope/libvirt", "fw", "" },
		{ "/../machine.slice/machine-qemu\\x2d1\\x2da.scope/libvirt/vcpu10", "a",
		  "vcpu10" },
		{ "/machine.slice/machine-debian.scope", NULL, NULL },
		{ "/user.slice/user-0.slice/session-1.scope", NULL, NULL },
		{ "/", NULL, NULL },
		{ "", NULL, NULL },
		{ "/.libvirt-qemu/vcpu0", NULL, NULL },
	};

	for (size_t i = 0; i < sizeof(path) / sizeof(path[0]); i++) {
		struct vm_cgroup g;
		bool found = vm_cgroup_parse(path[i].path, strlen(path[i].path), &g);

		if (found != (path[i].instance != NULL))
			fail_msg("%s", path[i].path);
		if (!found)
			continue;
		assert_string_equal(g.instance, path[i].instance);
		assert_string_equal(g.type, path[i].type);
	}
}

static void test_files(void **state)
{
	(void)state;
	static const char v1[] = "11:memory:/machine/vm1.libvirt-qemu\n"
				 "4:cpuset:/machine/vm1.libvirt-qemu/vcpu1\n"
				 "1:name=systemd:/\n";
	static const char v2[] =
		"0::/machine.slice/machine-qemu\\x2d1\\x2dvm2.scope/libvirt/emulator\n";
	static const char colons[] = "0::/a:b/vm:3.libvirt-qemu/vcpu0\n";
	struct vm_cgroup g;

	assert_true(vm_cgroup_find(v1, strlen(v1), &g));
	assert_string_equal(g.instance, "vm1");
	assert_string_equal(g.type, "vcpu1");
	assert_true(vm_cgroup_find(v2, strlen(v2), &g));
	assert_string_equal(g.instance, "vm2");
	assert_string_equal(g.type, "emulator");
	assert_true(vm_cgroup_find(colons, strlen(colons), &g));
	assert_string_equal(g.instance, "vm:3");
	assert_true(vm_cgroup_find("/machine/x.libvirt-qemu/vcpu2", 29, &g));
	assert_string_equal(g.type, "vcpu2");
	assert_false(vm_cgroup_find("0::/\n", 5, &g));
	assert_false(vm_cgroup_find("\n\n:::\n::", 8, &g));
}

static void test_escapes_that_are_none(void **state)
{
	(void)state;
	static const char path[] = "/machine-qemu\\x2d1\\x2da\\xzz\\x00\\x2.scope";
	struct vm_cgroup g;

	assert_true(vm_cgroup_parse(path, strlen(path), &g));
	assert_string_equal(g.instance, "a\\xzz\\x00\\x2");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_escapes_that_are_none),
	};

	return cmocka_run_group_tests_name("vm_cgroup", tests, NULL, NULL);
}
