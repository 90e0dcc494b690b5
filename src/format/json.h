/* SPDX-License-Identifier: MIT */
/*
 * A streaming JSON writer (RFC 8259) into a `struct buf` that may be emptied into a file on the
 * way. Commas and indentation are its business; that begin and end match is the caller's
 *(asserted).
 *
 *	struct json j;
 *	json_init(&j, &out, JSON_PRETTY);
 *	json_begin_object(&j);
 *	json_key(&j, "rows"); json_u64(&j, 12);
 *	json_end(&j);
 *	if (json_error(&j)) ...
 *
 * Texts are taken as UTF-8; bytes that are not become U+FFFD, so that the output is always valid.
 * `<` is written as \u003c: the output can stand in a script element of an HTML page.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"

#define JSON_PRETTY (1u << 0) /* line breaks and indentation by two */
#define JSON_GO                                                                          \
	(1u << 1) /* escape as Go's encoding/json does, for files of tools written in it \
		   */
#define JSON_MAX_DEPTH 32

struct json {
	struct buf *out;
	unsigned int flags;
	unsigned int depth;
	bool flat[JSON_MAX_DEPTH]; /* members of this level stand on one line */
	bool array[JSON_MAX_DEPTH];
	bool first;
	bool after_key;
};

void json_init(struct json *j, struct buf *out, unsigned int flags);
/* Begin an object or array (json_object() and the like are jansson's names). The flat forms keep
 * what is in them on one line under JSON_PRETTY. */
void json_begin_object(struct json *j);
void json_begin_object_flat(struct json *j);
void json_begin_array(struct json *j);
void json_begin_array_flat(struct json *j);
void json_end(struct json *j);
void json_key(struct json *j, const char *key);
void json_str(struct json *j, const char *s); /* NULL gives null */
/* @n bytes, NULs among them too; a NUL stands behind them. */
void json_str_n(struct json *j, const char *s, size_t n);
void json_u64(struct json *j, uint64_t v);
void json_i64(struct json *j, int64_t v);
/* The shortest digits that read back as the same double; null for NaN and infinities. */
void json_f64(struct json *j, double v);
void json_bool(struct json *j, bool v);
void json_put_null(struct json *j);

/* The shortest decimal digits that read back as @v, which is finite; writes into @buf of
 * JSON_NUMBER_MAX bytes and returns it. */
#define JSON_NUMBER_MAX 32
const char *json_number(char *buf, double v);

/* json_key() and a value. */
void json_key_str(struct json *j, const char *key, const char *s);
void json_key_u64(struct json *j, const char *key, uint64_t v);
void json_key_f64(struct json *j, const char *key, double v);
void json_key_bool(struct json *j, const char *key, bool v);

/* First error of the buffer: 0, -ENOMEM or -EFBIG. */
static inline int must_check json_error(const struct json *j)
{
	return buf_error(j->out);
}
