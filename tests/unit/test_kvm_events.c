/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/kvm_events: trees of tracefs as kernels of several ages have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "capture/capture.h"
#include "capture/kvm_events.h"
#include "machine_tree.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* Fields as kernel/trace/trace_events.c prints them. */
static void put(const struct machine_tree *t, const char *name, unsigned int id, const char *fields)
{
	char path[128], text[4096];

	snprintf(path, sizeof(path), "events/kvm/%s/format", name);
	snprintf(text, sizeof(text), "name: %s\nID: %u\nformat:\n" COMMON "%s\nprint fmt: \"\"\n",
		 name, id, fields);
	machine_tree_put(t, path, text);
}

#define EXIT_2011                                                            \
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n" \
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n" \
	"\tfield:u32 isa;\toffset:24;\tsize:4;\tsigned:0;\n"                 \
	"\tfield:u64 info1;\toffset:32;\tsize:8;\tsigned:0;\n"               \
	"\tfield:u64 info2;\toffset:40;\tsize:8;\tsigned:0;\n"
/* 2.6.31 had no instruction set in it. */
#define EXIT_2009                                                            \
	"\tfield:unsigned int exit_reason;\toffset:8;\tsize:4;\tsigned:0;\n" \
	"\tfield:unsigned long guest_rip;\toffset:16;\tsize:8;\tsigned:0;\n"
#define EXIT_ARM64                                                       \
	"\tfield:int ret;\toffset:8;\tsize:4;\tsigned:1;\n"              \
	"\tfield:unsigned int esr_ec;\toffset:12;\tsize:4;\tsigned:0;\n" \
	"\tfield:unsigned long vcpu_pc;\toffset:16;\tsize:8;\tsigned:0;\n"
#define PIO                                                            \
	"\tfield:unsigned int rw;\toffset:8;\tsize:4;\tsigned:0;\n"    \
	"\tfield:unsigned int port;\toffset:12;\tsize:4;\tsigned:0;\n" \
	"\tfield:unsigned int size;\toffset:16;\tsize:4;\tsigned:0;\n" \
	"\tfield:unsigned int count;\toffset:20;\tsize:4;\tsigned:0;\n"
#define NOTHING "\tfield:u32 vcpu_id;\toffset:8;\tsize:4;\tsigned:0;\n"

static void make_old_x86(struct machine_tree *t)
{
	machine_tree_make(t);
	put(t, "kvm_exit", 900, EXIT_2011);
	put(t, "kvm_entry", 901, NOTHING);
	put(t, "kvm_pio", 902, PIO);
	put(t, "kvm_eoi", 903,
	    "\tfield:__u32 apicid;\toffset:8;\tsize:4;\tsigned:0;\n"
	    "\tfield:int vector;\toffset:12;\tsize:4;\tsigned:1;\n");
	put(t, "kvm_zzz", 904, NOTHING);
	put(t, "kvm_aaa", 905, NOTHING);
	machine_tree_put(t, "events/kvm/enable", "0\n");
	machine_tree_put(t, "events/kvm/filter", "none\n");
}

static const struct kvm_event *find(const struct kvm_events *k, const char *name)
{
	for (unsigned int i = 0; i < k->n; i++)
		if (!strcmp(k->item[i].name, name))
			return &k->item[i];
	return NULL;
}

static void test_core_are_exit_entry_and_the_core_of_the_list(void **state)
{
	(void)state;
	struct machine_tree t;
	struct kvm_events *k = NULL;
	struct err e = { 0 };

	make_old_x86(&t);
	assert_int_equal(kvm_events_read(t.fd, false, &k, &e), 0);
	assert_int_equal(k->n, 3);
	assert_int_equal(find(k, "kvm_exit")->id, 900);
	assert_int_equal(find(k, "kvm_exit")->layout.class, KVM_CLASS_EXIT);
	assert_int_equal(find(k, "kvm_entry")->layout.class, KVM_CLASS_ENTRY);
	assert_int_equal(find(k, "kvm_pio")->layout.kind, KVM_KIND_PIO);
	assert_true(kvm_events_have(k, KVM_CLASS_EXIT));
	assert_true(kvm_events_have(k, KVM_CLASS_OTHER));
	kvm_events_free(k);
	machine_tree_remove(&t);
}

static void test_all_names_those_without_a_number_in_order(void **state)
{
	(void)state;
	struct machine_tree t;
	struct kvm_events *k = NULL;
	struct err e = { 0 };

	make_old_x86(&t);
	assert_int_equal(kvm_events_read(t.fd, true, &k, &e), 0);
	assert_int_equal(k->n, 6);
	assert_int_equal(find(k, "kvm_eoi")->layout.kind, KVM_KIND_EOI);
	assert_int_equal(find(k, "kvm_aaa")->layout.kind, KVM_KIND_NAMED);
	assert_int_equal(find(k, "kvm_zzz")->layout.kind, KVM_KIND_NAMED + 1);
	kvm_events_free(k);
	machine_tree_remove(&t);
}

