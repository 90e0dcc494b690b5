/* SPDX-License-Identifier: MIT */
/* kymo journal list: the runs in a journal, or its segments. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/journal_verb.h"
#include "cmd/table_answer.h"
#include "format/journal_folder.h"
#include "format/journal_segment.h"

/* ---- segments ---- */

enum { SEG_NUMBER, SEG_BEGUN, SEG_FIRST, SEG_EPOCH, SEG_BYTES, SEG_RECIPIENTS, SEG_STATE, N_SEG };

static const struct table_column segment_columns[N_SEG] = {
	[SEG_NUMBER] = { .name = "segment",
			 .title = "Segment",
			 .type = CELL_U64,
			 .unit = UNIT_ID,
			 .flags = TABLE_COLUMN_KEY },
	[SEG_BEGUN] = { .name = "begun", .title = "Begun", .type = CELL_TEXT },
	[SEG_FIRST] = { .name = "first_frame",
			.title = "First frame",
			.type = CELL_U64,
			.unit = UNIT_ID },
	[SEG_EPOCH] = { .name = "epoch", .title = "Epoch", .type = CELL_U64, .unit = UNIT_ID },
	[SEG_BYTES] = { .name = "bytes", .title = "Size", .type = CELL_U64, .unit = UNIT_BYTES },
	[SEG_RECIPIENTS] = { .name = "recipients",
			     .title = "Recipients",
			     .type = CELL_U64,
			     .unit = UNIT_COUNT },
	[SEG_STATE] = { .name = "state", .title = "State", .type = CELL_TEXT },
};

/* True when it is whole. */
static bool add_segment(struct table *t, int dir_fd, uint64_t number)
{
	auto_ptr(journal_segment) s = NULL;
	struct err e = { 0 };
	char time[TIMESTAMP_MAX];
	int r = journal_segment_open(dir_fd, number, &s, &e);

	table_row(t);
	table_set_u64(t, SEG_NUMBER, number);
	if (r < 0) {
		table_set_text(t, SEG_STATE, err_text(&e, r));
		return false;
	}
	table_set_text(t, SEG_BEGUN, journal_time_text(s->header.created, time));
	table_set_u64(t, SEG_FIRST, s->header.first_seq);
	table_set_u64(t, SEG_EPOCH, s->header.epoch);
	table_set_u64(t, SEG_BYTES, s->size);
	table_set_u64(t, SEG_RECIPIENTS, s->header.n_recipients);
	table_set_text(t, SEG_STATE, s->damaged_copies ? "one header is damaged" : "");
	return !s->damaged_copies;
}

static int list_segments(const char *path, struct table **ret, bool *ret_damaged, struct err *e)
{
	auto_close int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_ptr(table) t = table_new("segments", "Segments", segment_columns, N_SEG);
	auto_free uint64_t *list = NULL;
	size_t n = 0;
	int r = dir_fd < 0 ? err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno))
			   : seal_ready(e);

	if (r >= 0 && !t)
		r = err_set(e, -ENOMEM, "no memory");
	if (r >= 0)
		r = journal_folder_list(dir_fd, &list, &n, e);
	if (r >= 0 && !n)
		r = err_set(e, -ENOENT, "'%s': no segment of a journal is in there", path);
	for (size_t i = 0; i < n && r >= 0; i++)
		*ret_damaged = !add_segment(t, dir_fd, list[i]) || *ret_damaged;
	if (r < 0)
		return r;
	*ret = steal_ptr(t);
	return 0;
}

/* ---- runs ---- */

enum { SITE, HOST, RUN, NAME, FIRST, LAST, BYTES, ENTRIES, ENDED, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[SITE] = { .name = "site",
		   .title = "Site",
		   .type = CELL_U64,
		   .unit = UNIT_ID,
		   .flags = TABLE_COLUMN_KEY },
	[HOST] = { .name = "host",
		   .title = "Host",
		   .type = CELL_U64,
		   .unit = UNIT_ID,
		   .flags = TABLE_COLUMN_KEY },
	[RUN] = { .name = "run", .title = "Run", .type = CELL_TEXT, .flags = TABLE_COLUMN_KEY },
	[NAME] = { .name = "name", .title = "Name", .type = CELL_TEXT },
	[FIRST] = { .name = "first", .title = "From", .type = CELL_TEXT },
	[LAST] = { .name = "last", .title = "To", .type = CELL_TEXT },
	[BYTES] = { .name = "bytes", .title = "Bytes", .type = CELL_U64, .unit = UNIT_BYTES },
	[ENTRIES] = { .name = "entries", .title = "Entries", .type = CELL_U64, .unit = UNIT_COUNT },
	[ENDED] = { .name = "ended",
		    .title = "Ended",
		    .type = CELL_TEXT,
		    .help = "yes: the run's end is there and counts as many entries; no: it "
			    "counts others; open: there is none" },
};

struct run {
	struct journal_stream stream;
	nsec_t first, last;
	uint64_t bytes, entries;
	uint64_t expected; /* by its end, with begin and end */
	bool ended;
	char name[64];
};

#define RUNS_MAX ((size_t)1 << 24)

struct runs {
	struct run *run;
	size_t n, cap;
	struct stream_list streams; /* in the same order: finds a run by hash */
};

static struct run *run_of(struct runs *l, const struct journal_stream *s)
{
	uint32_t at;

