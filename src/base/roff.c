/* SPDX-License-Identifier: MIT */
/* Text for man pages. */
#include "base/roff.h"

#include <stdbool.h>
#include <string.h>

/* A leading dot or quote would make the line a request. */
static void put(FILE *out, const char *text, size_t len)
{
	bool line_start = true;

	for (size_t i = 0; i < len; i++) {
		if (line_start && (text[i] == '.' || text[i] == '\''))
			fputs("\\&", out);
		line_start = text[i] == '\n';
		if (text[i] == '\\')
			fputs("\\e", out);
		else if (text[i] == '-')
			fputs("\\-", out);
		else
			fputc(text[i], out);
	}
}

void roff_text(FILE *out, const char *text)
{
	put(out, text, strlen(text));
}

void roff_paragraphs(FILE *out, const char *text)
{
	while (*text) {
		const char *gap = strstr(text, "\n\n");
		size_t n = gap ? (size_t)(gap - text) : strlen(text);
		bool as_is = *text == ' ';

		fputs(as_is ? ".PP\n.nf\n" : ".PP\n", out);
		put(out, text, n);
		fputs(as_is ? "\n.fi\n" : "\n", out);
		text += n;
		while (*text == '\n')
			text++;
	}
}
