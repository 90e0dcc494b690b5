/* SPDX-License-Identifier: MIT */
/*
 * Reads sysfs when it is asked: a list of events names a few terms, a machine has hundreds of
 * files. Names that come from users never leave the folder: pmu_name_ok() lets no slash through.
 */
#include "capture/pmu.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/distance.h"
#include "base/file.h"
#include "base/quantity.h"

#define DEVICES	 "sys/bus/event_source/devices"
#define LINE_MAX 512

/* A name that may stand in a path. */
static bool name_ok(const char *name)
{
	return *name && *name != '.' && strlen(name) < PMU_NAME_MAX &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       strlen(name);
}

/* The first line of a PMU's file, or -errno. */
static int read_file(int root_fd, const char *pmu, const char *folder, const char *name,
		     const char *end, char *ret, size_t size)
{
	char path[256];

	if (!name_ok(pmu) || !name_ok(name))
		return -ENOENT;
	if ((size_t)snprintf(path, sizeof(path), DEVICES "/%s/%s%s%s", pmu, folder, name, end) >=
	    sizeof(path))
		return -ENAMETOOLONG;
	return file_read_line_at(root_fd, path, ret, size);
}

/* ---- formats ---- */

/* Decimal digits at *p; false: none, or more than 63. */
static bool take_bit(const char **p, unsigned int *ret)
{
	unsigned int v = 0;
	const char *start = *p;

	for (; **p >= '0' && **p <= '9' && *p - start < 3; (*p)++)
		v = 10 * v + (unsigned int)(**p - '0');
	*ret = v;
	return *p > start && v < 64;
}

int pmu_format_parse(const char *text, struct pmu_format *ret)
{
	struct pmu_format f = { 0 };

	if (strncmp(text, "config", 6))
		return -EINVAL;
	text += 6;
	if (*text == '1' || *text == '2')
		f.word = (unsigned int)(*text++ - '0');
	if (*text != ':')
		return -EINVAL;
	do {
		unsigned int first, last;

		text++;
		if (!take_bit(&text, &first))
			return -EINVAL;
		last = first;
		if (*text == '-' && (text++, !take_bit(&text, &last)))
			return -EINVAL;
		if (last < first || f.n_bits + (last - first) >= 64)
			return -EINVAL;
		for (unsigned int bit = first; bit <= last; bit++)
			f.bit[f.n_bits++] = (uint8_t)bit;
	} while (*text == ',');
	if (*text)
		return -EINVAL;
	*ret = f;
	return 0;
}

static uint64_t get_word(const struct perf_event_attr *attr, unsigned int word)
{
	return word == 0 ? attr->config : word == 1 ? attr->config1 : attr->config2;
}

static void put_word(struct perf_event_attr *attr, unsigned int word, uint64_t v)
{
	if (word == 0)
		attr->config = v;
	else if (word == 1)
		attr->config1 = v;
	else
		attr->config2 = v;
}

int pmu_format_put(const struct pmu_format *f, uint64_t value, struct perf_event_attr *attr)
{
	uint64_t word = get_word(attr, f->word);

	if (f->n_bits < 64 && value >> f->n_bits)
		return -ERANGE;
	for (unsigned int i = 0; i < f->n_bits; i++) {
		uint64_t bit = UINT64_C(1) << f->bit[i];

		word = value >> i & 1 ? word | bit : word & ~bit;
	}
	put_word(attr, f->word, word);
	return 0;
}

/* ---- folders ---- */

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* @take for each entry of a folder, sorted; what begins with a dot and what has @without in its
 * name is left out. */
