/* SPDX-License-Identifier: MIT */
/* Counted events and formulas as JSON; the counts themselves are a cube. */
#include "export/page_counters.h"

#include "model/counter_meta.h"
#include "model/profile_track.h"

static void word_json(const struct formula_word *w, struct json *j)
{
	switch (w->kind) {
	case FORMULA_NUMBER:
		json_f64(j, w->number);
		break;
	case FORMULA_EVENT:
		json_begin_object_flat(j);
		json_key_u64(j, "event", w->event);
		json_end(j);
		break;
	case FORMULA_INTERVAL:
		json_str(j, "interval");
		break;
	case FORMULA_OPERATOR:
		json_str(j, w->op);
		break;
	}
}

void page_metrics_json(const struct formula *f, size_t n, struct json *j)
{
	json_key(j, "metrics");
	json_begin_array(j);
	for (const struct formula *m = f; m < f + n; m++) {
		json_begin_object_flat(j);
		json_key_str(j, "name", m->name);
		json_key_str(j, "title", m->title);
		json_key_str(j, "unit", m->unit);
		json_key_str(j, "help", m->help);
		json_key(j, "formula");
		json_begin_array_flat(j);
		for (size_t i = 0; i < m->n_words; i++)
			word_json(&m->word[i], j);
		json_end(j);
		json_end(j);
	}
	json_end(j);
}

void page_counters_json(const struct profile *p, const struct run_info *info,
			const struct formula *f, size_t n, struct json *j)
{
	json_begin_object(j);
	json_key_u64(j, "interval_ns", counter_interval(info));
	json_key(j, "events");
	json_begin_array(j);
	for (size_t i = 0; i < profile_n_events(p); i++) {
		const struct profile_event *v = profile_event_at(p, i);

		if (!(v->flags & EVENT_FLAG_COUNTED))
			continue;
		json_begin_object_flat(j);
		json_key_u64(j, "number", v->number);
		json_key_str(j, "name", v->name);
		json_key_str(j, "unit", v->unit);
		json_key_f64(j, "scale", counter_scale(info, v->number));
		json_key_bool(j, "missing", v->flags & EVENT_FLAG_MISSING);
		json_key_str(j, "note", v->note);
		json_end(j);
	}
	json_end(j);
	page_metrics_json(f, n, j);
	json_end(j);
}
