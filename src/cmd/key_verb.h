/* SPDX-License-Identifier: MIT */
/* What `kymo key` does: verbs, each a `const struct key_verb` in key.c or key_licence.c, and an
 * entry in key.c's table. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"
#include "format/identity.h"

struct key_args {
	uint64_t site, days;
	bool site_given, any_host, json;
	const char *name, *passphrase_file, *output, *key, *from, *at, *registry;
	struct option_list host, host_key, feature;
};

struct key_verb {
	const char *name;
	const char *usage; /* behind the name */
	const char *summary; /* one line without full stop */
	unsigned int min_words, max_words; /* behind the name */
	/* Returns the exit status; errors were printed. */
	int (*run)(const struct key_args *a, const char *const *word, unsigned int n);
};

extern const struct key_verb key_verb_export;
extern const struct key_verb key_verb_licence;
extern const struct key_verb key_verb_new;
extern const struct key_verb key_verb_registry;
extern const struct key_verb key_verb_rotate;
extern const struct key_verb key_verb_show;
extern const struct key_verb key_verb_verify;

/* Print the words, and return EXIT_FAILURE. */
int key_failed(struct err *e, int code);
/* A key file with --passphrase-file. */
int key_read(const char *path, const struct key_args *a, struct identity **ret,
	     struct err *e) must_check;
/* A time of an option, NULL: now. */
int key_time(const char *text, uint64_t *ret_seconds, struct err *e) must_check;
