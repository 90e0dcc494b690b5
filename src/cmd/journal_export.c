/* SPDX-License-Identifier: MIT */
/*
 * kymo journal export: the recordings that are in it, block by block as they were, a file each; and
 * records, as lines or as a journal of perfcollector. What is missing of a run is a loss in its
 * recording.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "cmd/command.h"
#include "cmd/journal_verb.h"
#include "cmd/journal_verdict.h"
#include "cmd/sealing.h"
#include "export/answer_json.h"
#include "format/json.h"
#include "format/perfcollector_journal.h"
#include "format/recording.h"
#include "model/file_track.h"

#define FILES_MAX 500u /* open at a time */

/* A block by its number in its recording. */
struct seen {
	uint64_t seq;
	uint32_t crc;
};

/* A run's file: of its blocks, or of its records. */
struct out {
	struct journal_stream stream;
	bool is_records;
	char name[80]; /* in the folder */
	struct new_file *file;
	struct recording_writer *writer; /* blocks */
	uint64_t blocks, records;
	/* A run may be in the journal several times, the first times in part: blocks since its last
	 * begin, how many there should be by its last end, and whether that was so once. */
	uint64_t since_begin, expected;
	bool ended, whole;
	struct seen *seen; /* of each block that was taken */
	size_t cap_seen;
	uint64_t others; /* of the same number, but not the same */
	nsec_t before; /* first time of the block before */
	int64_t to_mono; /* what CLOCK_REALTIME is ahead of the run's clock */
	bool has_clock;
	uint64_t gaps;
};

struct export
{
	const struct journal_args *a;
	struct journal_filter filter;
	int dir_fd;
	struct out *out;
	unsigned int n;
	int older_fd; /* of --licence; or -1 */
	uint8_t *older_key;
	uint64_t records;
	bool incomplete, made_folder;
};

/* ---- files ---- */

static bool is_taken(const struct export *x, const char *name)
{
	for (unsigned int i = 0; i < x->n; i++)
		if (!strcmp(x->out[i].name, name))
			return true;
	return false;
}

/* Half of a run's id: where that is not enough to tell runs apart, "-2" and so on behind it. */
static void name_file(const struct export *x, struct out *o)
{
	char run[JOURNAL_RUN_TEXT], number[16] = "";
	const char *text = journal_run_text(&o->stream, run);

	for (unsigned int n = 2; n == 2 || is_taken(x, o->name); n++) {
		(void)snprintf(o->name, sizeof(o->name), "%" PRIu64 "-%" PRIu64 "-%s%s%s",
			       o->stream.site, o->stream.host, text[0] == '#' ? text + 1 : text,
			       number, o->is_records ? ".jsonl" : ".kymo");
		(void)snprintf(number, sizeof(number), "-%u", n);
	}
}

static int open_file(struct export *x, struct out *o, struct err *e)
{
	name_file(x, o);
	/* Not through a link that somebody put there, nor with the permissions of his file. */
	int r = new_file_open_at(x->dir_fd, o->name, 0600, NEW_FILE_OWN, &o->file, e);

	if (r < 0 || o->is_records)
		return r;
	int fd = fcntl(new_file_fd(o->file), F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return err_set(e, -errno, "cannot write '%s': %s", o->name, strerror(errno));
	r = recording_create_fd(fd, o->name, NULL, &o->writer, e);
	if (r >= 0)
		r = recording_writer_set_identity(o->writer, o->stream.run, o->stream.created, e);
	return r;
}

static struct out *out_of(struct export *x, const struct journal_stream *s, bool is_records,
			  struct err *e)
{
	for (unsigned int i = x->n; i-- > 0;)
		if (x->out[i].is_records == is_records &&
		    journal_stream_equal(&x->out[i].stream, s))
			return &x->out[i];
	if (x->n == FILES_MAX) {
		err_set(e, -EMFILE, "more than %u runs (try: --host, --run, --from, --to)",
			FILES_MAX);
		return NULL;
	}
	struct out *o = &x->out[x->n];

	*o = (struct out){ .stream = *s, .is_records = is_records };
	if (open_file(x, o, e) < 0) {
		recording_writer_free(o->writer);
		new_file_free(o->file);
		return NULL;
	}
	x->n++;
	return o;
}

/* ---- blocks ---- */

static int put_loss(struct out *o, nsec_t from, nsec_t to, enum loss_cause cause, struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_loss, 1);

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = from;
	batch_u64(b, LOSS_END)[0] = max_of(from, to);
	batch_u16(b, LOSS_TRACK)[0] = 0;
	batch_u64(b, LOSS_COUNT)[0] = 0;
	batch_u8(b, LOSS_CAUSE)[0] = (uint8_t)cause;
	return sink_write(recording_writer_sink(o->writer), b, e);
}

