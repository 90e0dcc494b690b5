/* SPDX-License-Identifier: MIT */
/*
 * The hot path is take_sample(): an id, a time, a CPU and the raw record at places known
 * beforehand.
 */
#include "import/perf_record.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "model/file_track.h"
#include "model/profile_track.h"

/* Bits of perf_event_header.misc. */
#define MISC_COMM_EXEC	    (1u << 13)
#define MISC_SWITCH_OUT	    (1u << 13)
#define MISC_SWITCH_PREEMPT (1u << 14)
#define MISC_LOST_BY_BPF    (1u << 15)

#define TID_UNKNOWN \
	KVM_EVENT_TID_UNKNOWN /* what the kernel writes for a task that is gone already */

/* For files whose rings are not in time order; takes the memory of as many rows as are there. */
#define WIDE_WINDOW (1u << 20)

int perf_records_init(struct perf_records *s, struct sink *sink, struct import_result *ret,
		      const char *file)
{
	memset(s, 0, sizeof(*s));
	s->ret = ret;
	s->file = file;
	s->cpus = CPUSET_MAX;
	s->cpu = calloc(CPUSET_MAX, sizeof(*s->cpu));
	if (!s->cpu)
		return -ENOMEM;
	kvm_rows_init(&s->kvm, &s->rows);
	int r = sched_rows_init(&s->rows, sink);

	if (r >= 0)
		r = perf_profile_init(&s->profile, sink);
	s->profile.attrs = &s->attrs;
	s->profile.formats = &s->formats;
	s->profile.features = &s->features;
	s->profile.rows = &s->rows;
	return r;
}

void perf_records_done(struct perf_records *s)
{
	perf_attrs_done(&s->attrs);
	perf_formats_done(&s->formats);
	perf_features_done(&s->features);
	perf_profile_done(&s->profile);
	kvm_rows_done(&s->kvm);
	sched_rows_done(&s->rows);
	free(s->cpu);
	s->cpu = NULL;
}

void perf_records_damage(struct perf_records *s, const char *fmt, ...)
{
	va_list ap;

	if (!s->ret->complete)
		return;
	s->ret->complete = false;
	int n = snprintf(s->ret->damage, sizeof(s->ret->damage), "'%.200s', byte %llu: ", s->file,
			 (unsigned long long)s->offset);

	va_start(ap, fmt);
	vsnprintf(s->ret->damage + n, sizeof(s->ret->damage) - (size_t)n, fmt, ap);
	va_end(ap);
}

static int bad_record(struct perf_records *s, const char *why)
{
	s->ret->damaged++;
	perf_records_damage(s, "%s", why);
	return 0;
}

/* ---- before the records ---- */

static bool makes_rows(const struct perf_attr *a)
{
	uint64_t need = PERF_HAS_TIME | PERF_HAS_CPU | PERF_HAS_RAW;

	return a->type == PERF_ATTR_TYPE_TRACEPOINT && (a->sample_type & need) == need;
}

static bool has_event(const struct perf_records *s, enum sched_event_kind kind)
{
	for (uint32_t i = 0; i < s->attrs.n; i++) {
		const struct perf_attr *a = &s->attrs.attr[i];
		const struct perf_format *f = perf_formats_find(&s->formats, a->config);

		if (makes_rows(a) && f && trace_event_sched(&f->event) == kind)
			return true;
	}
	return false;
}

/* Told by something else already? */
static bool is_repeated(const struct perf_records *s, enum sched_event_kind kind, bool have_wakeup)
{
	switch (kind) {
	case SCHED_EVENT_WAKING:
		return have_wakeup;
	case SCHED_EVENT_FORK:
	case SCHED_EVENT_EXIT:
		return s->task_records;
	case SCHED_EVENT_EXEC:
	case SCHED_EVENT_RENAME:
		return s->comm_records;
	default:
		return false;
	}
}

