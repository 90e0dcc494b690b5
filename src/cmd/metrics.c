/* SPDX-License-Identifier: MIT */
/* kymo metrics: derived metrics of counts that perf stat wrote. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/metric_answer.h"
#include "cmd/table_answer.h"

struct metrics_args {
	struct metric_options o;
	const char *by;
	struct option_list socket;
	bool json, csv, why, uncore;
};

static const char *const by_choices[] = { "cpu", "socket", "system", NULL };

static const struct option_spec metrics_options[] = {
	METRIC_SET_OPTIONS(struct metrics_args),
	{ .name = "set",
	  .type = OPTION_LIST,
	  .arg = "NAME=VALUE",
	  OPTION_AT(struct metrics_args, o.set),
	  .help = "a constant: interval (s), tsc_freq (Hz), sockets, cores, threads, "
		  "transactions" },
	{ .name = "by",
	  .type = OPTION_CHOICE,
	  .arg = "WHAT",
	  .choices = by_choices,
	  OPTION_AT(struct metrics_args, by),
	  .help = "a row for each cpu, socket, or the system (as the file has them)" },
	{ .name = "socket",
	  .type = OPTION_LIST,
	  .arg = "CPULIST",
	  OPTION_AT(struct metrics_args, socket),
	  .help = "the CPUs of the next socket, where the file says nothing" },
	{ .name = "uncore-as-core",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct metrics_args, uncore),
	  .help = "take counts of the core PMU for uncore events of the same raw code" },
	{ .name = "why",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct metrics_args, why),
	  .help = "text: also the metrics that are missing, with the reason" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct metrics_args, json),
	  .help = "print JSON" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct metrics_args, csv),
	  .help = "print CSV" },
	{ 0 },
};

enum { FILE_NAME, TIME, WHERE, NAME, TITLE, UNIT, VALUE, LOW, HIGH, TXN, REASON, WHY, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[FILE_NAME] = { .name = "file",
			.title = "File",
			.type = CELL_TEXT,
			.flags = TABLE_COLUMN_KEY | TABLE_COLUMN_WIDE },
	[TIME] = { .name = "time_s",
		   .title = "Time (s)",
		   .type = CELL_F64,
		   .digits = 3,
		   .flags = TABLE_COLUMN_KEY },
	[WHERE] = { .name = "where",
		    .title = "Where",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY },
	[NAME] = { .name = "metric",
		   .title = "Metric",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_KEY },
	[TITLE] = { .name = "title",
		    .title = "Title",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_WIDE },
	[UNIT] = { .name = "unit", .title = "Unit", .type = CELL_TEXT },
	[VALUE] = { .name = "value", .title = "Value", .type = CELL_F64, .digits = 6 },
	[LOW] = { .name = "low", .title = "At least", .type = CELL_F64, .digits = 6 },
	[HIGH] = { .name = "high", .title = "At most", .type = CELL_F64, .digits = 6 },
	[TXN] = { .name = "per_transaction",
		  .title = "Per transaction",
		  .type = CELL_F64,
		  .digits = 6 },
	[REASON] = { .name = "absent",
		     .title = "Missing",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_WIDE },
	[WHY] = { .name = "why_not", .title = "Why not", .type = CELL_TEXT },
};

struct evaluation {
	const struct metrics_args *a;
	const struct metric_set *set;
	const struct counts_file *f;
	const char *path;
	struct table *t;
	struct reading *value, *txn;
};

static void set_finite(struct table *t, unsigned int column, double v)
{
	if (isfinite(v))
		table_set_f64(t, column, v);
}

static void add_rows(struct evaluation *v, double time, const char *where)
{
	const struct metrics_args *a = v->a;

	for (unsigned int i = 0; i < metric_set_n_metrics(v->set); i++) {
		const struct metric *m = metric_set_metric(v->set, i);
		const struct reading *r = &v->value[i];
		char why[READING_WHY_MAX];

		if (r->absent && !a->why && !a->json && !a->csv)
			continue;
		table_row(v->t);
		table_set_text(v->t, FILE_NAME, v->path);
		set_finite(v->t, TIME, time);
		table_set_text(v->t, WHERE, where);
		table_set_text(v->t, NAME, m->name);
		table_set_text(v->t, TITLE, m->title);
		table_set_text(v->t, UNIT, m->unit);
		if (r->absent) {
			table_set_text(v->t, REASON, absent_name(r->absent));
			table_set_text(v->t, WHY, reading_why(r, why));
			continue;
		}
		table_set_f64(v->t, VALUE, r->value);
		if (r->low < r->value || r->high > r->value) {
			set_finite(v->t, LOW, r->low);
			set_finite(v->t, HIGH, r->high);
		}
		if (m->txn >= 0 && !v->txn[i].absent)
			table_set_f64(v->t, TXN, v->txn[i].value);
	}
}

static int evaluate_by(struct evaluation *v, const struct metric_inputs *in, double time,
		       const int *socket, struct err *e)
{
	enum counts_by by = counts_file_by(v->f);
	const char *as = v->a->by		  ? v->a->by
			 : by == COUNTS_BY_CPU	  ? "cpu"
			 : by == COUNTS_BY_SOCKET ? "socket"
						  : "system";
	unsigned int n = counts_file_n_columns(v->f);
	const uint32_t *column = counts_file_columns(v->f);
	char where[32];
	int highest = -1;

	if (!strcmp(as, "system")) {
		metric_inputs_eval(in, SCOPE_SYSTEM, 0, v->value, v->txn);
		add_rows(v, time, "system");
		return 0;
	}
	if (!strcmp(as, "cpu")) {
		if (by != COUNTS_BY_CPU)
			return err_set(e, -EINVAL, "the counts are not by CPU (perf stat -A)");
		for (unsigned int c = 0; c < n; c++) {
			metric_inputs_eval(in, SCOPE_CPU, (int)c, v->value, v->txn);
			(void)snprintf(where, sizeof(where), "CPU%u", column[c]);
			add_rows(v, time, where);
		}
		return 0;
	}
	for (unsigned int c = 0; c < n; c++)
		highest = max_of(highest, by == COUNTS_BY_SOCKET ? (int)column[c] : socket[c]);
	if (highest < 0)
		return err_set(e, -EINVAL,
			       "which CPUs a socket has is not known (try: --socket 0-3)");
	for (int s = 0; s <= highest; s++) {
		metric_inputs_eval(in, SCOPE_SOCKET, s, v->value, v->txn);
		(void)snprintf(where, sizeof(where), "S%d", s);
		add_rows(v, time, where);
	}
	return 0;
}

static int evaluate_file(struct evaluation *v, struct err *e)
{
	auto_ptr(counts_file) f = NULL;
	auto_free int *socket = NULL;
	int r = counts_file_read(v->path, v->set, v->a->uncore, &f, e);

	if (r >= 0)
		r = metric_options_sockets(&v->a->socket, f, &socket, e);
	v->f = f;
	for (unsigned int i = 0; r >= 0 && i < counts_file_n_times(f); i++) {
		auto_ptr(metric_inputs) in = NULL;

		r = counts_file_inputs(f, i, socket, &in, e);
		if (r >= 0)
			r = metric_options_constants(&v->a->o, v->set, in, e);
		if (r >= 0)
			r = evaluate_by(v, in, counts_file_time(f, i), socket, e);
	}
	if (r < 0)
		return r;
	if (counts_file_cut(f))
		table_note(v->t, "'%s': the last line has no end: its last field may be cut",
			   v->path);
	if (counts_file_unmatched(f))
		table_note(v->t, "'%s': %u of %u events are not known to these metrics", v->path,
			   counts_file_unmatched(f), counts_file_n_texts(f));
	return table_error(v->t);
}

static int run(const struct metrics_args *a, const char **word, unsigned int n, struct err *e)
{
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_ptr(metric_set) set = NULL;
	auto_ptr(table) t = table_new("metrics", "Metrics", columns, N_COLUMNS);
	struct cpu_model model;

	if (root_fd < 0 || !t)
		return err_set(e, root_fd < 0 ? -errno : -ENOMEM, "cannot open /");
	int r = metric_options_load(&a->o, root_fd, &set, &model, e);

	if (r < 0)
		return r;
	auto_free struct reading *value = calloc(metric_set_n_metrics(set) + 1, sizeof(*value));
	auto_free struct reading *txn = calloc(metric_set_n_metrics(set) + 1, sizeof(*txn));

	if (!value || !txn)
		return err_set(e, -ENOMEM, "out of memory");
	for (unsigned int i = 0; r >= 0 && i < n; i++) {
		struct evaluation v = {
			.a = a, .set = set, .path = word[i], .t = t, .value = value, .txn = txn
		};

		r = evaluate_file(&v, e);
	}
	return r < 0 ? r : table_answer(t, a->json, a->csv);
}

static int metrics_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct err e = { 0 };

	(void)n_before;
	if (!n)
		return command_misused("metrics", "which file? (perf stat -x, -o FILE writes one)");
	int r = run(args, word, n, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static const struct command_example metrics_examples[] = {
	{ "kymo metrics --set interval=0.5 counts.csv",
	  "of what perf stat -x, -o counts.csv wrote" },
	{ "kymo metrics --by system --json counts.csv", "all CPUs in one, for programs" },
	{ NULL, NULL },
};

const struct command command_metrics = {
	.name = "metrics",
	.summary = "compute metrics from counts that perf stat wrote",
	.usage = "[OPTIONS] FILE...",
	.description =
		"Reads what perf stat wrote with -x or -j (any version, also with -A, -I and "
		"--per-socket) and computes the metrics whose events are in it: for each CPU, "
		"socket or the system, and each interval. Where an event had a counter for a part "
		"of the time only, the metric has an interval beside the value. What cannot be "
		"computed is missing, and --why, --json and --csv say why.\n"
		"\n"
		"The machine that was measured may be another one: --cpu says which processor it "
		"has (else that of this machine is taken), --set its constants; none of them is "
		"taken from this machine.",
	.options = metrics_options,
	.args_bytes = sizeof(struct metrics_args),
	.examples = metrics_examples,
	.run = metrics_run,
};
