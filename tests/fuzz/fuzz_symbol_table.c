/* SPDX-License-Identifier: MIT */
/*
 * A file of the symbol cache. Its checksums stop nearly all mutations, so each is also tried with
 * checksums made right: whoever can write the file can make them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "fuzz.h"
#include "symbol/symbol_table.h"

static void ask(const uint8_t *data, size_t n)
{
	auto_ptr(symbol_table) t = NULL;
	struct symbol_range range;
	struct err e = { 0 };
	auto_buf copy;

	buf_init(&copy, 0);
	if (buf_add(&copy, data, n) < 0)
		abort();
	if (symbol_table_new(&copy, &t, &e) < 0) {
		if (!e.text[0])
			abort();
		return;
	}
	const uint8_t *image = symbol_table_image(t, &n);

	for (uint64_t at = 0; at < 1 << 16; at += 13)
		if (symbol_table_find(t, at, &range) &&
		    (at < range.start || at >= range.end ||
		     (const uint8_t *)range.name + strlen(range.name) >= image + n))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	ask(data, n);
	if (n < 96)
		return 0;
	auto_free uint8_t *fixed = malloc(n);

	if (!fixed)
		abort();
	memcpy(fixed, data, n);
	put_le64(fixed + 16, n);
	put_le32(fixed + 24, crc32c(fixed + 96, n - 96));
	put_le32(fixed + 92, crc32c(fixed, 92));
	ask(fixed, n);
	return 0;
}
