/* SPDX-License-Identifier: MIT */
/* Where a journal ends, and how its next segment is begun: header, first frame, read back. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "format/journal_folder.h"
#include "format/journal_segment.h"
#include "format/journal_writer_state.h"

/* ---- the folder ---- */

/* Before anything is made. */
static int check_name(const char *name, struct err *e)
{
	const size_t n = name ? strlen(name) : 0;

	return n <= JOURNAL_SITE_NAME_MAX && (!n || utf8_is_name(name, n))
		       ? 0
		       : err_set(e, -EINVAL,
				 "a site's name has at most %d bytes of UTF-8 without control "
				 "characters",
				 JOURNAL_SITE_NAME_MAX);
}

static bool may_make(const struct journal_writer_options *o)
{
	return o->site && o->n_to;
}

static int no_journal(const struct journal_writer *w, struct err *e)
{
	return err_set(e, -ENOENT,
		       "'%s' is no journal yet, and making one takes a site and whom it is sealed "
		       "to",
		       w->path);
}

static int open_folder(struct journal_writer *w, const struct journal_writer_options *o,
		       struct err *e)
{
	int r = 0;

	w->dir_fd = open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (w->dir_fd >= 0)
		return 0;
	if (errno == ENOENT && !may_make(o))
		return no_journal(w, e);
	if (errno == ENOENT) {
		/* Another writer may make it at the same moment. */
		if (mkdir(w->path, 0700) < 0 && errno != EEXIST)
			r = -errno;
		else
			r = file_sync_folder_of(w->path);
		w->dir_fd = r < 0 ? -1 : open(w->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		errno = r < 0 ? -r : errno;
	}
	return w->dir_fd < 0 ? err_set(e, -errno, "cannot open the journal '%s': %s", w->path,
				       strerror(errno))
			     : 0;
}

/* ---- its end ---- */

/* What a walk over the last segment finds. */
struct last_segment {
	struct journal_segment *segment;
	struct epoch_chain chain;
	struct chain_end end;
	bool gap; /* something in it could not be read */
	/* Before the first stretch that no later frame says was on disk, with what was known there.
	 */
	bool torn;
	struct chain_end before_torn;
	struct epoch_chain chain_before_torn;
};

/* A checkpoint counts when its own signature and its place in the chain are right; whether it is
 * this writer's is found by its key. */
static int take_checkpoint(struct last_segment *l, const struct walk_step *step, struct err *e)
{
	const uint8_t *body = step->frame + FRAME_HEADER_BYTES;
	struct statement s;

	if (step->info.body_bytes != CHECKPOINT_BODY_BYTES ||
	    epoch_chain_take_checkpoint(&l->chain, body, &s) < 0 ||
	    memcmp(s.before, step->before, SEAL_HASH_BYTES) != 0 || s.seq != step->info.seq ||
	    s.segment != l->segment->number)
		return err_set(e, -EBADMSG,
			       "segment %llu: the checkpoint at offset %llu is not the writer's",
			       (unsigned long long)l->segment->number,
			       (unsigned long long)step->offset);
	return 0;
}

/* Nothing says so far that these bytes were ever acknowledged. */
static void take_gap(struct last_segment *l)
{
	l->gap = true;
	if (l->torn)
		return;
	l->torn = true;
	l->before_torn = l->end;
	l->chain_before_torn = l->chain;
}

static int take_frame(struct last_segment *l, const struct walk_step *step, struct err *e)
{
	int r = step->info.type == FRAME_CHECKPOINT ? take_checkpoint(l, step, e) : 0;

	if (l->torn && step->info.synced > l->before_torn.bytes)
		l->torn = false; /* damage to what was there */
	l->end.bytes = step->offset + step->bytes;
	l->end.next_seq = step->info.seq + 1;
	memcpy(l->end.link, step->link, SEAL_HASH_BYTES);
	return r;
}

static int walk_last(struct last_segment *l, struct err *e)
{
	struct journal_segment *s = l->segment;
	const struct journal_header *h = &s->header;
	struct segment_walk walk;
	struct walk_step step;
	int r;

	epoch_chain_begin(&l->chain, h->place.journal, h->epoch, h->public_key);
	memcpy(l->chain.last, h->last, STATEMENT_SIGNED_BYTES);
	l->end = (struct chain_end){ .segment = s->number,
				     .bytes = s->first_frame,
				     .next_seq = h->first_seq };
	memcpy(l->end.link, h->link, SEAL_HASH_BYTES);
	segment_walk_begin(&walk, s, s->size);
	while ((r = segment_walk_next(&walk, &step, e)) >= 0 && step.what != WALK_END) {
		if (step.what == WALK_GAP)
			take_gap(l);
		else
			r = take_frame(l, &step, e);
		if (r < 0)
			break;
	}
	segment_walk_done(&walk);
	if (l->torn) {
		l->end = l->before_torn;
		l->chain = l->chain_before_torn;
	}
	return r;
}

/* Those of the header, where they can be sealed to without their secret and are surely the
 * writer's: nothing between the header and what the writer's key vouches for is damaged. */
static int take_recipients(struct journal_writer *w, const struct last_segment *l, struct err *e)
{
	const struct journal_header *h = &l->segment->header;

	if (w->n_to)
		return 0;
	if (l->gap && h->epoch != signing_key_epoch(w->key))
		return err_set(e, -EBADMSG,
			       "the last segment is damaged: say again whom it is sealed to (try: "
			       "--recipient)");
	for (unsigned int i = 0; i < h->n_recipients; i++) {
		struct recipient_seen seen;

		journal_header_recipient(l->segment->head, h, i, &seen);
		if (seen.kind != RECIPIENT_X25519)
			return err_set(e, -EINVAL,
				       "it is sealed to a passphrase: say again whom it is sealed "
				       "to (try: --recipient, --seal-passphrase-file)");
		struct recipient *to = &w->to[w->n_to++];

		to->kind = RECIPIENT_X25519;
		memcpy(to->public_key, seen.public_key, SEAL_KEY_BYTES);
		memcpy(to->name, seen.name, sizeof(to->name));
	}
	return 0;
}

static int take_site(struct journal_writer *w, const struct journal_writer_options *o,
		     const struct journal_header *h, struct err *e)
{
	if ((o->site && o->site != h->site) || (o->site_name && strcmp(o->site_name, h->site_name)))
		return err_set(e, -EPERM,
			       "it is the journal of site %llu '%s', not of site %llu '%s'",
			       (unsigned long long)h->site, h->site_name,
			       (unsigned long long)(o->site ? o->site : h->site),
			       o->site_name ? o->site_name : h->site_name);
	w->site = h->site;
	memcpy(w->site_name, h->site_name, sizeof(w->site_name));
	return 0;
}

static int continue_journal(struct journal_writer *w, const struct journal_writer_options *o,
			    uint64_t number, struct err *e)
{
	auto_ptr(journal_segment) segment = NULL;
	struct last_segment l = { 0 };
	int r = journal_segment_open(w->dir_fd, number, &segment, e);

	if (r < 0)
		return r;
	const struct journal_header *h = &segment->header;

	if (memcmp(h->place.journal, signing_key_journal(w->key), JOURNAL_ID_BYTES) != 0 ||
	    h->place.segment != number)
		return err_set(e, -EKEYREJECTED,
			       "segment %llu is of another journal than " SIGNING_KEY_FILE,
			       (unsigned long long)number);
	r = take_site(w, o, h, e);
	l.segment = segment;
	if (r >= 0)
		r = walk_last(&l, e);
	if (r >= 0)
		r = signing_key_choose(w->key, l.chain.epoch, l.chain.last, number, e);
	/* A header of this very epoch is signed with the key that is held now. */
	if (r >= 0 && h->epoch == signing_key_epoch(w->key) &&
	    memcmp(h->public_key, signing_key_public(w->key), SEAL_KEY_BYTES) != 0)
		r = err_set(e, -EKEYREJECTED, "segment %llu was not begun by this writer",
			    (unsigned long long)number);
	if (r >= 0)
		r = take_recipients(w, &l, e);
	/* What is built upon must not be in memory only. */
	if (r >= 0 && fdatasync(segment->fd) < 0 && errno != EINVAL && errno != EROFS)
		r = err_set(e, -errno, "cannot sync segment %llu: %s", (unsigned long long)number,
			    strerror(errno));
	w->acked = l.end;
	return r;
}

static int start_journal(struct journal_writer *w, const struct journal_writer_options *o,
			 struct err *e)
{
	static const uint8_t none[STATEMENT_SIGNED_BYTES];

