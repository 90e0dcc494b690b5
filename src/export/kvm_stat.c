/* SPDX-License-Identifier: MIT */
/* Exits by reason, in the layout of perf kvm stat report. */
#include "export/kvm_stat.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/kvm_scan.h"
#include "base/idmap.h"
#include "model/kvm_reason.h"

/* Times of one reason; mean and squares by Welford's way (TAOCP 2, 4.2.2). */
struct by_reason {
	struct kvm_reason reason;
	uint64_t n;
	nsec_t total, least, most;
	double mean, squares;
};

struct counting {
	struct by_reason *reason;
	uint32_t n, room;
	struct idmap place; /* isa << 32 | reason */
};

static struct by_reason *find(struct counting *c, uint8_t isa, uint32_t reason)
{
	uint64_t key = (uint64_t)isa << 32 | reason;
	uint32_t i = idmap_get(&c->place, key);

	if (i != IDMAP_NONE)
		return &c->reason[i];
	if (c->n == c->room) {
		uint32_t room = max_of(2 * c->room, 64u);
		struct by_reason *grown = reallocarray(c->reason, room, sizeof(*grown));

		if (!grown)
			return NULL;
		c->reason = grown;
		c->room = room;
	}
	if (idmap_set(&c->place, key, c->n) < 0)
		return NULL;
	c->reason[c->n] =
		(struct by_reason){ .reason = { .reason = reason, .isa = isa }, .least = NSEC_MAX };
	return &c->reason[c->n++];
}

static int count(struct counting *c, const struct kvm_span *s)
{
	struct by_reason *r = find(c, s->isa, s->reason);
	nsec_t length = s->end - s->begin;

	if (!r)
		return -ENOMEM;
	double off = (double)length - r->mean;

	r->n++;
	r->total += length;
	r->least = min_of(r->least, length);
	r->most = max_of(r->most, length);
	r->mean += off / (double)r->n;
	r->squares += off * ((double)length - r->mean);
	return 0;
}

static int by_count(const void *a, const void *b)
{
	const struct by_reason *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	return (x->reason.reason > y->reason.reason) - (x->reason.reason < y->reason.reason);
}

/* Of the mean, in % of it. */
static double deviation_pct(const struct by_reason *r)
{
	double n = (double)r->n;

	return r->n > 1 && r->mean > 0 ? 100 * sqrt(r->squares / (n - 1) / n) / r->mean : 0;
}

static double us(nsec_t ns)
{
	return (double)ns / NSEC_PER_USEC;
}

static void print_table(const struct counting *c, bool user, bool all, FILE *out)
{
	char name[KVM_REASON_MAX];
	uint64_t n = 0;
	nsec_t total = 0;

	for (uint32_t i = 0; i < c->n; i++) {
		n += c->reason[i].n;
		total += c->reason[i].total;
	}
	fprintf(out, "\n\nAnalyze events for all VMs, all VCPUs%s:\n\n",
		all ? "" : " of the tasks that match");
	fprintf(out, "%20s %10s %9s %9s %11s %11s %16s \n\n", user ? "USER-EXIT" : "VM-EXIT",
		"Samples", "Samples%", "Time%", "Min Time", "Max Time", "Avg time");
	for (uint32_t i = 0; i < c->n; i++) {
		const struct by_reason *r = &c->reason[i];

		fprintf(out,
			"%20s %10" PRIu64
			" %8.2f%% %8.2f%% %9.2fus %9.2fus %9.2fus ( +-%7.2f%% )\n",
			kvm_reason_name(r->reason.isa, r->reason.reason, name), r->n,
			100.0 * (double)r->n / (double)n,
			total ? 100.0 * (double)r->total / (double)total : 0.0, us(r->least),
			us(r->most), us(r->total / r->n), deviation_pct(r));
	}
	fprintf(out, "\nTotal Samples:%" PRIu64 ", Total events handled time:%.2fus.\n\n", n,
		us(total));
}

static int read_spans(struct source *src, const struct export_args *args, struct counting *c,
		      bool *ret_user, struct err *e)
{
	const struct kvm_scan_query q = { .from = args->from, .to = args->to, .cpus = args->cpus };
	const struct analysis_args filter = { .task = args->task, .include_self = true };
	auto_ptr(task_index) index = task_index_new(src->tasks);
	auto_ptr(kvm_scan) scan = NULL;
	const struct kvm_span *span;
	size_t n;

	if (!index)
		return err_set(e, -ENOMEM, "out of memory");
	int r = kvm_scan_new(src, &q, index, &scan, e);

	while (r >= 0 && (r = kvm_scan_next(scan, &span, &n, e)) > 0)
		for (size_t i = 0; i < n; i++)
			if (span[i].kind == KVM_SPAN_HOST &&
			    analysis_wants(&filter, src->tasks, span[i].task) &&
			    count(c, &span[i]) < 0)
				return err_set(e, -ENOMEM, "out of memory");
	if (r >= 0)
		*ret_user = kvm_scan_stats(scan)->user;
	return r;
}

int kvm_stat_print(struct source *src, const struct export_args *args, FILE *out, struct err *e)
{
	struct counting c = { 0 };
	bool user = false;

	if (!kvm_scan_can(src->info))
		return 0;
	int r = read_spans(src, args, &c, &user, e);

	if (r >= 0) {
		if (c.n)
			qsort(c.reason, c.n, sizeof(*c.reason), by_count);
		print_table(&c, user, !args->task, out);
	}
	free(c.reason);
	idmap_done(&c.place);
	return r < 0 ? r : 0;
}
