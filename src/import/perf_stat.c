/* SPDX-License-Identifier: MIT */
/* Rows of perf stat's CSV and JSON. */
#include "import/perf_stat.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <string.h>

#include "base/quantity.h"

#define LINE_BYTES_MAX 4096
#define FIELDS_MAX     24

struct line {
	char text[LINE_BYTES_MAX]; /* cut into fields */
	char *field[FIELDS_MAX];
	unsigned int n;
	char separator;
};

static bool is_number(const char *s, double *ret)
{
	size_t n = strlen(s);
	bool negative = *s == '-';

	return quantity_scan(s + negative, n - negative, ret) == (int)(n - negative) && n;
}

/* A count; where fields are not separated by commas, a comma may be the decimal point. */
static bool is_count(struct line *l, char *s, enum perf_stat_state *state, double *ret)
{
	char *comma = l->separator != ',' ? strchr(s, ',') : NULL;

	*state = PERF_STAT_COUNTED;
	*ret = NAN;
	if (!strcmp(s, "<not counted>"))
		*state = PERF_STAT_NOT_COUNTED;
	else if (!strcmp(s, "<not supported>"))
		*state = PERF_STAT_NOT_SUPPORTED;
	else if (comma && !strchr(comma + 1, ','))
		*comma = '.';
	return *state != PERF_STAT_COUNTED || is_number(s, ret);
}

static void cut_blanks(char **s)
{
	*s += strspn(*s, " \t");
	for (size_t n = strlen(*s); n && strchr(" \t\r", (*s)[n - 1]); n--)
		(*s)[n - 1] = '\0';
}

/* Fields at separators, but not between the slashes of "cpu/event=0xc0,umask=0x01/". */
static int cut_fields(struct line *l)
{
	char *from = l->text;
	bool inside = false;

	l->n = 0;
	for (char *p = l->text;; p++) {
		if (*p == '/' && p > from && (inside || isalnum((unsigned char)p[-1])))
			inside = !inside && memchr(from, '=', strcspn(from, "/")) == NULL &&
				 strchr(p + 1, '/') != NULL && isalpha((unsigned char)*from);
		if (*p && (*p != l->separator || inside))
			continue;
		if (l->n == FIELDS_MAX)
			return -EINVAL;
		bool last = !*p;

		*p = '\0';
		l->field[l->n] = from;
		cut_blanks(&l->field[l->n++]);
		if (last)
			return 0;
		from = p + 1;
	}
}

static bool starts_number(const char *s, const char *prefix, int *ret)
{
	size_t n = strlen(prefix);
	double v;
	size_t digits = strspn(s + min_of(n, strlen(s)), "0123456789");

	if (strncmp(s, prefix, n) || !digits || digits > 6)
		return false;
	if (quantity_scan(s + n, digits, &v) < 0)
		return false;
	*ret = (int)v;
	return s[n + digits] == '\0' || s[n + digits] == '-';
}

static bool is_unit(const char *s)
{
	static const char *const units[] = { "",       "msec", "ns", "Joules", "MiB",
					     "MB/s",   "C",    "%",  "bytes",  "64Bytes",
					     "4Bytes", "GB",   "KB", "Bytes" };

	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(s, units[i]))
			return true;
	return false;
}

static void apply_unit(struct perf_stat_row *r, const char *unit)
{
	if (!strcmp(unit, "msec"))
		r->value *= 1e6;
}

/* What stands before the count: time, CPU, socket, task. */
static unsigned int read_place(struct line *l, struct perf_stat_row *r)
{
	unsigned int i = 0;
	double v;

	/* A time is followed by a place or a count; a count by a unit or a name. */
	if (l->n > 2 && is_number(l->field[0], &v) && strchr(l->field[0], '.')) {
		enum perf_stat_state state;
		int id;

		if (is_count(l, l->field[1], &state, &(double){ 0 }) ||
		    starts_number(l->field[1], "CPU", &id) ||
		    starts_number(l->field[1], "S", &id)) {
			r->time = v;
			i++;
		}
	}
	if (i < l->n && starts_number(l->field[i], "CPU", &r->cpu))
		return i + 1;
	if (i + 1 < l->n && starts_number(l->field[i], "S", &r->socket)) {
		const char *cpu = strstr(l->field[i], "-CPU");

		if (cpu && starts_number(cpu + 1, "CPU", &r->cpu))
			return i + 1;
		if (strchr(l->field[i], '-')) /* a die, core or cache: not a whole socket */
			r->socket = -1;
		return i + 2; /* and the number of CPUs in it */
	}
	/* --per-thread: "comm-tid" */
	const char *dash = i < l->n ? strrchr(l->field[i], '-') : NULL;

	if (dash && dash > l->field[i] && dash[1] &&
	    strspn(dash + 1, "0123456789") == strlen(dash + 1)) {
		r->task = l->field[i];
		return i + 1;
	}
	return i;
}

static int csv_row(struct line *l, struct perf_stat_row *r, struct err *e)
{
	unsigned int i = read_place(l, r);

	if (i >= l->n || !is_count(l, l->field[i], &r->state, &r->value)) {
		/* More derived metrics of the row above: all before them is empty. */
		for (unsigned int k = i; k < l->n && k < i + 3; k++)
			if (*l->field[k])
				return err_set(e, -EINVAL, "'%.40s' is no count",
					       i < l->n ? l->field[i] : "");
		return l->n > i + 3 ? 0 : err_set(e, -EINVAL, "no count");
	}
	i++;
	if (i + 1 < l->n && is_unit(l->field[i]))
		apply_unit(r, l->field[i++]);
	if (i >= l->n || !*l->field[i])
		return err_set(e, -EINVAL, "no event");
	r->event = l->field[i++];
	/* Run time and its part of the time; a cgroup stands before them. */
	double run;

	if (i < l->n && *l->field[i] && !is_number(l->field[i], &run))
		r->cgroup = l->field[i++];
	if (i + 1 < l->n && is_number(l->field[i], &run) &&
	    !is_number(l->field[i + 1], &r->running_pct))
		r->running_pct = NAN;
	return 1;
}

