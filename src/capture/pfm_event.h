/* SPDX-License-Identifier: MIT */
/* Event names of the CPU makers' manuals, through libpfm4 where it is installed (libpfm.so.4). */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "capture/event.h"

/* -ENOENT without words: libpfm4 is not here or does not know the name. */
int pfm_event_parse(const char *text, struct event *ev, struct err *e) must_check;
