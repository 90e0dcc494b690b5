/* SPDX-License-Identifier: MIT */
/* What `kymo journal show --metric` answers: values of metrics out of sealed blocks. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "cmd/journal_verb.h"
#include "model/table.h"

/*
 * All values in the journal @path that the filters of @a take, of metrics that match the glob
 * a->metric by their name ("disk.*") or their thing ("sda"), in the order of writing. What is
 * damaged was said, and *ret_damaged is true then. 0 or -errno with words.
 */
int journal_values(const struct journal_args *a, const char *path, struct table **ret,
		   bool *ret_damaged, struct err *e) must_check;
