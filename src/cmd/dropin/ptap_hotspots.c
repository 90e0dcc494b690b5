/* SPDX-License-Identifier: MIT */
/* Asks the view once, for all events; then only goes over the rows of its table. */
#include "cmd/dropin/ptap_hotspots.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "cmd/selection.h"
#include "cmd/symbols.h"
#include "format/json.h"
#include "metric/metric_inputs.h"
#include "model/profile_track.h"

/* One row of the table; texts are lent from it. */
struct hotspot {
	const char *command, *module, *function;
	size_t event; /* place among the profile's */
	double pct;
	uint64_t self, samples;
	char mark; /* perf's, for where it runs: k kernel, . else */
};

struct ptap_hotspots {
	struct opened_run run;
	struct selection select;
	struct chain_names names;
	struct answer answer;
	nsec_t from, to; /* of the run's clock */
	struct hotspot *row;
	size_t n;
};

struct ptap_hotspots *ptap_hotspots_free(struct ptap_hotspots *h)
{
	if (h) {
		answer_done(&h->answer);
		chain_names_done(&h->names);
		opened_run_close(&h->run);
		free(h->row);
		free(h);
	}
	return NULL;
}

/* ---- asking ---- */

static int ask(struct ptap_hotspots *h, struct err *e)
{
	const struct analysis *view = analysis_by_name("hotspots");
	const char *word[] = { "hotspots", "--by", "command", "--event", "all" };
	char *argv[ARRAY_SIZE(word) + 1] = { 0 };
	const char *rest[ARRAY_SIZE(word)];
	unsigned int n_rest, n_before;
	auto_free void *o = calloc(1, view->options_bytes);

	if (!o)
		return err_set(e, -ENOMEM, "out of memory");
	memcpy(o, view->options_default, view->options_bytes);
	for (size_t i = 0; i < ARRAY_SIZE(word); i++)
		argv[i] = (char *)(uintptr_t)word[i];
	int r = option_parse(view->options, (int)ARRAY_SIZE(word), argv, o, false, rest, &n_rest,
			     &n_before, e);

	if (r < 0)
		return r;
	struct analysis_args args = { .from = h->from, .to = h->to, .options = o };

	chain_names_give(&h->names, &args);
	r = analysis_run(view, opened_run_source(&h->run), &args, &h->answer, e);
	if (r >= 0)
		chain_names_notes(&h->names, h->answer.table);
	return r;
}

static bool cell_at(const struct table *t, size_t row, const char *column, union cell *ret)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (!strcmp(table_column(t, i)->name, column))
			return table_get(t, row, i, ret);
	return false;
}

static const char *text_at(const struct table *t, size_t row, const char *column)
{
	union cell c;

	return cell_at(t, row, column, &c) ? c.text : "";
}

/* Numbers of texts: equal ones have the same. */
struct numbered {
	struct strpool *pool;
	struct idmap number;
};

static void numbered_done(struct numbered *n)
{
	idmap_done(&n->number);
	strpool_free(n->pool);
}

/* The number of @text, which gets @next if it has none. -ENOMEM. */
static int number_of(struct numbered *n, const char *text, uint32_t next, uint32_t *ret)
{
	if (!n->pool)
		n->pool = strpool_new();
	const char *key = n->pool ? strpool_add(n->pool, text) : NULL;

	if (!key)
		return -ENOMEM;
	*ret = idmap_get(&n->number, (uintptr_t)key);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = next;
	return idmap_set(&n->number, (uintptr_t)key, next);
}

/* What rows are told apart by: 1 for modules of the kernel, places of events. */
static int number_names(const struct ptap_hotspots *h, struct numbered *kernel,
			struct numbered *events)
{
	const struct functions *f = h->names.functions;
	uint32_t number;
	int r = 0;

