/* SPDX-License-Identifier: MIT */
/* Paths of libvirt's src/hypervisor/virsystemd and src/util/vircgroup, escapes of systemd.unit(5).
 */
#include "names/vm_cgroup.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* systemd's \x2d to the byte it stands for, but no NUL. */
static void unescape(const char *p, size_t n, char *ret, size_t size)
{
	size_t out = 0;

	for (size_t i = 0; i < n && out + 1 < size; i++) {
		int high = -1, low = -1;

		if (n - i >= 4 && p[i] == '\\' && p[i + 1] == 'x') {
			high = hex_digit(p[i + 2]);
			low = hex_digit(p[i + 3]);
		}
		if (high < 0 || low < 0 || !(high << 4 | low)) {
			ret[out++] = p[i];
			continue;
		}
		ret[out++] = (char)(high << 4 | low);
		i += 3;
	}
	ret[out] = '\0';
}

/* "qemu-12-" in front of the name: the driver and the number of the run. */
static const char *behind_number(const char *s)
{
	static const char *const driver[] = { "qemu-", "lxc-", "xen-" };

	for (size_t i = 0; i < ARRAY_SIZE(driver); i++) {
		size_t n = strlen(driver[i]), digits;

		if (strncmp(s, driver[i], n) != 0)
			continue;
		digits = strspn(s + n, "0123456789");
		if (digits && s[n + digits] == '-' && s[n + digits + 1])
			return s + n + digits + 1;
	}
	return s;
}

static bool has_end(const char *p, size_t n, const char *end)
{
	size_t k = strlen(end);

	return n > k && !memcmp(p + n - k, end, k);
}

/* Is the part of the path a machine's? Then its name. */
static bool machine_of(const char *p, size_t n, char *ret, size_t size)
{
	char plain[2 * NAME_MAX_BYTES];

	if (has_end(p, n, ".libvirt-qemu")) {
		unescape(p, n - strlen(".libvirt-qemu"), plain, sizeof(plain));
	} else if (has_end(p, n, ".scope") && n > 8 && !memcmp(p, "machine-", 8)) {
		unescape(p + 8, n - 8 - strlen(".scope"), plain, sizeof(plain));
		/* systemd-nspawn and others have scopes of this kind too. */
		if (strncmp(plain, "qemu-", 5) != 0)
			return false;
	} else {
		return false;
	}
	snprintf(ret, size, "%.*s", NAME_MAX_BYTES, behind_number(plain));
	return *ret != '\0';
}

bool vm_cgroup_parse(const char *path, size_t n, struct vm_cgroup *ret)
{
	const char *end = path + n;

	for (const char *p = path; p < end;) {
		const char *slash = memchr(p, '/', (size_t)(end - p));
		const char *stop = slash ? slash : end;

		if (!machine_of(p, (size_t)(stop - p), ret->instance, sizeof(ret->instance))) {
			p = stop + 1;
			continue;
		}
		const char *last = stop;

		/* memrchr() over what follows the machine. */
		for (const char *q = stop; q < end; q++)
			if (*q == '/')
				last = q;
		size_t len = last < end ? (size_t)(end - last - 1) : 0;

		if (len == 7 && !memcmp(last + 1, "libvirt", 7))
			len = 0;
		snprintf(ret->type, sizeof(ret->type), "%.*s", (int)min_of(len, (size_t)63),
			 len ? last + 1 : "");
		return true;
	}
	return false;
}

bool vm_cgroup_find(const char *text, size_t n, struct vm_cgroup *ret)
{
	const char *end = text + n;
	bool found = false;

	for (const char *line = text; line < end;) {
		const char *stop = memchr(line, '\n', (size_t)(end - line));
		struct vm_cgroup one;

		if (!stop)
			stop = end;
		const char *first = memchr(line, ':', (size_t)(stop - line));
		const char *second =
			first ? memchr(first + 1, ':', (size_t)(stop - first - 1)) : NULL;
		const char *path = *line == '/' || !second ? line : second + 1;

		if (vm_cgroup_parse(path, (size_t)(stop - path), &one) && (!found || one.type[0])) {
			*ret = one;
			found = true;
			if (one.type[0])
				return true;
		}
		line = stop + 1;
	}
	return found;
}
