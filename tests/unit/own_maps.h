/* SPDX-License-Identifier: MIT */
/* For tests: the mappings of this process as modules and an address space. */
#pragma once

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "model/frames.h"
#include "model/spaces.h"

/* How many were mapped. */
static inline unsigned int own_maps(struct spaces *spaces, struct modules *modules)
{
	auto_fclose FILE *f = fopen("/proc/self/maps", "re");
	unsigned int n = 0;
	char line[1024];

	while (f && fgets(line, sizeof(line), f)) {
		uint64_t start, end, offset;
		char path[512] = "";

		line[strcspn(line, "\n")] = 0;
		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %*s %" SCNx64 " %*s %*s %511s", &start,
			   &end, &offset, path) < 3 ||
		    path[0] != '/')
			continue;
		const struct module m = { .kind = MODULE_FILE, .path = path, .build_id = "" };
		uint32_t number = modules_add(modules, &m);

		if (number != FRAMES_MAX &&
		    spaces_map(spaces, (uint32_t)getpid(), start, end - start, offset, number) == 0)
			n++;
	}
	return n;
}
