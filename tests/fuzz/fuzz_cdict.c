/* SPDX-License-Identifier: MIT */
/* Any bytes as a cdict file; and as what such a file unpacks to, since changed bytes of a zlib
 * stream seldom get that far. */
#include <stdlib.h>
#include <zlib.h>

#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uLongf room = compressBound(n);
	uint8_t *packed = malloc(room);

	import_bytes("cdict", data, n);
	if (!packed || compress2(packed, &room, data, n, Z_NO_COMPRESSION) != Z_OK)
		abort();
	import_bytes("cdict", packed, room);
	free(packed);
	return 0;
}
