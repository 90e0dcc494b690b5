/* SPDX-License-Identifier: MIT */
/* Paging, swapping, reclaim, NUMA hits, huge pages: /proc/vmstat. Things are the kernel's own
 * words. */
#include "collect/collector.h"
#include "collect/key_lines.h"

enum { VMSTAT_COUNT, VMSTAT_NOW };

static const struct metric_spec metrics[] = {
	[VMSTAT_COUNT] = COUNTER("count", "events and pages so far, as in /proc/vmstat"),
	[VMSTAT_NOW] = GAUGE("now", "pages now, as in /proc/vmstat"),
};

/* What the kernel's enums call an item of a zone or node is a state, nr_something; but these of
 * them are events (include/linux/mmzone.h, mm/vmstat.c). */
static const char *const counted[] = {
	"nr_vmscan_*",	 "nr_dirtied",	    "nr_written",     "nr_throttled_written",
	"nr_foll_pin_*", "nr_tlb_remote_*", "nr_tlb_local_*", NULL,
};
static const char *const states[] = { "workingset_nodes", NULL };

static unsigned int metric_of(const struct key_value *k)
{
	bool state = k->len > 3 && !memcmp(k->key, "nr_", 3) ? !word_in(k->key, k->len, counted)
							     : word_in(k->key, k->len, states);

	return state ? VMSTAT_NOW : VMSTAT_COUNT;
}

static void scan(struct readings *r, const char *text, const char *thing)
{
	(void)thing;
	key_lines_scan(r, text, metric_of);
}

static const struct collector_file files[] = { { .path = "proc/vmstat", .scan = scan } };

const struct collector collector_vmstat = {
	.name = "vmstat",
	.help = "paging, swapping, faults, reclaim, huge pages",
	.things = "the kernel's words: pgfault, pswpin",
	.by_default = true,
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.file = files,
	.n_files = ARRAY_SIZE(files),
};
