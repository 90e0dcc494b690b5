/* SPDX-License-Identifier: MIT */
/*
 * One pass over all segments: links, numbers, epochs and signatures must continue from the key of
 * epoch 0 to the end. Where something is damaged the pass goes on behind it, so that one answer
 * names everything.
 */
#include "format/journal_verify.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "format/journal_folder.h"
#include "format/journal_verify_state.h"

const char *journal_fault_word(enum journal_fault f)
{
	static const char *const word[] = {
		[FAULT_DAMAGED] = "damaged",
		[FAULT_MISSING] = "missing",
		[FAULT_ORDER] = "out of order",
		[FAULT_FORGED] = "forged",
		[FAULT_FOREIGN] = "foreign",
		[FAULT_PAST] = "another past",
		[FAULT_ROLLED_BACK] = "rolled back",
		[FAULT_CONTENT] = "content",
		[FAULT_INDEX] = "index",
		[FAULT_WITNESS] = "witness",
		[FAULT_UNCERTIFIED] = "not certified",
	};

	return word[f];
}

void journal_verdict_done(struct journal_verdict *v)
{
	free(v->problem);
	*v = (struct journal_verdict){ 0 };
}

void verify_problem(struct verify *y, enum journal_fault fault, uint64_t segment, uint64_t offset,
		    uint64_t bytes, const char *fmt, ...)
{
	struct journal_verdict *v = y->v;
	va_list ap;

	if (!v->problem)
		v->problem = calloc(JOURNAL_PROBLEMS_MAX, sizeof(*v->problem));
	if (v->problem && v->n_problems < JOURNAL_PROBLEMS_MAX) {
		struct journal_problem *p = &v->problem[v->n_problems];

		*p = (struct journal_problem){
			.fault = fault, .segment = segment, .offset = offset, .bytes = bytes
		};
		va_start(ap, fmt);
		(void)vsnprintf(p->text, sizeof(p->text), fmt, ap);
		va_end(ap);
	}
	v->n_problems++;
}

static void progress(struct verify *y, uint64_t at)
{
	if (y->o->progress)
		y->o->progress(y->o->ctx, y->done + at, y->total);
}

/* ---- statements ---- */

static int keep_statement(struct verify *y)
{
	if (y->n_statements == y->cap_statements) {
		size_t cap = y->cap_statements ? 2 * y->cap_statements : 64;
		void *grown = reallocarray(y->statement, cap, sizeof(*y->statement));

		if (!grown)
			return -ENOMEM;
		y->statement = grown;
		y->cap_statements = cap;
	}
	memcpy(y->statement[y->n_statements++], y->chain.last, STATEMENT_SIGNED_BYTES);
	return 0;
}

static int take_checkpoint(struct verify *y, const struct journal_segment *s,
			   const struct walk_step *step)
{
	const uint8_t *body = step->frame + FRAME_HEADER_BYTES;
	struct statement st;
	int r = step->info.body_bytes == CHECKPOINT_BODY_BYTES
			? epoch_chain_take_checkpoint(&y->chain, body, &st)
			: -EBADMSG;

	if (r < 0) {
		verify_problem(y, FAULT_FORGED, s->number, step->offset, step->bytes,
			       "the checkpoint is not signed by the key of epoch %llu",
			       ULL(y->chain.epoch));
		return 0;
	}
	y->v->checkpoints++;
	if (st.segment != s->number || st.offset != step->offset || st.seq != step->info.seq ||
	    st.epoch != step->info.epoch || memcmp(st.before, step->before, SEAL_HASH_BYTES) != 0) {
		verify_problem(y, FAULT_FORGED, s->number, step->offset, step->bytes,
			       "what was signed before it is not what is there");
		return 0;
	}
	y->v->signed_time = st.time;
	y->v->closed = st.flags & STATEMENT_JOURNAL_CLOSED;
	y->ended = st.flags & STATEMENT_SEGMENT_ENDS;
	y->signed_seq = step->info.seq + 1;
	return keep_statement(y);
}

/* ---- frames ---- */

static void take_gap(struct verify *y, const struct journal_segment *s,
		     const struct walk_step *step)
{
	const bool at_end = y->is_last && !y->ended && step->offset + step->bytes == s->size;

	verify_problem(y, FAULT_DAMAGED, s->number, step->offset, step->bytes, "%s%s",
		       step->is_frame ? "a frame is not what was linked"
				      : "no whole frame can be read",
		       at_end ? "; a write that a crash or a full disk cut looks so too (try: "
				"kymo journal repair)"
			      : "");
	if (step->is_frame)
		y->v->lost_frames++;
	if (step->is_frame && step->info.seq == y->next_seq)
		y->next_seq++;
	y->loose = true;
}

