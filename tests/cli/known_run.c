/* SPDX-License-Identifier: MIT */
/*
 * Writes a recording of which every number is known, to compare with another:
 *
 *	known_run OUT.kymo MS [moved] [doubled] [lost] [profile] [cooler] [counters] [tasks]
 *
 * Two CPUs for MS milliseconds. In every 10 ms: 'steady' (thread 103) runs 3 ms and 'mover' (101) 2
 * ms on CPU 0, 'double' (102) 1 ms on CPU 1; each is woken 10 us before. "moved": mover runs on
 * CPU 1 instead, behind the other. "doubled": double runs 2 ms. "lost": the events of the second
 * half are missing on both CPUs. "profile": steady is sampled ten times in each period, 70 % in
 * spin_a, 20 % in spin_b, 10 % in spin_c ("cooler": 50, 40 and 10 %), and the call chain at which
 * it blocks is there too. "counters": each CPU is counted every period (put_counts()); "tasks": the
 * runs of the tasks and the processes are, instead. Thread ids are 100 higher where anything is
 *said, as they would be in another run.
 */
#include "../unit/profile_scenario.h"

#include <stdbool.h>
#include <stdio.h>

#include "format/recording.h"

#define PERIOD (10 * NSEC_PER_MSEC)
#define START  (5 * NSEC_PER_SEC)
#define WAKE   (10 * NSEC_PER_USEC)

enum { MOVER = 101, DOUBLE, STEADY };

struct plan {
	uint32_t tids; /* added to all of them */
	nsec_t until; /* events are there so far */
	bool moved, doubled, profile, cooler, counters, tasks;
};

enum { CYCLES = 2048, INSTRUCTIONS, MISSES, CLOCK, NEVER, GONE };

/* What a run on a CPU counted, where it ends. */
static void put_slice(struct scenario *s, const struct plan *p, uint32_t cpu, nsec_t at,
		      uint32_t tid, nsec_t length)
{
	scenario_counter_of(s, cpu, at, CLOCK, COUNTER_SLICE, tid + p->tids, length, length,
			    length);
}

/* @tid runs for @length from *@at on, when the CPU was idle. */
static void run_for(struct scenario *s, const struct plan *p, uint32_t cpu, nsec_t *at,
		    uint32_t tid, nsec_t length)
{
	if (*at + length < p->until) {
		scenario_wakeup(s, cpu, *at - WAKE, tid + p->tids, 0);
		scenario_switch(s, cpu, *at, 0, tid + p->tids, 0);
		scenario_switch(s, cpu, *at + length, tid + p->tids, 0, 1);
		if (p->tasks)
			put_slice(s, p, cpu, *at + length, tid, length);
	}
	*at += length + NSEC_PER_MSEC / 2;
}

/* main (prog) calls spin_a, spin_b, spin_c and wait_for_work, which reads. Nodes: 1 main, 2 to 4
 * the spins, 5 wait_for_work, 6 read (libc), 7 vfs_read, 8 schedule (kernel). */
static void put_program(struct scenario *s)
{
	static const char *const name[] = { "main", "spin_a", "spin_b", "spin_c", "wait_for_work" };

	scenario_event(s, 0, "cpu-clock", "ns", 0, "");
	scenario_event(s, 1, "page-faults", "", 0, "");
	scenario_event(s, 2, "sched:sched_switch", "", EVENT_FLAG_OFF_CPU, "");
	scenario_event(s, 3, "cycles", "", EVENT_FLAG_MISSING, "this machine has no PMU");
	scenario_module(s, 0, MODULE_FILE, "/opt/bin/prog");
	scenario_module(s, 1, MODULE_FILE, "/lib/libc.so.6");
	scenario_module(s, 2, MODULE_KERNEL, "[kernel]");
	for (uint32_t i = 0; i < ARRAY_SIZE(name); i++) {
		scenario_symbol(s, 0, 0x1000 + 0x100 * i, 0x100, name[i]);
		scenario_frame(s, 1 + i, i ? 1 : 0, 0, 0x1010 + 0x100 * i);
	}
	scenario_symbol(s, 1, 0x2000, 0x100, "read");
	scenario_symbol(s, 2, 0xffffffff81000000, 0x100, "vfs_read");
	scenario_symbol(s, 2, 0xffffffff81000100, 0x100, "schedule");
	scenario_frame(s, 6, 5, 1, 0x2020);
	scenario_frame(s, 7, 6, 2, 0xffffffff81000020);
	scenario_frame(s, 8, 7, 2, 0xffffffff81000120);
}

