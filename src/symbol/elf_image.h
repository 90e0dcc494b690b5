/* SPDX-License-Identifier: MIT */
/*
 * What of an ELF file symbols need: sections, segments, build id. Both classes and byte orders. All
 * that a file says is checked against its length, and only what is asked for is read, so that a
 * debug file of a gigabyte costs its symbol table. Reading by pread(): a file that is cut meanwhile
 * is an error, not a signal.
 * Sources: elf(5); System V ABI, chapters 4 and 5; for build ids the notes of the GNU linker.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define BUILD_ID_MAX 32u

struct elf_section {
	const char *name; /* "" when it has none */
	uint32_t type, link, info;
	uint64_t flags, address, offset, bytes, entry_bytes;
};

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, address, file_bytes, memory_bytes;
};

struct elf_image {
	int fd; /* -1: in memory */
	const uint8_t *memory;
	uint64_t bytes;
	bool is64, big;
	uint16_t machine, type;
	struct elf_section *section;
	size_t n_sections;
	struct elf_segment *segment;
	size_t n_segments;
	char *names;
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_bytes; /* 0 = has none */
};

/* @fd is taken over, also on failure. -EBADMSG with words: no ELF file, or it contradicts itself.
 */
int elf_image_open(int fd, struct elf_image **ret, struct err *e) must_check;
/* @memory is lent and must outlive the image. */
int elf_image_open_memory(const void *memory, size_t n, struct elf_image **ret,
			  struct err *e) must_check;
struct elf_image *elf_image_close(struct elf_image *i);
DEFINE_CLEANUP(elf_image, elf_image_close)

/* The first of that name or type, or NULL. */
const struct elf_section *elf_image_named(const struct elf_image *i, const char *name);
const struct elf_section *elf_image_typed(const struct elf_image *i, uint32_t type);

/* Append the bytes of a section. -EBADMSG: not in the file (SHT_NOBITS, or beyond its end);
 * -EOPNOTSUPP: compressed. */
int elf_image_read(const struct elf_image *i, const struct elf_section *s,
		   struct buf *b) must_check;

/* The segment that is loaded, and may be executed when @code, and holds @address; or NULL. */
const struct elf_segment *elf_image_loaded(const struct elf_image *i, uint64_t address, bool code);
/* From a place in the file to the address that the program was linked for. False: nothing is
 * loaded from there. */
bool elf_image_address(const struct elf_image *i, uint64_t offset, uint64_t *ret_address);

/* Numbers in the file's byte order; the caller checks bounds. */
uint16_t elf_u16(const struct elf_image *i, const void *p);
uint32_t elf_u32(const struct elf_image *i, const void *p);
uint64_t elf_u64(const struct elf_image *i, const void *p);
