/* SPDX-License-Identifier: MIT */
/*
 * Which blocks a recording holds and where: from its trailer, or, when that is missing or not
 * trusted, by walking the file. Not for use outside format/.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/recording.h"

/* A stretch of a (track, CPU) stream whose blocks are missing. */
struct recording_gap {
	uint16_t track;
	uint32_t cpu;
	nsec_t from, to; /* last time before, first time behind */
};

struct recording_index {
	struct recording_block *block; /* in file order */
	size_t n_blocks;
	struct recording_gap *gap; /* only found by walking */
	size_t n_gaps;
	uint8_t id[16];
	nsec_t created; /* CLOCK_REALTIME */
	bool complete;
	char damage[256]; /* when not complete: the first thing that is wrong, with its offset */
};

void recording_index_done(struct recording_index *x);

/*
 * @size bytes of @fd. @path is for words. Uses the trailer unless @walk or the file has none. 0;
 * -EMEDIUMTYPE: not a recording or too new; -EBADMSG: the index at the trailer is wrong; -errno of
 * reading. On failure there is nothing to free.
 */
int recording_index_load(int fd, const char *path, uint64_t size, bool walk,
			 struct recording_index *ret, struct err *e) must_check;
