/* SPDX-License-Identifier: MIT */
/* CRC-32C (Castagnoli, reflected, init and final xor 0xffffffff), as in RFC 3720 appendix B.4. */
#pragma once

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *data, size_t n);
