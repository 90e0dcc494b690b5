/* SPDX-License-Identifier: MIT */
/* Rows are those of places, or sums of all; rates divide by the time that tasks were on CPUs where
 * that was counted too, as perf stat does, else by the time that passed. */
#include "cmd/stat_output.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <time.h>

#include "base/quantity.h"
#include "format/json.h"
#include "metric/metric_data.h"

struct row {
	const struct event *ev;
	char name[EVENT_NAME_MAX + 2];
	const char *missing; /* "" = counted */
	struct multiplexed m;
	bool there;
	double scale; /* what is printed is m * scale */
	const char *unit;
	double rate; /* NaN: none */
	const char *rate_unit;
	int digits;
};

/* ---- rows ---- */

static bool counts_ns(const struct event *ev)
{
	return !strcmp(ev->unit, "ns");
}

/* Seconds that rates of a row divide by. */
static double seconds(const struct stat_result *r, unsigned int place)
{
	bool there;

	for (unsigned int i = 0; i < counters_n_events(r->counters); i++) {
		const struct event *ev = counters_event(r->counters, i);

		if (ev->attr.type != PERF_TYPE_SOFTWARE || !counts_ns(ev))
			continue;
		struct multiplexed m = stat_result_sum(r, i, place, &there);

		if (there && m.known && m.value > 0)
			return m.value / NSEC_PER_SEC;
	}
	return r->elapsed;
}

static void set_rate(const struct stat_result *r, unsigned int place, struct row *row)
{
	double v = row->m.value * row->scale, s = seconds(r, place);

	row->rate = NAN;
	row->rate_unit = "";
	if (counts_ns(row->ev)) {
		row->rate = r->elapsed > 0 ? row->m.value / NSEC_PER_SEC / r->elapsed : NAN;
		row->rate_unit = "CPUs utilized";
	} else if (s > 0) {
		const double size = fabs(v / s);

		row->rate = size >= 1e9	  ? v / s / 1e9
			    : size >= 1e6 ? v / s / 1e6
			    : size >= 1e3 ? v / s / 1e3
					  : v / s;
		row->rate_unit = size >= 1e9   ? "G/sec"
				 : size >= 1e6 ? "M/sec"
				 : size >= 1e3 ? "K/sec"
					       : "/sec";
	}
}

static void make_row(const struct stat_result *r, unsigned int event, unsigned int place,
		     struct row *ret)
{
	const struct event *ev = counters_event(r->counters, event);
	/* The user may not count kernel code, and did not say that he does not want to. */
	bool narrowed = ev->attr.exclude_kernel && !r->asked->item[event].attr.exclude_kernel;

	*ret = (struct row){ .ev = ev, .missing = counters_missing(r->counters, event) };
	(void)snprintf(ret->name, sizeof(ret->name), "%s%s", ev->name, narrowed ? ":u" : "");
	ret->m = stat_result_sum(r, event, place, &ret->there);
	ret->scale = counts_ns(ev) ? 1e-6 : ev->scale > 0 ? ev->scale : 1;
	ret->unit = counts_ns(ev) ? "msec" : ev->unit;
	ret->digits = *ret->unit ? 2 : 0;
	set_rate(r, place, ret);
}

static bool has_count(const struct row *row)
{
	return !*row->missing && row->there && row->m.known;
}

static double counted_pct(const struct row *row)
{
	return row->m.enabled ? 100.0 * (double)row->m.running / (double)row->m.enabled : 100;
}

/* Call @print for each row. */
static void each_row(const struct stat_result *r,
		     void (*print)(void *arg, const struct row *row,
				   const struct counter_place *place),
		     void *arg)
{
	unsigned int n = r->per_place ? counters_n_places(r->counters) : 1;
	struct row row;

	for (unsigned int i = 0; i < counters_n_events(r->counters); i++) {
		for (unsigned int p = 0; p < n; p++) {
			make_row(r, i, r->per_place ? p : STAT_ALL_PLACES, &row);
			/* An event of the whole package is counted on one CPU of it. */
			if (r->per_place && !*row.missing && !row.there)
				continue;
			print(arg, &row, r->per_place ? counters_place(r->counters, p) : NULL);
		}
	}
}

/* ---- metrics ---- */

