/* SPDX-License-Identifier: MIT */
/* perfcollector's encrypted journals as commands read them: decrypted into a file without a name.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

struct older_journal {
	uint64_t records, damaged;
	uint64_t bytes; /* of the JSON lines */
};

/*
 * The JSON lines of the journal @path, to be read from the begin of the fd that is returned. What
 * is damaged is left out with a warning. -errno with words: not a single record; a wrong key is
 * -EKEYREJECTED.
 */
int older_journal_decrypt(const char *path, uint64_t site, const char *site_name,
			  const char *licence, struct older_journal *ret, struct err *e) must_check;
