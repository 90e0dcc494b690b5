/* SPDX-License-Identifier: MIT */
/* Tests of src/names/libvirt_state. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "libvirt_xml.h"
#include "machine_tree.h"
#include "names/libvirt_state.h"

static void test_a_machine(void **state)
{
	(void)state;
	struct libvirt_domain d;

	assert_int_equal(libvirt_domain_parse(libvirt_xml, strlen(libvirt_xml), &d, NULL), 0);
	assert_int_equal(d.pid, 1234);
	assert_string_equal(d.name, "web & co");
	assert_string_equal(d.uuid, "8f810000-0000-4000-8000-000000000001");
	assert_int_equal(d.n_vcpus, 2);
	assert_int_equal(d.vcpu[1].id, 1);
	assert_int_equal(d.vcpu[1].tid, 1237);
	libvirt_domain_done(&d);
}

static void test_cut_everywhere(void **state)
{
	(void)state;
	for (size_t n = 0; n < strlen(libvirt_xml) - 1; n++) {
		struct libvirt_domain d;
		struct err e = { 0 };
		int r = libvirt_domain_parse(libvirt_xml, n, &d, &e);

		assert_int_equal(r, -EBADMSG);
		assert_string_not_equal(e.text, "");
	}
}

static void test_what_is_no_machine(void **state)
{
	(void)state;
	static const struct {
		const char *xml;
		int code;
	} other[] = {
		{ "<domain><name>x</name></domain>", -ENOENT },
		{ "<domstatus pid='x'/>", -ENOENT },
		{ "<domstatus pid='0'/>", -ENOENT },
		{ "<domstatus pid='99999999999'/>", -ENOENT },
		{ "<!DOCTYPE a [<!ENTITY b 'c'>]><domstatus pid='1'/>", -EBADMSG },
		{ "no xml", -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		struct libvirt_domain d;
		struct err e = { 0 };

		assert_int_equal(libvirt_domain_parse(other[i].xml, strlen(other[i].xml), &d, &e),
				 other[i].code);
		assert_string_not_equal(e.text, "");
	}
}

static void test_names_of_the_right_element_only(void **state)
{
	(void)state;
	static const char xml[] = "<domstatus pid='7'><name>no</name><other><name>no</name></other>"
				  "<domain><metadata><name>no</name></metadata><name>y<!-- c -->es"
				  "</name></domain><vcpus><vcpu id='0'/><vcpu pid='3'/></vcpus>"
				  "</domstatus>";
	struct libvirt_domain d;

	assert_int_equal(libvirt_domain_parse(xml, strlen(xml), &d, NULL), 0);
	assert_string_equal(d.name, "yes");
	assert_int_equal(d.n_vcpus, 0);
	libvirt_domain_done(&d);
}

static void test_a_folder(void **state)
{
	(void)state;
	struct machine_tree tree;
	struct libvirt_state s;
	char path[128];

	machine_tree_make(&tree);
	assert_int_equal(libvirt_state_read(tree.fd, &s), 0);
	assert_int_equal(s.n, 0);
	machine_tree_put(&tree, "run/libvirt/qemu/web.xml", libvirt_xml);
	machine_tree_put(&tree, "run/libvirt/qemu/cut.xml", "<domstatus pid='5'>");
	machine_tree_put(&tree, "run/libvirt/qemu/web.pid", "1234");
	/* What would block, and what leads in a circle. */
	snprintf(path, sizeof(path), "%s/run/libvirt/qemu/pipe.xml", tree.dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(symlinkat("loop.xml", tree.fd, "run/libvirt/qemu/loop.xml"), 0);
	assert_int_equal(libvirt_state_read(tree.fd, &s), 0);
	assert_int_equal(s.n, 1);
	assert_non_null(libvirt_state_find(&s, 1234));
	assert_null(libvirt_state_find(&s, 5));
	libvirt_state_done(&s);
	machine_tree_remove(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_machine),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_what_is_no_machine),
		cmocka_unit_test(test_names_of_the_right_element_only),
		cmocka_unit_test(test_a_folder),
	};

	return cmocka_run_group_tests_name("libvirt_state", tests, NULL, NULL);
}
