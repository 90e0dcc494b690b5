/* SPDX-License-Identifier: MIT */
/* A frame is what two neighbouring ticks say: two readings of each series and each process. */
#include "analysis/machine_frame.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "model/metric_track.h"
#include "model/series_ticks.h"

#define READING_COLUMNS PROCESS_COLUMNS

/* A row of track process. */
struct process_row {
	nsec_t time;
	uint64_t value[READING_COLUMNS]; /* by column */
};

struct pair {
	struct process_row before, now;
	bool has_before, has_now;
};

struct frame_reader {
	struct machine_frame *frame;
	nsec_t from, to;
	struct tasks *names;
	struct idmap by_tid; /* -> index in pair */
	struct pair *pair;
	uint32_t n_pairs, cap_pairs;
	struct series_ticks *ticks;
	uint32_t *device; /* by place of the series: index of its disk or interface + 1 */
};

/* ---- times ---- */

static int add_time(struct frame_ticks *t, size_t *cap, nsec_t time)
{
	if (t->n && t->time[t->n - 1] == time)
		return 0;
	if (t->n == *cap) {
		size_t more = *cap ? 2 * *cap : 1024;
		nsec_t *grown = reallocarray(t->time, more, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		t->time = grown;
		*cap = more;
	}
	t->time[t->n++] = time;
	return 0;
}

static int load_times(struct source *src, const struct track *track, struct frame_ticks *ret,
		      struct err *e)
{
	const bool wide = track == &track_process;
	const struct query q = { .tracks = track_bit(track),
				 .order = CURSOR_BY_TIME,
				 .columns = 1u | (wide ? 1u << PROCESS_FLAGS : 0) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	size_t cap = 0;
	int r = source_cursor(src, &q, &c, e);

	while (r >= 0 && (r = cursor_next(c, &b, e)) > 0)
		for (uint32_t i = 0; i < b->rows && r >= 0; i++) {
			/* What ended in between has a time of its own. */
			if (wide && batch_u8(b, PROCESS_FLAGS)[i] & PROCESS_FLAG_EXITED)
				continue;
			r = add_time(ret, &cap, b->time[i]);
		}
	return r == -ENOMEM ? err_set(e, r, "no memory for times of ticks") : r;
}

int frame_ticks_load(struct source *src, struct frame_ticks *ret, struct err *e)
{
	struct frame_ticks t = { 0 };
	int r = load_times(src, &track_process, &t, e);

	if (r >= 0 && !t.n)
		r = load_times(src, &track_value, &t, e);
	if (r >= 0 && !t.n)
		r = err_set(e, -ENODATA, "no metrics in it (try: kymo record --metrics)");
	if (r < 0) {
		free(t.time);
		return r;
	}
	*ret = t;
	return 0;
}

size_t frame_ticks_at(const struct frame_ticks *t, nsec_t time)
{
	size_t low = 0, high = t->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (t->time[middle] <= time)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : 0;
}

/* ---- processes ---- */

static struct pair *pair_of(struct frame_reader *r, uint32_t tid)
{
	uint32_t i = idmap_get(&r->by_tid, tid);

	if (i != IDMAP_NONE)
		return &r->pair[i];
	if (r->n_pairs == r->cap_pairs) {
		uint32_t cap = r->cap_pairs ? 2 * r->cap_pairs : 256;
		struct pair *grown = reallocarray(r->pair, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		r->pair = grown;
		r->cap_pairs = cap;
	}
	if (idmap_set(&r->by_tid, tid, r->n_pairs) < 0)
		return NULL;
	r->pair[r->n_pairs] = (struct pair){ 0 };
	return &r->pair[r->n_pairs++];
}

static uint64_t cell(const struct batch *b, unsigned int column, uint32_t row)
{
	switch (b->track->column[column].type) {
	case COLUMN_U8:
		return batch_u8(b, column)[row];
	case COLUMN_U32:
		return batch_u32(b, column)[row];
	default:
		return batch_u64(b, column)[row];
	}
}

static int take_processes(struct frame_reader *r, const struct batch *b)
{
	r->frame->has_processes = true;
	for (uint32_t i = 0; i < b->rows; i++) {
		struct pair *p = pair_of(r, batch_u32(b, PROCESS_TID)[i]);
		struct process_row row = { .time = b->time[i] };

		if (!p)
			return -ENOMEM;
		for (unsigned int c = 1; c < READING_COLUMNS; c++)
			row.value[c] = cell(b, c, i);
		if (row.time <= r->from) {
			/* Ended at the tick before: it is not of this frame. */
			p->has_before = !(row.value[PROCESS_FLAGS] & PROCESS_FLAG_EXITED);
			p->before = row;
		} else {
			p->has_now = true;
			p->now = row;
		}
	}
	return 0;
}

static bool has(const struct process_row *row, unsigned int column)
{
	return row->value[PROCESS_HAVE] >> column & 1;
}

/* Growth of a counter per second, NAN when it is not known. What began within the frame began at
 * 0; a tid that is used again has counters that fall, and began too. */
static double growth(const struct pair *p, unsigned int column, bool begun, nsec_t elapsed)
{
	uint64_t before = begun || !has(&p->before, column) ? 0 : p->before.value[column];

	if (!has(&p->now, column) || !elapsed || (!begun && !has(&p->before, column)) ||
	    p->now.value[column] < before)
		return NAN;
	return (double)(p->now.value[column] - before) / ((double)elapsed / 1e9);
}

static double level(const struct pair *p, unsigned int column)
{
	return has(&p->now, column) ? (double)p->now.value[column] : NAN;
}

static double sum(double a, double b)
{
	return isnan(a) ? b : isnan(b) ? a : a + b;
}

static void put_process(struct frame_reader *r, const struct pair *p, uint32_t name)
{
	struct frame_process *out = &r->frame->process[r->frame->n_processes++];
	const uint64_t *v = p->now.value;
	/* Used again: CPU time never falls in one life. */
	bool begun = !p->has_before ||
		     v[PROCESS_USER] + v[PROCESS_SYSTEM] <
			     p->before.value[PROCESS_USER] + p->before.value[PROCESS_SYSTEM];
	nsec_t elapsed = r->to - r->from;

	*out = (struct frame_process){
		.tid = (uint32_t)v[PROCESS_TID],
		.pid = (uint32_t)v[PROCESS_PID],
		.parent = (uint32_t)v[PROCESS_PARENT],
		.uid = (uint32_t)v[PROCESS_UID],
		.cpu = (uint32_t)v[PROCESS_CPU],
		.threads = (uint32_t)v[PROCESS_THREADS],
		.state = v[PROCESS_STATE] >= 'A' && v[PROCESS_STATE] <= 'z' ? (char)v[PROCESS_STATE]
									    : '?',
		.ended = v[PROCESS_FLAGS] & PROCESS_FLAG_EXITED,
		.begun = begun,
		.name = tasks_comm_at(r->names, name, r->to),
		.user = growth(p, PROCESS_USER, begun, elapsed) / 1e9,
		.sys = growth(p, PROCESS_SYSTEM, begun, elapsed) / 1e9,
		.read = growth(p, PROCESS_READ, begun, elapsed),
		.written = growth(p, PROCESS_WRITTEN, begun, elapsed),
		.minor = growth(p, PROCESS_MINOR, begun, elapsed),
		.major = growth(p, PROCESS_MAJOR, begun, elapsed),
		.switches = sum(growth(p, PROCESS_VOLUNTARY, begun, elapsed),
				growth(p, PROCESS_INVOLUNTARY, begun, elapsed)),
		.run_delay = growth(p, PROCESS_RUN_DELAY, begun, elapsed) / 1e9,
		.rss = level(p, PROCESS_RSS),
		.vsize = level(p, PROCESS_VSIZE),
	};
}

static int finish_processes(struct frame_reader *r)
{
	r->frame->process = calloc((size_t)r->n_pairs + 1, sizeof(*r->frame->process));
	if (!r->frame->process)
		return -ENOMEM;
	for (uint32_t i = 0; i < r->n_pairs; i++) {
		const struct pair *p = &r->pair[i];

		if (!p->has_now)
			continue;
		uint32_t name = tasks_find(r->names, (uint32_t)p->now.value[PROCESS_TID],
					   p->now.time, BATCH_CPU_NONE);

		if (name == TASKS_NONE)
			return -ENOMEM;
		put_process(r, p, name);
	}
	return 0;
}

/* ---- the machine ---- */

/* Where the values of a metric without a device go, by name. */
#define OF(member) offsetof(struct machine_frame, member)
static const struct {
	const char *metric, *instance;
	size_t at;
	bool change; /* growth per second; else the level */
} single[] = {
	{ "cpu.switches", "", OF(switches), true },
	{ "cpu.forks", "", OF(forks), true },
	{ "cpu.interrupts", "", OF(interrupts), true },
	{ "cpu.running", "", OF(running), false },
	{ "cpu.blocked", "", OF(blocked), false },
	{ "memory.bytes", "MemTotal", OF(memory.total), false },
	{ "memory.bytes", "MemAvailable", OF(memory.available), false },
	{ "memory.bytes", "MemFree", OF(memory.free), false },
	{ "memory.bytes", "Cached", OF(memory.cached), false },
	{ "memory.bytes", "Buffers", OF(memory.buffers), false },
	{ "memory.bytes", "Dirty", OF(memory.dirty), false },
	{ "memory.bytes", "SwapTotal", OF(memory.swap_total), false },
	{ "memory.bytes", "SwapFree", OF(memory.swap_free), false },
	{ "load.avg1", "", OF(load[0]), false },
	{ "load.avg5", "", OF(load[1]), false },
	{ "load.avg15", "", OF(load[2]), false },
}, cpu_times[] = {
	{ "cpu.user", "", OF(cpu.user), true },	      { "cpu.nice", "", OF(cpu.nice), true },
	{ "cpu.system", "", OF(cpu.sys), true },   { "cpu.idle", "", OF(cpu.idle), true },
	{ "cpu.iowait", "", OF(cpu.iowait), true },   { "cpu.irq", "", OF(cpu.irq), true },
	{ "cpu.softirq", "", OF(cpu.irq), true },     { "cpu.steal", "", OF(cpu.steal), true },
	{ "cpu.guest", "", OF(cpu.guest), true },     { "cpu.guest_nice", "", OF(cpu.guest), true },
};

/* Of devices: member of struct frame_device. */
#define DEVICE(member) offsetof(struct frame_device, member)
static const struct {
	const char *metric;
	bool net;
	size_t at;
} device_metric[] = {
	{ "disk.read", false, DEVICE(in) },
	{ "disk.written", false, DEVICE(out) },
	{ "disk.reads", false, DEVICE(in_ops) },
	{ "disk.writes", false, DEVICE(out_ops) },
	{ "disk.busy", false, DEVICE(busy) },
	{ "network.rx_bytes", true, DEVICE(in) },
	{ "network.tx_bytes", true, DEVICE(out) },
	{ "network.rx_packets", true, DEVICE(in_ops) },
	{ "network.tx_packets", true, DEVICE(out_ops) },
};

static double *member_of(void *base, size_t at)
{
	return (double *)(void *)((uint8_t *)base + at);
}

static double per_second(const struct series_metric *m, const struct series_now *now)
{
	return now->elapsed ? (double)now->change * m->scale / ((double)now->elapsed / 1e9) : NAN;
}

/* The device called @name, made when it is new; NULL: out of memory. */
static struct frame_device *device_of(struct frame_device **list, uint32_t *n, const char *name)
{
	for (uint32_t i = 0; i < *n; i++)
		if (!strcmp((*list)[i].name, name))
			return &(*list)[i];
	struct frame_device *grown = reallocarray(*list, *n + 1, sizeof(*grown));

	if (!grown)
		return NULL;
	*list = grown;
	grown[*n] = (struct frame_device){
		.name = name, .in = NAN, .out = NAN, .in_ops = NAN, .out_ops = NAN, .busy = NAN
	};
	return &grown[(*n)++];
}

static int take_device(struct machine_frame *f, const struct series_metric *m,
		       const struct metric_series *s, const struct series_now *now)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(device_metric); i++) {
		if (strcmp(device_metric[i].metric, m->name) != 0)
			continue;
		struct frame_device *d = device_metric[i].net
						 ? device_of(&f->net, &f->n_nets, s->instance)
						 : device_of(&f->disk, &f->n_disks, s->instance);

		if (!d)
			return -ENOMEM;
		*member_of(d, device_metric[i].at) = per_second(m, now);
	}
	return 0;
}

static void take_cpu(struct machine_frame *f, const struct series_metric *m,
		     const struct metric_series *s, const struct series_now *now)
{
	if (s->cpu != SERIES_NO_CPU) {
		f->cpu.n += !strcmp(m->name, "cpu.idle") && now->elapsed;
		return;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_times); i++)
		if (!strcmp(cpu_times[i].metric, m->name)) {
			double *to = member_of(f, cpu_times[i].at);

			*to = sum(*to, per_second(m, now));
		}
}

