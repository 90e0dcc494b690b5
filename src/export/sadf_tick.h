/* SPDX-License-Identifier: MIT */
/*
 * The ticks of a run as sadf prints them: whose they are, when, and all blocks that sysstat has.
 *Used by its two formats, to_sadf_json.c and to_sadf_csv.c.
 *
 *	sadf_ticks_open(src, args, &t, &e);
 *	while ((r = sadf_ticks_next(t, &e)) > 0)
 *		for (i = 0; i < t->run->n; i++) ... block_rows_eval(t->run->rows[i], row, t->sums,
 *cell)
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "export/exporter.h"
#include "metric/run_blocks.h"
#include "model/run.h"
#include "model/series_cursor.h"
#include "model/series_sums.h"

struct sadf_ticks {
	const struct run_info *info;
	struct run_blocks *run;
	struct series_sums *sums; /* of the tick */
	struct reading *cell; /* room for a row of any block */
	nsec_t time; /* of the tick, CLOCK_REALTIME, or monotonic where the run has no calendar */
	uint64_t interval; /* seconds since the tick before, rounded */
	uint64_t unknown; /* values that were not known and printed as 0 */
	/* private: */
	struct source *src;
	struct series_cursor *cursor;
	nsec_t recorded; /* what the recorder was asked for; 0: not known */
	const struct export_args *args;
};

/* -ENODATA with words: the run has no metrics. */
int sadf_ticks_open(struct source *src, const struct export_args *args, struct sadf_ticks **ret,
		    struct err *e) must_check;
struct sadf_ticks *sadf_ticks_free(struct sadf_ticks *t);
DEFINE_CLEANUP(sadf_ticks, sadf_ticks_free)
/* Go to the next tick; the first of the window is only what the second is compared with. 1, 0 at
 * the end, -errno. */
int sadf_ticks_next(struct sadf_ticks *t, struct err *e) must_check;
/* From the begin again. */
int sadf_ticks_rewind(struct sadf_ticks *t, struct err *e) must_check;

/* A cell rounded as sysstat prints it; what is not known is 0, as sysstat has it, and counted. */
double sadf_number(struct sadf_ticks *t, const struct reading *cell, unsigned int digits);
/* A row's name: of interrupts without their device. @buf has SADF_LABEL_MAX bytes. */
#define SADF_LABEL_MAX 256
const char *sadf_label(const struct block *b, const struct block_row *row, char *buf);
/* A fact of the run by its meta key, "" when it is not known. */
const char *sadf_fact(const struct sadf_ticks *t, const char *key);
/* "N values that are not known ...", where there are such. */
int sadf_note(const struct sadf_ticks *t, struct export_result *ret) must_check;
