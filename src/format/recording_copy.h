/* SPDX-License-Identifier: MIT */
/*
 * A recording once more, with other names or with more rows: all blocks are copied as they are,
 * only what changes is written anew. The copy stands beside the file until it is complete and on
 * disk, then takes its place: whatever happens, one of the two is there whole.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "format/recording.h"

/*
 * Put a copy in the place of @path, from which @rec was opened. Roles: those of @rec's task table
 * (recording_source(rec)->tasks) as it is now, and no others. @vms (may be NULL: keep them): writes
 * the rows of the vm track into @sink in order of time.
 *
 * Run id, creation, owner and permissions stay. A symbolic link is followed. What a salvaged
 * recording lost is in the copy as losses. 0 or -errno with words; the file is unchanged then.
 */
int recording_rewrite_names(struct recording *rec, const char *path,
			    int (*vms)(void *ctx, struct sink *sink, struct err *e), void *ctx,
			    struct err *e) must_check;

/*
 * Put a copy of @rec with the rows that @more writes into @sink at @path; they are of tracks that
 * @rec does not have. It is the same run, whose id it keeps. Otherwise as above.
 */
int recording_copy_with(struct recording *rec, const char *path,
			int (*more)(void *ctx, struct sink *sink, struct err *e), void *ctx,
			struct err *e) must_check;
