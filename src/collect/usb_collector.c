/* SPDX-License-Identifier: MIT */
/* USB devices that are plugged in: sys/bus/usb/devices (Documentation/ABI/testing/sysfs-bus-usb of
 * the kernel). A device has rows while it is there. */
#include <errno.h>
#include <stdio.h>

#include "base/file.h"
#include "collect/collector.h"
#include "collect/things.h"

#define DEVICES	    "sys/bus/usb/devices"
#define MAX_DEVICES 1024u
#define LIST_EVERY  (10 * NSEC_PER_SEC)

static const struct metric_spec metrics[] = {
	GAUGE("max_power", "current that the device may draw, looked up every 10 s", .scale = 0.001,
	      .unit = "A"),
};

struct device {
	uint64_t milliampere;
};

struct usb {
	const struct proc_root *root;
	struct things devices;
	nsec_t listed; /* 0 = never */
};

static void read_word(const struct usb *s, const char *device, const char *file, char *ret,
		      size_t size)
{
	char path[192];

	*ret = '\0';
	snprintf(path, sizeof(path), DEVICES "/%s/%s", device, file);
	if (file_read_line_at(s->root->fd, path, ret, size) < 0)
		*ret = '\0';
}

/* "1-1.2 046d:c52b Logitech USB Receiver" */
static int see_device(void *ctx, const char *device, bool is_folder)
{
	struct usb *s = ctx;
	char vendor[8], product[8], maker[64], what[64], power[16], name[256];
	const char *p = power;
	bool is_new;

	(void)is_folder;
	/* "1-1:1.0" is an interface of a device. */
	if (strchr(device, ':') || strlen(device) >= 64)
		return 0;
	read_word(s, device, "bMaxPower", power, sizeof(power));
	read_word(s, device, "idVendor", vendor, sizeof(vendor));
	read_word(s, device, "idProduct", product, sizeof(product));
	read_word(s, device, "manufacturer", maker, sizeof(maker));
	read_word(s, device, "product", what, sizeof(what));
	snprintf(name, sizeof(name), "%s %s:%s%s%s%s%s", device, vendor, product, *maker ? " " : "",
		 maker, *what ? " " : "", what);
	uint64_t ma;

	if (!scan_u64(&p, &ma))
		return 0;
	struct device *d = things_see(&s->devices, name, &is_new);

	if (d)
		d->milliampere = ma;
	return 0;
}

static int list_devices(struct usb *s)
{
	things_begin(&s->devices);
	int r = proc_list(s->root, DEVICES, see_device, s);

	things_end(&s->devices);
	return r;
}

static int usb_open(void *state, const struct proc_root *root, struct err *e)
{
	struct usb *s = state;

	s->root = root;
	things_init(&s->devices, sizeof(struct device), MAX_DEVICES, NULL);
	int r = list_devices(s);

	return r < 0 ? err_set(e, r, "no '/" DEVICES "'") : 0;
}

static int usb_sample(void *state, struct tick *t, struct err *e)
{
	struct usb *s = state;

	(void)e;
	if (!s->listed || t->time - s->listed >= LIST_EVERY) {
		if (s->listed)
			(void)!list_devices(s);
		readings_refuse(t->readings, s->devices.refused);
		s->listed = t->time;
	}
	for (uint32_t i = 0; i < s->devices.n; i++) {
		const struct device *d = things_at(&s->devices, i);
		const char *name = things_name(&s->devices, i);

		readings_put(t->readings,
			     readings_instance(t->readings, READINGS_NO_CPU, name, strlen(name)), 0,
			     d->milliampere);
	}
	return 0;
}

static void usb_close(void *state)
{
	things_done(&((struct usb *)state)->devices);
}

const struct collector collector_usb = {
	.name = "usb",
	.help = "USB devices that are plugged in, and the current they may draw",
	.things = "place, numbers and name: 1-1.2 046d:c52b Logitech USB Receiver",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct usb),
	.open = usb_open,
	.sample = usb_sample,
	.close = usb_close,
};
