/* SPDX-License-Identifier: MIT */
/* kymo journal verify. */
#include "cmd/journal_verdict.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/timestamp.h"
#include "cmd/sealing.h"
#include "export/answer_json.h"
#include "format/json.h"
#include "format/witness.h"

#define WITNESS_MAX ((size_t)1 << 30)
#define SHOWN	    20u /* problems in text */

static int read_witness(const char *path, uint8_t (**ret)[STATEMENT_SIGNED_BYTES], size_t *ret_n,
			struct err *e)
{
	auto_buf b;

	buf_init(&b, WITNESS_MAX);
	int r = file_read_at(AT_FDCWD, path, &b);

	if (r < 0)
		return err_set(e, r, "cannot read the witness '%s': %s", path, strerror(-r));
	r = witness_parse(buf_str(&b), b.len, ret, ret_n, e);
	if (r < 0)
		err_prefix(e, "witness '%s'", path);
	return r;
}

int journal_verdict_of(const struct journal_args *a, const char *path, struct keyring *keys,
		       struct journal_verdict *ret, struct err *e)
{
	uint8_t id[JOURNAL_ID_BYTES];
	auto_free uint8_t(*witness)[STATEMENT_SIGNED_BYTES] = NULL;
	nsec_t shown = nsec_monotonic();
	struct journal_verify_options o = { .keys = keys,
					    .progress = journal_progress,
					    .ctx = &shown };
	int r = 0;

	if (a->id) {
		r = checked_id_parse(a->id, id, sizeof(id));
		if (r < 0)
			return err_set(e, r,
				       r == -EBADMSG ? "the id '%s' is mistyped: its check is wrong"
						     : "'%s' is no id of a journal",
				       a->id);
		o.journal = id;
	}
	if (a->witness)
		r = read_witness(a->witness, &witness, &o.n_witness, e);
	o.witness = (const uint8_t(*)[STATEMENT_SIGNED_BYTES])witness;
	if (r >= 0)
		r = journal_verify(path, &o, ret, e);
	log_progress_done();
	return r;
}

static void add_place(struct buf *b, const struct journal_problem *p)
{
	if (!p->segment)
		return;
	(void)buf_addf(b, "segment %" PRIu64 ", ", p->segment);
	if (p->offset || p->bytes)
		(void)buf_addf(b, "offset %" PRIu64 ", ", p->offset);
	if (p->bytes)
		(void)buf_addf(b, "%" PRIu64 " bytes, ", p->bytes);
}

void journal_verdict_tell(const struct journal_verdict *v, size_t most)
{
	const size_t kept = min_of(v->n_problems, (size_t)JOURNAL_PROBLEMS_MAX);

	for (size_t i = 0; i < kept && i < most; i++) {
		auto_buf place;

		buf_init(&place, 0);
		add_place(&place, &v->problem[i]);
		log_error("%s%s: %s", buf_str(&place), journal_fault_word(v->problem[i].fault),
			  v->problem[i].text);
	}
	if (v->n_problems > min_of(kept, most))
		log_error("and %zu more", v->n_problems - min_of(kept, most));
}

int journal_verify_first(const struct journal_args *a, const char *path, struct keyring *keys,
			 bool *ret_damaged, struct err *e)
{
	struct journal_verdict v = { 0 };
	int r = a->verify_not ? 0 : journal_verdict_of(a, path, keys, &v, e);
	bool changed = false;

	if (r >= 0 && v.n_problems) {
		journal_verdict_tell(&v, 10);
		*ret_damaged = true;
	}
	for (size_t i = 0; i < v.n_problems && i < JOURNAL_PROBLEMS_MAX; i++)
		changed |=
			v.problem[i].fault != FAULT_DAMAGED && v.problem[i].fault != FAULT_MISSING;
	/* What is not kept may be anything. */
	changed |= v.n_problems > JOURNAL_PROBLEMS_MAX;
	journal_verdict_done(&v);
	return r >= 0 && changed
		       ? err_set(e, -EBADMSG,
				 "'%s' cannot be shown to be what its writer wrote, nothing is "
				 "written (try: --no-verify)",
				 path)
		       : r;
}

/* ---- the verb ---- */

/* By --id: a wrong journal is not a damaged one. */
static bool is_another(const struct journal_verdict *v)
{
	return v->n_problems && v->problem && v->problem[0].fault == FAULT_FOREIGN &&
	       !v->problem[0].segment;
}

static const char *state_of(const struct journal_verdict *v)
{
	return is_another(v)		       ? "another journal"
	       : !journal_verdict_is_intact(v) ? "damaged"
	       : v->closed		       ? "intact"
					       : "open";
}

