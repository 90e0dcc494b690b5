/* SPDX-License-Identifier: MIT */
/*
 * Tests of src/analysis/cube: sums of cells over windows on bin edges must equal what the views
 * answer for those windows, however wide the bins became.
 */
#include "view_text.h"

#include "analysis/cube.h"
#include "stats/loghist.h"

#define CPUS  3
#define TASKS 9

static uint32_t next_random(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*seed >> 33);
}

/* Whoever runs comes from the guest or goes there, not always in turn. */
static void random_exit(struct scenario *s, uint32_t cpu, nsec_t now, uint32_t tid, unsigned int i)
{
	if (i % 7 < 3)
		scenario_exit(s, cpu, now, tid, 1 + i % 2, i % 5);
	else
		scenario_entry(s, cpu, now, tid);
}

/* Three CPUs with some thousand switches and wake-ups, and losses. */
static void random_run(struct scenario *s, uint64_t seed)
{
	uint32_t running[CPUS] = { 0 };
	nsec_t now = 1000000;

	for (uint32_t t = 1; t <= TASKS; t++)
		scenario_task(s, 0, TASK_ALIVE, 100 + t, t % 3 ? "worker" : "other", 0);
	for (uint32_t c = 0; c < CPUS; c++)
		scenario_start(s, c, now);
	for (unsigned int i = 0; i < 6000; i++) {
		uint32_t cpu = next_random(&seed) % CPUS, t = 101 + next_random(&seed) % TASKS;
		uint32_t what = next_random(&seed) % 3;
		bool runs = false;

		now += 1 + next_random(&seed) % 1000;
		for (uint32_t c = 0; c < CPUS; c++)
			runs |= running[c] == t;
		if (what == 0)
			scenario_wakeup(s, cpu, now, t, running[cpu]);
		else if (!runs || what == 2) {
			uint32_t next = runs ? 0 : t;

			scenario_switch(s, cpu, now, running[cpu], next, next_random(&seed) % 3);
			running[cpu] = next;
		}
		if (what == 1 && running[cpu])
			random_exit(s, cpu, now, running[cpu], i);
		if (i % 1500 == 700)
			scenario_loss(s, cpu, now + 10, now + 20000,
				      i % 1000 < 500 ? &track_switch : &track_wakeup, i);
	}
	for (uint32_t c = 0; c < CPUS; c++)
		scenario_end(s, c, now + 12345);
}

/* What the cells of [from, to) say. */
struct sums {
	uint64_t run[TASKS + 1], switches[TASKS + 1];
	uint64_t count[7][TASKS + 1], sum[7][TASKS + 1], max[7][TASKS + 1];
	struct exits {
		uint64_t count, sum, max, last, ended;
	} exit[TASKS + 1][3][5]; /* by instruction set and reason */
	uint64_t next[TASKS + 1][TASKS + 1];
};

/* 0 for idle, else the task's place among ours. */
static uint32_t place(const struct tasks *tasks, uint32_t number)
{
	uint32_t tid = tasks_at(tasks, number)->tid;

	return tid ? tid - 100 : 0;
}

