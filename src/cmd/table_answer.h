/* SPDX-License-Identifier: MIT */
/* A table as a command's whole answer. */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "model/table.h"

/* To stdout as text with its notes, JSON (an array of rows) or CSV; of the latter two the notes go
 * to stderr. 0 or -errno. */
int table_answer(const struct table *t, bool json, bool csv) must_check;