static bool is_windowed(const struct export *x)
{
	return x->filter.from || x->filter.to;
}

static uint64_t next_seq(const struct out *o)
{
	return o->blocks ? o->seen[o->blocks - 1].seq + 1 : 0;
}

/* A run that was appended again: what was taken before stays as it is. */
static bool is_repeat(struct out *o, const struct block_info *info)
{
	size_t from = 0, to = (size_t)o->blocks;

	if (info->seq >= next_seq(o))
		return false;
	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (o->seen[middle].seq < info->seq)
			from = middle + 1;
		else
			to = middle;
	}
	/* One that the time before lacked has no place any more: it is entered as lost there. */
	o->others += o->seen[from].seq == info->seq && o->seen[from].crc != info->payload_crc;
	return true;
}

/* Blocks were numbered one by one, but for the index, which is made anew. */
static int take_number(struct export *x, struct out *o, const struct block_info *info,
		       struct err *e)
{
	const bool gap = o->blocks && info->seq > next_seq(o) && !is_windowed(x);
	int r = gap ? put_loss(o, o->before, info->last, LOSS_DAMAGE, e) : 0;

	if (o->blocks == o->cap_seen) {
		size_t cap = o->cap_seen ? 2 * o->cap_seen : 256;
		struct seen *grown = reallocarray(o->seen, cap, sizeof(*grown));

		if (!grown)
			return err_set(e, -ENOMEM, "no memory");
		o->seen = grown;
		o->cap_seen = cap;
	}
	o->seen[o->blocks++] = (struct seen){ info->seq, info->payload_crc };
	o->gaps += gap;
	if (info->track >= TRACK_FIRST_EVENT)
		o->before = info->first;
	return r;
}

static int put_block(struct export *x, struct out *o, const struct journal_entry *entry,
		     struct err *e)
{
	struct block_info info;
	auto_free uint8_t *copy = malloc(entry->bytes + 1);

	if (!copy)
		return err_set(e, -ENOMEM, "no memory");
	if (entry->bytes < BLOCK_HEADER_BYTES || block_parse_header(entry->data, &info, NULL) < 0 ||
	    block_bytes(&info) != entry->bytes) {
		log_warn("%s: what is kept as a block is none, left out", o->name);
		x->incomplete = true;
		return 0;
	}
	o->since_begin++;
	if (is_repeat(o, &info))
		return 0;
	if (info.track >= TRACK_FIRST_EVENT && !o->has_clock) {
		o->to_mono = (int64_t)(entry->first - info.first);
		o->has_clock = true;
	}
	int r = take_number(x, o, &info, e);

	memcpy(copy, entry->data, entry->bytes);
	return r < 0 ? r : recording_writer_add_block(o->writer, copy, entry->bytes, e);
}

/* What the window cut away was recorded, but is not in the file. */
static int put_window(struct export *x, struct out *o, struct err *e)
{
	int r = 0;

	if (!is_windowed(x) || !o->has_clock)
		return 0;
	const nsec_t from = x->filter.from - (nsec_t)o->to_mono;
	const nsec_t to = x->filter.to - (nsec_t)o->to_mono;

	if (x->filter.from && x->filter.from > (nsec_t)o->to_mono)
		r = put_loss(o, 0, from, LOSS_LIMIT, e);
	if (r >= 0 && x->filter.to && x->filter.to > (nsec_t)o->to_mono)
		r = put_loss(o, to, NSEC_MAX / 2, LOSS_LIMIT, e);
	return r;
}

