/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/task_ends on made-up messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <linux/acct.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <string.h>

#include "collect/task_ends.h"

#define FAMILY 0x1c
#define MSEC   NSEC_PER_MSEC

struct message {
	_Alignas(struct nlmsghdr) uint8_t bytes[8192];
	size_t n;
};

/* As the kernel makes it: the process id, padding, the structure; all of it in one attribute. */
static void add(struct message *m, const struct taskstats *s, size_t bytes)
{
	uint8_t *p = m->bytes + m->n;
	struct nlattr pid = { .nla_len = NLA_HDRLEN + 4, .nla_type = TASKSTATS_TYPE_PID };
	struct nlattr null = { .nla_len = NLA_HDRLEN, .nla_type = TASKSTATS_TYPE_NULL };
	struct nlattr stats = { .nla_len = (uint16_t)(NLA_HDRLEN + bytes),
				.nla_type = TASKSTATS_TYPE_STATS };
	struct nlattr all = { .nla_len = (uint16_t)(NLA_HDRLEN + 12 + NLA_ALIGN(stats.nla_len)),
			      .nla_type = TASKSTATS_TYPE_AGGR_PID };
	struct nlmsghdr h = { .nlmsg_len = (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + all.nla_len),
			      .nlmsg_type = FAMILY };
	struct genlmsghdr g = { .cmd = TASKSTATS_CMD_NEW, .version = 1 };

	memcpy(p, &h, sizeof(h));
	memcpy(p + NLMSG_HDRLEN, &g, sizeof(g));
	p += NLMSG_LENGTH(GENL_HDRLEN);
	memcpy(p, &all, sizeof(all));
	memcpy(p + 4, &pid, sizeof(pid));
	memcpy(p + 8, &s->ac_pid, 4);
	memcpy(p + 12, &null, sizeof(null));
	memcpy(p + 16, &stats, sizeof(stats));
	memcpy(p + 20, s, bytes);
	m->n += NLMSG_ALIGN(h.nlmsg_len);
}

static struct taskstats stats(uint32_t pid, uint32_t tgid, bool last)
{
	struct taskstats s = {
		.version = 13,
		.ac_flag = last ? AGROUP : 0,
		.ac_pid = pid,
		.ac_tgid = tgid,
		.ac_ppid = 1,
		.ac_uid = 1000,
		.ac_utime = 3000,
		.ac_stime = 1000,
		.cpu_run_virtual_total = 8 * MSEC,
		.ac_minflt = 10,
		.ac_majflt = 1,
		.nvcsw = 5,
		.nivcsw = 6,
		.read_bytes = 4096,
		.write_bytes = 8192,
		.cancelled_write_bytes = 1024,
		.cpu_delay_total = 77,
		.blkio_delay_total = 88,
		.ac_etime = 20000,
		.ac_tgetime = 30000,
	};

	memcpy(s.ac_comm, pid == tgid ? "first" : "other", 6);
	return s;
}

struct taken {
	struct task_numbers n[8];
	unsigned int count;
};

static int take(void *ctx, const struct task_numbers *n)
{
	struct taken *t = ctx;

	assert_true(t->count < 8);
	t->n[t->count++] = *n;
	return 0;
}

static uint64_t value(const struct task_numbers *n, unsigned int column)
{
	return n->value[column - PROCESS_USER];
}

static struct taken take_all(struct task_ends *x, const void *bytes, size_t n)
{
	struct taken t = { 0 };

	assert_int_equal(
		task_ends_take(x, bytes, n, &(struct task_taker){ .take = take, .ctx = &t }), 0);
	return t;
}

static void test_a_process(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, false, true);
	struct taskstats s = stats(42, 42, true);
	struct message m = { .n = 0 };

	add(&m, &s, sizeof(s));
	struct taken t = take_all(x, m.bytes, m.n);

	assert_int_equal(t.count, 1);
	const struct task_numbers *n = &t.n[0];

	assert_int_equal(n->tid, 42);
	assert_int_equal(n->pid, 42);
	assert_int_equal(n->parent, 1);
	assert_int_equal(n->uid, 1000);
	assert_int_equal(n->prio, 120);
	assert_int_equal(n->state, 'X');
	assert_true(n->ended);
	assert_int_equal(n->age, 30 * MSEC);
	assert_string_equal(n->name, "first");
	/* Ticks say 3 to 1, the scheduler 8 ms. */
	assert_int_equal(value(n, PROCESS_USER), 6 * MSEC);
	assert_int_equal(value(n, PROCESS_SYSTEM), 2 * MSEC);
	assert_int_equal(value(n, PROCESS_MINOR), 10);
	assert_int_equal(value(n, PROCESS_INVOLUNTARY), 6);
	assert_int_equal(value(n, PROCESS_WRITTEN), 8192);
	assert_int_equal(value(n, PROCESS_RUN_DELAY), 77);
	assert_int_equal(value(n, PROCESS_BLOCK_DELAY), 88);
	assert_false(n->have & (1u << PROCESS_GUEST | TASK_HAVE_MEMORY | 1u << PROCESS_CPU));
}

