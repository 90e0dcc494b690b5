/* SPDX-License-Identifier: MIT */
/* Finding where objects end needs no parser: braces outside of texts. */
#include "import/json_stream.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

struct scan {
	unsigned int depth;
	bool text, escaped, begun;
};

void json_stream_init(struct json_stream *s, struct input *in)
{
	s->in = in;
	s->offset = 0;
	s->in_array = s->array_ended = false;
	buf_init(&s->object, JSON_STREAM_MAX_OBJECT);
}

void json_stream_done(struct json_stream *s)
{
	buf_done(&s->object);
}

/* Bytes of @p that belong to the object, up to its end (*ret_end); deeper than 2^32 - 1 is not
 * possible within the limit of its length. */
static size_t scan_bytes(struct scan *c, const uint8_t *p, size_t n, bool *ret_end)
{
	*ret_end = false;
	for (size_t i = 0; i < n; i++) {
		if (c->escaped)
			c->escaped = false;
		else if (c->text && p[i] == '\\')
			c->escaped = true;
		else if (p[i] == '"')
			c->text = !c->text;
		else if (c->text)
			continue;
		else if (p[i] == '{')
			c->depth++;
		else if (p[i] == '}' && --c->depth == 0) {
			*ret_end = true;
			return i + 1;
		}
	}
	return n;
}

/* Move to the next '{'; what is passed over and is not blank is an error, told once. */
static int find_begin(struct json_stream *s, struct err *e)
{
	uint64_t garbage = UINT64_MAX;
	const uint8_t *p;
	size_t n;

	for (;;) {
		int r = input_peek(s->in, 1, &p, &n, e);

		if (r < 0)
			return r;
		size_t i = 0;

		while (i < n && p[i] != '{' && !(s->in_array && p[i] == ']')) {
			if (!memchr(" \t\r\n,", p[i], s->in_array ? 5 : 4) && garbage == UINT64_MAX)
				garbage = input_offset(s->in) + i;
			i++;
		}
		bool found = i < n && p[i] == '{';

		if (i < n && !found) {
			s->array_ended = true;
			i++;
			n = 0;
		}

		input_consume(s->in, i);
		if (found || n == 0) {
			if (garbage == UINT64_MAX)
				return found;
			s->offset = garbage;
			return err_set(e, -EBADMSG, "'%s' at byte %" PRIu64 ": no JSON object",
				       input_name(s->in), garbage);
		}
	}
}

int json_stream_next(struct json_stream *s, json_t **ret, struct err *e)
{
	struct scan c = { 0 };
	bool end = false;
	int r = s->array_ended ? 0 : find_begin(s, e);

	if (r <= 0)
		return r;
	s->offset = input_offset(s->in);
	buf_clear(&s->object);
	while (!end) {
		const uint8_t *p;
		size_t n;

		r = input_peek(s->in, 1, &p, &n, e);
		if (r < 0)
			return r;
		if (n == 0)
			return err_set(e, -ENODATA,
				       "'%s' ends within the object that begins at byte %" PRIu64,
				       input_name(s->in), s->offset);
		n = scan_bytes(&c, p, n, &end);
		r = buf_add(&s->object, p, n);
		input_consume(s->in, n);
		if (r < 0)
			return err_set(e, r == -EFBIG ? -EBADMSG : r,
				       "'%s' at byte %" PRIu64 ": an object of more than %zu MiB",
				       input_name(s->in), s->offset, JSON_STREAM_MAX_OBJECT >> 20);
	}
	json_error_t why;
	json_t *v = json_loadb((const char *)s->object.data, s->object.len, JSON_ALLOW_NUL, &why);

	if (!v)
		return err_set(e, -EBADMSG, "'%s' at byte %" PRIu64 ": %s", input_name(s->in),
			       s->offset, why.text);
	*ret = v;
	return 1;
}
