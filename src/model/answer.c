/* SPDX-License-Identifier: MIT */
/* Answers: facts and figure parts. */
#include "model/answer.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void answer_done(struct answer *a)
{
	a->table = table_free(a->table);
	answer_drop_sections(a);
	a->n_facts = 0;
}

int answer_section(struct answer *a, struct table *t)
{
	struct table **grown =
		t ? reallocarray(a->section, a->n_sections + 1, sizeof(*grown)) : NULL;

	if (!grown) {
		table_free(t);
		return -ENOMEM;
	}
	a->section = grown;
	a->section[a->n_sections++] = t;
	return 0;
}

void answer_drop_sections(struct answer *a)
{
	while (a->n_sections)
		table_free(a->section[--a->n_sections]);
	free(a->section);
	a->section = NULL;
}

/* The longest cut of @s that fits and does not end inside a UTF-8 character. */
static void cut_utf8(char *s, size_t size)
{
	size_t n = strlen(s);

	if (n < size - 1)
		return;
	while (n && ((unsigned char)s[n - 1] & 0xc0) == 0x80)
		n--;
	if (n && (unsigned char)s[n - 1] >= 0xc0)
		n--;
	s[n] = '\0';
}

void answer_fact(struct answer *a, const char *label, const char *fmt, ...)
{
	va_list ap;

	if (a->n_facts >= ANSWER_MAX_FACTS)
		return;
	struct fact *f = &a->fact[a->n_facts++];

	(void)snprintf(f->label, sizeof(f->label), "%s", label);
	va_start(ap, fmt);
	(void)vsnprintf(f->value, sizeof(f->value), fmt, ap);
	va_end(ap);
	cut_utf8(f->value, sizeof(f->value));
}

const char *answer_fact_value(const struct answer *a, const char *label)
{
	for (unsigned int i = 0; i < a->n_facts; i++)
		if (!strcmp(a->fact[i].label, label))
			return a->fact[i].value;
	return NULL;
}

void answer_part(struct answer *a, enum figure_role role, unsigned int column)
{
	assert(a->figure.n_parts < FIGURE_MAX_PARTS);
	a->figure.part[a->figure.n_parts++] = (struct figure_part){ role, column };
}
