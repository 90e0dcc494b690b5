/* SPDX-License-Identifier: MIT */
/* Any bytes as sysstat's sadf -j. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("sadf", data, n);
	return 0;
}