static void add_rows(const struct batch *b, const struct tasks *tasks, nsec_t from, nsec_t to,
		     struct sums *s)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->time[i] < from || b->time[i] >= to)
			continue;
		if (b->track == &track_cube_run) {
			uint32_t t = place(tasks, batch_u32(b, CUBE_RUN_TASK)[i]);

			s->run[t] += batch_u64(b, CUBE_RUN_RUN)[i];
			s->switches[t] += batch_u32(b, CUBE_RUN_SWITCHES)[i];
		} else if (b->track == &track_cube_delay) {
			uint32_t t = place(tasks, batch_u32(b, CUBE_DELAY_TASK)[i]);
			uint8_t kind = batch_u8(b, CUBE_DELAY_KIND)[i];

			assert_in_range(kind, 1, 6);
			s->count[kind][t] += batch_u32(b, CUBE_DELAY_COUNT)[i];
			s->sum[kind][t] += batch_u64(b, CUBE_DELAY_SUM)[i];
			s->max[kind][t] = max_of(s->max[kind][t], batch_u64(b, CUBE_DELAY_MAX)[i]);
			assert_int_equal(loghist_bucket(batch_u64(b, CUBE_DELAY_MAX)[i]),
					 batch_u16(b, CUBE_DELAY_BUCKET)[i]);
		} else if (b->track == &track_cube_exit) {
			struct exits *e =
				&s->exit[place(tasks, batch_u32(b, CUBE_EXIT_TASK)[i])][batch_u8(
					b, CUBE_EXIT_ISA)[i]][batch_u32(b, CUBE_EXIT_REASON)[i]];

			e->count += batch_u32(b, CUBE_EXIT_COUNT)[i];
			e->sum += batch_u64(b, CUBE_EXIT_SUM)[i];
			e->max = max_of(e->max, batch_u64(b, CUBE_EXIT_MAX)[i]);
			e->last += batch_u32(b, CUBE_EXIT_LAST)[i];
			e->ended += batch_u32(b, CUBE_EXIT_ENDED)[i];
		} else {
			s->next[place(tasks, batch_u32(b, CUBE_NEXT_TASK)[i])]
			       [place(tasks, batch_u32(b, CUBE_NEXT_NEXT)[i])] +=
				batch_u32(b, CUBE_NEXT_COUNT)[i];
		}
	}
}

/* A sink that only counts cells and sums. */
struct cell_sink {
	struct sink sink;
	const struct tasks *tasks;
	nsec_t from, to;
	struct sums sums;
	uint64_t rows[4];
	nsec_t last[4];
};

static int take_cells(struct sink *sink, const struct batch *b, struct err *e)
{
	struct cell_sink *s = container_of(sink, struct cell_sink, sink);
	unsigned int track = b->track->id - track_cube_run.id;

	(void)e;
	assert_true(b->time[0] >= s->last[track]);
	s->last[track] = b->time[b->rows - 1];
	s->rows[track] += b->rows;
	add_rows(b, s->tasks, s->from, s->to, &s->sums);
	return 0;
}

static void compare_tasks(struct source *src, nsec_t from, nsec_t to, const struct sums *s)
{
	struct analysis_args args = { .from = from, .to = to };
	struct answer a;
	uint64_t seen = 0;
	union cell tid, run, switches;

	assert_int_equal(view_ask("tasks", src, &args, &a, NULL), 0);
	for (size_t r = 0; r < table_n_rows(a.table); r++) {
		assert_true(table_get(a.table, r, view_column(a.table, "tid"), &tid));
		assert_true(table_get(a.table, r, view_column(a.table, "run"), &run));
		assert_true(table_get(a.table, r, view_column(a.table, "switches"), &switches));
		assert_int_equal(run.u64, s->run[tid.u64 - 100]);
		assert_int_equal(switches.u64, s->switches[tid.u64 - 100]);
		seen += run.u64;
	}
	for (uint32_t t = 1; t <= TASKS; t++)
		seen -= s->run[t];
	assert_int_equal(seen, 0);
	answer_done(&a);
}

static void compare_durations(struct source *src, nsec_t from, nsec_t to, const struct sums *s)
{
	struct analysis_args args = { .from = from, .to = to };
	struct answer a;
	union cell tid, kind, v;
	uint64_t rows = 0;

	assert_int_equal(view_ask("durations", src, &args, &a, NULL), 0);
	for (size_t r = 0; r < table_n_rows(a.table); r++) {
		unsigned int k = DELAY_RUN;

		assert_true(table_get(a.table, r, view_column(a.table, "tid"), &tid));
		assert_true(table_get(a.table, r, view_column(a.table, "kind"), &kind));
		while (strcmp(delay_kind_name(k), kind.text))
			k++;
		assert_true(table_get(a.table, r, view_column(a.table, "count"), &v));
		assert_int_equal(v.u64, s->count[k][tid.u64 - 100]);
		assert_true(table_get(a.table, r, view_column(a.table, "total"), &v));
		assert_int_equal(v.u64, s->sum[k][tid.u64 - 100]);
		assert_true(table_get(a.table, r, view_column(a.table, "max"), &v));
		assert_int_equal(v.u64, s->max[k][tid.u64 - 100]);
		rows++;
	}
	for (unsigned int k = 1; k <= 6; k++)
		for (uint32_t t = 1; t <= TASKS; t++)
			rows -= s->count[k][t] != 0;
	assert_int_equal(rows, 0);
	answer_done(&a);
}