	if (!may_make(o))
		return no_journal(w, e);
	w->site = o->site;
	(void)snprintf(w->site_name, sizeof(w->site_name), "%s", o->site_name ? o->site_name : "");
	w->acked = (struct chain_end){ 0 };
	if (w->key)
		return signing_key_choose(w->key, 0, none, 0, e);
	int r = journal_folder_may_begin(w->dir_fd, e);

	return r < 0 ? r : signing_key_create(w->dir_fd, &w->key, e);
}

int writer_find_end(struct journal_writer *w, const struct journal_writer_options *o, struct err *e)
{
	auto_free uint64_t *list = NULL;
	size_t n = 0;
	int r = check_name(o->site_name, e);

	if (r >= 0)
		r = open_folder(w, o, e);
	if (r < 0)
		return r;
	int key = signing_key_open(w->dir_fd, &w->key, e);

	if (key < 0 && key != -ENOENT)
		r = key;
	if (r >= 0)
		r = journal_folder_list(w->dir_fd, &list, &n, e);
	if (r >= 0 && n && key == -ENOENT)
		r = err_set(e, -ENOKEY,
			    SIGNING_KEY_FILE " is not there: only the journal's writer appends to "
					     "it");
	if (r >= 0)
		r = n ? continue_journal(w, o, list[n - 1], e) : start_journal(w, o, e);
	if (r < 0)
		err_prefix(e, "'%s'", w->path);
	w->end = w->acked;
	return r;
}

/* ---- beginning a segment ---- */

static int put_headers(struct journal_writer *w, struct journal_header *h, struct err *e)
{
	auto_buf b;

	buf_init(&b, (size_t)2 * JOURNAL_HEADER_MAX);
	int r = journal_header_build(h, w->to, w->n_to, w->frame_key, signing_key_secret(w->key),
				     &b, e);

	if (r < 0)
		return r;
	r = buf_reserve(&b, h->bytes) ? buf_add(&b, b.data, h->bytes) : buf_error(&b);
	if (r >= 0)
		r = file_pwrite_all(w->fd, b.data, b.len, 0);
	if (r < 0)
		return err_set(e, r, "'%s': cannot write segment %llu: %s", w->path,
			       (unsigned long long)h->place.segment, strerror(-r));
	memcpy(w->end.link, h->link, SEAL_HASH_BYTES);
	w->end.bytes = b.len;
	return 0;
}

/* Through the reader's code, from the file: header, link, and with the frame key the content. */
static int read_back(struct journal_writer *w, const struct journal_header *h, struct err *e)
{
	auto_ptr(journal_segment) s = NULL;
	struct segment_walk walk;
	struct walk_step step;
	auto_buf content;
	struct content c;
	int copy = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);