static void print_text(const struct journal_verdict *v, bool has_witness)
{
	char id[CHECKED_ID_TEXT(JOURNAL_ID_BYTES)], time[TIMESTAMP_MAX], a[QUANTITY_MAX];
	char b[QUANTITY_MAX];

	printf("journal     %s\n", journal_id_text(v->journal, id));
	printf("site        %" PRIu64 " '%s'\n", v->site, v->site_name);
	printf("state       %s\n",
	       is_another(v)		       ? "another journal than asked for"
	       : !journal_verdict_is_intact(v) ? "DAMAGED"
	       : v->closed		       ? "intact, closed"
			   : "open: it was not closed, or not since; its end cannot be judged");
	printf("segments    %" PRIu64 ", %s frames, %s\n", v->segments,
	       quantity_count(a, v->frames), quantity_size(b, v->bytes));
	printf("checkpoints %" PRIu64 ", the last %s\n", v->checkpoints,
	       v->signed_time ? journal_time_text(v->signed_time, time) : "never");
	if (v->unsigned_frames)
		printf("unsigned    %" PRIu64 " frames behind the last checkpoint\n",
		       v->unsigned_frames);
	if (v->leftover_bytes)
		printf("left over   %s of writes that a crash cut, never acknowledged\n",
		       quantity_size(a, v->leftover_bytes));
	if (v->unlocked)
		printf("content     %s entries in %" PRIu64 " segments%s\n",
		       quantity_count(a, v->entries), v->unlocked,
		       v->locked ? ", the others are sealed to others" : "");
	if (has_witness)
		printf("witness     %" PRIu64 " checkpoints hold%s\n", v->witnessed,
		       v->witnessed ? "" : ": it says nothing of this journal");
	if (v->n_problems)
		printf("problems    %zu, %" PRIu64 " frames lost\n", v->n_problems, v->lost_frames);
}

static void add_problems(struct json *j, const struct journal_verdict *v)
{
	json_key(j, "problems");
	json_begin_array(j);
	for (size_t i = 0; i < v->n_problems && i < JOURNAL_PROBLEMS_MAX; i++) {
		const struct journal_problem *p = &v->problem[i];

		json_begin_object_flat(j);
		json_key_str(j, "fault", journal_fault_word(p->fault));
		if (p->segment) {
			json_key_u64(j, "segment", p->segment);
			json_key_u64(j, "offset", p->offset);
			json_key_u64(j, "bytes", p->bytes);
		}
		json_key_str(j, "text", p->text);
		json_end(j);
	}
	json_end(j);
}

static int print_json(const struct journal_verdict *v)
{
	char id[CHECKED_ID_TEXT(JOURNAL_ID_BYTES)], time[TIMESTAMP_MAX];
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "state", state_of(v));
	json_key_str(&j, "journal", journal_id_text(v->journal, id));
	json_key_u64(&j, "site", v->site);
	json_key_str(&j, "site_name", v->site_name);
	json_key_u64(&j, "segments", v->segments);
	json_key_u64(&j, "frames", v->frames);
	json_key_u64(&j, "bytes", v->bytes);
	json_key_u64(&j, "checkpoints", v->checkpoints);
	json_key_u64(&j, "epoch", v->epoch);
	json_key_str(&j, "signed_until",
		     v->signed_time ? journal_time_text(v->signed_time, time) : NULL);
	json_key_u64(&j, "unsigned_frames", v->unsigned_frames);
	json_key_u64(&j, "leftover_bytes", v->leftover_bytes);
	json_key_u64(&j, "lost_frames", v->lost_frames);
	json_key_u64(&j, "opened_segments", v->unlocked);
	json_key_u64(&j, "entries", v->entries);
	json_key_u64(&j, "witnessed", v->witnessed);
	json_key_u64(&j, "n_problems", v->n_problems);
	add_problems(&j, v);
	json_end(&j);
	return json_drain(&j, stdout);
}

static int verify_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(keyring) keys = NULL;
	struct journal_verdict v = { 0 };
	struct err e = { 0 };
	int r = sealing_keyring(&a->key, a->passphrase_file, &keys, &e);

	(void)n;
	if (r >= 0)
		r = journal_verdict_of(a, word[0], keys, &v, &e);
	if (r < 0)
		return journal_failed(&e, r);
	journal_verdict_tell(&v, SHOWN);
	if (!a->json)
		print_text(&v, a->witness != NULL);
	else
		r = print_json(&v);
	const bool good = journal_verdict_is_intact(&v) && (v.closed || a->open);

	if (r >= 0 && journal_verdict_is_intact(&v) && !good)
		log_error("'%s' is not closed (try: --open while its writer is at work, kymo "
			  "journal repair when it is not)",
			  word[0]);
	journal_verdict_done(&v);
	return r < 0 || !good ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_verify = {
	.name = "verify",
	.usage = "DIR",
	.summary = "is it what its writer wrote, all of it; takes no key",
	.min_words = 1,
	.max_words = 1,
	.run = verify_run,
};
