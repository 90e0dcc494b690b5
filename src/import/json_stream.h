/* SPDX-License-Identifier: MIT */
/*
 * JSON objects one behind the other in an input, on a line each or over many: one object after the
 * other, in memory that does not grow with the file.
 */
#pragma once

#include <jansson.h>

#include "base/buf.h"
#include "import/input.h"

#define JSON_STREAM_MAX_OBJECT ((size_t)16 << 20)

struct json_stream {
	struct input *in;
	struct buf object;
	uint64_t offset; /* of the object given last */
	/* They are members of an array, whose '[' was read: ',' stands between them, and they end
	 * at its ']', which is read too. */
	bool in_array;
	bool array_ended;
};

void json_stream_init(struct json_stream *s, struct input *in);
void json_stream_done(struct json_stream *s);
/*
 * The next object: 1 and *ret, the caller's to json_decref(). 0 at the end. -EBADMSG with words
 * that name the place: what stands at s->offset is no object, or is not JSON; the call after it
 * goes on behind that. -ENODATA: the file ends within an object. Others are of the input.
 */
int json_stream_next(struct json_stream *s, json_t **ret, struct err *e) must_check;