static void check_place(struct verify *y, const struct journal_segment *s,
			const struct walk_step *step)
{
	const uint64_t seq = step->info.seq, epoch = step->info.epoch;

	if (y->ended)
		verify_problem(y, FAULT_ORDER, s->number, step->offset, step->bytes,
			       "a frame behind the end of the segment");
	if (seq < y->next_seq)
		verify_problem(y, FAULT_ORDER, s->number, step->offset, step->bytes,
			       "frame %llu where %llu should be", ULL(seq), ULL(y->next_seq));
	else if (seq > y->next_seq) {
		y->v->lost_frames += seq - y->next_seq;
		if (!y->loose)
			verify_problem(y, FAULT_MISSING, s->number, step->offset, 0,
				       "frames %llu to %llu are missing", ULL(y->next_seq),
				       ULL(seq - 1));
	}
	/* One lost checkpoint shows in the epoch of what follows; the next one bridges it. */
	if (epoch != y->chain.epoch && !(y->loose && epoch == y->chain.epoch + 1))
		verify_problem(y, FAULT_FORGED, s->number, step->offset, step->bytes,
			       "a frame of epoch %llu in epoch %llu", ULL(epoch),
			       ULL(y->chain.epoch));
	y->next_seq = seq + 1;
}

static int walk(struct verify *y, struct journal_segment *s, uint64_t end)
{
	const size_t before = y->v->n_problems;
	struct segment_walk w;
	struct walk_step step;
	struct err e = { 0 };
	int r;

	y->end = s->first_frame;
	y->ended = false;
	journal_index_clear(&y->index);
	segment_walk_begin(&w, s, end);
	while ((r = segment_walk_next(&w, &step, &e)) >= 0 && step.what != WALK_END) {
		progress(y, step.offset);
		if (step.what == WALK_GAP) {
			take_gap(y, s, &step);
			continue;
		}
		check_place(y, s, &step);
		if (step.info.type == FRAME_CHECKPOINT)
			r = take_checkpoint(y, s, &step);
		else
			r = verify_content(y, s, &step, before == y->v->n_problems);
		if (r < 0)
			break;
		y->v->frames++;
		y->v->bytes += step.bytes;
		/* Without its checkpoint an epoch stays loose until the next one. */
		y->loose = y->loose && step.info.epoch != y->chain.epoch;
		memcpy(y->link, step.link, SEAL_HASH_BYTES);
		y->end = step.offset + step.bytes;
	}
	segment_walk_done(&w);
	if (r == -EIO || r == -EBADMSG || r == -ENODATA) {
		verify_problem(y, FAULT_DAMAGED, s->number, y->end, 0, "%s", err_text(&e, r));
		y->loose = true;
		r = 0;
	}
	return r;
}

/* ---- segments ---- */

/* The header against what came before; false: the segment does not belong here. */
static bool check_header(struct verify *y, const struct journal_segment *s)
{
	const struct journal_header *h = &s->header;
	static const uint8_t none[SEAL_HASH_BYTES];

	if (h->place.segment != s->number ||
	    memcmp(h->place.journal, y->v->journal, JOURNAL_ID_BYTES) != 0) {
		verify_problem(y, FAULT_FOREIGN, s->number, 0, 0,
			       "this is segment %llu of %s journal", ULL(h->place.segment),
			       h->place.segment == s->number ? "another" : "this or another");
		return false;
	}
	/* The statement that certified the header's key may have been lost with its checkpoint. */
	if (memcmp(h->last, y->chain.last, STATEMENT_SIGNED_BYTES) != 0 &&
	    epoch_chain_take(&y->chain, h->last) > 0 && keep_statement(y) < 0)
		return false;
	if (y->broken && h->epoch > y->chain.epoch) {
		verify_problem(y, FAULT_UNCERTIFIED, s->number, 0, s->header.bytes,
			       "what certified the key of epoch %llu is missing", ULL(h->epoch));
		return false;
	}
	if (h->epoch != y->chain.epoch ||
	    memcmp(h->public_key, y->chain.key, SEAL_KEY_BYTES) != 0 ||
	    memcmp(h->last, y->chain.last, STATEMENT_SIGNED_BYTES) != 0) {
		verify_problem(y, FAULT_FORGED, s->number, 0, s->header.bytes,
			       "the header is not signed by the key of epoch %llu",
			       ULL(y->chain.epoch));
		return false;
	}
	if (y->broken || y->loose) {
		y->v->lost_frames += h->first_seq > y->next_seq ? h->first_seq - y->next_seq : 0;
	} else if (h->first_seq != y->next_seq ||
		   memcmp(h->link_before, s->number == 1 ? none : y->link, SEAL_HASH_BYTES) != 0 ||
		   (s->number > 1 && h->bytes_before != y->end)) {
		verify_problem(
			y, FAULT_MISSING, s->number, 0, 0,
			"the header goes on with frame %llu behind %llu bytes, the segment before "
			"ends before frame %llu with %llu",
			ULL(h->first_seq), ULL(h->bytes_before), ULL(y->next_seq), ULL(y->end));
		y->v->lost_frames += h->first_seq > y->next_seq ? h->first_seq - y->next_seq : 0;
	}
	return true;
}

