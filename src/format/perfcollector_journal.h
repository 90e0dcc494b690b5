/* SPDX-License-Identifier: MIT */
/* The encrypted journal of the older tool set, read and written:
 * docs/formats/perfcollector.md, "The journal". */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "format/seal.h"

#define PERFCOLLECTOR_RECORD_MAX (64u << 20) /* as it is in the file */
#define PERFCOLLECTOR_PLAIN_MAX	 (256u << 20) /* unpacked */

/* What the key is made of: the licence as it was typed. 0 or -EIO with words. */
int perfcollector_key(uint64_t site, const char *site_name, const char *licence,
		      uint8_t ret[SEAL_KEY_BYTES], struct err *e) must_check;

struct perfcollector_reader;
/* Takes @fd over; any file that can be read from begin to end. @name is for words. */
int perfcollector_reader_new(int fd, const char *name, const uint8_t key[SEAL_KEY_BYTES],
			     struct perfcollector_reader **ret, struct err *e) must_check;
struct perfcollector_reader *perfcollector_reader_free(struct perfcollector_reader *r);
DEFINE_CLEANUP(perfcollector_reader, perfcollector_reader_free)

/*
 * The JSON of the next record into @ret (emptied before), with its LF. 1, or 0 at the end.
 * -EMEDIUMTYPE with words: the file is no such journal. -EKEYREJECTED with words: no record of it
 * opens with the key. -EBADMSG with words and
 * offset: this one is damaged; the next call goes on behind it. -ENODATA with words: the file ends
 * within a record, or its lengths lead nowhere: there is no more.
 */
int perfcollector_reader_next(struct perfcollector_reader *r, struct buf *ret,
			      struct err *e) must_check;

/* Append the record of one JSON object (an LF is added where it has none) to @fd. */
int perfcollector_append(int fd, const uint8_t key[SEAL_KEY_BYTES], const void *json, size_t n,
			 struct err *e) must_check;
