/* SPDX-License-Identifier: MIT */
/* kymo help: the overview, or the help of a command. */
#include <stdlib.h>

#include "base/log.h"
#include "cmd/command.h"
#include "cmd/dropin/dropin.h"
#include "cmd/help_text.h"

static int help_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	char near[256];

	(void)args;
	(void)n_before;
	if (n > 1)
		return command_misused("help", "one command at a time");
	if (n == 0) {
		help_text_overview(stdout);
		return EXIT_SUCCESS;
	}
	const struct command *c = command_by_name(word[0]);

	if (!c)
		c = dropin_by_name(word[0]);
	if (c) {
		help_text_command(c, stdout);
		return EXIT_SUCCESS;
	}
	if (command_nearest(word[0], near, sizeof(near)))
		log_error("no command '%s' (try: %s)", word[0], near);
	else
		log_error("no command '%s' (try: kymo help)", word[0]);
	return EXIT_USAGE;
}

static void help_words(FILE *out)
{
	for (const struct command *const *c = command_table; *c; c++)
		fprintf(out, "%s ", (*c)->name);
}

static const struct command_example help_examples[] = {
	{ "kymo help", "list the commands" },
	{ "kymo help record", "the same as kymo record --help" },
	{ NULL, NULL },
};

const struct command command_help = {
	.name = "help",
	.summary = "list the commands, or tell about one",
	.usage = "[COMMAND]",
	.description = "Without a word: the list of commands. With one: its usage, options and "
		       "examples. The man pages kymo(1), kymo-record(1) ... say the same.",
	.examples = help_examples,
	.first_words = help_words,
	.run = help_run,
};
