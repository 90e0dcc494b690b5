/* SPDX-License-Identifier: MIT */
/*
 * Samples in the text of `perf script`: an event, and the lines of its call chain behind it,
 *
 *	<tab>ADDRESS NAME+0xOFFSET (FILE)
 *
 * leaf first, or the leaf alone in the event's own line. The text says names, not where functions
 * begin: they become symbols of modules of which only names are known (named_stacks.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "import/named_stacks.h"
#include "import/sched_rows.h"
#include "import/script_line.h"

struct script_frame {
	uint64_t ip;
	size_t name, file; /* places in script_samples.text */
	bool inlined;
};

struct script_samples {
	struct sink *sink;
	struct sched_rows *rows; /* lent */
	struct named_stacks *stacks; /* NULL until the first sample */
	char **event; /* names by number */
	uint32_t n_events;
	/* The sample in hand. */
	bool open;
	struct script_line line; /* its numbers; texts are gone */
	struct buf text; /* event, names and files of the frames */
	struct script_frame *frame;
	uint32_t n_frames, cap_frames;
};

void script_samples_init(struct script_samples *s, struct sink *sink, struct sched_rows *rows);
void script_samples_done(struct script_samples *s);

/* An event that makes no other rows; what it says itself may be its leaf. 0 or -errno. */
int script_samples_begin(struct script_samples *s, const struct script_line *l,
			 struct err *e) must_check;
/* A line of a chain? 1: it is, and was taken if a sample is open; 0: it is none; -errno. */
int script_samples_frame(struct script_samples *s, const char *p, size_t n,
			 struct err *e) must_check;
/*
 * What is open is whole now. 1: it became a row, or there was none; 0: it is no sample, as it has
 * neither address nor period. -errno.
 */
int script_samples_end(struct script_samples *s, struct err *e) must_check;
/* After the last: the events and all that the samples point at. */
int script_samples_finish(struct script_samples *s, struct err *e) must_check;
