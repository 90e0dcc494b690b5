/* SPDX-License-Identifier: MIT */
/* Any bytes as a capture of perfcollector. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("perfcollector", data, n);
	return 0;
}
