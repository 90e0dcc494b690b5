/* SPDX-License-Identifier: MIT */
/* Records through jansson, and out as Go's encoding/json writes them. */
#include "format/perfcollector_record.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/calendar.h"
#include "base/cleanup.h"

static const char year_one[] = "0001-01-01T00:00:00Z";

void perfcollector_record_done(struct perfcollector_record *r)
{
	free(r->source);
	free(r->measurement);
	*r = (struct perfcollector_record){ 0 };
}

/* ---- reading ---- */

static int wrong(struct err *e, const char *what)
{
	return err_set(e, -EBADMSG, "no record: %s", what);
}

static int take_integer(json_t *object, const char *name, bool is_signed, int64_t *ret,
			struct err *e)
{
	json_t *v = json_object_get(object, name);

	*ret = 0;
	if (!v || json_is_null(v))
		return 0;
	if (!json_is_integer(v) || (!is_signed && json_integer_value(v) < 0))
		return err_set(e, -EBADMSG, "no record: '%s' is no number as it should be", name);
	*ret = json_integer_value(v);
	return 0;
}

static int take_number(json_t *object, const char *name, uint64_t *ret, struct err *e)
{
	int64_t v;
	int r = take_integer(object, name, false, &v, e);

	*ret = (uint64_t)v;
	return r;
}

/* A time as Go writes it back: without zeros at the end of its fraction. */
static int take_time(json_t *object, const char *name, char ret[48], nsec_t *ret_time,
		     struct err *e)
{
	const char *s = json_string_value(json_object_get(object, name));
	nsec_t t = 0;

	if (!s)
		s = year_one;
	size_t n = strlen(s);
	/* Only whole times of day with a zone are times there. */
	int took = n >= sizeof(year_one) - 1 && n < 48 && s[10] == 'T' && s[16] == ':'
			   ? calendar_scan(s, &t, NULL)
			   : -1;

	if (took != (int)n || s[n - 1] == ' ' || !strpbrk(s + 19, "Z+-"))
		return err_set(e, -EBADMSG, "no record: '%s' is no time", name);
	const char *zone = s + 19 + strcspn(s + 19, "Z+-");
	const char *end = zone;

	if (s[19] == '.') {
		while (end[-1] == '0')
			end--;
		end -= end[-1] == '.';
	}
	memcpy(ret, s, (size_t)(end - s));
	memcpy(ret + (end - s), zone, strlen(zone) + 1);
	/* Go has no other word for UTC. */
	if (!strcmp(zone, "+00:00") || !strcmp(zone, "-00:00"))
		memcpy(ret + (end - s), "Z", 2);
	if (ret_time)
		*ret_time = t;
	return 0;
}

static int take_text(json_t *object, const char *name, char **ret, size_t *ret_n, struct err *e)
{
	json_t *v = json_object_get(object, name);

	if (v && !json_is_string(v) && !json_is_null(v))
		return err_set(e, -EBADMSG, "no record: '%s' is no text", name);
	*ret = strdup(v && json_is_string(v) ? json_string_value(v) : "");
	if (*ret && ret_n)
		*ret_n = strlen(*ret);
	return *ret ? 0 : err_set(e, -ENOMEM, "no memory");
}

static int take_record(json_t *object, struct perfcollector_record *r, struct err *e)
{
	json_t *m = json_object_get(object, "Measurement");
	int rc = json_is_object(m) ? 0 : wrong(e, "no 'Measurement' in it");

	if (rc >= 0)
		rc = take_number(object, "Site", &r->site, e);
	if (rc >= 0)
		rc = take_number(object, "Host", &r->host, e);
	if (rc >= 0)
		rc = take_number(object, "Run", &r->run, e);
	if (rc >= 0)
		rc = take_time(m, "Timestamp", r->timestamp, &r->time, e);
	if (rc >= 0)
		rc = take_time(m, "Start", r->start, NULL, e);
	if (rc >= 0)
		rc = take_integer(m, "Duration", true, &r->duration, e);
	if (rc >= 0)
		rc = take_integer(m, "Frequency", true, &r->frequency, e);
	if (rc >= 0)
		rc = take_text(m, "System", &r->source, NULL, e);
	if (rc >= 0)
		rc = take_text(m, "Measurement", &r->measurement, &r->measurement_bytes, e);
	return rc;
}

int64_t perfcollector_record_parse(const char *text, size_t n, struct perfcollector_record *ret,
				   struct err *e)
{
	struct perfcollector_record r = { 0 };
	size_t blanks = 0;
	json_error_t error;

	while (blanks < n && strchr(" \t\r\n", text[blanks]) && text[blanks])
		blanks++;
	if (blanks == n)
		return 0;
	json_t *object = json_loadb(text + blanks, n - blanks, JSON_DISABLE_EOF_CHECK, &error);

	if (!object)
		return wrong(e, error.text);
	int rc = json_is_object(object) ? take_record(object, &r, e) : wrong(e, "no object");

	json_decref(object);
	if (rc < 0) {
		perfcollector_record_done(&r);
		return rc;
	}
	*ret = r;
	return (int64_t)blanks + error.position;
}

/* ---- writing ---- */

/* U+2028 and U+2029, which Go escapes: E2 80 A8, E2 80 A9. */
static bool is_separator(const char *s, size_t n)
{
	return n >= 3 && (unsigned char)s[0] == 0xe2 && (unsigned char)s[1] == 0x80 &&
	       ((unsigned char)s[2] & 0xfe) == 0xa8;
}

static void put_text(struct buf *out, const char *s, size_t n)
{
	size_t from = 0;

	(void)buf_add_byte(out, '"');
	for (size_t i = 0; i < n; i++) {
		const unsigned char c = (unsigned char)s[i];
		const char *word = c == '\n'   ? "\\n"
				   : c == '\r' ? "\\r"
				   : c == '\t' ? "\\t"
				   : c == '"'  ? "\\\""
				   : c == '\\' ? "\\\\"
					       : NULL;
		const bool separator = is_separator(s + i, n - i);

		if (!word && !separator && c >= 0x20 && c != '<' && c != '>' && c != '&')
			continue;
		(void)buf_add(out, s + from, i - from);
		if (word)
			(void)buf_add_str(out, word);
		else if (separator)
			(void)buf_addf(out, "\\u202%c", (unsigned char)s[i + 2] & 1 ? '9' : '8');
		else
			(void)buf_addf(out, "\\u%04x", c);
		i += separator ? 2 : 0;
		from = i + 1;
	}
	(void)buf_add(out, s + from, n - from);
	(void)buf_add_byte(out, '"');
}

int perfcollector_record_put(const struct perfcollector_record *r, struct buf *out)
{
	(void)buf_addf(
		out,
		"{\"Site\":%" PRIu64 ",\"Host\":%" PRIu64 ",\"Run\":%" PRIu64
		",\"Measurement\":{\"Timestamp\":\"%s\",\"Start\":\"%s\",\"Duration\":%" PRId64
		",\"Frequency\":%" PRId64 ",\"System\":",
		r->site, r->host, r->run, r->timestamp, r->start, r->duration, r->frequency);
	put_text(out, r->source, strlen(r->source));
	(void)buf_add_str(out, ",\"Measurement\":");
	put_text(out, r->measurement, r->measurement_bytes);
	(void)buf_add_str(out, "}}\n");
	return buf_error(out);
}
