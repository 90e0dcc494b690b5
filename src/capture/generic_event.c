/* SPDX-License-Identifier: MIT */
/* Numbers are those of linux/perf_event.h, names those of perf-list(1). */
#include "capture/generic_event.h"

#include <linux/perf_event.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/attr.h"

#define HARDWARE(name_, alias_, config_, help_)                                                \
	{                                                                                      \
		.name = name_, .alias = alias_, .type = PERF_TYPE_HARDWARE, .config = config_, \
		.help = help_                                                                  \
	}
#define SOFTWARE(name_, alias_, config_, help_)                                                \
	{                                                                                      \
		.name = name_, .alias = alias_, .type = PERF_TYPE_SOFTWARE, .config = config_, \
		.help = help_                                                                  \
	}
#define CLOCK(name_, config_, help_)                                                         \
	{                                                                                    \
		.name = name_, .type = PERF_TYPE_SOFTWARE, .config = config_, .help = help_, \
		.ns = true                                                                   \
	}

const struct generic_event generic_event_list[] = {
	HARDWARE("cycles", "cpu-cycles", PERF_COUNT_HW_CPU_CYCLES,
		 "cycles of the core, at its speed of the moment"),
	HARDWARE("instructions", NULL, PERF_COUNT_HW_INSTRUCTIONS, "instructions retired"),
	HARDWARE("cache-references", NULL, PERF_COUNT_HW_CACHE_REFERENCES,
		 "accesses of the last level cache"),
	HARDWARE("cache-misses", NULL, PERF_COUNT_HW_CACHE_MISSES,
		 "misses of the last level cache"),
	HARDWARE("branches", "branch-instructions", PERF_COUNT_HW_BRANCH_INSTRUCTIONS,
		 "branches retired"),
	HARDWARE("branch-misses", NULL, PERF_COUNT_HW_BRANCH_MISSES,
		 "branches that were predicted wrong"),
	HARDWARE("bus-cycles", NULL, PERF_COUNT_HW_BUS_CYCLES, "cycles of the bus"),
	HARDWARE("stalled-cycles-frontend", "idle-cycles-frontend",
		 PERF_COUNT_HW_STALLED_CYCLES_FRONTEND,
		 "cycles in which no instruction could be issued"),
	HARDWARE("stalled-cycles-backend", "idle-cycles-backend",
		 PERF_COUNT_HW_STALLED_CYCLES_BACKEND, "cycles in which none could be retired"),
	HARDWARE("ref-cycles", NULL, PERF_COUNT_HW_REF_CPU_CYCLES, "cycles at a constant speed"),
	CLOCK("cpu-clock", PERF_COUNT_SW_CPU_CLOCK, "time of the CPU, by a timer of each CPU"),
	CLOCK("task-clock", PERF_COUNT_SW_TASK_CLOCK, "time that a task was on a CPU"),
	SOFTWARE("page-faults", "faults", PERF_COUNT_SW_PAGE_FAULTS, "page faults"),
	SOFTWARE("minor-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MIN,
		 "page faults that needed no disk"),
	SOFTWARE("major-faults", NULL, PERF_COUNT_SW_PAGE_FAULTS_MAJ,
		 "page faults that waited for a disk"),
	SOFTWARE("context-switches", "cs", PERF_COUNT_SW_CONTEXT_SWITCHES, "context switches"),
	SOFTWARE("cpu-migrations", "migrations", PERF_COUNT_SW_CPU_MIGRATIONS,
		 "moves of a task to another CPU"),
	SOFTWARE("alignment-faults", NULL, PERF_COUNT_SW_ALIGNMENT_FAULTS,
		 "accesses that the kernel had to put right"),
	SOFTWARE("emulation-faults", NULL, PERF_COUNT_SW_EMULATION_FAULTS,
		 "instructions that the kernel emulated"),
	SOFTWARE("cgroup-switches", NULL, PERF_COUNT_SW_CGROUP_SWITCHES,
		 "switches to a task of another cgroup"),
	SOFTWARE("bpf-output", NULL, PERF_COUNT_SW_BPF_OUTPUT, "records that BPF programs write"),
	SOFTWARE("dummy", NULL, PERF_COUNT_SW_DUMMY, "nothing: a place for records about tasks"),
};
const size_t generic_event_count = ARRAY_SIZE(generic_event_list);

const struct generic_event *generic_event_find(const char *name)
{
	for (size_t i = 0; i < generic_event_count; i++) {
		const struct generic_event *g = &generic_event_list[i];

		if (!strcmp(name, g->name) || (g->alias && !strcmp(name, g->alias)))
			return g;
	}
	return NULL;
}

