/* SPDX-License-Identifier: MIT */
/* Who a tid was, at which time: life, names, tids used again, and tids that no kernel gives. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "model/sched_track.h"
#include "model/tasks.h"

struct row {
	nsec_t time;
	enum task_kind kind;
	uint32_t tid;
	const char *comm;
	uint32_t tgid, parent;
	uint8_t flags;
};

#define ROW(time, kind, tid, comm)             \
	{                                      \
		time, kind, tid, comm, 0, 0, 0 \
	}

static void add(struct tasks *t, const struct row *row, unsigned int n)
{
	auto_ptr(batch) b = batch_new(&track_task, n);

	assert_non_null(b);
	for (unsigned int i = 0; i < n; i++) {
		const struct row *r = &row[i];
		int64_t text = batch_add_text(b, r->comm ? r->comm : "");

		assert_true(text >= 0);
		b->time[i] = r->time;
		batch_u8(b, TASK_KIND)[i] = (uint8_t)r->kind;
		batch_u32(b, TASK_TID)[i] = r->tid;
		batch_u32(b, TASK_TGID)[i] = r->tgid;
		batch_u32(b, TASK_PARENT)[i] = r->parent;
		batch_u8(b, TASK_FLAGS)[i] = r->flags;
		((uint32_t *)b->col[TASK_COMM])[i] = (uint32_t)text;
		b->rows++;
	}
	assert_int_equal(tasks_add(t, b), 0);
}

static struct tasks *make(const struct row *row, unsigned int n)
{
	struct tasks *t = tasks_new();

	assert_non_null(t);
	add(t, row, n);
	assert_int_equal(tasks_settle(t), 0);
	return t;
}

static const struct task *task_at(struct tasks *t, uint32_t tid, nsec_t at)
{
	uint32_t n = tasks_find(t, tid, at, 0);

	assert_true(n < tasks_count(t));
	return tasks_at(t, n);
}

static void test_life(void **state)
{
	static const struct row rows[] = {
		{ 10, TASK_ALIVE, 1, "init", 1, 0, 0 },
		{ 10, TASK_ALIVE, 9, "kthread", 9, 2, TASK_FLAG_KERNEL },
		{ 20, TASK_FORK, 100, "init", 100, 1, 0 },
		ROW(30, TASK_EXEC, 100, "sh"),
		ROW(40, TASK_RENAME, 100, "sh worker"),
		ROW(45, TASK_RENAME, 100, "sh worker"),
		ROW(50, TASK_EXIT, 100, "sh worker"),
	};
	auto_ptr(tasks) t = make(rows, 7);
	const struct task *k = task_at(t, 100, 35);

	(void)state;
	assert_int_equal(tasks_count(t), 3);
	assert_int_equal(k->tid, 100);
	assert_int_equal(k->tgid, 100);
	assert_int_equal(k->parent, 1);
	assert_int_equal(k->cpu, BATCH_CPU_NONE);
	assert_int_equal(k->born, 20);
	assert_int_equal(k->died, 50);
	assert_int_equal(k->n_names, 3);
	assert_int_equal(k->next_same_tid, TASKS_NONE);
	assert_string_equal(k->comm, "sh worker");
	assert_null(k->role);

	uint32_t n = tasks_find(t, 100, 0, 0);

	assert_string_equal(tasks_comm_at(t, n, 0), "init");
	assert_string_equal(tasks_comm_at(t, n, 29), "init");
	assert_string_equal(tasks_comm_at(t, n, 30), "sh");
	assert_string_equal(tasks_comm_at(t, n, 39), "sh");
	assert_string_equal(tasks_comm_at(t, n, NSEC_MAX), "sh worker");
	assert_string_equal(tasks_label(t, n), "sh worker");
	/* The last switch of a dying task comes after its exit. */
	assert_int_equal(tasks_find(t, 100, 51, 0), n);

	k = task_at(t, 9, 0);
	assert_int_equal(k->born, 0);
	assert_int_equal(k->died, NSEC_MAX);
	assert_int_equal(k->flags, TASK_FLAG_KERNEL);
}