/* A tracepoint of which nobody says what it is, or that should make rows of its own but cannot. */
static bool is_aside(const struct perf_attr *a, const struct perf_format *f)
{
	const char *colon = a->name ? strchr(a->name, ':') : NULL;
	char subsystem[64];

	if (a->type != PERF_ATTR_TYPE_TRACEPOINT)
		return false;
	if (f)
		return f->why;
	if (!colon || colon - a->name >= (ptrdiff_t)sizeof(subsystem))
		return true;
	snprintf(subsystem, sizeof(subsystem), "%.*s", (int)(colon - a->name), a->name);
	return trace_event_reader(subsystem, colon + 1) != TRACE_READER_NONE;
}

void perf_records_unordered(struct perf_records *s)
{
	ordered_rows_set_window(&s->rows.rows, WIDE_WINDOW);
}

int perf_records_prepare(struct perf_records *s, struct err *e)
{
	s->prepared = true;
	s->profile.big = s->big;
	s->sampled = false;
	s->comm_records = s->task_records = false;
	for (uint32_t i = 0; i < s->attrs.n; i++) {
		uint64_t flags = s->attrs.attr[i].flags;

		s->comm_records |= (flags & PERF_FLAG_COMM) != 0;
		s->task_records |= (flags & PERF_FLAG_TASK) != 0;
	}
	if (s->attrs.n > 1 && !s->attrs.uniform)
		return err_set(
			e, -EBADMSG,
			"'%s': its events have their ids at different places, so that records "
			"cannot be told apart",
			s->file);
	bool have_wakeup = has_event(s, SCHED_EVENT_WAKEUP), others = false;

	s->switch_events = has_event(s, SCHED_EVENT_SWITCH);
	for (uint32_t i = 0; i < s->attrs.n; i++) {
		struct perf_attr *a = &s->attrs.attr[i];
		struct perf_format *f = a->type == PERF_ATTR_TYPE_TRACEPOINT
						? perf_formats_find(&s->formats, a->config)
						: NULL;
		bool wanted = f && f->event.reader != TRACE_READER_NONE;

		/* A ring read backwards gives the newest record first. */
		if (a->flags & PERF_FLAG_WRITE_BACKWARD)
			perf_records_unordered(s);
		a->event = NULL;
		a->sampled = !wanted && !is_aside(a, f) && perf_profile_wants(a);
		s->sampled |= a->sampled;
		others |= wanted;
		a->no_place = wanted && !makes_rows(a);
		if (makes_rows(a) && wanted &&
		    !is_repeated(s, trace_event_sched(&f->event), have_wakeup))
			a->event = &f->event;
	}
	s->loss_track = s->sampled && !others ? track_sample.id : 0;
	s->cpus = s->features.n_cpus ? s->features.n_cpus : CPUSET_MAX;
	return 0;
}

/* ---- samples ---- */

/* Bytes of the READ part, SIZE_MAX when it is cut. */
static size_t read_bytes(const struct perf_attr *a, const uint8_t *p, size_t n, bool big)
{
	uint64_t f = a->read_format, times = 0, each = 8;

	times = (f & PERF_READ_ENABLED ? 8 : 0) + (f & PERF_READ_RUNNING ? 8 : 0);
	each += (f & PERF_READ_ID ? 8 : 0) + (f & PERF_READ_LOST ? 8 : 0);
	if (!(f & PERF_READ_GROUP))
		return times + each;
	if (n < 8)
		return SIZE_MAX;
	uint64_t members = perf_u64(p, big);

	return members > n / 8 ? SIZE_MAX : 8 + times + members * each;
}

/* Move *@p over the fields of variable length before RAW; false when the sample is cut. */
static bool skip_to_raw(const struct perf_attr *a, const uint8_t **p, size_t *n, bool big)
{
	if (a->sample_type & PERF_HAS_READ) {
		size_t bytes = read_bytes(a, *p, *n, big);

		if (bytes > *n)
			return false;
		*p += bytes;
		*n -= bytes;
	}
	if (a->sample_type & PERF_HAS_CALLCHAIN) {
		if (*n < 8)
			return false;
		uint64_t entries = perf_u64(*p, big);

		if (entries > (*n - 8) / 8)
			return false;
		*p += 8 + entries * 8;
		*n -= 8 + entries * 8;
	}
	return true;
}