/* ---- caches ---- */

#define WORDS	   5
#define LOADS	   (1u << PERF_COUNT_HW_CACHE_OP_READ)
#define STORES	   (1u << PERF_COUNT_HW_CACHE_OP_WRITE)
#define PREFETCHES (1u << PERF_COUNT_HW_CACHE_OP_PREFETCH)

/* The first word of each is the one that lists show. */
static const struct {
	const char *word[WORDS];
	unsigned int ops; /* that hardware can have */
} caches[] = {
	[PERF_COUNT_HW_CACHE_L1D] = { { "L1-dcache", "l1-d", "l1d", "L1-data" },
				      LOADS | STORES | PREFETCHES },
	[PERF_COUNT_HW_CACHE_L1I] = { { "L1-icache", "l1-i", "l1i", "L1-instruction" },
				      LOADS | PREFETCHES },
	[PERF_COUNT_HW_CACHE_LL] = { { "LLC", "L2" }, LOADS | STORES | PREFETCHES },
	[PERF_COUNT_HW_CACHE_DTLB] = { { "dTLB", "d-tlb", "Data-TLB" },
				       LOADS | STORES | PREFETCHES },
	[PERF_COUNT_HW_CACHE_ITLB] = { { "iTLB", "i-tlb", "Instruction-TLB" }, LOADS },
	[PERF_COUNT_HW_CACHE_BPU] = { { "branch", "branches", "bpu", "btb", "bpc" }, LOADS },
	[PERF_COUNT_HW_CACHE_NODE] = { { "node" }, LOADS | STORES | PREFETCHES },
};

static const char *const ops[][WORDS] = {
	[PERF_COUNT_HW_CACHE_OP_READ] = { "load", "loads", "read" },
	[PERF_COUNT_HW_CACHE_OP_WRITE] = { "store", "stores", "write" },
	[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetch", "prefetches", "speculative-read",
					      "speculative-load" },
};

static const char *const results[][WORDS] = {
	[PERF_COUNT_HW_CACHE_RESULT_ACCESS] = { "refs", "Reference", "ops", "access" },
	[PERF_COUNT_HW_CACHE_RESULT_MISS] = { "misses", "miss" },
};

/* The longest of @words that *p begins with, up to '-' or the end; *p moves behind it. */
static bool take_word(const char **p, const char *const *words)
{
	size_t best = 0;

	for (unsigned int i = 0; i < WORDS && words[i]; i++) {
		size_t n = strlen(words[i]);

		if (n > best && !strncasecmp(*p, words[i], n) && ((*p)[n] == '-' || !(*p)[n]))
			best = n;
	}
	*p += best;
	return best > 0;
}

bool generic_cache_parse(const char *name, uint64_t *ret_config)
{
	size_t cache = 0, op = PERF_COUNT_HW_CACHE_OP_READ, result = 0;
	bool has_op = false, has_result = false;

	while (cache < ARRAY_SIZE(caches) && !take_word(&name, caches[cache].word))
		cache++;
	if (cache == ARRAY_SIZE(caches))
		return false;
	while (*name == '-') {
		bool found = false;

		name++;
		for (size_t i = 0; i < ARRAY_SIZE(ops) && !found && !has_op; i++)
			if (take_word(&name, ops[i])) {
				op = i;
				found = has_op = true;
			}
		for (size_t i = 0; i < ARRAY_SIZE(results) && !found && !has_result; i++)
			if (take_word(&name, results[i])) {
				result = i;
				found = has_result = true;
			}
		if (!found)
			return false;
	}
	if (*name)
		return false;
	*ret_config = cache | op << 8 | result << 16;
	return true;
}

bool generic_cache_at(size_t i, char *ret_name, uint64_t *ret_config)
{
	static const char *const shown[][2] = {
		[PERF_COUNT_HW_CACHE_OP_READ] = { "loads", "load-misses" },
		[PERF_COUNT_HW_CACHE_OP_WRITE] = { "stores", "store-misses" },
		[PERF_COUNT_HW_CACHE_OP_PREFETCH] = { "prefetches", "prefetch-misses" },
	};

	for (size_t cache = 0; cache < ARRAY_SIZE(caches); cache++)
		for (size_t op = 0; op < ARRAY_SIZE(shown); op++)
			for (size_t result = 0; result < 2; result++) {
				if (!(caches[cache].ops & 1u << op) || i--)
					continue;
				snprintf(ret_name, GENERIC_CACHE_NAME, "%s-%s",
					 caches[cache].word[0], shown[op][result]);
				*ret_config = cache | op << 8 | result << 16;
				return true;
			}
	return false;
}
