/* SPDX-License-Identifier: MIT */
/*
 * jit-PID.dump: what a JIT compiler compiled, with the code (linux
 * tools/perf/Documentation/jitdump-specification.txt). Either byte order.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "symbol/symbol_builder.h"

/*
 * Names of the code that was loaded and moved, in file order, into a builder of SYMBOL_RULE_LATEST:
 * where code was replaced, the latest name counts. A file that is cut in a record (its program may
 * still write it) gives what is whole. -EBADMSG with words: no jitdump. *ret_n: symbols.
 */
int jitdump_read(const uint8_t *p, size_t n, struct symbol_builder *b, size_t *ret_n,
		 struct err *e) must_check;