/*
 * Call @print for each metric of this machine's set that the counts give. -errno with words: the
 * set cannot be had.
 */
static int each_metric(const struct stat_result *r,
		       void (*print)(void *arg, const struct metric *m, const struct reading *v),
		       void *arg, struct err *e)
{
	auto_ptr(metric_set) set = NULL;
	struct cpu_model model = { 0 };
	auto_ptr(metric_inputs) in = NULL;
	int code = cpu_model_read(r->root_fd, &model, e);
	const struct metric_choice choice = { .model = &model };

	code = code < 0 ? code : metric_data_load(&choice, &set, e);
	if (code < 0)
		return code;
	auto_free struct reading *value = calloc(metric_set_n_metrics(set) + 1, sizeof(*value));

	if (!value)
		return err_set(e, -ENOMEM, "out of memory");
	code = stat_result_inputs(r, set, &in, e);
	if (code < 0)
		return code;
	metric_inputs_eval(in, SCOPE_SYSTEM, 0, value, NULL);
	for (unsigned int i = 0; i < metric_set_n_metrics(set); i++)
		if (!value[i].absent)
			print(arg, metric_set_metric(set, i), &value[i]);
	return 0;
}

/* ---- text ---- */

void stat_output_started(struct buf *out)
{
	time_t now = time(NULL);
	struct tm tm = { 0 };
	char date[64] = "";

	localtime_r(&now, &tm);
	strftime(date, sizeof(date), "%a %b %e %H:%M:%S %Y", &tm);
	buf_addf(out, "# started on %s\n\n", date);
}

static void place_name(const struct counter_place *place, char *ret, size_t size)
{
	if (place->cpu >= 0)
		(void)snprintf(ret, size, "CPU%d", place->cpu);
	else
		(void)snprintf(ret, size, "task-%u", place->id);
}

static void text_row(void *arg, const struct row *row, const struct counter_place *place)
{
	struct buf *out = arg;
	char where[24] = "", count[QUANTITY_MAX] = "<not supported>";

	if (place)
		place_name(place, where, sizeof(where));
	if (has_count(row) && row->digits)
		(void)snprintf(count, sizeof(count), "%.*f", row->digits,
			       row->m.value * row->scale);
	else if (has_count(row))
		(void)quantity_count(count, (uint64_t)(row->m.value * row->scale + 0.5));
	else if (!*row->missing)
		(void)snprintf(count, sizeof(count), "<not counted>");
	buf_addf(out, "%-*s%18s %-6s %-24s", place ? 12 : 0, where, count,
		 has_count(row) ? row->unit : "", row->name);
	if (!has_count(row)) {
		buf_addf(out, " # %s\n",
			 *row->missing ? row->missing
				       : "never on a counter: the PMU had none free");
		return;
	}
	if (!isnan(row->rate))
		buf_addf(out, " # %10.3f %-13s", row->rate, row->rate_unit);
	if (row->m.low < row->m.value || row->m.high > row->m.value)
		buf_addf(out, " (%.0f .. %.0f, counted %.1f %%)", row->m.low * row->scale,
			 row->m.high * row->scale, counted_pct(row));
	buf_add_str(out, "\n");
}

struct metric_text_arg {
	struct buf *out;
	bool begun;
};

static void text_metric(void *arg, const struct metric *m, const struct reading *v)
{
	struct metric_text_arg *a = arg;

	if (!a->begun)
		buf_add_str(a->out, "\n");
	a->begun = true;
	buf_addf(a->out, "%18.3f %-12s %s", v->value, m->unit, m->title);
	if (isfinite(v->low) && isfinite(v->high) && (v->low < v->value || v->high > v->value))
		buf_addf(a->out, " (%.3f .. %.3f)", v->low, v->high);
	buf_add_str(a->out, "\n");
}

int stat_output_text(const struct stat_result *r, struct buf *out, struct err *e)
{
	struct metric_text_arg metrics = { .out = out };
	int code = 0;

	if (isnan(r->at))
		buf_addf(out, "Counters of %s:\n\n", r->title);
	else
		buf_addf(out, "%.6f s\n", r->at);
	each_row(r, text_row, out);
	if (!r->per_place && isnan(r->at))
		code = each_metric(r, text_metric, &metrics, e);
	if (isnan(r->at)) {
		buf_addf(out, "\n%18.9f seconds elapsed\n", r->elapsed);
		if (!isnan(r->user))
			buf_addf(out, "%18.9f seconds user\n%18.9f seconds sys\n", r->user, r->sys);
	}
	return buf_error(out) < 0 ? buf_error(out) : code;
}

