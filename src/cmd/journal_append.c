/* SPDX-License-Identifier: MIT */
/* kymo journal append: recordings block by block, and records of perfcollector, into a journal. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/journal_verb.h"
#include "cmd/older_journal.h"
#include "cmd/sealing.h"
#include "export/answer_json.h"
#include "format/journal_writer.h"
#include "format/json.h"
#include "format/perfcollector_record.h"
#include "format/recording.h"
#include "import/input.h"
#include "import/json_stream.h"
#include "model/file_track.h"
#include "model/run.h"

struct append {
	const struct journal_args *a;
	struct journal_writer *writer;
	uint64_t blocks, records, runs, skipped;
	bool failed;
	nsec_t shown;
};

/* ---- recordings ---- */

/* CLOCK_REALTIME of a block's time; of a recording without a clock, by its creation. */
static nsec_t real_time(const struct run_info *info, nsec_t created, nsec_t mono)
{
	nsec_t real = info->n_anchor ? run_info_realtime(info, mono) : 0;

	if (real)
		return real;
	return mono >= info->start ? created + (mono - info->start) : created;
}

static int put(struct append *p, const struct journal_stream *s, struct journal_entry *entry,
	       struct err *e)
{
	return journal_append(p->writer, s, entry, e);
}

static int put_begin(struct append *p, const struct journal_stream *s, const struct run_info *info,
		     nsec_t from, nsec_t to, struct err *e)
{
	static const char *const keys[] = { "host.name", "kernel.release", "kymo.command",
					    "label" };
	auto_buf b;

	buf_init(&b, 1u << 20);
	(void)buf_addf(&b, "name=%s\n", info->name);
	if (!info->complete)
		(void)buf_add_str(&b, "complete=no\n");
	for (size_t i = 0; i < info->n_meta; i++)
		for (size_t k = 0; k < ARRAY_SIZE(keys); k++)
			if (!strcmp(info->meta[i].key, keys[k]) &&
			    !strchr(info->meta[i].value, '\n'))
				(void)buf_addf(&b, "%s=%s\n", keys[k], info->meta[i].value);
	if (buf_error(&b))
		return err_set(e, buf_error(&b), "no memory");
	struct journal_entry entry = { .kind = ENTRY_BEGIN,
				       .bytes = (uint32_t)b.len,
				       .first = from,
				       .last = to,
				       .data = b.data };

	return put(p, s, &entry, e);
}

static int put_end(struct append *p, const struct journal_stream *s, uint64_t n, nsec_t from,
		   nsec_t to, struct err *e)
{
	uint8_t count[8];
	struct journal_entry entry = {
		.kind = ENTRY_END, .bytes = 8, .first = from, .last = to, .data = count
	};

	for (unsigned int i = 0; i < 8; i++)
		count[i] = (uint8_t)(n >> 8 * i);
	return put(p, s, &entry, e);
}

static int put_block(struct append *p, struct recording *rec, size_t i,
		     const struct journal_stream *s, nsec_t from, nsec_t to, struct buf *b,
		     struct err *e)
{
	const struct recording_block *k = recording_block_at(rec, i);
	const struct run_info *info = recording_source(rec)->info;
	struct block_info block;

	buf_clear(b);
	int r = recording_read_block(rec, i, b, e);

	if (r >= 0)
		r = block_parse_header(b->data, &block, e);
	if (r < 0) {
		err_prefix(e, "damaged at offset %" PRIu64, k->offset);
		return r;
	}
	/* What describes the run belongs to all of it. */
	const bool describes = k->track < TRACK_FIRST_EVENT;
	struct journal_entry entry = {
		.kind = ENTRY_BLOCK,
		.track = k->track,
		.bytes = (uint32_t)b->len,
		.first = describes ? from : real_time(info, s->created, k->first),
		.last = describes ? to : real_time(info, s->created, k->last),
		.data = b->data,
	};

	return put(p, s, &entry, e);
}

static int append_recording(struct append *p, struct recording *rec, const char *path,
			    struct err *e)
{
	const struct run_info *info = recording_source(rec)->info;
	struct journal_writer_state st;
	struct journal_stream s = { .host = p->a->host, .created = recording_created(rec) };
	uint64_t blocks = 0;
	auto_buf b;

	buf_init(&b, BLOCK_MAX_PAYLOAD + 4096);
	journal_writer_get(p->writer, &st);
	s.site = st.site;
	memcpy(s.run, info->id, sizeof(s.run));
	const nsec_t from = real_time(info, s.created, info->start);
	const nsec_t to = real_time(info, s.created, info->end);
	int r = put_begin(p, &s, info, from, to, e);