static void check_exit(const char *fields, const uint32_t raw[4], unsigned int isa, uint32_t reason)
{
	struct machine_tree t;
	struct kvm_events *k = NULL;
	struct kvm_record record;
	uint8_t bytes[64] = { 0 };
	struct err e = { 0 };

	machine_tree_make(&t);
	put(&t, "kvm_exit", 7, fields);
	assert_int_equal(kvm_events_read(t.fd, false, &k, &e), 0);
	memcpy(bytes + 8, raw, 2 * sizeof(raw[0]));
	memcpy(bytes + 24, raw + 2, 2 * sizeof(raw[0]));
	assert_int_equal(kvm_layout_read(&k->item[0].layout, bytes, sizeof(bytes), false, &record),
			 0);
	assert_int_equal(record.isa, isa);
	assert_int_equal(record.reason, reason);
	/* A shorter record than this kernel makes. */
	assert_int_equal(kvm_layout_read(&k->item[0].layout, bytes, k->item[0].layout.bytes - 1,
					 false, &record),
			 -EBADMSG);
	assert_false(kvm_events_have(k, KVM_CLASS_ENTRY));
	assert_false(kvm_events_have(k, KVM_CLASS_OTHER));
	kvm_events_free(k);
	machine_tree_remove(&t);
}

static void test_exits_of_several_kernels(void **state)
{
	(void)state;
	check_exit(EXIT_2011, (uint32_t[]){ 48, 0, KVM_ISA_VMX, 0 }, KVM_ISA_VMX, 48);
	check_exit(EXIT_2009, (uint32_t[]){ 30, 0, 99, 0 }, KVM_ISA_UNKNOWN, 30);
	check_exit(EXIT_ARM64, (uint32_t[]){ 2, 0x24, 0, 0 }, KVM_ISA_ARM64, 0x24);
	check_exit(EXIT_ARM64, (uint32_t[]){ 0, 0x24, 0, 0 }, KVM_ISA_ARM64, 0x100);
}

static void test_no_kvm_is_an_error_only_when_nothing_else_is_asked(void **state)
{
	(void)state;
	struct machine_tree t;
	struct kvm_events *k = NULL;
	struct err e = { 0 };
	char note[256];
	unsigned int events = CAPTURE_KVM | CAPTURE_TASK;

	machine_tree_make(&t);
	machine_tree_put(&t, "events/sched/enable", "0\n");
	assert_int_equal(kvm_events_settle(t.fd, &events, &k, note, sizeof(note), &e), -ENOENT);
	assert_string_equal(e.text, "this kernel has no kvm events (the kvm module is not loaded) "
				    "(try: modprobe kvm)");
	events = CAPTURE_KVM_ALL | CAPTURE_SWITCH | CAPTURE_TASK;
	assert_int_equal(kvm_events_settle(t.fd, &events, &k, note, sizeof(note), &e), 0);
	assert_int_equal(events, CAPTURE_SWITCH | CAPTURE_TASK);
	assert_null(k);
	assert_string_equal(note, "this kernel has no kvm events (the kvm module is not loaded), "
				  "recording without them (try: modprobe kvm)");
	/* Not asked for: not looked for. */
	events = CAPTURE_TASK;
	assert_int_equal(kvm_events_settle(-1, &events, &k, note, sizeof(note), &e), 0);
	assert_string_equal(note, "");
	machine_tree_remove(&t);
}

static void refused(const struct machine_tree *t, bool all, int code, const char *words)
{
	struct kvm_events *k = NULL;
	struct err e = { 0 };

	assert_int_equal(kvm_events_read(t->fd, all, &k, &e), code);
	assert_null(k);
	if (!strstr(e.text, words))
		fail_msg("'%s' does not say '%s'", e.text, words);
}

static void test_hostile_trees(void **state)
{
	(void)state;
	struct machine_tree t;
	char name[32];

	machine_tree_make(&t);
	machine_tree_put(&t, "events/kvm/kvm_other/format", "");
	refused(&t, false, -ENOENT, "no kvm events that can be recorded");
	refused(&t, true, -EINVAL, "");
	machine_tree_put(&t, "events/kvm/kvm_exit/enable", "0\n"); /* and no format */
	refused(&t, false, -ENOENT, "kvm/kvm_exit");
	put(&t, "kvm_exit", 1, NOTHING);
	refused(&t, false, -EINVAL, "exit_reason");
	put(&t, "kvm_exit", 1, "\tfield:char exit_reason[16];\toffset:8;\tsize:16;\tsigned:0;\n");
	refused(&t, false, -EINVAL, "is no integer");
	machine_tree_put(&t, "events/kvm/kvm_exit/format", "name: kvm_en");
	refused(&t, false, -EINVAL, "");
	machine_tree_put(&t, "events/kvm/kvm_exit/format",
			 "name: kvm_entry\nID: 3\nformat:\n" COMMON);
	refused(&t, false, -EINVAL, "calls itself 'kvm_entry'");
	put(&t, "kvm_exit", 1, EXIT_2011);
	machine_tree_put(&t, "events/kvm/kvm_other/format",
			 "name: kvm_other\nID: 3\nformat:\n" COMMON);
	for (unsigned int i = 0; i < KVM_KIND_MAX - KVM_KIND_NAMED + 1; i++) {
		snprintf(name, sizeof(name), "kvm_n%u", i);
		put(&t, name, 10 + i, NOTHING);
	}
	refused(&t, true, -E2BIG, "-e kvm");
	machine_tree_remove(&t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_core_are_exit_entry_and_the_core_of_the_list),
		cmocka_unit_test(test_all_names_those_without_a_number_in_order),
		cmocka_unit_test(test_exits_of_several_kernels),
		cmocka_unit_test(test_no_kvm_is_an_error_only_when_nothing_else_is_asked),
		cmocka_unit_test(test_hostile_trees),
	};

	return cmocka_run_group_tests_name("kvm_events", tests, NULL, NULL);
}