/* The samples of the period that begins at @t. */
static void put_samples(struct scenario *s, const struct plan *p, nsec_t t)
{
	const uint32_t tid = STEADY + p->tids;
	const nsec_t begin = t + NSEC_PER_MSEC, each = 300 * NSEC_PER_USEC;

	for (uint32_t i = 0; i < 10; i++)
		scenario_sample(s, 0, begin + each * i, 0, tid,
				i < (p->cooler ? 5 : 7) ? 2
				: i < 9			? 3
							: 4,
				each);
	scenario_sample(s, 0, begin + each * 10, 1, tid, 4, 1);
	scenario_sample(s, 0, begin + 3 * NSEC_PER_MSEC + 2 * NSEC_PER_USEC, 2, tid, 8, 0);
}

static void put_counted(struct scenario *s)
{
	scenario_event(s, CYCLES, "cycles", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, INSTRUCTIONS, "instructions", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, MISSES, "cache-misses", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, CLOCK, "task-clock", "ns", EVENT_FLAG_COUNTED, "");
	scenario_event(s, NEVER, "bus-cycles", "", EVENT_FLAG_COUNTED, "");
	scenario_event(s, GONE, "stalled-cycles-backend", "",
		       EVENT_FLAG_COUNTED | EVENT_FLAG_MISSING, "this machine does not have it");
}

/*
 * The @i-th period, which ends at @t. CPU 0 has 20 M cycles, CPU 1 10 M; 2 instructions a cycle in
 * the first of eight periods, 1 in the others (a half of it "cooler"). cache-misses had a counter
 * for a third of the time, at 1 a us and 2 a us in turn, and for none in every ninth and tenth
 * period; bus-cycles never had one.
 */
static void put_counts(struct scenario *s, const struct plan *p, uint64_t i, nsec_t t)
{
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		uint64_t cycles = cpu ? 10000000 : 20000000, part = PERIOD / 3;
		bool none = i % 10 >= 8;

		t += cpu * 5 * NSEC_PER_USEC; /* one after the other */
		scenario_counter_of(s, cpu, t, CYCLES, COUNTER_CPU, 0, cycles, PERIOD, PERIOD);
		scenario_counter_of(s, cpu, t, INSTRUCTIONS, COUNTER_CPU, 0,
				    cycles * (i % 8 ? 1 : 2) / (p->cooler ? 2 : 1), PERIOD, PERIOD);
		scenario_counter_of(s, cpu, t, MISSES, COUNTER_CPU, 0,
				    none ? 0 : part / 1000 * (1 + i % 2), PERIOD, none ? 0 : part);
		scenario_counter_of(s, cpu, t, CLOCK, COUNTER_CPU, 0, PERIOD, PERIOD, PERIOD);
		scenario_counter_of(s, cpu, t, NEVER, COUNTER_CPU, 0, 0, PERIOD, 0);
	}
}

