/* SPDX-License-Identifier: MIT */
/* Rows of the kvm tracks, and kinds of tracepoints without a number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "import/kvm_rows.h"
#include "perf_conversion.h"

static void test_rows(void **state)
{
	const struct kvm_record exit = { .isa = KVM_ISA_SVM, .reason = 0x400 };
	const struct kvm_record mmio = { .what = 0xfee00000, .detail = 0x104 };
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	struct kvm_rows k;

	(void)state;
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	kvm_rows_init(&k, &s);
	assert_int_equal(kvm_rows_add(&k, 1, 10, 7, KVM_CLASS_EXIT, 0, &exit, NULL), 0);
	assert_int_equal(kvm_rows_add(&k, 1, 30, 7, KVM_CLASS_ENTRY, 0, &exit, NULL), 0);
	assert_int_equal(kvm_rows_add(&k, 1, 20, 7, KVM_CLASS_OTHER, KVM_KIND_MMIO, &mmio, NULL),
			 0);
	assert_int_equal(sched_rows_stat(&s, 0, 25, STAT_IOWAIT, 9, UINT64_C(1) << 40, NULL), 0);
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_int_equal(sched_rows_events(&s), 4);
	assert_int_equal(s.start, 10);
	assert_int_equal(s.last, 30);
	assert_string_equal(buf_str(&out->text),
			    "stat 0 25 kind=3 tid=9 nsec=1099511627776\n"
			    "kvm_exit 1 10 tid=7 isa=2 reason=1024\n"
			    "kvm_entry 1 30 tid=7\n"
			    "kvm 1 20 kind=2 tid=7 what=4276092928 detail=260\n");
	kvm_rows_done(&k);
	sched_rows_done(&s);
}

static void test_kinds(void **state)
{
	struct conversion c = { 0 };
	struct import_args args = { .meta = take_meta, .ctx = &c };
	struct kvm_rows k;
	char name[32];

	(void)state;
	kvm_rows_init(&k, NULL);
	buf_init(&c.meta, 0);
	assert_int_equal(kvm_rows_kind(&k, "kvm_b and more", 5), KVM_KIND_NAMED);
	assert_int_equal(kvm_rows_kind(&k, "kvm_a", 5), KVM_KIND_NAMED + 1);
	assert_int_equal(kvm_rows_kind(&k, "kvm_", 4), KVM_KIND_NAMED + 2);
	assert_int_equal(kvm_rows_kind(&k, "kvm_b", 5), KVM_KIND_NAMED);
	assert_int_equal(kvm_rows_meta(&k, &args, NULL), 0);
	assert_string_equal(buf_str(&c.meta),
			    "kvm.kind.128=kvm_b\nkvm.kind.129=kvm_a\nkvm.kind.130=kvm_\n");
	for (int i = 3; i < KVM_ROWS_NAMES; i++) {
		int n = snprintf(name, sizeof(name), "kvm_%d", i);

		assert_int_equal(kvm_rows_kind(&k, name, (size_t)n), KVM_KIND_NAMED + i);
	}
	assert_int_equal(kvm_rows_kind(&k, "kvm_c", 5), -ENOSPC);
	assert_int_equal(kvm_rows_kind(&k, "kvm_255", 7), -ENOSPC);
	assert_int_equal(kvm_rows_kind(&k, "kvm_127", 7), KVM_KIND_MAX);
	kvm_rows_done(&k);
	buf_done(&c.meta);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests_name("kvm_rows", tests, NULL, NULL);
}
