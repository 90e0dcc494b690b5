/* SPDX-License-Identifier: MIT */
/* What the commands about metrics share: which set, which constants, the words for both. */
#pragma once

#include "base/attr.h"
#include "base/option.h"
#include "cmd/counts_file.h"
#include "metric/metric_data.h"

struct metric_options {
	const char *cpu, *set_name, *directory; /* --cpu, --metrics, --metrics-dir */
	struct option_list file, set; /* --metrics-file, --set NAME=VALUE */
};

#define METRIC_SET_OPTIONS(args)                                                              \
	{ .name = "cpu",                                                                      \
	  .type = OPTION_STRING,                                                              \
	  .arg = "VENDOR-FAMILY-MODEL",                                                       \
	  OPTION_AT(args, o.cpu),                                                             \
	  .help = "metrics of this processor (of the machine)" },                             \
		{ .name = "metrics",                                                          \
		  .type = OPTION_STRING,                                                      \
		  .arg = "NAME",                                                              \
		  OPTION_AT(args, o.set_name),                                                \
		  .help = "only this set of metrics, whatever the processor (snb-ep, ...)" }, \
		{ .name = "metrics-file",                                                     \
		  .type = OPTION_LIST,                                                        \
		  .arg = "FILE",                                                              \
		  OPTION_AT(args, o.file),                                                    \
		  .help = "more metrics, which replace those of the same name" },             \
	{                                                                                     \
		.name = "metrics-dir", .type = OPTION_STRING, .arg = "DIR",                   \
		OPTION_AT(args, o.directory),                                                 \
		.help = "all *.metrics of a directory that fit the processor"                 \
	}

/* The set, and the model that it is for (of the machine below @root_fd unless --cpu says another).
 */
int metric_options_load(const struct metric_options *o, int root_fd, struct metric_set **ret,
			struct cpu_model *ret_model, struct err *e) must_check;
/* --set NAME=VALUE into @in. */
int metric_options_constants(const struct metric_options *o, const struct metric_set *set,
			     struct metric_inputs *in, struct err *e) must_check;
/* The package of each column of @f, allocated; -1: @list, CPUs of each package in turn, does not
 * have it. */
int metric_options_sockets(const struct option_list *list, const struct counts_file *f, int **ret,
			   struct err *e) must_check;
