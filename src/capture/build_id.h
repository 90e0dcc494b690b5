/* SPDX-License-Identifier: MIT */
/* The build id of a file (NT_GNU_BUILD_ID). */
#pragma once

#include "base/attr.h"

#define BUILD_ID_MAX 64 /* bytes of text: 20 bytes as hex, NUL, and room for longer ones */

/* As hex into @ret; "" when the file has none, is no ELF file or cannot be read. */
void build_id_read(int dir_fd, const char *path, char ret[BUILD_ID_MAX]);
/* The same of a file of notes alone: /sys/kernel/notes has those of the kernel. */
void build_id_read_notes(int dir_fd, const char *path, char ret[BUILD_ID_MAX]);
/* @n bytes as hex; "" when they do not fit. */
void build_id_text(const unsigned char *id, unsigned int n, char ret[BUILD_ID_MAX]);
