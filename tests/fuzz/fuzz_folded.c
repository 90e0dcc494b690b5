/* SPDX-License-Identifier: MIT */
/* Any bytes as folded stacks. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("folded", data, n);
	return 0;
}
