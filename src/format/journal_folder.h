/* SPDX-License-Identifier: MIT */
/* The folder of a journal: its segments by number. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define JOURNAL_NAME_MAX 48
/* Behind a segment's name while it is being begun. */
#define JOURNAL_NEW_SUFFIX ".new"

/* "segment-000001.kyj" */
char *journal_segment_name(uint64_t number, char ret[JOURNAL_NAME_MAX]);

/* The numbers of the segments that are there, ascending; free() them. */
int journal_folder_list(int dir_fd, uint64_t **ret, size_t *ret_n, struct err *e) must_check;

/* May a journal begin in this folder without segments and key? -ENOTEMPTY when it has other files;
 * hidden ones and what a crash leaves behind do not count. */
int journal_folder_may_begin(int dir_fd, struct err *e) must_check;
