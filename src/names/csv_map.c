/* SPDX-License-Identifier: MIT */
/*
 * One pass over the text. Fields are unquoted into a buffer of their own; of a record only the
 * first seven are kept. Lines end with \n, \r\n or \r.
 */
#include "names/csv_map.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { TID, INSTANCE, TYPE, UUID, GROUP_TYPE, GROUP, TASK, N_FIELDS };

struct reader {
	const char *file;
	const char *p, *end;
	unsigned int line; /* of @p */
	struct buf text; /* fields of the record, each with its NUL */
	size_t at[N_FIELDS]; /* where they begin in @text */
	unsigned int n_fields; /* all of the record, also those that are not kept */
	unsigned int bad;
	struct err *e;
};

/* Only the first bad line gets words; all are counted. */
static void complain(struct reader *r, unsigned int line, const char *fmt, ...) printf_like(3, 4);
static void complain(struct reader *r, unsigned int line, const char *fmt, ...)
{
	char words[ERR_TEXT_MAX / 2];
	va_list ap;

	if (r->bad++)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	err_set(r->e, -EINVAL, "%s:%u: %s", r->file, line, words);
}

static bool at_line_end(const struct reader *r)
{
	return r->p == r->end || *r->p == '\n' || *r->p == '\r';
}

static void skip_line_end(struct reader *r)
{
	if (r->p < r->end && *r->p == '\r')
		r->p++;
	if (r->p < r->end && *r->p == '\n')
		r->p++;
	r->line++;
}

static void skip_line(struct reader *r)
{
	while (!at_line_end(r))
		r->p++;
}

/* A quoted field behind its first quote. False: bad, words are there. */
static bool read_quoted(struct reader *r, bool keep)
{
	unsigned int line = r->line;

	while (r->p < r->end) {
		char c = *r->p++;

		if (c == '"' && (r->p == r->end || *r->p != '"'))
			break;
		if (c == '"')
			r->p++;
		r->line += c == '\n';
		if (keep)
			(void)buf_add_byte(&r->text, (uint8_t)c);
		if (r->p == r->end) {
			complain(r, line, "a quote is not closed");
			return false;
		}
	}
	if (!at_line_end(r) && *r->p != ',') {
		complain(r, r->line, "text behind a closing quote (try: \"\" for a quote)");
		return false;
	}
	return true;
}

static bool read_field(struct reader *r)
{
	bool keep = r->n_fields < N_FIELDS, good = true;

	if (keep)
		r->at[r->n_fields] = r->text.len;
	r->n_fields++;
	if (r->p < r->end && *r->p == '"') {
		r->p++;
		if (r->p == r->end) {
			complain(r, r->line, "a quote is not closed");
			return false;
		}
		good = read_quoted(r, keep);
	} else {
		const char *from = r->p;

		while (!at_line_end(r) && *r->p != ',')
			r->p++;
		if (keep)
			(void)buf_add(&r->text, from, (size_t)(r->p - from));
	}
	if (keep)
		(void)buf_add_byte(&r->text, 0);
	return good;
}

/* A whole number with blanks around it, as Python's int() takes it. */
static bool read_int(const char *s, int64_t *ret)
{
	bool negative = false, any = false;
	int64_t v = 0;

	s += strspn(s, " \t\v\f\r\n");
	if (*s == '+' || *s == '-')
		negative = *s++ == '-';
	for (; *s >= '0' && *s <= '9'; s++, any = true)
		if (__builtin_mul_overflow(v, (int64_t)10, &v) ||
		    __builtin_add_overflow(v, (int64_t)(*s - '0'), &v))
			return false;
	s += strspn(s, " \t\v\f\r\n");
	*ret = negative ? -v : v;
	return any && !*s;
}

static const char *field(struct reader *r, unsigned int i)
{
	return buf_str(&r->text) + r->at[i];
}

