/* SPDX-License-Identifier: MIT */
/* Thread names: util/qemu-thread-posix.c and its callers in QEMU; vhost: drivers/vhost/vhost.c,
 * which since Linux 6.4 makes threads of the process instead of kernel threads. */
#include "names/qemu.h"

#include <stdio.h>
#include <string.h>

bool qemu_program(const char *path)
{
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t n = strcspn(base, " "); /* "... (deleted)" after an upgrade */

	return !strncmp(base, "qemu-system-", 12) || (n == 8 && !strncmp(base, "qemu-kvm", 8)) ||
	       (n == 3 && !strncmp(base, "kvm", 3));
}

/* The next element of a QEMU option list at *@p, doubled commas as one, into @ret. */
static void read_element(const char **p, const char *end, char *ret, size_t size)
{
	size_t n = 0;

	while (*p < end) {
		char c = *(*p)++;

		if (c == ',') {
			if (*p == end || **p != ',')
				break;
			(*p)++;
		}
		if (n + 1 < size)
			ret[n++] = c;
	}
	ret[n] = '\0';
}

/* "guest=Firewall,debug-threads=on", or the name alone in front. */
static void parse_name(const char *p, const char *end, struct qemu_cmdline *ret)
{
	char element[sizeof(ret->name) + 8];

	for (bool first = true; p < end; first = false) {
		read_element(&p, end, element, sizeof(element));
		if (!strncmp(element, "guest=", 6))
			snprintf(ret->name, sizeof(ret->name), "%.*s", NAME_MAX_BYTES, element + 6);
		else if (first && !strchr(element, '='))
			snprintf(ret->name, sizeof(ret->name), "%.*s", NAME_MAX_BYTES, element);
	}
}

static void parse_uuid(const char *p, const char *end, struct qemu_cmdline *ret)
{
	size_t n = (size_t)(end - p);

	if (!n || n >= sizeof(ret->uuid))
		return;
	for (size_t i = 0; i < n; i++)
		if (!p[i] || !strchr("0123456789abcdefABCDEF-", p[i]))
			return;
	memcpy(ret->uuid, p, n);
	ret->uuid[n] = '\0';
}

static bool is_option(const char *word, size_t n, const char *name)
{
	size_t dashes = n > 1 && word[0] == '-' ? (word[1] == '-' ? 2 : 1) : 0;

	return dashes && n - dashes == strlen(name) && !memcmp(word + dashes, name, n - dashes);
}

void qemu_cmdline_parse(const char *bytes, size_t n, struct qemu_cmdline *ret)
{
	const char *end = bytes + n;
	void (*value)(const char *p, const char *stop, struct qemu_cmdline *to) = NULL;

	*ret = (struct qemu_cmdline){ 0 };
	for (const char *word = bytes; word < end;) {
		const char *nul = memchr(word, 0, (size_t)(end - word));
		const char *stop = nul ? nul : end;
		size_t len = (size_t)(stop - word);

		if (value) {
			value(word, stop, ret);
			value = NULL;
		} else if (is_option(word, len, "name")) {
			value = parse_name;
		} else if (is_option(word, len, "uuid")) {
			value = parse_uuid;
		}
		word = stop + 1;
	}
}

/* Digits at *@p, which moves behind them. */
static bool read_digits(const char **p, uint32_t *ret)
{
	uint64_t v = 0;
	const char *s = *p;

	for (; *s >= '0' && *s <= '9'; s++) {
		v = v * 10 + (uint64_t)(*s - '0');
		if (v > UINT32_MAX)
			return false;
	}
	if (s == *p)
		return false;
	*p = s;
	*ret = (uint32_t)v;
	return true;
}

bool qemu_thread_type(const char *comm, uint32_t pid, char *ret, size_t size)
{
	const char *p = comm + 4, *type;
	uint32_t number;

	if (!strncmp(comm, "CPU ", 4) && read_digits(&p, &number) &&
	    (!strncmp(p, "/KVM", 4) || !strncmp(p, "/TCG", 4) || !strncmp(p, "/HVF", 4))) {
		snprintf(ret, size, "vcpu%u", number);
		return true;
	}
	if (!strncmp(comm, "IO ", 3) && comm[3]) {
		snprintf(ret, size, "%s", comm + 3);
		return true;
	}
	if (!strcmp(comm, "vnc_worker") || !strcmp(comm, "worker")) {
		snprintf(ret, size, "%s", comm);
		return true;
	}
	/* Since Linux 6.13 a thread of the process, its name cut to 15 bytes. */
	if (!strcmp(comm, "kvm-nx-lpage-re")) {
		snprintf(ret, size, "kvm-nx-lpage");
		return true;
	}
	if (pid && qemu_helper_of(comm, &type) == pid) {
		snprintf(ret, size, "%s", type);
		return true;
	}
	return false;
}

uint32_t qemu_helper_of(const char *comm, const char **ret_type)
{
	static const struct {
		const char *before, *type;
	} helper[] = {
		{ "vhost-", "vhost" },
		{ "kvm-pit/", "kvm-pit" },
		{ "kvm-nx-lpage-recovery-", "kvm-nx-lpage" },
	};
	uint32_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(helper); i++) {
		const char *p = comm + strlen(helper[i].before);

		if (strncmp(comm, helper[i].before, strlen(helper[i].before)) != 0)
			continue;
		if (!read_digits(&p, &pid) || *p)
			return 0;
		*ret_type = helper[i].type;
		return pid;
	}
	return 0;
}