static int each_entry(int root_fd, const char *path, const char *without,
		      int (*take)(void *ctx, const char *name), void *ctx)
{
	int fd = openat(root_fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	DIR *dir = fdopendir(fd);
	char **name = NULL;
	size_t n = 0, cap = 0;
	int r = 0;

	if (!dir) {
		close(fd);
		return -ENOMEM;
	}
	for (struct dirent *d; r >= 0 && (d = readdir(dir));) {
		if (!name_ok(d->d_name) || (without && strstr(d->d_name, without)))
			continue;
		if (n == cap) {
			cap = cap ? 2 * cap : 64;
			char **grown = reallocarray(name, cap, sizeof(*grown));

			if (!grown) {
				r = -ENOMEM;
				break;
			}
			name = grown;
		}
		name[n] = strdup(d->d_name);
		r = name[n] ? 0 : -ENOMEM;
		n += r >= 0;
	}
	closedir(dir);
	if (n)
		qsort(name, n, sizeof(*name), by_name);
	for (size_t i = 0; i < n; i++) {
		if (r >= 0)
			r = take(ctx, name[i]);
		free(name[i]);
	}
	free(name);
	return r < 0 ? r : 0;
}

int pmu_each(int root_fd, int (*take)(void *ctx, const char *pmu), void *ctx)
{
	return each_entry(root_fd, DEVICES, NULL, take, ctx);
}

int pmu_each_event(int root_fd, const char *pmu, int (*take)(void *ctx, const char *event),
		   void *ctx)
{
	char path[256];

	if (!name_ok(pmu))
		return 0;
	snprintf(path, sizeof(path), DEVICES "/%s/events", pmu);
	/* x.unit, x.scale, x.snapshot belong to x. */
	return each_entry(root_fd, path, ".", take, ctx);
}

bool pmu_exists(int root_fd, const char *pmu)
{
	char line[LINE_MAX];

	return read_file(root_fd, pmu, "", "type", "", line, sizeof(line)) >= 0;
}

bool pmu_has_event(int root_fd, const char *pmu, const char *event)
{
	char line[LINE_MAX];

	return !strchr(event, '.') &&
	       read_file(root_fd, pmu, "events/", event, "", line, sizeof(line)) >= 0;
}

/* ---- terms ---- */

struct terms {
	int root_fd;
	const char *pmu;
	struct event *ev;
	struct err *error;
	bool in_alias; /* the text is the kernel's */
};

static int take_near(void *ctx, const char *name)
{
	nearest_try(ctx, name);
	return 0;
}

/* What the PMU knows that looks like @term, or what it has. */
static int no_such_term(const struct terms *t, const char *term)
{
	static const char *const own[] = {
		"config", "config1", "config2", "period", "freq", "name"
	};
	char path[256];
	struct nearest near;

	nearest_init(&near, term);
	snprintf(path, sizeof(path), DEVICES "/%s/format", t->pmu);
	(void)!each_entry(t->root_fd, path, NULL, take_near, &near);
	(void)!pmu_each_event(t->root_fd, t->pmu, take_near, &near);
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		nearest_try(&near, own[i]);
	if (near.text[0])
		return err_set(t->error, -EINVAL, "PMU %s has no term '%s' (nearest: %s)", t->pmu,
			       term, near.text);
	return err_set(t->error, -EINVAL, "PMU %s has no term '%s' (see /%s/%s/format)", t->pmu,
		       term, DEVICES, t->pmu);
}

static int take_number(const struct terms *t, const char *term, const char *text, uint64_t *ret)
{
	uint64_t v = 0;
	const char *p = text;

	if (!strcmp(text, "?"))
		return err_set(t->error, -EINVAL, "term '%s' needs a value of yours", term);
	if (p[0] != '0' || (p[1] != 'x' && p[1] != 'X')) {
		int r = quantity_parse_u64(text, ret, t->error);

		return r < 0 ? err_prefix(t->error, "term '%s'", term) : 0;
	}
	size_t digits = strspn(p += 2, "0123456789abcdefABCDEF");

	if (!digits || digits > 16 || p[digits])
		return err_set(t->error, -EINVAL, "term '%s': '%s' is no number", term, text);
	for (; *p; p++)
		v = v << 4 | (unsigned int)(*p <= '9' ? *p - '0' : (*p | 32) - 'a' + 10);
	*ret = v;
	return 0;
}

/* Terms that every PMU has: 1 = it was one. */
static int take_common(struct terms *t, const char *term, const char *value)
{
	struct perf_event_attr *attr = &t->ev->attr;
	uint64_t v = 0;
	int r = -ENOENT;

	if (!strcmp(term, "name")) {
		if (!value[0] || strlen(value) >= sizeof(t->ev->name))
			return err_set(t->error, -EINVAL, "term 'name': '%.32s' is no name", value);
		snprintf(t->ev->name, sizeof(t->ev->name), "%s", value);
		return 1;
	}
	bool config = !strncmp(term, "config", 6) && (!term[6] || (!term[7] && term[6] < '3'));

	if (config || !strcmp(term, "period") || !strcmp(term, "freq"))
		r = take_number(t, term, value, &v);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return r;
	if (config) {
		put_word(attr, term[6] ? (unsigned int)(term[6] - '0') : 0, v);
	} else {
		if (!v)
			return err_set(t->error, -EINVAL, "term '%s': 0 samples nothing", term);
		attr->freq = term[0] == 'f';
		attr->sample_period = v;
	}
	return 1;
}

static int apply_terms(struct terms *t, const char *text);

/* "6.103515625e-5": sysfs writes scales with an exponent too. */
static int parse_scale(char *text, double *ret, struct err *e)
{
	char *exponent = strpbrk(text, "eE");
	bool below = false;
	uint64_t power = 0;
	double v;
	int r;

	if (exponent) {
		*exponent++ = 0;
		below = *exponent == '-';
		exponent += *exponent == '-' || *exponent == '+';
		r = quantity_parse_u64(exponent, &power, e);
		if (r < 0 || power > 300)
			return err_set(e, -EINVAL, "'%s' is no power of ten", exponent);
	}
	r = quantity_parse_double(text, &v, e);
	if (r < 0)
		return r;
	for (; power; power--)
		v = below ? v / 10 : v * 10;
	if (!(v > 0) || v > 1e300)
		return err_set(e, -EINVAL, "a scale has to be more than 0");
	*ret = v;
	return 0;
}

/* An event that the kernel names: 1 = it was one. */
static int take_alias(struct terms *t, const char *term)
{
	char line[LINE_MAX], unit[LINE_MAX];
	int r;

	if (t->in_alias || strchr(term, '.') ||
	    read_file(t->root_fd, t->pmu, "events/", term, "", line, sizeof(line)) < 0)
		return 0;
	t->in_alias = true;
	r = apply_terms(t, line);
	t->in_alias = false;
	if (r < 0)
		return err_prefix(t->error, "PMU %s: event '%s'", t->pmu, term);
	if (read_file(t->root_fd, t->pmu, "events/", term, ".unit", unit, sizeof(unit)) >= 0)
		snprintf(t->ev->unit, sizeof(t->ev->unit), "%.*s", (int)sizeof(t->ev->unit) - 1,
			 unit);
	if (read_file(t->root_fd, t->pmu, "events/", term, ".scale", line, sizeof(line)) < 0)
		return 1;
	r = parse_scale(line, &t->ev->scale, t->error);
	return r < 0 ? err_prefix(t->error, "PMU %s: scale of '%s'", t->pmu, term) : 1;
}

static int apply_term(struct terms *t, char *term)
{
	char *value = strchr(term, '=');
	char line[LINE_MAX];
	struct pmu_format format;
	uint64_t v = 1;

	if (value)
		*value++ = 0;
	int r = value ? take_common(t, term, value) : take_alias(t, term);

	if (r)
		return r;
	if (read_file(t->root_fd, t->pmu, "format/", term, "", line, sizeof(line)) < 0)
		return no_such_term(t, term);
	if (pmu_format_parse(line, &format) < 0)
		return err_set(t->error, -EINVAL, "PMU %s: format of '%s' not understood: '%.40s'",
			       t->pmu, term, line);
	r = value ? take_number(t, term, value, &v) : 0;
	if (r < 0)
		return r;
	r = pmu_format_put(&format, v, &t->ev->attr);
	return r < 0 ? err_set(t->error, -EINVAL, "term '%s' has %u bits only", term, format.n_bits)
		     : 0;
}

static int apply_terms(struct terms *t, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, ",");
		char term[LINE_MAX];

		if (!n || n >= sizeof(term))
			return err_set(t->error, -EINVAL, n ? "a term too long" : "an empty term");
		snprintf(term, sizeof(term), "%.*s", (int)n, text);
		int r = apply_term(t, term);

		if (r < 0)
			return r;
		text += n;
		if (*text == ',' && !*++text)
			return err_set(t->error, -EINVAL, "an empty term");
	}
	return 0;
}

