/* SPDX-License-Identifier: MIT */
/*
 * The texts of files of /proc and /sys that were read at one tick, for collectors that read them
 * instead of a machine's files:
 *
 *	struct collection_options o = { .root = { .fd = -1, .text = text_tick_find, .ctx = &tick }
 *}; while (there is a text) if (text_tick_has(&tick, path)) collection_sample_at(c, time, ...),
 *text_tick_clear(&tick); text_tick_add(&tick, path, text, bytes, end);
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/nsec.h"

#define TEXT_TICK_FILES 256u

struct text_file {
	char *path, *text;
	nsec_t end; /* when it had been read */
};

/* A zeroed struct is an empty tick. */
struct text_tick {
	struct text_file file[TEXT_TICK_FILES]; /* in the order in which they were added */
	unsigned int n;
};

/* A file belongs to the next tick when this one has it, or is full. */
bool text_tick_has(const struct text_tick *t, const char *path);
bool text_tick_full(const struct text_tick *t);
/* Copies both; NULs in the text, which stand between words of some files, become newlines. 0 or
 * -ENOMEM. The tick is not full. */
int text_tick_add(struct text_tick *t, const char *path, const char *text, size_t bytes,
		  nsec_t end) must_check;
/* As proc_root.text: @tick is a struct text_tick, @path has no leading '/'. */
const char *text_tick_find(void *tick, const char *path);
void text_tick_clear(struct text_tick *t);
