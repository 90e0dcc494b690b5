/* SPDX-License-Identifier: MIT */
/* Keys as commands take them: files of keys and passphrases, into what the formats need. */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/option.h"
#include "format/identity.h"
#include "format/recipient.h"

/* The first line of @path ("-": standard input), to be freed with seal_free(); NULL without one.
 * -EINVAL with words: empty or too long. Warns where others may read it. */
int sealing_passphrase(const char *path, char **ret, struct err *e) must_check;

/* A key file of any kind; @passphrase may be NULL. Warns where others may read its secrets. */
int sealing_key(const char *path, const char *passphrase, struct identity **ret,
		struct err *e) must_check;

/* What opens: secrets of the files in @keys, and the passphrase in @passphrase_file (NULL: none),
 * which also opens those files. Empty when nothing was given. */
int sealing_keyring(const struct option_list *keys, const char *passphrase_file,
		    struct keyring **ret, struct err *e) must_check;

/* Whom to seal to: the last generations of the files in @keys (public or not), and a passphrase.
 * @ret holds JOURNAL_RECIPIENTS_MAX; recipient_wipe() them. */
int sealing_recipients(const struct option_list *keys, const char *passphrase_file,
		       struct recipient *ret, size_t *ret_n, struct err *e) must_check;
