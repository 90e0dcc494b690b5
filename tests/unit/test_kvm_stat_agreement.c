/* SPDX-License-Identifier: MIT */
/*
 * The KVM views of an imported perf.data against `perf kvm stat report` of the same file, both its
 * tables (VM-EXIT and IO Port Access): numbers, shares and times to the printed digits. perf leaves
 * out what comes before a vCPU's first entry; so does the window that is asked about. Skipped
 * without the folder of captures.
 */
#include "view_text.h"

#include <math.h>

#include "capture_folder.h"

#define DATA "kvm_exit_synth.perf.data.zst"

/* One line of perf's tables. */
struct expected {
	char name[64];
	uint64_t samples;
	double samples_pct, time_pct, min_us, max_us, mean_us;
};

/* "   cpuid   7662   47.89%   46.56%   0.50us   0.90us   0.70us ( +- ..." */
static bool parse_line(const char *line, struct expected *ret)
{
	return sscanf(line, " %63s %" SCNu64 " %lf%% %lf%% %lfus %lfus %lfus", ret->name,
		      &ret->samples, &ret->samples_pct, &ret->time_pct, &ret->min_us, &ret->max_us,
		      &ret->mean_us) == 7;
}

static double number(const struct answer *a, size_t row, const char *column)
{
	unsigned int c = view_column(a->table, column);
	union cell v;

	assert_true(table_get(a->table, row, c, &v));
	return table_column(a->table, c)->type == CELL_F64 ? v.f64 : (double)v.u64;
}

/* Equal to what two digits behind the point can say. */
static void same(const char *what, double ours, double theirs)
{
	if (fabs(ours - theirs) > 0.00501)
		fail_msg("%s: %f, perf says %f", what, ours, theirs);
}

static void compare(const struct answer *a, const char *key, const struct expected *e,
		    const char *name, bool exits)
{
	for (size_t r = 0; r < table_n_rows(a->table); r++) {
		union cell v;

		if (!table_get(a->table, r, view_column(a->table, key), &v) || strcmp(v.text, name))
			continue;
		assert_int_equal((uint64_t)number(a, r, exits ? "exits" : "count"), e->samples);
		same("share", number(a, r, exits ? "exits_pct" : "pct"), e->samples_pct);
		same("share of time", number(a, r, exits ? "host_pct" : "time_pct"), e->time_pct);
		same("min", number(a, r, "min") / 1e3, e->min_us);
		same("max", number(a, r, "max") / 1e3, e->max_us);
		same("mean", number(a, r, exits ? "host" : "time") / 1e3 / (double)e->samples,
		     e->mean_us);
		return;
	}
	fail_msg("no row '%s'", name);
}

struct kvmevents_options {
	const char *of, *by;
};

static nsec_t first_of(const struct source *src, const struct track *t)
{
	for (size_t i = 0; i < src->info->n_stream; i++)
		if (src->info->stream[i].track == t->id)
			return src->info->stream[i].first;
	fail_msg("no %s events", t->name);
	return 0;
}

static void test_perf_kvm_stat(void **state)
{
	const struct kvmevents_options pio = { "pio", "all" };
	struct answer kvm, ports;
	struct expected e;
	unsigned int lines = 0;
	auto_buf text;

	(void)state;
	if (!capture_load("kvm_exit_synth.kvmstat.txt", &text)) {
		print_message("skipped: no folder of captures (KYMO_SHARED)\n");
		skip();
	}
	auto_ptr(memory) m = capture_import(DATA);
	struct source *src = memory_source(m);
	/* Behind the first entry: the exit before it and its time are not in the window. */
	struct analysis_args args = { .from = first_of(src, &track_kvm_entry) + 1,
				      .to = src->info->end };

	assert_int_equal(view_ask("kvm", src, &args, &kvm, NULL), 0);
	args.options = &pio;
	assert_int_equal(view_ask("kvmevents", src, &args, &ports, NULL), 0);
	for (char *line, *rest = (char *)text.data; (line = strsep(&rest, "\n"));) {
		if (!parse_line(line, &e))
			continue;
		lines++;
		if (strcmp(e.name, "0x10:POUT") != 0)
			compare(&kvm, "reason", &e, e.name, true);
		else
			compare(&ports, "what", &e, "0x10 write", false);
	}
	assert_int_equal(lines, 6);
	/* "Total Samples:15999, Total events handled time:11519.42us." */
	assert_int_equal((uint64_t)number(&kvm, 0, "exits"), 15999);
	same("time", number(&kvm, 0, "host") / 1e3, 11519.42);
	assert_int_equal(table_n_rows(kvm.table), 6);
	answer_done(&kvm);
	answer_done(&ports);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_perf_kvm_stat) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
