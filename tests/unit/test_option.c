/* SPDX-License-Identifier: MIT */
/* Tests of src/base/option. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nsec.h"
#include "base/option.h"

struct args {
	bool json;
	const char *task;
	const char *engine;
	uint64_t count;
	double share;
	nsec_t from;
	bool from_given;
	uint64_t bytes;
	struct option_list set;
};

static const char *const engines[] = { "auto", "bpf", "perf", NULL };

static const struct option_spec specs[] = {
	{ .name = "json",
	  .letter = 'j',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct args, json),
	  .help = "answer as JSON" },
	{ .name = "task",
	  .letter = 't',
	  .type = OPTION_STRING,
	  .arg = "REGEX",
	  OPTION_AT(struct args, task),
	  .help = "only tasks that match" },
	{ .name = "engine",
	  .type = OPTION_CHOICE,
	  .arg = "NAME",
	  .choices = engines,
	  OPTION_AT(struct args, engine),
	  .help = "how to capture" },
	{ .name = "count",
	  .letter = 'n',
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct args, count),
	  .help = "how many" },
	{ .name = "share",
	  .type = OPTION_DOUBLE,
	  .arg = "X",
	  OPTION_AT(struct args, share),
	  .help = "how much" },
	{ .name = "from",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct args, from),
	  OPTION_GIVEN(struct args, from_given),
	  .help = "begin of the window" },
	{ .name = "buffer",
	  .type = OPTION_SIZE,
	  .arg = "SIZE",
	  OPTION_AT(struct args, bytes),
	  .help = "size of the buffers" },
	{ .name = "set",
	  .letter = 's',
	  .type = OPTION_LIST,
	  .arg = "K=V",
	  OPTION_AT(struct args, set),
	  .help = "set something; may be given several times, and this text is long enough to be "
		  "wrapped" },
	{ 0 }
};

struct parsed {
	struct args a;
	const char *rest[64];
	unsigned int n, n_before;
	struct err e;
	int r;
};

/* Parse @line, split at blanks ("~" stands for an empty word). */
static struct parsed parse(const char *line, bool stop_at_word)
{
	static char copy[1024];
	static char *argv[64];
	struct parsed p = { .a = { .engine = "auto", .count = 3 } };
	int argc = 0;

	argv[argc++] = copy;
	snprintf(copy, sizeof(copy), "cmd %s", line);
	for (char *s = copy; *s; s++) {
		if (*s != ' ')
			continue;
		*s = 0;
		argv[argc++] = s + 1;
	}
	for (int i = 0; i < argc; i++)
		if (!strcmp(argv[i], "~"))
			argv[i][0] = 0;
	if (!*line)
		argc = 1;
	argv[argc] = NULL;
	p.r = option_parse(specs, argc, argv, &p.a, stop_at_word, p.rest, &p.n, &p.n_before, &p.e);
	return p;
}

static void test_defaults_stay(void **state)
{
	(void)state;

	struct parsed p = parse("", false);

	assert_int_equal(p.r, 0);
	assert_int_equal(p.n, 0);
	assert_string_equal(p.a.engine, "auto");
	assert_int_equal(p.a.count, 3);
	assert_false(p.a.from_given);
}

static void test_every_type_and_form(void **state)
{
	(void)state;

	struct parsed p = parse("-j --task=a.* --engine perf -n12 --share 0.25 --from=1.5s "
				"--buffer 4k -s a=1 --set b=2",
				false);

	assert_int_equal(p.r, 0);
	assert_true(p.a.json);
	assert_string_equal(p.a.task, "a.*");
	assert_string_equal(p.a.engine, "perf");
	assert_int_equal(p.a.count, 12);
	assert_true(p.a.share == 0.25);
	assert_int_equal(p.a.from, 1500 * NSEC_PER_MSEC);
	assert_true(p.a.from_given);
	assert_int_equal(p.a.bytes, 4096);
	assert_int_equal(p.a.set.n, 2);
	assert_string_equal(p.a.set.item[1], "b=2");
}

static void test_words_and_options_in_any_order(void **state)
{
	(void)state;

	struct parsed p = parse("one -j two --from 2s -- -x --json", false);

	assert_int_equal(p.r, 0);
	assert_true(p.a.json);
	assert_int_equal(p.n, 4);
	assert_int_equal(p.n_before, 2);
	assert_string_equal(p.rest[0], "one");
	assert_string_equal(p.rest[1], "two");
	assert_string_equal(p.rest[2], "-x");
	assert_string_equal(p.rest[3], "--json");
}

