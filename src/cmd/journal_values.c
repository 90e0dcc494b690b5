/* SPDX-License-Identifier: MIT */
/*
 * The journal is read twice, as blocks that say what series are may stand behind the values: first
 * for metrics and series of all time, then for values.
 */
#include "cmd/journal_values.h"

#include <errno.h>
#include <fnmatch.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/idmap.h"
#include "base/log.h"
#include "base/strpool.h"
#include "base/timestamp.h"
#include "cmd/sealing.h"
#include "format/block.h"
#include "model/metric_track.h"
#include "model/series_table.h"
#include "model/series_ticks.h"

#define MAX_STREAMS (1u << 20)
#define MAX_SERIES  (1u << 24)

enum { SITE, HOST, RUN, TIME, METRIC, THING, CPU, VALUE, UNIT, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[SITE] = { .name = "site", .title = "Site", .type = CELL_U64, .unit = UNIT_ID },
	[HOST] = { .name = "host", .title = "Host", .type = CELL_U64, .unit = UNIT_ID },
	[RUN] = { .name = "run", .title = "Run", .type = CELL_TEXT },
	[TIME] = { .name = "time", .title = "Time", .type = CELL_TEXT },
	[METRIC] = { .name = "metric", .title = "Metric", .type = CELL_TEXT },
	[THING] = { .name = "thing", .title = "Thing", .type = CELL_TEXT },
	[CPU] = { .name = "cpu", .title = "CPU", .type = CELL_U64, .unit = UNIT_ID },
	[VALUE] = { .name = "value",
		    .title = "Value",
		    .type = CELL_F64,
		    .digits = 3,
		    .help = "as it was counted: of counters the sum since they began" },
	[UNIT] = { .name = "unit", .title = "Unit", .type = CELL_TEXT },
};

struct value_metric {
	struct series_metric is; /* name, unit, kind, scale */
	bool wanted; /* by its name */
};

struct value_series {
	uint32_t metric; /* its number */
	uint32_t cpu; /* or BATCH_CPU_NONE */
	const char *thing;
	bool wanted; /* by its thing */
};

struct values {
	const char *pattern;
	struct stream_list streams; /* hosts' runs: what numbers of metrics and series are of */
	struct idmap metric_at, series_at; /* by stream << 32 | number */
	struct value_metric *metric;
	struct value_series *series;
	uint32_t n_metrics, n_series, cap_metrics, cap_series;
	struct strpool *text;
	struct block_decoder *decoder;
	nsec_t from, to;
	uint64_t records; /* of the older tool, which are not looked into */
	uint64_t bad; /* blocks that are none */
	struct table *t;
};

static int no_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "no memory");
}

/* Room for one more behind @n of @size bytes each. */
static bool reserve(void **array, uint32_t n, uint32_t *cap, size_t size)
{
	uint32_t more = *cap ? 2 * *cap : 64;
	void *grown = n < *cap ? *array : reallocarray(*array, more, size);

	if (!grown)
		return false;
	*cap = n < *cap ? *cap : more;
	*array = grown;
	return true;
}

static bool is_wanted(const struct values *v, const char *text)
{
	return text[0] && fnmatch(v->pattern, text, 0) == 0;
}

/* ---- what series are ---- */

static int take_metrics(struct values *v, uint64_t key, const struct batch *b, struct err *e)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		const double scale = batch_f64(b, METRIC_SCALE)[i];
		const struct value_metric m = {
			.is = { .name = strpool_add(v->text, batch_text(b, METRIC_NAME, i)),
				.unit = strpool_add(v->text, batch_text(b, METRIC_UNIT, i)),
				.kind = batch_u8(b, METRIC_KIND)[i],
				.scale = scale,
				.divisor = series_divisor(scale) },
			.wanted = is_wanted(v, batch_text(b, METRIC_NAME, i)),
		};

		if (!m.is.name || !m.is.unit || v->n_metrics == MAX_SERIES ||
		    !reserve((void **)&v->metric, v->n_metrics, &v->cap_metrics, sizeof(m)) ||
		    idmap_set(&v->metric_at, key | batch_u32(b, METRIC_NUMBER)[i], v->n_metrics) <
			    0)
			return no_memory(e);
		v->metric[v->n_metrics++] = m;
	}
	return 0;
}

static int take_series(struct values *v, uint64_t key, const struct batch *b, struct err *e)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		const char *thing = batch_text(b, SERIES_INSTANCE, i);
		const struct value_series s = { .metric = batch_u32(b, SERIES_METRIC)[i],
						.cpu = batch_u32(b, SERIES_CPU)[i],
						.thing = strpool_add(v->text, thing),
						.wanted = is_wanted(v, thing) };

		if (!s.thing || v->n_series == MAX_SERIES ||
		    !reserve((void **)&v->series, v->n_series, &v->cap_series, sizeof(s)) ||
		    idmap_set(&v->series_at, key | batch_u32(b, SERIES_NUMBER)[i], v->n_series) < 0)
			return no_memory(e);
		v->series[v->n_series++] = s;
	}
	return 0;
}

/* ---- values ---- */

