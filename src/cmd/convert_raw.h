/* SPDX-License-Identifier: MIT */
/* kymo convert --metrics: a recording with the metrics that its raw files hold. */
#pragma once

/* Read the raw files of the recording @path by the collectors of @set, and write it with their
 * metrics to @output. The exit status; what happened was said. */
int convert_raw(const char *path, const char *output, const char *set);
