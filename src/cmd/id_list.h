/* SPDX-License-Identifier: MIT */
/* --pid and --tid: ids by commas, the option several times. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/option.h"

/* Append to @ret of CAPTURE_MAX_IDS, *@ret_n of which are there. -EINVAL with words that begin with
 * --@option. */
int id_list_parse(const struct option_list *list, const char *option, uint32_t *ret,
		  unsigned int *ret_n, struct err *e) must_check;
