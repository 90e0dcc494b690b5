/* SPDX-License-Identifier: MIT */
/* A program that only computes, three calls deep. Prints the CPU time that took and the time of day
 * at its end, in seconds. usage: bench_profile [TURNS] */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static volatile uint64_t sum;

static double seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static __attribute__((noinline)) void spend(uint64_t k)
{
	for (uint64_t i = 0; i < k; i++)
		sum += i * i;
}

static __attribute__((noinline)) void turn(unsigned int depth, uint64_t k)
{
	if (depth)
		turn(depth - 1, k);
	else
		spend(k);
	sum++;
}

int main(int argc, char **argv)
{
	unsigned long turns = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
	double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);

	for (; turns; turns--)
		turn(20, 1000000);
	printf("%.6f %.6f\n", seconds(CLOCK_PROCESS_CPUTIME_ID) - begin, seconds(CLOCK_REALTIME));
	return 0;
}