/* The instruction set of a row is that of its name: "CPUID" of VMX is "reason 0xa" of none. */
static unsigned int isa_of(const char *name, uint32_t reason)
{
	char buf[KVM_REASON_MAX];

	return strcmp(kvm_reason_name(KVM_ISA_VMX, reason, buf), name) ? KVM_ISA_SVM : KVM_ISA_VMX;
}

static void compare_exits(struct source *src, nsec_t from, nsec_t to, const struct sums *s)
{
	static const char *const names[] = { "exits", "host", "max", "last", "mean" };
	struct analysis_args args = { .from = from, .to = to };
	struct answer a;
	union cell tid, reason, code, v[5];
	uint64_t rows = 0;

	assert_int_equal(view_ask("kvm", src, &args, &a, NULL), 0);
	for (size_t r = 0; r < table_n_rows(a.table); r++) {
		assert_true(table_get(a.table, r, view_column(a.table, "tid"), &tid));
		if (!table_get(a.table, r, view_column(a.table, "reason"), &reason))
			continue;
		assert_true(table_get(a.table, r, view_column(a.table, "code"), &code));
		for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
			if (!table_get(a.table, r, view_column(a.table, names[i]), &v[i]))
				v[i].u64 = 0;
		const struct exits *e =
			&s->exit[tid.u64 - 100][isa_of(reason.text, (uint32_t)code.u64)][code.u64];

		assert_int_equal(v[0].u64, e->count);
		assert_int_equal(v[1].u64, e->sum);
		assert_int_equal(v[2].u64, e->max);
		assert_int_equal(v[3].u64, e->last);
		assert_int_equal(v[4].u64, e->ended ? e->sum / e->ended : 0);
		rows++;
	}
	assert_true(rows > 0);
	for (uint32_t t = 0; t <= TASKS; t++)
		for (unsigned int isa = 0; isa < 3; isa++)
			for (unsigned int code_ = 0; code_ < 5; code_++)
				rows -= s->exit[t][isa][code_].count ||
					s->exit[t][isa][code_].ended;
	assert_int_equal(rows, 0);
	answer_done(&a);
}

static void compare_successors(struct source *src, nsec_t from, nsec_t to, const struct sums *s)
{
	struct analysis_args args = { .from = from, .to = to };
	struct answer a;
	union cell tid, next, count;
	uint64_t sum = 0;

	assert_int_equal(view_ask("successors", src, &args, &a, NULL), 0);
	for (size_t r = 0; r < table_n_rows(a.table); r++) {
		if (!table_get(a.table, r, view_column(a.table, "tid"), &tid))
			tid.u64 = 100;
		if (!table_get(a.table, r, view_column(a.table, "next_tid"), &next))
			next.u64 = 100;
		assert_true(table_get(a.table, r, view_column(a.table, "count"), &count));
		assert_int_equal(count.u64, s->next[tid.u64 - 100][next.u64 - 100]);
		sum += count.u64;
	}
	for (uint32_t t = 0; t <= TASKS; t++)
		for (uint32_t n = 0; n <= TASKS; n++)
			sum -= s->next[t][n];
	assert_int_equal(sum, 0);
	answer_done(&a);
}

static void make_cubes(struct source *src, size_t max_cells, struct cubes *ret)
{
	struct analysis_args args = { .from = src->info->start, .to = src->info->end };
	struct scan_taker taker;

	cubes_init(ret, src->info, max_cells);
	taker = cubes_taker(ret);
	assert_int_equal(analysis_run_all(NULL, 0, src, &args, &taker, NULL, NULL), 0);
}

