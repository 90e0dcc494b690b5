/* SPDX-License-Identifier: MIT */
/* Random changes of bytes from a fixed generator, so that a failure repeats. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/*
 * Make one to eight changes to the @n bytes at @data: a bit, a byte, a word of a tempting value, a
 * moved or zeroed stretch, a cut. @state is the generator's, not 0. Returns the new length, never
 * greater than @n.
 */
size_t mutate(uint64_t *state, uint8_t *data, size_t n);
