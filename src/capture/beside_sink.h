/* SPDX-License-Identifier: MIT */
/*
 * A sink for what is recorded beside a capture into the same sink (metrics): rows of tracks task
 * and loss go through the capture's gather, which puts them in order with its own. All else goes
 * on as it is.
 */
#pragma once

#include "capture/gather.h"
#include "model/stream.h"

struct beside_sink {
	struct sink base;
	struct gather *gather;
};

/* @g must have a sink, and live as long. */
void beside_sink_init(struct beside_sink *s, struct gather *g);
