/* SPDX-License-Identifier: MIT */
/*
 * What a machine measures of itself: temperatures, fans, voltages, currents, power, energy.
 * sys/class/hwmon (Documentation/hwmon/sysfs-interface.rst of the kernel) and sys/class/powercap.
 *
 * A chip is called by its driver and the device it sits on ("k10temp-0000:00:18.3", "coretemp.0"),
 * since the numbers of hwmon change from boot to boot; a sensor by its label, else by the driver's
 * word
 * ("temp1").
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "collect/collector.h"
#include "collect/things.h"

#define HWMON	    "sys/class/hwmon"
#define POWERCAP    "sys/class/powercap"
#define MAX_SENSORS 1024u
#define LIST_EVERY  (60 * NSEC_PER_SEC)

enum {
	SENSOR_TEMPERATURE,
	SENSOR_FAN,
	SENSOR_VOLTAGE,
	SENSOR_CURRENT,
	SENSOR_POWER,
	SENSOR_POWER_AVERAGE,
	SENSOR_ENERGY,
	SENSOR_HUMIDITY,
	SENSOR_TEMPERATURE_MIN,
	SENSOR_TEMPERATURE_MAX,
	SENSOR_FAN_MIN,
	SENSOR_VOLTAGE_MIN,
	SENSOR_VOLTAGE_MAX,
};

static const struct metric_spec metrics[] = {
	[SENSOR_TEMPERATURE] = GAUGE("temperature", "temperature", .scale = 0.001, .unit = "°C"),
	[SENSOR_FAN] = GAUGE("fan", "speed of a fan", .unit = "1/min"),
	[SENSOR_VOLTAGE] = GAUGE("voltage", "voltage", .scale = 0.001, .unit = "V"),
	[SENSOR_CURRENT] = GAUGE("current", "current", .scale = 0.001, .unit = "A"),
	[SENSOR_POWER] = GAUGE("power", "power", .scale = 1e-6, .unit = "W"),
	[SENSOR_POWER_AVERAGE] = GAUGE("power_average", "power over a time of the chip's choice",
				       .scale = 1e-6, .unit = "W"),
	[SENSOR_ENERGY] = COUNTER("energy", "energy used; begins anew at a limit of the device's",
				  .scale = 1e-6, .unit = "J"),
	[SENSOR_HUMIDITY] = GAUGE("humidity", "relative humidity", .scale = 0.001, .unit = "%"),
	[SENSOR_TEMPERATURE_MIN] =
		GAUGE("temperature_min", "least that is right, looked up every minute",
		      .scale = 0.001, .unit = "°C"),
	[SENSOR_TEMPERATURE_MAX] =
		GAUGE("temperature_max", "most that is right, looked up every minute",
		      .scale = 0.001, .unit = "°C"),
	[SENSOR_FAN_MIN] =
		GAUGE("fan_min", "least that is right, looked up every minute", .unit = "1/min"),
	[SENSOR_VOLTAGE_MIN] = GAUGE("voltage_min", "least that is right, looked up every minute",
				     .scale = 0.001, .unit = "V"),
	[SENSOR_VOLTAGE_MAX] = GAUGE("voltage_max", "most that is right, looked up every minute",
				     .scale = 0.001, .unit = "V"),
};

enum { LEAST, MOST, LIMITS };
static const char *const limit_ends[LIMITS] = { [LEAST] = "_min", [MOST] = "_max" };

/* Files of a chip, in the order of metrics: "temp1_input"; metrics of its limits, where they tell
 * of something: 0 = none. */
static const struct {
	const char *kind, *end;
	uint8_t limit[LIMITS];
} kinds[] = {
	{ "temp", "_input", { [LEAST] = SENSOR_TEMPERATURE_MIN, [MOST] = SENSOR_TEMPERATURE_MAX } },
	{ "fan", "_input", { [LEAST] = SENSOR_FAN_MIN } },
	{ "in", "_input", { [LEAST] = SENSOR_VOLTAGE_MIN, [MOST] = SENSOR_VOLTAGE_MAX } },
	{ "curr", "_input", { 0 } },
	{ "power", "_input", { 0 } },
	{ "power", "_average", { 0 } },
	{ "energy", "_input", { 0 } },
	{ "humidity", "_input", { 0 } },
};

