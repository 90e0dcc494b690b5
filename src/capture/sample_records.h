/* SPDX-License-Identifier: MIT */
/*
 * Inside of the sampler: what sampler.c opens and sample_records.c reads. Records of all rings are
 * taken in the order of their times, since a mapping made on one CPU explains samples on another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "capture/engine.h"
#include "capture/event_list.h"
#include "capture/perf_ring.h"
#include "capture/sample_names.h"
#include "capture/sampler.h"
#include "model/chain_writer.h"
#include "symbol/unwind.h"

/* All events have these, so that records end alike: tid, time, CPU, id. */
#define SAMPLE_RECORD_TYPE                                                              \
	(PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_IP | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | \
	 PERF_SAMPLE_CPU | PERF_SAMPLE_PERIOD)
/* sample_id_all behind other records: u32 pid, tid, u64 time, u32 cpu, 0, u64 id */
#define SAMPLE_RECORD_TRAILER 32u

struct sample_ring {
	struct perf_ring ring; /* page = NULL: CPU not recorded */
	const struct perf_event_header *next; /* taken from the ring, not yet handled; or NULL */
	nsec_t next_time;
	nsec_t last; /* time of its last record */
	uint64_t lost; /* as records have told */
	nsec_t *throttled; /* [n_events] since when, 0 = not */
};

struct sampled_event {
	struct event ev;
	char note[EVENT_MISSING_MAX]; /* why it is missing, what it stands for */
	bool off_cpu; /* chains of tasks that block: weight 0 */
	bool stand_in; /* for cycles, which do not happen in idle tasks */
	bool dummy; /* not sampled: brings the records of tasks and mappings */
};

struct sampler {
	struct event_source base;
	struct gather *gather;
	struct sampler_options options;
	int root_fd;
	bool alone;
	struct cpuset cpus;
	unsigned int n_cpus;
	struct sampled_event *event; /* [0] is the dummy; numbers of track_event are the index */
	unsigned int n_events;
	struct sample_ring *ring; /* [n_cpus] */
	uint32_t *heap; /* rings with a record waiting, by time */
	unsigned int n_heap;
	struct idmap by_id; /* id of the kernel -> event */
	struct idmap threads; /* pid -> threads alive, of processes whose start is known */
	struct chain_writer *chains; /* NULL until the start */
	struct sample_names *names; /* likewise */
	enum unwind_machine machine; /* CALL_GRAPH_DWARF */
	uint64_t regs_mask; /* perf's, that samples have */
	struct unwinder *unwinder; /* from the start on */
	bool no_build_ids; /* kernel before 5.12: they are read from the files */
	struct idmap build_ids; /* hash of device and inode -> text in build_id_text */
	char (*build_id)[64];
	uint32_t n_build_ids, cap_build_ids;
	bool stopped;
	/* how events are opened (sampler.c) */
	struct {
		int fd, cpu;
		uint32_t event;
	} * opened;
	unsigned int n_opened, cap_opened;
	bool user_only, counts_lost;
	uint64_t freq;
};

/* Move all records before @until to the gather. */
int sample_records_drain(struct sampler *s, nsec_t until, unsigned int *fill_pct,
			 struct err *e) must_check;
/* What @pid has mapped now. */
int sample_records_read_maps(struct sampler *s, nsec_t time, uint32_t pid,
			     struct err *e) must_check;
