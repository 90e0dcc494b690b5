/* SPDX-License-Identifier: MIT */
/* perf's ways to write an event. */
#include "metric/event_code.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Those of PERF_TYPE_SOFTWARE, with perf's second names. */
static const char *const software[] = {
	"cpu-clock",	  "task-clock",	      "page-faults",
	"faults",	  "context-switches", "cs",
	"cpu-migrations", "migrations",	      "minor-faults",
	"major-faults",	  "alignment-faults", "emulation-faults",
	"dummy",	  "bpf-output",	      "cgroup-switches",
};

static int copy_word(char *to, size_t size, const char *s, size_t n, const char *what,
		     struct err *e)
{
	if (!n || n >= size)
		return err_set(e, -EINVAL, "%s of %zu bytes", what, n);
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)s[i]) && !strchr("-_.:", s[i]))
			return err_set(e, -EINVAL, "'%c' in %s",
				       isprint((unsigned char)s[i]) ? s[i] : '?', what);
	memcpy(to, s, n);
	to[n] = '\0';
	return 0;
}

static int hex_value(const char *s, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (!n || n > 16)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int c = tolower((unsigned char)s[i]);

		if (!isxdigit(c))
			return -EINVAL;
		v = v << 4 | (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	*ret = v;
	return 0;
}

static int term_value(const char *s, size_t n, uint64_t *ret)
{
	uint64_t v = 0;

	if (n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x')
		return hex_value(s + 2, n - 2, ret);
	if (!n || n > 19)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (!isdigit((unsigned char)s[i]))
			return -EINVAL;
		v = v * 10 + (uint64_t)(s[i] - '0');
	}
	*ret = v;
	return 0;
}

static int parse_modifiers(const char *s, size_t n, struct event_code *c, struct err *e)
{
	c->user = c->kernel = true;
	if (!n)
		return 0;
	c->user = memchr(s, 'u', n) != NULL;
	c->kernel = memchr(s, 'k', n) != NULL;
	for (size_t i = 0; i < n; i++)
		if (!strchr("ukhHGpPSDWeI", s[i]))
			return err_set(e, -EINVAL, "unknown modifier '%c'",
				       isprint((unsigned char)s[i]) ? s[i] : '?');
	if (!c->user && !c->kernel)
		c->user = c->kernel = true;
	return 0;
}

static int parse_terms(const char *s, size_t n, struct event_code *c, struct err *e)
{
	size_t at = 0;

	while (at < n) {
		const char *comma = memchr(s + at, ',', n - at);
		size_t len = comma ? (size_t)(comma - (s + at)) : n - at;
		const char *equals = memchr(s + at, '=', len);
		size_t name_len = equals ? (size_t)(equals - (s + at)) : len;

		if (c->n_terms == EVENT_TERMS_MAX)
			return err_set(e, -EINVAL, "more than %d terms", EVENT_TERMS_MAX);
		struct event_term *t = &c->term[c->n_terms++];
		int r = copy_word(t->name, sizeof(t->name), s + at, name_len, "a term", e);

		if (r < 0)
			return r;
		t->value = 1;
		if (equals && term_value(equals + 1, len - name_len - 1, &t->value) < 0)
			return err_set(e, -EINVAL, "term '%s' has no number", t->name);
		at += len + (comma != NULL);
		if (comma && at == n)
			return err_set(e, -EINVAL, "a term is missing behind ','");
	}
	return 0;
}

static int parse_raw(const char *s, size_t n, struct event_code *c)
{
	size_t skip = n > 6 && !memcmp(s, "raw 0x", 6) ? 6 : s[0] == 'r' ? 1 : 0;

	if (!skip || hex_value(s + skip, n - skip, &c->config) < 0)
		return -EINVAL;
	c->raw = true;
	/* USR and OS of IA32_PERFEVTSELx; perf sets them by itself where both are 0. */
	c->user = c->config & 1 << 16;
	c->kernel = c->config & 1 << 17;
	if (!c->user && !c->kernel)
		c->user = c->kernel = true;
	return 0;
}

int event_code_parse(const char *s, size_t n, struct event_code *ret, struct err *e)
{
	struct event_code c = { 0 };
	const char *slash = memchr(s, '/', n);
	int r;

	if (!n)
		return err_set(e, -EINVAL, "an event is missing");
	if (slash) {
		size_t pmu_len = (size_t)(slash - s);
		const char *end = memchr(slash + 1, '/', n - pmu_len - 1);

		if (!end)
			return err_set(e, -EINVAL, "a '/' is missing at the end of the event");
		r = copy_word(c.pmu, sizeof(c.pmu), s, pmu_len, "a PMU's name", e);
		if (r >= 0)
			r = parse_terms(slash + 1, (size_t)(end - slash - 1), &c, e);
		const char *mods = end + 1 + (end + 1 < s + n && end[1] == ':');

		if (r >= 0)
			r = parse_modifiers(mods, (size_t)(s + n - mods), &c, e);
	} else if (parse_raw(s, n, &c) < 0) {
		const char *colon = memchr(s, ':', n);
		size_t len = colon ? (size_t)(colon - s) : n;

		r = copy_word(c.name, sizeof(c.name), s, len, "an event's name", e);
		if (r >= 0)
			r = parse_modifiers(colon ? colon + 1 : s + n, colon ? n - len - 1 : 0, &c,
					    e);
	} else {
		r = 0;
	}
	if (r < 0)
		return r;
	*ret = c;
	return 0;
}

bool event_code_is_core(const struct event_code *c)
{
	static const char *const core[] = { "",	   "cpu",      "cpu_core",    "cpu_atom",
					    "msr", "software", "cstate_core", "tool" };

	for (size_t i = 0; i < ARRAY_SIZE(core); i++)
		if (!strcmp(c->pmu, core[i]))
			return true;
	return !strncmp(c->pmu, "armv", 4);
}

bool event_code_is_software(const struct event_code *c)
{
	for (size_t i = 0; *c->name && i < ARRAY_SIZE(software); i++)
		if (!strcasecmp(c->name, software[i]))
			return true;
	return !strcmp(c->pmu, "software") || !strcmp(c->pmu, "tool");
}

bool event_code_select(const struct event_code *c, uint64_t *ret)
{
	static const struct {
		const char *name;
		unsigned int shift;
		uint64_t mask;
	} fields[] = {
		{ "umask", 8, 0xff }, { "edge", 18, 1 },     { "any", 21, 1 },
		{ "inv", 23, 1 },     { "cmask", 24, 0xff },
	};
	uint64_t v = 0;

	if (c->raw) {
		*ret = c->config & ~UINT64_C(0x530000);
		return true;
	}
	if (strcmp(c->pmu, "cpu") && strcmp(c->pmu, "cpu_core") && strcmp(c->pmu, "cpu_atom"))
		return false;
	for (unsigned int i = 0; i < c->n_terms; i++) {
		const struct event_term *t = &c->term[i];
		size_t f = 0;

		if (!strcmp(t->name, "event")) {
			v |= (t->value & 0xff) | (t->value & 0xf00) << 24;
			continue;
		}
		while (f < ARRAY_SIZE(fields) && strcmp(t->name, fields[f].name))
			f++;
		if (f < ARRAY_SIZE(fields))
			v |= (t->value & fields[f].mask) << fields[f].shift;
		else
			return false; /* a name of sysfs, or a second register */
	}
	*ret = v;
	return true;
}

bool event_code_plain(const struct event_code *c, uint64_t *ret)
{
	uint64_t v = 0;
	bool all = true;

	for (unsigned int i = 0; i < c->n_terms; i++) {
		if (!strcmp(c->term[i].name, "event"))
			v |= c->term[i].value & 0xff;
		else if (!strcmp(c->term[i].name, "umask"))
			v |= (c->term[i].value & 0xff) << 8;
		else
			all = false;
	}
	*ret = v;
	return all;
}

static uint64_t value_of(const struct event_code *c, const char *name)
{
	for (unsigned int i = 0; i < c->n_terms; i++)
		if (!strcmp(c->term[i].name, name))
			return c->term[i].value;
	return 0;
}

bool event_code_equal(const struct event_code *a, const struct event_code *b)
{
	uint64_t x, y;

	if (a->user != b->user || a->kernel != b->kernel)
		return false;
	if (event_code_select(a, &x) && event_code_select(b, &y) && (a->raw || b->raw))
		return x == y;
	if (strcasecmp(a->name, b->name) || strcmp(a->pmu, b->pmu) || a->raw != b->raw)
		return false;
	/* A term that is left out is 0. */
	for (unsigned int i = 0; i < a->n_terms; i++)
		if (value_of(b, a->term[i].name) != a->term[i].value)
			return false;
	for (unsigned int i = 0; i < b->n_terms; i++)
		if (value_of(a, b->term[i].name) != b->term[i].value)
			return false;
	return a->raw ? a->config == b->config : true;
}

const char *event_code_text(const struct event_code *c, char *buf)
{
	size_t n = 0;
	const char *mods = c->user && c->kernel ? "" : c->user ? "u" : "k";

	if (c->raw)
		(void)snprintf(buf, EVENT_CODE_TEXT, "r%" PRIx64, c->config);
	else if (*c->name)
		(void)snprintf(buf, EVENT_CODE_TEXT, "%s%s%s", c->name, *mods ? ":" : "", mods);
	if (c->raw || *c->name)
		return buf;
	n = (size_t)snprintf(buf, EVENT_CODE_TEXT, "%s/", c->pmu);
	for (unsigned int i = 0; i < c->n_terms && n < EVENT_CODE_TEXT - 80; i++) {
		const struct event_term *t = &c->term[i];
		const char *comma = i ? "," : "";

		if (t->value == 1 && c->n_terms == 1)
			n += (size_t)snprintf(buf + n, EVENT_CODE_TEXT - n, "%s", t->name);
		else
			n += (size_t)snprintf(buf + n, EVENT_CODE_TEXT - n, "%s%s=0x%" PRIx64,
					      comma, t->name, t->value);
	}
	(void)snprintf(buf + n, EVENT_CODE_TEXT - n, "/%s", mods);
	return buf;
}
