/* SPDX-License-Identifier: MIT */
/* SHA-256 (FIPS 180-4) for build tools, so that the build needs no crypto library. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES	  32
#define SHA256_BASE64_MAX 45 /* 44 characters and NUL */

void sha256(const void *data, size_t n, uint8_t ret[SHA256_BYTES]);
/* Base64 with padding, as a CSP hash source wants it. */
void sha256_base64(const uint8_t digest[SHA256_BYTES], char ret[SHA256_BASE64_MAX]);
