/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/kvm_scan: KVM events and switches as spans, one line of text each. */
#include "view_text.h"

#include "analysis/kvm_scan.h"

#define VMX KVM_ISA_VMX
#define HLT 12
#define IO  30
#define INT 1

static const char *const kind_name[] = { "?", "guest", "host", "exit", "last", "lone" };

/* "exit 7 100-100 r12", with "off10" and "out" or "asleep" where they apply. */
static void put_span(struct buf *out, const struct source *src, const struct kvm_span *k)
{
	buf_addf(out, "%s%s %u %" PRIu64 "-%" PRIu64, out->len ? "; " : "", kind_name[k->kind],
		 tasks_at(src->tasks, k->task)->tid, k->begin, k->end);
	if (k->kind != KVM_SPAN_LONE)
		buf_addf(out, " r%u", k->reason);
	if (k->off_cpu)
		buf_addf(out, " off%" PRIu64, k->off_cpu);
	if (k->flags & KVM_SPAN_OUT)
		buf_add_str(out, k->flags & KVM_SPAN_ASLEEP ? " asleep" : " out");
}

static const char *scan_text(struct source *src, const struct kvm_scan_query *q,
			     struct kvm_scan_stats *ret_stats, struct buf *out)
{
	auto_ptr(task_index) index = task_index_new(src->tasks);
	auto_ptr(kvm_scan) scan = NULL;
	const struct kvm_span *span;
	nsec_t last = 0;
	size_t n;
	int r;

	buf_clear(out);
	assert_int_equal(kvm_scan_new(src, q, index, &scan, NULL), 0);
	while ((r = kvm_scan_next(scan, &span, &n, NULL)) > 0) {
		for (size_t i = 0; i < n; i++) {
			assert_true(span[i].begin <= span[i].end && span[i].end >= last);
			last = span[i].end;
			put_span(out, src, &span[i]);
		}
	}
	assert_int_equal(r, 0);
	if (ret_stats)
		*ret_stats = *kvm_scan_stats(scan);
	return buf_str(out);
}

/* [from, to) of a made-up run; to 0: all of it. */
static void check(void (*build)(struct scenario *), nsec_t from, nsec_t to, const char *expected,
		  struct kvm_scan_stats *ret_stats)
{
	static const uint32_t rows[] = { 1, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct scenario s;
		auto_buf out;

		buf_init(&out, 0);
		scenario_init(&s, rows[i]);
		build(&s);
		struct source *src = scenario_source(&s);
		struct kvm_scan_query q = { .from = to ? from : src->info->start,
					    .to = to ? to : src->info->end };

		assert_string_equal(scan_text(src, &q, ret_stats, &out), expected);
		scenario_done(&s);
	}
}

/* One vCPU: an exit that costs 50, one in which it sleeps and wakes up elsewhere. */
static void one_vcpu(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_entry(s, 0, 100, 7);
	scenario_exit(s, 0, 200, 7, VMX, IO);
	scenario_entry(s, 0, 250, 7);
	scenario_exit(s, 0, 400, 7, VMX, HLT);
	scenario_switch(s, 0, 410, 7, 0, 1);
	scenario_switch(s, 1, 900, 0, 7, 0);
	scenario_entry(s, 1, 1000, 7);
	scenario_exit(s, 1, 1100, 7, VMX, IO);
	scenario_end(s, 0, 2000);
	scenario_end(s, 1, 2000);
}

static void test_spans(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(one_vcpu, 0, 0,
	      "lone 7 100-100; exit 7 200-200 r30; guest 7 100-200 r30; host 7 200-250 r30; "
	      "exit 7 400-400 r12; guest 7 250-400 r12; last 7 400-410 r12 asleep; "
	      "host 7 400-1000 r12 off490 asleep; exit 7 1100-1100 r30; guest 7 1000-1100 r30",
	      &stats);
	assert_int_equal(stats.exits, 3);
	assert_int_equal(stats.entries, 3);
	assert_int_equal(stats.lone, 1);
	assert_int_equal(stats.covered, 2000);
	assert_true(stats.timed && stats.switches && !stats.user);
}

