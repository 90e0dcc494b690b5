/* SPDX-License-Identifier: MIT */
/*
 * Names for the commands: the options that say where names come from, and giving them to a
 * recording, in memory or in its file.
 *
 *	struct show_args { ...; struct naming_args names; };
 *	static const struct option_spec show_options[] = {
 *		NAMING_OPTIONS_FOR_READING(struct show_args, names), ...
 *	naming_open("show", &args->names, n_files, &naming)	once
 *	naming_apply(naming, i, source, path, &e)		for each file, when it is open
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "model/stream.h"
#include "names/roles.h"

struct naming_args {
	struct option_list map, command, rule;
	const char *cloud, *rc_file;
	bool openstack;
	nsec_t timeout;
};

/* For commands that look at recordings. */
#define NAMING_OPTIONS_FOR_READING(args_type, member)                                            \
	{ .name = "map",                                                                         \
	  .type = OPTION_LIST,                                                                   \
	  .arg = "FILE",                                                                         \
	  OPTION_AT(args_type, member.map),                                                      \
	  .help = "names (roles) for tasks from a CSV map; for several recordings one map for "  \
		  "all, or one for each in their order" },                                       \
	{                                                                                        \
		.name = "name-rule", .type = OPTION_LIST, .arg = "RULE",                         \
		OPTION_AT(args_type, member.rule),                                               \
		.help = "names by 'REGEX=>TEMPLATE': {1} is the first group, {2:02} the second " \
			"with two digits; the first rule that matches wins"                      \
	}

/* For commands that write names down: also where else they may come from. */
#define NAMING_OPTIONS(args_type, member)                                                          \
	NAMING_OPTIONS_FOR_READING(args_type, member),                                             \
		{ .name = "map-cmd",                                                               \
		  .type = OPTION_LIST,                                                             \
		  .arg = "CMD",                                                                    \
		  OPTION_AT(args_type, member.command),                                            \
		  .help = "names from what 'CMD ARGS' prints, lines as in a CSV map (no shell)" }, \
		{ .name = "openstack",                                                             \
		  .type = OPTION_FLAG,                                                             \
		  OPTION_AT(args_type, member.openstack),                                          \
		  .help = "names of an OpenStack cloud's servers, with OS_* of the environment" }, \
		{ .name = "os-cloud",                                                              \
		  .type = OPTION_STRING,                                                           \
		  .arg = "NAME",                                                                   \
		  OPTION_AT(args_type, member.cloud),                                              \
		  .help = "the same, with this cloud of clouds.yaml" },                            \
		{ .name = "os-rc",                                                                 \
		  .type = OPTION_STRING,                                                           \
		  .arg = "FILE",                                                                   \
		  OPTION_AT(args_type, member.rc_file),                                            \
		  .help = "the same, with an openrc file" },                                       \
	{                                                                                          \
		.name = "names-timeout", .type = OPTION_DURATION, .arg = "TIME",                   \
		OPTION_AT(args_type, member.timeout),                                              \
		.help = "how long a command or a cloud may take to answer (30s)"                   \
	}

struct naming; /* opaque */
struct recording;

/* Was any source of names asked for? */
bool naming_asked(const struct naming_args *a);
/*
 * Ask all sources, once for all of @n_files recordings. *ret is NULL when nothing was asked for.
 * EXIT_SUCCESS, EXIT_USAGE or EXIT_FAILURE; errors were printed. @command is for words.
 */
int naming_open(const char *command, const struct naming_args *a, unsigned int n_files,
		struct naming **ret) must_check;
struct naming *naming_free(struct naming *n);
DEFINE_CLEANUP(naming, naming_free)

/* Give roles to the tasks of the recording number @file, in memory. @n may be NULL: does nothing. 0
 * or -errno with words. */
int naming_apply(struct naming *n, unsigned int file, struct source *src, const char *path,
		 struct err *e) must_check;

struct naming_change {
	bool clear; /* take away what roles there are before */
	bool salvage; /* of a damaged recording, keep what is whole */
	bool quiet; /* say nothing about lines that name no task */
};

/*
 * Write names into the file @path. @n NULL: machines get their own names, unless roles are only
 * taken away. -EBADMSG: the recording is damaged, and that was not allowed for.
 */
int naming_write(struct naming *n, unsigned int file, const char *path,
		 const struct naming_change *how, struct role_counts *ret,
		 struct err *e) must_check;
/* The same of a recording that is open, whole or not: @path becomes its copy with names. */
int naming_write_to(struct naming *n, unsigned int file, struct recording *rec, const char *path,
		    const struct naming_change *how, struct role_counts *ret,
		    struct err *e) must_check;
