/* SPDX-License-Identifier: MIT */
/*
 * A terminal as a screen: the other screen of it, keys one by one, its size. Only what every
 * terminal of today understands (ECMA-48: clear, home, bold, reverse), so that no database of
 * terminals is needed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"

struct terminal;

enum key {
	KEY_NONE = 0, /* the time is over */
	/* 1 .. 255: the byte */
	KEY_LEFT = 256,
	KEY_RIGHT,
	KEY_UP,
	KEY_DOWN,
	KEY_PAGE_UP,
	KEY_PAGE_DOWN,
	KEY_HOME,
	KEY_END,
	KEY_RESIZED, /* the size has changed */
	KEY_CLOSED, /* the terminal is gone, or a signal says to end */
};

/* Is there one on standard input and output? */
bool terminal_there(void);
/* Takes standard input and output over; signals that end a program become KEY_CLOSED. One at a
 * time. 0 or -errno with words. */
int terminal_open(struct terminal **ret, struct err *e) must_check;
/* Gives the terminal back as it was. */
struct terminal *terminal_free(struct terminal *t);
DEFINE_CLEANUP(terminal, terminal_free)

void terminal_size(const struct terminal *t, unsigned int *ret_width, unsigned int *ret_height);
/* Wait for a key at most until @until (CLOCK_MONOTONIC; NSEC_MAX: for ever). */
int terminal_key(struct terminal *t, nsec_t until);
/* Show @lines, each ending in '\n', from the top; the rest of the screen is empty. 0 or -errno. */
int terminal_draw(struct terminal *t, const struct buf *lines) must_check;
