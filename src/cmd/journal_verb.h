/* SPDX-License-Identifier: MIT */
/* What `kymo journal` does: a file journal_NAME.c that ends in its `const struct journal_verb`, and
 * an entry in journal.c's table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"
#include "format/journal_reader.h"

struct journal_args {
	/* who reads */
	struct option_list key;
	const char *passphrase_file;
	/* who writes, and for whom */
	struct option_list recipient;
	const char *seal_passphrase_file;
	const char *site_name, *witness;
	uint64_t segment_size;
	/* what of it */
	uint64_t site, host;
	bool site_given, host_given;
	const char *run, *from, *to, *track, *metric;
	/* verbs' own */
	const char *id, *output, *licence;
	bool segments, records, open, verify_not;
	bool json, csv;
};

struct journal_verb {
	const char *name;
	const char *usage; /* behind the name */
	const char *summary; /* one line without full stop */
	unsigned int min_words, max_words; /* behind the name */
	/* Returns the exit status; errors were printed. */
	int (*run)(const struct journal_args *a, const char *const *word, unsigned int n);
};

extern const struct journal_verb journal_verb_append;
extern const struct journal_verb journal_verb_export;
extern const struct journal_verb journal_verb_keys;
extern const struct journal_verb journal_verb_list;
extern const struct journal_verb journal_verb_repair;
extern const struct journal_verb journal_verb_show;
extern const struct journal_verb journal_verb_verify;

/* ---- what several of them do ---- */

/* --site --host --run --from --to --track. */
int journal_filter_parse(const struct journal_args *a, struct journal_filter *ret,
			 struct err *e) must_check;
/* The reader of @path with the keys that were given, which become *ret_keys. */
int journal_open(const struct journal_args *a, const char *path, struct keyring **ret_keys,
		 struct journal_reader **ret, struct err *e) must_check;
/* Notes of a reader as warnings. True when something was left out. */
bool journal_tell_damage(struct journal_reader *r);
/* "read 12 MiB of 40 MiB", now and then. */
void journal_progress(void *ctx, uint64_t done, uint64_t total);

/* A run as people read and give it: digits of its id, or #NUMBER of the older tools. */
#define JOURNAL_RUN_TEXT 24
const char *journal_run_text(const struct journal_stream *s, char ret[JOURNAL_RUN_TEXT]);
/* "2026-01-10T18:06:07Z" of a cell, or "" for 0. */
const char *journal_time_text(nsec_t t, char *ret);
/* An id with its check, as journals are called. */
const char *journal_id_text(const uint8_t id[JOURNAL_ID_BYTES], char *ret);
/* Print "'%path': words", and return EXIT_FAILURE. */
int journal_failed(struct err *e, int code);
