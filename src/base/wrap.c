/* SPDX-License-Identifier: MIT */
/* Running text in lines. Counts bytes, not characters: the texts are ours and ASCII. */
#include "base/wrap.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define ROOM_MIN 20

static void wrap_n(FILE *out, const char *text, size_t len, unsigned int indent, unsigned int width)
{
	const char *end = text + len;
	size_t room = width > indent + ROOM_MIN ? width - indent : ROOM_MIN, used = 0;

	while (text < end) {
		size_t n = 0;

		while (text + n < end && text[n] != ' ' && text[n] != '\n')
			n++;
		if (used && used + 1 + n > room) {
			fprintf(out, "\n%*s", (int)indent, "");
			used = 0;
		}
		if (used) {
			fputc(' ', out);
			used++;
		}
		fwrite(text, 1, n, out);
		used += n;
		text += n;
		while (text < end && (*text == ' ' || *text == '\n'))
			text++;
	}
	fputc('\n', out);
}

void wrap_text(FILE *out, const char *text, unsigned int indent, unsigned int width)
{
	wrap_n(out, text, strlen(text), indent, width);
}

static void print_lines(FILE *out, const char *text, size_t len, unsigned int indent)
{
	while (len > 0) {
		const char *newline = memchr(text, '\n', len);
		size_t n = newline ? (size_t)(newline - text) : len;

		fprintf(out, "%*s%.*s\n", (int)indent, "", (int)n, text);
		n += newline != NULL;
		text += n;
		len -= n;
	}
}

void wrap_paragraphs(FILE *out, const char *text, unsigned int indent, unsigned int width)
{
	while (*text) {
		const char *gap = strstr(text, "\n\n");
		size_t n = gap ? (size_t)(gap - text) : strlen(text);

		if (*text == ' ') {
			print_lines(out, text, n, indent);
		} else {
			fprintf(out, "%*s", (int)indent, "");
			wrap_n(out, text, n, indent, width);
		}
		text += n;
		while (*text == '\n')
			text++;
		if (*text)
			fputc('\n', out);
	}
}

unsigned int wrap_width(FILE *out)
{
	struct winsize w;

	if (!isatty(fileno(out)) || ioctl(fileno(out), TIOCGWINSZ, &w) < 0 || w.ws_col == 0)
		return 80;
	return w.ws_col < 60 ? 60 : w.ws_col > 100 ? 100 : w.ws_col;
}
