/* SPDX-License-Identifier: MIT */
/* What the text of a scheduler event says of a thread beside its number: the name that it had then,
 * and its priority as the last switch told it. For formats that repeat the kernel's events. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analysis/task_index.h"
#include "base/attr.h"
#include "base/idmap.h"
#include "base/nsec.h"
#include "model/stream.h"
#include "model/tasks.h"

struct switch_names {
	struct tasks *tasks; /* lent */
	struct task_index *index;
	struct idmap prio; /* tid -> the last one told, + 1 */
	uint64_t unknown; /* times that one was asked for and not known */
};

int switch_names_init(struct switch_names *n, struct tasks *tasks) must_check; /* 0 or -ENOMEM */
void switch_names_done(struct switch_names *n);

/* NULL: out of memory. */
const char *switch_names_comm(struct switch_names *n, uint32_t tid, nsec_t at, uint32_t cpu);
/* Rows must come in order of time. 0 or -ENOMEM. */
int switch_names_learn(struct switch_names *n, uint32_t tid, uint8_t prio) must_check;
/* False: no switch told it yet. */
bool switch_names_prio(struct switch_names *n, uint32_t tid, unsigned int *ret);

/* "S", "R+", "X|Z" ... as the kernel prints a state, into @ret of SWITCH_STATE_TEXT_MAX bytes. */
#define SWITCH_STATE_TEXT_MAX 24
const char *switch_state_text(char *ret, unsigned int state);

/* Has the run rows of @t? */
bool switch_names_has(const struct source *src, const struct track *t);
