/* SPDX-License-Identifier: MIT */
/*
 * The `.stats` text of perfcap: the table of `perf sched latency -p -s switch`, with roles as
 * names, and that of `perf kvm stat report`, in that tool's layout (observed of perf 6.1).
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "analysis/perf_latency.h"
#include "export/exporter.h"
#include "export/kvm_stat.h"
#include "model/run.h"
#include "model/tasks.h"

#define NAME_WIDTH 24

struct line {
	struct perf_latency sums;
	const char *label;
	uint32_t tid; /* of the first one */
	uint32_t tasks; /* merged ones */
};

static int by_waits(const void *a, const void *b)
{
	const struct line *x = a, *y = b;

	if (x->sums.waits != y->sums.waits)
		return x->sums.waits < y->sums.waits ? 1 : -1;
	if (x->sums.longest != y->sums.longest)
		return x->sums.longest < y->sums.longest ? 1 : -1;
	int labels = strcmp(x->label, y->label);

	return labels ? labels : (x->tid > y->tid) - (x->tid < y->tid);
}

static int by_label(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int labels = strcmp(x->label, y->label);

	return labels ? labels : (x->tid > y->tid) - (x->tid < y->tid);
}

static void add(struct line *to, const struct line *from)
{
	to->tasks += from->tasks;
	to->sums.runtime += from->sums.runtime;
	to->sums.waits += from->sums.waits;
	to->sums.total += from->sums.total;
	if (from->sums.longest <= to->sums.longest)
		return;
	to->sums.longest = from->sums.longest;
	to->sums.longest_begin = from->sums.longest_begin;
	to->sums.longest_end = from->sums.longest_end;
}

/* Lines of equal labels, which follow each other, become one; how many are left. */
static size_t merge(struct line *line, size_t n)
{
	size_t left = 0;

	qsort(line, n, sizeof(*line), by_label);
	for (size_t i = 0; i < n; i++) {
		if (left && !strcmp(line[left - 1].label, line[i].label))
			add(&line[left - 1], &line[i]);
		else
			line[left++] = line[i];
	}
	return left;
}

static void rule(FILE *out, unsigned int dashes)
{
	fputc(' ', out);
	while (dashes--)
		fputc('-', out);
	fputc('\n', out);
}

static double ms(nsec_t ns)
{
	return (double)ns / NSEC_PER_MSEC;
}

/* "4719.179776" */
static void print_time(FILE *out, nsec_t t)
{
	fprintf(out, "%5" PRIu64 ".%06" PRIu64, (uint64_t)(t / NSEC_PER_SEC),
		(uint64_t)(t % NSEC_PER_SEC / NSEC_PER_USEC));
}

static void print_line(FILE *out, const struct line *l)
{
	int width;

	if (l->tasks > 1)
		width = fprintf(out, "  %s:(%u) ", l->label, l->tasks);
	else
		width = fprintf(out, "  %s:%u ", l->label, l->tid);
	for (; width < NAME_WIDTH; width++)
		fputc(' ', out);
	fprintf(out, "|%11.3f ms |%9" PRIu64 " | avg:%8.3f ms | max:%8.3f ms | max start: ",
		ms(l->sums.runtime), l->sums.waits, ms(l->sums.total / l->sums.waits),
		ms(l->sums.longest));
	print_time(out, l->sums.longest_begin);
	fputs(" s | max end: ", out);
	print_time(out, l->sums.longest_end);
	fputs(" s\n", out);
}

static void print_table(FILE *out, const struct line *line, size_t n, const struct run_info *info)
{
	struct perf_latency all = { 0 };
	uint64_t lost = 0;

	fputc('\n', out);
	rule(out, 139);
	fputs("  Task                  |   Runtime ms  | Switches | Avg delay ms    | Max delay ms "
	      "   | Max delay start           | Max delay end          |\n",
	      out);
	rule(out, 139);
	for (size_t i = 0; i < n; i++) {
		all.runtime += line[i].sums.runtime;
		all.waits += line[i].sums.waits;
		print_line(out, &line[i]);
	}
	rule(out, 113);
	fprintf(out, "  TOTAL:                |%11.3f ms |%9" PRIu64 " |\n", ms(all.runtime),
		all.waits);
	rule(out, 51);
	for (size_t i = 0; i < info->n_loss; i++)
		lost += info->loss[i].count;
	if (info->n_loss)
		fprintf(out, "  INFO: %" PRIu64 " lost events known of, in %zu spans\n", lost,
			info->n_loss);
	fputc('\n', out);
}

/* As perf has it: what never waited is not shown, nor in the total; but it is one of the merged. */
static size_t drop_waitless(struct line *line, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (line[i].sums.waits)
			line[left++] = line[i];
	return left;
}

static struct line *lines_of(const struct source *src, const struct export_args *args,
			     const struct perf_latencies *l, size_t *ret_n)
{
	const struct analysis_args filter = { .task = args->task, .include_self = true };
	struct line *line = calloc(l->n + 1, sizeof(*line));
	size_t n = 0;

	for (uint32_t i = 0; line && i < l->n && i < tasks_count(src->tasks); i++)
		if ((l->task[i].waits || l->task[i].runtime) &&
		    analysis_wants(&filter, src->tasks, i))
			line[n++] = (struct line){ .sums = l->task[i],
						   .label = tasks_label(src->tasks, i),
						   .tid = tasks_at(src->tasks, i)->tid,
						   .tasks = 1 };
	*ret_n = n;
	return line;
}

static int to_stats(struct source *src, const struct export_args *args, FILE *out,
		    struct export_result *ret, struct err *e)
{
	struct perf_latencies l;
	int r = perf_latencies_read(src, args->from, analysis_query_end(src->info, args->to), &l,
				    e);
	size_t n = 0;
	auto_free struct line *line = r < 0 ? NULL : lines_of(src, args, &l, &n);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r >= 0 && !line)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r >= 0) {
		if (args->merge)
			n = merge(line, n);
		n = drop_waitless(line, n);
		qsort(line, n, sizeof(*line), by_waits);
		print_table(out, line, n, src->info);
		ret->rows = n;
		r = kvm_stat_print(src, args, out, e);
		if (l.runtime_measured)
			buf_add_str(&ret->notes, "run times are measured between switches: "
						 "sched_stat_runtime was not recorded\n");
	}
	perf_latencies_done(&l);
	return r;
}

const struct exporter exporter_stats = {
	.name = "stats",
	.summary = "tables of perf sched latency, with roles as names, and perf kvm stat",
	.extensions = ".stats",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_MERGING,
	.run = to_stats,
};
