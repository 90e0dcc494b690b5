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