static void test_names_from_elsewhere(void **state)
{
	static const struct row rows[] = {
		{ 10, TASK_ALIVE, 5, "parent", 5, 0, 0 },
		ROW(15, TASK_RENAME, 5, "renamed"),
		{ 20, TASK_FORK, 6, NULL, 6, 5, 0 }, /* of its parent, as it was then */
		ROW(25, TASK_RENAME, 5, "later"),
		ROW(30, TASK_EXIT, 7, "only here"),
		ROW(30, TASK_SEEN, 8, ""),
	};
	auto_ptr(tasks) t = make(rows, 6);

	(void)state;
	assert_string_equal(task_at(t, 6, 30)->comm, "renamed");
	assert_string_equal(task_at(t, 7, 0)->comm, "only here");
	assert_int_equal(task_at(t, 7, 0)->died, 30);
	assert_string_equal(task_at(t, 8, 0)->comm, "<8>");
	assert_int_equal(task_at(t, 8, 0)->n_names, 0);
	assert_string_equal(tasks_comm_at(t, tasks_find(t, 8, 0, 0), 99), "<8>");
	assert_int_equal(tasks_count(t), 4);
	assert_string_equal(task_at(t, 77, 12)->comm, "<77>"); /* never seen: added */
	assert_int_equal(tasks_count(t), 5);
}

static void test_tid_used_again(void **state)
{
	static const struct row rows[] = {
		ROW(10, TASK_FORK, 50, "a"),
		ROW(20, TASK_EXIT, 50, "a"),
		ROW(21, TASK_SEEN, 50, "a"), /* its last switch */
		ROW(30, TASK_FORK, 50, "a"),
		ROW(40, TASK_EXIT, 50, "a"),
		ROW(50, TASK_SEEN, 50, "b"), /* its fork was not seen */
		ROW(55, TASK_EXIT, 50, "b"),
		ROW(60, TASK_RENAME, 50, "b"), /* dead tasks do not rename themselves */
		ROW(5000000, TASK_FORK, 50, "d"), /* exit was not seen */
	};
	static const struct {
		nsec_t born, died;
		const char *comm;
	} want[] = { { 10, 20, "a" },
		     { 30, 40, "a" },
		     { 50, 55, "b" },
		     { 60, 5000000, "b" },
		     { 5000000, NSEC_MAX, "d" } };
	auto_ptr(tasks) t = make(rows, 9);
	uint32_t n = tasks_find(t, 50, 0, 0);

	(void)state;
	assert_int_equal(tasks_count(t), 5);
	for (unsigned int i = 0; i < 5; i++) {
		const struct task *k = tasks_at(t, n);

		assert_int_equal(k->born, want[i].born);
		assert_int_equal(k->died, want[i].died);
		assert_string_equal(k->comm, want[i].comm);
		assert_int_equal(tasks_find(t, 50, k->born, 0), n);
		if (i < 4) {
			nsec_t next = tasks_at(t, k->next_same_tid)->born;

			assert_int_equal(tasks_find(t, 50, next - 1, 0), n);
		}
		n = k->next_same_tid;
	}
	assert_int_equal(n, TASKS_NONE);
}

/* perf.data tells a fork twice: by PERF_RECORD_FORK and by sched_process_fork. */
static void test_fork_told_twice(void **state)
{
	static const struct row rows[] = {
		{ 1000, TASK_FORK, 50, "a", 0, 7, 0 }, { 3000, TASK_FORK, 50, "a", 49, 7, 0 },
		ROW(9000, TASK_EXIT, 50, "a"),	       ROW(9900, TASK_EXIT, 50, "a"),
		ROW(9950, TASK_FORK, 50, "c"), /* but after an exit it is another */
	};
	auto_ptr(tasks) t = make(rows, 5);

	(void)state;
	assert_int_equal(tasks_count(t), 2);
	assert_int_equal(task_at(t, 50, 5000)->tgid, 49);
	assert_int_equal(task_at(t, 50, 5000)->died, 9000);
	assert_int_equal(task_at(t, 50, 9950)->born, 9950);
}

