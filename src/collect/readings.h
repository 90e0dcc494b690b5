/* SPDX-License-Identifier: MIT */
/*
 * Readings of one collector: from "metric m of the thing called sda" to rows of track value, with
 * rows of tracks metric and series for what is seen for the first time. The collector asks for the
 * thing once per line of its file and then puts its values by metric.
 *
 *	uint32_t disk = readings_instance(r, READINGS_NO_CPU, "sda", 3);
 *	readings_put(r, disk, DISK_READS, reads);
 *
 * Things in the order of the tick before are found without a search. Names that come and go stay
 * known, so that a disk which returns is the same series; one that was away for longer than
 * READINGS_FORGET may be given new numbers, so that machines on which thousands of containers come
 * and go need no more memory every day. Errors are kept, and told by readings_flush().
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/metric_track.h"
#include "model/stream.h"

#define READINGS_NO_CPU	    UINT32_MAX
#define READINGS_MAX_SERIES (1u << 20) /* of one collector; what is new beyond has no rows */
#define READINGS_MAX_NAME   1023u
#define READINGS_FORGET	    (600 * NSEC_PER_SEC)

struct metric_spec {
	const char *name; /* without the collector's: "reads" of disk.reads */
	enum metric_kind kind;
	uint8_t bits; /* of counters: 0 = 64 */
	double scale; /* value x scale is in @unit; 0 = 1 */
	const char *unit; /* s, bytes ...; "" or NULL: a number */
	const char *help;
	const char
		*of; /* what its things are, where not those of the collector; "" = the machine */
};

/* Further members may follow: COUNTER("read_time", "time of all reads", .bits = 32). */
#define COUNTER(name_, help_, ...)                                                \
	{                                                                         \
		.name = name_, .kind = METRIC_COUNTER, .help = help_, __VA_ARGS__ \
	}
#define GAUGE(name_, help_, ...)                                                \
	{                                                                       \
		.name = name_, .kind = METRIC_GAUGE, .help = help_, __VA_ARGS__ \
	}

/* What the collectors of one recording share; zeroed at first, then readings_shared_done(). */
struct readings_shared {
	uint32_t metrics, series; /* numbers given so far */
	uint64_t n_values; /* rows of all */
	struct batch *values, *new_series; /* of the one that reads */
};
void readings_shared_done(struct readings_shared *s);

struct readings;
/* Of a collector called @name with these metrics; both live as long. NULL: out of memory. */
struct readings *readings_new(const char *name, const struct metric_spec *metric,
			      unsigned int n_metrics, struct readings_shared *shared);
struct readings *readings_free(struct readings *r);
DEFINE_CLEANUP(readings, readings_free)

/* Of what comes from now on, only series whose metric ("reads") or thing ("sda") matches one of
 * @patterns: globs with a ':' between them, lent. NULL: all. */
void readings_keep(struct readings *r, const char *patterns);

/* Rows go to @sink until readings_flush(), all with this time; those that share have the same time
 * and sink, or one begins after another has flushed. */
void readings_begin(struct readings *r, nsec_t time, struct sink *sink);
/*
 * Number of the thing @name (@len bytes; 0: there is but one) of @cpu, for readings_put() until
 * readings_flush(). A name of more than READINGS_MAX_NAME bytes is refused.
 */
uint32_t readings_instance(struct readings *r, uint32_t cpu, const char *name, size_t len);
/*
 * The thing without a CPU that is likely to be asked for next, when it has had one metric only:
 * what came after the last one at the tick before. True: *ret is it; the name is lent until the
 * next call. When it is the one, readings_take_expected() does the work of readings_instance().
 */
struct readings_expected {
	const char *name;
	size_t len;
	unsigned int metric;
	uint32_t instance;
};
bool readings_expect(const struct readings *r, struct readings_expected *ret);
uint32_t readings_take_expected(struct readings *r, const struct readings_expected *x);
void readings_put(struct readings *r, uint32_t instance, unsigned int metric, uint64_t value);
/* Count @n things that the collector left out because there are too many. */
void readings_refuse(struct readings *r, uint64_t n);
/* Tell @sink all that is known of metrics and series once more, as of @time. */
int readings_tell(struct readings *r, nsec_t time, struct sink *sink, struct err *e) must_check;
/* 0, or what went wrong since readings_begin(). */
int readings_flush(struct readings *r, struct err *e) must_check;
/* How many series there have been, and how often one was beyond a limit. */
uint32_t readings_n_series(const struct readings *r);
uint64_t readings_n_refused(const struct readings *r);
