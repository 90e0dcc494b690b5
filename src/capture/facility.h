/* SPDX-License-Identifier: MIT */
/*
 * What this machine and this user allow: each facility is really tried, and told with what it means
 * and the smallest fix. `kymo doctor` shows them all; a capture that cannot start says the same
 * sentences.
 */
#pragma once

#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

enum facility_state { FACILITY_OK, FACILITY_LIMITED, FACILITY_MISSING };

struct facility {
	const char *name; /* one word: key in JSON */
	const char *title;
	const char *use; /* what Kymo does with it */
	enum facility_state state;
	char found[192]; /* what was found */
	char fix[256]; /* smallest fix, "" when there is none or none is needed */
	int code; /* -errno behind the state, 0 when OK */
};

size_t facility_count(void);
/* Try the @i-th. @root_fd is where proc/, sys/ and dev/ are. */
void facility_check(size_t i, int root_fd, struct facility *ret);
/* "ok", "limited", "missing" */
const char *facility_state_name(enum facility_state s);

/* Try those of @names (NULL-terminated). The first that is missing becomes the error: its -errno
 * and a sentence with found and fix. 0 when all are there. */
int facility_need(int root_fd, const char *const *names, struct err *e) must_check;
