/* SPDX-License-Identifier: MIT */
/* Names of segments. */
#include "format/journal_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/quantity.h"

static const char prefix[] = "segment-", suffix[] = ".kyj";

char *journal_segment_name(uint64_t number, char ret[JOURNAL_NAME_MAX])
{
	(void)snprintf(ret, JOURNAL_NAME_MAX, "%s%06llu%s", prefix, (unsigned long long)number,
		       suffix);
	return ret;
}

/* Only a name as it would be written. */
static bool parse_name(const char *name, uint64_t *ret)
{
	const size_t head = sizeof(prefix) - 1, tail = sizeof(suffix) - 1, n = strlen(name);
	char digits[24], again[JOURNAL_NAME_MAX];

	if (n <= head + tail || n - head - tail >= sizeof(digits) ||
	    strncmp(name, prefix, head) != 0)
		return false;
	memcpy(digits, name + head, n - head - tail);
	digits[n - head - tail] = 0;
	return digits[strspn(digits, "0123456789")] == 0 &&
	       quantity_parse_u64(digits, ret, NULL) == 0 && *ret > 0 &&
	       !strcmp(journal_segment_name(*ret, again), name);
}

static int compare(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void close_folder(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* Call @each with every name but "." and "..". */
static int for_names(int dir_fd, int (*each)(const char *name, void *arg), void *arg, struct err *e)
{
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(close_folder))) DIR *d = fd < 0 ? NULL : fdopendir(fd);
	int r = d ? 0 : -errno;

	if (!d && fd >= 0)
		close(fd);
	while (r >= 0) {
		errno = 0;
		const struct dirent *entry = readdir(d);

		if (!entry) {
			r = -errno;
			break;
		}
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = each(entry->d_name, arg);
	}
	return r < 0 ? err_set(e, r, "cannot list the journal: %s", strerror(-r)) : 0;
}

/* ---- segments ---- */

struct numbers {
	uint64_t *list;
	size_t n, cap;
};

static int take_number(const char *name, void *arg)
{
	struct numbers *l = arg;
	uint64_t number;

	if (!parse_name(name, &number))
		return 0;
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 16;
		uint64_t *grown = reallocarray(l->list, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		l->list = grown;
		l->cap = cap;
	}
	l->list[l->n++] = number;
	return 0;
}

int journal_folder_list(int dir_fd, uint64_t **ret, size_t *ret_n, struct err *e)
{
	struct numbers l = { 0 };
	int r = for_names(dir_fd, take_number, &l, e);

	if (r < 0) {
		free(l.list);
		return r;
	}
	if (l.n)
		qsort(l.list, l.n, sizeof(*l.list), compare);
	*ret = l.list;
	*ret_n = l.n;
	return 0;
}

/* ---- what is there else ---- */

static bool is_left_over(const char *name)
{
	const size_t n = strlen(name), tail = sizeof(JOURNAL_NEW_SUFFIX) - 1;

	return n > tail && !strcmp(name + n - tail, JOURNAL_NEW_SUFFIX);
}

static int refuse_other(const char *name, void *arg)
{
	(void)arg;
	return name[0] == '.' || is_left_over(name) || !strcmp(name, "lost+found") ? 0 : -ENOTEMPTY;
}

int journal_folder_may_begin(int dir_fd, struct err *e)
{
	int r = for_names(dir_fd, refuse_other, NULL, e);

	return r == -ENOTEMPTY ? err_set(e, r, "it is no journal, and there are other files in it")
			       : r;
}
