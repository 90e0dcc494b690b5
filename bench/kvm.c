/* SPDX-License-Identifier: MIT */
/* A guest that does nothing but leave (tests/live/kvm_guest.h), its rounds timed: seconds on
 * stdout. usage: bench_kvm ROUNDS */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kvm_guest.h"

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	struct kvm_guest_result g;
	const char *why;
	unsigned int rounds = 0;

	if (argc != 2 || sscanf(argv[1], "%u", &rounds) != 1 || !rounds) {
		fprintf(stderr, "usage: bench_kvm ROUNDS\n");
		return 2;
	}
	double begin = now();
	int r = kvm_guest_run(rounds, &g, &why);

	if (r < 0) {
		fprintf(stderr, "bench_kvm: %s: %s\n", why, strerror(-r));
		return 1;
	}
	printf("%.6f\n", now() - begin);
	return 0;
}
