/* SPDX-License-Identifier: MIT */
/* Journals that tests make up: a folder in memory where there is one, keys, records with numbers.
 */
#pragma once

#include <assert.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "base/buf.h"
#include "base/file.h"
#include "format/journal_folder.h"
#include "format/journal_reader.h"
#include "format/journal_verify.h"
#include "format/journal_writer.h"

struct journal_scenario {
	char folder[64]; /* holds the journal "j" and others */
	char path[128];
	struct recipient to;
	uint8_t secret[SEAL_KEY_BYTES];
	struct keyring *keys;
};

static inline void scenario_path(const struct journal_scenario *s, const char *name, char *ret)
{
	(void)snprintf(ret, 128, "%s/%s", s->folder, name);
}

static inline void scenario_make_keys(struct journal_scenario *s)
{
	int r = seal_ready(NULL);

	assert(r >= 0);
	s->to = (struct recipient){ .kind = RECIPIENT_X25519, .name = "reader" };
	(void)crypto_box_keypair(s->to.public_key, s->secret);
	s->keys = keyring_new();
	r = s->keys ? keyring_add_secret(s->keys, s->secret) : -1;
	assert(r >= 0);
	(void)r;
}

static inline void journal_scenario_init(struct journal_scenario *s)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

	*s = (struct journal_scenario){ 0 };
	(void)snprintf(s->folder, sizeof(s->folder), "%s/kymo-journal-XXXXXX", base);
	if (!mkdtemp(s->folder))
		abort();
	(void)snprintf(s->path, sizeof(s->path), "%s/j", s->folder);
	scenario_make_keys(s);
}

static inline int scenario_remove_one(const char *path, const struct stat *st, int flag,
				      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* A folder with all that is in it. */
static inline void scenario_remove(const char *path)
{
	(void)nftw(path, scenario_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void journal_scenario_done(struct journal_scenario *s)
{
	scenario_remove(s->folder);
	keyring_free(s->keys);
}

/* Options for a small journal: frames of one record, frequent checkpoints and segments. */
static inline struct journal_writer_options scenario_options(struct journal_scenario *s)
{
	return (struct journal_writer_options){ .site = 1,
						.site_name = "Evil Corp",
						.to = &s->to,
						.n_to = 1,
						.frame_bytes = 64,
						.segment_bytes = 20000,
						.checkpoint_bytes = 5000 };
}

/* Record number @n: host n % 3, time n seconds, its number again and again. */
static inline size_t scenario_record(uint64_t n, uint8_t *ret)
{
	const size_t bytes = 8 * (1 + n * 37 % 150);

	for (size_t i = 0; i < bytes; i += 8)
		memcpy(ret + i, &n, 8);
	return bytes;
}

static inline int scenario_append(struct journal_writer *w, uint64_t n, struct err *e)
{
	uint8_t data[8 * 151];
	struct journal_stream s = { .site = 1, .host = n % 3 };
	struct journal_entry entry = { .kind = ENTRY_RECORD,
				       .bytes = (uint32_t)scenario_record(n, data),
				       .first = n * NSEC_PER_SEC,
				       .last = n * NSEC_PER_SEC,
				       .data = data };

	journal_stream_set_number(&s, n / 100);
	return journal_append(w, &s, &entry, e);
}

/* Records @from to @to - 1, a sync behind each tenth; closed when asked. */
static inline void scenario_write(struct journal_scenario *s, uint64_t from, uint64_t to,
				  bool close_it)
{
	const struct journal_writer_options o = scenario_options(s);
	struct journal_writer *w = NULL;
	struct err e = { 0 };
	int r = journal_writer_open(s->path, &o, &w, &e);

	for (uint64_t n = from; r >= 0 && n < to; n++) {
		r = scenario_append(w, n, &e);
		if (r >= 0 && n % 10 == 9)
			r = journal_sync(w, &e);
	}
	if (r >= 0)
		r = close_it ? journal_writer_close(w, &e) : journal_sync(w, &e);
	if (r < 0) {
		(void)fprintf(stderr, "%s\n", err_text(&e, r));
		abort();
	}
	journal_writer_free(w);
}

/* How many of records 0 .. @n - 1 can be read, each at most once and in order, and how many of them
 * from the begin on without one missing; -1: something else was given. */
static inline int64_t scenario_count(const char *path, struct keyring *keys,
				     const struct journal_filter *f, uint64_t n,
				     int64_t *ret_prefix)
{
	struct journal_reader *reader = NULL;
	struct journal_stream stream;
	struct journal_entry entry;
	uint8_t data[8 * 151];
	int64_t last = -1, count = 0;

	*ret_prefix = 0;
	int r = journal_reader_open(path, keys, f, &reader, NULL);

	while (r >= 0 && (r = journal_reader_next(reader, &stream, &entry, NULL)) > 0) {
		uint64_t number = UINT64_MAX;

		if (entry.bytes >= 8)
			memcpy(&number, entry.data, 8);
		if (number >= n || (int64_t)number <= last || stream.host != number % 3 ||
		    journal_stream_number(&stream) != number / 100 ||
		    entry.bytes != scenario_record(number, data) ||
		    memcmp(entry.data, data, entry.bytes) != 0) {
			count = -1;
			break;
		}
		last = (int64_t)number;
		count++;
		*ret_prefix += last == *ret_prefix;
	}
	journal_reader_free(reader);
	return r < 0 ? r : count;
}

static inline int64_t scenario_read_as(const char *path, struct keyring *keys,
				       const struct journal_filter *f, uint64_t n)
{
	int64_t prefix;

	return scenario_count(path, keys, f, n, &prefix);
}

static inline int64_t scenario_read(const struct journal_scenario *s, uint64_t n)
{
	return scenario_read_as(s->path, s->keys, NULL, n);
}

/* Number of problems, or -errno. */
static inline int64_t scenario_problems_as(const char *path, const struct journal_verify_options *o,
					   struct journal_verdict *ret)
{
	struct journal_verdict v;
	int r = journal_verify(path, o, &v, NULL);

	if (r < 0)
		return r;
	const int64_t n = (int64_t)v.n_problems;

	if (ret)
		*ret = v;
	else
		journal_verdict_done(&v);
	return n;
}
