/* SPDX-License-Identifier: MIT */
/* Tests of src/names/vm_scan. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "libvirt_xml.h"
#include "machine_tree.h"
#include "names/vm_scan.h"

#define USER_FLAGS   "4194304"
#define KERNEL_FLAGS "2129984"

static void put_thread(const struct machine_tree *t, unsigned int pid, unsigned int tid,
		       const char *comm, const char *flags, const char *cgroup)
{
	char path[128], text[512];

	snprintf(path, sizeof(path), "proc/%u/task/%u/stat", pid, tid);
	snprintf(text, sizeof(text), "%u (%s) S 1 9 9 0 -1 %s 0\n", tid, comm, flags);
	machine_tree_put(t, path, text);
	if (!cgroup)
		return;
	snprintf(path, sizeof(path), "proc/%u/task/%u/cgroup", pid, tid);
	machine_tree_put(t, path, cgroup);
}

static void put_program(const struct machine_tree *t, unsigned int pid, const char *program)
{
	char path[64];

	snprintf(path, sizeof(path), "proc/%u/exe", pid);
	assert_int_equal(symlinkat(program, t->fd, path), 0);
}

/* machine_tree_put() takes texts; a command line has NULs. */
static void put_bytes(const struct machine_tree *t, const char *path, const char *bytes, size_t n)
{
	machine_tree_put(t, path, "");
	int fd = openat(t->fd, path, O_WRONLY | O_TRUNC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, n), n);
	close(fd);
}

static void check(const struct vm_list *l, uint32_t tid, const char *name, const char *uuid,
		  const char *instance, const char *type)
{
	const struct vm_thread *t = vm_list_find(l, tid);

	if (!t)
		fail_msg("no thread %u", tid);
	assert_string_equal(t->name, name);
	assert_string_equal(t->uuid, uuid);
	assert_string_equal(t->instance, instance);
	assert_string_equal(t->type, type);
	assert_int_equal(t->time, 77);
}

static struct vm_list *scan(const struct machine_tree *t)
{
	struct vm_list *l = vm_list_new();

	assert_int_equal(vm_scan_machine(t->fd, 77, l, NULL), 0);
	return l;
}

static void test_threads_with_names(void **state)
{
	(void)state;
	static const char line[] = "/usr/bin/qemu-system-x86_64\0-name\0guest=Firewall,"
				   "debug-threads=on\0-uuid\0ab-12\0-smp\0"
				   "2";
	struct machine_tree tree;

	machine_tree_make(&tree);
	put_thread(&tree, 100, 100, "qemu-system-x86", USER_FLAGS, NULL);
	put_thread(&tree, 100, 101, "CPU 0/KVM", USER_FLAGS, NULL);
	put_thread(&tree, 100, 102, "CPU 1/KVM", USER_FLAGS, NULL);
	put_thread(&tree, 100, 103, "IO iothread1", USER_FLAGS, NULL);
	put_thread(&tree, 100, 104, "call_rcu", USER_FLAGS, NULL);
	put_thread(&tree, 100, 105, "vhost-100", USER_FLAGS, NULL);
	put_bytes(&tree, "proc/100/cmdline", line, sizeof(line));
	/* Kernel threads that work for it, and for somebody else. */
	put_thread(&tree, 9, 9, "vhost-100", KERNEL_FLAGS, NULL);
	put_thread(&tree, 8, 8, "vhost-555", KERNEL_FLAGS, NULL);
	put_thread(&tree, 7, 7, "bash", USER_FLAGS, NULL);
	auto_ptr(vm_list) l = scan(&tree);

	assert_int_equal(vm_list_count(l), 7);
	assert_int_equal(vm_list_machines(l), 1);
	check(l, 100, "Firewall", "ab-12", "", "emulator");
	check(l, 101, "Firewall", "ab-12", "", "vcpu0");
	check(l, 102, "Firewall", "ab-12", "", "vcpu1");
	check(l, 103, "Firewall", "ab-12", "", "iothread1");
	check(l, 104, "Firewall", "ab-12", "", "emulator");
	check(l, 105, "Firewall", "ab-12", "", "vhost");
	check(l, 9, "Firewall", "ab-12", "", "vhost");
	assert_int_equal(vm_list_find(l, 9)->pid, 100);
	machine_tree_remove(&tree);
}

static void test_control_groups_of_both_versions(void **state)
{
	(void)state;
	struct machine_tree tree;

	machine_tree_make(&tree);
	/* v1: all threads have the program's name. */
	put_thread(&tree, 20, 20, "vm", USER_FLAGS,
		   "4:cpuset:/machine/i-1.libvirt-qemu/emulator\n");
	put_thread(&tree, 20, 21, "vm", USER_FLAGS, "4:cpuset:/machine/i-1.libvirt-qemu/vcpu0\n");
	put_thread(&tree, 20, 22, "vm", USER_FLAGS, "1:cpu:/\n");
	machine_tree_put(&tree, "proc/20/task/22/cpuset", "/machine/i-1.libvirt-qemu/vcpu1\n");
	put_program(&tree, 20, "/usr/libexec/qemu-kvm");
	/* v2 */
	put_thread(&tree, 30, 30, "qemu-system-x86", USER_FLAGS,
		   "0::/machine.slice/machine-qemu\\x2d2\\x2di\\x2d2.scope/libvirt/emulator\n");
	put_thread(&tree, 30, 31, "qemu-system-x86", USER_FLAGS,
		   "0::/machine.slice/machine-qemu\\x2d2\\x2di\\x2d2.scope/libvirt/vcpu0\n");
	put_thread(&tree, 30, 32, "worker", USER_FLAGS,
		   "0::/machine.slice/machine-qemu\\x2d2\\x2di\\x2d2.scope/libvirt/emulator\n");
	auto_ptr(vm_list) l = scan(&tree);

	assert_int_equal(vm_list_machines(l), 2);
	check(l, 20, "", "", "i-1", "emulator");
	check(l, 21, "", "", "i-1", "vcpu0");
	check(l, 22, "", "", "i-1", "vcpu1");
	check(l, 30, "", "", "i-2", "emulator");
	check(l, 31, "", "", "i-2", "vcpu0");
	check(l, 32, "", "", "i-2", "worker");
	assert_string_equal(vm_thread_machine(vm_list_find(l, 31)), "i-2");
	machine_tree_remove(&tree);
}

