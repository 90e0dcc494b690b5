/* SPDX-License-Identifier: MIT */
/*
 * A provider of names: a file, a program, a cloud. One file each, ending in its
 * `const struct namer`, and a word in src/names/meson.build. It is asked once, before names are
 * given, and fills a map.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "names/name_map.h"

struct namer_request {
	const char *what; /* csv: a file; command: a command line; openstack: a cloud, or NULL */
	const char *rc_file; /* openstack: an openrc file, or NULL */
	const char *password; /* openstack: instead of the configured one, or NULL */
	nsec_t timeout; /* of a program, or of each request; 0 = 30 s */
};

#define NAMER_TIMEOUT (30 * NSEC_PER_SEC)

struct namer {
	const char *name;
	const char *summary;
	/* 0 or -errno with words that say what failed and what to do. @into may then hold some
	 * rows. */
	int (*load)(const struct namer_request *q, struct name_map *into, struct err *e);
};

extern const struct namer *const namer_list[]; /* generated, by name, NULL-terminated */

extern const struct namer namer_command;
extern const struct namer namer_csv;
extern const struct namer namer_openstack;
