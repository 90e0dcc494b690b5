/* SPDX-License-Identifier: MIT */
/* Driving analyses: needs, one reading for all of them, coverage and the notes on what is missing.
 */
#include "analysis/analysis.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/gaps.h"
#include "base/quantity.h"
#include "model/file_track.h"
#include "model/metric_track.h"
#include "model/profile_track.h"

/* One analysis at work. */
struct work {
	const struct analysis *a;
	struct analysis_pass pass;
	bool begun;
};

const struct analysis *analysis_by_name(const char *name)
{
	for (size_t i = 0; analysis_list[i]; i++)
		if (!strcmp(analysis_list[i]->name, name))
			return analysis_list[i];
	return NULL;
}

/* Does the comma-separated @list hold @word? */
static bool list_has(const char *list, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = list; p; p = strchr(p, ',')) {
		p += strspn(p, ", ");
		if (!strncmp(p, word, n) && strchr(", ", p[n]))
			return true;
	}
	return false;
}

bool analysis_has_track(const struct run_info *info, const struct track *t)
{
	const char *events = run_info_meta(info, "kymo.events");

	for (size_t i = 0; i < info->n_stream; i++)
		if (info->stream[i].track == t->id)
			return true;
	return events && list_has(events, t->name);
}

const struct track *analysis_missing(const struct analysis *a, const struct source *src)
{
	for (size_t i = 0; a->needs && a->needs[i]; i++)
		if (!analysis_has_track(src->info, a->needs[i]))
			return a->needs[i];
	for (size_t i = 0; a->needs_any && a->needs_any[i]; i++)
		if (analysis_has_track(src->info, a->needs_any[i]))
			return NULL;
	return a->needs_any ? a->needs_any[0] : NULL;
}

int analysis_refuse(const struct track *missing, const char *name, struct err *e)
{
	if (missing == &track_sample)
		return err_set(e, -ENODATA, "'%s' has no samples (record with --profile)", name);
	if (missing == &track_event)
		return err_set(e, -ENODATA,
			       "'%s' has neither samples nor counters (record with --profile or "
			       "--counters)",
			       name);
	bool kvm =
		missing == &track_kvm_exit || missing == &track_kvm_entry || missing == &track_kvm;
	if (missing == &track_counter)
		return err_set(e, -ENODATA,
			       "'%s' has no counters (record with --counters task-clock,"
			       "page-faults)",
			       name);
	if (missing == &track_process || missing == &track_thread)
		return err_set(e, -ENODATA, "'%s' has no processes (record with --metrics process)",
			       name);
	if (missing == &track_value)
		return err_set(e, -ENODATA, "'%s' has no metrics (record with --metrics)", name);
	if (missing == &track_raw)
		return err_set(e, -ENODATA, "'%s' has no raw files (record with --raw /proc/stat)",
			       name);
	const char *events = kvm ? track_kvm.name : missing->name;

	return err_set(e, -ENODATA, "'%s' has no %s events (record with -e %s)", name, events,
		       missing == &track_wakeup ? "switch,wakeup" : events);
}

nsec_t analysis_query_end(const struct run_info *info, nsec_t to)
{
	return to >= info->end ? 0 : to;
}

bool analysis_wants(const struct analysis_args *args, const struct tasks *tasks, uint32_t number)
{
	const struct task *t = tasks_at(tasks, number);

	if (!t->tid || (t->flags & TASK_FLAG_SELF && !args->include_self))
		return false;
	return !args->task || !regexec(args->task, tasks_label(tasks, number), 0, NULL, 0);
}

/* ---- coverage and losses ---- */

enum { TRACK_LIST_NEEDS, TRACK_LIST_ANY, TRACK_LIST_ALSO, TRACK_LISTS };

/* The lists of tracks that @a reads; each NULL-terminated or NULL. */
static const struct track *const *track_list_of(const struct analysis *a, unsigned int i)
{
	return i == TRACK_LIST_NEEDS ? a->needs : i == TRACK_LIST_ANY ? a->needs_any : a->also;
}

static bool reads(const struct analysis *a, uint16_t track)
{
	if (!track)
		return true;
	for (unsigned int i = 0; i < TRACK_LISTS; i++)
		for (const struct track *const *t = track_list_of(a, i); t && *t; t++)
			if ((*t)->id == track)
				return true;
	return false;
}

