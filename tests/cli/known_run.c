/* SPDX-License-Identifier: MIT */
/*
 * Writes a recording of which every number is known, to compare with another:
 *
 *	known_run OUT.kymo MS [moved] [doubled] [lost]
 *
 * Two CPUs for MS milliseconds. In every 10 ms: 'steady' (thread 103) runs 3 ms and 'mover' (101) 2
 * ms on CPU 0, 'double' (102) 1 ms on CPU 1; each is woken 10 us before. "moved": mover runs on
 * CPU 1 instead, behind the other. "doubled": double runs 2 ms. "lost": the events of the second
 * half are missing on both CPUs. Thread ids are 100 higher where anything is said, as they would be
 * in another run.
 */
#include "../unit/scenario.h"

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
	bool moved, doubled;
};

/* @tid runs for @length from *@at on, when the CPU was idle. */
static void run_for(struct scenario *s, const struct plan *p, uint32_t cpu, nsec_t *at,
		    uint32_t tid, nsec_t length)
{
	if (*at + length < p->until) {
		scenario_wakeup(s, cpu, *at - WAKE, tid + p->tids, 0);
		scenario_switch(s, cpu, *at, 0, tid + p->tids, 0);
		scenario_switch(s, cpu, *at + length, tid + p->tids, 0, 1);
	}
	*at += length + NSEC_PER_MSEC / 2;
}

static void fill(struct scenario *s, const struct plan *p, nsec_t end)
{
	static const char *const name[] = { "mover", "double", "steady" };

	for (uint32_t i = 0; i < ARRAY_SIZE(name); i++)
		scenario_task(s, 0, TASK_ALIVE, MOVER + i + p->tids, name[i], 0);
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(s, c, START);
	for (nsec_t t = START; t < end; t += PERIOD) {
		nsec_t at[2] = { t + NSEC_PER_MSEC, t + NSEC_PER_MSEC };

		run_for(s, p, 1, &at[1], DOUBLE, (p->doubled ? 2 : 1) * NSEC_PER_MSEC);
		run_for(s, p, 0, &at[0], STEADY, 3 * NSEC_PER_MSEC);
		run_for(s, p, p->moved, &at[p->moved], MOVER, 2 * NSEC_PER_MSEC);
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
	int r = recording_create(path, NULL, &w, &e);

	for (unsigned int i = 0; i < s->n && r >= 0; i++)
		r = sink_write(recording_writer_sink(w), s->stream[i], &e);
	if (r >= 0)
		r = recording_writer_meta(w, "kymo.events", "switch,wakeup", &e);
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
		fputs("usage: known_run OUT.kymo MS [moved] [doubled] [lost]\n", stderr);
		return 2;
	}
	const nsec_t end = START + ms * NSEC_PER_MSEC;

	p.until = end + 1;
	for (int i = 3; i < argc; i++) {
		p.moved |= !strcmp(argv[i], "moved");
		p.doubled |= !strcmp(argv[i], "doubled");
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
