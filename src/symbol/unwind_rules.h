/* SPDX-License-Identifier: MIT */
/*
 * How to come from a frame to its caller, by place in a file: call frame information (.eh_frame,
 * else .debug_frame) as libdw reads it, kept as short rows, because the same places come again and
 * again. Sources: DWARF 5, 6.4; System V ABI AMD64 3.7; AArch64 DWARF, 4.1.
 */
#pragma once

#include <elfutils/libdw.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "model/frames.h"

/* Registers by DWARF number: x86_64 0-15 with rsp 7, rbp 6; arm64 0-31 with sp 31. */
#define UNWIND_REGS 33u

enum unwind_machine { UNWIND_NONE, UNWIND_X86_64, UNWIND_ARM64 };

enum unwind_rule_kind {
	UNWIND_AT_CFA, /* saved at CFA + value */
	UNWIND_IS_CFA, /* is CFA + value */
	UNWIND_REGISTER, /* is in register `value` */
	UNWIND_EXPRESSION, /* expression number `value` gives where, or what */
};

struct unwind_rule {
	uint8_t reg, kind;
	int32_t value;
};

struct unwind_expression {
	const Dwarf_Op *op; /* as long as the rules */
	size_t n;
};

struct unwind_row {
	bool by_expression; /* the CFA; else register + offset */
	bool signal; /* a signal handler's caller: it was not calling */
	bool outermost; /* there is no caller */
	uint8_t cfa_reg, return_reg, n_rules;
	int32_t cfa; /* offset, or number of an expression */
	uint32_t rules; /* first one */
	uint64_t keep; /* registers that stay what they are, as bits */
};

struct unwind_rules;

/* Files are looked for below @root_fd, and by build id in the usual directories; both lent. NULL:
 * out of memory. */
struct unwind_rules *unwind_rules_new(int root_fd, enum unwind_machine machine, bool big,
				      const struct modules *modules);
struct unwind_rules *unwind_rules_free(struct unwind_rules *u);
DEFINE_CLEANUP(unwind_rules, unwind_rules_free)

/*
 * The row for @offset in @module, or NULL: nothing is known of the place. Lent until the next call.
 */
const struct unwind_row *unwind_rules_find(struct unwind_rules *u, uint32_t module,
					   uint64_t offset);
const struct unwind_rule *unwind_rules_at(const struct unwind_rules *u,
					  const struct unwind_row *row);
const struct unwind_expression *unwind_rules_expression(const struct unwind_rules *u,
							int32_t number);

/* Modules whose file could not be read, or is of another build. */
size_t unwind_rules_n_missing(const struct unwind_rules *u);
const struct module *unwind_rules_missing(const struct unwind_rules *u, size_t i);
