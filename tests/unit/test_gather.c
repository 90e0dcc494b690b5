/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/gather. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "capture/gather.h"
#include "model/file_track.h"
#include "row_text.h"

struct bench {
	struct gather g;
	struct row_text *rows;
};

static void bench_open(struct bench *b)
{
	b->rows = row_text_new();
	assert_int_equal(gather_init(&b->g, 2), 0);
	b->g.sink = &b->rows->sink;
}

static void bench_close(struct bench *b)
{
	gather_done(&b->g);
	row_text_free(b->rows);
}

static const char *flushed(struct bench *b)
{
	struct err e = { 0 };

	assert_int_equal(gather_flush(&b->g, &e), 0);
	return buf_str(&b->rows->text);
}

static void test_only_covered_time_passes(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b);
	assert_int_equal(gather_switch(&b.g, 0, 100, 7, 8, 1, 120), 0); /* not covered yet */
	gather_cover(&b.g, 0, 200, 400);
	assert_int_equal(gather_switch(&b.g, 0, 199, 7, 8, 1, 120), 0);
	assert_int_equal(gather_switch(&b.g, 0, 200, 7, 8, 1, 120), 0);
	assert_int_equal(gather_switch(&b.g, 0, 400, 8, 7, 0x100, 98), 0);
	assert_int_equal(gather_switch(&b.g, 0, 401, 7, 8, 1, 120), 0);
	assert_int_equal(gather_wakeup(&b.g, 0, 401, 7, 8, 0, 0), 0);
	assert_int_equal(gather_migrate(&b.g, 0, 199, 7, 0, 1), 0);
	assert_int_equal(gather_wakeup(&b.g, 1, 300, 7, 8, 0, 0), 0); /* the other CPU is not */
	assert_string_equal(flushed(&b), "switch 0 200 next=7 prev=8 state=1 prio=120\n"
					 "switch 0 400 next=8 prev=7 state=256 prio=98\n");
	assert_int_equal(b.g.events, 2);
	bench_close(&b);
}

static void test_overtaking_events_are_put_in_order(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b);
	gather_cover(&b.g, 0, 0, NSEC_MAX);
	assert_int_equal(gather_wakeup(&b.g, 0, 10, 1, 9, 0, 0), 0);
	assert_int_equal(gather_wakeup(&b.g, 0, 30, 3, 9, 1, WAKEUP_FLAG_NEW), 0);
	assert_int_equal(gather_wakeup(&b.g, 0, 40, 4, 9, 0, 0), 0);
	assert_int_equal(gather_wakeup(&b.g, 0, 20, 2, 9, 0, 0), 0);
	assert_int_equal(gather_wakeup(&b.g, 0, 50, 5, 9, 0, 0), 0);
	assert_string_equal(flushed(&b), "wakeup 0 10 tid=1 waker=9 target=0 flags=0\n"
					 "wakeup 0 20 tid=2 waker=9 target=0 flags=0\n"
					 "wakeup 0 30 tid=3 waker=9 target=1 flags=1\n"
					 "wakeup 0 40 tid=4 waker=9 target=0 flags=0\n"
					 "wakeup 0 50 tid=5 waker=9 target=0 flags=0\n");
	/* Too late: what it belongs before is written. */
	assert_int_equal(gather_wakeup(&b.g, 0, 45, 6, 9, 0, 0), 0);
	assert_non_null(strstr(flushed(&b), "wakeup 0 50 tid=6"));
	bench_close(&b);
}

static void test_kvm_events_have_streams_of_their_own(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b);
	gather_cover(&b.g, 1, 10, 100);
	assert_int_equal(gather_kvm_exit(&b.g, 1, 9, 7, KVM_ISA_VMX, 48), 0);
	assert_int_equal(gather_kvm_exit(&b.g, 1, 10, 7, KVM_ISA_VMX, 48), 0);
	assert_int_equal(gather_kvm_entry(&b.g, 1, 30, 7), 0);
	assert_int_equal(gather_kvm_entry(&b.g, 1, 101, 7), 0);
	/* An interrupt's event took the later place and the earlier time. */
	assert_int_equal(gather_kvm(&b.g, 1, 25, 7, KVM_KIND_PIO, 0x3f8, 0x10101), 0);
	assert_int_equal(
		gather_kvm(&b.g, 1, 20, 7, KVM_KIND_MMIO, UINT64_C(0xfee00000fee00300), 0x204), 0);
	assert_int_equal(gather_kvm(&b.g, 0, 20, 7, KVM_KIND_PIO, 1, 1), 0); /* not covered */
	assert_string_equal(flushed(&b),
			    "kvm_exit 1 10 tid=7 isa=1 reason=48\n"
			    "kvm_entry 1 30 tid=7\n"
			    "kvm 1 20 kind=2 tid=7 what=18365679284692976384 detail=516\n"
			    "kvm 1 25 kind=3 tid=7 what=1016 detail=65793\n");
	assert_int_equal(b.g.events, 4);
	assert_int_equal(gather_loss(&b.g, 1, &track_kvm, 40, 50, 3), 0);
	assert_non_null(strstr(flushed(&b), "loss 1 40 end=50 track=21 count=3 cause=1\n"));
	bench_close(&b);
}

