/* SPDX-License-Identifier: MIT */
/* An answer as the VIEW object of docs/formats/page.md: what `kymo show --json` prints and the
 * report page holds. */
#pragma once

#include <stdio.h>

#include "base/attr.h"
#include "format/json.h"
#include "model/answer.h"
#include "model/join.h"

/*
 * Append the object to @j. When @out is not NULL, @j's buffer is emptied into it on the way, so
 * that big tables need no memory; what is left in the buffer is the caller's. 0 or -errno of the
 * buffer or @out.
 */
int answer_json(const struct answer *a, struct json *j, FILE *out) must_check;

/* The same for several runs side by side, as the VIEWS object of docs/formats/page.md. */
int join_json(const struct join *t, const struct join_run *run, size_t n,
	      const struct join_options *o, struct json *j, FILE *out) must_check;

/* The rows alone: an array of an object per row, by names of columns; missing cells are left out.
 * Errors are the buffer's. */
void table_json(const struct table *t, struct json *j);

/* Write the buffer of @j to @out and empty it. 0 or -errno. */
int json_drain(struct json *j, FILE *out) must_check;
