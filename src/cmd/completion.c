/* SPDX-License-Identifier: MIT */
/* kymo completion: the shell's completion rules, from the descriptors. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/command.h"

/* "--engine" -> its choices. The first '=' that bash splits off is a word of its own. */
static const char head[] =
	"# bash completion for kymo, printed by: kymo completion bash\n"
	"_kymo()\n"
	"{\n"
	"\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} i\n"
	"\tlocal command=${COMP_WORDS[1]} options='' first='' n=0\n"
	"\tCOMPREPLY=()\n"
	"\tif [[ $prev == '=' ]]; then prev=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
	"\tif [[ $cur == '=' ]]; then cur=''; fi\n"
	"\tif [[ $COMP_CWORD -eq 1 ]]; then\n"
	"\t\tCOMPREPLY=($(compgen -W \"";

static const char middle[] = "--help --version\" -- \"$cur\"))\n"
			     "\t\treturn\n"
			     "\tfi\n"
			     "\tcase $command$prev in\n";

static const char between[] = "\tesac\n"
			      "\tcase $command in\n";

static const char tail[] = "\tesac\n"
			   "\tfor ((i = 2; i < COMP_CWORD; i++)); do\n"
			   "\t\tif [[ ${COMP_WORDS[i]} != -* ]]; then n=$((n + 1)); fi\n"
			   "\tdone\n"
			   "\tif [[ $cur == -* ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
			   "\t\tif [[ ${COMPREPLY[0]} == *= ]]; then compopt -o nospace; fi\n"
			   "\telif [[ -n $first && $n -eq 0 ]]; then\n"
			   "\t\tCOMPREPLY=($(compgen -W \"$first\" -- \"$cur\"))\n"
			   "\telse\n"
			   "\t\tcompopt -o filenames\n"
			   "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
			   "\tfi\n"
			   "}\n"
			   "complete -F _kymo kymo\n";

static void print_choices(const struct command *c)
{
	for (const struct option_spec *o = c->options; o && o->name; o++) {
		if (o->type != OPTION_CHOICE)
			continue;
		printf("\t%s--%s) COMPREPLY=($(compgen -W \"", c->name, o->name);
		for (const char *const *choice = o->choices; *choice; choice++)
			printf("%s ", *choice);
		fputs("\" -- \"$cur\")); return ;;\n", stdout);
	}
}

static void print_options(const struct command *c)
{
	printf("\t%s) options='", c->name);
	if (c->options && c->options->name) {
		option_words(c->options, stdout);
		putchar(' ');
	}
	option_words(command_common_options, stdout);
	fputs("' first='", stdout);
	if (c->first_words)
		c->first_words(stdout);
	fputs("' ;;\n", stdout);
}

static int completion_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	(void)args;
	(void)n_before;
	if (n != 1 || strcmp(word[0], "bash") != 0)
		return command_misused("completion", "one word is needed: bash");
	fputs(head, stdout);
	for (const struct command *const *c = command_table; *c; c++)
		if (!(*c)->hidden)
			printf("%s ", (*c)->name);
	fputs(middle, stdout);
	for (const struct command *const *c = command_table; *c; c++)
		print_choices(*c);
	fputs(between, stdout);
	for (const struct command *const *c = command_table; *c; c++)
		print_options(*c);
	fputs(tail, stdout);
	return EXIT_SUCCESS;
}

static void completion_words(FILE *out)
{
	fputs("bash", out);
}

static const struct command_example completion_examples[] = {
	{ "kymo completion bash", "the completion script, for /etc/bash_completion.d" },
	{ NULL, NULL },
};

const struct command command_completion = {
	.name = "completion",
	.summary = "print shell completion rules",
	.usage = "bash",
	.description = "Prints a script that completes commands, views, options and their values. "
		       "make install puts it where bash looks.",
	.examples = completion_examples,
	.first_words = completion_words,
	.run = completion_run,
	.hidden = true,
};