static void add_row(struct values *v, const struct journal_stream *s, const struct value_series *k,
		    const struct series_metric *m, nsec_t time, uint64_t raw)
{
	char run[JOURNAL_RUN_TEXT], text[TIMESTAMP_MAX];

	table_row(v->t);
	table_set_u64(v->t, SITE, s->site);
	table_set_u64(v->t, HOST, s->host);
	table_set_text(v->t, RUN, journal_run_text(s, run));
	table_set_text(v->t, TIME, journal_time_text(time, text));
	table_set_text(v->t, METRIC, m->name);
	if (k->thing[0])
		table_set_text(v->t, THING, k->thing);
	if (k->cpu != BATCH_CPU_NONE)
		table_set_u64(v->t, CPU, k->cpu);
	table_set_f64(v->t, VALUE, series_level(m, raw));
	if (m->unit[0])
		table_set_text(v->t, UNIT, m->unit);
}

static void take_values(struct values *v, uint64_t key, const struct journal_stream *s,
			const struct batch *b, nsec_t to_real)
{
	for (uint32_t i = 0; i < b->rows; i++) {
		nsec_t time = b->time[i] + to_real;
		uint32_t at = idmap_get(&v->series_at, key | batch_u32(b, VALUE_SERIES)[i]);

		if (at == IDMAP_NONE || time < v->from || (v->to && time >= v->to))
			continue;
		const struct value_series *k = &v->series[at];
		uint32_t metric = idmap_get(&v->metric_at, key | k->metric);

		if (metric != IDMAP_NONE && (k->wanted || v->metric[metric].wanted))
			add_row(v, s, k, &v->metric[metric].is, time, batch_u64(b, VALUE_VALUE)[i]);
	}
}

/* ---- entries ---- */

static int take_entry(struct values *v, const struct journal_stream *s,
		      const struct journal_entry *entry, bool values, struct err *e)
{
	const struct track *track = track_by_id(entry->track);
	struct block_info info;
	uint32_t stream;

	if (entry->bytes < BLOCK_HEADER_BYTES || block_parse_header(entry->data, &info, NULL) < 0 ||
	    block_bytes(&info) != entry->bytes || info.track != entry->track) {
		v->bad++;
		return 0;
	}
	if (stream_list_find(&v->streams, s, MAX_STREAMS, &stream) < 0)
		return no_memory(e);
	auto_ptr(batch) b = batch_new(track, info.rows);
	const uint64_t key = (uint64_t)stream << 32;

	if (!b)
		return no_memory(e);
	int r = block_decode(v->decoder, &info, entry->data + info.header_bytes, 0, b, NULL);

	if (r == -ENOMEM)
		return no_memory(e);
	v->bad += r < 0;
	if (r < 0)
		return 0;
	if (values)
		take_values(v, key, s, b, entry->first - info.first);
	else
		r = track == &track_metric ? take_metrics(v, key, b, e) : take_series(v, key, b, e);
	return r;
}

static int read_all(struct values *v, const char *path, struct keyring *keys,
		    const struct journal_filter *f, bool values, bool *ret_damaged, struct err *e)
{
	auto_ptr(journal_reader) reader = NULL;
	struct journal_reader_state st;
	struct journal_stream s;
	struct journal_entry entry;
	nsec_t shown = nsec_monotonic();
	int r = journal_reader_open(path, keys, f, &reader, e);

	while (r >= 0 && (r = journal_reader_next(reader, &s, &entry, e)) > 0) {
		bool defines = entry.track == track_metric.id || entry.track == track_series.id;

		if (entry.kind == ENTRY_RECORD)
			v->records++;
		else if (entry.kind == ENTRY_BLOCK &&
			 (values ? entry.track == track_value.id : defines))
			r = take_entry(v, &s, &entry, values, e);
		journal_reader_get(reader, &st);
		journal_progress(&shown, st.done, st.total);
	}
	if (r >= 0 && values)
		*ret_damaged = journal_tell_damage(reader) || v->bad;
	return r;
}

static int read_twice(struct values *v, const struct journal_args *a, const char *path,
		      bool *ret_damaged, struct err *e)
{
	auto_ptr(keyring) keys = NULL;
	struct journal_filter f;
	int r = journal_filter_parse(a, &f, e);

	v->from = f.from;
	v->to = f.to;
	struct journal_filter defines = f;

	defines.from = defines.to = 0;
	if (r >= 0)
		r = sealing_keyring(&a->key, a->passphrase_file, &keys, e);
	if (r >= 0)
		r = read_all(v, path, keys, &defines, false, ret_damaged, e);
	v->records = 0;
	return r < 0 ? r : read_all(v, path, keys, &f, true, ret_damaged, e);
}

int journal_values(const struct journal_args *a, const char *path, struct table **ret,
		   bool *ret_damaged, struct err *e)
{
	auto_ptr(table) t = table_new("values", "Values", columns, N_COLUMNS);
	struct values v = {
		.pattern = a->metric, .text = strpool_new(), .decoder = block_decoder_new(), .t = t
	};
	int r = t && v.text && v.decoder ? read_twice(&v, a, path, ret_damaged, e) : no_memory(e);

	if (r >= 0 && v.records)
		table_note(t,
			   "%" PRIu64 " records of perfcollector are not looked into (try: kymo "
			   "journal export, then kymo convert)",
			   v.records);
	if (r >= 0 && v.bad)
		table_note(t, "%" PRIu64 " blocks make no sense and are left out", v.bad);
	block_decoder_free(v.decoder);
	strpool_free(v.text);
	stream_list_done(&v.streams);
	idmap_done(&v.metric_at);
	idmap_done(&v.series_at);
	free(v.metric);
	free(v.series);
	if (r >= 0)
		*ret = steal_ptr(t);
	return r;
}
