/* SPDX-License-Identifier: MIT */
/* Any bytes as the text of perf script. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("perf-script", data, n);
	return 0;
}
