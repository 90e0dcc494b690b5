/* SPDX-License-Identifier: MIT */
/* What was sampled and counted, how much of it there is, and what could not be had. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/analysis.h"
#include "analysis/sample_sums.h"
#include "base/quantity.h"
#include "model/profile_track.h"

enum {
	EVENT,
	HOW,
	SAMPLES,
	WEIGHT,
	COUNTED,
	UNIT,
	PERIOD,
	FREQ,
	RUNNING,
	MODE,
	NOTE,
	N_COLUMNS,
};

static const struct table_column columns[N_COLUMNS] = {
	[EVENT] = { .name = "event",
		    .title = "Event",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY,
		    .help = "as it was asked for" },
	[HOW] = { .name = "how",
		  .title = "How",
		  .type = CELL_TEXT,
		  .flags = TABLE_COLUMN_KEY,
		  .help = "sampled, counted, chains (call chains of threads that block), or "
			  "missing" },
	[SAMPLES] = { .name = "samples",
		      .title = "Samples",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_ADDS,
		      .help = "samples that the filters take" },
	[WEIGHT] = { .name = "weight",
		     .title = "Weight",
		     .type = CELL_U64,
		     .unit = UNIT_COUNT,
		     .flags = TABLE_COLUMN_ADDS,
		     .help = "what the samples stand for, in the event's unit" },
	[COUNTED] = { .name = "counted",
		      .title = "Counted",
		      .type = CELL_U64,
		      .unit = UNIT_COUNT,
		      .flags = TABLE_COLUMN_ADDS,
		      .help = "what its counters counted while they ran, in the event's unit" },
	[UNIT] = { .name = "unit",
		   .title = "Unit",
		   .type = CELL_TEXT,
		   .help = "ns, bytes ...; missing: events" },
	[PERIOD] = { .name = "period",
		     .title = "Period",
		     .type = CELL_U64,
		     .unit = UNIT_COUNT,
		     .help = "a sample every so many; missing: by frequency" },
	[FREQ] = { .name = "freq",
		   .title = "Hz",
		   .type = CELL_U64,
		   .unit = UNIT_COUNT,
		   .help = "samples per second that were asked for" },
	[RUNNING] = { .name = "running_pct",
		      .title = "% running",
		      .type = CELL_F64,
		      .unit = UNIT_PCT,
		      .digits = 1,
		      .help = "part of the time for which the counters ran (multiplexing)" },
	[MODE] = { .name = "mode",
		   .title = "Mode",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_WIDE,
		   .help = "user or kernel only, precise" },
	[NOTE] = { .name = "note",
		   .title = "Note",
		   .type = CELL_TEXT,
		   .help = "why it could not be had, or how it was" },
};

#define KINDS (COUNTER_TASK + 1)

struct counted {
	uint64_t rows, value, enabled, running;
};

struct events {
	struct sample_sums sums;
	struct counted *counted; /* by event number and kind */
};

/* The same time counted per CPU, task or slice: one of them, the first that there is. */
static const unsigned int kinds[] = { COUNTER_CPU, COUNTER_TASK, COUNTER_SLICE };

static int begin(struct analysis_pass *p, struct err *e)
{
	struct events *v = p->state;

	v->counted = calloc(((size_t)UINT16_MAX + 1) * KINDS, sizeof(*v->counted));
	return v->counted ? 0 : err_set(e, -ENOMEM, "out of memory");
}

static int take_rows(struct analysis_pass *p, const struct batch *b, struct err *e)
{
	struct events *v = p->state;

	if (b->track == &track_sample)
		return sample_sums_take(&v->sums, p, b, e);
	if (b->track != &track_counter)
		return 0;
	for (uint32_t i = 0; i < b->rows; i++) {
		unsigned int kind = batch_u8(b, COUNTER_KIND)[i];

		if (kind >= KINDS)
			continue;
		if (kind != COUNTER_CPU && p->args->task) {
			uint32_t task = task_index_get(p->index, batch_u32(b, COUNTER_TID)[i],
						       b->time[i], b->cpu);

			if (task == TASKS_NONE)
				return err_set(e, -ENOMEM, "out of memory");
			if (!sample_wanted(p, task))
				continue;
		}
		struct counted *c =
			&v->counted[batch_u16(b, COUNTER_EVENT)[i] * (size_t)KINDS + kind];

		c->rows++;
		c->value += batch_u64(b, COUNTER_VALUE)[i];
		c->enabled += batch_u64(b, COUNTER_ENABLED)[i];
		c->running += batch_u64(b, COUNTER_RUNNING)[i];
	}
	return 0;
}

