/* SPDX-License-Identifier: MIT */
/* Help and man pages from the descriptors: the same sentences in two dresses. */
#include "cmd/help_text.h"

#include <ctype.h>
#include <string.h>

#include "base/roff.h"
#include "base/wrap.h"
#include "cmd/dropin/dropin.h"

const char help_text_what[] =
	"the flight recorder for Linux machines: record, look, compare, replay";

static const char what_is_what[] =
	"kymo record captures what a machine's scheduler does into one small file, NAME.kymo. kymo "
	"show answers questions about it with tables, kymo report with one HTML page that works "
	"offline. kymo convert brings other tools' captures in, and kymo doctor tells what this "
	"machine allows.\n\n"
	"The answer is on stdout, talk is on stderr. Exit status: 0 done, 1 failed, 2 usage.";

void help_text_overview(FILE *out)
{
	unsigned int width = wrap_width(out);

	fprintf(out, "kymo: %s\n\nUsage: kymo COMMAND [OPTIONS] ...\n\nCommands:\n",
		help_text_what);
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->hidden)
			continue;
		fprintf(out, "  %-10s ", (*c)->name);
		wrap_text(out, (*c)->summary, 13, width);
	}
	fputc('\n', out);
	wrap_paragraphs(out, what_is_what, 0, width);
	fputs("\nLinks to kymo run the command lines of older tools:", out);
	for (const struct command *const *c = dropin_list; *c; c++)
		fprintf(out, " %s", (*c)->name);
	fputs(".\nkymo COMMAND --help tells more; kymo --version is the version.\n", out);
}

void help_text_command(const struct command *c, FILE *out)
{
	unsigned int width = wrap_width(out);

	const char *program = c->dropin ? "" : "kymo ";

	fprintf(out, "%s%s: %s\n\nUsage: %s%s %s\n\n", program, c->name, c->summary, program,
		c->name, c->usage);
	wrap_paragraphs(out, c->description, 0, width);
	if (c->extra_help) {
		fputc('\n', out);
		c->extra_help(out);
	}
	if (c->options && c->options->name) {
		fputs("\nOptions:\n", out);
		option_help(c->options, out, width);
	}
	fputs("\nCommon options:\n", out);
	option_help(command_common_options, out, width);
	fputs("\nExamples:\n", out);
	for (const struct command_example *x = c->examples; x && x->line; x++) {
		fprintf(out, "  %s\n      ", x->line);
		wrap_text(out, x->what, 6, width);
	}
}

static void man_title(FILE *out, const struct command *command)
{
	bool dropin = command && command->dropin;

	fprintf(out, ".\\\" Generated from the descriptors in src/cmd.\n.TH %s%s",
		dropin ? "" : "KYMO", command && !dropin ? "-" : "");
	for (const char *p = command ? command->name : ""; *p; p++)
		fputc(toupper((unsigned char)*p), out);
	fputs(" 1 \"\" \"kymo " KYMO_VERSION "\" \"Kymo manual\"\n", out);
}

void help_text_man_overview(FILE *out)
{
	man_title(out, NULL);
	fputs(".SH NAME\nkymo \\- ", out);
	roff_text(out, help_text_what);
	fputs("\n.SH SYNOPSIS\n\\fBkymo\\fR \\fICOMMAND\\fR [\\fIOPTIONS\\fR] ...\n.SH "
	      "DESCRIPTION\n",
	      out);
	roff_paragraphs(out, what_is_what);
	fputs(".SH COMMANDS\n", out);
	for (const struct command *const *c = command_table; *c; c++) {
		if ((*c)->hidden)
			continue;
		fprintf(out, ".TP\n\\fBkymo\\-%s\\fR(1)\n", (*c)->name);
		roff_text(out, (*c)->summary);
		fputs(".\n", out);
	}
	fputs(".SH OPTIONS\nEvery command takes these.\n", out);
	option_man(command_common_options, out);
	fputs(".SH ENVIRONMENT\n.TP\n\\fBNO_COLOR\\fR\nWhen set, no colours are written.\n", out);
}

/* @extra prints plain text: kept line by line. */
static void man_extra(void (*extra)(FILE *), FILE *out)
{
	char *text = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&text, &n);

	if (!memory)
		return;
	extra(memory);
	if (fclose(memory) == 0) {
		fputs(".PP\n.nf\n", out);
		roff_text(out, text);
		fputs(n > 0 && text[n - 1] == '\n' ? ".fi\n" : "\n.fi\n", out);
	}
	free(text);
}

void help_text_man_command(const struct command *c, FILE *out)
{
	man_title(out, c);
	fprintf(out, ".SH NAME\n%s%s \\- ", c->dropin ? "" : "kymo\\-", c->name);
	roff_text(out, c->summary);
	fprintf(out, "\n.SH SYNOPSIS\n\\fB%s%s\\fR ", c->dropin ? "" : "kymo ", c->name);
	roff_text(out, c->usage);
	fputs("\n.SH DESCRIPTION\n", out);
	roff_paragraphs(out, c->description);
	if (c->extra_help)
		man_extra(c->extra_help, out);
	fputs(".SH OPTIONS\n", out);
	if (c->options)
		option_man(c->options, out);
	option_man(command_common_options, out);
	fputs(".SH EXIT STATUS\n0 done, 1 failed, 2 usage.\n.SH EXAMPLES\n", out);
	for (const struct command_example *x = c->examples; x && x->line; x++) {
		fputs(".TP\n\\fB", out);
		roff_text(out, x->line);
		fputs("\\fR\n", out);
		roff_text(out, x->what);
		fputs(".\n", out);
	}
	fputs(".SH SEE ALSO\n\\fBkymo\\fR(1)", out);
	for (const struct command *const *o = command_table; *o; o++)
		if (*o != c && !(*o)->hidden)
			fprintf(out, ",\n\\fBkymo\\-%s\\fR(1)", (*o)->name);
	fputc('\n', out);
}
