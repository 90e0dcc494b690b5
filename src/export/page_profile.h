/* SPDX-License-Identifier: MIT */
/* What samples refer to, in the report page: docs/formats/page.md, "PROFILE". */
#pragma once

#include <stdio.h>

#include "base/attr.h"
#include "export/page.h"
#include "format/json.h"

/* Write the object of @r to @j, and what piles up there to @out. 0 or -errno. */
int page_profile_json(const struct page_run *r, struct json *j, FILE *out) must_check;
