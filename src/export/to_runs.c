/* SPDX-License-Identifier: MIT */
/* Benchmark rows as CSV, one line a run, for spreadsheets and statistics programs. */
#include <errno.h>

#include "analysis/analysis.h"
#include "analysis/result_rows.h"
#include "export/answer_text.h"
#include "export/exporter.h"

static int to_runs(struct source *src, const struct export_args *args, FILE *out,
		   struct export_result *ret, struct err *e)
{
	const struct results_options options = { .runs = true };
	const struct analysis_args ask = { .from = args->from,
					   .to = args->to,
					   .options = &options };
	struct answer answer = { 0 };
	int r = analysis_run(analysis_by_name("results"), src, &ask, &answer, e);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r >= 0) {
		ret->rows = table_n_rows(answer.table);
		r = table_csv(answer.table, out);
	}
	for (unsigned int i = 0; r >= 0 && i < table_n_notes(answer.table); i++)
		buf_addf(&ret->notes, "%s\n", table_note_at(answer.table, i));
	answer_done(&answer);
	return r;
}

const struct exporter exporter_runs = {
	.name = "runs",
	.summary = "benchmark rows of kymo run as CSV, one line a run, times in ns",
	.extensions = ".csv",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW,
	.run = to_runs,
};