/* A span is of the window in which it ends; neighbouring windows hold everything once. */
static void test_windows(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(one_vcpu, 0, 250, "lone 7 100-100; exit 7 200-200 r30; guest 7 100-200 r30", NULL);
	check(one_vcpu, 250, 405, "host 7 200-250 r30; exit 7 400-400 r12; guest 7 250-400 r12",
	      &stats);
	assert_int_equal(stats.exits, 1);
	assert_int_equal(stats.entries, 1);
	assert_int_equal(stats.covered, 155);
	check(one_vcpu, 405, 1000, "last 7 400-410 r12 asleep", NULL);
	check(one_vcpu, 1000, 2000,
	      "host 7 400-1000 r12 off490 asleep; exit 7 1100-1100 r30; guest 7 1000-1100 r30",
	      NULL);
}

static void test_cpus(void **state)
{
	struct scenario s;
	struct cpuset second = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	cpuset_add(&second, 1);
	scenario_init(&s, 10);
	one_vcpu(&s);
	struct source *src = scenario_source(&s);
	struct kvm_scan_query q = { .to = src->info->end, .cpus = &second };

	assert_string_equal(scan_text(src, &q, NULL, &out),
			    "host 7 400-1000 r12 off490 asleep; exit 7 1100-1100 r30; "
			    "guest 7 1000-1100 r30");
	scenario_done(&s);
}

/* Preempted twice within one exit: both count as off CPU, the first is the last exit. */
static void preempted(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_exit(s, 0, 0, 7, VMX, INT);
	scenario_switch(s, 0, 10, 7, 8, 0x100);
	scenario_switch(s, 0, 30, 8, 7, 1);
	scenario_switch(s, 0, 50, 7, 8, 1);
	scenario_switch(s, 0, 90, 8, 7, 1);
	scenario_entry(s, 0, 100, 7);
	scenario_switch(s, 0, 110, 7, 8, 0x100); /* in the guest, a tracer says */
	scenario_switch(s, 0, 150, 8, 7, 1);
	scenario_exit(s, 0, 200, 7, VMX, INT);
	scenario_end(s, 0, 300);
}

static void test_preemption(void **state)
{
	(void)state;
	check(preempted, 0, 0,
	      "exit 7 0-0 r1; last 7 0-10 r1 out; host 7 0-100 r1 off60 out; "
	      "exit 7 200-200 r1; guest 7 100-200 r1 off40",
	      NULL);
}

static void without_partners(struct scenario *s)
{
	scenario_exit(s, 0, 100, 7, VMX, 1);
	scenario_exit(s, 0, 200, 7, VMX, 2);
	scenario_exit(s, 0, 300, 7, VMX, 3);
	scenario_entry(s, 0, 400, 7);
	scenario_entry(s, 0, 500, 7);
	scenario_exit(s, 0, 600, 7, VMX, 4);
}

static void test_without_partners(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(without_partners, 0, 0,
	      "exit 7 100-100 r1; exit 7 200-200 r2; exit 7 300-300 r3; lone 7 300-300; "
	      "host 7 300-400 r3; lone 7 400-400; lone 7 500-500; exit 7 600-600 r4; "
	      "guest 7 500-600 r4",
	      &stats);
	assert_int_equal(stats.lone, 3);
	assert_false(stats.switches);
}

/* A clock of a microsecond: the entry came between the two exits, whatever the order of tracks. */
static void equal_times(struct scenario *s)
{
	scenario_entry(s, 0, 0, 7);
	scenario_exit(s, 0, 1000, 7, VMX, 1);
	scenario_exit(s, 0, 2000, 7, VMX, 2);
	scenario_entry(s, 0, 2000, 7);
	scenario_exit(s, 0, 3000, 7, VMX, 3);
	scenario_exit(s, 0, 3000, 7, VMX, 4);
	scenario_entry(s, 0, 3000, 7);
	scenario_entry(s, 0, 4000, 7);
	scenario_exit(s, 0, 5000, 7, VMX, 5);
	scenario_entry(s, 0, 5000, 7);
}

static void test_equal_times(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(equal_times, 0, 0,
	      "lone 7 0-0; exit 7 1000-1000 r1; guest 7 0-1000 r1; exit 7 2000-2000 r2; "
	      "host 7 1000-2000 r1; guest 7 2000-2000 r2; exit 7 3000-3000 r3; "
	      "exit 7 3000-3000 r4; lone 7 3000-3000; host 7 3000-3000 r3; "
	      "guest 7 3000-3000 r4; host 7 3000-4000 r4; exit 7 5000-5000 r5; "
	      "guest 7 4000-5000 r5; host 7 5000-5000 r5",
	      &stats);
}

