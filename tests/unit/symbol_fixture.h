/* SPDX-License-Identifier: MIT */
/* The programs that tests/fixtures/symbols/build.sh makes, and what nm says of them. */
#pragma once

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline const char *symbol_fixture(char *ret, size_t n, const char *name)
{
	const char *build = getenv("KYMO_BUILD");

	snprintf(ret, n, "%s/tests/fixtures/symbols/%s", build ? build : "build", name);
	return ret;
}

/* Address of a symbol by nm's list; 0: not there. */
static inline uint64_t symbol_fixture_address(const char *fixture, const char *symbol)
{
	char path[1024], name[64], line[512];
	uint64_t found = 0;

	snprintf(name, sizeof(name), "%s.nm", fixture);
	FILE *f = fopen(symbol_fixture(path, sizeof(path), name), "re");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long address;
		char word[400];

		if (sscanf(line, "%llx %*c %399s", &address, word) == 2 && !strcmp(word, symbol))
			found = address;
	}
	if (f)
		fclose(f);
	return found;
}
