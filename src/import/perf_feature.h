/* SPDX-License-Identifier: MIT */
/*
 * Feature sections of perf.data: what perf noted about the host and the clock. Layouts are those of
 * tools/perf/Documentation/perf.data-file-format.txt; the numbers of the sections are on disk.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "import/importer.h"
#include "import/perf_attr.h"

enum perf_feature {
	PERF_FEATURE_TRACING_DATA = 1,
	PERF_FEATURE_BUILD_ID = 2,
	PERF_FEATURE_HOSTNAME = 3,
	PERF_FEATURE_OSRELEASE = 4,
	PERF_FEATURE_VERSION = 5,
	PERF_FEATURE_ARCH = 6,
	PERF_FEATURE_NRCPUS = 7,
	PERF_FEATURE_CPUDESC = 8,
	PERF_FEATURE_CMDLINE = 11,
	PERF_FEATURE_EVENT_DESC = 12,
	PERF_FEATURE_CPU_TOPOLOGY = 13,
	PERF_FEATURE_NUMA_TOPOLOGY = 14,
	PERF_FEATURE_SAMPLE_TIME = 21,
	PERF_FEATURE_CLOCKID = 23,
	PERF_FEATURE_DIR_FORMAT = 24,
	PERF_FEATURE_COMPRESSED = 27,
	PERF_FEATURE_CLOCK_DATA = 29,
	PERF_FEATURES = 256, /* bits of the header's set */
};

struct perf_cpu {
	uint32_t package, core, node; /* UINT32_MAX = unknown */
};

struct perf_build_id {
	char *path; /* "[kernel.kallsyms]", "[vdso]" ... too */
	char id[41]; /* hex */
};

struct perf_features {
	char machine[16]; /* as uname has it, "" = unknown */
	struct perf_build_id *build_id;
	size_t n_build_ids, cap_build_ids;
	bool build_ids_sorted; /* by path */
	uint32_t n_cpus; /* possible ones, 0 = unknown */
	uint32_t n_online;
	struct perf_cpu *cpu; /* [n_cpus] */
	bool has_topology;
	nsec_t first_sample, last_sample; /* 0 = unknown */
	bool has_clock_data;
	uint32_t clockid; /* of clock_time */
	nsec_t clock_time, real_time;
};

void perf_features_done(struct perf_features *f);
/* Of the file that was mapped as @path, hex; NULL = not told. */
const char *perf_features_build_id(struct perf_features *f, const char *path);

/*
 * Take in the section @feature, whose @n bytes stand at @p: meta rows go out through @args, the
 * rest into @f; names of events into @attrs. Unknown ones are passed over. 0, or -EBADMSG with
 * words when it is cut or makes no sense; else -errno of @args.
 */
int perf_feature_parse(struct perf_features *f, unsigned int feature, const uint8_t *p, size_t n,
		       bool big, const struct import_args *args, struct perf_attrs *attrs,
		       struct err *e) must_check;
