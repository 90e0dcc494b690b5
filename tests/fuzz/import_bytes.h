/* SPDX-License-Identifier: MIT */
/* For fuzz targets of importers: read bytes with one importer, demand what importer.h promises. */
#pragma once

#include <stddef.h>
#include <stdint.h>

void import_bytes(const char *importer, const uint8_t *data, size_t n);
