/* SPDX-License-Identifier: MIT */
/* Network interfaces: /proc/net/dev, and how fast they are: /sys/class/net/NAME. */
#include <stdio.h>

#include "base/file.h"
#include "collect/collector.h"
#include "collect/things.h"

#define MAX_INTERFACES 16384u
#define MAX_NAME       64u
/* Asking takes the lock of the network configuration: not at each tick, but of those that are new.
 */
#define SPEED_EVERY (60 * NSEC_PER_SEC)

enum {
	NETWORK_COLUMNS = 16,
	NETWORK_SPEED = NETWORK_COLUMNS,
	NETWORK_DUPLEX,
};

/* The columns in the file's order. */
static const struct metric_spec metrics[] = {
	COUNTER("rx_bytes", "data received", .unit = "bytes"),
	COUNTER("rx_packets", "packets received"),
	COUNTER("rx_errors", "packets received with errors"),
	COUNTER("rx_dropped", "packets received and dropped"),
	COUNTER("rx_fifo", "packets lost, the device's buffer was full"),
	COUNTER("rx_frame", "packets received with wrong length, alignment or checksum"),
	COUNTER("rx_compressed", "compressed packets received"),
	COUNTER("rx_multicast", "multicast packets received"),
	COUNTER("tx_bytes", "data sent", .unit = "bytes"),
	COUNTER("tx_packets", "packets sent"),
	COUNTER("tx_errors", "packets that could not be sent"),
	COUNTER("tx_dropped", "packets dropped before they were sent"),
	COUNTER("tx_fifo", "packets lost as the device had no data in time"),
	COUNTER("collisions", "collisions"),
	COUNTER("tx_carrier", "packets lost with the carrier, or sent late"),
	COUNTER("tx_compressed", "compressed packets sent"),
	[NETWORK_SPEED] = GAUGE("speed", "speed of the link, asked every minute", .scale = 1e6,
				.unit = "bit/s"),
	[NETWORK_DUPLEX] = GAUGE("duplex", "directions at a time: 1 half, 2 full duplex"),
};

struct interface {
	uint64_t speed, duplex; /* 0 = not known */
};

struct network {
	struct proc_file file;
	const struct proc_root *root;
	struct things interfaces;
	nsec_t asked; /* 0 = not yet */
	bool met_new; /* an interface that was not there then */
};

static int network_open(void *state, const struct proc_root *root, struct err *e)
{
	struct network *s = state;

	s->root = root;
	things_init(&s->interfaces, sizeof(struct interface), MAX_INTERFACES, NULL);
	int r = proc_file_need(&s->file, root, "proc/net/dev", e);

	s->file.short_lines = true;
	return r;
}

/* "  eth0: 459302469 15965 ..."; a name may hold a ':' and stand before a number without blank. */
static const char *scan_name(const char **p, size_t *ret_len)
{
	const char *name = skip_blanks(*p), *end = name + strcspn(name, "\n");

	while (end > name && *end != ':')
		end--;
	*ret_len = (size_t)(end - name);
	*p = end + (end > name);
	return name;
}

/* The first line of a file. */
static int line_of(const struct proc_root *root, const char *path, char *ret, size_t size)
{
	if (!root->text)
		return file_read_line_at(root->fd, path, ret, size);
	const char *text = root->text(root->ctx, path);
	size_t n = text ? strcspn(text, "\n") : 0;

	if (!text || n >= size)
		return -ENOENT;
	memcpy(ret, text, n);
	ret[n] = 0;
	return 0;
}

static void ask(const struct proc_root *root, const char *name, struct interface *ret)
{
	char path[128], line[32];
	const char *p = line;

	*ret = (struct interface){ 0 };
	if (strchr(name, '/') ||
	    (size_t)snprintf(path, sizeof(path), "sys/class/net/%s/speed", name) >= sizeof(path))
		return;
	/* "-1" where there is no such thing. */
	if (line_of(root, path, line, sizeof(line)) < 0 || !scan_u64(&p, &ret->speed) ||
	    ret->speed > UINT32_MAX)
		ret->speed = 0;
	snprintf(path, sizeof(path), "sys/class/net/%s/duplex", name);
	if (line_of(root, path, line, sizeof(line)) >= 0)
		ret->duplex = !strcmp(line, "full") ? 2 : !strcmp(line, "half") ? 1 : 0;
}

/* All interfaces anew. */
static void ask_all(struct network *s, struct tick *t, const char *p)
{
	char name[MAX_NAME];
	size_t n;
	bool is_new;

	things_begin(&s->interfaces);
	for (; *p; p = next_line(p)) {
		const char *word = scan_name(&p, &n);

		if (!n || n >= sizeof(name))
			continue;
		memcpy(name, word, n);
		name[n] = '\0';
		struct interface *i = things_see(&s->interfaces, name, &is_new);

		if (i)
			ask(s->root, name, i);
	}
	things_end(&s->interfaces);
	readings_refuse(t->readings, s->interfaces.refused);
	s->asked = t->time;
}

static void take_line(struct network *s, struct readings *r, const char *p)
{
	size_t n;
	const char *name = scan_name(&p, &n);
	uint64_t v;

	/* Of the two lines of titles one has no ':' and the other no number. */
	if (!n || !scan_u64(&p, &v))
		return;
	uint32_t at = readings_instance(r, READINGS_NO_CPU, name, n);
	const struct interface *i = things_find(&s->interfaces, name, n);

	readings_put(r, at, 0, v);
	for (unsigned int c = 1; c < NETWORK_COLUMNS && scan_u64(&p, &v); c++)
		readings_put(r, at, c, v);
	if (i && i->speed)
		readings_put(r, at, NETWORK_SPEED, i->speed);
	if (i && i->duplex)
		readings_put(r, at, NETWORK_DUPLEX, i->duplex);
	s->met_new |= !i && n < MAX_NAME && s->interfaces.n < MAX_INTERFACES;
}

static int network_sample(void *state, struct tick *t, struct err *e)
{
	struct network *s = state;
	const char *p = proc_file_read(&s->file);
	bool due = !s->asked || s->met_new || t->time - s->asked >= SPEED_EVERY;

	(void)e;
	if (p && due) {
		ask_all(s, t, p);
		s->met_new = false;
	}
	for (; p && *p; p = next_line(p))
		take_line(s, t->readings, p);
	return 0;
}

static void network_close(void *state)
{
	struct network *s = state;

	proc_file_done(&s->file);
	things_done(&s->interfaces);
}

const struct collector collector_network = {
	.name = "network",
	.help = "network interfaces: data, packets, errors, speed",
	.things = "interfaces",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct network),
	.open = network_open,
	.sample = network_sample,
	.close = network_close,
};
