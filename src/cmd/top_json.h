/* SPDX-License-Identifier: MIT */
/* One frame of a machine as a JSON object; keys as in the structs of analysis/machine_frame.h. */
#pragma once

#include "analysis/machine_frame.h"
#include "base/attr.h"
#include "base/buf.h"
#include "cmd/top_screen.h"

/* The processes that @look shows, in its order; what is not known is null. 0 or -errno of @out. */
int top_json_add(struct buf *out, struct machine_frame *f, const struct top_look *look) must_check;
