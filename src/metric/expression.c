/* SPDX-License-Identifier: MIT */
/* Expressions: recursive descent into a postfix program. */
#include "metric/expression.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"
#include "base/strpool.h"
#include "metric/expression_op.h"

struct parser {
	const char *s;
	size_t n, at, room;
	unsigned int nesting;
	const char *const *view;
	struct expression *x;
	struct err *e;
};

static int parse_compare(struct parser *p);

#define mistake(p, ...) err_set((p)->e, -EINVAL, __VA_ARGS__)

/* A line may go on behind a backslash. */
static void skip_blanks(struct parser *p)
{
	while (p->at < p->n && memchr(" \t\r\n\\", p->s[p->at], 5))
		p->at++;
}

static char peek(struct parser *p)
{
	skip_blanks(p);
	return p->at < p->n ? p->s[p->at] : '\0';
}

static bool take(struct parser *p, const char *word)
{
	size_t n = strlen(word);

	skip_blanks(p);
	if (p->n - p->at < n || memcmp(p->s + p->at, word, n))
		return false;
	p->at += n;
	return true;
}

/* The stack's height is counted while ops are added, so that evaluation needs no checks. */
static int emit(struct parser *p, struct expression_op op, int height)
{
	struct expression *x = p->x;

	if (x->n_ops == p->room) {
		size_t room = p->room ? p->room * 2 : 16;
		struct expression_op *grown = reallocarray(x->op, room, sizeof(*grown));

		if (!grown)
			return err_set(p->e, -ENOMEM, "out of memory");
		x->op = grown;
		p->room = room;
	}
	x->op[x->n_ops++] = op;
	x->height += height;
	if (x->height > EXPRESSION_DEPTH_MAX)
		return mistake(p, "more than %d values wait for their operator",
			       EXPRESSION_DEPTH_MAX);
	return 0;
}

