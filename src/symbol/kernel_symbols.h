/* SPDX-License-Identifier: MIT */
/* The kernel that runs, for those who record it. module_symbols_kernel() is in module_symbols.h. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Bytes of the build id in /sys/kernel/notes below @root_fd, 0 = not there. */
size_t kernel_build_id(int root_fd, uint8_t *ret, size_t max);
