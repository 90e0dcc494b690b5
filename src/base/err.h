/* SPDX-License-Identifier: MIT */
/*
 * Words for a failure. A function that can fail returns -errno; where the number alone is too poor
 *it also fills the `struct err` that its caller passed last (or does not, when that is NULL). The
 *caller's caller prints it once.
 *
 *	return err_set(e, -EINVAL, "'%s' is no recording (try: kymo convert)", path);
 */
#pragma once

#include "base/attr.h"

#define ERR_TEXT_MAX 512

struct err {
	int code; /* -errno of the last err_set(), 0 when nothing was set */
	char text[ERR_TEXT_MAX];
};

/* Set code and text; longer text is cut. Returns @code. @e may be NULL. */
int err_set(struct err *e, int code, const char *fmt, ...) printf_like(3, 4);

/* Put words before what is there already: err_prefix(e, "cannot read '%s'", path) -> "cannot read
 * 'x': short block". Returns e->code. */
int err_prefix(struct err *e, const char *fmt, ...) printf_like(2, 3);

/* The text, or the name of -errno @code when nothing was set. Never NULL; lent until the next call
 * on @e. */
const char *err_text(struct err *e, int code);