static bool touches(const struct run_loss *l, const struct analysis *a,
		    const struct analysis_args *args)
{
	if (l->cpu != BATCH_CPU_NONE && args->cpus && !cpuset_has(args->cpus, l->cpu))
		return false;
	return reads(a, l->track) && l->from <= args->to && l->to >= args->from;
}

/* Covered time of the window by window times CPUs; losses of any track that was read count. */
static int coverage(const struct analysis *a, const struct run_info *info,
		    const struct analysis_args *args, struct answer *ans)
{
	uint16_t track[16];
	unsigned int n_tracks = 0, n_needs = 0;
	double known = 0, asked = 0;
	bool any_cpu = false;

	for (unsigned int i = 0; i < TRACK_LISTS; i++) {
		if (i == TRACK_LIST_ALSO)
			n_needs = n_tracks;
		for (const struct track *const *t = track_list_of(a, i);
		     t && *t && n_tracks < ARRAY_SIZE(track); t++)
			track[n_tracks++] = (*t)->id;
	}
	/* Where no CPU is covered, events may be of none that is known. */
	for (size_t i = 0; i < info->n_cpu; i++)
		any_cpu |= info->cpu[i].start <= info->cpu[i].end;
	for (size_t i = 0; i < (any_cpu || !info->has_no_cpu ? info->n_cpu : 1); i++) {
		const struct run_cpu *c =
			any_cpu || !info->has_no_cpu ? &info->cpu[i] : &info->no_cpu;
		struct gaps gaps;

		if (args->cpus && c != &info->no_cpu && !cpuset_has(args->cpus, c->cpu))
			continue;
		int r = gaps_init(&gaps, info, track, n_tracks, c->cpu);

		if (r < 0)
			return r;
		known += (double)gaps_free_time(&gaps, max_of(args->from, c->start),
						min_of(args->to, c->end));
		asked += (double)(args->to - args->from);
		gaps_done(&gaps);
		r = gaps_init(&gaps, info, track, n_needs, c->cpu);
		if (r < 0)
			return r;
		ans->covered =
			max_of(ans->covered, gaps_free_time(&gaps, max_of(args->from, c->start),
							    min_of(args->to, c->end)));
		gaps_done(&gaps);
	}
	ans->coverage = asked > 0 ? known / asked : 0;
	return 0;
}

static void note_losses(const struct analysis *a, const struct run_info *info,
			const struct analysis_args *args, struct answer *ans)
{
	const struct run_loss *first = NULL;
	uint64_t spans = 0, uncounted = 0;
	char count[QUANTITY_MAX];

	for (size_t i = 0; i < info->n_loss; i++) {
		const struct run_loss *l = &info->loss[i];

		if (!touches(l, a, args))
			continue;
		if (!first || l->from < first->from)
			first = l;
		spans++;
		uncounted += !l->count;
		ans->lost += l->count;
	}
	if (!first)
		return;
	if (ans->lost)
		(void)quantity_count(count, ans->lost);
	else
		(void)snprintf(count, sizeof(count), "an unknown number of");
	table_note(ans->table,
		   "%s%s events are missing in %" PRIu64
		   " %s (%s; the first at %.6f s): what lies in "
		   "them is left out, not guessed",
		   uncounted && ans->lost ? "at least " : "", count, spans,
		   spans == 1 ? "span" : "spans", loss_cause_name(first->cause),
		   (double)(max_of(first->from, info->start) - info->start) / NSEC_PER_SEC);
}

static void note_odd_switches(struct answer *ans, uint64_t n)
{
	char count[QUANTITY_MAX];

	if (n)
		table_note(ans->table,
			   "%s %s from a task that was not the one switched in before: the tracer "
			   "missed "
			   "events there, or a thread took over the id of its process by exec; the "
			   "time "
			   "counts for the task switched out",
			   quantity_count(count, n), n == 1 ? "switch is" : "switches are");
}

