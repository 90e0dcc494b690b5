/* SPDX-License-Identifier: MIT */
/* A set of blocks: life and lookup. block_file.c reads. */
#include "metric/block_set.h"

#include <stdlib.h>
#include <string.h>

#include "metric/block_parts.h"

struct block_set *block_set_new(void)
{
	auto_ptr(block_set) s = calloc(1, sizeof(*s));

	if (!s || !(s->pool = strpool_new()))
		return NULL;
	return steal_ptr(s);
}

struct block_set *block_set_free(struct block_set *s)
{
	if (!s)
		return NULL;
	for (unsigned int i = 0; i < s->n; i++) {
		struct block *b = s->block[i];

		for (unsigned int k = 0; k < b->n_items; k++) {
			expression_free(b->item[k].x);
			free(b->item[k].term);
		}
		free(b);
	}
	strpool_free(s->pool);
	free(s);
	return NULL;
}

int block_set_load(struct block_set **ret, struct err *e)
{
	auto_ptr(block_set) s = block_set_new();
	int r = s ? 0 : err_set(e, -ENOMEM, "out of memory");

	for (const struct block_data *d = block_data_list; r >= 0 && d->name; d++)
		r = block_set_add(s, d->name, (const char *)d->text, *d->bytes, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(s);
	return 0;
}

unsigned int block_set_n(const struct block_set *s)
{
	return s->n;
}

const struct block *block_set_at(const struct block_set *s, unsigned int i)
{
	return s->block[i];
}

const struct block *block_set_find(const struct block_set *s, const char *name)
{
	for (unsigned int i = 0; i < s->n; i++)
		if (!strcmp(s->block[i]->name, name))
			return s->block[i];
	return NULL;
}

bool block_pattern_fits(const char *pattern, const char *name)
{
	const char *star = NULL, *again = NULL;

	/* The last '*' takes one byte more each time that the rest does not fit. */
	while (*name) {
		if (*pattern == '*') {
			star = pattern++;
			again = name;
		} else if (*pattern == *name) {
			pattern++;
			name++;
		} else if (star) {
			pattern = star + 1;
			name = ++again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

size_t block_part_of(const char *name)
{
	size_t n = strlen(name), digits = n;

	while (digits && is_digit(name[digits - 1]))
		digits--;
	if (!digits || digits == n)
		return 0;
	/* block/partitions/core.c: a 'p' between where the disk's name ends in a digit */
	if (name[digits - 1] == 'p' && digits > 1 && is_digit(name[digits - 2]))
		return digits - 1;
	return digits;
}