static int unlock(struct verify *y, struct journal_segment *s)
{
	struct err e = { 0 };

	if (keyring_is_empty(y->o->keys))
		return 0;
	int r = journal_segment_unlock(s, y->o->keys, &e);

	if (r == -ENOKEY)
		y->v->locked++;
	else if (r == -EBADMSG)
		verify_problem(y, FAULT_CONTENT, s->number, 0, 0, "%s", err_text(&e, r));
	else if (r >= 0)
		y->v->unlocked++;
	return r == -ENOKEY || r == -EBADMSG ? 0 : r;
}

/* @next: the segment behind, or NULL. */
static int take_segment(struct verify *y, struct journal_segment *s,
			const struct journal_segment *next)
{
	uint64_t end = s->size;

	if (!check_header(y, s)) {
		y->broken = true;
		return 0;
	}
	y->v->segments++;
	y->is_last = !next;
	y->broken = y->loose = false;
	y->next_seq = s->header.first_seq;
	memcpy(y->link, s->header.link, SEAL_HASH_BYTES);
	if (s->damaged_copies)
		verify_problem(y, FAULT_DAMAGED, s->number,
			       s->damaged_copies == 1 ? 0 : s->header.bytes, s->header.bytes,
			       "the header's %s copy", s->damaged_copies == 1 ? "first" : "second");
	int r = unlock(y, s);

	if (r < 0)
		return r;
	/* What lies behind the end that the next header states was never acknowledged. */
	if (next && next->header.place.segment == s->number + 1 &&
	    memcmp(next->header.place.journal, y->v->journal, JOURNAL_ID_BYTES) == 0 &&
	    next->header.bytes_before < end && next->header.bytes_before >= s->first_frame)
		end = next->header.bytes_before;
	r = walk(y, s, end);
	if (end < s->size && y->ended)
		verify_problem(y, FAULT_DAMAGED, s->number, end, s->size - end,
			       "bytes behind the end of the segment");
	else
		y->v->leftover_bytes += s->size - end;
	y->done += s->size;
	return r;
}

static void missing_segments(struct verify *y, uint64_t from, uint64_t to)
{
	if (from == to)
		verify_problem(y, FAULT_MISSING, from, 0, 0, "the segment is not there");
	else
		verify_problem(y, FAULT_MISSING, from, 0, 0, "segments %llu to %llu are not there",
			       ULL(from), ULL(to));
	y->broken = true;
}

/* 1: opened, 0: damaged, which was noted. */
static int open_segment(struct verify *y, uint64_t number, struct journal_segment **ret,
			struct err *e)
{
	struct err own = { 0 };
	int r = journal_segment_open(y->dir_fd, number, ret, &own);

	if (r >= 0)
		return 1;
	if (r == -ENOMEM || r == -EACCES || r == -EMFILE)
		return err_set(e, r, "%s", err_text(&own, r));
	verify_problem(y, FAULT_DAMAGED, number, 0, 0, "%s", err_text(&own, r));
	return 0;
}

