/* SPDX-License-Identifier: MIT */
/* Tests of src/base/log. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"

/* What @talk writes on stderr, into @ret. */
static void caught(void (*talk)(void), char *ret, size_t size)
{
	auto_fclose FILE *f = tmpfile();
	int saved = dup(STDERR_FILENO);

	fflush(stderr);
	dup2(fileno(f), STDERR_FILENO);
	talk();
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	ret[fread(ret, 1, size - 1, f)] = 0;
}

static void all_levels(void)
{
	log_error("e %d", 1);
	log_warn("w");
	log_info("i");
	log_debug("d");
}

static void progress(void)
{
	log_progress("50 %%");
	log_progress_done();
}

static void test_levels(void **state)
{
	(void)state;

	static const char *const lines[] = { "", "kymo: e 1\n", "kymo: warning: w\n", "kymo: i\n",
					     "kymo: debug: d\n" };
	char expected[128] = "", text[128];

	for (int level = LOG_QUIET; level <= LOG_DEBUG; level++) {
		size_t n = strlen(expected);

		snprintf(expected + n, sizeof(expected) - n, "%s", lines[level]);
		log_set_level((enum log_level)level);
		caught(all_levels, text, sizeof(text));
		assert_string_equal(text, expected);
	}
	log_set_level(LOG_INFO);
}

static void names_of_others(void)
{
	log_info("'%s'", "a\x1b[31m\nb\xc2\x9b\xffStra\xc3\x9f");
	log_info("%2000d%s", 1, "\a.");
}

/* One line each, with nothing that a terminal obeys; also where it is long. */
static void test_names_of_others(void **state)
{
	static char text[4096];

	(void)state;
	caught(names_of_others, text, sizeof(text));
	assert_ptr_equal(strstr(text, "kymo: 'a?[31m?b???Stra\xc3\x9f'\nkymo:  "), text);
	assert_string_equal(text + strlen(text) - 4, "1?.\n");
	assert_int_equal(strlen(strchr(text, '\n') + 1), 6 + 2000 + 3);
}

static void test_progress_only_on_a_terminal(void **state)
{
	(void)state;

	char text[128];

	caught(progress, text, sizeof(text));
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_names_of_others),
		cmocka_unit_test(test_progress_only_on_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
