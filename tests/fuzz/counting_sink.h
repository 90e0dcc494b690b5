/* SPDX-License-Identifier: MIT */
/* A sink that keeps nothing, counts rows, and aborts where a producer breaks a promise of batch.h
 * or stream.h: times that fall, texts outside of the pool. */
#pragma once

#include "base/idmap.h"
#include "model/stream.h"

struct counting_sink {
	struct sink sink; /* first: pass &s.sink */
	uint64_t rows;
	struct idmap stream; /* (track, cpu) -> place in last */
	nsec_t last[4096]; /* time of the stream's last row */
	uint32_t n_streams;
};

void counting_sink_init(struct counting_sink *s);
void counting_sink_done(struct counting_sink *s);

/* The checks alone, for a batch from a cursor. */
void counting_sink_check(const struct batch *b);