/* ---- CSV ---- */

struct csv_arg {
	const struct stat_result *r;
	const char *sep;
	struct buf *out;
};

static void csv_row(void *arg, const struct row *row, const struct counter_place *place)
{
	struct csv_arg *a = arg;
	struct buf *out = a->out;
	const char *sep = a->sep;
	char where[24];

	if (!isnan(a->r->at))
		buf_addf(out, "%16.9f%s", a->r->at, sep);
	if (place) {
		place_name(place, where, sizeof(where));
		buf_addf(out, "%s%s", where, sep);
	}
	if (!has_count(row)) {
		buf_addf(out, "%s%s%s%s%s0%s%s%s%s\n",
			 *row->missing ? "<not supported>" : "<not counted>", sep, sep, row->name,
			 sep, sep, *row->missing ? "100.00" : "0.00", sep, sep);
		return;
	}
	buf_addf(out, "%.*f%s%s%s%s%s%" PRIu64 "%s%.2f%s", row->digits, row->m.value * row->scale,
		 sep, row->unit, sep, row->name, sep, row->m.running, sep, counted_pct(row), sep);
	if (isnan(row->rate))
		buf_addf(out, "%s\n", sep);
	else
		buf_addf(out, "%.3f%s%s\n", row->rate, sep, row->rate_unit);
}

int stat_output_csv(const struct stat_result *r, const char *sep, struct buf *out)
{
	struct csv_arg arg = { r, sep, out };

	each_row(r, csv_row, &arg);
	return buf_error(out);
}

/* ---- JSON ---- */

static void json_row(void *arg, const struct row *row, const struct counter_place *place)
{
	struct json *j = arg;
	/* ns stay ns here. */
	double scale = counts_ns(row->ev) ? 1 : row->scale;

	json_begin_object_flat(j);
	json_key_str(j, "event", row->name);
	if (place && place->cpu >= 0)
		json_key_u64(j, "cpu", (uint64_t)place->cpu);
	else if (place)
		json_key_u64(j, "task", place->id);
	if (has_count(row)) {
		json_key_f64(j, "count", row->m.value * scale);
		json_key_f64(j, "low", row->m.low * scale);
		json_key_f64(j, "high", row->m.high * scale);
		json_key_str(j, "unit", row->ev->unit);
		json_key_u64(j, "enabled_ns", row->m.enabled);
		json_key_u64(j, "running_ns", row->m.running);
	} else {
		json_key_str(j, "missing",
			     *row->missing ? row->missing
					   : "never on a counter: the PMU had none free");
	}
	json_end(j);
}

static void json_metric(void *arg, const struct metric *m, const struct reading *v)
{
	struct json *j = arg;

	json_begin_object_flat(j);
	json_key_str(j, "metric", m->name);
	json_key_str(j, "title", m->title);
	json_key_str(j, "unit", m->unit);
	json_key_f64(j, "value", v->value);
	json_key_f64(j, "low", v->low);
	json_key_f64(j, "high", v->high);
	json_end(j);
}

int stat_output_json(const struct stat_result *r, bool flat, struct buf *out, struct err *e)
{
	struct json j;
	int code = 0;

	json_init(&j, out, flat ? 0 : JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "of", r->title);
	if (!isnan(r->at))
		json_key_f64(&j, "time_s", r->at);
	json_key_f64(&j, "elapsed_s", r->elapsed);
	if (!isnan(r->user)) {
		json_key_f64(&j, "user_s", r->user);
		json_key_f64(&j, "sys_s", r->sys);
	}
	json_key(&j, "events");
	json_begin_array(&j);
	each_row(r, json_row, &j);
	json_end(&j);
	if (!r->per_place) {
		json_key(&j, "metrics");
		json_begin_array(&j);
		code = each_metric(r, json_metric, &j, e);
		json_end(&j);
	}
	json_end(&j);
	buf_add_str(out, "\n");
	return buf_error(out) < 0 ? buf_error(out) : code;
}