/* The id is that of the first segment's key, or the one that is asked for. */
static void begin(struct verify *y, const struct journal_segment *first)
{
	const struct journal_header *h = &first->header;
	uint8_t id[JOURNAL_ID_BYTES];

	journal_id_of(h->public_key, id);
	memcpy(y->v->journal, y->o->journal ? y->o->journal : h->place.journal, JOURNAL_ID_BYTES);
	y->v->site = h->site;
	memcpy(y->v->site_name, h->site_name, sizeof(h->site_name));
	if (memcmp(h->place.journal, y->v->journal, JOURNAL_ID_BYTES) != 0)
		verify_problem(y, FAULT_FOREIGN, 0, 0, 0, "it is another journal than asked for");
	else if (first->number == 1 && memcmp(id, y->v->journal, JOURNAL_ID_BYTES) != 0)
		verify_problem(y, FAULT_FORGED, 1, 0, 0, "the first key is not the one of the id");
	/* Damage and loss are one thing; that anyone may have begun here is another. */
	if (first->number > 1)
		verify_problem(y, FAULT_UNCERTIFIED, first->number, 0, first->header.bytes,
			       "what certified the key of epoch %llu is missing", ULL(h->epoch));
	epoch_chain_begin(&y->chain, y->v->journal, h->epoch, h->public_key);
	y->first_epoch = h->epoch;
	memcpy(y->first_key, h->public_key, SEAL_KEY_BYTES);
	if (first->number > 1)
		memcpy(y->chain.last, h->last, STATEMENT_SIGNED_BYTES);
}

static int take_all(struct verify *y, const uint64_t *list, size_t n, struct err *e)
{
	auto_ptr(journal_segment) s = NULL;
	uint64_t expected = 1;
	bool begun = false;
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++) {
		auto_ptr(journal_segment) next = NULL;

		if (list[i] > expected)
			missing_segments(y, expected, list[i] - 1);
		expected = list[i] + 1;
		r = s ? 1 : open_segment(y, list[i], &s, e);
		if (r > 0 && i + 1 < n)
			(void)!journal_segment_open(y->dir_fd, list[i + 1], &next, NULL);
		if (r > 0 && !begun) {
			begin(y, s);
			begun = true;
		}
		if (r > 0)
			r = take_segment(y, s, next);
		else if (r == 0)
			y->broken = true;
		s = journal_segment_free(s);
		s = steal_ptr(next);
	}
	if (r >= 0 && !begun)
		r = err_set(e, -EBADMSG, "no segment of it has a whole header");
	return r;
}

/* ---- all of it ---- */

static uint64_t total_bytes(int dir_fd, const uint64_t *list, size_t n)
{
	uint64_t total = 0;

	for (size_t i = 0; i < n; i++) {
		auto_ptr(journal_segment) s = NULL;

		if (journal_segment_open(dir_fd, list[i], &s, NULL) >= 0)
			total += s->size;
	}
	return total;
}

static int verify(struct verify *y, const char *path, struct err *e)
{
	auto_free uint64_t *list = NULL;
	size_t n = 0;
	struct signing_key_claim claim;

	y->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (y->dir_fd < 0)
		return err_set(e, -errno, "cannot open: %s", strerror(errno));
	/* Before the segments: a writer at work is ahead of its key, never behind. */
	int has_claim = signing_key_read_claim(y->dir_fd, &claim, NULL);
	int r = journal_folder_list(y->dir_fd, &list, &n, e);

	if (r >= 0 && !n)
		r = err_set(e, -ENOENT, "no segment of a journal is in there");
	if (r >= 0 && y->o->progress)
		y->total = total_bytes(y->dir_fd, list, n);
	if (r >= 0)
		r = take_all(y, list, n, e);
	if (r < 0)
		return r;
	if (!keyring_is_empty(y->o->keys) && y->v->locked && !y->v->unlocked)
		return err_set(e, -ENOKEY, "wrong key: it is sealed to others");
	verify_witness(y);
	if (has_claim >= 0)
		verify_claim(y, &claim, list[n - 1]);
	y->v->epoch = y->chain.epoch;
	y->v->next_seq = y->next_seq;
	y->v->closed = y->v->closed && y->ended && y->signed_seq == y->next_seq && !y->broken;
	y->v->unsigned_frames = y->next_seq - min_of(y->signed_seq, y->next_seq);
	return 0;
}

int journal_verify(const char *path, const struct journal_verify_options *o,
		   struct journal_verdict *ret, struct err *e)
{
	struct verify y = { .o = o, .v = ret, .dir_fd = -1 };

	*ret = (struct journal_verdict){ 0 };
	buf_init(&y.content, FRAME_BODY_MAX);
	int r = seal_ready(e);

	if (r >= 0)
		r = verify(&y, path, e);
	if (y.dir_fd >= 0)
		close(y.dir_fd);
	buf_done(&y.content);
	journal_index_done(&y.index);
	free(y.statement);
	if (r < 0) {
		err_prefix(e, "'%s'", path);
		journal_verdict_done(ret);
	}
	return r;
}
