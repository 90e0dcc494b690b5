/* SPDX-License-Identifier: MIT */
/* What the KVM programs compute (bpf/kvm_event.h) against the rules for everybody else
 * (kvm_layout_read()), on records of random bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/types.h>
#include <string.h>

#include "capture/bpf_kvm.h"
#include "kvm_event.h"

#define RECORD_BYTES 64u

static uint32_t seed = 1;

static uint32_t next(void)
{
	seed = seed * 1664525u + 1013904223u;
	return seed >> 8;
}

/* As read_field() in sched.bpf.c. */
static int64_t read_field(const struct kvm_event_layout *l, unsigned int i, const uint8_t *raw)
{
	uint64_t v;

	if (!(l->there >> i & 1))
		return 0;
	memcpy(&v, raw + l->field[i].offset, sizeof(v));
	return kvm_event_value(l, i, v);
}

static void random_layout(struct kvm_layout *l, enum kvm_class class)
{
	*l = (struct kvm_layout){ .class = class, .kind = 5 };
	l->bytes = RECORD_BYTES;
	for (unsigned int i = 0; i < KVM_EVENT_FIELDS; i++)
		l->field[i] = (struct kvm_layout_field){
			.offset = (uint16_t)(8 + next() % 48),
			.size = (uint8_t)(next() % 4 ? 1u << next() % 4 : 0),
			.shift = (uint8_t)(i ? next() % 32 : 0),
			.is_signed = next() % 2,
		};
	if (class == KVM_CLASS_EXIT) {
		l->field[0].size = 4;
		l->isa = next() % 2 ? KVM_ISA_ARM64 : KVM_ISA_UNKNOWN;
	}
}

static void random_record(uint8_t raw[RECORD_BYTES + 8])
{
	/* Traps and small instruction set numbers are as likely as noise. */
	for (unsigned int i = 0; i < RECORD_BYTES + 8; i++)
		raw[i] = next() % 2 ? (uint8_t)(next() % 4) : (uint8_t)next();
}

static void test_other_events(void **state)
{
	(void)state;
	for (unsigned int n = 0; n < 20000; n++) {
		struct kvm_layout l;
		struct kvm_event_layout v;
		struct kvm_record want;
		uint8_t raw[RECORD_BYTES + 8];
		uint32_t detail = 0;

		random_layout(&l, KVM_CLASS_OTHER);
		random_record(raw);
		bpf_kvm_layout(&l, &v);
		assert_int_equal(kvm_layout_read(&l, raw, RECORD_BYTES, false, &want), 0);
		for (unsigned int i = 1; i < KVM_EVENT_FIELDS; i++)
			detail += kvm_event_part(&v, i, read_field(&v, i, raw));
		assert_int_equal(v.kind, 5);
		assert_int_equal((uint64_t)read_field(&v, 0, raw), want.what);
		assert_int_equal(detail, want.detail);
	}
}

static void test_exits(void **state)
{
	(void)state;
	unsigned int traps = 0, others = 0;

	for (unsigned int n = 0; n < 20000; n++) {
		struct kvm_layout l;
		struct kvm_event_layout v;
		struct kvm_record want;
		uint8_t raw[RECORD_BYTES + 8];

		random_layout(&l, KVM_CLASS_EXIT);
		random_record(raw);
		/* The kernel's isa is 1 or 2; only 3 bits of it go through the ring. */
		if (!l.isa && l.field[1].size) {
			memset(raw + l.field[1].offset, 0, l.field[1].size);
			raw[l.field[1].offset] = (uint8_t)(next() % 8);
		}
		bpf_kvm_layout(&l, &v);
		assert_int_equal(kvm_layout_read(&l, raw, RECORD_BYTES, false, &want), 0);
		uint64_t word = kvm_event_exit(&v, (uint64_t)read_field(&v, 0, raw),
					       (uint64_t)read_field(&v, 1, raw));

		assert_int_equal((uint32_t)word, want.reason);
		assert_int_equal(word >> 32, want.isa);
		bool arm = l.isa == KVM_ISA_ARM64 && l.field[1].size;

		traps += arm && raw[l.field[1].offset] == KVM_EVENT_ARM_TRAP;
		others += arm && raw[l.field[1].offset] != KVM_EVENT_ARM_TRAP;
	}
	assert_true(traps > 10 && others > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_other_events),
		cmocka_unit_test(test_exits),
	};

	return cmocka_run_group_tests_name("bpf_kvm", tests, NULL, NULL);
}