	for (size_t i = 0; i < recording_n_blocks(rec) && r >= 0; i++) {
		/* Offsets in a file are of no use here; export makes an index anew. */
		if (recording_block_at(rec, i)->track == track_index.id)
			continue;
		r = put_block(p, rec, i, &s, from, to, &b, e);
		blocks++;
		if (nsec_monotonic() - p->shown > 200 * NSEC_PER_MSEC) {
			p->shown = nsec_monotonic();
			log_progress("%s: %zu of %zu blocks", path, i, recording_n_blocks(rec));
		}
	}
	if (r >= 0)
		r = put_end(p, &s, blocks, from, to, e);
	if (r >= 0 && !info->complete) {
		log_warn("'%s' is not complete (%s), appended as it is", path, info->damage);
		p->failed = true;
	}
	p->blocks += blocks;
	p->runs++;
	return r;
}

/* ---- records of perfcollector ---- */

static int put_record(struct append *p, const json_t *object, struct buf *line, struct err *e)
{
	struct perfcollector_record record;
	struct journal_stream s = { 0 };

	buf_clear(line);
	if (!perfcollector_record_of(object, &record) ||
	    perfcollector_record_add(&record, line) < 0) {
		p->skipped++;
		return 0;
	}
	s.site = record.site;
	s.host = record.host;
	journal_stream_set_number(&s, record.run);
	struct journal_entry entry = { .kind = ENTRY_RECORD,
				       .bytes = (uint32_t)line->len,
				       .first = record.time,
				       .last = record.time + record.duration,
				       .data = line->data };

	p->records++;
	return put(p, &s, &entry, e);
}

static int append_records(struct append *p, struct input *in, struct err *e)
{
	struct json_stream stream;
	struct err own = { 0 };
	json_t *object;
	auto_buf line;
	int r, rc = 0;

	buf_init(&line, BUF_MAX_DEFAULT);
	json_stream_init(&stream, in);
	while (rc >= 0 && (r = json_stream_next(&stream, &object, &own)) != 0) {
		if (r == -EBADMSG || r == -ENODATA) {
			log_warn("%s, left out", err_text(&own, r));
			p->skipped++;
			if (r == -ENODATA)
				break;
			continue;
		}
		if (r < 0)
			rc = err_set(e, r, "%s", err_text(&own, r));
		else
			rc = put_record(p, object, &line, e);
		if (r > 0)
			json_decref(object);
	}
	json_stream_done(&stream);
	return rc;
}

/* A capture in clear text begins with an object. */
static int open_capture(int fd, const char *path, struct input **ret, struct err *e)
{
	const uint8_t *head;
	size_t n = 0;
	int r = fd >= 0 ? input_open_fd(fd, path, ret, e) : input_open(path, ret, e);

	if (r >= 0)
		r = input_peek(*ret, 1, &head, &n, e);
	if (r >= 0 && (!n || !memchr("{ \t\r\n", head[0], 5)))
		r = err_set(e, -EMEDIUMTYPE,
			    "'%s' is no recording and no capture of perfcollector (try: kymo "
			    "convert; --licence for its journals)",
			    path);
	return r;
}

static int append_capture(struct append *p, int fd, const char *path, struct err *e)
{
	auto_ptr(input) in = NULL;
	const uint64_t before = p->records;
	int r = open_capture(fd, path, &in, e);

	if (r >= 0)
		r = append_records(p, in, e);
	return r >= 0 && p->records == before
		       ? err_set(e, -ENODATA, "'%s' holds no record of perfcollector", path)
		       : r;
}

/* ---- files ---- */

static int append_older(struct append *p, const char *path, struct err *e)
{
	struct older_journal older;
	int fd = older_journal_decrypt(path, p->a->site, p->a->site_name, p->a->licence, &older, e);

	if (fd < 0)
		return fd;
	p->failed |= older.damaged > 0;
	return append_capture(p, fd, path, e);
}

static int append_file(struct append *p, const char *path, struct err *e)
{
	auto_ptr(recording) rec = NULL;

	if (p->a->licence)
		return append_older(p, path, e);
	int r = recording_open(path, 0, &rec, e);

	if (r == -EMEDIUMTYPE || r == -ESPIPE) {
		*e = (struct err){ 0 };
		return append_capture(p, -1, path, e);
	}
	return r < 0 ? r : append_recording(p, rec, path, e);
}