static int complete(struct work *w, struct err *e)
{
	const struct run_info *info = w->pass.src->info;
	struct answer *ans = w->pass.answer;
	size_t rows = table_n_rows(ans->table);
	uint64_t top = w->pass.args->top;

	if (!w->a->cuts_itself && top && rows > top) {
		table_cut(ans->table, (size_t)top);
		table_note(ans->table, "%zu more rows (--top 0 for all)", rows - (size_t)top);
	}
	int r = coverage(w->a, info, w->pass.args, ans);

	if (r < 0)
		return err_set(e, r, "out of memory");
	note_losses(w->a, info, w->pass.args, ans);
	if (!info->complete)
		table_note(ans->table, "the recording is not complete: %s",
			   info->damage[0] ? info->damage : "it was not closed");
	if (w->pass.scan)
		note_odd_switches(ans, sched_scan_stats(w->pass.scan)->not_continued);
	r = table_error(ans->table);
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

/* ---- reading ---- */

/* Analyses that share one reading of the source. */
struct reading {
	struct source *src;
	const struct analysis_args *args;
	struct work *work;
	size_t n;
	const struct scan_taker *also; /* or NULL */
	struct sched_scan *scan; /* or NULL */
	struct kvm_scan *kvm; /* or NULL */
	struct task_index *index;
	uint8_t *wanted; /* by task number */
	size_t n_wanted, wanted_room;
	/* Where the caller has none; or NULL. */
	struct profile *profile;
	struct functions *functions;
	struct switch_chains *chains;
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

/* analysis_wants() of all tasks that are known by now. */
static int settle_wanted(struct reading *r, struct err *e)
{
	size_t count = tasks_count(r->src->tasks);
	void *array = r->wanted;
	int ret = tasks_ensure(&array, &r->wanted_room, count, 1);

	r->wanted = array;
	if (ret < 0)
		return out_of_memory(e);
	for (; r->n_wanted < count; r->n_wanted++)
		r->wanted[r->n_wanted] =
			analysis_wants(r->args, r->src->tasks, (uint32_t)r->n_wanted);
	for (size_t i = 0; i < r->n; i++) {
		r->work[i].pass.wanted = r->wanted;
		r->work[i].pass.n_wanted = r->n_wanted;
	}
	return 0;
}

static int give_chunk(struct reading *r, const struct sched_scan_chunk *c, struct err *e)
{
	const struct scan_taker *also = r->also;
	int ret = r->n_wanted < tasks_count(r->src->tasks) ? settle_wanted(r, e) : 0;

	for (struct work *w = r->work; w < r->work + r->n && ret >= 0; w++) {
		if (w->a && w->a->take_runs && c->n_runs)
			ret = w->a->take_runs(&w->pass, c->run, c->n_runs, e);
		if (w->a && w->a->take_delays && c->n_delays && ret >= 0)
			ret = w->a->take_delays(&w->pass, c->delay, c->n_delays, e);
	}
	if (also && also->take_runs && c->n_runs && ret >= 0)
		ret = also->take_runs(also->state, c->run, c->n_runs, e);
	if (also && also->take_delays && c->n_delays && ret >= 0)
		ret = also->take_delays(also->state, c->delay, c->n_delays, e);
	return ret;
}

/* The switches and wake-ups, for all that want runs or delays. The scan stays open for finish(). */
static int read_sched(struct reading *r, struct err *e)
{
	struct sched_scan_query q = { .from = r->args->from,
				      .to = r->args->to,
				      .cpus = r->args->cpus,
				      .delays = r->also && r->also->take_delays };
	struct sched_scan_chunk chunk;
	bool asked = r->also != NULL;
	int ret;

	for (size_t i = 0; i < r->n; i++) {
		const struct analysis *a = r->work[i].a;

		asked |= a && (a->take_runs || a->take_delays);
		q.delays |= a && a->take_delays;
	}
	if (!asked)
		return 0;
	ret = sched_scan_new(r->src, &q, &r->scan, e);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < r->n; i++)
		r->work[i].pass.scan = r->scan;
	while ((ret = sched_scan_next(r->scan, &chunk, e)) > 0) {
		ret = give_chunk(r, &chunk, e);
		if (ret < 0)
			return ret;
	}
	return ret;
}

static int give_spans(struct reading *r, const struct kvm_span *span, size_t n, struct err *e)
{
	int ret = r->n_wanted < tasks_count(r->src->tasks) ? settle_wanted(r, e) : 0;

	for (struct work *w = r->work; w < r->work + r->n && ret >= 0; w++)
		if (w->a && w->a->take_kvm)
			ret = w->a->take_kvm(&w->pass, span, n, e);
	if (r->also && r->also->take_kvm && ret >= 0)
		ret = r->also->take_kvm(r->also->state, span, n, e);
	return ret;
}

/* KVM events, for all that want spans of vCPUs. */
static int read_kvm(struct reading *r, struct err *e)
{
	struct kvm_scan_query q = { .from = r->args->from,
				    .to = r->args->to,
				    .cpus = r->args->cpus };
	const struct kvm_span *span;
	bool asked = r->also && r->also->take_kvm;
	size_t n;
	int ret;

	for (size_t i = 0; i < r->n; i++) {
		asked |= r->work[i].a && r->work[i].a->take_kvm;
		if (r->work[i].pass.kvm_event)
			q.event = r->work[i].pass.kvm_event;
	}
	if (!asked || !kvm_scan_can(r->src->info))
		return 0;
	ret = kvm_scan_new(r->src, &q, r->index, &r->kvm, e);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < r->n; i++)
		r->work[i].pass.kvm = r->kvm;
	while ((ret = kvm_scan_next(r->kvm, &span, &n, e)) > 0) {
		ret = give_spans(r, span, n, e);
		if (ret < 0)
			return ret;
	}
	return ret;
}

