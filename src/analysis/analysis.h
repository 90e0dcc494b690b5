/* SPDX-License-Identifier: MIT */
/*
 * An analysis turns a source into an answer (model/answer.h). Pure: it reads a cursor and touches
 * nothing else. One file each, ending in its `const struct analysis`; its name in
 * src/analysis/meson.build puts it into the list from which `kymo show`, the report, help, man page
 * and completion come.
 *
 * An analysis does not read by itself. It says what it takes - runs and delays that sched_scan.h
 * makes of switches and wake-ups, spans of vCPUs that kvm_scan.h makes of KVM events, or rows of
 * tracks - and gets them in arrays; so that the report
 * answers all questions in one reading of the file.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "analysis/kvm_scan.h"
#include "analysis/sched_scan.h"
#include "analysis/switch_chains.h"
#include "analysis/task_index.h"
#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "model/answer.h"
#include "model/functions.h"
#include "model/profile.h"
#include "model/run.h"
#include "model/stream.h"
#include "model/tasks.h"

/* What every view takes. Times are absolute (CLOCK_MONOTONIC of the recording) and lie within [run
 * start, run end]. */
struct analysis_args {
	nsec_t from, to;
	const struct cpuset *cpus; /* NULL = all */
	const regex_t *task; /* matched against tasks_label(), anywhere in it; NULL = all */
	bool include_self; /* do not leave out kymo's own threads */
	bool merge; /* tasks with equal labels are one row */
	uint64_t top; /* rows of a list, 0 = the view's default */
	/* What samples refer to, for analyses with .profile; both or none. NULL: read when they are
	 * needed, with the names that the recording holds. */
	const struct profile *profile;
	const struct functions *functions;
	bool no_profile; /* it cannot be had: such analyses are left out by analysis_run_all() */
	const void *options; /* the analysis's own option struct, or NULL */
};

/* What the hooks of an analysis share while it is at work. */
struct analysis_pass {
	struct source *src;
	const struct analysis_args *args;
	const void *options; /* args.options, or the analysis's defaults, or NULL */
	const struct sched_scan *scan; /* once it runs: coverage per CPU, counts */
	const struct kvm_scan *kvm; /* once it runs; NULL when the run has no KVM events */
	struct task_index *index; /* thread id -> task number, for take_rows() */
	const uint8_t *wanted; /* analysis_wants() by task number: for every task of the runs,
				  delays and spans that are given, and in finish() for all */
	size_t n_wanted; /* ... known by now: tasks of rows may lie beyond */
	const struct profile *profile; /* of analyses with .profile; else NULL */
	const struct functions *functions;
	const struct switch_chains *chains; /* from take_runs() on of analyses with .chains */
	struct answer *answer;
	unsigned int kvm_event; /* set by begin(): spans of the KVM events of this kind too; 0 =
				   none. One kind in a reading */
	void *state; /* analysis.state_bytes, zeroed at the start */
};

struct analysis {
	const char *name; /* view name: `kymo show NAME` */
	const char *title;
	const char *summary; /* one line */
	const char *help; /* how it is counted: for the manual and the viewer's "?" */
	const struct track *const
		*needs; /* NULL-terminated: without these tracks the view is refused, with words */
	const struct track *const
		*needs_any; /* NULL-terminated, or NULL: one of these must be there */
	const struct track *const *also; /* NULL-terminated, or NULL: read where they are there */
	const struct option_spec *options; /* own options over .options_bytes, or NULL */
	size_t options_bytes;
	const void *options_default;
	bool lists_moments; /* a row is a moment: always cut, and never found in another run */
	bool on_demand; /* no part of the report: only when asked for by name */
	bool cuts_itself; /* looks at args.top; else the table is cut to that many rows */
	bool profile; /* wants pass.profile and pass.functions */
	bool names; /* shows what functions are called: worth looking for symbols */
	/* With these options it shows lines: pass.functions should be FUNCTIONS_LINES. NULL: never.
	 */
	bool (*lines)(const void *options);
	bool chains; /* wants pass.chains too */

