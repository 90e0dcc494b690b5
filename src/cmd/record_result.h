/* SPDX-License-Identifier: MIT */
/* What kymo record says when its file is complete. */
#pragma once

#include "capture/capture.h"
#include "cmd/record_session.h"
#include "collect/collection.h"

/* On stderr: events, loss, size, cost, and what to do next. @metrics may be NULL. */
void record_result_tell(struct record_session *s, const struct capture *c,
			const struct collection *metrics);
