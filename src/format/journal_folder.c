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

int journal_folder_list(int dir_fd, uint64_t **ret, size_t *ret_n, struct err *e)
{
	auto_free uint64_t *list = NULL;
	size_t n = 0, cap = 0;
	int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	__attribute__((cleanup(close_folder))) DIR *d = fd < 0 ? NULL : fdopendir(fd);

	if (!d) {
		int r = -errno;

		if (fd >= 0)
			close(fd);
		return err_set(e, r, "cannot list the journal: %s", strerror(-r));
	}
	for (;;) {
		uint64_t number;

		errno = 0;
		const struct dirent *entry = readdir(d);

		if (!entry && errno)
			return err_set(e, -errno, "cannot list the journal: %s", strerror(errno));
		if (!entry)
			break;
		if (!parse_name(entry->d_name, &number))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 16;
			uint64_t *grown = reallocarray(list, cap, sizeof(*grown));

			if (!grown)
				return err_set(e, -ENOMEM, "no memory");
			list = grown;
		}
		list[n++] = number;
	}
	if (n)
		qsort(list, n, sizeof(*list), compare);
	*ret = steal_ptr(list);
	*ret_n = n;
	return 0;
}
