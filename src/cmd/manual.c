/* SPDX-License-Identifier: MIT */
/* kymo manual: the man pages as roff; the build installs what it prints. */
#include <stdlib.h>

#include "base/log.h"
#include "cmd/command.h"
#include "cmd/dropin/dropin.h"
#include "cmd/help_text.h"

static int manual_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	(void)args;
	(void)n_before;
	if (n > 1)
		return command_misused("manual", "one page at a time");
	if (n == 0) {
		help_text_man_overview(stdout);
		return EXIT_SUCCESS;
	}
	const struct command *c = command_by_name(word[0]);

	if (!c)
		c = dropin_by_name(word[0]);
	if (!c)
		return command_misused("manual", "no command '%s'", word[0]);
	help_text_man_command(c, stdout);
	return EXIT_SUCCESS;
}

static const struct command_example manual_examples[] = {
	{ "kymo manual record", "the page kymo-record(1) as roff, on stdout" },
	{ NULL, NULL },
};

const struct command command_manual = {
	.name = "manual",
	.summary = "print a man page as roff",
	.usage = "[COMMAND]",
	.description =
		"Without a word: kymo(1). With the name of a command: its page. Meant for the "
		"build, which installs the pages.",
	.examples = manual_examples,
	.run = manual_run,
	.hidden = true,
};
