/* SPDX-License-Identifier: MIT */
/*
 * The ticks of a source, one after the other: a cursor over track value and series_ticks.h behind
 * it.
 *
 *	series_cursor_open(src, table, from, to, &c, &e);
 *	while ((r = series_cursor_next(c, &tick, &e)) > 0)
 *		...
 */
#pragma once

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/series_ticks.h"
#include "model/stream.h"

struct series_cursor; /* opaque */

/* Ticks with @from <= time < @to; @to 0 = no end. @t is lent for its life. */
int series_cursor_open(struct source *src, const struct series_table *t, nsec_t from, nsec_t to,
		       struct series_cursor **ret, struct err *e) must_check;
struct series_cursor *series_cursor_free(struct series_cursor *c);
DEFINE_CLEANUP(series_cursor, series_cursor_free)

/* 1 and a tick, lent until the next call; 0 at the end; -errno with words. */
int series_cursor_next(struct series_cursor *c, struct series_tick *ret, struct err *e) must_check;
