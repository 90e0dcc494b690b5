/* SPDX-License-Identifier: MIT */
/*
 * The names of one module: ranges of offsets that do not overlap, sorted. It is used as it is
 * stored (docs/formats/symbols.md), so a table out of the cache costs one mmap() and its checksum.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"

#define SYMBOL_ID_MAX 32u /* bytes of a build id */

/* How much of what could be known a table holds. On disk. */
enum symbol_extent {
	SYMBOLS_FULL = 1, /* out of a full symbol table */
	SYMBOLS_EXPORTED = 2, /* out of what a stripped file still has: a debug file has more */
};

struct symbol_range {
	uint64_t start, end; /* [start, end) has the name */
	uint64_t symbol; /* where the symbol begins; less than start when another lies within it */
	const char *name; /* as it stands in the file: mangled. Lives as long as the table */
	uint32_t number; /* of the range, less than the count */
};

struct symbol_table;

/* Memory that came from @image (buf_take()) is taken over on success. -EBADMSG with words. */
int symbol_table_new(struct buf *image, struct symbol_table **ret, struct err *e) must_check;
/* The file of @fd, mapped. @fd stays the caller's. It must not be cut while it is mapped: the
 * cache replaces files and never writes into them. */
int symbol_table_map(int fd, struct symbol_table **ret, struct err *e) must_check;
struct symbol_table *symbol_table_free(struct symbol_table *t);
DEFINE_CLEANUP(symbol_table, symbol_table_free)

bool symbol_table_find(const struct symbol_table *t, uint64_t offset, struct symbol_range *ret);
size_t symbol_table_count(const struct symbol_table *t); /* ranges */
enum symbol_extent symbol_table_extent(const struct symbol_table *t);
size_t symbol_table_build_id(const struct symbol_table *t, const uint8_t **ret); /* bytes */
/* The bytes of the file. */
const uint8_t *symbol_table_image(const struct symbol_table *t, size_t *ret_n);

/* ---- writing, by symbol_builder.c ---- */

struct symbol_writer {
	struct buf index, entries, names;
	uint64_t at; /* end of the range before */
	uint32_t n, name_at;
};

void symbol_writer_init(struct symbol_writer *w);
void symbol_writer_done(struct symbol_writer *w);
/* A place for a name; *ret is given to symbol_writer_add(). */
int symbol_writer_name(struct symbol_writer *w, const char *name, size_t n,
		       uint32_t *ret) must_check;
/* Ranges ascending, not overlapping, not empty. */
int symbol_writer_add(struct symbol_writer *w, uint64_t start, uint64_t end, uint64_t symbol,
		      uint32_t name) must_check;
/* The whole file into @ret. */
int symbol_writer_finish(struct symbol_writer *w, enum symbol_extent extent, const uint8_t *id,
			 size_t id_bytes, struct buf *ret) must_check;