/* Whatever the reason: nothing of a journal is touched for a file that cannot be read at all. */
static int look_at(const struct append *p, const char *path, struct err *e)
{
	auto_ptr(recording) rec = NULL;
	auto_ptr(input) in = NULL;
	struct older_journal older;
	auto_close int fd = -1;

	if (p->a->licence) {
		fd = older_journal_decrypt(path, p->a->site, p->a->site_name, p->a->licence, &older,
					   e);
		return fd < 0 ? fd : 0;
	}
	int r = recording_open(path, 0, &rec, e);

	/* A pipe can be looked at only once. */
	if (r == -ESPIPE)
		return 0;
	if (r != -EMEDIUMTYPE)
		return r;
	*e = (struct err){ 0 };
	return open_capture(-1, path, &in, e);
}

/* ---- the verb ---- */

static int open_writer(struct append *p, const char *path, struct err *e)
{
	struct recipient *to = seal_alloc(JOURNAL_RECIPIENTS_MAX * sizeof(*to));
	struct journal_writer_options o = { .site = p->a->licence ? 0 : p->a->site,
					    .site_name = p->a->licence ? NULL : p->a->site_name,
					    .to = to,
					    .witness = p->a->witness,
					    .segment_bytes = p->a->segment_size };
	int r = to ? sealing_recipients(&p->a->recipient, p->a->seal_passphrase_file, to, &o.n_to,
					e)
		   : err_set(e, -ENOMEM, "no memory");

	/* A new journal for records is of the site that they are of. */
	if (p->a->licence && o.n_to) {
		o.site = p->a->site;
		o.site_name = p->a->site_name;
	}
	if (r >= 0)
		r = journal_writer_open(path, &o, &p->writer, e);
	if (r == -ENOENT)
		err_set(e, r,
			"'%s' is no journal yet; a new one takes --site, --site-name and "
			"--recipient (try: kymo key new)",
			path);
	seal_free(to);
	return r;
}

static int answer(const struct append *p, const char *path)
{
	struct journal_writer_state st;
	char id[CHECKED_ID_TEXT(JOURNAL_ID_BYTES)], size[QUANTITY_MAX];
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	journal_writer_get(p->writer, &st);
	journal_id_text(st.journal, id);
	if (!p->a->json) {
		log_info("%s: %" PRIu64 " %s, %" PRIu64 " %s, %" PRIu64
			 " %s: %s sealed and on disk; journal %s",
			 path, p->runs, p->runs == 1 ? "run" : "runs", p->blocks,
			 p->blocks == 1 ? "block" : "blocks", p->records,
			 p->records == 1 ? "record" : "records", quantity_size(size, st.bytes), id);
		return 0;
	}
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "journal", id);
	json_key_u64(&j, "site", st.site);
	json_key_str(&j, "site_name", st.site_name);
	json_key_u64(&j, "segment", st.segment);
	json_key_u64(&j, "epoch", st.epoch);
	json_key_u64(&j, "runs", p->runs);
	json_key_u64(&j, "blocks", p->blocks);
	json_key_u64(&j, "records", p->records);
	json_key_u64(&j, "acknowledged", st.acknowledged);
	json_key_u64(&j, "bytes", st.bytes);
	json_end(&j);
	return json_drain(&j, stdout);
}

static int append_all(struct append *p, const char *const *word, unsigned int n, struct err *e)
{
	int r = 0;

	/* All inputs first: a wrong key or file is no reason to begin a segment. */
	for (unsigned int i = 1; i < n && r >= 0; i++)
		r = look_at(p, word[i], e);
	if (r >= 0)
		r = open_writer(p, word[0], e);
	for (unsigned int i = 1; i < n && r >= 0; i++) {
		r = append_file(p, word[i], e);
		if (r >= 0)
			r = journal_sync(p->writer, e);
	}
	log_progress_done();
	/* Closed also when a file failed: what was appended before it is whole. */
	struct err later = { 0 };
	int closed = p->writer ? journal_writer_close(p->writer, &later) : 0;

	if (r >= 0 && closed < 0)
		r = err_set(e, closed, "%s", err_text(&later, closed));
	return r < 0 ? r : answer(p, word[0]);
}

static int append_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	struct append p = { .a = a, .shown = nsec_monotonic() };
	struct err e = { 0 };

	if (a->licence && (!a->site_given || !a->site_name))
		return command_misused("journal", "--licence takes --site and --site-name too");
	int r = append_all(&p, word, n, &e);

	journal_writer_free(p.writer);
	if (r < 0)
		return journal_failed(&e, r);
	if (p.skipped)
		log_warn("%" PRIu64 " objects are no records of perfcollector, left out",
			 p.skipped);
	return p.failed || p.skipped ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_append = {
	.name = "append",
	.usage = "DIR FILE...",
	.summary = "seal recordings, or captures of perfcollector, into the journal",
	.min_words = 2,
	.max_words = 1000,
	.run = append_run,
};
