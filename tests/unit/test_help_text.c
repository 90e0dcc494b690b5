/* SPDX-License-Identifier: MIT */
/* Tests of src/cmd/help_text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cmd/help_text.h"

static char *printed(void (*print)(const struct command *, FILE *), const struct command *c)
{
	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	print(c, f);
	fclose(f);
	return out;
}

static void test_overview_has_every_command_but_the_hidden(void **state)
{
	(void)state;

	char *out = NULL;
	size_t n;
	FILE *f = open_memstream(&out, &n);

	help_text_overview(f);
	fclose(f);
	for (const struct command *const *c = command_table; *c; c++) {
		char line[64];

		snprintf(line, sizeof(line), "\n  %-10s ", (*c)->name);
		assert_int_equal(strstr(out, line) != NULL, !(*c)->hidden);
	}
	free(out);
}

static void test_descriptors_are_complete(void **state)
{
	(void)state;
	for (const struct command *const *i = command_table; *i; i++) {
		const struct command *c = *i;

		assert_true(c->summary[0] && c->summary[strlen(c->summary) - 1] != '.');
		assert_non_null(c->usage);
		assert_true(c->description[0] && c->description[strlen(c->description) - 1] == '.');
		assert_non_null(c->run);
		assert_non_null(c->examples);
		assert_non_null(c->examples[0].line);
		for (const struct command_example *x = c->examples; x->line; x++) {
			char start[64];

			snprintf(start, sizeof(start), "kymo %s", c->name);
			assert_non_null(strstr(x->line, start));
			assert_true(x->what[0]);
		}
		for (const struct option_spec *o = c->options; o && o->name; o++) {
			assert_true(o->help[0] && o->help[strlen(o->help) - 1] != '.');
			assert_int_equal(o->arg != NULL, o->type != OPTION_FLAG);
		}
	}
}

static void test_help_and_manual_name_the_same_options(void **state)
{
	(void)state;
	for (const struct command *const *i = command_table; *i; i++) {
		auto_free char *help = printed(help_text_command, *i);
		auto_free char *man = printed(help_text_man_command, *i);

		for (const struct option_spec *o = (*i)->options; o && o->name; o++) {
			char word[64], roff[128] = "\\fB\\-\\-";

			snprintf(word, sizeof(word), "--%s", o->name);
			assert_non_null(strstr(help, word));
			for (const char *s = o->name; *s; s++)
				snprintf(roff + strlen(roff), sizeof(roff) - strlen(roff), "%s%c",
					 *s == '-' ? "\\" : "", *s);
			assert_non_null(strstr(man, roff));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overview_has_every_command_but_the_hidden),
		cmocka_unit_test(test_descriptors_are_complete),
		cmocka_unit_test(test_help_and_manual_name_the_same_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
