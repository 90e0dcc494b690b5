/* SPDX-License-Identifier: MIT */
/*
 * Codecs for samples of many series: the same numbers over and over, one row a series, tick after
 * tick (docs/formats/recording.md, codecs RUNS, CYCLE and SERIES). They work on plain arrays of
 * 64-bit values; column_encode.c and column_decode.c join them to columns and streams. Not for use
 * outside format/.
 *
 * Decoders take every byte as hostile: they return false on what does not fit the rows, and write
 * nothing outside of [0, rows).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"

/* ---- RUNS: times, which stand still within a tick ---- */

/*
 * Lengths of the runs of equal values of @value (never falling) to @lengths as LEB128; @value
 * becomes, per run, the zigzagged second difference (0 for the first run, which is known). Returns
 * the number of runs, or -EINVAL when a value falls.
 */
int64_t runs_encode(uint64_t *value, uint32_t rows, struct buf *lengths);
/* @second: second differences of @n_runs runs; the first value is @first. False also when a value
 * falls. */
bool runs_decode(const uint8_t *lengths, size_t bytes, const uint64_t *second, uint32_t n_runs,
		 uint64_t first, uint64_t *value, uint32_t rows);

/* ---- CYCLE: numbers of series, which follow each other in the order of the tick before ---- */

struct series_codec; /* memory for one encoder or decoder */
struct series_codec *series_codec_new(void); /* NULL: out of memory */
struct series_codec *series_codec_free(struct series_codec *c);
DEFINE_CLEANUP(series_codec, series_codec_free)

/* What does not follow as it did the last time, to @exceptions. 0 or -ENOMEM. */
int cycle_encode(struct series_codec *c, const uint64_t *value, uint32_t rows,
		 struct buf *exceptions) must_check;
/* 1, 0 = damaged, -ENOMEM. */
int cycle_decode(struct series_codec *c, const uint8_t *exceptions, size_t bytes, uint64_t *value,
		 uint32_t rows) must_check;

/* ---- SERIES: values, predicted within the series that @key names ---- */

/*
 * @value becomes the residuals of all series that are not constant, series by series in the order
 * of their first row; their number is returned (less than @rows), or -ENOMEM. @kinds: a byte a
 * series. @firsts: LEB128 of first value and, but for constants, divisor. @key NULL: the same as
 * in the last call of cycle_encode() or series_encode().
 */
int64_t series_encode(struct series_codec *c, const uint64_t *key, uint64_t *value, uint32_t rows,
		      struct buf *kinds, struct buf *firsts);
/* The number of residuals that @kinds ask for (the planes' length), -EBADMSG, or -ENOMEM. To be
 * called before series_decode() of the same @key. */
int64_t series_decode_begin(struct series_codec *c, const uint64_t *key, uint32_t rows,
			    const uint8_t *kinds, size_t n_kinds);
/* Puts the values into their rows. False: damaged. */
bool series_decode(struct series_codec *c, const uint8_t *kinds, const uint8_t *firsts,
		   size_t firsts_bytes, const uint64_t *residual, uint64_t *value, uint32_t rows);