	buf_init(&content, 0);
	if (copy < 0)
		return err_set(e, -errno, "'%s': cannot read back: %s", w->path, strerror(errno));
	int r = journal_segment_open_fd(copy, h->place.segment, &s, e);

	if (r < 0)
		return r;
	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	segment_walk_begin(&walk, s, s->size);
	r = segment_walk_next(&walk, &step, e);
	if (r >= 0 && (s->damaged_copies || step.what != WALK_FRAME ||
		       memcmp(s->header.public_key, h->public_key, SEAL_KEY_BYTES) != 0))
		r = -EBADMSG;
	if (r >= 0)
		r = journal_segment_set_key(s, w->frame_key);
	if (r >= 0)
		r = journal_segment_open_frame(s, step.frame, &step.info, step.offset, step.before,
					       &content);
	if (r >= 0)
		r = content_parse(content.data, content.len, false, &c);
	segment_walk_done(&walk);
	return r < 0 ? err_set(e, r, "'%s': the begin of segment %llu does not read back", w->path,
			       (unsigned long long)h->place.segment)
		     : 0;
}

static int fill_segment(struct journal_writer *w, struct err *e)
{
	struct journal_header h = { .first_seq = w->acked.next_seq,
				    .epoch = signing_key_epoch(w->key),
				    .created = nsec_realtime(),
				    .bytes_before = w->acked.bytes,
				    .site = w->site };

	h.place = w->place;
	memcpy(h.public_key, signing_key_public(w->key), SEAL_KEY_BYTES);
	memcpy(h.link_before, w->acked.link, SEAL_HASH_BYTES);
	memcpy(h.site_name, w->site_name, sizeof(h.site_name));
	memcpy(h.last, signing_key_statement(w->key), STATEMENT_SIGNED_BYTES);
	randombytes_buf(w->frame_key, SEAL_KEY_BYTES);
	writer_begin_frame(w);
	int r = put_headers(w, &h, e);

	if (r >= 0)
		r = content_end(&w->content);
	if (r >= 0)
		r = writer_put_frame(w, FRAME_DATA, e);
	if (r >= 0 && fdatasync(w->fd) < 0)
		r = err_set(e, -errno, "'%s': cannot sync segment %llu: %s", w->path,
			    (unsigned long long)h.place.segment, strerror(errno));
	return r < 0 ? r : read_back(w, &h, e);
}

