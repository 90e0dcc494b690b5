/* SPDX-License-Identifier: MIT */
/* The program: finds the command, runs it, and makes sure that its answer has left the house. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/command.h"
#include "cmd/dropin/dropin.h"
#include "cmd/help_text.h"

static int unknown(const char *word)
{
	char near[256];

	if (word[0] == '-')
		log_error("unknown option '%s' (try: kymo help)", word);
	else if (command_nearest(word, near, sizeof(near)))
		log_error("no command '%s' (try: %s)", word, near);
	else
		log_error("no command '%s' (try: kymo help)", word);
	return EXIT_USAGE;
}

static int dispatch(int argc, char **argv)
{
	const struct command *dropin = argc ? dropin_by_name(argv[0]) : NULL;

	if (dropin)
		return command_run(dropin, argc, argv);
	if (argc < 2) {
		help_text_overview(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V")) {
		puts("kymo " KYMO_VERSION);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
		help_text_overview(stdout);
		return EXIT_SUCCESS;
	}
	const struct command *c = command_by_name(argv[1]);

	if (!c)
		c = dropin_by_name(argv[1]);
	return c ? command_run(c, argc - 1, argv + 1) : unknown(argv[1]);
}

int main(int argc, char **argv)
{
	int status = dispatch(argc, argv);

	log_progress_done();
	/* A full disk shows only when the buffered answer is written. */
	if (fflush(stdout) == EOF || ferror(stdout)) {
		log_error("cannot write to standard output: %s", strerror(errno));
		return status ? status : EXIT_FAILURE;
	}
	return status;
}