/* Rows of several CPUs come in any order of time; batches of other tracks are none of it. */
/* An import knows no time for what was so at the start, and gives it that of the first event. */
static void test_alive_first(void **state)
{
	static const struct row rows[] = {
		ROW(10, TASK_EXEC, 60, "program"),
		ROW(10, TASK_ALIVE, 60, "perf-exec"),
	};
	auto_ptr(tasks) t = make(rows, 2);

	(void)state;
	assert_int_equal(tasks_count(t), 1);
	assert_string_equal(task_at(t, 60, 20)->comm, "program");
	assert_string_equal(tasks_comm_at(t, tasks_find(t, 60, 20, 0), 20), "program");
}

static void test_order(void **state)
{
	static const struct row one[] = {
		ROW(10, TASK_FORK, 50, "one"),
		ROW(30, TASK_EXIT, 50, "one"),
		ROW(50, TASK_EXEC, 50, "two after exec"),
	};
	static const struct row other[] = {
		ROW(20, TASK_RENAME, 50, "one renamed"),
		ROW(40, TASK_FORK, 50, "two"),
	};
	auto_ptr(batch) noise = batch_new(&track_switch, 4);

	(void)state;
	noise->rows = 4;
	for (unsigned int i = 0; i < 2; i++) {
		auto_ptr(tasks) t = tasks_new();

		add(t, i ? one : other, i ? 3 : 2);
		assert_int_equal(tasks_add(t, noise), 0);
		add(t, i ? other : one, i ? 2 : 3);
		assert_int_equal(tasks_settle(t), 0);
		assert_int_equal(tasks_count(t), 2);
		assert_string_equal(task_at(t, 50, 15)->comm, "one renamed");
		assert_string_equal(tasks_comm_at(t, tasks_find(t, 50, 15, 0), 15), "one");
		assert_int_equal(task_at(t, 50, 15)->died, 30);
		assert_string_equal(task_at(t, 50, 40)->comm, "two after exec");
	}
}

/* What comes after a settle goes on; numbers stay. */
static void test_settle_again(void **state)
{
	static const struct row first[] = { ROW(10, TASK_ALIVE, 3, "x") };
	static const struct row second[] = { ROW(20, TASK_RENAME, 3, "y"),
					     ROW(30, TASK_FORK, 4, "z") };
	auto_ptr(tasks) t = make(first, 1);
	uint32_t n = tasks_find(t, 3, 10, 0), unseen = tasks_find(t, 99, 10, 0);

	(void)state;
	add(t, second, 2);
	assert_int_equal(tasks_settle(t), 0);
	assert_int_equal(tasks_find(t, 3, 20, 0), n);
	assert_int_equal(tasks_find(t, 99, 20, 0), unseen);
	assert_string_equal(tasks_label(t, n), "y");
	assert_int_equal(tasks_count(t), 3);
	assert_int_equal(tasks_settle(t), 0);
	assert_int_equal(tasks_count(t), 3);
}

static void test_idle(void **state)
{
	static const struct row rows[] = { ROW(10, TASK_SEEN, 0, "swapper") };
	auto_ptr(tasks) t = make(rows, 1);
	uint32_t a = tasks_find(t, 0, 5, 0), b = tasks_find(t, 0, 5, 12),
		 c = tasks_find(t, 0, 5, BATCH_CPU_NONE);

	(void)state;
	assert_int_equal(tasks_count(t), 3);
	assert_string_equal(tasks_label(t, a), "swapper/0");
	assert_string_equal(tasks_label(t, b), "swapper/12");
	assert_string_equal(tasks_label(t, c), "swapper");
	assert_int_equal(tasks_at(t, b)->cpu, 12);
	assert_int_equal(tasks_at(t, b)->tid, 0);
	assert_int_equal(tasks_at(t, b)->flags, TASK_FLAG_KERNEL);
	assert_int_equal(tasks_find(t, 0, 500, 12), b);
	assert_int_equal(tasks_count(t), 3);
}

