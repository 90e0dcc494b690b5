/* SPDX-License-Identifier: MIT */
/*
 * What runs while `kymo record` records: a thread that empties the capture's rings into the file or
 * the flight recorder until time is up, the command has ended or a signal has come.
 */
#pragma once

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "base/option.h"
#include "capture/capture.h"

struct record_options {
	const char *path; /* of the recording */
	nsec_t duration; /* 0 = until stopped */
	nsec_t flight; /* 0 = write as it comes; else keep the last so many */
	uint64_t flight_bytes;
	const struct option_list *labels;
	const char *command; /* meta kymo.command */
	const char *workload; /* meta workload.command, or NULL */
	int pid_fd; /* readable when the workload has ended, or -1 */
	struct collection *collection; /* metrics that are read besides, lent; or NULL */
};

enum record_end { RECORD_GOES_ON, RECORD_TIME_UP, RECORD_SIGNAL, RECORD_WORKLOAD_ENDED };

struct collection;
struct record_session;

/* Signals that end a recording or have the flight recorder written; to be blocked in all threads
 * before the session is made. */
void record_signals(sigset_t *ret);

/* Begin a file, which has no name yet. The capture is lent. */
int record_session_new(const struct record_options *o, struct capture *c,
		       struct record_session **ret, struct err *e) must_check;
/* Start the thread; returns when events are recorded, or -errno with words. */
int record_session_run(struct record_session *s, struct err *e) must_check;
/*
 * Let the file appear, while it is being written; one that is there becomes PATH.old, as two
 * recordings of the same name are often a before and an after. To be called when all that was to
 * be started has started: a recording that did not come about leaves the files of earlier ones
 * alone. The flight recorder's files appear when they are written.
 */
int record_session_publish(struct record_session *s, struct err *e) must_check;
/* Wait at most @timeout for its end: RECORD_GOES_ON, or how it ended. */
enum record_end record_session_wait(struct record_session *s, nsec_t timeout);
/* After the end: finish the file. @exit_status of the workload, or -1. The first failure of the
 * thread is told here. */
int record_session_close(struct record_session *s, int exit_status, struct err *e) must_check;
/* Ends the thread too if it still runs: without record_session_close() what is recorded is not
 * finished. */
struct record_session *record_session_free(struct record_session *s);
DEFINE_CLEANUP(record_session, record_session_free)

struct record_progress {
	uint64_t events, lost, bytes; /* bytes in the file, or kept by the flight recorder */
	nsec_t elapsed;
	unsigned int written; /* files of the flight recorder so far */
	bool fifo; /* the thread runs at real-time priority */
	bool rings; /* which may overflow; else there are metrics only */
};
void record_session_progress(struct record_session *s, struct record_progress *ret);
/* What there is to say to the user that was not said yet, to be freed; NULL: nothing. */
char *record_session_note(struct record_session *s);
/* The file written last, to be freed; NULL: out of memory. */
char *record_session_path(struct record_session *s);