/*
 * The rest of a sample whose raw record is not one of the scheduler's, which come by the million.
 * @fields: what stands in the sample before it.
 */
static __attribute__((noinline)) int take_kvm(struct perf_records *s, struct perf_attr *a,
					      uint32_t cpu, nsec_t time, const uint8_t *fields,
					      const uint8_t *raw, size_t len, struct err *e)
{
	uint32_t current = a->sample.tid == PERF_AT_NONE
				   ? KVM_EVENT_TID_UNKNOWN
				   : perf_u32(fields + a->sample.tid + 4, s->big);
	int r = kvm_event_rows(&a->event->kvm, &s->kvm, cpu, time, current, raw, len, s->big, e);

	if (r != -ENOSPC)
		return r;
	a->not_imported++;
	return 0;
}

/* @p: the body. */
static int take_profile(struct perf_records *s, const struct perf_attr *a, const uint8_t *p,
			size_t n, struct err *e)
{
	if (n < a->sample.bytes)
		return bad_record(s, "a sample that is too short");
	nsec_t time = perf_u64(p + a->sample.time, s->big);

	if (a->sample.cpu != PERF_AT_NONE) {
		uint32_t cpu = perf_u32(p + a->sample.cpu, s->big);

		if (cpu >= s->cpus)
			return bad_record(s, "a sample of a CPU that does not exist");
		s->cpu[cpu].last = time;
	}
	sched_rows_note(&s->rows, time);
	return perf_profile_take(&s->profile, time, (uint32_t)(a - s->attrs.attr),
				 p - PERF_REC_HEADER_BYTES, n + PERF_REC_HEADER_BYTES, e);
}

static int take_sample(struct perf_records *s, const uint8_t *p, size_t n, struct err *e)
{
	bool big = s->big;
	struct perf_attr *a;

	p += PERF_REC_HEADER_BYTES;
	n -= PERF_REC_HEADER_BYTES;
	a = s->attrs.n ? perf_attrs_find(&s->attrs, p, n, s->attrs.attr->sample.id, big) : NULL;
	if (!a)
		return bad_record(s, "a sample of an unknown event");
	a->samples++;
	if (a->sampled)
		return take_profile(s, a, p, n, e);
	if (!a->event) {
		a->not_imported++;
		s->no_place += a->no_place;
		return 0;
	}
	if (n < a->sample.bytes)
		return bad_record(s, "a sample that is too short");
	uint32_t cpu = perf_u32(p + a->sample.cpu, big);
	nsec_t time = perf_u64(p + a->sample.time, big);
	const uint8_t *fields = p;
	int r;

	p += a->sample.bytes;
	n -= a->sample.bytes;
	if (cpu >= s->cpus)
		return bad_record(s, "a sample of a CPU that does not exist");
	if (a->sample_type & (PERF_HAS_READ | PERF_HAS_CALLCHAIN) && !skip_to_raw(a, &p, &n, big))
		return bad_record(s, "a sample that is too short");
	if (n < 4 || perf_u32(p, big) > n - 4)
		return bad_record(s, "a sample whose raw data are cut");
	if (a->event->reader == TRACE_READER_SCHED)
		r = sched_event_rows(&a->event->sched, &s->rows, cpu, time, p + 4, perf_u32(p, big),
				     big, e);
	else
		r = take_kvm(s, a, cpu, time, fields, p + 4, perf_u32(p, big), e);
	if (r == -EBADMSG) {
		a->not_imported++;
		return bad_record(s, "a sample whose raw data do not fit its format");
	}
	s->cpu[cpu].last = time;
	return r;
}