	size_t state_bytes;
	/* All hooks return 0 or -errno with words; each may be NULL. In this order: */
	int (*begin)(struct analysis_pass *p, struct err *e);
	/* Runs and delays of the window: sched_scan.h. Task numbers are below
	 * tasks_count(p->src->tasks). */
	int (*take_runs)(struct analysis_pass *p, const struct run *r, size_t n, struct err *e);
	int (*take_delays)(struct analysis_pass *p, const struct delay *d, size_t n, struct err *e);
	/* Spans of vCPUs in the window: kvm_scan.h. After all runs and delays. */
	int (*take_kvm)(struct analysis_pass *p, const struct kvm_span *k, size_t n, struct err *e);
	/* Rows in the window of @needs, @needs_any and @also but switches, stream by stream; and
	 * which columns (bits) it wants of them. Tracks that describe the recording (below
	 * TRACK_FIRST_EVENT) are given whole. */
	int (*take_rows)(struct analysis_pass *p, const struct batch *b, struct err *e);
	uint32_t columns;
	/* Fill the answer; coverage and losses are filled in afterwards. */
	int (*finish)(struct analysis_pass *p, struct err *e);
	void (*done)(struct analysis_pass *p); /* always called when begin() was */
	/*
	 * Several runs, @n > 1, in one table that the analysis makes itself: for rows that have no
	 * window in common. NULL = runs are answered one by one and joined (model/join.h). Of @args
	 * the options count. *ret is zeroed by the caller, who calls answer_done() also on failure;
	 * -EINVAL with words: the options do not go with several runs.
	 */
	int (*across)(struct source *const *src, const char *const *name, size_t n,
		      const struct analysis_args *args, struct answer *ret, struct err *e);
};

/* All analyses by name, NULL-terminated; generated from meson.build. */
extern const struct analysis *const analysis_list[];
const struct analysis *analysis_by_name(const char *name);

/* The first track of a->needs, or of a->needs_any when it has none of them, that @src does not
 * have; or NULL. */
const struct track *analysis_missing(const struct analysis *a, const struct source *src);
/* -ENODATA, with the words for it: what the run called @name lacks, and how to record it. */
int analysis_refuse(const struct track *missing, const char *name, struct err *e);
/* Were events of @t asked for, or are there any? */
bool analysis_has_track(const struct run_info *info, const struct track *t);

/* Check needs, read, answer, fill coverage and loss notes. *ret is zeroed by the caller, who calls
 * answer_done() also on failure. */
int analysis_run(const struct analysis *a, struct source *src, const struct analysis_args *args,
		 struct answer *ret, struct err *e) must_check;

/*
 * The same for the @n analyses @a with one reading of @src (args->options does not count: all
 * defaults). @also is given all runs, delays, spans, samples and counts too; NULL = none. Analyses
 * whose needs are missing, or that are on_demand, are left out: their answer has no table.
 */
struct scan_taker {
	/* First, if not NULL: what the samples refer to; NULL where the run has none. */
	int (*take_profile)(void *state, const struct analysis_pass *p, struct err *e);
	int (*take_runs)(void *state, const struct run *r, size_t n, struct err *e);
	int (*take_delays)(void *state, const struct delay *d, size_t n, struct err *e);
	int (*take_kvm)(void *state, const struct kvm_span *k, size_t n, struct err *e);
	/* Rows of the sample track, and of the counter track. */
	int (*take_samples)(void *state, const struct batch *b, struct err *e);
	int (*take_counters)(void *state, const struct batch *b, struct err *e);
	void *state;
};
int analysis_run_all(const struct analysis *const *a, size_t n, struct source *src,
		     const struct analysis_args *args, const struct scan_taker *also,
		     struct answer *ret, struct err *e) must_check;

/* query.to for a window that ends at @to: the last event of the run belongs to the window that ends
 * with the run. */
nsec_t analysis_query_end(const struct run_info *info, nsec_t to);

/* Does @task (by number) pass the filters of @args? Idle tasks never do. */
bool analysis_wants(const struct analysis_args *args, const struct tasks *tasks, uint32_t number);
