/* SPDX-License-Identifier: MIT */
/*
 * weblink OUT DEPFILE ENTRY.js: join ES modules into one classic script, so that a page may carry
 * them inline and allow them by one hash.
 *
 * Modules are ordered by their imports, each once, a module after those it needs. Import lines go,
 * the word `export` goes, comment lines and indentation go, and the rest is put into one strict
 * function. All modules then share one scope; what would not survive that is refused here with file
 * and line: renamed, default and star imports and exports, a top-level name used in two modules, an
 * import that the other module does not export, a cycle, a template literal over several lines, and
 * text that would end the script element.
 */
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_MODULES 256
#define MAX_NAMES   4096
#define MAX_FILE    (4u << 20)
#define MAX_PATH    1024
#define MAX_NAME    128

struct module {
	char path[MAX_PATH];
	enum { VISITING, DONE } state;
};

struct name {
	char text[MAX_NAME];
	unsigned int module;
	bool exported;
};

static struct module module[MAX_MODULES];
static unsigned int n_modules;
static struct name name[MAX_NAMES];
static unsigned int n_names;
static FILE *out;

static void die(const char *path, unsigned int line, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 3, 4)));
static void die(const char *path, unsigned int line, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "weblink: %s:%u: ", path, line);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

static char *read_text(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = malloc(MAX_FILE + 1);

	if (!f || !text)
		die(path, 0, "cannot open: %s", strerror(errno));

	size_t n = fread(text, 1, MAX_FILE + 1, f);

	if (ferror(f) || n > MAX_FILE)
		die(path, 0, "cannot read, or over 4 MiB");
	fclose(f);
	text[n] = '\0';
	if (strlen(text) != n)
		die(path, 0, "holds a NUL byte");
	return text;
}

/* "web/view/a.js" and "../data/b.js" -> "web/data/b.js". */
static void resolve(const char *from, const char *to, char ret[MAX_PATH], unsigned int line)
{
	const char *slash = strrchr(from, '/');
	size_t dir = slash ? (size_t)(slash - from) : 0;

	while (strncmp(to, "./", 2) == 0 || strncmp(to, "../", 3) == 0) {
		bool up = to[1] == '.';

		to += up ? 3 : 2;
		if (!up)
			continue;
		while (dir && from[dir - 1] != '/')
			dir--;
		if (dir)
			dir--;
	}
	int n = snprintf(ret, MAX_PATH, "%.*s%s%s", (int)dir, from, dir ? "/" : "", to);

	if (n < 0 || n >= MAX_PATH)
		die(from, line, "path is too long");
}

static bool word(const char **p, char ret[MAX_NAME])
{
	size_t n = 0;

	while (isspace((unsigned char)**p))
		(*p)++;
	while (isalnum((unsigned char)**p) || **p == '_' || **p == '$') {
		if (n + 1 < MAX_NAME)
			ret[n++] = **p;
		(*p)++;
	}
	ret[n] = '\0';
	return n > 0;
}

static bool starts(const char *line, const char *with)
{
	return strncmp(line, with, strlen(with)) == 0;
}

static void declare(unsigned int m, const char *text, bool exported, unsigned int line)
{
	for (unsigned int i = 0; i < n_names; i++) {
		if (strcmp(name[i].text, text) == 0)
			die(module[m].path, line, "'%s' is also a top-level name of %s", text,
			    module[name[i].module].path);
	}
	if (n_names == MAX_NAMES)
		die(module[m].path, line, "too many names");
	snprintf(name[n_names].text, MAX_NAME, "%s", text);
	name[n_names].module = m;
	name[n_names++].exported = exported;
}

/* A line at column 0 that may declare a name. Returns the line behind `export `. */
static const char *declaration(unsigned int m, const char *line, unsigned int number)
{
	static const char *const kind[] = {
		"async function* ", "async function ", "function* ", "function ",
		"class ",	    "const ",	       "let ",	     "var "
	};
	bool exported = starts(line, "export ");
	char text[MAX_NAME];

	if (exported)
		line += strlen("export ");
	for (unsigned int i = 0; i < sizeof(kind) / sizeof(*kind); i++) {
		if (!starts(line, kind[i]))
			continue;
		const char *p = line + strlen(kind[i]);

		if (!word(&p, text))
			die(module[m].path, number, "a top-level declaration needs a plain name");
		declare(m, text, exported, number);
		return line;
	}
	if (exported)
		die(module[m].path, number, "only declarations can be exported");
	return line;
}

static unsigned int link_module(const char *path, const char *from, unsigned int line);

static void check_exported(unsigned int m, const char *text, const char *path, unsigned int line)
{
	for (unsigned int i = 0; i < n_names; i++) {
		if (name[i].module == m && name[i].exported && strcmp(name[i].text, text) == 0)
			return;
	}
	die(path, line, "%s does not export '%s'", module[m].path, text);
}

