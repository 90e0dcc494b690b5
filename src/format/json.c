/* SPDX-License-Identifier: MIT */
/* JSON out: separators, escapes, numbers. */
#include "format/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "base/utf8.h"

void json_init(struct json *j, struct buf *out, unsigned int flags)
{
	*j = (struct json){ .out = out, .flags = flags, .first = true };
}

static void new_line(struct json *j)
{
	static const char spaces[] =
		"                                                                ";
	size_t n = (size_t)j->depth * 2;

	if (!(j->flags & JSON_PRETTY))
		return;
	if (j->depth && j->flat[j->depth - 1])
		return;
	(void)buf_add_byte(j->out, '\n');
	(void)buf_add(j->out, spaces, min_of(n, sizeof(spaces) - 1));
}

/* What stands before a value or key: a comma and a break, or nothing behind a key. */
static void separate(struct json *j)
{
	if (j->after_key) {
		j->after_key = false;
		return;
	}
	if (!j->first) {
		(void)buf_add_byte(j->out, ',');
		if (j->flags & JSON_PRETTY && j->depth && j->flat[j->depth - 1])
			(void)buf_add_byte(j->out, ' ');
	}
	if (j->depth)
		new_line(j);
	j->first = false;
}

static void begin(struct json *j, bool array, bool flat)
{
	separate(j);
	assert(j->depth < JSON_MAX_DEPTH);
	j->array[j->depth] = array;
	j->flat[j->depth] = flat || (j->depth && j->flat[j->depth - 1]);
	j->depth++;
	j->first = true;
	(void)buf_add_byte(j->out, array ? '[' : '{');
}

void json_begin_object(struct json *j)
{
	begin(j, false, false);
}

void json_begin_object_flat(struct json *j)
{
	begin(j, false, true);
}

void json_begin_array(struct json *j)
{
	begin(j, true, false);
}

void json_begin_array_flat(struct json *j)
{
	begin(j, true, true);
}

void json_end(struct json *j)
{
	assert(j->depth && !j->after_key);
	bool array = j->array[--j->depth], flat = j->flat[j->depth];

	if (!j->first && !flat)
		new_line(j);
	(void)buf_add_byte(j->out, array ? ']' : '}');
	j->first = false;
	if (!j->depth && j->flags & JSON_PRETTY)
		(void)buf_add_byte(j->out, '\n');
}

/* What Go's encoding/json escapes besides: so that HTML and JavaScript take it as it is. */
static bool is_escaped_by_go(const unsigned char *s)
{
	return *s == '>' || *s == '&' ||
	       (s[0] == 0xe2 && s[1] == 0x80 && (s[2] == 0xa8 || s[2] == 0xa9));
}

static bool is_plain(const struct json *j, unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '<' &&
	       !(j->flags & JSON_GO && (c == '>' || c == '&'));
}

/* One character of @n bytes, 0: of no UTF-8. */
static void add_character(struct json *j, const unsigned char *s, unsigned int n)
{
	const bool go = j->flags & JSON_GO;

	if (*s == '"' || *s == '\\')
		(void)buf_addf(j->out, "\\%c", *s);
	else if (*s == '\n' || *s == '\t')
		(void)buf_add_str(j->out, *s == '\n' ? "\\n" : "\\t");
	else if (go && *s == '\r')
		(void)buf_add_str(j->out, "\\r");
	else if (go && *s == 0x7f)
		(void)buf_add_byte(j->out, *s);
	else if (go && n == 3 && is_escaped_by_go(s))
		(void)buf_addf(j->out, "\\u202%c", s[2] & 1 ? '9' : '8');
	else if (n == 1)
		(void)buf_addf(j->out, "\\u%04x", *s);
	else if (n)
		(void)buf_add(j->out, s, n);
	else
		(void)buf_add_str(j->out, go ? "\\ufffd" : "\xef\xbf\xbd");
}

/* @n bytes, with a NUL behind them. */
static void add_text(struct json *j, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text, *end = s + n;

	(void)buf_add_byte(j->out, '"');
	while (s < end) {
		const unsigned char *plain = s;

		while (is_plain(j, *s))
			s++;
		if (s > plain)
			(void)buf_add(j->out, plain, (size_t)(s - plain));
		if (s == end)
			break;
		unsigned int bytes = utf8_length((const char *)s, (size_t)(end - s));

		add_character(j, s, bytes);
		s += bytes ? bytes : 1;
	}
	(void)buf_add_byte(j->out, '"');
}

void json_key(struct json *j, const char *key)
{
	assert(j->depth && !j->array[j->depth - 1] && !j->after_key);
	separate(j);
	add_text(j, key, strlen(key));
	(void)buf_add_byte(j->out, ':');
	if (j->flags & JSON_PRETTY)
		(void)buf_add_byte(j->out, ' ');
	j->after_key = true;
}

void json_str(struct json *j, const char *s)
{
	if (!s) {
		json_put_null(j);
		return;
	}
	json_str_n(j, s, strlen(s));
}

void json_str_n(struct json *j, const char *s, size_t n)
{
	separate(j);
	add_text(j, s, n);
}

void json_u64(struct json *j, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	separate(j);
	do
		digits[--at] = (char)('0' + v % 10);
	while (v /= 10);
	(void)buf_add(j->out, digits + at, sizeof(digits) - at);
}

void json_i64(struct json *j, int64_t v)
{
	separate(j);
	(void)buf_addf(j->out, "%" PRId64, v);
}

const char *json_number(char *buf, double v)
{
	for (int digits = 15; digits <= 17; digits++) {
		double back;

		(void)snprintf(buf, JSON_NUMBER_MAX, "%.*g", digits, v);
		if (sscanf(buf, "%lf", &back) == 1 && back == v)
			break;
	}
	return buf;
}

void json_f64(struct json *j, double v)
{
	char text[JSON_NUMBER_MAX];

	if (!isfinite(v)) {
		json_put_null(j);
		return;
	}
	separate(j);
	(void)buf_add_str(j->out, json_number(text, v));
}

void json_bool(struct json *j, bool v)
{
	separate(j);
	(void)buf_add_str(j->out, v ? "true" : "false");
}

void json_put_null(struct json *j)
{
	separate(j);
	(void)buf_add_str(j->out, "null");
}

void json_key_str(struct json *j, const char *key, const char *s)
{
	json_key(j, key);
	json_str(j, s);
}

void json_key_u64(struct json *j, const char *key, uint64_t v)
{
	json_key(j, key);
	json_u64(j, v);
}

void json_key_f64(struct json *j, const char *key, double v)
{
	json_key(j, key);
	json_f64(j, v);
}

void json_key_bool(struct json *j, const char *key, bool v)
{
	json_key(j, key);
	json_bool(j, v);
}