/* From here on the segment is there, whatever fails next. */
static int give_name(struct journal_writer *w, const char *new_name, const char *name,
		     struct err *e)
{
	if (faccessat(w->dir_fd, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0)
		return err_set(e, -EEXIST, "'%s': '%s' is there already", w->path, name);
	if (renameat(w->dir_fd, new_name, w->dir_fd, name) < 0)
		return err_set(e, -errno, "'%s': cannot name '%s': %s", w->path, name,
			       strerror(errno));
	w->acked = w->end;
	if (fsync(w->dir_fd) < 0 && errno != EINVAL)
		return err_set(e, -errno, "cannot sync '%s': %s", w->path, strerror(errno));
	return 0;
}

/* What a crash left under the name goes; of a link that somebody put there only the link. */
static int create_new(int dir_fd, const char *name)
{
	static const int flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	int fd = openat(dir_fd, name, flags, 0600);

	if (fd < 0 && errno == EEXIST && unlinkat(dir_fd, name, 0) == 0)
		fd = openat(dir_fd, name, flags, 0600);
	return fd;
}

int writer_begin_segment(struct journal_writer *w, struct err *e)
{
	char name[JOURNAL_NAME_MAX], new_name[JOURNAL_NAME_MAX + sizeof(JOURNAL_NEW_SUFFIX)];
	const uint64_t number = w->acked.segment + 1;

	memcpy(w->place.journal, signing_key_journal(w->key), JOURNAL_ID_BYTES);
	w->place.segment = number;
	w->end = w->acked;
	w->end.segment = number;
	journal_index_clear(&w->index);
	(void)snprintf(new_name, sizeof(new_name), "%s%s", journal_segment_name(number, name),
		       JOURNAL_NEW_SUFFIX);
	w->fd = create_new(w->dir_fd, new_name);
	if (w->fd < 0)
		return err_set(e, -errno, "'%s': cannot create '%s': %s", w->path, new_name,
			       strerror(errno));
	int r = fill_segment(w, e);

	/* What a full disk has of it. */
	if (r < 0)
		(void)unlinkat(w->dir_fd, new_name, 0);
	if (r >= 0)
		r = give_name(w, new_name, name, e);
	if (r >= 0)
		r = signing_key_note_segment(w->key, number, e);
	if (r < 0) {
		writer_give_up(w);
		return r;
	}
	w->begun = w->signed_at = nsec_monotonic();
	w->signed_bytes = w->end.bytes;
	return 0;
}