/* @p stands behind "import"; the statement may span lines. Returns the place behind its `;`. */
static char *import_statement(const char *path, char *p, unsigned int *line)
{
	char *end = strchr(p, ';');
	unsigned int first = *line;

	if (!end)
		die(path, first, "an import ends with ';'");
	*end = '\0';
	for (char *c = p; c < end; c++)
		*line += *c == '\n';

	char *quote = strpbrk(p, "'\"");
	char *close = quote ? strchr(quote + 1, *quote) : NULL;

	if (!close)
		die(path, first, "an import names a module");
	*close = '\0';

	char target[MAX_PATH];

	resolve(path, quote + 1, target, first);

	unsigned int m = link_module(target, path, first);
	const char *c = p + strspn(p, " ");

	if (c == quote)
		return end + 1;
	if (*c++ != '{')
		die(path, first, "only `import { a, b } from './x.js';` is understood");
	for (char text[MAX_NAME]; word(&c, text);) {
		check_exported(m, text, path, first);
		c += strspn(c, " \t\n");
		if (*c == ',')
			c++;
		else if (*c != '}')
			die(path, first, "imports cannot be renamed");
	}
	return end + 1;
}

static void emit_line(unsigned int m, const char *line, unsigned int number)
{
	unsigned int ticks = 0;

	for (const char *c = line; *c; c++) {
		if (*c == '\\' && c[1])
			c++;
		else
			ticks += *c == '`';
	}
	if (ticks % 2)
		die(module[m].path, number, "a template literal must end on its line");
	if (strstr(line, "</script") || strstr(line, "<!--"))
		die(module[m].path, number, "text would end the script element");
	/* Casts and types for the checker need not travel. */
	for (const char *type; (type = strstr(line, "/** @")) != NULL;) {
		const char *close = strstr(type, "*/");

		if (!close)
			die(module[m].path, number, "comment without end");
		fprintf(out, "%.*s", (int)(type - line), line);
		line = close + 2 + strspn(close + 2, " ");
	}
	fprintf(out, "%s\n", line);
}

static void emit_module(unsigned int m, char *p, unsigned int line)
{
	bool comment = false;

	while (*p) {
		char *end = strchr(p, '\n');

		if (end)
			*end = '\0';

		char *text = p + strspn(p, " \t");
		size_t n = strlen(text);

		while (n && isspace((unsigned char)text[n - 1]))
			text[--n] = '\0';
		if (!comment && starts(text, "import "))
			die(module[m].path, line, "imports come first");
		bool first = text == p;

		/* A comment of one line may have code behind it: a cast for the type checker. */
		while (!comment && starts(text, "/*")) {
			char *close = strstr(text + 2, "*/");

			comment = !close;
			text = close ? close + 2 + strspn(close + 2, " ") : text;
		}
		if (comment) {
			const char *close = strstr(text, "*/");

			comment = !close;
			if (close && close[2])
				die(module[m].path, line, "code behind the end of a long comment");
		} else if (*text && !starts(text, "//")) {
			emit_line(m, first ? declaration(m, text, line) : text, line);
		}
		if (!end)
			break;
		p = end + 1;
		line++;
	}
}

static unsigned int link_module(const char *path, const char *from, unsigned int from_line)
{
	for (unsigned int i = 0; i < n_modules; i++) {
		if (strcmp(module[i].path, path) != 0)
			continue;
		if (module[i].state == VISITING)
			die(from, from_line, "%s imports this module again: a cycle", path);
		return i;
	}
	if (n_modules == MAX_MODULES)
		die(from, from_line, "too many modules");

	unsigned int m = n_modules++;
	unsigned int line = 1;
	char *text = read_text(path), *p = text;

	snprintf(module[m].path, MAX_PATH, "%s", path);
	module[m].state = VISITING;
	/* Leading comments and imports, in any mixture. */
	for (;;) {
		if (*p == '\n') {
			line++;
			p++;
		} else if (starts(p, "//")) {
			p += strcspn(p, "\n");
		} else if (starts(p, "/*")) {
			char *close = strstr(p, "*/");

			if (!close)
				die(path, line, "comment without end");
			/* A doc comment that belongs to the first declaration goes the same way. */
			for (; p < close + 2; p++)
				line += *p == '\n';
		} else if (starts(p, "import ")) {
			p = import_statement(path, p + strlen("import "), &line);
		} else {
			break;
		}
	}
	emit_module(m, p, line);
	module[m].state = DONE;
	free(text);
	return m;
}

int main(int argc, char **argv)
{
	if (argc != 4) {
		fprintf(stderr, "usage: weblink OUT DEPFILE ENTRY.js\n");
		return 2;
	}
	out = fopen(argv[1], "w");

	FILE *dep = fopen(argv[2], "w");

	if (!out || !dep)
		die(argv[1], 0, "cannot write: %s", strerror(errno));
	fprintf(out, "'use strict';\n(() => {\n");
	link_module(argv[3], argv[3], 0);
	fprintf(out, "})();\n");
	fprintf(dep, "%s:", argv[1]);
	for (unsigned int i = 0; i < n_modules; i++)
		fprintf(dep, " %s", module[i].path);
	fputc('\n', dep);

	bool failed = ferror(out) || ferror(dep);

	failed |= fclose(out) != 0;
	failed |= fclose(dep) != 0;
	if (failed)
		die(argv[1], 0, "write error");
	return 0;
}
