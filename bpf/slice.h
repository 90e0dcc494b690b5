/* SPDX-License-Identifier: (GPL-2.0 OR MIT) */
/*
 * What the program that reads counters at context switches (slices.bpf.c) and its reader
 * (src/capture/slices.c) share: a record for each run slice, in a BPF ring buffer.
 */
#pragma once

#define SLICE_EVENTS 8

struct slice_count {
	__u64 value;
	__u64 enabled; /* ns */
	__u64 running; /* ns */
};

struct slice {
	__u64 time; /* CLOCK_MONOTONIC ns, of the switch-out */
	__u32 cpu;
	__u32 tid;
	__u32 there; /* bit per event: it could be read at both ends */
	__u32 reserved;
	/* What happened in the slice: as many as are counted. */
	struct slice_count count[SLICE_EVENTS];
};