static int take_series(struct machine_frame *f, uint32_t place, const struct series_now *now)
{
	const struct metric_series *s = series_table_at(f->names, place);
	const struct series_metric *m = series_table_metric(f->names, s->metric);

	for (unsigned int i = 0; i < ARRAY_SIZE(single); i++)
		if (s->cpu == SERIES_NO_CPU && !strcmp(single[i].metric, m->name) &&
		    !strcmp(single[i].instance, s->instance))
			*member_of(f, single[i].at) =
				single[i].change ? per_second(m, now) : series_level(m, now->value);
	take_cpu(f, m, s, now);
	return take_device(f, m, s, now);
}

/* Seconds of all CPUs per second to shares; guests are in user too, as the kernel counts. */
static void finish_cpu(struct frame_cpu *c)
{
	double *const part[] = { &c->user, &c->nice,  &c->sys, &c->iowait,
				 &c->irq,  &c->steal, &c->idle };
	double all = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(part); i++)
		all = sum(all, *part[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(part); i++)
		*part[i] = all > 0 ? *part[i] / all : NAN;
	c->guest = all > 0 ? c->guest / all : NAN;
}

static void take_tick(struct frame_reader *r, const struct series_tick *k, int *ret)
{
	if (k->time <= r->from)
		return;
	for (uint32_t i = 0; i < k->n && *ret >= 0; i++)
		*ret = take_series(r->frame, k->series[i], &k->now[k->series[i]]);
}

