/* SPDX-License-Identifier: MIT */
/* Ticks and cells for sysstat's formats. */
#include "export/sadf_tick.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/quantity.h"

int sadf_ticks_open(struct source *src, const struct export_args *args, struct sadf_ticks **ret,
		    struct err *e)
{
	auto_ptr(sadf_ticks) t = calloc(1, sizeof(*t));
	unsigned int widest = 0;

	if (!t)
		return err_set(e, -ENOMEM, "out of memory");
	t->src = src;
	t->info = src->info;
	t->args = args;
	if (quantity_parse_u64(sadf_fact(t, "collect.interval"), &t->recorded, NULL) < 0)
		t->recorded = 0;
	int r = run_blocks_load(src, &t->run, e);

	if (r < 0)
		return r;
	if (!series_table_n(t->run->table))
		return err_set(e, -ENODATA, "'%s' has no metrics (record with --metrics)",
			       src->info->name);
	for (unsigned int i = 0; i < t->run->n; i++)
		widest = max_of(widest, block_rows_n_columns(t->run->rows[i]));
	t->sums = series_sums_new(t->run->table);
	t->cell = calloc((size_t)widest + 1, sizeof(*t->cell));
	if (!t->sums || !t->cell)
		return err_set(e, -ENOMEM, "out of memory");
	r = sadf_ticks_rewind(t, e);
	if (r < 0)
		return r;
	*ret = steal_ptr(t);
	return 0;
}

struct sadf_ticks *sadf_ticks_free(struct sadf_ticks *t)
{
	if (t) {
		run_blocks_free(t->run);
		series_sums_free(t->sums);
		series_cursor_free(t->cursor);
		free(t->cell);
		free(t);
	}
	return NULL;
}

int sadf_ticks_rewind(struct sadf_ticks *t, struct err *e)
{
	struct series_tick tick;

	t->cursor = series_cursor_free(t->cursor);
	int r = series_cursor_open(t->src, t->run->table, t->args->from, t->args->to + 1,
				   &t->cursor, e);

	/* The first is only what the second is compared with. */
	return r < 0 ? r : series_cursor_next(t->cursor, &tick, e);
}

int sadf_ticks_next(struct sadf_ticks *t, struct err *e)
{
	struct series_tick tick;
	int r;

	do {
		r = series_cursor_next(t->cursor, &tick, e);
		if (r <= 0)
			return r;
		series_sums_clear(t->sums);
		series_sums_add(t->sums, &tick);
		/* The sample at the end of a recording is none of sadf's. */
	} while (series_sums_span(t->sums) < t->recorded / 2);
	t->time = run_info_realtime(t->info, tick.time);
	if (!t->time)
		t->time = tick.time;
	t->interval = (series_sums_span(t->sums) + NSEC_PER_SEC / 2) / NSEC_PER_SEC;
	return 1;
}

double sadf_number(struct sadf_ticks *t, const struct reading *cell, unsigned int digits)
{
	const double unit = pow(10, digits);

	if (cell->absent) {
		t->unknown += cell->absent != ABSENT_DIVISION;
		return 0;
	}
	return round(cell->value * unit) / unit;
}

const char *sadf_label(const struct block *b, const struct block_row *row, char *buf)
{
	size_t n = b->across_cpus ? strcspn(row->label, " ") : strlen(row->label);

	(void)snprintf(buf, SADF_LABEL_MAX, "%.*s", (int)min_of(n, (size_t)SADF_LABEL_MAX - 1),
		       row->label);
	return buf;
}

const char *sadf_fact(const struct sadf_ticks *t, const char *key)
{
	const char *value = run_info_meta(t->info, key);

	return value ? value : "";
}

int sadf_note(const struct sadf_ticks *t, struct export_result *ret)
{
	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (!t->unknown)
		return 0;
	return buf_addf(&ret->notes,
			"%" PRIu64
			" values that are not known are 0: the format has no other word for "
			"it\n",
			t->unknown);
}
