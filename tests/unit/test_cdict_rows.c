/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/cdict_rows: each source of durations, and what is not known. */
#include "scenario.h"

#include <inttypes.h>

#include "analysis/cdict_rows.h"
#include "base/buf.h"
#include "model/kvm_track.h"

static void put_stat(struct scenario *s, uint32_t cpu, nsec_t time, enum stat_kind kind,
		     uint32_t tid, nsec_t ns)
{
	struct batch *b = scenario_row(s, &track_stat, cpu, time);

	batch_u8(b, STAT_KIND)[b->rows - 1] = (uint8_t)kind;
	batch_u32(b, STAT_TID)[b->rows - 1] = tid;
	batch_u64(b, STAT_NSEC)[b->rows - 1] = ns;
}

static void put_exit(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t reason)
{
	struct batch *b = scenario_row(s, &track_kvm_exit, cpu, time);

	batch_u32(b, KVM_EXIT_TID)[b->rows - 1] = tid;
	batch_u32(b, KVM_EXIT_REASON)[b->rows - 1] = reason;
}

static void put_entry(struct scenario *s, uint32_t cpu, nsec_t time, uint32_t tid)
{
	struct batch *b = scenario_row(s, &track_kvm_entry, cpu, time);

	batch_u32(b, KVM_ENTRY_TID)[b->rows - 1] = tid;
}

static void check(void (*build)(struct scenario *), bool first_names, const char *expected)
{
	static const char *const letter[CDICT_EVENTS] = { "switch",  "sleep", "iowait",
							  "runtime", "exit",  "entry" };
	static const uint32_t batches[] = { 1, 3, 1000 };

	for (size_t i = 0; i < ARRAY_SIZE(batches); i++) {
		const struct cdict_rows_query q = { .first_names = first_names };
		auto_ptr(cdict_rows) rows = NULL;
		struct scenario s;
		struct cdict_row r;
		struct err e = { 0 };
		auto_buf out;
		int ret;

		buf_init(&out, 0);
		scenario_init(&s, batches[i]);
		build(&s);
		assert_int_equal(cdict_rows_new(scenario_source(&s), &q, &rows, &e), 0);
		while ((ret = cdict_rows_next(rows, &r, NULL, NULL, &e)) > 0) {
			buf_addf(&out, "%s %u %" PRIu64 " %u:%s %" PRIu64, letter[r.event], r.cpu,
				 r.usecs, r.pid, r.task_name, r.duration);
			if (r.next_comm)
				buf_addf(&out, " > %u:%s", r.next_pid, r.next_comm);
			if (r.event == CDICT_EXIT)
				buf_addf(&out, " (%u)", r.reason);
			buf_add_str(&out, r.next_pid == CDICT_NO_NEXT ? " nil\n" : "\n");
		}
		assert_int_equal(ret, 0);
		assert_string_equal(buf_str(&out), expected);
		rows = cdict_rows_free(rows);
		scenario_done(&s);
	}
}

/* Times between events: us are thousands. */
static void measured(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 7, "seven", 0);
	scenario_task(s, 0, TASK_ALIVE, 8, "eight", 0);
	scenario_switch(s, 0, 10999, 7, 8, 1); /* since when 7 ran is not known */
	scenario_wakeup(s, 0, 15000, 7, 8);
	scenario_switch(s, 0, 20000, 8, 0, 2); /* D: no sleep */
	scenario_wakeup(s, 1, 25000, 8, 0);
	scenario_switch(s, 0, 30000, 0, 7, 0);
	scenario_start(s, 1, 5000);
	scenario_switch(s, 1, 40000, 9, 8, 0x100); /* preempted: no sleep */
	scenario_wakeup(s, 1, 45000, 9, 8);
	scenario_switch(s, 0, 50000, 7, 0, 1);
}

static void test_measured(void **state)
{
	(void)state;
	/* The first row is the sleep at 15 us; 10.999 to 15.000 are 4 us. */
	check(measured, false,
	      "sleep 0 0 7:seven 4\n"
	      "switch 0 5 8:eight 9 > 0:swapper/0\n"
	      "switch 0 15 0:swapper/0 0 > 7:seven\n"
	      "switch 1 25 9:<9> 35 > 8:eight\n"
	      "switch 0 35 7:seven 20 > 0:swapper/0\n");
}

static void by_statistics(struct scenario *s)
{
	scenario_switch(s, 0, 10000, 7, 8, 1);
	put_stat(s, 0, 11000, STAT_RUNTIME, 8, 900);
	put_stat(s, 0, 12000, STAT_RUNTIME, 7, 2300); /* whoever's: as the first tool counted */
	put_stat(s, 0, 13000, STAT_SLEEP, 7, 5000);
	put_stat(s, 0, 14000, STAT_IOWAIT, 9, 6999);
	put_stat(s, 0, 14000, STAT_BLOCKED, 9, 1000);
	scenario_wakeup(s, 0, 15000, 7, 8); /* repeats what the sleep tells */
	scenario_switch(s, 0, 20000, 8, 7, 1);
	scenario_switch(s, 0, 30000, 7, 8, 1);
}

