/* SPDX-License-Identifier: MIT */
/*
 * How an event is asked for, in perf's words: "cycles", "r5300c0", "raw 0x5300c0" (as perf stat
 * prints raw events), "cpu/event=0xc0,umask=0x01,cmask=1/k", "uncore_imc/event=0x04,umask=0x03/".
 * Terms are those of /sys/bus/event_source/devices/PMU/format.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"

#define EVENT_PMU_MAX	32
#define EVENT_TERM_MAX	48
#define EVENT_TERMS_MAX 8

struct event_term {
	char name[EVENT_TERM_MAX];
	uint64_t value; /* 1 where the term stands alone */
};

struct event_code {
	char pmu[EVENT_PMU_MAX]; /* "" for names of perf's own list and raw codes */
	char name[EVENT_TERM_MAX]; /* of perf's own list, else "" */
	struct event_term term[EVENT_TERMS_MAX];
	unsigned int n_terms;
	bool raw; /* rNNNN: @config */
	uint64_t config;
	bool user, kernel; /* where it counts; both without a modifier */
};

int event_code_parse(const char *s, size_t n, struct event_code *ret, struct err *e) must_check;

/* Counted by a core of the CPU (or the kernel for one CPU), not by a box of the socket. */
bool event_code_is_core(const struct event_code *c);
/* By the kernel itself: needs no PMU. */
bool event_code_is_software(const struct event_code *c);
/*
 * The x86 event-select value of a code on the core PMU: event, umask, edge, any, inv, cmask (Intel
 * SDM vol. 3, "IA32_PERFEVTSELx"; AMD APM vol. 2, "PerfEvtSel": event bits 8-11 at 32-35), without
 * the privilege and enable bits. False: the code has none, or needs a second register besides
 * (offcore_rsp), which a raw code does not tell.
 */
bool event_code_select(const struct event_code *c, uint64_t *ret);
/* Event and umask of any PMU, umask << 8 | event, and whether they are all that selects it. */
bool event_code_plain(const struct event_code *c, uint64_t *ret);
/* The same event under perhaps another spelling. */
bool event_code_equal(const struct event_code *a, const struct event_code *b);
/* In perf's form, "cpu/event=0xc0/k", into @buf of EVENT_CODE_TEXT bytes; returns it. */
#define EVENT_CODE_TEXT 512
const char *event_code_text(const struct event_code *c, char *buf);
