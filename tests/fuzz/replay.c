/* SPDX-License-Identifier: MIT */
/*
 * Runs a fuzz target as a plain test: every seed as it is, cut after every 64 bytes, and mutated
 * 2,000 times in all. The mutations come from a fixed generator, so that a failure repeats. An
 * input that takes longer than a minute counts as a hang. Prints TAP.
 *
 *	replay PATTERN...		seeds, as glob(7) patterns
 *	replay --one FILE		one input, for looking closer
 */
#include <fcntl.h>
#include <glob.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "fuzz.h"
#include "mutate.h"

#define MUTATIONS	2000
#define CUT_STEP	64
#define CUTS_MAX	4096 /* of a seed; a larger one is cut in larger steps */
#define SECONDS_AT_MOST 60

static uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

/* What runs now, for the message when it does not end. */
static char doing[512];

static void hang(int sig)
{
	(void)sig;
	static const char words[] = "Bail out! no end after a minute: ";
	ssize_t r = write(STDOUT_FILENO, words, sizeof(words) - 1);

	r = write(STDOUT_FILENO, doing, strnlen(doing, sizeof(doing)));
	(void)r;
	_exit(1);
}

static void run(const uint8_t *data, size_t n)
{
	/* A copy of exactly n bytes: a sanitizer sees the first byte that is read too much. */
	uint8_t *exact = malloc(n ? n : 1);

	if (!exact)
		abort();
	if (n)
		memcpy(exact, data, n);
	alarm(SECONDS_AT_MOST);
	LLVMFuzzerTestOneInput(exact, n);
	alarm(0);
	free(exact);
}

static int test_seed(unsigned int number, const char *path, unsigned int mutations)
{
	auto_buf seed;

	buf_init(&seed, 0);
	int r = file_read_at(AT_FDCWD, path, &seed);

	if (r < 0) {
		printf("not ok %u - %s: %s\n", number, path, strerror(-r));
		return 1;
	}
	size_t coarse = seed.len / CUTS_MAX / CUT_STEP * CUT_STEP;
	size_t step = coarse > CUT_STEP ? coarse : CUT_STEP;
	unsigned int cuts = 0;

	snprintf(doing, sizeof(doing), "%s\n", path);
	run(seed.data, seed.len);
	for (size_t n = 0; n < seed.len; n += step, cuts++) {
		snprintf(doing, sizeof(doing), "%s cut to %zu bytes\n", path, n);
		run(seed.data, n);
	}
	auto_free uint8_t *copy = malloc(seed.len + 1);

	if (!copy)
		abort();
	for (unsigned int i = 0; i < mutations; i++) {
		memcpy(copy, seed.data, seed.len);
		snprintf(doing, sizeof(doing), "%s mutation %u\n", path, i);
		run(copy, mutate(&state, copy, seed.len));
	}
	printf("ok %u - %s: whole, %u cuts, %u mutations\n", number, path, cuts, mutations);
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	bool one = argc == 3 && !strcmp(argv[1], "--one");
	glob_t seeds = { 0 };
	int failed = 0;

	signal(SIGALRM, hang);
	for (int i = one ? 2 : 1; i < argc; i++)
		glob(argv[i], i > (one ? 2 : 1) ? GLOB_APPEND : 0, NULL, &seeds);
	if (seeds.gl_pathc == 0) {
		printf("1..1\nnot ok 1 - no seeds\n");
		return 1;
	}
	printf("1..%zu\n", seeds.gl_pathc);
	for (size_t i = 0; i < seeds.gl_pathc; i++)
		failed += test_seed((unsigned int)i + 1, seeds.gl_pathv[i],
				    one ? 0 : MUTATIONS / (unsigned int)seeds.gl_pathc + 1);
	globfree(&seeds);
	return failed > 0;
}