static void test_statistics(void **state)
{
	(void)state;
	check(by_statistics, false,
	      "sleep 0 0 7:<7> 5\n"
	      "iowait 0 1 9:<9> 6\n"
	      "switch 0 7 8:<8> 3 > 7:<7>\n"
	      "switch 0 17 7:<7> 0 > 8:<8>\n");
}

static void told(struct scenario *s)
{
	scenario_switch(s, 0, 10000, 7, 8, 1);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 44000);
	put_stat(s, 0, 11000, STAT_RUNTIME, 8, 900);
	put_exit(s, 0, 12000, 8, 3);
	scenario_told(s, &track_kvm_exit, 0, KVM_EXIT_TOLD, 77000);
	put_entry(s, 0, 13000, 8);
	scenario_told(s, &track_kvm_entry, 0, KVM_ENTRY_TOLD, 0);
	scenario_switch(s, 0, 20000, 0, 7, 0);
	scenario_told(s, &track_switch, 0, SWITCH_RAN, 2000);
}

static void test_told(void **state)
{
	(void)state;
	check(told, false,
	      "switch 0 0 7:<7> 44 > 8:<8>\n"
	      "exit 0 2 8:<8> 77 (3) nil\n"
	      "entry 0 3 8:<8> 0 nil\n"
	      "switch 0 10 0:swapper/0 2 > 7:<7>\n");
}

static void guests(struct scenario *s)
{
	scenario_switch(s, 0, 1000, 7, 8, 1);
	put_exit(s, 0, 10000, 8, 1); /* its entry was not seen */
	put_entry(s, 0, 12000, 8);
	put_exit(s, 1, 20000, 8, 2); /* on another CPU */
	put_exit(s, 0, 21000, 8, 3); /* the entry between is missing */
	put_entry(s, 0, 30000, 8);
	scenario_loss(s, 0, 31000, 32000, &track_kvm_exit, 1);
	put_exit(s, 0, 40000, 8, 4);
	put_entry(s, 0, 41000, 8);
}

static void test_guests(void **state)
{
	(void)state;
	check(guests, false,
	      "entry 0 0 8:<8> 2 nil\n"
	      "exit 1 8 8:<8> 8 (2) nil\n"
	      "entry 0 18 8:<8> 9 nil\n"
	      "entry 0 29 8:<8> 1 nil\n");
}

static void with_loss(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 10000, 7, 8, 1);
	scenario_loss(s, 0, 12000, 20000, &track_switch, 3);
	scenario_switch(s, 0, 15000, 5, 6, 1); /* inside */
	scenario_switch(s, 0, 30000, 6, 7, 1); /* 6 may have come and gone */
	scenario_wakeup(s, 0, 35000, 8, 7); /* as may have 8 */
	scenario_switch(s, 0, 40000, 7, 8, 1);
	scenario_wakeup(s, 0, 42000, 7, 8);
}

static void test_loss(void **state)
{
	(void)state;
	check(with_loss, false,
	      "switch 0 0 7:<7> 10 > 8:<8>\n"
	      "switch 0 30 7:<7> 10 > 8:<8>\n"
	      "sleep 0 32 7:<7> 2\n");
}

static void renamed(struct scenario *s)
{
	scenario_start(s, 0, 0);
	scenario_task(s, 0, TASK_ALIVE, 7, "sh", 0);
	scenario_switch(s, 0, 10000, 7, 8, 1);
	scenario_task(s, 15000, TASK_EXEC, 7, "make", 0);
	scenario_task(s, 16000, TASK_SEEN, 8, "cc", 0);
	scenario_task(s, 17000, TASK_ROLE, 9, "Router.01.vcpu0", 0);
	scenario_switch(s, 0, 20000, 8, 7, 1);
	scenario_switch(s, 0, 30000, 7, 9, 1);
}

static void test_names(void **state)
{
	(void)state;
	check(renamed, false,
	      "switch 0 0 7:sh 10 > 8:cc\n"
	      "switch 0 10 8:cc 10 > 7:make\n"
	      "switch 0 20 7:make 10 > 9:Router.01.vcpu0\n");
	check(renamed, true,
	      "switch 0 0 7:sh 10 > 8:cc\n"
	      "switch 0 10 8:cc 10 > 7:sh\n"
	      "switch 0 20 7:sh 10 > 9:Router.01.vcpu0\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_measured), cmocka_unit_test(test_statistics),
		cmocka_unit_test(test_told),	 cmocka_unit_test(test_guests),
		cmocka_unit_test(test_loss),	 cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
