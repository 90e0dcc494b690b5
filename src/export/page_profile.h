/* SPDX-License-Identifier: MIT */
/* What samples refer to, in the report page: docs/formats/page.md, "PROFILE". */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "base/attr.h"
#include "format/json.h"
#include "model/functions.h"
#include "model/profile.h"

/* Write the object to @j, and what piles up there to @out. @node_of: with the map for sample rows.
 * 0 or -errno. */
int page_profile_json(const struct profile *p, const struct functions *f, bool node_of,
		      struct json *j, FILE *out) must_check;
