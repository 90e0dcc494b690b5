/* SPDX-License-Identifier: MIT */
/* Names and numbers of protocols. */
#include "collect/protocol_lines.h"

#include "collect/key_lines.h"

#define NAME_MAX_BYTES 128

/* All others are counters (net/ipv4/proc.c, net/mptcp/mib.c). */
static const char *const states[] = {
	"IpForwarding", "IpDefaultTTL",	   "TcpRto*", "TcpMaxConn",
	"TcpCurrEstab", "MPTcpExtMPCurr*", NULL,
};

static unsigned int metric_of(const struct key_value *k)
{
	return word_in(k->key, k->len, states) ? PROTOCOL_NOW : PROTOCOL_COUNT;
}

static void put(struct readings *r, const char *name, size_t len, uint64_t v)
{
	const struct key_value k = { .key = name, .len = len };

	readings_put(r, readings_instance(r, READINGS_NO_CPU, name, len), metric_of(&k), v);
}

/* "Tcp" and the names at @names, to the numbers at @numbers. */
static void take_pair(struct readings *r, const char *protocol, size_t len, const char *names,
		      const char *numbers)
{
	char name[NAME_MAX_BYTES];
	const char *word;
	size_t n;
	uint64_t v;

	if (len > sizeof(name) / 2)
		return;
	memcpy(name, protocol, len);
	/* Only settings are signed, and octets may be any 64 bits. */
	while ((n = scan_word(&names, &word)) > 0 &&
	       (scan_u64(&numbers, &v) || scan_i64(&numbers, &v))) {
		if (n > sizeof(name) - len)
			continue;
		memcpy(name + len, word, n);
		put(r, name, len + n, v);
	}
}

void protocol_scan_pairs(struct readings *r, const char *p, const char *thing)
{
	(void)thing;
	while (*p) {
		const char *names = p, *numbers = next_line(p), *above, *below;
		size_t n = scan_word(&names, &above);

		p = numbers;
		/* What does not belong together may be a line off: the next may begin a pair. */
		if (n < 2 || above[n - 1] != ':' || scan_word(&numbers, &below) != n ||
		    memcmp(above, below, n) != 0)
			continue;
		take_pair(r, above, n - 1, names, numbers);
		p = next_line(numbers);
	}
}

void protocol_scan_lines(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	key_lines_scan(r, text, metric_of);
}