/* The rows of one other track. */
static int read_track(struct reading *r, const struct track *t, struct err *e)
{
	struct query q = { .tracks = track_bit(t),
			   .from = r->args->from,
			   .to = analysis_query_end(r->src->info, r->args->to),
			   .cpus = r->args->cpus };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	bool asked = false, all_columns = false;
	int ret;

	if (t->id < TRACK_FIRST_EVENT) {
		q.from = q.to = 0;
		q.cpus = NULL;
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct analysis *a = r->work[i].a;

		if (!a || !a->take_rows || !reads(a, t->id))
			continue;
		asked = true;
		q.columns |= a->columns;
		all_columns |= !a->columns;
	}
	if (all_columns)
		q.columns = 0;
	if (!asked || !analysis_has_track(r->src->info, t) || (q.from >= q.to && q.to))
		return 0;
	ret = source_cursor(r->src, &q, &c, e);
	while (ret >= 0 && (ret = cursor_next(c, &b, e)) > 0) {
		for (struct work *w = r->work; w < r->work + r->n && ret >= 0; w++)
			if (w->a && w->a->take_rows && reads(w->a, t->id))
				ret = w->a->take_rows(&w->pass, b, e);
	}
	return ret;
}

/* Rows of @t, for the taker. */
static int read_taken(struct reading *r, const struct track *t,
		      int (*take)(void *state, const struct batch *b, struct err *e), struct err *e)
{
	const struct query q = { .tracks = track_bit(t),
				 .from = r->args->from,
				 .to = analysis_query_end(r->src->info, r->args->to),
				 .cpus = r->args->cpus };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;

	if (!take || !analysis_has_track(r->src->info, t) || (q.from >= q.to && q.to))
		return 0;
	int ret = source_cursor(r->src, &q, &c, e);

	while (ret >= 0 && (ret = cursor_next(c, &b, e)) > 0)
		ret = take(r->also->state, b, e);
	return ret;
}

/* What samples refer to, for all that want it. */
static int read_profile(struct reading *r, struct err *e)
{
	const struct scan_taker *also = r->also;
	const struct profile *profile = r->args->profile;
	const struct functions *functions = r->args->functions;
	bool asked = false, chains = false;
	int ret = 0;

	for (size_t i = 0; i < r->n; i++) {
		asked |= r->work[i].a && r->work[i].a->profile;
		chains |= r->work[i].a && r->work[i].a->chains;
	}
	if (asked && !profile) {
		ret = profile_load(r->src, &r->profile, e);
		if (ret >= 0)
			ret = functions_new(r->profile, NULL, FUNCTIONS_SYMBOLS, &r->functions, e);
		profile = r->profile;
		functions = r->functions;
	}
	if (ret >= 0 && profile && (chains || (also && also->take_profile)))
		ret = switch_chains_load(r->src, profile, r->src->info->start, r->args->to,
					 &r->chains, e);
	if (ret < 0)
		return ret;
	for (size_t i = 0; i < r->n; i++) {
		r->work[i].pass.profile = profile;
		r->work[i].pass.functions = functions;
		r->work[i].pass.chains = r->chains;
	}
	const struct analysis_pass pass = { .src = r->src,
					    .args = r->args,
					    .index = r->index,
					    .profile = profile,
					    .functions = functions,
					    .chains = r->chains };

	return also && also->take_profile ? also->take_profile(also->state, &pass, e) : 0;
}

