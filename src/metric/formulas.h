/* SPDX-License-Identifier: MIT */
/* Derived metrics that the events of a recording give, of the generic set: what was recorded need
 * not be of this machine, whose events a set for its processor would name. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"
#include "model/formula.h"
#include "model/profile.h"

struct formulas {
	struct formula *one;
	size_t n;
};

/* Of the @counted events of @p, or of those that were sampled. 0 or -errno with words. */
int formulas_init(struct formulas *f, const struct profile *p, bool counted,
		  struct err *e) must_check;
void formulas_done(struct formulas *f);