static bool name_begin(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool name_inside(char c)
{
	return name_begin(c) || (c >= '0' && c <= '9') || c == '.' || c == ':';
}

static int emit_name(struct parser *p, size_t from, size_t n, int view)
{
	struct expression *x = p->x;
	const char *name = strpool_add_n(x->pool, p->s + from, n);
	unsigned int i = 0;

	if (!name)
		return err_set(p->e, -ENOMEM, "out of memory");
	while (i < x->n_names && (x->name[i] != name || x->view[i] != view))
		i++;
	if (i == EXPRESSION_NAMES_MAX)
		return mistake(p, "more than %d names", EXPRESSION_NAMES_MAX);
	if (i == x->n_names) {
		x->name[x->n_names] = name;
		x->view[x->n_names] = view;
		x->name_at[x->n_names++] = from;
	}
	return emit(p, (struct expression_op){ .code = OP_NAME, .name = i }, 1);
}

static int parse_arguments(struct parser *p, unsigned int *ret)
{
	int r;

	*ret = 0;
	do {
		r = parse_compare(p);
		if (r < 0)
			return r;
		++*ret;
	} while (take(p, ","));
	return take(p, ")") ? 0 : mistake(p, "a ')' is missing");
}

static int parse_call(struct parser *p, size_t from, size_t len)
{
	static const struct {
		const char *name;
		enum expression_code code;
		unsigned int least, most;
	} known[] = {
		{ "min", OP_MIN, 2, 16 },
		{ "max", OP_MAX, 2, 16 },
		{ "if", OP_IF, 3, 3 },
		{ "known", OP_KNOWN, 1, 1 },
	};
	unsigned int given;
	size_t i = 0;

	while (i < ARRAY_SIZE(known) &&
	       (strlen(known[i].name) != len || memcmp(p->s + from, known[i].name, len)))
		i++;
	if (i == ARRAY_SIZE(known)) {
		char views[64] = "";
		size_t n = 0;

		for (int v = 0; p->view && p->view[v] && n < sizeof(views); v++)
			n += (size_t)snprintf(views + n, sizeof(views) - n, ", %s", p->view[v]);
		p->at = from;
		return mistake(p, "unknown function '%.*s' (there are: min, max, if, known%s)",
			       (int)min_of(len, (size_t)64), p->s + from, views);
	}
	int r = parse_arguments(p, &given);

	if (r < 0)
		return r;
	if (given < known[i].least || given > known[i].most) {
		p->at = from;
		return mistake(p, "%s() with %u arguments", known[i].name, given);
	}
	if (known[i].code == OP_IF || known[i].code == OP_KNOWN)
		return emit(p, (struct expression_op){ .code = known[i].code }, 1 - (int)given);
	for (; r >= 0 && given > 1; given--)
		r = emit(p, (struct expression_op){ .code = known[i].code }, -1);
	return r;
}

/* A name in quotes, at the first of them. */
static int parse_quoted(struct parser *p, int view)
{
	size_t from = ++p->at;

	while (p->at < p->n && p->s[p->at] != '\'' && p->s[p->at] != '\n')
		p->at++;
	if (p->at == p->n || p->s[p->at] != '\'' || p->at == from) {
		p->at = from - 1;
		return mistake(p, "a name in quotes has no end");
	}
	p->at++;
	return emit_name(p, from, p->at - 1 - from, view);
}

/* Behind the letters of a name, which began at @from: its thing in brackets, if it has one. */
static int parse_thing(struct parser *p, size_t from, int view)
{
	if (p->at < p->n && p->s[p->at] == '[') {
		size_t begin = p->at++;

		while (p->at < p->n && p->s[p->at] != ']' && p->s[p->at] > ' ' && p->s[p->at] < 127)
			p->at++;
		if (p->at == p->n || p->s[p->at] != ']' || p->at == begin + 1) {
			p->at = begin;
			return mistake(p, "a name in brackets has no end");
		}
		p->at++;
	}
	return emit_name(p, from, p->at - from, view);
}

/* Behind "WORD(": the name that is looked at, and ')'. */
static int parse_viewed(struct parser *p, int view)
{
	size_t from = p->at;
	char c = peek(p);
	int r;

	if (c == '\'') {
		r = parse_quoted(p, view);
	} else if (name_begin(c)) {
		from = p->at;
		while (p->at < p->n && name_inside(p->s[p->at]))
			p->at++;
		r = parse_thing(p, from, view);
	} else {
		r = mistake(p, "%s() takes a name", p->view[view]);
	}
	if (r >= 0 && !take(p, ")"))
		r = mistake(p, "a ')' is missing: %s() takes a name", p->view[view]);
	return r;
}

/* The view called by the @n bytes at @from, or -1. */
static int view_called(const struct parser *p, size_t from, size_t n)
{
	for (int i = 0; p->view && p->view[i]; i++)
		if (strlen(p->view[i]) == n && !memcmp(p->s + from, p->view[i], n))
			return i;
	return -1;
}

static int parse_named(struct parser *p)
{
	size_t from = p->at;

	while (p->at < p->n && name_inside(p->s[p->at]))
		p->at++;
	size_t n = p->at - from;

	if (p->at < p->n && p->s[p->at] == '[')
		return parse_thing(p, from, -1);
	if (!take(p, "("))
		return emit_name(p, from, n, -1);
	int view = view_called(p, from, n);

	return view >= 0 ? parse_viewed(p, view) : parse_call(p, from, n);
}

static int parse_atom(struct parser *p)
{
	char c = peek(p);
	double v;

	if (c == '(') {
		p->at++;
		int r = parse_compare(p);

		if (r < 0)
			return r;
		return take(p, ")") ? 0 : mistake(p, "a ')' is missing");
	}
	if (c == '\'')
		return parse_quoted(p, -1);
	if (name_begin(c))
		return parse_named(p);
	int used = quantity_scan(p->s + p->at, p->n - p->at, &v);

	if (used == -ERANGE)
		return mistake(p, "a number is too large");
	if (used < 0)
		return c ? mistake(p, "a value is missing before '%c'",
				   c >= ' ' && c < 127 ? c : '?')
			 : mistake(p, "a value is missing at the end");
	p->at += (size_t)used;
	if (p->at < p->n && name_inside(p->s[p->at]))
		return mistake(p, "a number ends in a letter");
	return emit(p, (struct expression_op){ .code = OP_NUMBER, .number = v }, 1);
}

static int parse_unary(struct parser *p)
{
	if (++p->nesting > EXPRESSION_DEPTH_MAX)
		return mistake(p, "nested more than %d deep", EXPRESSION_DEPTH_MAX);
	int r;

	if (take(p, "-")) {
		r = parse_unary(p);
		if (r >= 0)
			r = emit(p, (struct expression_op){ .code = OP_NEGATE }, 0);
	} else {
		r = parse_atom(p);
	}
	p->nesting--;
	return r;
}

static int parse_product(struct parser *p)
{
	int r = parse_unary(p);

	while (r >= 0) {
		char c = peek(p);

		if (c != '*' && c != '/')
			return 0;
		p->at++;
		(void)peek(p);
		size_t from = p->at;

		r = parse_unary(p);
		if (r < 0)
			return r;
		struct expression_op op = { .code = c == '*' ? OP_MULTIPLY : OP_DIVIDE };

		if (c == '/') {
			op.text = strpool_add_n(p->x->pool, p->s + from, p->at - from);
			if (!op.text)
				return err_set(p->e, -ENOMEM, "out of memory");
		}
		r = emit(p, op, -1);
	}
	return r;
}

static int parse_sum(struct parser *p)
{
	int r = parse_product(p);

	while (r >= 0) {
		char c = peek(p);

		if (c != '+' && c != '-')
			return 0;
		p->at++;
		r = parse_product(p);
		if (r >= 0)
			r = emit(p,
				 (struct expression_op){ .code = c == '+' ? OP_ADD : OP_SUBTRACT },
				 -1);
	}
	return r;
}

/* Comparisons do not chain: a < b < c is a mistake somewhere. */
static int parse_compare(struct parser *p)
{
	static const struct {
		const char *sign;
		enum expression_code code;
	} signs[] = {
		{ "<=", OP_LESS_EQUAL }, { ">=", OP_MORE_EQUAL }, { "==", OP_EQUAL },
		{ "!=", OP_UNEQUAL },	 { "<", OP_LESS },	  { ">", OP_MORE },
	};
	int r = parse_sum(p);

	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(signs); i++) {
		if (!take(p, signs[i].sign))
			continue;
		r = parse_sum(p);
		return r < 0 ? r : emit(p, (struct expression_op){ .code = signs[i].code }, -1);
	}
	return r;
}