/* Bins [first, end) of the widest cube of a random run. */
static void compare_window(uint64_t seed, size_t max_cells, uint64_t first, uint64_t end)
{
	struct cell_sink sink = { .sink = { take_cells } };
	struct scenario s;
	struct cubes cubes;
	nsec_t bin;

	scenario_init(&s, 100);
	random_run(&s, seed);
	struct source *src = scenario_source(&s);

	make_cubes(src, max_cells, &cubes);
	struct sums *sums = &sink.sums;

	/* Widths are the first one times powers of two, so the widest one's edges are all's. */
	assert_int_equal(cubes_write(&cubes, &sink.sink, NULL), 0);
	bin = max_of(cubes.run.bin_ns, cubes.delay.bin_ns);
	bin = max_of(bin, cubes.next.bin_ns);
	bin = max_of(bin, cubes.exit.bin_ns);
	cubes_done(&cubes);

	make_cubes(src, max_cells, &cubes);
	memset(sums, 0, sizeof(*sums));
	memset(sink.last, 0, sizeof(sink.last));
	sink.tasks = src->tasks;
	sink.from = first * bin;
	sink.to = end * bin;
	/* Few bins have nearly as many delay cells as one: their number is not theirs to choose. */
	assert_in_range(sink.rows[0], 1, max_cells);
	assert_in_range(sink.rows[1], 1, max_of(max_cells, (size_t)6000));
	assert_in_range(sink.rows[2], 1, max_cells);
	assert_int_equal(cubes_write(&cubes, &sink.sink, NULL), 0);
	cubes_done(&cubes);

	nsec_t from = min_of(src->info->start + sink.from, src->info->end);
	nsec_t to = min_of(src->info->start + sink.to, src->info->end);

	compare_tasks(src, from, to, sums);
	compare_durations(src, from, to, sums);
	compare_successors(src, from, to, sums);
	compare_exits(src, from, to, sums);
	scenario_done(&s);
}

static void test_whole_run(void **state)
{
	(void)state;
	compare_window(1, 200000, 0, 4096);
}

static void test_windows(void **state)
{
	(void)state;
	compare_window(2, 200000, 100, 101);
	compare_window(2, 200000, 1000, 1500);
	compare_window(3, 200000, 2000, 2048);
}

static void test_joined_bins(void **state)
{
	(void)state;
	compare_window(4, 1000, 0, 1);
	compare_window(5, 4000, 1, 3);
	compare_window(6, 700, 0, 4096);
}

static void test_width_is_the_finest_that_fits(void **state)
{
	struct cubes wide, fine;
	struct scenario s;

	(void)state;
	scenario_init(&s, 100);
	random_run(&s, 7);
	struct source *src = scenario_source(&s);

	make_cubes(src, 200000, &fine);
	assert_int_equal(fine.run.bin_ns, (run_info_span(src->info) + 2047) / 2048);
	/* One cell more than fits joins bins once; exactly as many do not. */
	struct cell_sink sink = { .sink = { take_cells }, .tasks = src->tasks };

	assert_int_equal(cubes_write(&fine, &sink.sink, NULL), 0);
	make_cubes(src, sink.rows[0], &wide);
	sink.rows[0] = 0;
	memset(sink.last, 0, sizeof(sink.last));
	assert_int_equal(wide.run.bin_ns, fine.run.bin_ns);
	cubes_done(&wide);
	cubes_done(&fine);
	scenario_done(&s);
}

