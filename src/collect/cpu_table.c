/* SPDX-License-Identifier: MIT */
/* Rows are called first, then counted: the name stands behind the numbers. */
#include "collect/cpu_table.h"

#include "base/cpuset.h"
#include "collect/proc_file.h"

struct columns {
	uint32_t n, cpu[CPUSET_MAX];
};

/* Sums of the whole machine, though a machine with one CPU shows them in its column. */
static const char *const of_all[] = { "ERR", "MIS", "Err", NULL };

/* False: the line at @p does not name CPUs. */
static bool read_header(const char *p, struct columns *ret)
{
	const char *word;
	uint64_t cpu;

	ret->n = 0;
	while (scan_word(&p, &word) > 3 && !memcmp(word, "CPU", 3)) {
		word += 3;
		if (ret->n == CPUSET_MAX || !scan_u64(&word, &cpu) || cpu >= READINGS_NO_CPU)
			break;
		ret->cpu[ret->n++] = (uint32_t)cpu;
	}
	return ret->n > 0;
}

static void take_row(struct readings *r, unsigned int metric, const struct columns *c,
		     const char *p, cpu_table_name_fn *name_of)
{
	char composed[CPU_TABLE_NAME];
	const char *name, *numbers;
	size_t len = scan_word(&p, &name);
	uint32_t n = 0;
	uint64_t v;

	if (len < 2 || name[len - 1] != ':')
		return;
	len--;
	for (numbers = p; n < c->n && scan_u64(&p, &v); n++)
		;
	bool all = n == 1 && (c->n > 1 || word_in(name, len, of_all));

	if (name_of) {
		len = name_of(name, len, p, composed);
		name = composed;
	}
	for (uint32_t i = 0; i < n && scan_u64(&numbers, &v); i++)
		if (v)
			readings_put(
				r,
				readings_instance(r, all ? READINGS_NO_CPU : c->cpu[i], name, len),
				metric, v);
}

void cpu_table_scan(struct readings *r, unsigned int metric, const char *p, cpu_table_name_fn *name)
{
	struct columns c;

	if (!read_header(p, &c))
		return;
	for (p = next_line(p); *p; p = next_line(p))
		take_row(r, metric, &c, p, name);
}
