/* SPDX-License-Identifier: MIT */
/*
 * Raw streams back to one column, by the codecs of docs/formats/recording.md. Every byte is taken
 * as hostile. Not for use outside format/.
 */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "format/column_encode.h"
#include "model/batch.h"

/* For AFTER: the column that it is predicted from; stream 0 holds it. -EBADMSG when it cannot be
 * read. */
int column_after(const struct column_streams *s, unsigned int *ret) must_check;

/*
 * Decode @s into column @column of @into (rows set, memory for them there). @first: time of the
 * block's first row. -EBADMSG with words when the streams do not fit the rows, the type or each
 * other. Not for CODEC_TEXT columns whose text does not end.
 */
int column_decode(const struct column_streams *s, struct batch *into, unsigned int column,
		  nsec_t first, struct err *e) must_check;