/* The same clock does not tell an exit from the switch-out behind it. */
static void exit_and_switch_at_once(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_entry(s, 0, 0, 7);
	scenario_exit(s, 0, 1000, 7, VMX, HLT);
	scenario_switch(s, 0, 1000, 7, 0, 1);
	scenario_switch(s, 0, 5000, 0, 7, 1);
	scenario_entry(s, 0, 6000, 7);
	scenario_end(s, 0, 9000);
}

static void test_exit_and_switch_at_once(void **state)
{
	(void)state;
	check(exit_and_switch_at_once, 0, 0,
	      "lone 7 0-0; exit 7 1000-1000 r12; guest 7 0-1000 r12; "
	      "last 7 1000-1000 r12 asleep; host 7 1000-6000 r12 off4000 asleep",
	      NULL);
}

/* A loss on any CPU forgets all; within it exits count and no more. */
static void with_loss(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_start(s, 1, 0);
	scenario_entry(s, 0, 100, 7);
	scenario_exit(s, 0, 200, 7, VMX, 1);
	scenario_loss(s, 1, 250, 450, &track_kvm_entry, 3);
	scenario_entry(s, 0, 300, 7);
	scenario_exit(s, 0, 400, 7, VMX, 2);
	scenario_entry(s, 0, 500, 7);
	scenario_exit(s, 0, 600, 7, VMX, 3);
	scenario_loss(s, 1, 700, 700, &track_wakeup, 3); /* not ours */
	scenario_entry(s, 0, 800, 7);
	scenario_end(s, 0, 1000);
	scenario_end(s, 1, 1000);
}

static void test_losses(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(with_loss, 0, 0,
	      "lone 7 100-100; exit 7 200-200 r1; guest 7 100-200 r1; exit 7 400-400 r2; "
	      "lone 7 500-500; exit 7 600-600 r3; guest 7 500-600 r3; host 7 600-800 r3",
	      &stats);
	assert_int_equal(stats.covered, 800);
	/* Reading begins at the loss when the window does not reach before it. */
	check(with_loss, 550, 1000, "exit 7 600-600 r3; guest 7 500-600 r3; host 7 600-800 r3",
	      NULL);
}

/* No kvm_exit here: exits to user space, and returns into KVM_RUN. */
static void user_exits(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_kvm(s, 0, 100, 7, KVM_KIND_USERSPACE_EXIT, 2, 0);
	scenario_kvm(s, 0, 150, 7, KVM_KIND_PIO, 0x10, 0);
	scenario_kvm(s, 0, 200, 7, KVM_KIND_FPU, 1, 0);
	scenario_kvm(s, 0, 290, 7, KVM_KIND_FPU, 0, 0);
	scenario_kvm(s, 0, 300, 7, KVM_KIND_USERSPACE_EXIT, 6, 0);
	scenario_switch(s, 0, 310, 7, 0, 1);
	scenario_switch(s, 0, 330, 0, 7, 1);
	scenario_kvm(s, 0, 400, 7, KVM_KIND_FPU, 1, 0);
	scenario_end(s, 0, 1000);
}

static void test_user_exits(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(user_exits, 0, 0,
	      "exit 7 100-100 r2; host 7 100-200 r2; exit 7 300-300 r6; "
	      "last 7 300-310 r6 asleep; host 7 300-400 r6 off20 asleep",
	      &stats);
	assert_true(stats.user && stats.timed);
	assert_int_equal(stats.exits, 2);
	assert_int_equal(stats.entries, 2);
}

static void user_exits_only(struct scenario *s)
{
	scenario_kvm(s, 0, 100, 7, KVM_KIND_USERSPACE_EXIT, 2, 0);
	scenario_kvm(s, 0, 200, 7, KVM_KIND_USERSPACE_EXIT, 2, 4); /* a signal */
	scenario_kvm(s, 0, 300, 7, KVM_KIND_USERSPACE_EXIT, UINT64_MAX, 0);
}

static void test_user_exits_have_no_length_without_returns(void **state)
{
	struct kvm_scan_stats stats;

	(void)state;
	check(user_exits_only, 0, 0,
	      "exit 7 100-100 r2; exit 7 200-200 r65540; exit 7 300-300 r4294967295", &stats);
	assert_true(stats.user && !stats.timed);
	assert_int_equal(stats.lone, 0);
}

