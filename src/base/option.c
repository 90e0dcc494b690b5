/* SPDX-License-Identifier: MIT */
/* One option table: parsing by getopt_long, help, manual, completion words. */
#include "base/option.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <string.h>

#include "base/quantity.h"
#include "base/roff.h"
#include "base/wrap.h"

#define OPTION_MAX 64
#define FIRST_CODE 256 /* getopt codes of options: above every letter */

static unsigned int count(const struct option_spec *specs)
{
	unsigned int n = 0;

	while (specs && specs[n].name)
		n++;
	assert(n < OPTION_MAX);
	return n;
}

static int set_choice(const struct option_spec *o, const char *value, const char **ret,
		      struct err *e)
{
	char list[256] = "";

	for (const char *const *c = o->choices; *c; c++) {
		if (!strcmp(*c, value)) {
			*ret = *c;
			return 0;
		}
		size_t n = strlen(list);

		snprintf(list + n, sizeof(list) - n, "%s%s", n ? ", " : "", *c);
	}
	return err_set(e, -EINVAL, "'%s' (try: %s)", value, list);
}

static int set_value(const struct option_spec *o, const char *value, void *args, struct err *e)
{
	void *to = (char *)args + o->offset;

	switch (o->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_STRING:
		*(const char **)to = value;
		return 0;
	case OPTION_CHOICE:
		return set_choice(o, value, to, e);
	case OPTION_U64:
		return quantity_parse_u64(value, to, e);
	case OPTION_DOUBLE:
		return quantity_parse_double(value, to, e);
	case OPTION_DURATION:
		return quantity_parse_duration(value, to, e);
	case OPTION_SIZE:
		return quantity_parse_size(value, to, e);
	case OPTION_LIST: {
		struct option_list *l = to;

		if (l->n == OPTION_LIST_MAX)
			return err_set(e, -E2BIG, "given more than %d times", OPTION_LIST_MAX);
		l->item[l->n++] = value;
		return 0;
	}
	}
	return err_set(e, -EINVAL, "unknown type of option");
}

static int apply(const struct option_spec *o, const char *value, void *args, struct err *e)
{
	int r = set_value(o, value, args, e);

	if (r < 0) {
		err_prefix(e, "--%s", o->name);
		return r;
	}
	if (o->given_offset)
		*(bool *)((char *)args + o->given_offset) = true;
	return 0;
}

static void build(const struct option_spec *specs, unsigned int n, struct option *longs,
		  char *shorts, bool stop_at_word)
{
	/* '-': words come as code 1, in their place; '+': the first word ends it. ':' lets us word
	 * a missing value. */
	*shorts++ = stop_at_word ? '+' : '-';
	*shorts++ = ':';
	for (unsigned int i = 0; i < n; i++) {
		int has_arg = specs[i].type == OPTION_FLAG ? no_argument
			      : specs[i].bare		   ? optional_argument
							   : required_argument;

		longs[i] = (struct option){ .name = specs[i].name,
					    .has_arg = has_arg,
					    .val = FIRST_CODE + (int)i };
		if (specs[i].letter) {
			*shorts++ = specs[i].letter;
			for (int k = 0; k < has_arg; k++)
				*shorts++ = ':';
		}
	}
	*shorts = 0;
	longs[n] = (struct option){ 0 };
}

static const struct option_spec *by_code(const struct option_spec *specs, unsigned int n, int code)
{
	if (code >= FIRST_CODE)
		return &specs[code - FIRST_CODE];
	for (unsigned int i = 0; i < n; i++)
		if (specs[i].letter && specs[i].letter == code)
			return &specs[i];
	return NULL;
}

int option_parse(const struct option_spec *specs, int argc, char **argv, void *args,
		 bool stop_at_word, const char **ret_rest, unsigned int *ret_n,
		 unsigned int *ret_dashdash, struct err *e)
{
	struct option longs[OPTION_MAX];
	char shorts[3 * OPTION_MAX + 3];
	unsigned int n = count(specs), words = 0, dashdash;
	const char *value = NULL;
	int code;

	build(specs, n, longs, shorts, stop_at_word);
	optind = 0; /* glibc: start afresh, with the new first character of shorts */
	opterr = 0;
	while ((code = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const char *said = argv[optind - 1];

		if (code == 1) {
			ret_rest[words++] = optarg;
			continue;
		}
		if (code == ':')
			return err_set(e, -EINVAL, "option '%s' needs a value", said);
		if (code == '?') {
			if (optopt >= FIRST_CODE)
				return err_set(e, -EINVAL, "option '--%s' takes no value",
					       specs[optopt - FIRST_CODE].name);
			if (optopt)
				return err_set(e, -EINVAL, "unknown option '-%c'", optopt);
			return err_set(e, -EINVAL, "unknown or ambiguous option '%s'", said);
		}
		const struct option_spec *o = by_code(specs, n, code);

		/* getopt takes a value that may be left out only behind '='. */
		if (!optarg && o->bare)
			optarg = optind < argc && argv[optind][0] != '-'
					 ? argv[optind++]
					 : (char *)(uintptr_t)o->bare;
		value = optarg;
		int r = apply(o, value, args, e);

		if (r < 0)
			return r;
	}
	/* getopt stopped behind "--" (unless that was an option's value), at the end, or
	 * (stop_at_word) at a word. */
	bool saw_dashes =
		optind > 1 && argv[optind - 1] != value && !strcmp(argv[optind - 1], "--");

	dashdash = words;
	while (optind < argc)
		ret_rest[words++] = argv[optind++];
	*ret_n = words;
	*ret_dashdash = saw_dashes ? dashdash : words;
	return 0;
}

static void head(const struct option_spec *o, char *buf, size_t size)
{
	char letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(buf, size, "%s--%s%s%s%s", letter, o->name,
		 o->bare  ? " ["
		 : o->arg ? " "
			  : "",
		 o->arg ? o->arg : "", o->bare ? "]" : "");
}

void option_help(const struct option_spec *specs, FILE *out, unsigned int width)
{
	unsigned int n = count(specs), widest = 0;
	char h[128];

	for (unsigned int i = 0; i < n; i++) {
		head(&specs[i], h, sizeof(h));
		if (strlen(h) > widest)
			widest = (unsigned int)strlen(h);
	}
	for (unsigned int i = 0; i < n; i++) {
		head(&specs[i], h, sizeof(h));
		fprintf(out, "  %-*s  ", (int)widest, h);
		wrap_text(out, specs[i].help, widest + 4, width);
	}
}

void option_man(const struct option_spec *specs, FILE *out)
{
	unsigned int n = count(specs);

	for (unsigned int i = 0; i < n; i++) {
		fputs(".TP\n", out);
		if (specs[i].letter)
			fprintf(out, "\\fB\\-%c\\fR, ", specs[i].letter);
		fputs("\\fB\\-\\-", out);
		roff_text(out, specs[i].name);
		fputs("\\fR", out);
		if (specs[i].arg)
			fprintf(out, specs[i].bare ? " [\\fI%s\\fR]" : " \\fI%s\\fR", specs[i].arg);
		fputc('\n', out);
		roff_text(out, specs[i].help);
		fputs(".\n", out);
	}
}

void option_words(const struct option_spec *specs, FILE *out)
{
	unsigned int n = count(specs);

	for (unsigned int i = 0; i < n; i++)
		fprintf(out, "%s--%s%s", i ? " " : "", specs[i].name,
			specs[i].type == OPTION_FLAG ? "" : "=");
}
