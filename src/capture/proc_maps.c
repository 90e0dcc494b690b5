/* SPDX-License-Identifier: MIT */
/* Format: proc(5), "maps". */
#include "capture/proc_maps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"

#define MAPS_MAX ((size_t)64 << 20) /* a process has some 65,530 mappings at most */

/* Hexadecimal or decimal digits up to @end, which is passed. */
static bool take_number(const char **p, unsigned int base, char end, uint64_t *ret)
{
	const char *s = *p;
	uint64_t v = 0;

	for (;; s++) {
		unsigned int digit;

		if (*s >= '0' && *s <= '9')
			digit = (unsigned int)(*s - '0');
		else if (base == 16 && *s >= 'a' && *s <= 'f')
			digit = (unsigned int)(*s - 'a' + 10);
		else
			break;
		if (__builtin_mul_overflow(v, (uint64_t)base, &v) ||
		    __builtin_add_overflow(v, (uint64_t)digit, &v))
			return false;
	}
	if (s == *p || (*s != end && (end != ' ' || *s)))
		return false;
	*p = s + (*s == end);
	*ret = v;
	return true;
}

int proc_map_parse(const char *line, struct proc_map *ret)
{
	struct proc_map m = { 0 };
	uint64_t major, minor;

	if (!take_number(&line, 16, '-', &m.start) || !take_number(&line, 16, ' ', &m.end) ||
	    m.end < m.start || strlen(line) < 5 || line[4] != ' ')
		return -EBADMSG;
	m.exec = line[2] == 'x';
	line += 5;
	if (!take_number(&line, 16, ' ', &m.pgoff) || !take_number(&line, 16, ':', &major) ||
	    !take_number(&line, 16, ' ', &minor) || !take_number(&line, 10, ' ', &m.inode))
		return -EBADMSG;
	m.major = (uint32_t)major;
	m.minor = (uint32_t)minor;
	line += strspn(line, " ");
	m.path = *line ? line : "//anon";
	*ret = m;
	return 0;
}

int proc_maps_read(int root_fd, uint32_t pid, int (*take)(void *ctx, const struct proc_map *m),
		   void *ctx)
{
	char path[64];
	auto_buf b;

	buf_init(&b, MAPS_MAX);
	snprintf(path, sizeof(path), "proc/%u/maps", pid);
	int r = file_read_at(root_fd, path, &b);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	(void)buf_str(&b);
	char *next;

	for (char *line = (char *)b.data; line && *line; line = next) {
		struct proc_map m;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (proc_map_parse(line, &m) < 0 || !m.exec)
			continue;
		r = take(ctx, &m);
		if (r < 0)
			return r;
	}
	return 0;
}