	for (uint32_t i = 0; i < functions_count(f) && r >= 0; i++)
		if (functions_at(f, i)->kind == MODULE_KERNEL)
			r = number_of(kernel, functions_at(f, i)->module, 1, &number);
	for (size_t i = 0; i < profile_n_events(h->names.profile) && r >= 0; i++)
		r = number_of(events, profile_event_at(h->names.profile, i)->name, (uint32_t)i,
			      &number);
	return r;
}

static int take_row(struct ptap_hotspots *h, size_t i, struct numbered *kernel,
		    struct numbered *events)
{
	const struct table *t = h->answer.table;
	union cell pct, self, samples;
	uint32_t event, in_kernel;

	/* Without a percentage: samples without weight. Without an event's row: not of ours. */
	if (!cell_at(t, i, "self_pct", &pct) || !cell_at(t, i, "self", &self) ||
	    !cell_at(t, i, "samples", &samples))
		return 0;
	int r = number_of(events, text_at(t, i, "event"), IDMAP_NONE - 1, &event);

	if (r >= 0)
		r = number_of(kernel, text_at(t, i, "module"), 0, &in_kernel);
	if (r < 0 || event == IDMAP_NONE - 1)
		return r;
	struct hotspot *row = &h->row[h->n++];

	*row = (struct hotspot){
		.command = text_at(t, i, "command"),
		.module = text_at(t, i, "module"),
		.function = text_at(t, i, "function"),
		.event = event,
		.pct = pct.f64,
		.self = self.u64,
		.samples = samples.u64,
		.mark = in_kernel ? 'k' : '.',
	};
	if (!strcmp(row->module, "[kernel]"))
		row->module = "[kernel.kallsyms]"; /* as perf has it */
	return 0;
}

static int take_rows(struct ptap_hotspots *h)
{
	size_t n = table_n_rows(h->answer.table);
	struct numbered kernel = { 0 }, events = { 0 };

	h->row = calloc(n + 1, sizeof(*h->row));
	int r = h->row ? number_names(h, &kernel, &events) : -ENOMEM;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = take_row(h, i, &kernel, &events);
	numbered_done(&kernel);
	numbered_done(&events);
	return r;
}

int ptap_hotspots_open(const char *recording, struct ptap_hotspots **ret, struct err *e)
{
	auto_ptr(ptap_hotspots) h = calloc(1, sizeof(*h));
	struct symbol_choice choice = { 0 };
	nsec_t from, to;

	if (!h)
		return err_set(e, -ENOMEM, "out of memory");
	int r = opened_run_open(&h->run, recording, 0, &h->select, "reading what is there", e);

	if (r >= 0)
		r = selection_window(&h->select, &h->run, 1, &from, &to, e);
	if (r < 0)
		return r;
	struct source *src = opened_run_source(&h->run);

	h->from = src->info->start + from;
	h->to = src->info->start + to;
	r = chain_names_init(&h->names, src, &choice, e);
	if (r >= 0)
		r = ask(h, e);
	if (r >= 0 && take_rows(h) < 0)
		r = err_set(e, -ENOMEM, "out of memory");
	if (r >= 0)
		*ret = steal_ptr(h);
	return r;
}

/* ---- report and list ---- */

static size_t widest(const struct ptap_hotspots *h, size_t event, size_t least,
		     const char *(*text)(const struct hotspot *))
{
	for (size_t i = 0; i < h->n; i++)
		if (h->row[i].event == event)
			least = max_of(least, strlen(text(&h->row[i])));
	return least;
}

static const char *command_of(const struct hotspot *row)
{
	return row->command;
}

static const char *module_of(const struct hotspot *row)
{
	return row->module;
}

static void add_dots(struct buf *out, size_t n)
{
	while (n--)
		(void)buf_add_byte(out, '.');
}

