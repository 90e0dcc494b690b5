/* SPDX-License-Identifier: MIT */
/* Rules are compiled and their templates checked once; a name is at most NAME_MAX bytes, so that no
 * pattern runs long. */
#include "names/name_rule.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

#define GROUPS	  10
#define WIDTH_MAX 9

struct name_rule {
	regex_t regex;
	char *template;
};

struct name_rules {
	struct name_rule *rule;
	size_t n;
};

struct name_rules *name_rules_new(void)
{
	return calloc(1, sizeof(struct name_rules));
}

struct name_rules *name_rules_free(struct name_rules *r)
{
	if (r) {
		for (size_t i = 0; i < r->n; i++) {
			regfree(&r->rule[i].regex);
			free(r->rule[i].template);
		}
		free(r->rule);
		free(r);
	}
	return NULL;
}

/* One piece of a template: literal bytes, or a group. */
struct piece {
	const char *text;
	size_t len;
	int group; /* -1: literal */
	unsigned int width; /* 0 = as it is */
};

/* The piece at *@p, which moves behind it. NULL or what is wrong at *@p. */
static const char *next_piece(const char **p, struct piece *ret)
{
	const char *s = *p;

	*ret = (struct piece){ .text = s, .len = 1, .group = -1 };
	if ((s[0] == '{' && s[1] == '{') || (s[0] == '}' && s[1] == '}')) {
		*p = s + 2;
		return NULL;
	}
	if (*s == '}')
		return "a '}' alone (try: }})";
	if (*s != '{') {
		ret->len = strcspn(s, "{}");
		*p = s + ret->len;
		return NULL;
	}
	if (s[1] < '0' || s[1] > '9')
		return "a group is {0} to {9}";
	ret->group = s[1] - '0';
	s += 2;
	if (*s == ':') {
		if (s[1] != '0' || s[2] < '1' || s[2] > '0' + WIDTH_MAX)
			return "a width is 01 to 09, as in {2:02}";
		ret->width = (unsigned int)(s[2] - '0');
		s += 3;
	}
	if (*s != '}')
		return "a '{' is not closed";
	*p = s + 1;
	return NULL;
}

static int check_template(const char *rule, const char *template, size_t groups, struct err *e)
{
	for (const char *p = template; *p;) {
		struct piece piece;
		const char *wrong = next_piece(&p, &piece);

		if (!wrong && piece.group > (int)groups)
			wrong = "the pattern has no such group";
		if (wrong)
			return err_set(e, -EINVAL, "name rule '%s', at character %zu: %s", rule,
				       (size_t)(p - rule) + 1, wrong);
	}
	return 0;
}

int name_rules_add(struct name_rules *r, const char *rule, struct err *e)
{
	const char *arrow = NULL;

	for (const char *p = rule; (p = strstr(p, "=>")); p++)
		arrow = p;
	if (!arrow)
		return err_set(e, -EINVAL, "name rule '%s': no '=>' (try: 'PATTERN=>TEMPLATE')",
			       rule);
	if (!arrow[2] || arrow == rule)
		return err_set(e, -EINVAL, "name rule '%s', at character %zu: nothing %s '=>'",
			       rule, (size_t)(arrow - rule) + 1,
			       arrow == rule ? "before" : "behind");
	auto_free char *pattern = strndup(rule, (size_t)(arrow - rule));
	struct name_rule *grown = reallocarray(r->rule, r->n + 1, sizeof(*grown));

	if (grown)
		r->rule = grown;
	if (!grown || !pattern)
		return err_set(e, -ENOMEM, "no memory");
	struct name_rule *own = &r->rule[r->n];
	int code = regcomp(&own->regex, pattern, REG_EXTENDED);

	if (code) {
		char why[128];

		(void)regerror(code, &own->regex, why, sizeof(why));
		return err_set(e, -EINVAL, "name rule '%s', pattern '%s': %s", rule, pattern, why);
	}
	int rc = check_template(rule, arrow + 2, own->regex.re_nsub, e);

	own->template = rc < 0 ? NULL : strdup(arrow + 2);
	if (!own->template) {
		regfree(&own->regex);
		return rc < 0 ? rc : err_set(e, -ENOMEM, "no memory");
	}
	r->n++;
	return 0;
}

size_t name_rules_count(const struct name_rules *r)
{
	return r->n;
}

struct out {
	char *p;
	size_t len, size;
};

static void put(struct out *o, const char *s, size_t n)
{
	size_t room = o->size - 1 - o->len;

	n = n < room ? n : room;
	/* Half a character is none. */
	while (n > 0 && n == room && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	memcpy(o->p + o->len, s, n);
	o->len += n;
	o->p[o->len] = '\0';
}

/* Digits with zeros before them; anything else as it is: nothing is made up. */
static void put_padded(struct out *o, const char *s, size_t n, unsigned int width)
{
	static const char zeros[] = "000000000";
	size_t digits = 0;

	while (digits < n && s[digits] >= '0' && s[digits] <= '9')
		digits++;
	if (digits == n && n > 0) {
		while (n > width && *s == '0') {
			s++;
			n--;
		}
		if (n < width)
			put(o, zeros, width - n);
	}
	put(o, s, n);
}

static void fill(const struct name_rule *rule, const char *name, const regmatch_t *match,
		 struct out *o)
{
	for (const char *p = rule->template; *p;) {
		struct piece piece;

		if (next_piece(&p, &piece))
			return; /* cannot be: it was checked */
		if (piece.group < 0) {
			put(o, piece.text, piece.len);
			continue;
		}
		const regmatch_t *m = &match[piece.group];

		if (m->rm_so < 0)
			continue;
		const char *from = name + m->rm_so;
		size_t n = (size_t)(m->rm_eo - m->rm_so);

		if (piece.width)
			put_padded(o, from, n, piece.width);
		else
			put(o, from, n);
	}
}

bool name_rules_match(const struct name_rules *r, const char *name, char *ret, size_t size)
{
	regmatch_t match[GROUPS];

	for (size_t i = 0; r && i < r->n; i++) {
		struct out o = { .p = ret, .size = size };

		if (regexec(&r->rule[i].regex, name, GROUPS, match, 0) != 0)
			continue;
		*ret = '\0';
		fill(&r->rule[i], name, match, &o);
		return *ret != '\0';
	}
	return false;
}
