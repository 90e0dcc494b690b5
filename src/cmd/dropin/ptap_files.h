/* SPDX-License-Identifier: MIT */
/* Result files as ptap's programs wrote them: named by time, in folders that are made. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"

#define PTAP_STAMP_MAX 32
/* Wait, then the local time as YYYYmmddHHMMSS into @stamp. What it held before is not given twice:
 * samples of one second would be one file. */
int ptap_wait(nsec_t delay, char stamp[PTAP_STAMP_MAX], struct err *e) must_check;

/* Make the folder @path and those above it. */
int ptap_folder(const char *path, struct err *e) must_check;
/* The folders above the file @path. */
int ptap_folder_of(const char *path, struct err *e) must_check;
/* Remove the files of earlier samples: those whose names are fourteen digits. */
int ptap_empty(const char *folder, struct err *e) must_check;
int ptap_write(const char *path, const struct buf *text, struct err *e) must_check;

/* [0, KIND, PATH, TIME, [names], [values]]: a list of names and values. */
struct ptap_list {
	struct buf names, values; /* what stands between the brackets */
	size_t n;
};
void ptap_list_init(struct ptap_list *l);
void ptap_list_done(struct ptap_list *l);
void ptap_list_add(struct ptap_list *l, const char *name, double value);
int ptap_list_write(struct ptap_list *l, const char *kind, const char *path, const char *stamp,
		    struct err *e) must_check;
