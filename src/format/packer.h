/* SPDX-License-Identifier: MIT */
/*
 * From batches of any size to blocks: a sink that gathers the rows of each (track, CPU) stream and
 * hands out an encoded block when it is full or old. Recording, flight recorder, wire and journal
 * differ only in what they do with the blocks. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/block.h"
#include "model/stream.h"

struct packer_options {
	uint32_t block_rows; /* 0 = 16384 */
	int zstd_level; /* 0 = 1 */
};

struct packer;

/* Takes one encoded block: header, payload, padding; numbers 0 (block_renumber()). Lent. 0 or
 * -errno, which the packer's caller gets. */
typedef int (*packer_emit_fn)(void *ctx, const struct block_info *info, uint8_t *block,
			      size_t bytes, struct err *e);

struct packer *packer_new(const struct packer_options *o, packer_emit_fn emit,
			  void *ctx); /* @o may be NULL; NULL: out of memory */
struct packer *packer_free(struct packer *p); /* rows not flushed are gone */
DEFINE_CLEANUP(packer, packer_free)

struct sink *packer_sink(struct packer *p);
/* The encoder, for blocks that the caller makes itself: lent, free to use within the emit function
 * too. */
struct block_encoder *packer_encoder(struct packer *p);
/* Emit every stream's rows whose first was taken in before @older (CLOCK_MONOTONIC of the packer's
 * machine; NSEC_MAX = all). */
int packer_flush(struct packer *p, nsec_t older, struct err *e) must_check;
