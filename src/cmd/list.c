/* SPDX-License-Identifier: MIT */
/* kymo list: what there is to record on this machine, and why not. */
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/command.h"
#include "cmd/lister.h"
#include "cmd/table_answer.h"

static const struct option_spec list_options[] = {
	{ .name = "all",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct list_args, all),
	  .help = "metrics: also those for other processors" },
	METRIC_SET_OPTIONS(struct list_args),
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct list_args, json),
	  .help = "print JSON" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct list_args, csv),
	  .help = "print CSV" },
	{ 0 },
};

static const struct lister *const listers[] = { &lister_blocks, &lister_collectors, &lister_events,
						&lister_metrics };

static void list_extra_help(FILE *out)
{
	fprintf(out, "Lists:\n");
	for (size_t i = 0; i < ARRAY_SIZE(listers); i++)
		fprintf(out, "  %-12s%s\n", listers[i]->name, listers[i]->summary);
}

static void list_names(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(listers); i++)
		fprintf(out, "%s%s", i ? " " : "", listers[i]->name);
}

bool lister_matches(const char *pattern, const char *name)
{
	if (strpbrk(pattern, "*?["))
		return fnmatch(pattern, name, FNM_CASEFOLD) == 0;
	return strcasestr(name, pattern) != NULL;
}

static int list_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct list_args *a = args;
	const struct lister *l = NULL;
	auto_ptr(table) t = NULL;
	struct err e = { 0 };

	(void)n_before;
	for (size_t i = 0; n && i < ARRAY_SIZE(listers); i++)
		if (!strcmp(word[0], listers[i]->name))
			l = listers[i];
	if (!l)
		return command_misused("list", n ? "no list '%s'" : "which list?%s",
				       n ? word[0] : "");
	if (n > 2)
		return command_misused("list", "unexpected word '%s'", word[2]);
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (root_fd < 0) {
		log_error("cannot open /: %s", strerror(errno));
		return EXIT_FAILURE;
	}
	int r = l->build(a, root_fd, n > 1 ? word[1] : "", &t, &e);

	if (r >= 0 && !table_n_rows(t)) {
		log_error("%s: none matches '%s'", l->name, n > 1 ? word[1] : "");
		return EXIT_FAILURE;
	}
	if (r >= 0)
		r = table_answer(t, a->json, a->csv);
	if (r < 0) {
		log_error("cannot list %s: %s", l->name, err_text(&e, r));
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

static const struct command_example list_examples[] = {
	{ "kymo list events", "what can be sampled and counted here, and why the rest cannot" },
	{ "kymo list events dTLB", "those with dTLB in their name" },
	{ "kymo list events 'sched:*' --json", "tracepoints, for programs" },
	{ "kymo list blocks", "what kymo show metrics answers, column by column" },
	{ "kymo list collectors", "what kymo record --metrics can read here" },
	{ "kymo list collectors 'disk.*'", "what is read of disks" },
	{ "kymo list metrics", "what can be computed on this machine, and why not" },
	{ "kymo list metrics 'topdown*' --cpu intel-6-143", "what a Sapphire Rapids gives" },
	{ "kymo list metrics --all --json", "every metric of every processor, for programs" },
	{ NULL, NULL },
};

const struct command command_list = {
	.name = "list",
	.summary = "list what this machine can sample, count, read, and compute",
	.usage = "[OPTIONS] LIST [PATTERN]",
	.description =
		"Events: by the names that kymo record -e takes: generic ones, caches, those that "
		"the kernel names for each PMU, and, for a PATTERN with a colon, tracepoints. Each "
		"is really tried with perf_event_open(2); what cannot be had is listed with the "
		"reason.\n\n"
		"Collectors: what kymo record --metrics reads from /proc and /sys, each with its "
		"metrics; those of a machine that lacks something are listed with the reason. The "
		"first part of a metric's name is the word of --metrics.\n\n"
		"Blocks: the tables of kymo show metrics, each column with its unit and what it "
		"means; "
		"JSON and CSV with its formula and its place in sadf -j.\n\n"
		"Metrics: figures that are computed from counts of events, for the processor of "
		"this machine or of --cpu; for each whether this machine can count what it needs, "
		"or why not. The processor comes from /proc/cpuinfo, on Arm from MIDR_EL1, the "
		"PMUs "
		"from /sys/bus/event_source; nothing is opened, so that an event which its PMU "
		"refuses is found out when it is counted. docs/formats/metrics.md says how to "
		"write "
		"more of them. PATTERN is a part of a name, or a glob.\n"
		"\n"
		"The exit status is 1 when nothing matches.",
	.options = list_options,
	.args_bytes = sizeof(struct list_args),
	.examples = list_examples,
	.extra_help = list_extra_help,
	.first_words = list_names,
	.run = list_run,
};