static void test_threads_are_added_up(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, false, false);
	struct taskstats s;
	struct message m = { .n = 0 };

	s = stats(42, 42, false);
	add(&m, &s, sizeof(s));
	s = stats(50, 50, false); /* another process, which goes on */
	add(&m, &s, sizeof(s));
	s = stats(43, 42, false);
	add(&m, &s, sizeof(s));
	s = stats(44, 42, true);
	add(&m, &s, sizeof(s));
	struct taken t = take_all(x, m.bytes, m.n);

	assert_int_equal(t.count, 1);
	assert_int_equal(t.n[0].tid, 42);
	assert_string_equal(t.n[0].name, "first");
	assert_int_equal(value(&t.n[0], PROCESS_USER), 18 * MSEC);
	assert_int_equal(value(&t.n[0], PROCESS_MINOR), 30);
	assert_int_equal(value(&t.n[0], PROCESS_READ), 3 * 4096);
	assert_false(t.n[0].have >> PROCESS_BLOCK_DELAY & 1);

	/* The id is used again: nothing of the other one is left. */
	m.n = 0;
	s = stats(42, 42, true);
	add(&m, &s, sizeof(s));
	t = take_all(x, m.bytes, m.n);
	assert_int_equal(value(&t.n[0], PROCESS_MINOR), 10);
}

static void test_many_processes(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, false, false);

	for (uint32_t pid = 1; pid < 20000; pid++) {
		struct taskstats s = stats(pid + 100000, pid, false);
		struct message m = { .n = 0 };

		add(&m, &s, sizeof(s));
		s = stats(pid, pid, true);
		add(&m, &s, sizeof(s));
		struct taken t = take_all(x, m.bytes, m.n);

		assert_int_equal(t.count, 1);
		assert_int_equal(value(&t.n[0], PROCESS_MINOR), 20);
	}
}

static void test_single_threads(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, true, false);
	struct taskstats s = stats(43, 42, false);
	struct message m = { .n = 0 };

	add(&m, &s, sizeof(s));
	struct taken t = take_all(x, m.bytes, m.n);

	assert_int_equal(t.count, 1);
	assert_int_equal(t.n[0].tid, 43);
	assert_int_equal(t.n[0].pid, 42);
	assert_int_equal(t.n[0].age, 20 * MSEC);
}

static void test_other_kernels(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, true, false);
	auto_ptr(task_ends) processes = task_ends_of_messages(FAMILY, false, false);
	struct taskstats s = stats(43, 42, false);
	struct message m = { .n = 0 };
	uint8_t longer[sizeof(s) + 64] = { 0 };

	/* An older one does not tell the process. */
	s.version = 8;
	add(&m, &s, offsetof(struct taskstats, ac_utimescaled));
	struct taken t = take_all(x, m.bytes, m.n);

	assert_int_equal(t.count, 1);
	assert_int_equal(t.n[0].pid, 43);
	assert_int_equal(take_all(processes, m.bytes, m.n).count, 0);

	/* A newer one tells more. */
	s.version = 99;
	memcpy(longer, &s, sizeof(s));
	m.n = 0;
	add(&m, (const void *)longer, sizeof(longer));
	assert_int_equal(take_all(x, m.bytes, m.n).count, 1);
}

static void test_damage(void **state)
{
	(void)state;
	auto_ptr(task_ends) x = task_ends_of_messages(FAMILY, true, false);
	struct taskstats s = stats(43, 42, true);
	struct message m = { .n = 0 };

	add(&m, &s, sizeof(s));
	for (size_t n = 0; n < m.n; n++)
		assert_int_equal(take_all(x, m.bytes, n).count, 0);
	/* Lengths that do not fit. */
	for (size_t i = 0; i < 48; i++) {
		struct message other = m;

		other.bytes[i] ^= 0xff;
		take_all(x, other.bytes, other.n);
	}
	m.n = 0;
	add(&m, &s, 16);
	assert_int_equal(take_all(x, m.bytes, m.n).count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_process),      cmocka_unit_test(test_threads_are_added_up),
		cmocka_unit_test(test_many_processes), cmocka_unit_test(test_single_threads),
		cmocka_unit_test(test_other_kernels),  cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