static int take_batch(struct frame_reader *r, const struct batch *b)
{
	struct series_tick k;
	int rc = 0;

	if (b->track == &track_process)
		return take_processes(r, b);
	for (uint32_t at = 0; rc >= 0 && series_ticks_take(r->ticks, b, &at, &k);)
		take_tick(r, &k, &rc);
	return rc;
}

/* ---- reading ---- */

static void absent(struct machine_frame *f)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(single); i++)
		*member_of(f, single[i].at) = NAN;
	for (unsigned int i = 0; i < ARRAY_SIZE(cpu_times); i++)
		*member_of(f, cpu_times[i].at) = NAN;
}

static int read_rows(struct frame_reader *r, struct source *src, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_value) | track_bit(&track_process),
				 .from = r->from,
				 .to = r->to + 1,
				 .order = CURSOR_BY_TIME };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct series_tick k;
	int rc = source_cursor(src, &q, &c, e);

	while (rc >= 0 && (rc = cursor_next(c, &b, e)) > 0)
		if (take_batch(r, b) < 0)
			return err_set(e, -ENOMEM, "no memory for a frame");
	while (rc >= 0 && series_ticks_take(r->ticks, NULL, NULL, &k))
		take_tick(r, &k, &rc);
	if (rc >= 0)
		rc = finish_processes(r);
	finish_cpu(&r->frame->cpu);
	return rc == -ENOMEM ? err_set(e, rc, "no memory for a frame") : rc;
}