static void report_event(const struct ptap_hotspots *h, size_t event, bool samples, struct buf *out)
{
	const char *name = profile_event_at(h->names.profile, event)->name;
	int command = (int)widest(h, event, strlen("Command"), command_of);
	int module = (int)widest(h, event, strlen("Shared Object"), module_of);
	uint64_t weight = 0, n = 0;

	for (size_t i = 0; i < h->n; i++) {
		bool counts = h->row[i].event == event;

		weight += counts ? h->row[i].self : 0;
		n += counts ? h->row[i].samples : 0;
	}
	(void)buf_addf(out, "# Samples: %" PRIu64 " of event '%s'\n", n, name);
	(void)buf_addf(out, "# Event count (approx.): %" PRIu64 "\n#\n", weight);
	(void)buf_addf(out, "# Overhead  %s%-*s  %-*s  Symbol\n# ........  ",
		       samples ? "     Samples  " : "", command, "Command", module,
		       "Shared Object");
	if (samples)
		(void)buf_add_str(out, "............  ");
	add_dots(out, (size_t)command);
	(void)buf_add_str(out, "  ");
	add_dots(out, (size_t)module);
	(void)buf_add_str(out, "  ......\n#\n");
	for (size_t i = 0; i < h->n; i++) {
		const struct hotspot *row = &h->row[i];

		if (row->event != event)
			continue;
		(void)buf_addf(out, "%9.2f%%  ", row->pct);
		if (samples)
			(void)buf_addf(out, "%12" PRIu64 "  ", row->samples);
		(void)buf_addf(out, "%-*s  %-*s  [%c] %s\n", command, row->command, module,
			       row->module, row->mark, row->function);
	}
}

int ptap_hotspots_report(const struct ptap_hotspots *h, bool samples, struct buf *out)
{
	const struct table *t = h->answer.table;

	for (size_t i = 0; i < profile_n_events(h->names.profile); i++) {
		const struct profile_event *ev = profile_event_at(h->names.profile, i);

		if (ev->flags & EVENT_FLAG_MISSING)
			(void)buf_addf(out, "# event '%s' was not sampled: %s\n\n", ev->name,
				       ev->note);
		else
			report_event(h, i, samples, out);
		if (!(ev->flags & EVENT_FLAG_MISSING))
			(void)buf_add_byte(out, '\n');
	}
	for (unsigned int i = 0; i < table_n_notes(t); i++)
		(void)buf_addf(out, "# %s\n", table_note_at(t, i));
	return buf_error(out);
}

static int add_key(const struct hotspot *row, struct buf *out)
{
	return buf_addf(out, "%s %s [%c] %s", row->command, row->module, row->mark, row->function);
}

int ptap_hotspots_list(const struct ptap_hotspots *h, struct ptap_list *ret)
{
	for (size_t event = 0; event < profile_n_events(h->names.profile); event++) {
		for (size_t i = 0; i < h->n; i++) {
			auto_buf key;

			buf_init(&key, 0);
			if (h->row[i].event != event)
				continue;
			if (add_key(&h->row[i], &key) < 0 || buf_add_byte(&key, '%') < 0)
				return -ENOMEM;
			ptap_list_add(ret, buf_str(&key), h->row[i].pct);
		}
	}
	return 0;
}

/* ---- metrics ---- */

struct by_function {
	const struct ptap_hotspots *h;
	const struct metric_set *set;
	uint32_t *of_row; /* the number of each row's function */
	const char **key; /* of functions, lent from .keys */
	unsigned int n;
	struct numbered keys;
	struct metric_inputs *in; /* a column for each function */
	size_t event; /* that is put */
};

static int number_functions(struct by_function *f)
{
	for (size_t i = 0; i < f->h->n; i++) {
		auto_buf text;

		buf_init(&text, 0);
		if (add_key(&f->h->row[i], &text) < 0 ||
		    number_of(&f->keys, buf_str(&text), f->n, &f->of_row[i]) < 0)
			return -ENOMEM;
		if (f->of_row[i] == f->n)
			f->key[f->n++] = strpool_add(f->keys.pool, buf_str(&text));
	}
	return 0;
}

