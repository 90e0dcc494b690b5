/* SPDX-License-Identifier: MIT */
/*
 * Events, constants and metrics of one processor, as *.metrics files define them
 * (docs/formats/metrics.md). Files are added, then linked once; after that the set does not change.
 *
 *	struct metric_set *s = metric_set_new();
 *	metric_set_add(s, "x.metrics", text, n, 0, &include, e);
 *	metric_set_link(s, e);
 *
 * Everything in it is lent for the set's life.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/cpu_model.h"
#include "metric/event_code.h"
#include "metric/expression.h"

#define METRIC_FILE_MAX	   ((size_t)1 << 20)
#define METRIC_THINGS_MAX  8192 /* events, metrics, constants and groups, of each */
#define METRIC_FILES_MAX   64
#define METRIC_INCLUDE_MAX 8 /* deep */
#define METRIC_CHAIN_MAX   32 /* metrics that refer to metrics */

/* Constants that the machine or the measurement gives; files may not define them. */
enum machine_constant {
	MACHINE_TSC_FREQ, /* "tsc_freq", Hz */
	MACHINE_SOCKETS, /* "sockets" */
	MACHINE_CORES, /* "cores", of all sockets */
	MACHINE_THREADS, /* "threads": CPUs that are online */
	MACHINE_CORES_PER_SOCKET, /* "cores_per_socket", where all have the same number */
	MACHINE_THREADS_PER_CORE, /* "threads_per_core" */
	MACHINE_INTERVAL, /* "interval": seconds that were measured */
	MACHINE_TRANSACTIONS, /* "transactions": what per-transaction variants divide by */
	MACHINE_CONSTANTS,
};
const char *machine_constant_name(enum machine_constant c);
const char *machine_constant_help(enum machine_constant c);

enum metric_ref_kind { METRIC_EVENT = 1, METRIC_CONSTANT, METRIC_METRIC };

struct metric_ref { /* what a name in an expression stands for */
	enum metric_ref_kind kind;
	unsigned int index;
};

struct metric_place {
	const char *file;
	unsigned int line, column;
};

struct metric_event {
	const char *name, *help;
	struct event_code code;
	bool per_socket;
	struct metric_place place;
};

struct metric_constant {
	const char *name, *help;
	double value; /* NaN: the machine's, the first MACHINE_CONSTANTS */
	struct metric_place place;
};

struct metric_formula {
	struct expression *x; /* NULL: none */
	struct metric_ref *ref; /* for each of its names */
	size_t at; /* offset in the file's text, until linked */
};

struct metric {
	const char *name, *title, *unit, *group, *help;
	unsigned int level;
	struct metric_formula formula, socket; /* socket: instead of formula for one socket */
	const char *txn_name; /* event or NULL */
	int txn; /* its number: what transactions replace in the per-transaction variant; -1 */
	struct metric_place place;
};

struct metric_group {
	const char *name, *title;
	struct metric_place place;
};

#define METRIC_CPUS_MAX 16
struct metric_cpus {
	enum cpu_vendor vendor; /* CPU_ANY: all */
	uint32_t family, model_from[METRIC_CPUS_MAX], model_to[METRIC_CPUS_MAX];
	unsigned int n_models;
};

struct metric_file {
	const char *name, *title, *source;
	struct metric_cpus cpus[METRIC_CPUS_MAX];
	unsigned int n_cpus;
};

struct metric_set; /* opaque */

/* Finds what include names; appends the text to @ret. -ENOENT: no such file. */
struct metric_include {
	int (*read)(void *arg, const char *name, struct buf *ret, struct err *e);
	void *arg;
};

struct metric_set *metric_set_new(void); /* NULL: out of memory */
struct metric_set *metric_set_free(struct metric_set *s);
DEFINE_CLEANUP(metric_set, metric_set_free)

#define METRIC_OVERRIDE (1u << 0) /* what has the name of a thing of other files replaces it */

/*
 * Add a file; one that is there already is not read again. -EINVAL with "file:line:column: what is
 * wrong"; -ENOMEM. @include may be NULL: include is an error then. After a failure the set can only
 * be freed.
 */
int metric_set_add(struct metric_set *s, const char *name, const char *text, size_t n,
		   unsigned int flags, const struct metric_include *include,
		   struct err *e) must_check;
/* Resolve names, refuse cycles, check units. Same errors. */
int metric_set_link(struct metric_set *s, struct err *e) must_check;

unsigned int metric_set_n_events(const struct metric_set *s);
const struct metric_event *metric_set_event(const struct metric_set *s, unsigned int i);
unsigned int metric_set_n_constants(const struct metric_set *s);
const struct metric_constant *metric_set_constant(const struct metric_set *s, unsigned int i);
unsigned int metric_set_n_metrics(const struct metric_set *s);
const struct metric *metric_set_metric(const struct metric_set *s, unsigned int i);
unsigned int metric_set_n_groups(const struct metric_set *s);
const struct metric_group *metric_set_group(const struct metric_set *s, unsigned int i);
unsigned int metric_set_n_files(const struct metric_set *s);
const struct metric_file *metric_set_file(const struct metric_set *s, unsigned int i);

/* By name, aliases too; false: no such thing. */
bool metric_set_find(const struct metric_set *s, const char *name, struct metric_ref *ret);
/* Metric numbers such that a metric comes behind those that it refers to. */
const unsigned int *metric_set_order(const struct metric_set *s);

/* Whether one of the file's cpu lines has @m. */
bool metric_file_fits(const struct metric_file *f, const struct cpu_model *m);

/*
 * The events that a program calls @name (perf stat's event column): the name or an alias in any
 * case, else the code (raw or PMU form). Calls @found for each; returns how many.
 */
unsigned int metric_set_match(const struct metric_set *s, const char *name,
			      void (*found)(void *arg, unsigned int event), void *arg);
