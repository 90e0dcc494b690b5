/* SPDX-License-Identifier: MIT */
/* From paths to short names: the shortest of three ways that gives every run a name of its own. */
#include "model/run_names.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

struct part {
	const char *at;
	size_t n;
};

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Inside a character of UTF-8? */
static bool is_inside(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

static struct part without_ending(const char *path)
{
	static const char *const ending[] = { ".kymo", ".cdict" };
	size_t n = strlen(path);

	for (size_t i = 0; i < ARRAY_SIZE(ending); i++) {
		size_t e = strlen(ending[i]);

		if (n > e && !strcmp(path + n - e, ending[i]) && path[n - e - 1] != '/')
			return (struct part){ path, n - e };
	}
	return (struct part){ path, n };
}

static size_t common_head(const struct part *p, size_t n)
{
	size_t head = 0;

	for (;; head++) {
		for (size_t i = 0; i < n; i++)
			if (head == p[i].n || p[i].at[head] != p[0].at[head])
				goto out;
		if (is_digit(p[0].at[head]))
			break;
	}
out:
	for (size_t i = 0; i < n; i++)
		while (head && head < p[i].n && is_inside(p[i].at[head]))
			head--;
	return head;
}

static size_t common_tail(const struct part *p, size_t n)
{
	size_t tail = 0;

	for (;; tail++) {
		for (size_t i = 0; i < n; i++)
			if (tail == p[i].n ||
			    p[i].at[p[i].n - 1 - tail] != p[0].at[p[0].n - 1 - tail])
				goto out;
		if (is_digit(p[0].at[p[0].n - 1 - tail]))
			break;
	}
out:
	while (tail && is_inside(p[0].at[p[0].n - tail]))
		tail--;
	return tail;
}

/* Length of the folders that all paths have in common, with the slash. */
static size_t common_folder(const struct part *p, size_t n)
{
	size_t folder = 0;

	for (size_t at = 0;; at++) {
		for (size_t i = 0; i < n; i++)
			if (at == p[i].n || p[i].at[at] != p[0].at[at])
				return folder;
		if (p[0].at[at] == '/')
			folder = at + 1;
	}
}

static int by_text(const void *a, const void *b)
{
	const struct part *x = a, *y = b;
	int r = memcmp(x->at, y->at, x->n < y->n ? x->n : y->n);

	return r ? r : (x->n > y->n) - (x->n < y->n);
}

/* Does each of @p name one run alone? @scratch has room for @n. */
static bool tell_apart(const struct part *p, size_t n, struct part *scratch)
{
	memcpy(scratch, p, n * sizeof(*p));
	qsort(scratch, n, sizeof(*scratch), by_text);
	for (size_t i = 0; i < n; i++)
		if (!scratch[i].n || (i && !by_text(&scratch[i - 1], &scratch[i])))
			return false;
	return true;
}

/* All without @head and, where so much is left, without @tail. */
static void strip(struct part *p, const struct part *from, size_t n, size_t head, size_t tail)
{
	for (size_t i = 0; i < n; i++) {
		size_t left = from[i].n - head;

		p[i] = (struct part){ from[i].at + head, left > tail ? left - tail : 0 };
	}
}

/* The shortest way that tells all apart; of one path given twice none does. */
static void choose(struct part *p, struct part *whole, struct part *scratch,
		   const char *const *path, size_t n)
{
	for (size_t i = 0; i < n; i++)
		whole[i] = without_ending(path[i]);
	if (n > 1) {
		strip(p, whole, n, common_head(whole, n), common_tail(whole, n));
		if (tell_apart(p, n, scratch))
			return;
	}
	strip(p, whole, n, n > 1 ? common_folder(whole, n) : 0, 0);
	if (n == 1)
		while (memchr(p->at, '/', p->n) && p->at[p->n - 1] != '/') {
			p->n--;
			p->at++;
		}
	if (tell_apart(p, n, scratch))
		return;
	for (size_t i = 0; i < n; i++)
		whole[i] = (struct part){ path[i], strlen(path[i]) };
	if (tell_apart(whole, n, scratch))
		memcpy(p, whole, n * sizeof(*p));
}

static bool is_name_of_any(const struct part *p, size_t n, const char *name)
{
	const struct part it = { name, strlen(name) };

	for (size_t i = 0; i < n; i++)
		if (!by_text(&p[i], &it))
			return true;
	return false;
}

/* "#2" behind the second of equal paths; @n further where a path is called just so. */
static int name_text(const struct part *p, size_t n, size_t i, char **ret)
{
	size_t times = 1;
	char *name = strndup(p[i].at, p[i].n);

	for (size_t k = 0; k < i; k++)
		times += !by_text(&p[k], &p[i]);
	while (name && (times > 1 || !p[i].n) && is_name_of_any(p, n, name)) {
		free(name);
		name = NULL;
		if (asprintf(&name, "%.*s#%zu", (int)p[i].n, p[i].at, times) < 0)
			name = NULL;
		times += n;
	}
	*ret = name;
	return name ? 0 : -ENOMEM;
}

int run_names_make(const char *const *path, size_t n, char **ret)
{
	auto_free struct part *part = calloc(3 * n + 1, sizeof(*part));
	size_t made = 0;
	int r = part ? 0 : -ENOMEM;

	if (n && r >= 0)
		choose(part, part + n, part + 2 * n, path, n);
	for (; made < n && r >= 0; made++)
		r = name_text(part, n, made, &ret[made]);
	if (r >= 0)
		return 0;
	/* The last one failed. */
	for (size_t i = 0; i + 1 < made; i++)
		free(ret[i]);
	return r;
}
