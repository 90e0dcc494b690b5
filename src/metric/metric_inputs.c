/* SPDX-License-Identifier: MIT */
/* Counts of events on CPUs, and metrics of them. */
#include "metric/metric_inputs.h"

#include <math.h>
#include <stdlib.h>

struct metric_inputs {
	const struct metric_set *set;
	unsigned int n_cpus;
	uint32_t *id;
	int *socket;
	struct reading *cell; /* event x CPU */
	struct reading *constant;
	bool uncore_per_cpu;
};

struct metric_inputs *metric_inputs_new(const struct metric_set *set, const uint32_t *id,
					const int *socket, unsigned int n_cpus)
{
	auto_ptr(metric_inputs) in = calloc(1, sizeof(*in));
	unsigned int n_events = metric_set_n_events(set), n = metric_set_n_constants(set);

	if (!in)
		return NULL;
	*in = (struct metric_inputs){
		.set = set,
		.n_cpus = n_cpus,
		.id = calloc(n_cpus + 1, sizeof(*in->id)),
		.socket = calloc(n_cpus + 1, sizeof(*in->socket)),
		.cell = calloc((size_t)n_events * n_cpus + 1, sizeof(*in->cell)),
		.constant = calloc(n + 1, sizeof(*in->constant)),
	};
	if (!in->id || !in->socket || !in->cell || !in->constant)
		return NULL;
	for (unsigned int i = 0; i < n_cpus; i++) {
		in->id[i] = id[i];
		in->socket[i] = socket[i];
	}
	for (unsigned int ev = 0; ev < n_events; ev++)
		for (unsigned int cpu = 0; cpu < n_cpus; cpu++)
			in->cell[(size_t)ev * n_cpus + cpu] =
				reading_absent(ABSENT_NO_ROW, metric_set_event(set, ev)->name);
	for (unsigned int i = 0; i < n; i++)
		metric_inputs_constant(in, i, metric_set_constant(set, i)->value);
	return steal_ptr(in);
}

struct metric_inputs *metric_inputs_free(struct metric_inputs *in)
{
	if (in) {
		free(in->id);
		free(in->socket);
		free(in->cell);
		free(in->constant);
		free(in);
	}
	return NULL;
}

void metric_inputs_set(struct metric_inputs *in, unsigned int event, unsigned int cpu,
		       struct reading count)
{
	count.about = metric_set_event(in->set, event)->name;
	count.cpu = count.absent && in->id[cpu] <= INT32_MAX ? (int)in->id[cpu] : -1;
	in->cell[(size_t)event * in->n_cpus + cpu] = count;
}

const struct reading *metric_inputs_get(const struct metric_inputs *in, unsigned int event,
					unsigned int cpu)
{
	return &in->cell[(size_t)event * in->n_cpus + cpu];
}

void metric_inputs_constant(struct metric_inputs *in, unsigned int constant, double v)
{
	in->constant[constant] =
		isfinite(v) ? reading_exact(v)
			    : reading_absent(ABSENT_CONSTANT,
					     metric_set_constant(in->set, constant)->name);
}

void metric_inputs_facts(struct metric_inputs *in, const struct cpu_facts *f)
{
	const double v[] = {
		[MACHINE_TSC_FREQ] = f->tsc_freq,
		[MACHINE_SOCKETS] = f->sockets,
		[MACHINE_CORES] = f->cores,
		[MACHINE_THREADS] = f->threads,
		[MACHINE_CORES_PER_SOCKET] = f->cores_per_socket,
		[MACHINE_THREADS_PER_CORE] = f->threads / f->cores,
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(v); i++)
		if (isfinite(v[i]))
			metric_inputs_constant(in, i, v[i]);
}

void metric_inputs_uncore_per_cpu(struct metric_inputs *in)
{
	in->uncore_per_cpu = true;
}

/* One evaluation. */
struct at {
	const struct metric_inputs *in;
	enum metric_scope scope;
	int where;
	const struct metric_ref *ref; /* of the formula that runs */
	int txn; /* the event that transactions replace, -1: none */
	const struct reading *done; /* metrics that were evaluated before */
};

static struct reading sum(const struct at *at, unsigned int event)
{
	const struct metric_inputs *in = at->in;
	struct reading total = reading_exact(0);
	unsigned int found = 0;

	for (unsigned int cpu = 0; cpu < in->n_cpus; cpu++) {
		const struct reading *r = metric_inputs_get(in, event, cpu);

		if (at->scope == SCOPE_SOCKET && in->socket[cpu] != at->where)
			continue;
		/* A box is counted through one CPU of its socket: the others have no row. */
		if (r->absent == ABSENT_NO_ROW && metric_set_event(in->set, event)->per_socket)
			continue;
		if (r->absent)
			return *r;
		total.value += r->value;
		total.low += r->low;
		total.high += r->high;
		found++;
	}
	return found ? total
		     : reading_absent(ABSENT_NO_ROW, metric_set_event(in->set, event)->name);
}

static struct reading value_of(void *arg, unsigned int i)
{
	const struct at *at = arg;
	struct metric_ref ref = at->ref[i];

	switch (ref.kind) {
	case METRIC_CONSTANT:
		return at->in->constant[ref.index];
	case METRIC_METRIC:
		return at->done[ref.index];
	case METRIC_EVENT:
		break;
	}
	if (at->txn >= 0 && (unsigned int)at->txn == ref.index)
		return at->in->constant[MACHINE_TRANSACTIONS];
	if (at->scope != SCOPE_CPU)
		return sum(at, ref.index);
	const struct metric_event *ev = metric_set_event(at->in->set, ref.index);
	const struct reading *r = metric_inputs_get(at->in, ref.index, (unsigned int)at->where);

	if (ev->per_socket && !at->in->uncore_per_cpu && !r->absent)
		return reading_absent(ABSENT_SCOPE, ev->name);
	return *r;
}

void metric_inputs_eval(const struct metric_inputs *in, enum metric_scope scope, int where,
			struct reading *ret, struct reading *ret_txn)
{
	struct at at = { .in = in, .scope = scope, .where = where, .done = ret };
	const unsigned int *order = metric_set_order(in->set);

	for (unsigned int k = 0; k < metric_set_n_metrics(in->set); k++) {
		const struct metric *m = metric_set_metric(in->set, order[k]);
		const struct metric_formula *f =
			scope == SCOPE_SOCKET && m->socket.x ? &m->socket : &m->formula;

		at.ref = f->ref;
		at.txn = -1;
		ret[order[k]] = expression_eval(f->x, value_of, &at);
		if (!ret_txn)
			continue;
		at.ref = m->formula.ref;
		at.txn = m->txn;
		ret_txn[order[k]] = m->txn < 0 ? reading_absent(ABSENT_NO_ROW, m->name)
					       : expression_eval(m->formula.x, value_of, &at);
	}
}