static void test_single_dash_is_a_word(void **state)
{
	(void)state;

	struct parsed p = parse("- -j", false);

	assert_int_equal(p.r, 0);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.rest[0], "-");
	assert_true(p.a.json);
}

static void test_stop_at_word(void **state)
{
	(void)state;

	struct parsed p = parse("-j ls -n 5", true);

	assert_int_equal(p.r, 0);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.n_before, 3);
	assert_int_equal(p.a.count, 3);
	p = parse("-j -- ls -n 5", true);
	assert_int_equal(p.n, 3);
	assert_int_equal(p.n_before, 0);
	assert_string_equal(p.rest[0], "ls");
}

static void test_dashes_as_a_value_are_no_separator(void **state)
{
	(void)state;

	struct parsed p = parse("-t -- ls", true);

	assert_int_equal(p.r, 0);
	assert_string_equal(p.a.task, "--");
	assert_int_equal(p.n, 1);
	assert_int_equal(p.n_before, 1);
}

static void refused(const char *line, const char *word)
{
	struct parsed p = parse(line, false);

	assert_int_equal(p.r, -EINVAL);
	if (!strstr(p.e.text, word))
		fail_msg("'%s' lacks '%s'", p.e.text, word);
}

static void test_errors_name_the_argument(void **state)
{
	(void)state;
	refused("--nope", "--nope");
	refused("-x", "-x");
	refused("--task", "--task");
	refused("-n", "-n");
	refused("-n twelve", "twelve");
	refused("--engine ftrace", "auto, bpf, perf");
	refused("--json=yes", "--json");
	refused("--from 3parsecs", "parsecs");
	refused("--from ~", "--from");
}

static void test_list_has_an_end(void **state)
{
	(void)state;

	char line[512] = "-sx";

	for (int i = 1; i < OPTION_LIST_MAX; i++)
		memcpy(line + strlen(line), " -sx", 5);
	struct parsed p = parse(line, false);

	assert_int_equal(p.r, 0);
	assert_int_equal(p.a.set.n, OPTION_LIST_MAX);
	memcpy(line + strlen(line), " -sx", 5);
	p = parse(line, false);
	assert_int_equal(p.r, -E2BIG);
}

static char *printed(void (*print)(FILE *))
{
	char *text = NULL;
	size_t n;
	FILE *f = open_memstream(&text, &n);

	print(f);
	fclose(f);
	return text;
}

static void print_help(FILE *f)
{
	option_help(specs, f, 60);
}

static void print_man(FILE *f)
{
	option_man(specs, f);
}

static void print_words(FILE *f)
{
	option_words(specs, f);
}

static void test_help_is_aligned_and_wrapped(void **state)
{
	(void)state;

	auto_free char *text = printed(print_help);

	assert_ptr_equal(strstr(text, "  -j, --json         answer as JSON\n"), text);
	assert_non_null(strstr(text, "      --engine NAME  how to capture\n"));
	for (char *line = text, *end; *line; line = end + 1) {
		end = strchr(line, '\n');
		assert_true(end - line <= 60);
	}
}

static void test_man_and_words_name_every_option(void **state)
{
	(void)state;

	auto_free char *man = printed(print_man);
	auto_free char *words = printed(print_words);

	assert_non_null(
		strstr(man, ".TP\n\\fB\\-t\\fR, \\fB\\-\\-task\\fR \\fIREGEX\\fR\nonly tasks"));
	assert_string_equal(words,
			    "--json --task= --engine= --count= --share= --from= --buffer= --set=");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_stay),
		cmocka_unit_test(test_every_type_and_form),
		cmocka_unit_test(test_words_and_options_in_any_order),
		cmocka_unit_test(test_single_dash_is_a_word),
		cmocka_unit_test(test_stop_at_word),
		cmocka_unit_test(test_dashes_as_a_value_are_no_separator),
		cmocka_unit_test(test_errors_name_the_argument),
		cmocka_unit_test(test_list_has_an_end),
		cmocka_unit_test(test_help_is_aligned_and_wrapped),
		cmocka_unit_test(test_man_and_words_name_every_option),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
