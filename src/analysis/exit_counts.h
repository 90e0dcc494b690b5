/* SPDX-License-Identifier: MIT */
/*
 * KVM exits per task and reason, and folded into groups of tasks: numbers, lengths, and the lines
 * of an answer. Made of the spans of kvm_scan.h. A zeroed struct is empty.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/exit_reasons.h"
#include "analysis/kvm_scan.h"
#include "analysis/spread.h"
#include "base/attr.h"
#include "base/idmap.h"

struct exit_sums {
	uint64_t exits;
	uint64_t last, asleep; /* the last before a switch-out; of these, before sleep */
	nsec_t off_cpu; /* part of the lengths */
};

/* Sums and lengths under dense numbers of (who, place of the reason). */
struct exit_cells {
	struct idmap number;
	uint64_t *key; /* by number: tallies_pair(who, place) */
	struct exit_sums *sums;
	size_t n, sums_room, key_room;
	struct spreads spreads;
};

/* A group's line of an answer: one reason, or all (place EXIT_REASON_NONE), which comes first. */
struct exit_line {
	uint64_t group_exits; /* of the group, to order by */
	uint64_t exits;
	uint32_t group, cell, place;
};

struct exit_counts {
	bool last; /* set by the owner: count only exits that were the last before a switch-out */
	struct exit_reasons reasons;
	struct exit_cells task, group;
	struct exit_line *line; /* groups with the most exits first, and so their reasons */
	size_t n_lines;
};

void exit_counts_done(struct exit_counts *c);
/* One span of a task that was asked for. 0 or -ENOMEM. */
int exit_counts_add(struct exit_counts *c, const struct kvm_span *k) must_check;
/* The same for what is no exit, under places of the owner's choice (below EXIT_REASON_NONE): one
 * more of it; and a length of one. 0 or -ENOMEM. */
int exit_counts_count(struct exit_counts *c, uint32_t task, uint32_t place) must_check;
int exit_counts_length(struct exit_counts *c, uint32_t task, uint32_t place, nsec_t begin,
		       nsec_t end) must_check;
/* After the last: @group_of[task] for every task number; UINT32_MAX: not asked for. 0 or -ENOMEM.
 */
int exit_counts_fold(struct exit_counts *c, const uint32_t *group_of) must_check;

/* Number of the group's cell of all reasons. */
uint32_t exit_counts_all(const struct exit_counts *c, uint32_t group);
