/* SPDX-License-Identifier: MIT */
/* The set itself: life, names, lookup. metric_file.c reads, metric_link.c links. */
#include "metric/metric_set.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "metric/metric_parts.h"

static const struct {
	const char *name, *help;
} machine[MACHINE_CONSTANTS] = {
	[MACHINE_TSC_FREQ] = { "tsc_freq", "rate of the time-stamp counter, Hz" },
	[MACHINE_SOCKETS] = { "sockets", "packages" },
	[MACHINE_CORES] = { "cores", "cores of all packages" },
	[MACHINE_THREADS] = { "threads", "CPUs that are online" },
	[MACHINE_CORES_PER_SOCKET] = { "cores_per_socket", "cores of each package" },
	[MACHINE_THREADS_PER_CORE] = { "threads_per_core", "2 with SMT" },
	[MACHINE_INTERVAL] = { "interval", "seconds that were measured" },
	[MACHINE_TRANSACTIONS] = { "transactions", "units of work that were done meanwhile" },
};

const char *machine_constant_name(enum machine_constant c)
{
	return machine[c].name;
}

const char *machine_constant_help(enum machine_constant c)
{
	return machine[c].help;
}

void *metric_set_grow(void *array, unsigned int n, size_t bytes, struct err *e)
{
	if (n >= METRIC_THINGS_MAX) {
		(void)err_set(e, -EINVAL, "more than %d things of a kind", METRIC_THINGS_MAX);
		return NULL;
	}
	if (!(n & (n - 1))) { /* 0 and powers of two */
		array = reallocarray(array, n ? n * 2 : 1, bytes);
		if (!array) {
			(void)err_set(e, -ENOMEM, "out of memory");
			return NULL;
		}
	}
	memset((char *)array + n * bytes, 0, bytes);
	return array;
}

int metric_set_name(struct metric_set *s, const char *pooled, struct metric_ref ref)
{
	if (idmap_get(&s->by_name, (uintptr_t)pooled) != IDMAP_NONE)
		return -EEXIST;
	void *grown = metric_set_grow(s->names, s->n_names, sizeof(*s->names), NULL);

	if (!grown)
		return -ENOMEM;
	s->names = grown;
	s->names[s->n_names].name = pooled;
	s->names[s->n_names].ref = ref;
	if (idmap_set(&s->by_name, (uintptr_t)pooled, s->n_names) < 0)
		return -ENOMEM;
	s->n_names++;
	return 0;
}

bool metric_set_find(const struct metric_set *s, const char *name, struct metric_ref *ret)
{
	const char *pooled = strpool_add(s->pool, name);
	uint32_t i = pooled ? idmap_get(&s->by_name, (uintptr_t)pooled) : IDMAP_NONE;

	if (i == IDMAP_NONE)
		return false;
	*ret = s->names[i].ref;
	return true;
}

static int add_machine_constants(struct metric_set *s)
{
	for (unsigned int i = 0; i < MACHINE_CONSTANTS; i++) {
		void *grown =
			metric_set_grow(s->constant, s->n_constants, sizeof(*s->constant), NULL);
		const char *name = strpool_add(s->pool, machine[i].name);

		if (!grown)
			return -ENOMEM;
		s->constant = grown;
		if (!name ||
		    metric_set_name(s, name, (struct metric_ref){ METRIC_CONSTANT, i }) < 0)
			return -ENOMEM;
		s->constant[s->n_constants++] = (struct metric_constant){ .name = name,
									  .help = machine[i].help,
									  .value = NAN };
	}
	return 0;
}

struct metric_set *metric_set_new(void)
{
	auto_ptr(metric_set) s = calloc(1, sizeof(*s));

	if (!s || !(s->pool = strpool_new()) || add_machine_constants(s) < 0)
		return NULL;
	return steal_ptr(s);
}

void metric_formula_done(struct metric_formula *f)
{
	expression_free(f->x);
	free(f->ref);
	*f = (struct metric_formula){ 0 };
}

struct metric_set *metric_set_free(struct metric_set *s)
{
	if (!s)
		return NULL;
	for (unsigned int i = 0; i < s->n_metrics; i++) {
		metric_formula_done(&s->metric[i].formula);
		metric_formula_done(&s->metric[i].socket);
	}
	free(s->event);
	free(s->constant);
	free(s->metric);
	free(s->group);
	free(s->file);
	free(s->names);
	free(s->order);
	idmap_done(&s->by_name);
	strpool_free(s->pool);
	free(s);
	return NULL;
}

#define ACCESS(type, word, words)                                                        \
	unsigned int metric_set_n_##words(const struct metric_set *s)                    \
	{                                                                                \
		return s->n_##words;                                                     \
	}                                                                                \
	const struct type *metric_set_##word(const struct metric_set *s, unsigned int i) \
	{                                                                                \
		return &s->word[i];                                                      \
	}
ACCESS(metric_event, event, events)
ACCESS(metric_constant, constant, constants)
ACCESS(metric, metric, metrics)
ACCESS(metric_group, group, groups)
ACCESS(metric_file, file, files)

const unsigned int *metric_set_order(const struct metric_set *s)
{
	return s->order;
}

bool metric_file_fits(const struct metric_file *f, const struct cpu_model *m)
{
	for (unsigned int i = 0; i < f->n_cpus; i++) {
		const struct metric_cpus *c = &f->cpus[i];

		if (c->vendor == CPU_ANY)
			return true;
		if (c->vendor != m->vendor || c->family != m->family)
			continue;
		for (unsigned int k = 0; k < c->n_models; k++)
			if (m->model >= c->model_from[k] && m->model <= c->model_to[k])
				return true;
	}
	return false;
}

/* perf drops the number of a box where it merges boxes, and prints "uncore_imc_0/.../" where it
 * does not. */
static void box_without_number(struct event_code *c)
{
	size_t n = strlen(c->pmu);

	if (strncmp(c->pmu, "uncore_", 7))
		return;
	while (n && c->pmu[n - 1] >= '0' && c->pmu[n - 1] <= '9')
		n--;
	if (n > 8 && c->pmu[n - 1] == '_')
		c->pmu[n - 1] = '\0';
}

unsigned int metric_set_match(const struct metric_set *s, const char *name,
			      void (*found)(void *arg, unsigned int event), void *arg)
{
	struct event_code code;
	unsigned int n = 0;

	for (unsigned int i = 0; i < s->n_names; i++) {
		if (s->names[i].ref.kind != METRIC_EVENT || strcasecmp(s->names[i].name, name))
			continue;
		found(arg, s->names[i].ref.index);
		n++;
	}
	if (n || event_code_parse(name, strlen(name), &code, NULL) < 0)
		return n;
	box_without_number(&code);
	for (unsigned int i = 0; i < s->n_events; i++) {
		if (!event_code_equal(&code, &s->event[i].code))
			continue;
		found(arg, i);
		n++;
	}
	return n;
}