/* ---- JSON: one flat object on a line ---- */

/* The string or number at @p, unescaped in place (\uNNNN become '?'); what follows it, or NULL. */
static char *json_value(char *p, char **ret)
{
	if (*p != '"') {
		*ret = p;
		return p + strcspn(p, ",} \t");
	}
	char *to = ++p;

	for (*ret = p; *p && *p != '"'; p++) {
		if (*p == '\\' && p[1]) {
			p++;
			if (*p == 'u') {
				for (int k = 0; k < 4; k++, p++)
					if (!isxdigit((unsigned char)p[1]))
						return NULL;
				*to++ = '?';
				continue;
			}
		}
		*to++ = *p;
	}
	if (!*p)
		return NULL;
	*to = '\0';
	return p + 1;
}

static bool json_member(struct line *l, struct perf_stat_row *r, const char *key, char *value)
{
	double v;

	if (!strcmp(key, "interval")) {
		return is_number(value, &r->time);
	} else if (!strcmp(key, "counter-value")) {
		l->n = 1;
		return is_count(l, value, &r->state, &r->value);
	} else if (!strcmp(key, "unit")) {
		l->field[0] = value;
	} else if (!strcmp(key, "event")) {
		r->event = value;
	} else if (!strcmp(key, "pcnt-running")) {
		return is_number(value, &r->running_pct);
	} else if (!strcmp(key, "cpu") || !strcmp(key, "socket")) {
		int *to = *key == 'c' ? &r->cpu : &r->socket;
		const char *digits = *value == 'S' ? value + 1 : value;

		if (!is_number(digits, &v) || v < 0 || v > 1e6)
			return false;
		*to = (int)v;
	} else if (!strcmp(key, "cgroup")) {
		r->cgroup = *value ? value : NULL;
	} else if (!strcmp(key, "thread")) {
		r->task = value;
	}
	return true;
}

static int json_row(struct line *l, struct perf_stat_row *r, struct err *e)
{
	static char none[] = "";
	char *p = l->text + strcspn(l->text, "{") + 1;

	l->n = 0;
	l->field[0] = none;
	for (;;) {
		char *key, *value, end;

		p += strspn(p, " \t");
		p = *p == '"' ? json_value(p, &key) : NULL;
		if (!p)
			return err_set(e, -EINVAL, "a key is missing");
		p += strspn(p, " \t");
		if (*p++ != ':')
			return err_set(e, -EINVAL, "':' is missing behind '%.40s'", key);
		p += strspn(p, " \t");
		bool quoted = *p == '"';

		p = json_value(p, &value);
		if (!p)
			return err_set(e, -EINVAL, "the value of '%.40s' has no end", key);
		char *behind = p;

		p += strspn(p, " \t");
		end = *p;
		if (!quoted)
			*behind = '\0';
		if (end != ',' && end != '}')
			return err_set(e, -EINVAL, "no ',' or '}' behind '%.40s'", key);
		if (!json_member(l, r, key, value))
			return err_set(e, -EINVAL, "'%.40s' of '%.40s'", value, key);
		p++;
		if (end == '}')
			break;
	}
	if (!l->n)
		return 0; /* derived metrics alone */
	if (!r->event || !*r->event)
		return err_set(e, -EINVAL, "no event");
	apply_unit(r, l->field[0]);
	return 1;
}

/* ---- lines ---- */

/* perf's -x takes any text; these are in use. */
static char find_separator(const char *s)
{
	size_t n = strcspn(s, ",;\t|");

	return s[n];
}

static int read_line(struct line *l, struct perf_stat_row *r, struct err *e)
{
	const char *text = l->text + strspn(l->text, " \t\r");

	*r = (struct perf_stat_row){ .time = NAN, .cpu = -1, .socket = -1, .running_pct = NAN };
	if (!*text || *text == '#')
		return 0;
	if (*text == '{')
		return json_row(l, r, e);
	if (!l->separator)
		l->separator = find_separator(text);
	if (!l->separator)
		return err_set(e, -EINVAL, "no CSV and no JSON (perf stat -x, or -j writes it)");
	if (cut_fields(l) < 0)
		return err_set(e, -EINVAL, "more than %d fields", FIELDS_MAX);
	return csv_row(l, r, e);
}

int perf_stat_read(const char *text, size_t n,
		   int (*row)(void *arg, const struct perf_stat_row *r, struct err *e), void *arg,
		   bool *ret_cut, struct err *e)
{
	struct line l = { .separator = '\0' };
	unsigned int number = 0;

	*ret_cut = n && text[n - 1] != '\n';
	for (size_t at = 0; at < n;) {
		const char *end = memchr(text + at, '\n', n - at);
		size_t len = end ? (size_t)(end - (text + at)) : n - at;
		struct perf_stat_row r;

		number++;
		if (len >= sizeof(l.text) || memchr(text + at, '\0', len)) {
			return err_set(e, -EINVAL, "line %u: %s", number,
				       len >= sizeof(l.text) ? "too long" : "a zero byte");
		}
		memcpy(l.text, text + at, len);
		l.text[len] = '\0';
		int found = read_line(&l, &r, e);

		if (found < 0) {
			if (e)
				(void)err_prefix(e, "line %u", number);
			return found;
		}
		found = found ? row(arg, &r, e) : 0;
		if (found < 0)
			return found;
		at += len + (end != NULL);
	}
	return 0;
}
