/* SPDX-License-Identifier: MIT */
/* Statements of a journal kept elsewhere, one a line. Form: docs/formats/journal.md, "Witness". */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/journal_statement.h"

/* Open for witness_append(), made with mode 0644 where it is not there. An fd, or -errno with
 * words; -ENOTDIR: its folder is not there. */
int witness_open(const char *path, struct err *e) must_check;
/* Add a line, to the disk; 0 or -errno. */
int witness_append(int fd, const uint8_t statement[STATEMENT_SIGNED_BYTES]) must_check;

/* The statements of a witness' text, in order; free() them. -EBADMSG with words and line: no
 * witness. A last line that was cut is left out. */
int witness_parse(const char *text, size_t n, uint8_t (**ret)[STATEMENT_SIGNED_BYTES],
		  size_t *ret_n, struct err *e) must_check;