static void test_roles(void **state)
{
	static const struct row rows[] = {
		ROW(5, TASK_ROLE, 60, "early bird"), /* before its first task was born: it is his */
		ROW(10, TASK_FORK, 60, "a"),	     ROW(15, TASK_EXIT, 60, "a"),
		ROW(20, TASK_FORK, 60, "b"),	     ROW(25, TASK_ROLE, 61, "unseen"),
	};
	auto_ptr(tasks) t = make(rows, 5);
	uint32_t a = tasks_find(t, 60, 10, 0), b = tasks_find(t, 60, 20, 0);

	(void)state;
	assert_int_equal(tasks_count(t), 3);
	assert_string_equal(tasks_label(t, a), "early bird");
	assert_string_equal(tasks_label(t, b), "b");
	assert_string_equal(tasks_label(t, tasks_find(t, 61, 0, 0)), "unseen");
	assert_string_equal(task_at(t, 61, 0)->comm, "<61>");
	assert_int_equal(tasks_set_role(t, 60, 22, "second"), 0);
	assert_string_equal(tasks_label(t, a), "early bird");
	assert_string_equal(tasks_label(t, b), "second");
	assert_int_equal(tasks_set_role(t, 60, NSEC_MAX, "all"), 0);
	assert_string_equal(tasks_label(t, a), "all");
	assert_string_equal(tasks_label(t, b), "all");
	assert_int_equal(tasks_set_role(t, 60, 12, ""), 0);
	assert_string_equal(tasks_label(t, a), "a");
	assert_int_equal(tasks_set_role(t, 12345, NSEC_MAX, "nobody"), 0);
	assert_int_equal(tasks_count(t), 3);
}

/* Names of the kernel's threads of all CPUs are one; any other name may hold a slash. */
static void test_relabel(void **state)
{
	static const struct {
		const char *comm, *merged;
	} name[] = {
		{ "kworker/1:2", "kworker" },	      { "kworker/u8:0+flush", "kworker" },
		{ "kworker/R-rcu_g", "kworker" },     { "ksoftirqd/12", "ksoftirqd" },
		{ "migration/0", "migration" },	      { "ksoftirqd/x", "ksoftirqd/x" },
		{ "CPU 0/KVM", "CPU 0/KVM" },	      { "jbd2/sda1-8", "jbd2/sda1-8" },
		{ "migration/0/a", "migration/0/a" }, { "worker/1", "worker/1" },
		{ "/usr/bin/x", "/usr/bin/x" },
	};

	(void)state;
	for (unsigned int how = 0; how < 4; how++)
		for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
			const struct row row = ROW(5, TASK_ALIVE, 60, name[i].comm);
			auto_ptr(tasks) t = make(&row, 1);
			uint32_t idle = tasks_find(t, 0, 0, 3), n = tasks_find(t, 60, 10, 0);
			char expected[64];

			(void)snprintf(expected, sizeof(expected), "%s%s",
				       how & TASKS_MERGE_SYS ? name[i].merged : name[i].comm,
				       how & TASKS_APPEND_TID ? ":60" : "");
			assert_int_equal(tasks_relabel(t, how), 0);
			assert_string_equal(tasks_label(t, n), expected);
			assert_string_equal(tasks_at(t, n)->comm, name[i].comm);
			assert_string_equal(tasks_label(t, idle), "swapper/3");
		}
	/* A role is what somebody chose. */
	const struct row rows[] = { ROW(5, TASK_ALIVE, 60, "kworker/1:2"),
				    ROW(5, TASK_ROLE, 60, "kworker/mine") };
	auto_ptr(tasks) t = make(rows, 2);

	assert_int_equal(tasks_relabel(t, TASKS_MERGE_SYS | TASKS_APPEND_TID), 0);
	assert_string_equal(tasks_label(t, tasks_find(t, 60, 10, 0)), "kworker/mine:60");
}

