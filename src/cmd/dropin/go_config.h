/* SPDX-License-Identifier: MIT */
/*
 * The configuration files of perfcollector's tools: ~/.TOOL/TOOL.conf where it is there, or those
 * of -C instead. Lines NAME=VALUE; '#' and ';' begin a comment anywhere; [sections] are passed
 * over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/option.h"

#define GO_CONFIG_MAX 64

struct go_config {
	struct buf text;
	struct {
		const char *name, *value; /* in .text */
	} line[GO_CONFIG_MAX];
	unsigned int n;
};

/* @known: the names that may stand there, NULL-terminated. -EINVAL with words, file and line. */
int go_config_read(struct go_config *c, const char *tool, const struct option_list *files,
		   const char *const *known, struct err *e) must_check;
void go_config_done(struct go_config *c);
/* The last value of @name, or NULL. */
const char *go_config_get(const struct go_config *c, const char *name);

/* Words of the home folder: "~/.TOOL/NAME" into @ret; false where there is no HOME. */
bool go_home_path(const char *tool, const char *name, char *ret, size_t size);
