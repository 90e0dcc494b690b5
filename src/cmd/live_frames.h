/* SPDX-License-Identifier: MIT */
/* Frames of this machine as it runs: what happened since the frame before. Needs no privileges. */
#pragma once

#include "analysis/machine_frame.h"
#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"

struct live_frames;

/* Takes the first sample. @root_fd: where proc/ and sys/ are, lent. 0 or -errno with words. */
int live_frames_open(int root_fd, nsec_t interval, struct live_frames **ret,
		     struct err *e) must_check;
struct live_frames *live_frames_free(struct live_frames *l);
DEFINE_CLEANUP(live_frames, live_frames_free)

nsec_t live_frames_due(const struct live_frames *l); /* of the next frame, CLOCK_MONOTONIC */
/* Sample now; the frame is the caller's, its names are lent until the next one. */
int live_frames_next(struct live_frames *l, struct machine_frame **ret, struct err *e) must_check;
/* Sentences about what is not seen and why, said once ("" = nothing). */
const char *live_frames_note(struct live_frames *l);
