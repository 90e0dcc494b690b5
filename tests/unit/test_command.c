/* SPDX-License-Identifier: MIT */
/* Tests of src/cmd/command. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/nsec.h"
#include "cmd/command.h"

struct args {
	nsec_t from;
	bool json;
};

static struct {
	struct args args;
	unsigned int n, n_before;
	int calls;
} seen;

static int record_call(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	memcpy(&seen.args, args, sizeof(seen.args));
	seen.n = n;
	seen.n_before = n_before;
	seen.calls++;
	return n ? word[0][0] - '0' : 0;
}

static const struct option_spec options[] = {
	{ .name = "from",
	  .letter = 'v',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct args, from),
	  .help = "begin" },
	{ .name = "json", .type = OPTION_FLAG, OPTION_AT(struct args, json), .help = "as JSON" },
	{ 0 }
};

static const struct command command = {
	.name = "sample",
	.summary = "do nothing",
	.usage = "[N]",
	.description = "Nothing.",
	.options = options,
	.args_bytes = sizeof(struct args),
	.args_default = &(const struct args){ .from = 7 },
	.run = record_call,
};

/* Run with stdout and stderr in a file, whose content goes into @ret. */
static int run(const char *a, const char *b, char *ret, size_t size)
{
	auto_free char *copy_a = a ? strdup(a) : NULL;
	auto_free char *copy_b = b ? strdup(b) : NULL;
	char name[] = "sample", *argv[] = { name, copy_a, copy_b, NULL };
	auto_fclose FILE *f = tmpfile();
	int out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);

	fflush(stdout);
	dup2(fileno(f), STDOUT_FILENO);
	dup2(fileno(f), STDERR_FILENO);
	seen.calls = 0;
	int status = command_run(&command, 1 + !!a + !!b, argv);

	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	close(out);
	close(err);
	rewind(f);
	ret[fread(ret, 1, size - 1, f)] = 0;
	return status;
}

static void test_defaults_words_and_status(void **state)
{
	(void)state;

	char text[4096];

	assert_int_equal(run("5", "--json", text, sizeof(text)), 5);
	assert_int_equal(seen.calls, 1);
	assert_int_equal(seen.args.from, 7);
	assert_true(seen.args.json);
	assert_int_equal(seen.n, 1);
	assert_int_equal(seen.n_before, 1);
	assert_string_equal(text, "");
}

static void test_help_is_answered_here(void **state)
{
	(void)state;

	char text[4096];

	assert_int_equal(run("--help", NULL, text, sizeof(text)), 0);
	assert_int_equal(seen.calls, 0);
	assert_non_null(strstr(text, "Usage: kymo sample [N]"));
	assert_non_null(strstr(text, "-v, --from TIME"));
	assert_non_null(strstr(text, "--verbose"));
}

static void test_own_letter_wins_over_a_common_one(void **state)
{
	(void)state;

	char text[4096];

	assert_int_equal(run("-v3s", NULL, text, sizeof(text)), 0);
	assert_int_equal(seen.args.from, 3 * NSEC_PER_SEC);
}

static void test_misuse_is_2_and_says_where_help_is(void **state)
{
	(void)state;

	char text[4096];

	assert_int_equal(run("--nope", NULL, text, sizeof(text)), EXIT_USAGE);
	assert_int_equal(seen.calls, 0);
	assert_non_null(strstr(text, "--nope"));
	assert_non_null(strstr(text, "(try: kymo sample --help)"));
}

static void test_list_is_sorted_and_found_by_name(void **state)
{
	(void)state;
	assert_non_null(command_table[0]);
	for (const struct command *const *c = command_table; *c; c++) {
		assert_ptr_equal(command_by_name((*c)->name), *c);
		if (c[1])
			assert_true(strcmp(c[0]->name, c[1]->name) < 0);
	}
	assert_null(command_by_name("sample"));
	assert_null(command_by_name(""));
}

static void test_nearest_names(void **state)
{
	(void)state;

	char near[64];

	assert_true(command_nearest("hlep", near, sizeof(near)));
	assert_string_equal(near, "help");
	assert_true(command_nearest("he", near, sizeof(near)));
	assert_non_null(strstr(near, "help"));
	assert_false(command_nearest("xylophone", near, sizeof(near)));
	assert_false(command_nearest("completion-of-a-very-long-word-indeed", near, sizeof(near)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_words_and_status),
		cmocka_unit_test(test_help_is_answered_here),
		cmocka_unit_test(test_own_letter_wins_over_a_common_one),
		cmocka_unit_test(test_misuse_is_2_and_says_where_help_is),
		cmocka_unit_test(test_list_is_sorted_and_found_by_name),
		cmocka_unit_test(test_nearest_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
