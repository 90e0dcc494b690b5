/* SPDX-License-Identifier: MIT */
/* The fixed parts of a recording's file, shared by its writer and its reader. Not for use outside
 * format/. */
#pragma once

#include <stdint.h>

#define RECORDING_MAGIC	       "\x89KYMO\r\n\x1a"
#define RECORDING_MAJOR	       1
#define RECORDING_MINOR	       0
#define RECORDING_HEADER_BYTES 64
#define RECORDING_FLAG_CLOSED  (1u << 0)

#define RECORDING_END_MAGIC	"KYMOEND\n"
#define RECORDING_TRAILER_BYTES 32
