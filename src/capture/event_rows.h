/* SPDX-License-Identifier: MIT */
/* Rows of track event: what the numbers in samples and counters stand for. */
#pragma once

#include "base/attr.h"
#include "base/nsec.h"
#include "capture/event.h"
#include "model/batch.h"

/* Add @ev as event @number to @b, a batch of track event with room for it. @flags: EVENT_FLAG_*
 * besides those of event_flags(). 0 or -ENOMEM. */
int event_rows_add(struct batch *b, nsec_t time, unsigned int number, const struct event *ev,
		   uint32_t flags, const char *note) must_check;
