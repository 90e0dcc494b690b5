/* SPDX-License-Identifier: MIT */
/* Each function has a section of its own, so that the linker tells where it begins and ends. */
#include "spend.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "capture/proc_maps.h"

static volatile uint64_t sum;

#define PLACE(name)                                                    \
	void name(uint64_t k);                                         \
	extern const char __start_kymo_##name[], __stop_kymo_##name[]; \
	__attribute__((noinline, section("kymo_" #name))) void name(uint64_t k)

/* A function that calls nothing has no frame, whatever the compiler is told: its caller would be
 * missing in chains by frame pointers. */
static __attribute__((noinline)) void note(uint64_t k)
{
	sum += k;
}

#define WORK(name)                               \
	PLACE(name)                              \
	{                                        \
		note(k);                         \
		for (uint64_t i = 0; i < k; i++) \
			sum += i * i;            \
		note(k);                         \
		sum++; /* no tail call */        \
	}
WORK(spend_a)
WORK(spend_b)
WORK(spend_c)

/* libc has no frame pointers: the frame that it hides is this one. */
static __attribute__((noinline)) void nap(void)
{
	const struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
	sum++;
}

PLACE(spend_nap)
{
	for (; k; k--)
		nap();
	sum++;
}

static uint64_t took[SPEND_FUNCTIONS];

static uint64_t cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

PLACE(spend_main)
{
	uint64_t t[SPEND_FUNCTIONS + 1];

	for (; k; k--) {
		t[SPEND_A] = cpu_time();
		spend_a(700000);
		t[SPEND_B] = cpu_time();
		spend_b(200000);
		t[SPEND_C] = cpu_time();
		spend_c(100000);
		t[SPEND_FUNCTIONS] = cpu_time();
		for (unsigned int i = 0; i < SPEND_FUNCTIONS; i++)
			took[i] += t[i + 1] - t[i];
	}
	sum++;
}

static int take_map(void *ctx, const struct proc_map *m)
{
	static const char *const at[][2] = {
		[SPEND_A] = { __start_kymo_spend_a, __stop_kymo_spend_a },
		[SPEND_B] = { __start_kymo_spend_b, __stop_kymo_spend_b },
		[SPEND_C] = { __start_kymo_spend_c, __stop_kymo_spend_c },
		[SPEND_NAP] = { __start_kymo_spend_nap, __stop_kymo_spend_nap },
		[SPEND_MAIN] = { __start_kymo_spend_main, __stop_kymo_spend_main },
	};
	struct spend_places *p = ctx;

	for (unsigned int i = 0; i < SPEND_PLACES; i++) {
		uint64_t begin = (uintptr_t)at[i][0], end = (uintptr_t)at[i][1];

		if (begin < m->start || begin >= m->end)
			continue;
		p->begin[i] = begin - m->start + m->pgoff;
		p->end[i] = end - m->start + m->pgoff;
	}
	return 0;
}

void spend(unsigned int turns, unsigned int naps)
{
	struct spend_places p = { .pid = (uint32_t)getpid() };
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root < 0 || proc_maps_read(root, p.pid, take_map, &p) < 0)
		abort();
	close(root);
	printf("spend %u", p.pid);
	for (unsigned int i = 0; i < SPEND_PLACES; i++)
		printf(" %" PRIx64 " %" PRIx64, p.begin[i], p.end[i]);
	printf("\n");
	fflush(stdout);
	spend_main(turns);
	spend_nap(naps);
	printf("took %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", took[SPEND_A], took[SPEND_B],
	       took[SPEND_C]);
}

bool spend_parse(const char *text, struct spend_places *ret)
{
	const char *at = strstr(text, "spend ");
	int used;

	if (!at || sscanf(at, "spend %" SCNu32 "%n", &ret->pid, &used) != 1)
		return false;
	at += used;
	for (unsigned int i = 0; i < SPEND_PLACES; i++, at += used)
		if (sscanf(at, " %" SCNx64 " %" SCNx64 "%n", &ret->begin[i], &ret->end[i], &used) !=
			    2 ||
		    ret->begin[i] >= ret->end[i])
			return false;
	return true;
}

bool spend_shares(const char *text, double ret[SPEND_FUNCTIONS])
{
	const char *at = strstr(text, "took ");
	double all = 0;

	if (!at || sscanf(at, "took %lf %lf %lf", &ret[SPEND_A], &ret[SPEND_B], &ret[SPEND_C]) != 3)
		return false;
	for (unsigned int i = 0; i < SPEND_FUNCTIONS; i++)
		all += ret[i];
	for (unsigned int i = 0; i < SPEND_FUNCTIONS; i++)
		ret[i] /= all;
	return all > 0;
}