/* Sums of the sampled event for @event of the set. What was never hit is 0. */
static void put(void *arg, unsigned int event)
{
	struct by_function *f = arg;

	for (unsigned int i = 0; i < f->n; i++)
		metric_inputs_set(f->in, event, i, reading_exact(0));
	for (size_t i = 0; i < f->h->n; i++) {
		const struct hotspot *row = &f->h->row[i];

		if (row->event != f->event)
			continue;
		double sum = metric_inputs_get(f->in, event, f->of_row[i])->value;

		metric_inputs_set(f->in, event, f->of_row[i],
				  reading_exact(sum + (double)row->self));
	}
}

static int make_inputs(struct by_function *f)
{
	const struct ptap_hotspots *h = f->h;
	auto_free uint32_t *id = calloc(f->n + 1, sizeof(*id));
	auto_free int *socket = calloc(f->n + 1, sizeof(*socket));
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct cpu_facts facts;

	if (!id || !socket)
		return -ENOMEM;
	for (unsigned int i = 0; i < f->n; i++) {
		id[i] = i;
		socket[i] = -1;
	}
	f->in = metric_inputs_new(f->set, id, socket, f->n);
	if (!f->in)
		return -ENOMEM;
	cpu_facts_read(root_fd, &facts);
	metric_inputs_facts(f->in, &facts);
	metric_inputs_constant(f->in, MACHINE_INTERVAL, (double)(h->to - h->from) / NSEC_PER_SEC);
	for (f->event = 0; f->event < profile_n_events(h->names.profile); f->event++) {
		const struct profile_event *ev = profile_event_at(h->names.profile, f->event);

		if (!(ev->flags & EVENT_FLAG_MISSING))
			(void)metric_set_match(f->set, ev->name, put, f);
	}
	return 0;
}

struct ranked {
	double value;
	const char *key;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;

	return x->value != y->value ? (x->value < y->value ? 1 : -1) : strcmp(x->key, y->key);
}

static int add_metrics(const struct by_function *f, struct buf *out)
{
	unsigned int n_metrics = metric_set_n_metrics(f->set);
	auto_free struct reading *value = calloc((size_t)f->n * n_metrics + 1, sizeof(*value));
	auto_free struct ranked *ranked = calloc(f->n + 1, sizeof(*ranked));
	char number[JSON_NUMBER_MAX];

	if (!value || !ranked)
		return -ENOMEM;
	for (unsigned int i = 0; i < f->n; i++)
		metric_inputs_eval(f->in, SCOPE_CPU, (int)i, value + (size_t)i * n_metrics, NULL);
	for (unsigned int m = 0; m < n_metrics; m++) {
		unsigned int n = 0;

		for (unsigned int i = 0; i < f->n; i++) {
			const struct reading *r = &value[(size_t)i * n_metrics + m];

			if (!r->absent)
				ranked[n++] = (struct ranked){ r->value, f->key[i] };
		}
		qsort(ranked, n, sizeof(*ranked), by_rank);
		(void)buf_addf(out, "# %s\n", metric_set_metric(f->set, m)->title);
		for (unsigned int i = 0; i < n; i++)
			(void)buf_addf(out, "%s, %s\n", ranked[i].key,
				       json_number(number, ranked[i].value));
	}
	return buf_error(out);
}

int ptap_hotspots_metrics(const struct ptap_hotspots *h, const struct metric_set *set,
			  struct buf *out)
{
	struct by_function f = { .h = h, .set = set };

	f.of_row = calloc(h->n + 1, sizeof(*f.of_row));
	f.key = calloc(h->n + 1, sizeof(*f.key));
	int r = f.of_row && f.key ? number_functions(&f) : -ENOMEM;

	if (r >= 0)
		r = make_inputs(&f);
	if (r >= 0)
		r = add_metrics(&f, out);
	metric_inputs_free(f.in);
	numbered_done(&f.keys);
	free(f.of_row);
	free(f.key);
	return r;
}
