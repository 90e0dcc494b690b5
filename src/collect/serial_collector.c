/* SPDX-License-Identifier: MIT */
/*
 * Bytes and errors of serial lines: /proc/tty/driver/serial, which only root may read. The kernel
 * (uart_line_info(), drivers/tty/serial/serial_core.c) leaves out errors that never happened.
 */
#include <stdio.h>

#include "collect/collector.h"

enum {
	SERIAL_RECEIVED,
	SERIAL_SENT,
	SERIAL_FRAME,
	SERIAL_PARITY,
	SERIAL_BREAK,
	SERIAL_OVERRUN,
	SERIAL_METRICS,
};

/* __u32 in the kernel (struct uart_icount). */
#define COUNT(name_, help_, ...) COUNTER(name_, help_, .bits = 32, ##__VA_ARGS__)

static const struct metric_spec metrics[SERIAL_METRICS] = {
	[SERIAL_RECEIVED] = COUNT("received", "received", .unit = "bytes"),
	[SERIAL_SENT] = COUNT("sent", "sent", .unit = "bytes"),
	[SERIAL_FRAME] = COUNT("frame_errors", "bytes without a stop bit"),
	[SERIAL_PARITY] = COUNT("parity_errors", "bytes of the wrong parity"),
	[SERIAL_BREAK] = COUNT("breaks", "breaks received"),
	[SERIAL_OVERRUN] = COUNT("overruns", "bytes that came before the one ahead was read"),
};

static const char *const words[SERIAL_METRICS] = {
	[SERIAL_RECEIVED] = "rx:", [SERIAL_SENT] = "tx:",   [SERIAL_FRAME] = "fe:",
	[SERIAL_PARITY] = "pe:",   [SERIAL_BREAK] = "brk:", [SERIAL_OVERRUN] = "oe:",
};

/* In " tx:218 rx:0 fe:1 RTS|CTS" what stands behind "fe:", or NULL. */
static const char *find(const char *p, const char *word)
{
	const char *is;
	size_t n, len = strlen(word);

	while ((n = scan_word(&p, &is)) > 0)
		if (n > len && !memcmp(is, word, len))
			return is + len;
	return NULL;
}

/* "0: uart:16550A port:000003F8 irq:4 tx:218 rx:0 RTS|CTS|DTR" */
static void scan(struct readings *r, const char *p, const char *thing)
{
	char name[32];
	uint64_t line, v;

	(void)thing;
	for (; *p; p = next_line(p)) {
		const char *rest = p;

		/* A line without counts is a port that nobody found. */
		if (!scan_u64(&rest, &line) || *rest != ':' || !find(rest, "tx:"))
			continue;
		snprintf(name, sizeof(name), "ttyS%llu", (unsigned long long)line);
		uint32_t at = readings_instance(r, READINGS_NO_CPU, name, strlen(name));

		for (unsigned int i = 0; i < SERIAL_METRICS; i++) {
			const char *number = find(rest, words[i]);

			v = 0;
			if (!number || scan_u64(&number, &v))
				readings_put(r, at, i, v);
		}
	}
}

static const struct collector_file files[] = { { .path = "proc/tty/driver/serial", .scan = scan } };

const struct collector collector_serial = {
	.name = "serial",
	.help = "bytes and errors of serial lines",
	.things = "lines: ttyS0",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
