/* SPDX-License-Identifier: MIT */
/* Metrics in the form of sysstat's `sadf -d`: for each block a line of titles, then its rows over
 * time, fields by ';'. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "export/exporter.h"
#include "export/sadf_tick.h"

static bool is_shown(const struct block_rows *rows, unsigned int column)
{
	return block_rows_column(rows, column)->item->where & BLOCK_IN_TABLE;
}

static void put_titles(const struct block_rows *rows, FILE *out)
{
	const struct block *b = block_rows_block(rows);

	(void)fputs("# hostname;interval;timestamp", out);
	if (b->key)
		(void)fprintf(out, ";%s", b->key);
	if (b->across_cpus)
		(void)fputs(";CPU*", out);
	for (unsigned int c = 0; !b->across_cpus && c < block_rows_n_columns(rows); c++)
		if (is_shown(rows, c))
			(void)fprintf(out, ";%s", block_rows_column(rows, c)->title);
	(void)fputc('\n', out);
}

/* Names come from other machines: a field and a line end where they should. */
static void put_text(const char *s, FILE *out)
{
	for (; *s; s++)
		(void)fputc(*s == ';' || (unsigned char)*s < ' ' ? '_' : *s, out);
}

static void put_begin(const struct sadf_ticks *t, FILE *out)
{
	time_t s = (time_t)(t->time / NSEC_PER_SEC);
	char text[64] = "?";
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		(void)snprintf(text, sizeof(text), "?");
	put_text(sadf_fact(t, "host.name"), out);
	(void)fprintf(out, ";%" PRIu64 ";%s", t->interval, text);
}

static void put_row(struct sadf_ticks *t, const struct block_rows *rows, uint32_t row, FILE *out)
{
	const struct block *b = block_rows_block(rows);
	const struct block_row *x = block_rows_at(rows, row);
	char label[SADF_LABEL_MAX];

	put_begin(t, out);
	if (b->key) {
		(void)fputc(';', out);
		/* sysstat's number of all CPUs */
		put_text(b->each == EACH_CPU && x->all ? "-1" : sadf_label(b, x, label), out);
	}
	for (unsigned int c = 0; c < block_rows_n_columns(rows); c++) {
		unsigned int digits = block_rows_column(rows, c)->item->digits;

		if (is_shown(rows, c))
			(void)fprintf(out, ";%.*f", (int)digits,
				      sadf_number(t, &t->cell[c], digits));
	}
	(void)fputc('\n', out);
}

/* All rows of a block stand together, so each is a pass over the ticks. */
static int put_block(struct sadf_ticks *t, struct block_rows *rows, FILE *out,
		     struct export_result *ret, struct err *e)
{
	bool titled = false;
	int r = sadf_ticks_rewind(t, e);

	while (r >= 0 && (r = sadf_ticks_next(t, e)) > 0) {
		for (uint32_t row = 0; row < block_rows_n(rows); row++) {
			if (!block_rows_eval(rows, row, t->sums, t->cell))
				continue;
			if (!titled)
				put_titles(rows, out);
			titled = true;
			put_row(t, rows, row, out);
			ret->rows++;
		}
		if (ferror(out))
			return err_set(e, -EIO, "cannot write");
	}
	return r;
}

static int to_sadf_csv(struct source *src, const struct export_args *args, FILE *out,
		       struct export_result *ret, struct err *e)
{
	auto_ptr(sadf_ticks) t = NULL;
	int r = sadf_ticks_open(src, args, &t, e);

	for (unsigned int i = 0; r >= 0 && i < t->run->n; i++) {
		struct block_rows *rows = t->run->rows[i];

		if (block_rows_n(rows) && block_rows_block(rows)->path)
			r = put_block(t, rows, out, ret, e);
	}
	if (r >= 0 && sadf_note(t, ret) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	return r;
}

const struct exporter exporter_sadf_csv = {
	.name = "sadf-csv",
	.summary = "metrics as sysstat's sadf -d has them",
	.extensions = "",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_sadf_csv,
};