/* ---- records ---- */

static int put_record(struct export *x, const struct journal_stream *s,
		      const struct journal_entry *entry, struct err *e)
{
	x->records++;
	if (x->older_fd >= 0)
		return perfcollector_append(x->older_fd, x->older_key, entry->data, entry->bytes,
					    e);
	struct out *o = out_of(x, s, true, e);

	if (!o)
		return -EIO;
	o->records++;
	int r = file_write_all(new_file_fd(o->file), entry->data, entry->bytes);

	if (r >= 0 && entry->bytes && entry->data[entry->bytes - 1] != '\n')
		r = file_write_all(new_file_fd(o->file), "\n", 1);
	return r < 0 ? err_set(e, r, "cannot write '%s': %s", o->name, strerror(-r)) : 0;
}

/* ---- all of it ---- */

static int put_entry(struct export *x, const struct journal_stream *s,
		     const struct journal_entry *entry, struct err *e)
{
	struct out *o;

	if (entry->kind == ENTRY_RECORD)
		return put_record(x, s, entry, e);
	if (x->older_fd >= 0 || entry->kind < ENTRY_BLOCK || entry->kind > ENTRY_END)
		return 0;
	o = out_of(x, s, false, e);
	if (!o)
		return e->code ? e->code : -EIO;
	if (entry->kind == ENTRY_BLOCK)
		return put_block(x, o, entry, e);
	if (entry->kind == ENTRY_BEGIN) {
		o->since_begin = 0;
		return 0;
	}
	o->ended = true;
	o->expected = entry->bytes == 8 ? get_le64(entry->data) : 0;
	o->whole = o->whole || o->since_begin == o->expected;
	return 0;
}

static int finish(struct export *x, struct out *o, struct err *e)
{
	int r = 0;

	if (o->writer) {
		const bool lacks = !is_windowed(x) && !o->whole;

		if (o->others)
			log_warn(
				"%s: it is in the journal several times, and not the same: %" PRIu64
				" blocks of another are left out",
				o->name, o->others);
		x->incomplete = x->incomplete || o->others;
		if (lacks || o->gaps) {
			log_warn("%s: %" PRIu64 " of %" PRIu64 " blocks%s", o->name, o->blocks,
				 o->expected, o->ended ? "" : ", and no end");
			x->incomplete = true;
		}
		r = put_window(x, o, e);
		if (r >= 0)
			r = recording_writer_close(o->writer, e);
	}
	return r < 0 ? r : new_file_commit(o->file, e);
}

static int copy_all(struct export *x, struct journal_reader *reader, struct err *e)
{
	struct journal_reader_state st;
	struct journal_stream s;
	struct journal_entry entry;
	nsec_t shown = nsec_monotonic();
	int r;

	while ((r = journal_reader_next(reader, &s, &entry, e)) > 0) {
		r = put_entry(x, &s, &entry, e);
		if (r < 0)
			return r;
		journal_reader_get(reader, &st);
		journal_progress(&shown, st.done, st.total);
	}
	if (r >= 0)
		x->incomplete |= journal_tell_damage(reader);
	for (unsigned int i = 0; i < x->n && r >= 0; i++)
		r = finish(x, &x->out[i], e);
	return r;
}

