/* SPDX-License-Identifier: MIT */
/* What `kymo list` lists: a file list_NAME.c that ends in its `const struct lister`, and an entry
 * in list.c's table. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "cmd/metric_answer.h"
#include "model/table.h"

struct list_args {
	bool json, csv, all; /* all: what is not for this machine too */
	struct metric_options o; /* metrics */
};

struct lister {
	const char *name;
	const char *summary; /* one line without full stop */
	/* The rows that match @pattern ("" = all; a glob, or part of a name). @root_fd is where
	 * proc/ and sys/ are. */
	int (*build)(const struct list_args *a, int root_fd, const char *pattern,
		     struct table **ret, struct err *e);
};

/* Does @name match, as all listers understand patterns? */
bool lister_matches(const char *pattern, const char *name);

extern const struct lister lister_blocks;
extern const struct lister lister_collectors;
extern const struct lister lister_events;
extern const struct lister lister_metrics;
