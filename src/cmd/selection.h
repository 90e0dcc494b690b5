/* SPDX-License-Identifier: MIT */
/*
 * What of the recordings is asked for and how tasks are called in it: the options that `kymo show`
 * and `kymo report` share, and the recordings that they open.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "cmd/naming.h"
#include "cmd/run_file.h"

struct selection {
	const char *task; /* POSIX extended regular expression on labels, or NULL */
	nsec_t from, length; /* the window, since the start of each run */
	bool from_given, length_given;
	bool merge_sys, append_tid; /* model/tasks.h: tasks_relabel() */
	struct naming_args names;
	struct naming *naming; /* of selection_names(), or NULL */
	const char *root; /* of the recorded machine's files, to unwind stacks; NULL: / */
	bool blocks; /* run_file_options.blocks */
};

/* Entries for a table of options whose struct @holder has the selection as @field. */
#define SELECTION_OPTIONS(holder, field)                                                        \
	{ .name = "task",                                                                       \
	  .letter = 't',                                                                        \
	  .type = OPTION_STRING,                                                                \
	  .arg = "REGEX",                                                                       \
	  OPTION_AT(holder, field.task),                                                        \
	  .help = "only tasks whose role or name matches (POSIX extended, anywhere in it)" },   \
		{ .name = "from",                                                               \
		  .letter = 'f',                                                                \
		  .type = OPTION_DURATION,                                                      \
		  .arg = "TIME",                                                                \
		  OPTION_AT(holder, field.from),                                                \
		  OPTION_GIVEN(holder, field.from_given),                                       \
		  .help = "begin of the window, since the start of each run" },                 \
		{ .name = "for",                                                                \
		  .type = OPTION_DURATION,                                                      \
		  .arg = "TIME",                                                                \
		  OPTION_AT(holder, field.length),                                              \
		  OPTION_GIVEN(holder, field.length_given),                                     \
		  .help = "length of the window" },                                             \
		{ .name = "merge-sys-tasks",                                                    \
		  .type = OPTION_FLAG,                                                          \
		  OPTION_AT(holder, field.merge_sys),                                           \
		  .help = "call the kernel's threads of all CPUs alike: kworker, not "          \
			  "kworker/1:2" },                                                      \
		NAMING_OPTIONS_FOR_READING(holder, field.names),                                \
	{                                                                                       \
		.name = "append-tid", .type = OPTION_FLAG, OPTION_AT(holder, field.append_tid), \
		.help = "put the thread id behind each name, so that equal names stay apart"    \
	}

/* Compile .task: 1, 0 when there is none, -EINVAL with words. regfree() after 1. */
int selection_task(const struct selection *s, regex_t *ret, struct err *e) must_check;

/* Ask the sources of names of @n_files recordings, once. EXIT_SUCCESS, or the exit status when
 * words were printed; @command is for those. selection_done() in any case. */
int selection_names(struct selection *s, const char *command, size_t n_files) must_check;
void selection_done(struct selection *s);

/* One recording that is open. */
struct opened_run {
	const char *path; /* lent */
	unsigned int number; /* among those of the command: maps may be for one */
	struct run_file *file;
	bool salvaged; /* index and trailer are not trusted */
};

/*
 * Open @path, the recording @number of the command, and name its tasks as @s says; damage within
 * what describes the run: what is whole of it. Warns when it is not complete; @doing is what is
 * done then ("showing what is there"). 0 or -errno with words.
 */
int opened_run_open(struct opened_run *r, const char *path, size_t number,
		    const struct selection *s, const char *doing, struct err *e) must_check;
/*
 * After @error: when that is -EBADMSG, damage met on the way, open the run once more with what is
 * whole, and return 0 for another try. Else, and when that was done before, @error.
 */
int opened_run_salvage(struct opened_run *r, const struct selection *s, const char *doing,
		       int error, struct err *e) must_check;
void opened_run_close(struct opened_run *r);
struct source *opened_run_source(const struct opened_run *r);
const struct run_info *opened_run_info(const struct opened_run *r);

/*
 * The window that @s says of @n runs, since the start of each: it ends with the shortest run at the
 * latest, so that all are looked at for the same time. -EINVAL with words.
 */
int selection_window(const struct selection *s, const struct opened_run *run, size_t n,
		     nsec_t *ret_from, nsec_t *ret_to, struct err *e) must_check;