/* ---- other records: who, when, where stands at their end ---- */

struct trailer {
	const struct perf_attr *attr;
	size_t body; /* bytes before it, record header included */
	uint32_t tid;
	nsec_t time; /* 0 = unknown, or a record that perf made up for what was before */
	uint32_t cpu; /* BATCH_CPU_NONE = unknown */
};

static bool read_trailer(const struct perf_records *s, const uint8_t *p, size_t n,
			 struct trailer *ret)
{
	const struct perf_places *t;

	*ret = (struct trailer){ .body = n, .tid = TID_UNKNOWN, .cpu = BATCH_CPU_NONE };
	if (!s->attrs.n)
		return false;
	t = &s->attrs.attr->trailer;
	ret->attr = s->attrs.attr;
	if (s->attrs.n > 1 && t->id != PERF_AT_NONE) {
		size_t from_end = t->bytes - t->id;

		if (n < PERF_REC_HEADER_BYTES + from_end)
			return false;
		ret->attr = perf_attrs_find(&s->attrs, p + n - from_end, from_end, 0, s->big);
		if (!ret->attr)
			return false;
		t = &ret->attr->trailer;
	}
	if (n < PERF_REC_HEADER_BYTES + t->bytes)
		return false;
	ret->body = n - t->bytes;
	p += ret->body;
	if (t->tid != PERF_AT_NONE)
		ret->tid = perf_u32(p + t->tid + 4, s->big);
	if (t->time != PERF_AT_NONE)
		ret->time = perf_u64(p + t->time, s->big);
	if (t->cpu != PERF_AT_NONE)
		ret->cpu = perf_u32(p + t->cpu, s->big);
	return ret->cpu < s->cpus || ret->cpu == BATCH_CPU_NONE;
}

static struct perf_cpu_state *cpu_state(struct perf_records *s, uint32_t cpu)
{
	return cpu < s->cpus ? &s->cpu[cpu] : &s->no_cpu;
}

/* u32 pid, tid; text. */
static int take_comm(struct perf_records *s, const uint8_t *p, const struct trailer *t,
		     struct err *e)
{
	if (t->body < PERF_REC_HEADER_BYTES + 8)
		return bad_record(s, "a COMM record that is too short");
	struct sched_life life = {
		.kind = !t->time				   ? TASK_ALIVE
			: perf_u16(p + 4, s->big) & MISC_COMM_EXEC ? TASK_EXEC
								   : TASK_RENAME,
		.tgid = perf_u32(p + 8, s->big),
		.tid = perf_u32(p + 12, s->big),
		.comm = (const char *)p + 16,
		.len = t->body - 16,
	};

	return sched_rows_life(&s->rows, t->cpu, t->time, &life, e);
}

/* u32 pid, parent's pid, tid, parent's tid; u64 time. */
static int take_fork_exit(struct perf_records *s, const uint8_t *p, bool is_fork,
			  const struct trailer *t, struct err *e)
{
	if (t->body < PERF_REC_HEADER_BYTES + 24)
		return bad_record(s, "a FORK or EXIT record that is too short");
	nsec_t time = t->time ? t->time : perf_u64(p + 24, s->big);
	struct sched_life life = {
		.kind = is_fork ? TASK_FORK : TASK_EXIT,
		.tgid = perf_u32(p + 8, s->big),
		.tid = perf_u32(p + 16, s->big),
		.parent = is_fork ? perf_u32(p + 20, s->big) : 0,
		.comm = "",
	};

	if (!time)
		return is_fork ? sched_rows_parent(&s->rows, life.tid, perf_u32(p + 12, s->big))
			       : 0;
	return sched_rows_life(&s->rows, t->cpu, time, &life, e);
}

/* The CPU_WIDE kind has u32 pid, tid of the other task; the plain kind nothing. */
static int take_switch(struct perf_records *s, const uint8_t *p, bool wide, const struct trailer *t,
		       struct err *e)
{
	unsigned int misc = perf_u16(p + 4, s->big);

