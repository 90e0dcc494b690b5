/* SPDX-License-Identifier: MIT */
/* What the comparison of two sides of a benchmark comes to, in words. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "stats/sample_ratio.h"

/*
 * "B is slower by 4.8 % [3.9, 5.7]", "B has 2.1 % less [1.0, 3.2]", "no difference found: ratio
 * 1.002 [0.991, 1.013]", "too few runs to tell". @who: "B"; @time: slower and faster instead of
 * more and less. Into @ret of @size bytes.
 */
void result_words(const struct sample_ratio *r, const char *who, bool time, char *ret, size_t size);
