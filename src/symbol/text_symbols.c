/* SPDX-License-Identifier: MIT */
/* Line by line, without copies. */
#include "symbol/text_symbols.h"

#include <errno.h>
#include <string.h>

#include "base/hex.h"

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p;
}

static size_t word_bytes(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && *q != ' ' && *q != '\t')
		q++;
	return (size_t)(q - p);
}

/* "name" or "name [module]" into the builder. */
static int add_kernel(struct symbol_builder *b, uint64_t address, char type, const char *p,
		      const char *end)
{
	size_t n = word_bytes(p, end);
	const char *module = skip_blanks(p + n, end);
	enum symbol_binding binding = SYMBOL_LOCAL;
	bool code = type == 't' || type == 'T' || type == 'w' || type == 'W';
	char name[1024];

	if (type == 'W' || type == 'w')
		binding = SYMBOL_WEAK;
	else if (type >= 'A' && type <= 'Z')
		binding = SYMBOL_GLOBAL;
	if (module == end)
		return symbol_builder_add(b, address, 0, 0, binding, code, p, n);
	int made = snprintf(name, sizeof(name), "%.*s %.*s", (int)min_of(n, sizeof(name)), p,
			    (int)min_of(word_bytes(module, end), (size_t)256), module);

	if (made <= 0 || (size_t)made >= sizeof(name))
		return 0;
	return symbol_builder_add(b, address, 0, 0, binding, code, name, (size_t)made);
}

static int kernel_line(const char *p, const char *end, uint64_t delta, struct symbol_builder *b,
		       struct text_symbols *ret)
{
	uint64_t address;

	if (!hex_number(&p, end, &address) || end - p < 4 || p[0] != ' ' || p[2] != ' ') {
		ret->bad++;
		return 0;
	}
	char type = p[1];

	p += 3;
	/* Code, and data because it ends code. Absolute ones are offsets of per-CPU data. */
	if (!strchr("tTwWdDbB", type) || p[0] == '$')
		return 0;
	if (!address) {
		ret->hidden++;
		return 0;
	}
	size_t n = word_bytes(p, end);

	if ((n == 5 && !memcmp(p, "_text", 5)) || (n == 6 && !memcmp(p, "_stext", 6) && !ret->text))
		ret->text = address;
	ret->symbols++;
	return add_kernel(b, address + delta, type, p, end);
}

int text_symbols_kernel(const char *text, size_t n, uint64_t delta, struct symbol_builder *b,
			struct text_symbols *ret)
{
	const char *end = text + n;
	int r = 0;

	*ret = (struct text_symbols){ 0 };
	while (text < end && r >= 0) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const char *stop = line ? line : end;

		if (stop > text)
			r = kernel_line(text, stop, delta, b, ret);
		text = line ? line + 1 : end;
	}
	return r;
}

static const char *skip_0x(const char *p, const char *end)
{
	return end - p > 2 && p[0] == '0' && (p[1] == 'x' || p[1] == 'X') ? p + 2 : p;
}

static int map_line(const char *p, const char *end, struct symbol_builder *b,
		    struct text_symbols *ret)
{
	uint64_t start, bytes;

	p = skip_0x(skip_blanks(p, end), end);
	bool good = hex_number(&p, end, &start) && p < end && *p == ' ';

	if (good) {
		p = skip_0x(skip_blanks(p, end), end);
		good = hex_number(&p, end, &bytes) && p < end && *p == ' ';
	}
	if (good)
		p = skip_blanks(p, end);
	while (good && p < end && (end[-1] == '\r' || end[-1] == ' '))
		end--;
	const char *nul = good ? memchr(p, 0, (size_t)(end - p)) : NULL;

	if (nul)
		end = nul;
	if (!good || p == end || !bytes || bytes > UINT64_MAX - start) {
		ret->bad++;
		return 0;
	}
	ret->symbols++;
	return symbol_builder_add(b, start, bytes, 0, SYMBOL_GLOBAL, true, p, (size_t)(end - p));
}

int text_symbols_perf_map(const char *text, size_t n, struct symbol_builder *b,
			  struct text_symbols *ret)
{
	const char *end = text + n;
	int r = 0;

	*ret = (struct text_symbols){ 0 };
	while (text < end && r >= 0) {
		const char *line = memchr(text, '\n', (size_t)(end - text));
		const char *stop = line ? line : end;

		if (stop > text)
			r = map_line(text, stop, b, ret);
		text = line ? line + 1 : end;
	}
	return r;
}