int machine_frame_read(struct source *src, struct tasks *names, nsec_t from, nsec_t to,
		       struct machine_frame **ret, struct err *e)
{
	auto_ptr(machine_frame) f = calloc(1, sizeof(*f));
	struct frame_reader r = { .frame = f, .from = from, .to = to, .names = names };

	if (!f)
		return err_set(e, -ENOMEM, "no memory for a frame");
	absent(f);
	f->time = to;
	f->elapsed = to - from;
	int rc = series_table_load(src, &f->names, e);

	if (rc >= 0) {
		r.ticks = series_ticks_new(f->names);
		rc = r.ticks ? read_rows(&r, src, e) : err_set(e, -ENOMEM, "no memory");
	}
	series_ticks_free(r.ticks);
	idmap_done(&r.by_tid);
	free(r.pair);
	if (rc < 0)
		return rc;
	*ret = steal_ptr(f);
	return 0;
}

struct machine_frame *machine_frame_free(struct machine_frame *f)
{
	if (f) {
		free(f->disk);
		free(f->net);
		free(f->process);
		series_table_free(f->names);
		free(f);
	}
	return NULL;
}

/* ---- order ---- */

static double rank(const struct frame_process *p, enum frame_order order)
{
	const double by[] = {
		[FRAME_BY_CPU] = sum(p->user, p->sys),
		[FRAME_BY_MEMORY] = p->rss,
		[FRAME_BY_IO] = sum(p->read, p->written),
		[FRAME_BY_FAULTS] = sum(p->minor, p->major),
		[FRAME_BY_DELAY] = p->run_delay,
		[FRAME_BY_PID] = -(double)p->pid,
	};

	return isnan(by[order]) ? -1e300 : by[order];
}

static int compare(const void *a, const void *b, void *order)
{
	const struct frame_process *x = a, *y = b;
	double rx = rank(x, *(enum frame_order *)order), ry = rank(y, *(enum frame_order *)order);

	if (rx != ry)
		return rx < ry ? 1 : -1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

void machine_frame_sort(struct machine_frame *f, enum frame_order order)
{
	qsort_r(f->process, f->n_processes, sizeof(*f->process), compare, &order);
}