struct sensor {
	struct proc_file file;
	unsigned int metric;
	bool limited[LIMITS];
	uint64_t limit[LIMITS]; /* int64_t by its bits, as values of gauges are */
};

struct sensors {
	const struct proc_root *root;
	struct things things;
	nsec_t listed; /* 0 = never */
	/* While listing, so that of two sensors with one label always the same gets it: */
	struct things names;
	char chip[64], folder[64];
};

static void sensor_done(void *state)
{
	proc_file_done(&((struct sensor *)state)->file);
}

/* The metric of a file, and how long "temp1" of its name is; -1: of none. */
static int metric_of(const char *name, size_t *ret_len)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t n = strlen(kinds[i].kind), digits;

		if (strncmp(name, kinds[i].kind, n) != 0)
			continue;
		digits = strspn(name + n, "0123456789");
		if (digits && !strcmp(name + n + digits, kinds[i].end)) {
			*ret_len = n + digits;
			return (int)i;
		}
	}
	return -1;
}

/* @path is that of the value, of which the last @n_end bytes are "_input". */
static void read_limits(struct sensors *s, struct sensor *x, const char *path, size_t n_end)
{
	char file[512], line[32];

	for (unsigned int i = 0; i < LIMITS; i++) {
		const char *p = line;

		if (!kinds[x->metric].limit[i])
			continue;
		snprintf(file, sizeof(file), "%.*s%s", (int)(strlen(path) - n_end), path,
			 limit_ends[i]);
		x->limited[i] = file_read_line_at(s->root->fd, file, line, sizeof(line)) >= 0 &&
				scan_i64(&p, &x->limit[i]);
	}
}

static int add(struct sensors *s, const char *path, const char *name, const char *other_name,
	       unsigned int metric)
{
	bool is_new;
	struct sensor *x = things_see(&s->things, name, &is_new);

	/* A label that another sensor of the chip has already. */
	if (x && !is_new)
		x = things_see(&s->things, other_name, &is_new);
	if (!x || !is_new)
		return 0;
	x->metric = metric;
	read_limits(s, x, path, strlen(kinds[metric].end));
	return proc_file_open(&x->file, s->root, path) == -ENOMEM ? -ENOMEM : 0;
}

static int see_name(void *ctx, const char *name, bool is_folder)
{
	struct sensors *s = ctx;
	bool is_new;

	(void)is_folder;
	(void)things_see(&s->names, name, &is_new);
	return 0;
}

/* The names in a folder, sorted, to @ret, which the caller ends. */
static void list_names(struct sensors *s, const char *folder, struct things *ret)
{
	things_init(&s->names, 0, UINT16_MAX, NULL);
	(void)!proc_list(s->root, folder, see_name, s);
	*ret = s->names;
}

static int add_file(struct sensors *s, const char *file)
{
	char path[512], label[128] = "", name[256], word[320];
	size_t n;
	int metric = metric_of(file, &n);

	if (metric < 0 || strlen(file) > 64)
		return 0;
	snprintf(path, sizeof(path), HWMON "/%s/%.*s_label", s->folder, (int)n, file);
	(void)!file_read_line_at(s->root->fd, path, label, sizeof(label));
	if (*label)
		snprintf(name, sizeof(name), "%s %s", s->chip, label);
	else
		snprintf(name, sizeof(name), "%s %.*s", s->chip, (int)n, file);
	snprintf(word, sizeof(word), "%s %.*s", name, (int)n, file);
	snprintf(path, sizeof(path), HWMON "/%s/%s", s->folder, file);
	return add(s, path, name, word, (unsigned int)metric);
}

/* "coretemp.0" when the device is called after its driver, else "k10temp-0000:00:18.3"; "acpitz".
 */