/* Tids that no kernel gives are kept apart like all others, and take no memory by their value. */
static void test_hostile_tids(void **state)
{
	auto_ptr(tasks) t = tasks_new();
	auto_ptr(batch) b = batch_new(&track_task, 1 << 16);
	uint32_t tid = 1;

	(void)state;
	for (; !batch_full(b); b->rows++) {
		batch_u8(b, TASK_KIND)[b->rows] = (uint8_t)(b->rows % 256); /* unknown ones too */
		batch_u32(b, TASK_TID)[b->rows] = tid += 65521; /* wraps 0 times, ends below 2^32 */
		b->time[b->rows] = b->rows;
	}
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(tasks_add(t, b), 0);
	assert_int_equal(tasks_settle(t), 0);
	for (uint32_t i = 0; i < b->rows; i++) {
		uint32_t k = batch_u32(b, TASK_TID)[i];

		assert_int_equal(task_at(t, k, NSEC_MAX)->tid, k);
	}
	assert_true(tasks_count(t) >= b->rows);
	assert_int_equal(task_at(t, UINT32_MAX, 0)->tid, UINT32_MAX);
	assert_int_equal(task_at(t, (1u << 22) - 1, 0)->tid, (1u << 22) - 1);
	assert_int_equal(task_at(t, 1u << 22, 0)->tid, 1u << 22);
}

/* A million tasks of one tid: found by bisection, or this would not end. */
static void test_one_tid_for_ever(void **state)
{
	const uint32_t rounds = 500000, chunk = 50000;
	auto_ptr(tasks) t = tasks_new();
	auto_ptr(batch) b = batch_new(&track_task, 2 * chunk);

	(void)state;
	for (uint32_t i = 0; i < rounds;) {
		batch_clear(b);
		for (uint32_t k = 0; k < chunk; k++, i++) {
			for (unsigned int exit = 0; exit < 2; exit++) {
				b->time[b->rows] = 10 * (nsec_t)i + 5 * exit;
				batch_u8(b, TASK_KIND)[b->rows] = exit ? TASK_EXIT : TASK_FORK;
				batch_u32(b, TASK_TID)[b->rows++] = 4242;
			}
		}
		assert_int_equal(tasks_add(t, b), 0);
	}
	assert_int_equal(tasks_settle(t), 0);
	assert_int_equal(tasks_count(t), rounds);
	for (uint32_t i = 0; i < rounds; i++) {
		nsec_t at = 10 * (nsec_t)((i * UINT64_C(7919)) % rounds);

		assert_int_equal(task_at(t, 4242, at + 9)->born, at);
	}
}

static void test_ensure(void **state)
{
	uint32_t *array = NULL;
	void *p = NULL;
	size_t n = 0;

	(void)state;
	assert_int_equal(tasks_ensure(&p, &n, 0, sizeof(*array)), 0);
	assert_null(p);
	for (size_t need = 1; need < 100000; need += 1 + need / 7) {
		assert_int_equal(tasks_ensure(&p, &n, need, sizeof(*array)), 0);
		array = p;
		assert_true(n >= need);
		for (size_t i = 0; i < n; i++)
			assert_true(array[i] == 0 || array[i] == i + 1);
		for (size_t i = 0; i < n; i++)
			array[i] = (uint32_t)(i + 1);
	}
	free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),	       cmocka_unit_test(test_names_from_elsewhere),
		cmocka_unit_test(test_tid_used_again), cmocka_unit_test(test_fork_told_twice),
		cmocka_unit_test(test_order),	       cmocka_unit_test(test_settle_again),
		cmocka_unit_test(test_idle),	       cmocka_unit_test(test_roles),
		cmocka_unit_test(test_hostile_tids),   cmocka_unit_test(test_one_tid_for_ever),
		cmocka_unit_test(test_ensure),	       cmocka_unit_test(test_relabel),
		cmocka_unit_test(test_alive_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
