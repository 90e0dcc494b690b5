/* SPDX-License-Identifier: MIT */
/* One frame of a machine as lines of text: the picture of `kymo top`. */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "analysis/machine_frame.h"
#include "base/attr.h"
#include "base/buf.h"

struct top_look {
	unsigned int width, height; /* height 0 = all processes, and no line of keys */
	bool styled; /* bold and reverse (ECMA-48) */
	enum frame_order order;
	const regex_t *task; /* processes whose name matches; NULL = all */
	bool all; /* processes that did nothing too */
	uint32_t scroll; /* processes that are above the screen */
	const char *title; /* first line, left */
	const char *when; /* first line, right */
	const char *keys; /* last line; NULL = none */
};

/* Sorts @f's processes. 0 or -errno of @out. *ret_rows (may be NULL): how many processes there are
 * to scroll through. */
int top_screen_draw(struct buf *out, struct machine_frame *f, const struct top_look *look,
		    uint32_t *ret_rows) must_check;
/* Is @p among what @look shows? */
bool top_screen_shows(const struct top_look *look, const struct frame_process *p);