	if (stream_list_find(&l->streams, s, RUNS_MAX, &at) < 0)
		return NULL;
	if (at < l->n)
		return &l->run[at];
	if (l->n == l->cap) {
		size_t cap = l->cap ? 2 * l->cap : 64;
		struct run *grown = reallocarray(l->run, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		l->run = grown;
		l->cap = cap;
	}
	l->run[l->n] = (struct run){ .stream = *s, .first = NSEC_MAX };
	return &l->run[l->n++];
}

static int sum_rows(struct journal_reader *reader, struct runs *l, struct err *e)
{
	struct journal_stream s;
	struct journal_row row;
	nsec_t shown = nsec_monotonic();
	int r;

	while ((r = journal_reader_next_row(reader, &s, &row, e)) > 0) {
		struct journal_reader_state st;
		struct run *run = run_of(l, &s);

		if (!run)
			return err_set(e, -ENOMEM, "no memory");
		run->first = min_of(run->first, row.first);
		run->last = max_of(run->last, row.last);
		run->bytes += row.payload_bytes;
		run->entries += row.entries;
		journal_reader_get(reader, &st);
		journal_progress(&shown, st.done, st.total);
	}
	return r;
}

/* Begins tell the name, ends how much there should be. */
static int read_ends(const struct journal_args *a, const char *path, struct keyring *keys,
		     struct runs *l, bool *ret_damaged, struct err *e)
{
	auto_ptr(journal_reader) reader = NULL;
	struct journal_filter f;
	struct journal_stream s;
	struct journal_entry entry;
	int r = journal_filter_parse(a, &f, e);

	f.kinds = 1u << ENTRY_BEGIN | 1u << ENTRY_END;
	if (r >= 0)
		r = journal_reader_open(path, keys, &f, &reader, e);
	while (r >= 0 && (r = journal_reader_next(reader, &s, &entry, e)) > 0) {
		struct run *run = run_of(l, &s);

		if (!run)
			return err_set(e, -ENOMEM, "no memory");
		if (entry.kind == ENTRY_END && entry.bytes == 8) {
			run->ended = true;
			run->expected += get_le64(entry.data) + 2;
		} else if (entry.kind == ENTRY_BEGIN && entry.bytes > 5 &&
			   !memcmp(entry.data, "name=", 5)) {
			const char *name = (const char *)entry.data + 5;
			const char *end = memchr(name, '\n', entry.bytes - 5);

			(void)snprintf(run->name, sizeof(run->name), "%.*s",
				       (int)(end ? end - name : 0), name);
		}
	}
	if (r >= 0)
		*ret_damaged = journal_tell_damage(reader) || *ret_damaged;
	return r;
}

static void add_run(struct table *t, const struct run *run, bool windowed)
{
	char text[JOURNAL_RUN_TEXT], time[TIMESTAMP_MAX];

	table_row(t);
	table_set_u64(t, SITE, run->stream.site);
	table_set_u64(t, HOST, run->stream.host);
	table_set_text(t, RUN, journal_run_text(&run->stream, text));
	if (run->name[0])
		table_set_text(t, NAME, run->name);
	table_set_text(t, FIRST, journal_time_text(run->first, time));
	table_set_text(t, LAST, journal_time_text(run->last, time));
	table_set_u64(t, BYTES, run->bytes);
	table_set_u64(t, ENTRIES, run->entries);
	if (!windowed && !run->stream.is_number)
		table_set_text(t, ENDED,
			       run->ended && run->entries == run->expected ? "yes"
			       : run->ended				   ? "no"
									   : "open");
}

static int list_runs(const struct journal_args *a, const char *path, struct table **ret,
		     bool *ret_damaged, struct err *e)
{
	auto_ptr(keyring) keys = NULL;
	auto_ptr(journal_reader) reader = NULL;
	auto_ptr(table) t = table_new("runs", "Runs", columns, N_COLUMNS);
	struct runs l = { 0 };
	int r = t ? journal_open(a, path, &keys, &reader, e) : err_set(e, -ENOMEM, "no memory");

	if (r >= 0)
		r = sum_rows(reader, &l, e);
	if (r >= 0)
		r = read_ends(a, path, keys, &l, ret_damaged, e);
	/* What a walk left out; where there is an index, that was all that was read. */
	if (r >= 0 && !*ret_damaged)
		*ret_damaged = journal_tell_damage(reader);
	for (size_t i = 0; i < l.n && r >= 0; i++)
		add_run(t, &l.run[i], a->from || a->to);
	free(l.run);
	stream_list_done(&l.streams);
	if (r < 0)
		return r;
	*ret = steal_ptr(t);
	return 0;
}

static int list_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(table) t = NULL;
	bool damaged = false;
	struct err e = { 0 };

	(void)n;
	int r = a->segments ? list_segments(word[0], &t, &damaged, &e)
			    : list_runs(a, word[0], &t, &damaged, &e);

	if (r >= 0 && table_error(t) < 0)
		r = err_set(&e, -ENOMEM, "no memory");
	if (r >= 0)
		r = table_answer(t, a->json, a->csv);
	if (r < 0)
		return journal_failed(&e, r);
	return damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_list = {
	.name = "list",
	.usage = "DIR",
	.summary = "the runs that are in it; --segments: its files",
	.min_words = 1,
	.max_words = 1,
	.run = list_run,
};
