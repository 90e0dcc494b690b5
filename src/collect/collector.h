/* SPDX-License-Identifier: MIT */
/*
 * A collector reads one part of /proc or /sys at each tick: processors, memory, disks. It keeps its
 * files open and reads them again from the start; it knows nothing of rates, of other collectors,
 * or of where its values go.
 *
 * Adding one: write NAME_collector.c here, ending in `const struct collector collector_NAME`, and
 * put NAME into the list of meson.build. Help, the names of `--metrics` and the documentation table
 * follow from the descriptor.
 *
 * Rules: files are opened below the root that is given (a fixture tree, or texts recorded
 * elsewhere, stand in for a machine). What is
 * not there has no value; a file that is cut, empty or full of nonsense gives the values that can
 * be read in it, and none of the others. A collector allocates nothing per tick once it has seen
 * all things that there are.
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
	struct sink *sink; /* for collectors with tracks of their own (processes) */
};

struct collector {
	const char *name; /* word of --metrics, and first part of its metrics' names */
	const char *help;
	bool by_default;
	const struct metric_spec *metric;
	unsigned int n_metrics;
	size_t state_bytes; /* zeroed memory that @open .. @close get */
	/*
	 * Open what is read at each tick, below @root, which lives until @close. -ENOENT with
	 * words: this machine has no such thing; the collector is left out and that is said once.
	 */
	int (*open)(void *state, const struct proc_root *root, struct err *e);
	/* 0, or -errno that ends the collection: only for lack of memory and what the sink says. */
	int (*sample)(void *state, struct tick *t, struct err *e);
	void (*close)(void *state); /* also after a failed @open */
};

/* All collectors by name, NULL-terminated; generated from meson.build. */
extern const struct collector *const collector_list[];
const struct collector *collector_by_name(const char *name); /* NULL: none */
