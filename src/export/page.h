/* SPDX-License-Identifier: MIT */
/*
 * The report page: one HTML file with viewer, answers, cubes and events. What stands in it:
 * docs/formats/page.md. Written from begin to end; memory does not grow with the recording.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/recording.h"
#include "model/answer.h"
#include "model/formula.h"
#include "model/functions.h"
#include "model/kvm_reason.h"
#include "model/profile.h"
#include "model/run.h"
#include "model/tasks.h"

/* The viewer's two files as they go into the page, and their SHA-256 in base64 for the CSP. */
struct page_viewer {
	const char *script, *style;
	size_t script_bytes, style_bytes;
	const char *script_sha256, *style_sha256;
};

struct page_vm {
	const char *name;
	uint32_t pid; /* 0 = not known */
};

struct page_run {
	const char *name; /* short, of this run alone */
	const char *file; /* as people know it */
	nsec_t from, to; /* what is in the page, since the start of the run; 0, 0: all of it */
	const struct run_info *info;
	const struct tasks *tasks;
	const struct answer *view;
	size_t n_views; /* those without a table are left out */
	/* 0: no cube */
	nsec_t run_bin, delay_bin, next_bin, exit_bin, sample_bin, offcpu_bin, counter_bin;
	const struct profile *profile; /* NULL: no samples, no counters; else with .functions */
	const struct functions *functions;
	bool samples, counters; /* there are some of */
	const struct formula *sampled, *counted; /* metrics that their events give */
	size_t n_sampled, n_counted;
	bool sample_rows; /* single samples, as events; page_sample_rows() */
	const struct kvm_reason *reason; /* those of the exits in the cubes */
	size_t n_reasons;
	const struct page_vm *vm; /* virtual machines */
	size_t n_vms;
	const uint32_t *vm_of; /* by task number below n_vm_of; UINT32_MAX: none */
	const bool *vcpu; /* the same */
	size_t n_vm_of;
	const uint8_t *cubes; /* blocks, one behind the other */
	size_t cubes_bytes;
	struct recording *recording; /* for the event blocks */
	uint64_t events_max; /* bytes of event blocks to take in */
};

/* How the page looks when it is opened without a hash in its address. */
struct page_look {
	const char *view, *filter; /* NULL: as the viewer likes */
	const char *const *views; /* the only ones in the rail; n_views 0: all */
	size_t n_views;
	nsec_t from, to; /* window that is shown; to 0: all */
	bool diff; /* in difference mode */
};

struct page {
	const char *title;
	struct page_look look;
	nsec_t created; /* CLOCK_REALTIME */
	const struct page_viewer *viewer;
	const struct page_run *run;
	size_t n_runs;
};

struct page_stats {
	uint64_t events; /* rows in the page */
	uint64_t events_left_out;
};

/* Do the single samples of @r fit? Looks at .recording, .info, .from, .to and .events_max. Else
 * they are to be told in a cube. */
bool page_sample_rows(const struct page_run *r);

/* 0 or -errno with words. */
int page_write(const struct page *p, FILE *out, struct page_stats *ret, struct err *e) must_check;