	if (s->switch_events) {
		s->ret->other++;
		return 0;
	}
	if (!t->time || t->cpu == BATCH_CPU_NONE) {
		s->no_place++;
		s->ret->other++;
		return 0;
	}
	if (t->body < PERF_REC_HEADER_BYTES + (wide ? 8 : 0))
		return bad_record(s, "a SWITCH record that is too short");
	struct perf_cpu_state *c = &s->cpu[t->cpu];
	struct sched_half half = {
		.out = misc & MISC_SWITCH_OUT,
		.preempted = misc & MISC_SWITCH_PREEMPT,
		.wide = wide,
		.self = t->tid,
		.other = wide ? perf_u32(p + 12, s->big) : 0,
	};

	c->last = t->time;
	return sched_rows_half(&s->rows, &c->halves, t->cpu, t->time, &half, e);
}

/* u64 id, count. Written before the first event that found room again. */
static int take_lost(struct perf_records *s, const uint8_t *p, const struct trailer *t,
		     struct err *e)
{
	if (t->body < PERF_REC_HEADER_BYTES + 16)
		return bad_record(s, "a LOST record that is too short");
	struct perf_cpu_state *c = cpu_state(s, t->cpu);
	uint64_t count = perf_u64(p + 16, s->big);
	nsec_t to = t->time ? t->time : s->rows.last;
	nsec_t from = c->last ? min_of(c->last, to) : to;

	s->lost += count;
	return sched_rows_loss(&s->rows, t->cpu, from, to, s->loss_track, count, LOSS_IN_INPUT, e);
}

/* u64 time, id, stream id */
static int take_throttle(struct perf_records *s, bool begin, const struct trailer *t, struct err *e)
{
	struct perf_cpu_state *c = cpu_state(s, t->cpu);
	nsec_t from = c->throttled;

	if ((!t->attr->event && !t->attr->sampled) || !t->time)
		return 0;
	c->throttled = begin ? t->time : 0;
	if (begin || !from)
		return 0;
	s->throttles++;
	return sched_rows_loss(&s->rows, t->cpu, min_of(from, t->time), t->time, s->loss_track, 0,
			       LOSS_IN_INPUT, e);
}

static bool changes_spaces(uint32_t type)
{
	return type == PERF_REC_MMAP || type == PERF_REC_MMAP2 || type == PERF_REC_COMM ||
	       type == PERF_REC_FORK;
}

int perf_records_take(struct perf_records *s, const uint8_t *p, size_t n, struct err *e)
{
	uint32_t type = perf_u32(p, s->big);
	struct trailer t;

	if (type == PERF_REC_SAMPLE)
		return take_sample(s, p, n, e);
	switch (type) {
	case PERF_REC_MMAP:
	case PERF_REC_MMAP2:
		if (!s->sampled)
			return 0;
		break;
	case PERF_REC_LOST:
	case PERF_REC_COMM:
	case PERF_REC_EXIT:
	case PERF_REC_THROTTLE:
	case PERF_REC_UNTHROTTLE:
	case PERF_REC_FORK:
	case PERF_REC_LOST_SAMPLES:
	case PERF_REC_SWITCH:
	case PERF_REC_SWITCH_CPU_WIDE:
		break;
	default:
		return 0; /* symbols, cgroups ...: nothing that there is a track for */
	}
	if (!read_trailer(s, p, n, &t))
		return bad_record(s, "a record that is too short, or of an unknown event or CPU");
	if (s->sampled && changes_spaces(type)) {
		int r = perf_profile_take(&s->profile, t.time, (uint32_t)t.body, p, n, e);

		if (r < 0)
			return r;
	}
	switch (type) {
	case PERF_REC_MMAP:
	case PERF_REC_MMAP2:
		return 0;
	case PERF_REC_LOST:
		return take_lost(s, p, &t, e);
	case PERF_REC_COMM:
		return take_comm(s, p, &t, e);
	case PERF_REC_FORK:
	case PERF_REC_EXIT:
		return take_fork_exit(s, p, type == PERF_REC_FORK, &t, e);
	case PERF_REC_THROTTLE:
	case PERF_REC_UNTHROTTLE:
		return take_throttle(s, type == PERF_REC_THROTTLE, &t, e);
	case PERF_REC_LOST_SAMPLES:
		if (t.body < PERF_REC_HEADER_BYTES + 8)
			return bad_record(s, "a LOST_SAMPLES record that is too short");
		if (!(perf_u16(p + 4, s->big) & MISC_LOST_BY_BPF))
			s->lost_samples += perf_u64(p + 8, s->big);
		return 0;
	default:
		return take_switch(s, p, type == PERF_REC_SWITCH_CPU_WIDE, &t, e);
	}
}

