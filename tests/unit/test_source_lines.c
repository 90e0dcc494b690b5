/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/source_lines and unit_scopes: each address of a program against addr2line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "symbol/source_lines.h"
#include "symbol_fixture.h"

#define DEPTH 16

static struct source_lines *open_fixture(const char *name)
{
	struct source_lines *l = NULL;
	char path[1024];
	int fd = open(symbol_fixture(path, sizeof(path), name), O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(source_lines_open(fd, &l, NULL), 0);
	return l;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* "function\nfile:line\n" of @p as addr2line has it, without the folder. */
static void print_place(char *ret, size_t n, const struct source_place *p)
{
	snprintf(ret, n, "%s %s:%u", p->function ? p->function : "??",
		 p->file ? base_name(p->file) : "??", p->line);
}

/* The places in @f up to the next address, as print_place() has them; how many. */
static size_t read_places(FILE *f, char (*ret)[512], uint64_t *next)
{
	char line[1024], function[256] = "";
	size_t n = 0;

	*next = 0;
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		if (!strncmp(line, "0x", 2)) {
			*next = strtoull(line, NULL, 16);
			break;
		}
		if (!function[0]) {
			snprintf(function, sizeof(function), "%.255s", line);
			continue;
		}
		assert_in_range(n, 0, DEPTH - 1);
		line[strcspn(line, " ")] = 0; /* "(discriminator 2)" */
		snprintf(ret[n++], sizeof(*ret), "%.255s %.250s", function, base_name(line));
		function[0] = 0;
	}
	return n;
}

static void test_every_address(void **state)
{
	auto_ptr(source_lines) l = open_fixture("pie");
	size_t addresses = 0, inlined = 0, twice = 0;
	char path[1024], want[DEPTH][512], got[512];
	FILE *f = fopen(symbol_fixture(path, sizeof(path), "pie.lines"), "re");
	uint64_t address, next;

	(void)state;
	assert_non_null(f);
	(void)read_places(f, want, &address);
	for (; address; address = next) {
		size_t n = read_places(f, want, &next), found;
		struct source_place place[DEPTH];

		assert_int_equal(source_lines_find(l, address, place, DEPTH, &found), 0);
		if (n == 1 && !strncmp(want[0], "??", 2)) {
			assert_int_equal(found, 0);
			continue;
		}
		for (size_t k = 0; k < found && k < n; k++) {
			print_place(got, sizeof(got), &place[k]);
			if (strcmp(want[k], got) != 0)
				fail_msg("0x%llx: want '%s', got '%s'", (unsigned long long)address,
					 want[k], got);
		}
		assert_int_equal(found, n);
		addresses++;
		inlined += n > 1;
		twice += n > 2;
	}
	fclose(f);
	print_message("%zu addresses, %zu in inlined functions, %zu in two\n", addresses, inlined,
		      twice);
	assert_true(addresses > 100 && inlined > 10 && twice > 3);
}

static void test_where_functions_are_written(void **state)
{
	auto_ptr(source_lines) l = open_fixture("pie");
	uint64_t outer = symbol_fixture_address("pie", "outer");
	struct source_place place[DEPTH];
	bool inlined = false;
	size_t n;

	(void)state;
	for (uint64_t at = outer; at < outer + 24; at++) {
		assert_int_equal(source_lines_find(l, at, place, DEPTH, &n), 0);
		if (!n)
			continue;
		assert_string_equal(place[n - 1].function, "outer");
		assert_string_equal(base_name(place[n - 1].written), "functions.cc");
		assert_int_equal(place[n - 1].written_line, 27);
		if (n == 2) {
			inlined = true;
			assert_int_equal(place[0].written_line, 21);
		}
	}
	assert_true(inlined);
}

/* The innermost ones and the function itself. */
static void test_too_many(void **state)
{
	auto_ptr(source_lines) l = open_fixture("pie");
	uint64_t from = symbol_fixture_address("pie", "outermost");
	bool cut = false;

	(void)state;
	for (uint64_t at = from; at < from + 64; at++) {
		struct source_place all[DEPTH], some[2];
		size_t n, few;

		assert_int_equal(source_lines_find(l, at, all, DEPTH, &n), 0);
		assert_int_equal(source_lines_find(l, at, some, 2, &few), 0);
		if (n < 3)
			continue;
		cut = true;
		assert_int_equal(few, 2);
		assert_string_equal(some[0].function, all[0].function);
		assert_string_equal(some[1].function, all[n - 1].function);
		assert_int_equal(source_lines_find(l, at, some, 0, &few), 0);
		assert_int_equal(few, 0);
	}
	assert_true(cut);
}

static void test_without_debug_information(void **state)
{
	struct source_lines *l = NULL;
	struct err e = { 0 };
	char path[1024];
	int fd = open(symbol_fixture(path, sizeof(path), "exported"), O_RDONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(source_lines_open(fd, &l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no debug information"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_address),
		cmocka_unit_test(test_where_functions_are_written),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_without_debug_information),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
