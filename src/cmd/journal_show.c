/* SPDX-License-Identifier: MIT */
/* kymo journal show: entries, or the bytes of records. */
#include <errno.h>
#include <stdio.h>

#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/command.h"
#include "cmd/journal_values.h"
#include "cmd/journal_verb.h"
#include "cmd/table_answer.h"
#include "model/track.h"

enum { SITE, HOST, RUN, KIND, TRACK, FIRST, LAST, BYTES, SEGMENT, OFFSET, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[SITE] = { .name = "site", .title = "Site", .type = CELL_U64, .unit = UNIT_ID },
	[HOST] = { .name = "host", .title = "Host", .type = CELL_U64, .unit = UNIT_ID },
	[RUN] = { .name = "run", .title = "Run", .type = CELL_TEXT },
	[KIND] = { .name = "kind", .title = "Kind", .type = CELL_TEXT },
	[TRACK] = { .name = "track", .title = "Track", .type = CELL_TEXT },
	[FIRST] = { .name = "first", .title = "From", .type = CELL_TEXT },
	[LAST] = { .name = "last", .title = "To", .type = CELL_TEXT },
	[BYTES] = { .name = "bytes", .title = "Bytes", .type = CELL_U64, .unit = UNIT_BYTES },
	[SEGMENT] = { .name = "segment",
		      .title = "Segment",
		      .type = CELL_U64,
		      .unit = UNIT_ID,
		      .flags = TABLE_COLUMN_WIDE },
	[OFFSET] = { .name = "offset",
		     .title = "Offset",
		     .type = CELL_U64,
		     .unit = UNIT_ID,
		     .flags = TABLE_COLUMN_WIDE },
};

static const char *kind_text(unsigned int kind, char ret[24])
{
	static const char *const name[] = { [ENTRY_BLOCK] = "block",
					    [ENTRY_RECORD] = "record",
					    [ENTRY_BEGIN] = "begin",
					    [ENTRY_END] = "end" };

	if (kind < ARRAY_SIZE(name) && name[kind])
		return name[kind];
	(void)snprintf(ret, 24, "kind %u", kind);
	return ret;
}

static void add_row(struct table *t, const struct journal_stream *s,
		    const struct journal_entry *entry, const struct journal_reader_state *st)
{
	char run[JOURNAL_RUN_TEXT], kind[24], time[TIMESTAMP_MAX];

	table_row(t);
	table_set_u64(t, SITE, s->site);
	table_set_u64(t, HOST, s->host);
	table_set_text(t, RUN, journal_run_text(s, run));
	table_set_text(t, KIND, kind_text(entry->kind, kind));
	if (entry->kind == ENTRY_BLOCK) {
		const struct track *track = track_by_id(entry->track);

		(void)snprintf(kind, sizeof(kind), "track %u", entry->track);
		table_set_text(t, TRACK, track ? track->name : kind);
	}
	table_set_text(t, FIRST, journal_time_text(entry->first, time));
	table_set_text(t, LAST, journal_time_text(entry->last, time));
	table_set_u64(t, BYTES, entry->bytes);
	table_set_u64(t, SEGMENT, st->place_segment);
	table_set_u64(t, OFFSET, st->place_offset);
}

static int show(struct journal_reader *reader, struct table *t, bool records, struct err *e)
{
	struct journal_reader_state st;
	struct journal_stream s;
	struct journal_entry entry;
	nsec_t shown = nsec_monotonic();
	int r;

	while ((r = journal_reader_next(reader, &s, &entry, e)) > 0) {
		journal_reader_get(reader, &st);
		if (!records)
			add_row(t, &s, &entry, &st);
		else if (entry.kind == ENTRY_RECORD)
			(void)fwrite(entry.data, 1, entry.bytes, stdout);
		journal_progress(&shown, st.done, st.total);
	}
	return r;
}

static int show_values(const struct journal_args *a, const char *path)
{
	auto_ptr(table) t = NULL;
	struct err e = { 0 };
	bool damaged = false;
	int r = journal_values(a, path, &t, &damaged, &e);

	if (r >= 0 && table_error(t) < 0)
		r = err_set(&e, -ENOMEM, "no memory");
	if (r >= 0)
		r = table_answer(t, a->json, a->csv);
	log_progress_done();
	if (r < 0)
		return journal_failed(&e, r);
	return damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int show_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	if (a->metric && (a->track || a->records))
		return command_misused("journal", "--metric shows values, not blocks or records");
	if (a->metric)
		return show_values(a, word[0]);
	auto_ptr(keyring) keys = NULL;
	auto_ptr(journal_reader) reader = NULL;
	auto_ptr(table) t = table_new("entries", "Entries", columns, N_COLUMNS);
	struct err e = { 0 };
	bool damaged = false;
	int r = t ? journal_open(a, word[0], &keys, &reader, &e)
		  : err_set(&e, -ENOMEM, "no memory");

	(void)n;
	if (r >= 0)
		r = show(reader, t, a->records, &e);
	if (r >= 0)
		damaged = journal_tell_damage(reader);
	if (r >= 0 && table_error(t) < 0)
		r = err_set(&e, -ENOMEM, "no memory");
	if (r >= 0 && !a->records)
		r = table_answer(t, a->json, a->csv);
	log_progress_done();
	if (r < 0)
		return journal_failed(&e, r);
	return damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_show = {
	.name = "show",
	.usage = "DIR",
	.summary = "its entries; --records: what records hold; --metric: values",
	.min_words = 1,
	.max_words = 1,
	.run = show_run,
};