/* ---- the end ---- */

/*
 * LOST_SAMPLES counts what LOST counts, and what was lost after the last LOST could be written; it
 * does not say where.
 */
static int settle_losses(struct perf_records *s, struct err *e)
{
	s->ret->lost = max_of(s->lost, s->lost_samples);
	if (s->lost_samples <= s->lost)
		return 0;
	return sched_rows_loss(&s->rows, BATCH_CPU_NONE, s->rows.last, s->rows.last, s->loss_track,
			       s->lost_samples - s->lost, LOSS_IN_INPUT, e);
}

static int note_event(struct perf_records *s, const struct perf_attr *a)
{
	const struct perf_format *f = a->type == PERF_ATTR_TYPE_TRACEPOINT
					      ? perf_formats_find(&s->formats, a->config)
					      : NULL;
	struct buf *notes = &s->ret->notes;
	const char *why = "";

	if (a->event && a->event->reader == TRACE_READER_KVM && kvm_event_unnamed(&a->event->kvm))
		why = "more kinds of kvm events than there are numbers";
	else if (a->event)
		why = "damaged";
	else if (a->no_place)
		why = "without CPU, time or raw data";
	else if (f && f->event.reader != TRACE_READER_NONE)
		why = "other records tell the same";
	else if (f && f->why)
		why = f->why;
	if (a->name || f)
		return buf_addf(notes, "not imported: %llu %s%s%s%s\n",
				(unsigned long long)a->not_imported, a->name ? a->name : f->name,
				*why ? " (" : "", why, *why ? ")" : "");
	return buf_addf(notes, "not imported: %llu of event type %u, config 0x%llx\n",
			(unsigned long long)a->not_imported, a->type,
			(unsigned long long)a->config);
}

int perf_records_round(struct perf_records *s, struct err *e)
{
	return perf_profile_round(&s->profile, e);
}

int perf_records_finish(struct perf_records *s, const struct import_args *args, struct err *e)
{
	int r = perf_profile_finish(&s->profile, args, &s->ret->notes, e);

	if (r >= 0)
		r = settle_losses(s, e);
	if (r < 0)
		return r;
	if (s->profile.bad) {
		s->ret->damaged += s->profile.bad;
		perf_records_damage(s, "a sample or mapping before makes no sense");
	}
	r = sched_rows_finish(&s->rows, e);
	if (r < 0)
		return r;
	s->ret->events = sched_rows_events(&s->rows);
	s->ret->late = s->rows.rows.late;
	for (uint32_t i = 0; i < s->attrs.n; i++) {
		const struct perf_attr *a = &s->attrs.attr[i];

		if (!a->not_imported)
			continue;
		s->ret->other += a->not_imported;
		r = note_event(s, a);
		if (r < 0)
			return r;
	}
	if (s->throttles)
		r = buf_addf(&s->ret->notes,
			     "the kernel throttled the events %llu times: entered as losses\n",
			     (unsigned long long)s->throttles);
	return r < 0 ? r : 0;
}
