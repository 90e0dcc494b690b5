/* SPDX-License-Identifier: MIT */
/* Sets of CPUs and the kernel's list form of them. */
#include "base/cpuset.h"

#include <errno.h>
#include <string.h>

#include "base/file.h"

/* A number at *@s, which moves behind it; -1 when none is there or it is too large. */
static int number(const char **s)
{
	int v = 0;

	if (**s < '0' || **s > '9')
		return -1;
	for (; **s >= '0' && **s <= '9'; (*s)++) {
		v = v * 10 + (**s - '0');
		if (v >= CPUSET_MAX)
			return -1;
	}
	return v;
}

int cpuset_parse(const char *list, struct cpuset *ret, struct err *e)
{
	struct cpuset set = { { 0 } };
	const char *s = list;

	do {
		int from = number(&s), to = from;

		if (from >= 0 && *s == '-') {
			s++;
			to = number(&s);
		}
		if (from < 0 || to < from || (*s && *s != ','))
			return err_set(e, -EINVAL, "bad CPU list '%s' (try: 0-3,8)", list);
		for (int cpu = from; cpu <= to; cpu++)
			cpuset_add(&set, (uint32_t)cpu);
	} while (*s++ == ',');
	*ret = set;
	return 0;
}

int cpuset_online(int root_fd, struct cpuset *ret, struct err *e)
{
	char line[4096];
	int r = file_read_line_at(root_fd, "sys/devices/system/cpu/online", line, sizeof(line));

	if (r < 0)
		return err_set(e, r, "cannot read /sys/devices/system/cpu/online: %s",
			       strerror(-r));
	return cpuset_parse(line, ret, e);
}

unsigned int cpuset_count(const struct cpuset *s)
{
	unsigned int n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(s->bits); i++)
		n += (unsigned int)__builtin_popcountll(s->bits[i]);
	return n;
}

int cpuset_next(const struct cpuset *s, int from)
{
	for (int cpu = from < 0 ? 0 : from; cpu < CPUSET_MAX; cpu++)
		if (cpuset_has(s, (uint32_t)cpu))
			return cpu;
	return -1;
}
