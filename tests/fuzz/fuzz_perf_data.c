/* SPDX-License-Identifier: MIT */
/* Any bytes as a perf.data file, seekable and as a pipe. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("perf-data", data, n);
	return 0;
}