static void name_chip(struct sensors *s)
{
	char path[128], driver[32] = "", link[256];
	const char *device = "";

	snprintf(path, sizeof(path), HWMON "/%s/name", s->folder);
	(void)!file_read_line_at(s->root->fd, path, driver, sizeof(driver));
	snprintf(path, sizeof(path), HWMON "/%s/device", s->folder);
	ssize_t n = readlinkat(s->root->fd, path, link, sizeof(link) - 1);

	if (n > 0) {
		link[n] = '\0';
		device = strrchr(link, '/') ? strrchr(link, '/') + 1 : link;
	}
	if (!*driver)
		snprintf(driver, sizeof(driver), "%.31s", *device ? device : s->folder);
	if (*device && !strncmp(device, driver, strlen(driver)))
		snprintf(s->chip, sizeof(s->chip), "%.63s", device);
	else
		snprintf(s->chip, sizeof(s->chip), "%s%s%.31s", driver, *device ? "-" : "", device);
	/* The name ends at the first blank. */
	for (char *c = s->chip; *c; c++)
		if (*c == ' ')
			*c = '_';
}

static int add_chip(struct sensors *s, const char *folder)
{
	struct things files;
	char path[128];
	int r = 0;

	if (strlen(folder) >= sizeof(s->folder))
		return 0;
	snprintf(s->folder, sizeof(s->folder), "%s", folder);
	name_chip(s);
	snprintf(path, sizeof(path), HWMON "/%s", folder);
	list_names(s, path, &files);
	for (uint32_t i = 0; r >= 0 && i < files.n; i++)
		r = add_file(s, things_name(&files, i));
	things_done(&files);
	return r;
}

/* "intel-rapl:0" called "package-0"; reading needs root. */
static int add_zone(struct sensors *s, const char *folder)
{
	char path[192], word[64] = "", name[192];

	if (strlen(folder) >= 64)
		return 0;
	snprintf(path, sizeof(path), POWERCAP "/%s/name", folder);
	if (file_read_line_at(s->root->fd, path, word, sizeof(word)) < 0)
		return 0;
	snprintf(name, sizeof(name), "%s %s", folder, word);
	snprintf(path, sizeof(path), POWERCAP "/%s/energy_uj", folder);
	if (faccessat(s->root->fd, path, R_OK, 0) < 0)
		return 0;
	return add(s, path, name, name, SENSOR_ENERGY);
}

static int list_sensors(struct sensors *s)
{
	struct things chips, zones;
	int r = 0;

	things_done(&s->things);
	things_begin(&s->things);
	list_names(s, HWMON, &chips);
	for (uint32_t i = 0; r >= 0 && i < chips.n; i++)
		r = add_chip(s, things_name(&chips, i));
	things_done(&chips);
	list_names(s, POWERCAP, &zones);
	for (uint32_t i = 0; r >= 0 && i < zones.n; i++)
		r = add_zone(s, things_name(&zones, i));
	things_done(&zones);
	return r;
}

static int sensors_open(void *state, const struct proc_root *root, struct err *e)
{
	struct sensors *s = state;

	s->root = root;
	things_init(&s->things, sizeof(struct sensor), MAX_SENSORS, sensor_done);
	int r = list_sensors(s);

	if (r < 0)
		return r;
	return s->things.n ? 0 : err_set(e, -ENOENT, "nothing in '/" HWMON "'");
}

static int sensors_sample(void *state, struct tick *t, struct err *e)
{
	struct sensors *s = state;
	uint64_t v;

	(void)e;
	/* Chips come and go with their drivers. */
	if (!s->listed || t->time - s->listed >= LIST_EVERY) {
		if (s->listed && list_sensors(s) < 0)
			return -ENOMEM;
		readings_refuse(t->readings, s->things.refused);
		s->listed = t->time;
	}
	for (uint32_t i = 0; i < s->things.n; i++) {
		struct sensor *x = things_at(&s->things, i);
		const char *name = things_name(&s->things, i), *p = proc_file_read(&x->file);

		if (!p || !scan_i64(&p, &v))
			continue;
		uint32_t at = readings_instance(t->readings, READINGS_NO_CPU, name, strlen(name));

		readings_put(t->readings, at, x->metric, v);
		for (unsigned int k = 0; k < LIMITS; k++)
			if (x->limited[k])
				readings_put(t->readings, at, kinds[x->metric].limit[k],
					     x->limit[k]);
	}
	return 0;
}

static void sensors_close(void *state)
{
	things_done(&((struct sensors *)state)->things);
}

const struct collector collector_sensors = {
	.name = "sensors",
	.help = "temperatures, fans, voltages, power, energy",
	.things = "chip and label: coretemp.0 Core 1",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct sensors),
	.open = sensors_open,
	.sample = sensors_sample,
	.close = sensors_close,
};
