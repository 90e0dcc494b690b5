/* SPDX-License-Identifier: MIT */
/* Verifying as commands do it: options and witness in, a verdict out. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "cmd/journal_verb.h"
#include "format/journal_verify.h"

/* Verify @path with what @a gives: --id, --witness, keys (@keys may be NULL). As journal_verify().
 */
int journal_verdict_of(const struct journal_args *a, const char *path, struct keyring *keys,
		       struct journal_verdict *ret, struct err *e) must_check;
/* Its problems as lines on stderr, up to @most of them. */
void journal_verdict_tell(const struct journal_verdict *v, size_t most);
/*
 * What export and repair -o do before they take anything out, unless --no-verify is given: problems
 * are told and set *@ret_damaged. Damage costs what is damaged; -EBADMSG with words where anything
 * says that somebody changed it.
 */
int journal_verify_first(const struct journal_args *a, const char *path, struct keyring *keys,
			 bool *ret_damaged, struct err *e) must_check;
