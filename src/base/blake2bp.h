/* SPDX-License-Identifier: MIT */
/*
 * BLAKE2bp-512 without a key (BLAKE2 paper, "BLAKE2: simpler, smaller, fast as MD5", section 2.10):
 * BLAKE2b (RFC 7693) over four leaves, block by block in turn, and a root over their digests. The
 * four leaves lie in the lanes of vector registers: a collision-resistant hash at memory-like speed
 * on one core. Of bytes that are all there; small things are hashed by libsodium's BLAKE2b.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BLAKE2BP_BYTES 64

void blake2bp(const void *data, size_t n, uint8_t ret[BLAKE2BP_BYTES]);