/* mover has 3 cycles a ns, steady 2, double 1, each in the run of the period that ends at @t. */
static void put_task_counts(struct scenario *s, const struct plan *p, nsec_t t)
{
	static const uint64_t ms[] = { 2, 1, 3 }, per_ns[] = { 3, 1, 2 };

	for (uint32_t i = 0; i < ARRAY_SIZE(ms); i++) {
		uint64_t ran = ms[i] * NSEC_PER_MSEC;

		scenario_counter_of(s, BATCH_CPU_NONE, t, CYCLES, COUNTER_TASK, MOVER + i + p->tids,
				    ran * per_ns[i], ran, ran);
	}
}

static void fill(struct scenario *s, const struct plan *p, nsec_t end)
{
	static const char *const name[] = { "mover", "double", "steady" };

	for (uint32_t i = 0; i < ARRAY_SIZE(name); i++)
		scenario_task(s, 0, TASK_ALIVE, MOVER + i + p->tids, name[i], 0);
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(s, c, START);
	if (p->profile)
		put_program(s);
	if (p->counters || p->tasks)
		put_counted(s);
	for (nsec_t t = START; t < end; t += PERIOD) {
		nsec_t at[2] = { t + NSEC_PER_MSEC, t + NSEC_PER_MSEC };

		run_for(s, p, 1, &at[1], DOUBLE, (p->doubled ? 2 : 1) * NSEC_PER_MSEC);
		run_for(s, p, 0, &at[0], STEADY, 3 * NSEC_PER_MSEC);
		run_for(s, p, p->moved, &at[p->moved], MOVER, 2 * NSEC_PER_MSEC);
		if (p->profile && t + PERIOD < p->until)
			put_samples(s, p, t);
		if (p->counters && t + PERIOD < p->until)
			put_counts(s, p, (t - START) / PERIOD, t + PERIOD);
		if (p->tasks && t + PERIOD < p->until)
			put_task_counts(s, p, t + PERIOD);
	}
	for (uint32_t c = 0; c < 2; c++)
		scenario_end(s, c, end);
	for (uint32_t c = 0; c < 2 && p->until < end; c++)
		scenario_loss(s, c, p->until, end, NULL, 1000);
}

static int write_recording(const char *path, struct scenario *s)
{
	struct recording_writer *w = NULL;
	struct err e = { 0 };
	int r = recording_create(path, 0, NULL, &w, &e);

	for (unsigned int i = 0; i < s->n && r >= 0; i++)
		r = sink_write(recording_writer_sink(w), s->stream[i], &e);
	if (r >= 0)
		r = recording_writer_meta(w, "kymo.events", "switch,wakeup", &e);
	if (r >= 0)
		r = recording_writer_meta(w, "counter.interval", "10000000", &e);
	if (r >= 0)
		r = recording_writer_close(w, &e);
	recording_writer_free(w);
	if (r < 0)
		fprintf(stderr, "known_run: %s\n", err_text(&e, r));
	return r;
}

int main(int argc, char **argv)
{
	unsigned int ms = 0;
	struct scenario s;
	struct plan p = { 0 };

	if (argc < 3 || sscanf(argv[2], "%u", &ms) != 1) {
		fputs("usage: known_run OUT.kymo MS [moved] [doubled] [lost] [profile] "
		      "[cooler] [counters] [tasks]\n",
		      stderr);
		return 2;
	}
	const nsec_t end = START + ms * NSEC_PER_MSEC;

	p.until = end + 1;
	for (int i = 3; i < argc; i++) {
		p.moved |= !strcmp(argv[i], "moved");
		p.doubled |= !strcmp(argv[i], "doubled");
		p.profile |= !strcmp(argv[i], "profile");
		p.cooler |= !strcmp(argv[i], "cooler");
		p.counters |= !strcmp(argv[i], "counters");
		p.tasks |= !strcmp(argv[i], "tasks");
		if (!strcmp(argv[i], "lost"))
			p.until = START + ms * NSEC_PER_MSEC / 2;
		p.tids = 100;
	}
	scenario_init(&s, 1000);
	fill(&s, &p, end);
	int r = write_recording(argv[1], &s);

	scenario_done(&s);
	return r < 0;
}
