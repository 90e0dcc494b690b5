/* SPDX-License-Identifier: MIT */
/* What a recording says about its machine: meta rows and the topology of its CPUs. */
#pragma once

#include <stdint.h>

#include "base/attr.h"
#include "base/cpuset.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/file_track.h"
#include "model/stream.h"

/* One row of the meta track. @value is cut at 64 KiB. */
int host_facts_meta(struct sink *sink, nsec_t time, const char *key, const char *value,
		    struct err *e) must_check;
/* Meta rows host.*, kernel.*, cpu.*, boot.id as far as @root_fd tells them. */
int host_facts_write(struct sink *sink, int root_fd, nsec_t time, struct err *e) must_check;
/* A row of the cpu track for each of @cpus. */
int host_facts_cpus(struct sink *sink, int root_fd, nsec_t time, const struct cpuset *cpus,
		    struct err *e) must_check;
/* A row of the clock track: both clocks now. */
int host_facts_anchor(struct sink *sink, nsec_t *ret_time, struct err *e) must_check;
/* A row of the mark track, without text. */
int host_facts_mark(struct sink *sink, uint32_t cpu, nsec_t time, enum mark_kind kind,
		    struct err *e) must_check;
