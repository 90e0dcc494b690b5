/* SPDX-License-Identifier: MIT */
/*
 * The rows of a cdict file (docs/formats/cdict.md), column by column as the file has them: one zlib
 * stream that holds one MessagePack map of eight arrays. Reading checks all of it; writing gives
 * what reading took.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/cdict_row.h"

#define CDICT_MAX_ROWS	(1u << 25)
#define CDICT_MAX_BYTES (UINT64_C(8) << 30) /* unpacked */
/* A row is 16 bytes at least, of which zlib makes no less than a 1032nd. */
#define CDICT_ROWS_PER_BYTE 65
#define CDICT_MAX_USECS	    (UINT64_C(1) << 53)
#define CDICT_MAX_TID	    (1u << 22) /* PID_MAX_LIMIT of 64-bit kernels */

/* As the file spells it: "sched__sched_switch" ... */
const char *cdict_event_name(enum cdict_event event);

struct cdict_table;

struct cdict_table *cdict_table_new(void); /* NULL: out of memory */
struct cdict_table *cdict_table_free(struct cdict_table *t);
DEFINE_CLEANUP(cdict_table, cdict_table_free)

uint32_t cdict_table_rows(const struct cdict_table *t);
/* Texts are lent as long as the table lives. */
void cdict_table_row(const struct cdict_table *t, uint32_t row, struct cdict_row *ret);
/* Texts are copied (each different one once). 0, -ENOMEM, or -E2BIG: CDICT_MAX_ROWS. */
int cdict_table_add(struct cdict_table *t, const struct cdict_row *row) must_check;

/* Do these first bytes of a file (4096, when it has them) look like one, or like the marshal
 * variant, which cdict_table_read() refuses with better words? */
bool cdict_recognise(const uint8_t *head, size_t n);

struct cdict_input {
	const char *name; /* for words */
	uint64_t size; /* of the file, 0 = not known: rows that it cannot hold are refused early */
	/* The next bytes of the file, lent until the next call; *ret_n = 0 at its end. */
	int (*more)(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e);
	void *ctx;
};
/*
 * Read a whole file into the empty @t. -EBADMSG with name and byte offset: no cdict, damaged, cut,
 * or with times that fall; -EMEDIUMTYPE: the marshal variant; -E2BIG: over a limit above.
 */
int cdict_table_read(struct cdict_table *t, const struct cdict_input *in, struct err *e) must_check;

/* Write @t to @out. 0 or -errno with words. */
int cdict_table_write(const struct cdict_table *t, FILE *out, struct err *e) must_check;