static void test_full_batches_go_out_by_themselves(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b);
	b.rows->count_only = true;
	gather_cover(&b.g, 1, 0, NSEC_MAX);
	for (uint32_t i = 0; i < GATHER_ROWS + 1; i++)
		assert_int_equal(gather_migrate(&b.g, 1, i, i, 0, 1), 0);
	assert_int_equal(b.rows->rows[track_migrate.id], GATHER_ROWS);
	flushed(&b);
	assert_int_equal(b.rows->rows[track_migrate.id], GATHER_ROWS + 1);
	bench_close(&b);
}

static void test_tasks_are_flagged(void **state)
{
	(void)state;
	struct bench b;
	struct gather_task t = {
		.time = 5, .kind = TASK_FORK, .tid = 11, .tgid = 10, .parent = 3, .comm = "worker"
	};
	char self[256];

	bench_open(&b);
	assert_int_equal(gather_task(&b.g, 1, &t), 0);
	t.kernel = true;
	t.kind = TASK_ALIVE;
	t.comm = "";
	assert_int_equal(gather_task(&b.g, BATCH_CPU_NONE, &t), 0);
	t.kernel = false;
	t.tgid = (uint32_t)getpid();
	assert_int_equal(gather_task(&b.g, 77, &t), 0); /* a CPU that nobody knew of */
	snprintf(self, sizeof(self),
		 "task 1 5 kind=2 tid=11 tgid=10 parent=3 flags=0 comm=worker\n"
		 "task -1 5 kind=1 tid=11 tgid=10 parent=3 flags=2 comm=\n"
		 "task -1 5 kind=1 tid=11 tgid=%d parent=3 flags=1 comm=\n",
		 (int)getpid());
	assert_string_equal(flushed(&b), self);
	assert_int_equal(b.g.events, 0);
	bench_close(&b);
}

static void test_losses_become_rows(void **state)
{
	(void)state;
	struct bench b;

	bench_open(&b);
	assert_int_equal(gather_loss(&b.g, 0, &track_switch, 100, 180, 12), 0);
	assert_int_equal(gather_loss(&b.g, 0, NULL, 90, 95, 3), 0);
	assert_int_equal(gather_loss(&b.g, BATCH_CPU_NONE, &track_task, 1, 2, 1), 0);
	assert_string_equal(flushed(&b), "loss 0 90 end=95 track=0 count=3 cause=1\n"
					 "loss 0 100 end=180 track=16 count=12 cause=1\n"
					 "loss -1 1 end=2 track=8 count=1 cause=1\n");
	assert_int_equal(b.g.lost, 16);
	bench_close(&b);
}

static int refuse(struct sink *s, const struct batch *b, struct err *e)
{
	(void)s;
	(void)b;
	return err_set(e, -ENOSPC, "disk full");
}

static void test_a_failing_sink_is_told(void **state)
{
	(void)state;
	struct gather g;
	struct sink sink = { refuse };
	struct err e = { 0 };

	assert_int_equal(gather_init(&g, 1), 0);
	g.sink = &sink;
	gather_cover(&g, 0, 0, NSEC_MAX);
	assert_int_equal(gather_switch(&g, 0, 1, 2, 3, 0, 0), 0);
	assert_int_equal(gather_flush(&g, &e), -ENOSPC);
	assert_string_equal(e.text, "disk full");
	gather_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_only_covered_time_passes),
		cmocka_unit_test(test_overtaking_events_are_put_in_order),
		cmocka_unit_test(test_kvm_events_have_streams_of_their_own),
		cmocka_unit_test(test_full_batches_go_out_by_themselves),
		cmocka_unit_test(test_tasks_are_flagged),
		cmocka_unit_test(test_losses_become_rows),
		cmocka_unit_test(test_a_failing_sink_is_told),
	};

	return cmocka_run_group_tests_name("gather", tests, NULL, NULL);
}