static const struct counted *counted_of(const struct events *v, uint16_t number)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		const struct counted *c = &v->counted[number * (size_t)KINDS + kinds[i]];

		if (c->rows)
			return c;
	}
	return NULL;
}

static const char *mode_of(uint32_t flags)
{
	static const char *const names[] = {
		"",	   "user",	    "kernel",	       "user, kernel",
		"precise", "user, precise", "kernel, precise", "user, kernel, precise"
	};

	return names[flags & (EVENT_FLAG_USER | EVENT_FLAG_KERNEL | EVENT_FLAG_PRECISE)];
}

static void describe(struct table *t, const struct profile_event *event)
{
	if (event->unit[0])
		table_set_text(t, UNIT, event->unit);
	if (event->period)
		table_set_u64(t, PERIOD, event->period);
	if (event->freq)
		table_set_u64(t, FREQ, event->freq);
	if (mode_of(event->flags)[0])
		table_set_text(t, MODE, mode_of(event->flags));
	if (event->note[0])
		table_set_text(t, NOTE, event->note);
}

static void put_row(const struct events *v, struct table *t, const struct profile_event *event)
{
	const struct counted *c = counted_of(v, event->number);
	const struct sample_event *s = NULL;
	bool missing = event->flags & EVENT_FLAG_MISSING;

	for (unsigned int i = 0; i < v->sums.n_events; i++)
		if (v->sums.event[i].number == event->number)
			s = &v->sums.event[i];
	table_row(t);
	table_set_text(t, EVENT, event->name);
	table_set_text(t, HOW,
		       missing				   ? "missing"
		       : event->flags & EVENT_FLAG_COUNTED ? "counted"
		       : event->flags & EVENT_FLAG_OFF_CPU ? "chains"
							   : "sampled");
	describe(t, event);
	if (s || !(event->flags & (EVENT_FLAG_COUNTED | EVENT_FLAG_MISSING)))
		table_set_u64(t, SAMPLES, s ? s->samples : 0);
	if (s && !s->chains)
		table_set_u64(t, WEIGHT, s->weight);
	if (!c)
		return;
	table_set_u64(t, COUNTED, c->value);
	if (c->enabled)
		table_set_f64(t, RUNNING, 100.0 * (double)c->running / (double)c->enabled);
}

static int finish(struct analysis_pass *p, struct err *e)
{
	struct events *v = p->state;
	struct answer *a = p->answer;
	size_t sampled = 0, counted = 0, missing = 0;

	a->table = table_new("events", "Events", columns, N_COLUMNS);
	if (!a->table)
		return err_set(e, -ENOMEM, "out of memory");
	for (size_t i = 0; i < profile_n_events(p->profile); i++) {
		const struct profile_event *event = profile_event_at(p->profile, i);

		put_row(v, a->table, event);
		if (event->flags & EVENT_FLAG_MISSING)
			missing++;
		else if (event->flags & EVENT_FLAG_COUNTED)
			counted++;
		else
			sampled++;
	}
	for (unsigned int i = 0; i < v->sums.n_events; i++)
		if (!v->sums.event[i].event)
			table_note(a->table,
				   "samples of event number %u, which the file does not describe",
				   v->sums.event[i].number);
	if (sampled)
		answer_fact(a, "sampled", "%zu", sampled);
	if (counted)
		answer_fact(a, "counted", "%zu", counted);
	if (missing)
		answer_fact(a, "not to be had", "%zu", missing);
	return 0;
}

static void done(struct analysis_pass *p)
{
	struct events *v = p->state;

	sample_sums_done(&v->sums);
	free(v->counted);
}

static const struct track *const needs_any[] = { &track_event, &track_sample, &track_counter,
						 NULL };

const struct analysis analysis_events = {
	.name = "events",
	.title = "Events",
	.summary = "what was sampled and counted, and what could not be had",
	.help = "Every event that the recording asked for: how many samples there are of it and "
		"what they stand for, what its counters counted (per CPU where they were read so, "
		"else per task), and for those that this machine could not give, why. Counters "
		"that had to share a place ran for part of the time only; their count is what "
		"they saw then, not scaled up.",
	.needs_any = needs_any,
	.profile = true,
	.state_bytes = sizeof(struct events),
	.begin = begin,
	.take_rows = take_rows,
	.finish = finish,
	.done = done,
};