static int answer(const struct export *x)
{
	struct json j;
	auto_buf b;

	buf_init(&b, 0);
	if (!x->a->json) {
		for (unsigned int i = 0; i < x->n; i++)
			printf("%s/%s\n", x->a->output, x->out[i].name);
		if (x->older_fd >= 0)
			log_info("%s: %" PRIu64 " records", x->a->output, x->records);
		return 0;
	}
	json_init(&j, &b, JSON_PRETTY);
	json_begin_object(&j);
	json_key_bool(&j, "complete", !x->incomplete);
	json_key_u64(&j, "records", x->records);
	json_key(&j, "files");
	json_begin_array(&j);
	for (unsigned int i = 0; i < x->n; i++) {
		const struct out *o = &x->out[i];

		json_begin_object_flat(&j);
		json_key_str(&j, "file", o->name);
		json_key_u64(&j, "site", o->stream.site);
		json_key_u64(&j, "host", o->stream.host);
		json_key_u64(&j, "blocks", o->blocks);
		json_key_u64(&j, "records", o->records);
		json_end(&j);
	}
	json_end(&j);
	json_end(&j);
	return json_drain(&j, stdout);
}

/* The folder, or with --licence the file. */
static int open_output(struct export *x, struct new_file **ret_older, struct err *e)
{
	const struct journal_args *a = x->a;

	if (a->licence) {
		int r = perfcollector_key(a->site, a->site_name, a->licence, x->older_key, e);

		if (r >= 0)
			r = new_file_open(a->output, 0600, 0, ret_older, e);
		if (r >= 0)
			x->older_fd = new_file_fd(*ret_older);
		return r;
	}
	x->made_folder = mkdir(a->output, 0700) == 0;
	if (!x->made_folder && errno != EEXIST)
		return err_set(e, -errno, "cannot create '%s': %s", a->output, strerror(errno));
	x->dir_fd = open(a->output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return x->dir_fd < 0
		       ? err_set(e, -errno, "cannot open '%s': %s", a->output, strerror(errno))
		       : 0;
}

static int export_all(struct export *x, const char *path, struct err *e)
{
	auto_ptr(keyring) keys = NULL;
	auto_ptr(journal_reader) reader = NULL;
	auto_ptr(new_file) older = NULL;
	int r = journal_open(x->a, path, &keys, &reader, e);

	if (r >= 0)
		r = journal_filter_parse(x->a, &x->filter, e);
	if (r >= 0)
		r = journal_verify_first(x->a, path, keys, &x->incomplete, e);
	x->older_key = r < 0 ? NULL : seal_alloc(SEAL_KEY_BYTES);
	x->out = calloc(FILES_MAX, sizeof(*x->out));
	if (r >= 0 && (!x->out || !x->older_key))
		r = err_set(e, -ENOMEM, "no memory");
	if (r >= 0)
		r = open_output(x, &older, e);
	if (r >= 0)
		r = copy_all(x, reader, e);
	if (r >= 0 && !x->n && !x->records)
		r = err_set(e, -ENOENT,
			    "'%s' holds nothing of what is asked for, nothing is written (try: "
			    "kymo journal list)",
			    path);
	if (r >= 0 && older)
		r = new_file_commit(older, e);
	for (unsigned int i = 0; i < x->n; i++) {
		recording_writer_free(x->out[i].writer);
		new_file_free(x->out[i].file);
		free(x->out[i].seen);
	}
	seal_free(x->older_key);
	if (r < 0 && x->made_folder)
		(void)rmdir(x->a->output);
	return r < 0 ? r : answer(x);
}

static int export_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	struct export x = { .a = a, .dir_fd = -1, .older_fd = -1 };
	struct err e = { 0 };

	(void)n;
	if (!a->output)
		return command_misused("journal", "export takes -o: where to");
	if (a->track)
		return command_misused("journal", "--track is for show: recordings have all of "
						  "their tracks");
	if (a->licence && (!a->site_given || !a->site_name))
		return command_misused("journal", "--licence takes --site and --site-name too");
	int r = export_all(&x, word[0], &e);

	free(x.out);
	if (x.dir_fd >= 0)
		close(x.dir_fd);
	log_progress_done();
	if (r < 0)
		return journal_failed(&e, r);
	return x.incomplete ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_export = {
	.name = "export",
	.usage = "DIR -o PATH",
	.summary = "recordings, and records as lines, again; verifies before",
	.min_words = 1,
	.max_words = 1,
	.run = export_run,
};