/* The record in @r, which began at @line, as a row of the map. 0, also when it is bad. */
static int take_record(struct reader *r, unsigned int line, struct name_map *into)
{
	struct name_row row = { 0 };
	int64_t tid = 0, group;
	char base[2 * NAME_MAX_BYTES];

	if (r->n_fields < N_FIELDS) {
		complain(r, line,
			 "%u columns, needs 7: tid, instance, type, uuid, group type, "
			 "group, task",
			 r->n_fields);
		return 0;
	}
	if (field(r, TID)[0]) {
		if (!read_int(field(r, TID), &tid) || tid < 1 || tid > UINT32_MAX) {
			complain(r, line, "'%s' is no tid", field(r, TID));
			return 0;
		}
	} else if (!field(r, UUID)[0] && !field(r, INSTANCE)[0]) {
		complain(r, line, "neither a tid nor a machine's uuid or instance");
		return 0;
	}
	if (!read_int(field(r, GROUP), &group)) {
		complain(r, line, "'%s' is no group number", field(r, GROUP));
		return 0;
	}
	int n = snprintf(base, sizeof(base), "%s.%02" PRId64 "%s%s", field(r, TASK), group,
			 tid ? "." : "", tid ? field(r, TYPE) : "");

	row.tid = (uint32_t)tid;
	row.base = base;
	if (!tid) {
		row.uuid = field(r, UUID);
		row.instance = field(r, INSTANCE);
		row.type = field(r, TYPE);
	}
	int rc = n > NAME_MAX_BYTES ? -E2BIG : name_map_add(into, &row);

	if (rc == -E2BIG && name_map_count(into) < NAME_MAP_MAX_ROWS) {
		complain(r, line, "a name has more than %d bytes", NAME_MAX_BYTES);
		return 0;
	}
	return rc < 0 ? err_set(r->e, rc, "%s:%u: %s", r->file, line,
				rc == -E2BIG ? "too many lines" : "no memory")
		      : 0;
}

/* One record, or a blank line. */
static int read_record(struct reader *r, struct name_map *into)
{
	unsigned int line = r->line;
	bool good = true;

	if (at_line_end(r)) {
		skip_line_end(r);
		return 0;
	}
	buf_clear(&r->text);
	r->n_fields = 0;
	while ((good = read_field(r)) && r->p < r->end && *r->p == ',')
		r->p++;
	if (!good)
		skip_line(r);
	skip_line_end(r);
	if (buf_error(&r->text))
		return err_set(r->e, buf_error(&r->text), "%s:%u: too long", r->file, line);
	return good ? take_record(r, line, into) : 0;
}

int csv_map_parse(const char *file, const char *text, size_t n, struct name_map *into,
		  struct err *e)
{
	struct err first = { 0 };
	struct reader r = { .file = file, .p = text, .end = text + n, .line = 1, .e = &first };
	const char *nul = n ? memchr(text, 0, n) : NULL;
	int rc = 0;

	if (nul) {
		for (const char *p = text; p < nul; p++)
			r.line += *p == '\n';
		return err_set(e, -EINVAL, "%s:%u: a NUL byte, this is no text", file, r.line);
	}
	if (n >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		r.p += 3;
	buf_init(&r.text, CSV_MAP_MAX_BYTES);
	while (rc >= 0 && r.p < r.end)
		rc = read_record(&r, into);
	buf_done(&r.text);
	if (rc < 0)
		return err_set(e, rc, "%s", first.text);
	if (r.bad > 1)
		return err_set(e, -EINVAL, "%s (and %u more bad %s)", first.text, r.bad - 1,
			       r.bad == 2 ? "line" : "lines");
	return r.bad ? err_set(e, -EINVAL, "%s", first.text) : 0;
}

/* ---- writing ---- */

static void put_field(struct buf *b, const char *s)
{
	bool quote = strpbrk(s, ",\"\r\n") != NULL;

	if (quote)
		(void)buf_add_byte(b, '"');
	for (; *s; s++) {
		if (*s == '"')
			(void)buf_add_byte(b, '"');
		(void)buf_add_byte(b, (uint8_t)*s);
	}
	if (quote)
		(void)buf_add_byte(b, '"');
	(void)buf_add_byte(b, ',');
}

static int compare_tids(const void *a, const void *b)
{
	const struct vm_thread *x = *(const struct vm_thread *const *)a,
			       *y = *(const struct vm_thread *const *)b;

	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

int csv_map_write(const struct vm_list *vms, uint32_t pid, const char *task, int64_t group,
		  struct buf *into)
{
	size_t n = 0, emulators = 0;
	auto_free const struct vm_thread **thread = calloc(vm_list_count(vms) + 1, sizeof(*thread));

	if (!thread)
		return -ENOMEM;
	for (size_t i = 0; i < vm_list_count(vms); i++)
		if (vm_list_at(vms, i)->pid == pid)
			thread[n++] = vm_list_at(vms, i);
	qsort(thread, n, sizeof(*thread), compare_tids);
	for (size_t i = 0; i < n; i++) {
		const struct vm_thread *t = thread[i];
		char type[80];

		if (!strcmp(t->type, "emulator"))
			snprintf(type, sizeof(type), "emulator%zu", emulators++);
		else
			snprintf(type, sizeof(type), "%.79s", t->type);
		(void)buf_addf(into, "%" PRIu32 ",", t->tid);
		put_field(into, vm_thread_machine(t));
		put_field(into, type);
		put_field(into, t->uuid);
		(void)buf_addf(into, ",%" PRId64 ",", group);
		put_field(into, task);
		into->len--; /* the comma behind the last field */
		(void)buf_add_byte(into, '\n');
	}
	return n ? buf_error(into) : -ENOENT;
}