static void test_libvirt_goes_before_the_command_line(void **state)
{
	(void)state;
	static const char line[] = "qemu-kvm\0-name\0other\0-uuid\0ff";
	struct machine_tree tree;

	machine_tree_make(&tree);
	machine_tree_put(&tree, "run/libvirt/qemu/web.xml", libvirt_xml);
	for (unsigned int tid = 1234; tid <= 1238; tid++)
		put_thread(&tree, 1234, tid, "qemu-kvm", USER_FLAGS, NULL);
	put_bytes(&tree, "proc/1234/cmdline", line, sizeof(line));
	auto_ptr(vm_list) l = scan(&tree);

	check(l, 1234, "web & co", "8f810000-0000-4000-8000-000000000001", "", "emulator");
	check(l, 1236, "web & co", "8f810000-0000-4000-8000-000000000001", "", "vcpu0");
	check(l, 1237, "web & co", "8f810000-0000-4000-8000-000000000001", "", "vcpu1");
	check(l, 1238, "web & co", "8f810000-0000-4000-8000-000000000001", "", "emulator");
	machine_tree_remove(&tree);
}

/* Where nothing tells vCPUs from other threads, nothing is said. */
static void test_threads_without_names(void **state)
{
	(void)state;
	struct machine_tree tree;

	machine_tree_make(&tree);
	put_thread(&tree, 40, 40, "qemu-system-x86", USER_FLAGS, NULL);
	put_thread(&tree, 40, 41, "qemu-system-x86", USER_FLAGS, NULL);
	auto_ptr(vm_list) l = scan(&tree);

	check(l, 40, "", "", "", "emulator");
	check(l, 41, "", "", "", "thread");
	machine_tree_remove(&tree);
}

static void test_a_hostile_machine(void **state)
{
	(void)state;
	struct machine_tree tree;
	size_t n = 3u << 20;
	char *huge = malloc(n);

	assert_non_null(huge);
	memset(huge, 'x', n);
	machine_tree_make(&tree);
	/* A command line without NULs and larger than we read, links in a circle, files cut. */
	put_thread(&tree, 50, 50, "CPU 0/KVM", USER_FLAGS, "0::/machine-qemu\\x2");
	put_bytes(&tree, "proc/50/cmdline", huge, n);
	assert_int_equal(symlinkat("exe", tree.fd, "proc/50/exe"), 0);
	put_thread(&tree, 51, 51, "qemu-system-x86", USER_FLAGS, NULL);
	assert_int_equal(symlinkat("cmdline", tree.fd, "proc/51/cmdline"), 0);
	assert_int_equal(symlinkat("cgroup", tree.fd, "proc/51/task/51/cgroup"), 0);
	put_thread(&tree, 52, 52, "qemu-system-x86", USER_FLAGS, NULL);
	put_bytes(&tree, "proc/52/cmdline", "qemu\0-name", 10);
	put_bytes(&tree, "proc/52/task/52/cgroup", huge, n);
	machine_tree_put(&tree, "proc/53/task/53/stat", "53 (qemu-system-x86");
	machine_tree_put(&tree, "run/libvirt/qemu/bad.xml", "<domstatus pid='50'");
	auto_ptr(vm_list) l = scan(&tree);

	assert_int_equal(vm_list_machines(l), 3);
	check(l, 50, "", "", "", "vcpu0");
	check(l, 51, "", "", "", "emulator");
	check(l, 52, "", "", "", "emulator");
	free(huge);
	machine_tree_remove(&tree);
}

static void test_no_machines(void **state)
{
	(void)state;
	struct machine_tree tree;
	struct err e = { 0 };
	auto_ptr(vm_list) l = vm_list_new();

	machine_tree_make(&tree);
	assert_int_equal(vm_scan_machine(tree.fd, 1, l, &e), -ENOENT);
	put_thread(&tree, 60, 60, "bash", USER_FLAGS, NULL);
	put_program(&tree, 60, "/usr/bin/qemu-img");
	assert_int_equal(vm_scan_machine(tree.fd, 1, l, &e), 0);
	assert_int_equal(vm_list_count(l), 0);
	machine_tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_threads_with_names),
		cmocka_unit_test(test_control_groups_of_both_versions),
		cmocka_unit_test(test_libvirt_goes_before_the_command_line),
		cmocka_unit_test(test_threads_without_names),
		cmocka_unit_test(test_a_hostile_machine),
		cmocka_unit_test(test_no_machines),
	};

	return cmocka_run_group_tests_name("vm_scan", tests, NULL, NULL);
}
