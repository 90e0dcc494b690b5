/* SPDX-License-Identifier: MIT */
/* The debug information of an ELF file, which libdw reads, asked for places all over it. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "fuzz.h"
#include "symbol/source_lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(source_lines) lines = NULL;
	struct source_place place[16];
	struct err e = { 0 };
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd < 0 || file_write_all(fd, data, n) < 0)
		abort();
	if (source_lines_open(fd, &lines, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	for (uint64_t address = 0x1000; address < 0x1800; address += 7) {
		size_t found;

		if (source_lines_find(lines, address, place, 16, &found) < 0)
			abort();
		for (size_t k = 0; k < found; k++)
			if ((place[k].function && strlen(place[k].function) > n) ||
			    (place[k].file && strlen(place[k].file) > 2 * n) ||
			    (place[k].written && strlen(place[k].written) > 2 * n))
				abort();
	}
	return 0;
}