/* A thread dies and its id is used again: another task, and nothing is known of it. */
static void reused_tid(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 7, "first", 0);
	scenario_start(s, 0, 0);
	scenario_exit(s, 0, 100, 7, VMX, 1);
	scenario_switch(s, 0, 200, 7, 0, 0x20);
	scenario_task(s, 200, TASK_EXIT, 7, "", 0);
	scenario_task(s, 300, TASK_FORK, 7, "second", 0);
	scenario_entry(s, 0, 400, 7);
	scenario_exit(s, 0, 500, 7, VMX, 2);
	scenario_end(s, 0, 1000);
}

static void test_reused_tid(void **state)
{
	(void)state;
	check(reused_tid, 0, 0,
	      "exit 7 100-100 r1; last 7 100-200 r1 out; lone 7 400-400; exit 7 500-500 r2; "
	      "guest 7 400-500 r2",
	      NULL);
}

static void none(struct scenario *s)
{
	scenario_switch(s, 0, 100, 7, 8, 1);
	scenario_switch(s, 0, 200, 8, 7, 1);
}

static void test_none(void **state)
{
	struct scenario s;

	(void)state;
	scenario_init(&s, 10);
	none(&s);
	assert_false(kvm_scan_can(scenario_source(&s)->info));
	scenario_done(&s);
	check(none, 0, 0, "", NULL);
}

/* Whatever the rows say, spans do not run backwards, and sums over windows are those of the whole.
 */
static void random_events(struct scenario *s)
{
	uint64_t seed = 5;
	nsec_t now = 0;

	for (unsigned int i = 0; i < 4000; i++) {
		seed = seed * 6364136223846793005u + 1442695040888963407u;
		uint32_t x = (uint32_t)(seed >> 33), cpu = x % 3, tid = 1 + x / 3 % 4;

		now += x / 16 % 40;
		switch (x / 1024 % 4) {
		case 0:
			scenario_exit(s, cpu, now, tid, x % 4, x / 64 % 8);
			break;
		case 1:
			scenario_entry(s, cpu, now, tid);
			break;
		default:
			scenario_switch(s, cpu, now, tid, x / 128 % 5, x / 512 % 3);
			break;
		}
		if (i % 1000 == 500)
			scenario_loss(s, cpu, now, now + x % 100, NULL, 0);
	}
}

struct totals {
	uint64_t n[6], length[6];
};

static struct totals add_up(struct source *src, nsec_t from, nsec_t to)
{
	auto_ptr(task_index) index = task_index_new(src->tasks);
	auto_ptr(kvm_scan) scan = NULL;
	struct kvm_scan_query q = { .from = from, .to = to };
	const struct kvm_span *span;
	struct totals t = { 0 };
	size_t n;

	assert_int_equal(kvm_scan_new(src, &q, index, &scan, NULL), 0);
	while (kvm_scan_next(scan, &span, &n, NULL) > 0) {
		for (size_t i = 0; i < n; i++) {
			const struct kvm_span *k = &span[i];

			assert_true(k->begin <= k->end && k->end >= from && k->end <= to);
			assert_true(k->off_cpu <= k->end - k->begin);
			t.n[k->kind]++;
			t.length[k->kind] += k->end - k->begin;
		}
	}
	assert_int_equal(t.n[KVM_SPAN_EXIT], kvm_scan_stats(scan)->exits);
	assert_int_equal(t.n[KVM_SPAN_LONE], kvm_scan_stats(scan)->lone);
	return t;
}

static void test_windows_add_up(void **state)
{
	struct totals all, parts = { 0 };
	struct scenario s;

	(void)state;
	scenario_init(&s, 7);
	random_events(&s);
	struct source *src = scenario_source(&s);
	nsec_t start = src->info->start, end = src->info->end;

	all = add_up(src, start, end);
	for (nsec_t at = start; at < end; at += 5000) {
		struct totals part = add_up(src, at, min_of(at + 5000, end));

		for (unsigned int i = 1; i < 6; i++) {
			parts.n[i] += part.n[i];
			parts.length[i] += part.length[i];
		}
	}
	for (unsigned int i = 1; i < 6; i++) {
		assert_true(all.n[i] > 0);
		assert_int_equal(parts.n[i], all.n[i]);
		assert_int_equal(parts.length[i], all.length[i]);
	}
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_preemption),
		cmocka_unit_test(test_without_partners),
		cmocka_unit_test(test_equal_times),
		cmocka_unit_test(test_exit_and_switch_at_once),
		cmocka_unit_test(test_losses),
		cmocka_unit_test(test_user_exits),
		cmocka_unit_test(test_user_exits_have_no_length_without_returns),
		cmocka_unit_test(test_reused_tid),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_windows_add_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