static int read_all(struct reading *r, struct err *e)
{
	const struct track *t;

	r->index = task_index_new(r->src->tasks);
	if (!r->index)
		return out_of_memory(e);
	for (size_t i = 0; i < r->n; i++)
		r->work[i].pass.index = r->index;
	int ret = settle_wanted(r, e);

	if (ret >= 0)
		ret = read_profile(r, e);
	if (ret >= 0)
		ret = read_sched(r, e);
	if (ret >= 0)
		ret = read_kvm(r, e);
	if (ret >= 0)
		ret = read_taken(r, &track_sample, r->also ? r->also->take_samples : NULL, e);
	if (ret >= 0)
		ret = read_taken(r, &track_counter, r->also ? r->also->take_counters : NULL, e);
	for (unsigned int i = 0; ret >= 0 && (t = track_at(i)); i++)
		if (t != &track_switch)
			ret = read_track(r, t, e);
	if (ret >= 0)
		ret = settle_wanted(r, e);
	for (struct work *w = r->work; w < r->work + r->n && ret >= 0; w++) {
		if (!w->a)
			continue;
		ret = w->a->finish(&w->pass, e);
		if (ret >= 0)
			ret = complete(w, e);
	}
	return ret;
}

static int begin(struct reading *r, struct work *w, const struct analysis *a, const void *options,
		 struct answer *ret, struct err *e)
{
	const nsec_t start = r->src->info->start;

	w->a = a;
	ret->view = a->name;
	ret->title = a->title;
	ret->summary = a->summary;
	ret->help = a->help;
	ret->from = r->args->from - min_of(r->args->from, start);
	ret->to = r->args->to - min_of(r->args->to, start);
	w->pass = (struct analysis_pass){ .src = r->src,
					  .args = r->args,
					  .options = options ? options : a->options_default,
					  .answer = ret,
					  .state = calloc(1, a->state_bytes + 1) };
	if (!w->pass.state)
		return out_of_memory(e);
	w->begun = true;
	return a->begin ? a->begin(&w->pass, e) : 0;
}

static void reading_done(struct reading *r)
{
	for (struct work *w = r->work; w < r->work + r->n; w++) {
		if (w->begun && w->a->done)
			w->a->done(&w->pass);
		free(w->pass.state);
	}
	r->scan = sched_scan_free(r->scan);
	r->kvm = kvm_scan_free(r->kvm);
	r->index = task_index_free(r->index);
	free(r->wanted);
	r->chains = switch_chains_free(r->chains);
	r->functions = functions_free(r->functions);
	r->profile = profile_free(r->profile);
}

int analysis_run(const struct analysis *a, struct source *src, const struct analysis_args *args,
		 struct answer *ret, struct err *e)
{
	const struct track *missing = analysis_missing(a, src);
	struct work work = { 0 };
	struct reading r = { .src = src, .args = args, .work = &work, .n = 1 };

	if (missing)
		return analysis_refuse(missing, src->info->name, e);
	int result = begin(&r, &work, a, args->options, ret, e);

	if (result >= 0)
		result = read_all(&r, e);
	reading_done(&r);
	return result < 0 ? result : 0;
}

int analysis_run_all(const struct analysis *const *a, size_t n, struct source *src,
		     const struct analysis_args *args, const struct scan_taker *also,
		     struct answer *ret, struct err *e)
{
	auto_free struct work *work = calloc(n + 1, sizeof(*work));
	struct reading r = { .src = src, .args = args, .work = work, .n = n, .also = also };
	int result = 0;

	if (!work)
		return out_of_memory(e);
	for (size_t i = 0; i < n && result >= 0; i++)
		if (!a[i]->on_demand && !analysis_missing(a[i], src) &&
		    !(a[i]->profile && args->no_profile))
			result = begin(&r, &work[i], a[i], NULL, &ret[i], e);
	if (result >= 0)
		result = read_all(&r, e);
	reading_done(&r);
	return result < 0 ? result : 0;
}
