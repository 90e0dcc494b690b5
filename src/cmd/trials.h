/* SPDX-License-Identifier: MIT */
/*
 * Run commands again and again, one after the other, and write a row for each run: what `kymo run`
 * does between its options and its table.
 *
 * A round runs every command once: A B C, A B C ..., so that what the machine does besides meets
 * all alike. Warm-up rounds come first. No shell is used.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "model/result_track.h"
#include "model/stream.h"

#define TRIALS_MAX_ROUNDS 100000

struct trials_options {
	const char *const *argv[RESULT_MAX_SIDES]; /* each NULL-terminated */
	unsigned int n_sides;
	uint32_t rounds, warmup;
	nsec_t min_time; /* go on until all rounds together took so long */
	bool shuffle; /* the commands of each round in random order */
	bool ignore_failure; /* an exit status that is not 0 does not end it */
	const char *input; /* file for stdin, opened anew for each run; NULL: /dev/null */
	int out_fd; /* for stdout and stderr; -1: /dev/null */
	const char *events; /* event_list.h, or NULL */
	const struct option_list *labels; /* KEY=VALUE, or NULL */
	const char *command; /* meta kymo.command */
};

struct trials_outcome {
	uint32_t rounds; /* complete ones without warm-up */
	bool interrupted; /* by a signal: what was complete then is there */
	unsigned int failed_side; /* of the run that ended it */
	int failed_status; /* its exit status, 0: none failed */
	uint32_t failures; /* runs whose status was not 0 */
	nsec_t overhead; /* median time from before fork() until the command is started by exec() */
};

/*
 * Run all and write rows, counters and what describes the run to @sink. SIGINT, SIGTERM and SIGHUP
 * end it early. 0; -errno with words when a command cannot be run or rows not be written. Rows that
 * were written stay good in any case.
 */
int trials_run(const struct trials_options *o, struct sink *sink, struct trials_outcome *ret,
	       struct err *e) must_check;
