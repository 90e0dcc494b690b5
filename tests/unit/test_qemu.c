/* SPDX-License-Identifier: MIT */
/* Tests of src/names/qemu. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "names/qemu.h"

#define PARSE(text, ret) qemu_cmdline_parse((text), sizeof(text), (ret))

static void test_programs(void **state)
{
	(void)state;
	assert_true(qemu_program("/usr/bin/qemu-system-x86_64"));
	assert_true(qemu_program("/usr/bin/qemu-system-aarch64 (deleted)"));
	assert_true(qemu_program("/usr/libexec/qemu-kvm"));
	assert_true(qemu_program("kvm"));
	assert_false(qemu_program("/usr/bin/qemu-img"));
	assert_false(qemu_program("/usr/bin/kvmtool"));
	assert_false(qemu_program("/opt/qemu-system-x86_64/agent"));
	assert_false(qemu_program(""));
}

static void test_names_and_uuids(void **state)
{
	(void)state;
	struct qemu_cmdline c;

	PARSE("/usr/bin/qemu-system-x86_64\0-name\0guest=Firewall,debug-threads=on\0-uuid\0"
	      "8f810000-0000-4000-8000-00000000abCD\0-smp\0"
	      "2",
	      &c);
	assert_string_equal(c.name, "Firewall");
	assert_string_equal(c.uuid, "8f810000-0000-4000-8000-00000000abCD");
	PARSE("qemu-kvm\0--name\0plain name,process=x\0", &c);
	assert_string_equal(c.name, "plain name");
	PARSE("q\0-name\0debug-threads=on,guest=a,,b=c\0", &c);
	assert_string_equal(c.name, "a,b=c");
	/* The value of an option is no option. */
	PARSE("q\0-name\0-uuid\0-uuid\0not hex", &c);
	assert_string_equal(c.name, "-uuid");
	assert_string_equal(c.uuid, "");
}

static void test_hostile_command_lines(void **state)
{
	(void)state;
	struct qemu_cmdline c;
	size_t n = 1u << 20;
	char *huge = calloc(1, n);

	/* Not assert_non_null(): compilers do not know that it ends the test. */
	if (!huge)
		abort();
	memset(huge, 'x', n);
	qemu_cmdline_parse(huge, n, &c);
	assert_string_equal(c.name, "");
	memcpy(huge, "-name", 6);
	qemu_cmdline_parse(huge, n, &c);
	assert_int_equal(strlen(c.name), NAME_MAX_BYTES);
	memset(huge + 6, ',', n - 6);
	qemu_cmdline_parse(huge, n, &c);
	memcpy(huge, "-uuid", 6);
	memset(huge + 6, 'a', n - 6);
	qemu_cmdline_parse(huge, n, &c);
	assert_string_equal(c.uuid, "");
	free(huge);
	qemu_cmdline_parse("", 0, &c);
	assert_string_equal(c.name, "");
	PARSE("-name", &c);
	assert_string_equal(c.name, "");
}

static void test_thread_types(void **state)
{
	(void)state;
	static const struct {
		const char *comm, *type;
	} thread[] = {
		{ "CPU 0/KVM", "vcpu0" },
		{ "CPU 127/KVM", "vcpu127" },
		{ "CPU 3/TCG", "vcpu3" },
		{ "IO iothread1", "iothread1" },
		{ "vnc_worker", "vnc_worker" },
		{ "worker", "worker" },
		{ "vhost-42", "vhost" },
		{ "vhost-43", NULL },
		{ "CPU x/KVM", NULL },
		{ "CPU 0", NULL },
		{ "IO ", NULL },
		{ "qemu-system-x86", NULL },
		{ "", NULL },
		{ "CPU 99999999999/KVM", NULL },
		{ "kvm-nx-lpage-re", "kvm-nx-lpage" },
	};

	for (size_t i = 0; i < sizeof(thread) / sizeof(thread[0]); i++) {
		char type[64] = "";
		bool told = qemu_thread_type(thread[i].comm, 42, type, sizeof(type));

		assert_int_equal(told, thread[i].type != NULL);
		if (told)
			assert_string_equal(type, thread[i].type);
	}
}

static void test_kernel_helpers(void **state)
{
	(void)state;
	const char *type = NULL;

	assert_int_equal(qemu_helper_of("vhost-1234", &type), 1234);
	assert_string_equal(type, "vhost");
	assert_int_equal(qemu_helper_of("kvm-pit/7", &type), 7);
	assert_string_equal(type, "kvm-pit");
	assert_int_equal(qemu_helper_of("vhost-", &type), 0);
	assert_int_equal(qemu_helper_of("vhost-1x", &type), 0);
	assert_int_equal(qemu_helper_of("kworker/0:1", &type), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_names_and_uuids),
		cmocka_unit_test(test_hostile_command_lines),
		cmocka_unit_test(test_thread_types),
		cmocka_unit_test(test_kernel_helpers),
	};

	return cmocka_run_group_tests_name("qemu", tests, NULL, NULL);
}
