/* SPDX-License-Identifier: MIT */
/* Any bytes as a CSV map: good rows can be found, bad ones are named with their line. */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "names/csv_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	auto_ptr(name_map) m = name_map_new();
	struct err e = { 0 };
	int r = csv_map_parse("m", (const char *)data, n, m, &e);

	if (r < 0 && strncmp(e.text, "m:", 2) != 0)
		abort();
	for (size_t i = 0; i < name_map_count(m); i++) {
		const struct name_row *row = name_map_at(m, i);

		if (strlen(row->base) > NAME_MAX_BYTES)
			abort();
		if (row->tid ? !name_map_tid(m, row->tid)
			     : !name_map_machine(m, row->uuid, row->instance, row->type))
			abort();
	}
	return 0;
}
