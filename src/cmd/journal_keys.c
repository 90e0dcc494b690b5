/* SPDX-License-Identifier: MIT */
/* kymo journal keys: whom a journal is sealed to, segment by segment. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/hex.h"
#include "base/log.h"
#include "cmd/journal_verb.h"
#include "cmd/sealing.h"
#include "cmd/table_answer.h"
#include "format/journal_folder.h"
#include "format/journal_segment.h"

enum { FIRST, LAST, KIND, NAME, KEY, OPENS, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[FIRST] = { .name = "first_segment",
		    .title = "From segment",
		    .type = CELL_U64,
		    .unit = UNIT_ID,
		    .flags = TABLE_COLUMN_KEY },
	[LAST] = { .name = "last_segment", .title = "to", .type = CELL_U64, .unit = UNIT_ID },
	[KIND] = { .name = "kind", .title = "Kind", .type = CELL_TEXT },
	[NAME] = { .name = "name", .title = "Name", .type = CELL_TEXT },
	[KEY] = { .name = "public_key", .title = "Public key", .type = CELL_TEXT },
	[OPENS] = { .name = "opens",
		    .title = "Given key",
		    .type = CELL_TEXT,
		    .help = "can it be opened with the keys that were given" },
};

static const char *kind_word(unsigned int kind)
{
	return kind == RECIPIENT_X25519	      ? "X25519"
	       : kind == RECIPIENT_PASSPHRASE ? "passphrase"
					      : "unknown";
}

/* The same recipients in segments that follow each other are one row each. */
struct rows {
	struct table *t;
	uint64_t first, last;
	uint8_t *head; /* recipients of that stretch: a copy of one header */
	struct journal_header header;
	struct keyring *keys;
	bool opened, damaged; /* any */
	char id[CHECKED_ID_TEXT(JOURNAL_ID_BYTES)], site[300];
};

static int put_rows(struct rows *w, struct err *e)
{
	for (unsigned int i = 0; w->head && i < w->header.n_recipients; i++) {
		struct recipient_seen seen;
		uint8_t key[SEAL_KEY_BYTES];
		char text[SEAL_TEXT(SEAL_KEY_BYTES) + 1];

		journal_header_recipient(w->head, &w->header, i, &seen);
		table_row(w->t);
		table_set_u64(w->t, FIRST, w->first);
		table_set_u64(w->t, LAST, w->last);
		table_set_text(w->t, KIND, kind_word(seen.kind));
		if (seen.name[0])
			table_set_text(w->t, NAME, seen.name);
		if (seen.kind == RECIPIENT_X25519)
			table_set_text(w->t, KEY, seal_text(seen.public_key, SEAL_KEY_BYTES, text));
		if (keyring_is_empty(w->keys))
			continue;
		int r = keyring_open(w->keys, &seen, key, e);

		if (r < 0)
			return r;
		table_set_text(w->t, OPENS, r ? "opens" : "no");
		w->opened = w->opened || r;
		sodium_memzero(key, sizeof(key));
	}
	free(w->head);
	w->head = NULL;
	return 0;
}

static bool same_recipients(const struct rows *w, const struct journal_segment *s)
{
	bool same = w->head && w->header.n_recipients == s->header.n_recipients;

	for (unsigned int i = 0; same && i < s->header.n_recipients; i++) {
		struct recipient_seen a, b;

		journal_header_recipient(w->head, &w->header, i, &a);
		journal_header_recipient(s->head, &s->header, i, &b);
		same = a.kind == b.kind && !strcmp(a.name, b.name) &&
		       memcmp(a.public_key, b.public_key, SEAL_KEY_BYTES) == 0;
	}
	return same;
}

static int take_segment(struct rows *w, int dir_fd, uint64_t number, struct err *e)
{
	auto_ptr(journal_segment) s = NULL;
	struct err own = { 0 };
	int r = journal_segment_open(dir_fd, number, &s, &own);

	if (r < 0) {
		log_warn("%s, left out", err_text(&own, r));
		w->damaged = true;
		return 0;
	}
	if (!same_recipients(w, s)) {
		r = put_rows(w, e);
		if (r < 0)
			return r;
		w->first = number;
		w->header = s->header;
		w->head = steal_ptr(s->head);
	}
	w->last = number;
	journal_id_text(w->header.place.journal, w->id);
	(void)snprintf(w->site, sizeof(w->site), "%" PRIu64 " '%s'", w->header.site,
		       w->header.site_name);
	return 0;
}

static int fill(struct rows *w, const char *path, struct err *e)
{
	auto_close int dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_free uint64_t *list = NULL;
	size_t n = 0;
	int r = dir_fd < 0 ? err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno))
			   : seal_ready(e);

	if (r >= 0)
		r = journal_folder_list(dir_fd, &list, &n, e);
	if (r >= 0 && !n)
		r = err_set(e, -ENOENT, "'%s': no segment of a journal is in there", path);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = take_segment(w, dir_fd, list[i], e);
	if (r >= 0)
		r = put_rows(w, e);
	free(w->head);
	return r;
}

static int keys_run(const struct journal_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(keyring) keys = NULL;
	auto_ptr(table) t = table_new("keys", "Who can read", columns, N_COLUMNS);
	struct rows w = { .t = t };
	struct err e = { 0 };
	int r = t ? sealing_keyring(&a->key, a->passphrase_file, &keys, &e)
		  : err_set(&e, -ENOMEM, "no memory");

	(void)n;
	w.keys = keys;
	if (r >= 0)
		r = fill(&w, word[0], &e);
	if (r >= 0 && w.id[0])
		table_note(t, "journal %s of site %s", w.id, w.site);
	if (r >= 0 && table_error(t) < 0)
		r = err_set(&e, -ENOMEM, "no memory");
	if (r >= 0)
		r = table_answer(t, a->json, a->csv);
	/* The table says who else could. */
	if (r >= 0 && !keyring_is_empty(keys) && !w.opened)
		r = err_set(&e, -ENOKEY, "'%s': wrong key: it is sealed to others", word[0]);
	if (r < 0)
		return journal_failed(&e, r);
	return w.damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

const struct journal_verb journal_verb_keys = {
	.name = "keys",
	.usage = "DIR",
	.summary = "whom it is sealed to; with a key, what that opens",
	.min_words = 1,
	.max_words = 1,
	.run = keys_run,
};