/* Uncore PMUs name a CPU per package (cpumask), PMUs of a kind of core theirs (cpus). */
static void read_cpus(int root_fd, const char *pmu, struct event *ev)
{
	static const char *const file[] = { "cpumask", "cpus" };
	char line[LINE_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(file) && !ev->has_cpus; i++)
		ev->has_cpus = read_file(root_fd, pmu, "", file[i], "", line, sizeof(line)) >= 0 &&
			       *line && cpuset_parse(line, &ev->cpus, NULL) >= 0;
}

int pmu_apply(int root_fd, const char *pmu, const char *terms, struct event *ev, struct err *e)
{
	char line[LINE_MAX];
	uint64_t type;
	struct terms t = { .root_fd = root_fd, .pmu = pmu, .ev = ev, .error = e };
	int r = read_file(root_fd, pmu, "", "type", "", line, sizeof(line));

	if (r < 0)
		return err_set(e, -ENODEV, "no PMU '%s' here", pmu);
	if (quantity_parse_u64(line, &type, NULL) < 0 || type > UINT32_MAX)
		return err_set(e, -EBADMSG, "PMU %s: type '%.20s' is no number", pmu, line);
	ev->attr.type = (uint32_t)type;
	r = apply_terms(&t, terms);
	if (r >= 0)
		read_cpus(root_fd, pmu, ev);
	return r;
}
