/* SPDX-License-Identifier: MIT */
/*
 * A collector reads one part of /proc or /sys at each tick: processors, memory, disks. It keeps its
 * files open and reads them again from the start; it knows nothing of rates, of other collectors,
 * or of where its values go.
 *
 * Adding one: write NAME_collector.c here, ending in `const struct collector collector_NAME`, and
 * put NAME into the list of meson.build. Help, the names of `--metrics` and `kymo list collectors`
 * follow from the descriptor; docs/formats/os_metrics.md takes its table from that
 * (tests/lint/os_metrics.sh).
 *
 * Rules: files are opened below the root that is given (a fixture tree, or texts recorded
 * elsewhere, stand in for a machine). What is
 * not there has no value; a file that is cut, empty or full of nonsense gives the values that can
 * be read in it, and none of the others. A collector allocates nothing per tick once it has seen
 * all things that there are. All files are read into one buffer: a text is lent until the next file
 * is read; who needs two at a time sets proc_file.shared of one to NULL.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/nsec.h"
#include "collect/proc_file.h"
#include "collect/readings.h"
#include "model/metric_track.h"
#include "model/stream.h"

/* One point in time at which all collectors read. */
struct tick {
	nsec_t time;
	struct readings *readings; /* the collector's own: for values of its metrics */
	/* For collectors with tracks of their own (processes). */
	struct sink *sink;
	bool name_tasks; /* nobody else tells who tasks are: rows of track task are wanted */
	bool sparing; /* leave a tick out rather than take much of a CPU */
	uint64_t rows; /* of such tracks, written */
	uint64_t lost; /* rows that are missing, entered as losses */
};

/* A file that is read whole at each tick, and who understands its text. */
struct collector_file {
	const char *path; /* below the root, without a leading '/' */
	/* @text is NUL-terminated, @thing as given here. */
	void (*scan)(struct readings *r, const char *text, const char *thing);
	const char *thing; /* what the file is about, where there are several like it */
	bool long_lines; /* see proc_file.short_lines, which holds for all others */
};

struct collector {
	const char *name; /* word of --metrics, and first part of its metrics' names */
	const char *help;
	const char *things; /* what its things are: "disks"; NULL: there is but the machine */
	bool by_default;
	const struct metric_spec *metric;
	unsigned int n_metrics;
	/* Of a collector that reads the same files at each tick, these are all. One that is not
	 * there is left out; when none is, so is the collector. */
	const struct collector_file *file;
	unsigned int n_files;
	/* Of others, where n_files is 0: */
	size_t state_bytes; /* zeroed memory that @open .. @close get */
	/*
	 * Open what is read at each tick, below @root, which lives until @close. -ENOENT with
	 * words: this machine has no such thing; the collector is left out and that is said once.
	 */
	int (*open)(void *state, const struct proc_root *root, struct err *e);
	/* 0, or -errno that ends the collection: only for lack of memory and what the sink says. */
	int (*sample)(void *state, struct tick *t, struct err *e);
	/* NULL, or: twice a second, between ticks, take what would not wait. As @sample. */
	int (*drain)(void *state, struct tick *t, struct err *e);
	/* NULL, or: what it cannot collect and why, once it is open; "" = nothing. */
	const char *(*note)(const void *state);
	void (*close)(void *state); /* also after a failed @open */
};

/* All collectors by name, NULL-terminated; generated from meson.build. */
extern const struct collector *const collector_list[];
const struct collector *collector_by_name(const char *name); /* NULL: none */
/* Is there below @root what @what reads? 0, or -errno with the reason. */
int collector_try(const struct collector *what, const struct proc_root *root,
		  struct err *e) must_check;
