/* SPDX-License-Identifier: MIT */
/* What the meta keys of a recording say of its counters (docs/formats/recording.md). */
#pragma once

#include <stdint.h>

#include "base/nsec.h"
#include "model/run.h"

/* Time between readings; 0: not known, or there are none (run slices). */
nsec_t counter_interval(const struct run_info *info);
/* What the values of @event are multiplied by to get its unit. */
double counter_scale(const struct run_info *info, uint16_t event);