/* Only a window is taken, in finer bins: it is all there, and nothing else. */
static void test_focus(void **state)
{
	struct cell_sink sink = { .sink = { take_cells }, .to = NSEC_MAX };
	struct scenario s;
	struct cubes cubes;
	struct scan_taker taker;

	(void)state;
	scenario_init(&s, 100);
	random_run(&s, 8);
	struct source *src = scenario_source(&s);
	const nsec_t span = run_info_span(src->info);
	struct analysis_args args = { .from = src->info->start + span / 3 + 7,
				      .to = src->info->start + span / 3 + span / 10 };

	cubes_init(&cubes, src->info, 200000);
	const nsec_t coarse = cubes.run.bin_ns;

	cubes_focus(&cubes, args.to - args.from);
	assert_in_range(cubes.run.bin_ns, 1, coarse / 7);
	assert_true(cubes.next.bin_ns < coarse);
	taker = cubes_taker(&cubes);
	assert_int_equal(analysis_run_all(NULL, 0, src, &args, &taker, NULL, NULL), 0);
	sink.tasks = src->tasks;
	assert_int_equal(cubes_write(&cubes, &sink.sink, NULL), 0);
	cubes_done(&cubes);
	compare_tasks(src, args.from, args.to, &sink.sums);
	compare_durations(src, args.from, args.to, &sink.sums);
	compare_successors(src, args.from, args.to, &sink.sums);
	/* A window as long as the run changes nothing. */
	cubes_init(&cubes, src->info, 0);
	cubes_focus(&cubes, span);
	assert_int_equal(cubes.run.bin_ns, coarse);
	cubes_done(&cubes);
	scenario_done(&s);
}

/* Times out of a hostile file: the run is nearly 2^64 ns long. */
static void endless(struct scenario *s)
{
	scenario_task(s, 0, TASK_ALIVE, 101, "a", 0);
	scenario_start(s, 0, 0);
	scenario_switch(s, 0, 5, 0, 101, 1);
	scenario_switch(s, 0, UINT64_MAX / 2, 101, 0, 1);
	scenario_switch(s, 0, UINT64_MAX - 10, 0, 101, 1);
	scenario_end(s, 0, UINT64_MAX - 2);
}

static void test_hostile_times(void **state)
{
	struct cell_sink sink = { .sink = { take_cells }, .to = NSEC_MAX };
	struct scenario s;
	struct cubes cubes;

	(void)state;
	scenario_init(&s, 100);
	endless(&s);
	struct source *src = scenario_source(&s);

	sink.tasks = src->tasks;
	make_cubes(src, 1, &cubes);
	assert_int_equal(cubes_write(&cubes, &sink.sink, NULL), 0);
	assert_int_equal(sink.sums.run[1], UINT64_MAX / 2 - 5 + 8);
	assert_int_equal(sink.sums.run[0], 5 + UINT64_MAX - 10 - UINT64_MAX / 2);
	assert_int_equal(sink.sums.switches[1], 1);
	cubes_done(&cubes);
	scenario_done(&s);
}

/* More CPUs with one run each than cells fit: bins have to be joined while runs are added. */
static void idle_machine(struct scenario *s)
{
	for (uint32_t c = 0; c < 30; c++) {
		scenario_start(s, c, 0);
		scenario_switch(s, c, 10, 0, 101, 1);
		scenario_end(s, c, 4096000);
	}
}

static void test_long_runs_of_many_cpus(void **state)
{
	struct cell_sink sink = { .sink = { take_cells }, .to = NSEC_MAX };
	struct scenario s;
	struct cubes cubes;

	(void)state;
	scenario_init(&s, 100);
	idle_machine(&s);
	struct source *src = scenario_source(&s);

	sink.tasks = src->tasks;
	make_cubes(src, 500, &cubes);
	assert_in_range(cubes.run.cell.used, 1, 1000);
	assert_int_equal(cubes_write(&cubes, &sink.sink, NULL), 0);
	assert_in_range(sink.rows[0], 30, 500);
	assert_int_equal(sink.sums.run[1], 30 * (4096000 - 10));
	cubes_done(&cubes);
	scenario_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_run),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_joined_bins),
		cmocka_unit_test(test_focus),
		cmocka_unit_test(test_width_is_the_finest_that_fits),
		cmocka_unit_test(test_hostile_times),
		cmocka_unit_test(test_long_runs_of_many_cpus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
