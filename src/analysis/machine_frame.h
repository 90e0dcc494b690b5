/* SPDX-License-Identifier: MIT */
/*
 * What a machine and its processes did between two ticks of a recording: one frame of `kymo top`,
 * and the process table at the cursor of a page. Rates are over the time that passed; what is not
 * known is NAN, and drawn as absent.
 *
 *	frame_ticks_load(src, &ticks, &e);		times of all ticks
 *	machine_frame_read(src, names, ticks.time[i - 1], ticks.time[i], &frame, &e);
 *	... frame->process[0 .. n_processes) ...
 *	frame = machine_frame_free(frame);
 */
#pragma once

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/stream.h"
#include "model/tasks.h"

/* Shares of all CPUs together, 0 .. 1. */
struct frame_cpu {
	double user, nice, sys, iowait, irq, steal, guest, idle;
	unsigned int n; /* CPUs that were there at both ticks */
};

struct frame_memory { /* bytes */
	double total, available, free, cached, buffers, dirty, swap_total, swap_free;
};

/* A disk or a network interface: bytes and operations (packets) per second. */
struct frame_device {
	const char *name; /* lent for the life of the frame */
	double in, out; /* read, written; received, sent */
	double in_ops, out_ops;
	double busy; /* disks: share of time with requests in flight */
};

struct frame_process {
	uint32_t tid, pid, parent, uid, cpu, threads;
	const char *name; /* lent for the life of @names */
	char state; /* as in /proc/PID/stat, '?' = not known */
	bool ended, begun; /* within the frame */
	double user, sys; /* CPUs: 1 = one CPU all the time */
	double read, written; /* bytes per second */
	double minor, major; /* page faults per second */
	double switches; /* per second, both kinds */
	double run_delay; /* seconds waited for a CPU per second */
	double rss, vsize; /* bytes, at the end of the frame */
};

struct machine_frame {
	nsec_t time, elapsed; /* of its end, CLOCK_MONOTONIC; since its begin */
	struct frame_cpu cpu;
	struct frame_memory memory;
	double load[3]; /* of 1, 5, 15 minutes */
	double switches, forks, interrupts; /* per second */
	double running, blocked; /* threads, at the end of the frame */
	struct frame_device *disk, *net;
	uint32_t n_disks, n_nets;
	struct frame_process *process;
	uint32_t n_processes;
	bool has_processes; /* the recording has a process track */
	struct series_table *names; /* of devices */
};

struct frame_ticks {
	nsec_t *time; /* rising */
	size_t n;
};

/* Times of all ticks: of track process, where there are such rows, else of track value. -ENODATA
 * with words when the run has neither. The caller frees @ret->time. */
int frame_ticks_load(struct source *src, struct frame_ticks *ret, struct err *e) must_check;
/* Place of the last tick that is not behind @time; 0 when all are. */
size_t frame_ticks_at(const struct frame_ticks *t, nsec_t time);

/* What happened after @from, which is a tick, up to @to. @names gives names of processes; tids it
 * has never seen are added. */
int machine_frame_read(struct source *src, struct tasks *names, nsec_t from, nsec_t to,
		       struct machine_frame **ret, struct err *e) must_check;
struct machine_frame *machine_frame_free(struct machine_frame *f);
DEFINE_CLEANUP(machine_frame, machine_frame_free)

enum frame_order {
	FRAME_BY_CPU,
	FRAME_BY_MEMORY,
	FRAME_BY_IO,
	FRAME_BY_FAULTS,
	FRAME_BY_DELAY,
	FRAME_BY_PID
};
void machine_frame_sort(struct machine_frame *f, enum frame_order order);
