/* SPDX-License-Identifier: MIT */
/* Any bytes as a profile of pprof. Seeds are packed and plain ones, since changed bytes of a gzip
 * stream seldom get far. */
#include "fuzz.h"
#include "import_bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	import_bytes("pprof", data, n);
	return 0;
}
