/* SPDX-License-Identifier: MIT */
/* kymo journal repair: close what a crash left open, or save what can be read into a new journal.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/journal_verb.h"
#include "cmd/journal_verdict.h"
#include "cmd/sealing.h"
#include "export/answer_json.h"
#include "format/journal_writer.h"
#include "format/json.h"

struct outcome {
	uint64_t entries, bytes, damaged, locked;
	bool incomplete; /* verifying found something missing */
	struct journal_writer_state state;
};

static int close_open(const char *path, struct outcome *out, struct err *e)
{
	const struct journal_writer_options o = { 0 };
	auto_ptr(journal_writer) w = NULL;
	int r = journal_writer_open(path, &o, &w, e);

	if (r == -EINVAL)
		err_prefix(e, "it cannot be closed by this (try: kymo journal append with "
			      "--recipient)");
	if (r >= 0)
		r = journal_writer_close(w, e);
	if (r >= 0)
		journal_writer_get(w, &out->state);
	return r;
}

static int copy_entries(struct journal_reader *reader, struct journal_writer *w,
			struct outcome *out, struct err *e)
{
	struct journal_reader_state st;
	struct journal_stream s;
	struct journal_entry entry;
	nsec_t shown = nsec_monotonic();
	int r;

	while ((r = journal_reader_next(reader, &s, &entry, e)) > 0) {
		r = journal_append(w, &s, &entry, e);
		if (r < 0)
			return r;
		out->entries++;
		out->bytes += entry.bytes;
		journal_reader_get(reader, &st);
		journal_progress(&shown, st.done, st.total);
	}
	return r < 0 ? r : journal_writer_close(w, e);
}

static int save(const struct journal_args *a, const char *path, struct outcome *out, struct err *e)
{
	auto_ptr(keyring) keys = NULL;
	auto_ptr(journal_reader) reader = NULL;
	auto_ptr(journal_writer) w = NULL;
	struct recipient *to = seal_alloc(JOURNAL_RECIPIENTS_MAX * sizeof(*to));
	struct journal_writer_options o = { .to = to, .witness = a->witness };
	struct journal_reader_state st;
	struct journal_args verifying = *a;

	verifying.witness = NULL; /* it is the new journal's */
	int r = to ? journal_open(a, path, &keys, &reader, e) : err_set(e, -ENOMEM, "no memory");

	/* What somebody else sealed to a reader must not become this writer's. */
	if (r >= 0)
		r = journal_verify_first(&verifying, path, keys, &out->incomplete, e);
	if (r >= 0)
		r = sealing_recipients(&a->recipient, a->seal_passphrase_file, to, &o.n_to, e);
	if (r >= 0 && access(a->output, F_OK) == 0)
		r = err_set(e, -EEXIST, "'%s' is there already, nothing is written", a->output);
	if (r >= 0) {
		journal_reader_get(reader, &st);
		o.site = st.first ? st.first->site : 0;
		o.site_name = st.first ? st.first->site_name : NULL;
		r = st.first ? journal_writer_open(a->output, &o, &w, e)
			     : err_set(e, -EBADMSG, "'%s': no segment of it can be read", path);
	}
	seal_free(to);
	if (r >= 0)
		r = copy_entries(reader, w, out, e);
	if (r < 0)
		return r;
	(void)journal_tell_damage(reader);
	journal_reader_get(reader, &st);
	out->damaged = st.damaged;
	out->locked = st.locked;
	journal_writer_get(w, &out->state);
	return 0;
}

static int answer(const struct journal_args *a, const char *path, const struct outcome *out)
{
	char id[CHECKED_ID_TEXT(JOURNAL_ID_BYTES)], n[QUANTITY_MAX];
	struct json j;
	auto_buf b;

	buf_init(&b, 0);
	journal_id_text(out->state.journal, id);
	if (!a->json && !a->output)
		log_info("%s: closed with segment %" PRIu64 "; journal %s", path,
			 out->state.segment, id);
	else if (!a->json)
		log_info("%s: %s entries saved into the new journal %s", a->output,
			 quantity_count(n, out->entries), id);
	if (!a->json)
		return 0;
	json_init(&j, &b, JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "journal", id);
	json_key_u64(&j, "segment", out->state.segment);
	json_key_u64(&j, "entries", out->entries);
	json_key_u64(&j, "bytes", out->bytes);
	json_key_u64(&j, "damaged", out->damaged);
	json_key_u64(&j, "locked_segments", out->locked);
	json_end(&j);
	return json_drain(&j, stdout);
}

static int repair_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	struct outcome out = { 0 };
	struct err e = { 0 };

	(void)n;
	if (a->output && !a->recipient.n && !a->seal_passphrase_file)
		return command_misused("journal",
				       "repair -o takes --recipient: whom the new journal "
				       "is sealed to");
	int r = a->output ? save(a, word[0], &out, &e) : close_open(word[0], &out, &e);

	log_progress_done();
	if (r >= 0)
		r = answer(a, word[0], &out);
	if (r < 0)
		return journal_failed(&e, r);
	return out.damaged || out.locked || out.incomplete ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_repair = {
	.name = "repair",
	.usage = "DIR [-o NEW]",
	.summary = "close it after a crash; -o: save what can be read into a new one",
	.min_words = 1,
	.max_words = 1,
	.run = repair_run,
};
