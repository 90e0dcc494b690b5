/* SPDX-License-Identifier: MIT */
/* CRC-32C by the processor's instruction where there is one, else four bits at a time from a
 * constant table. */
#include "base/crc32c.h"

#include <stdbool.h>
#include <string.h>

/* Remainders of the 16 half bytes by the reversed polynomial 0x82f63b78. */
static const uint32_t half_byte[16] = {
	0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
	0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
	0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
};

static uint32_t crc_table(uint32_t crc, const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crc ^= p[i];
		crc = crc >> 4 ^ half_byte[crc & 15];
		crc = crc >> 4 ^ half_byte[crc & 15];
	}
	return crc;
}

#if defined(__x86_64__)
static bool have_instruction(void)
{
	return __builtin_cpu_supports("sse4.2");
}

__attribute__((target("sse4.2"))) static uint32_t crc_instruction(uint32_t crc, const uint8_t *p,
								  size_t n)
{
	uint64_t wide = crc;

	for (; n >= 8; p += 8, n -= 8) {
		uint64_t v;

		memcpy(&v, p, 8);
		wide = __builtin_ia32_crc32di(wide, v);
	}
	crc = (uint32_t)wide;
	for (; n > 0; p++, n--)
		crc = __builtin_ia32_crc32qi(crc, *p);
	return crc;
}
#else
static bool have_instruction(void)
{
	return false;
}

static uint32_t crc_instruction(uint32_t crc, const uint8_t *p, size_t n)
{
	return crc_table(crc, p, n);
}
#endif

uint32_t crc32c(const void *data, size_t n)
{
	uint32_t crc = UINT32_MAX;

	return ~(have_instruction() ? crc_instruction(crc, data, n) : crc_table(crc, data, n));
}