int expression_parse_views(const char *s, size_t n, const char *const *view,
			   struct expression **ret, size_t *ret_at, struct err *e)
{
	auto_ptr(expression) x = calloc(1, sizeof(*x));

	*ret_at = 0;
	if (!x || !(x->pool = strpool_new()))
		return err_set(e, -ENOMEM, "out of memory");
	struct parser p = { .s = s, .n = n, .view = view, .x = x, .e = e };

	if (n > EXPRESSION_BYTES_MAX)
		return mistake(&p, "more than %d bytes", EXPRESSION_BYTES_MAX);
	int r = parse_compare(&p);

	if (r >= 0 && peek(&p))
		r = mistake(&p, "no operator before '%c'",
			    s[p.at] > ' ' && s[p.at] < 127 ? s[p.at] : '?');
	if (r >= 0) {
		size_t end = n;

		while (end && memchr(" \t\r\n\\", s[end - 1], 5))
			end--;
		x->text = strpool_add_n(x->pool, s, end);
		if (!x->text)
			r = err_set(e, -ENOMEM, "out of memory");
	}
	*ret_at = p.at;
	if (r < 0)
		return r;
	*ret = steal_ptr(x);
	return 0;
}

int expression_parse(const char *s, size_t n, struct expression **ret, size_t *ret_at,
		     struct err *e)
{
	return expression_parse_views(s, n, NULL, ret, ret_at, e);
}

struct expression *expression_free(struct expression *x)
{
	if (x) {
		strpool_free(x->pool);
		free(x->op);
		free(x);
	}
	return NULL;
}

const char *expression_text(const struct expression *x)
{
	return x->text;
}

unsigned int expression_n_names(const struct expression *x)
{
	return x->n_names;
}

const char *expression_name(const struct expression *x, unsigned int i)
{
	return x->name[i];
}

int expression_view(const struct expression *x, unsigned int i)
{
	return x->view[i];
}

size_t expression_name_at(const struct expression *x, unsigned int i)
{
	return x->name_at[i];
}

bool expression_has_number(const struct expression *x, double v)
{
	for (size_t i = 0; i < x->n_ops; i++)
		if (x->op[i].code == OP_NUMBER && x->op[i].number == v)
			return true;
	return false;
}

bool expression_is_atom(const struct expression *x)
{
	return x->n_ops == 1;
}
