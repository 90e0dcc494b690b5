/* SPDX-License-Identifier: MIT */
/* cdict files, the captures of perfwhiz. docs/formats/cdict.md */
#include <errno.h>

#include "analysis/cdict_rows.h"
#include "export/exporter.h"
#include "format/cdict_table.h"
#include "model/run.h"

static int add_rows(struct cdict_rows *rows, const struct source *src,
		    const struct export_args *args, struct cdict_table *table, struct err *e)
{
	struct cdict_row row;
	nsec_t at;
	int r;

	while ((r = cdict_rows_next(rows, &row, &at, NULL, e)) > 0) {
		if (at < args->from || (at >= args->to && args->to < src->info->end))
			continue;
		if (row.cpu > UINT16_MAX || row.pid > CDICT_MAX_TID)
			return err_set(e, -ERANGE, "CPU %u or thread %u is beyond the format",
				       row.cpu, row.pid);
		r = cdict_table_add(table, &row);
		if (r == -E2BIG)
			return err_set(e, r,
				       "a cdict file holds %u rows at most (try: --from and --for)",
				       CDICT_MAX_ROWS);
		if (r < 0)
			return err_set(e, r, "out of memory");
	}
	return r;
}

static int to_cdict(struct source *src, const struct export_args *args, FILE *out,
		    struct export_result *ret, struct err *e)
{
	const struct cdict_rows_query q = { .first_names = args->first_names };
	auto_ptr(cdict_table) table = cdict_table_new();
	auto_ptr(cdict_rows) rows = NULL;

	if (!table)
		return err_set(e, -ENOMEM, "out of memory");
	int r = cdict_rows_new(src, &q, &rows, e);

	if (r >= 0)
		r = add_rows(rows, src, args, table, e);
	if (r >= 0)
		r = cdict_table_write(table, out, e);
	ret->rows = cdict_table_rows(table);
	return r;
}

const struct exporter exporter_cdict = {
	.name = "cdict",
	.summary = "capture of perfwhiz: switches, sleeps and KVM exits with durations",
	.extensions = ".cdict",
	.flags = EXPORTER_WINDOW | EXPORTER_CDICT,
	.run = to_cdict,
};
