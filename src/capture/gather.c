/* SPDX-License-Identifier: MIT */
/*
 * Batches between engines and sink. Rows come nearly always in order; an event that interrupts
 * another one on the same CPU may overtake it by some microseconds, and is then put in its place.
 */
#include "capture/gather.h"

#include <unistd.h>

int gather_init(struct gather *g, unsigned int n_cpus)
{
	*g = (struct gather){ .n_cpus = n_cpus, .self = (uint32_t)getpid() };
	buf_init(&g->notes, 0);
	g->cpu = calloc((size_t)n_cpus + 1, sizeof(g->cpu[0]));
	if (!g->cpu)
		return -ENOMEM;
	for (unsigned int i = 0; i <= n_cpus; i++)
		g->cpu[i].from = NSEC_MAX;
	return 0;
}

void gather_done(struct gather *g)
{
	for (unsigned int i = 0; g->cpu && i <= g->n_cpus; i++)
		for (unsigned int k = 0; k < GATHER_STREAMS; k++)
			batch_free(g->cpu[i].stream[k].batch);
	free(g->cpu);
	g->cpu = NULL;
	buf_done(&g->notes);
}

void gather_note(struct gather *g, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)buf_vaddf(&g->notes, fmt, ap);
	va_end(ap);
	(void)buf_add_byte(&g->notes, '\n');
}

static struct gather_cpu *gather_cpu(struct gather *g, uint32_t cpu)
{
	return &g->cpu[cpu < g->n_cpus ? cpu : g->n_cpus];
}

static int flush_stream(struct gather *g, struct gather_stream *s)
{
	if (!s->batch || !s->batch->rows)
		return 0;
	if (!g->sink)
		return -EINVAL;
	int r = sink_write(g->sink, s->batch, g->error);

	if (r < 0)
		return r;
	if (s->batch->track->id >= track_switch.id)
		g->events += s->batch->rows;
	s->written = s->last;
	batch_clear(s->batch);
	return 0;
}

int gather_flush(struct gather *g, struct err *e)
{
	int r = 0;

	g->error = e;
	for (unsigned int i = 0; i <= g->n_cpus; i++)
		for (unsigned int k = 0; k < GATHER_STREAMS && r >= 0; k++)
			r = flush_stream(g, &g->cpu[i].stream[k]);
	return r;
}

int gather_make_room(struct gather *g, struct gather_stream *s, const struct track *track,
		     uint32_t cpu)
{
	if (s->batch)
		return flush_stream(g, s);
	s->batch = batch_new(track, GATHER_ROWS);
	if (!s->batch)
		return -ENOMEM;
	s->batch->cpu = cpu;
	return 0;
}

static void swap_bytes(uint8_t *a, uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

void gather_reorder(struct gather_stream *s)
{
	struct batch *b = s->batch;
	uint32_t row = b->rows - 1;

	/* Its place was written already. */
	if (b->time[row] < s->written)
		b->time[row] = s->written;
	for (; row > 0 && b->time[row] < b->time[row - 1]; row--) {
		for (unsigned int i = 0; i < b->track->n_columns; i++) {
			size_t n = column_type_bytes(b->track->column[i].type);
			uint8_t *p = (uint8_t *)b->col[i] + row * n;

			if (!b->col[i]) /* optional, and no engine knows it */
				continue;
			swap_bytes(p, p - n, n);
		}
	}
}

/* Begin a row of an event: 1 and the row, 0 when its time is not covered. */
static int begin(struct gather *g, uint32_t cpu, enum gather_streams stream,
		 const struct track *track, nsec_t time, uint32_t *ret_row)
{
	struct gather_cpu *c = &g->cpu[cpu];

	if (!gather_covered(c, time))
		return 0;
	int r = gather_row(g, &c->stream[stream], track, cpu, time, ret_row);

	return r < 0 ? r : 1;
}

int gather_wakeup(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t waker,
		  uint16_t target, uint8_t flags)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_WAKEUPS];
	uint32_t row;
	int r = begin(g, cpu, GATHER_WAKEUPS, &track_wakeup, time, &row);

	if (r <= 0)
		return r;
	batch_u32(s->batch, WAKEUP_TID)[row] = tid;
	batch_u32(s->batch, WAKEUP_WAKER)[row] = waker;
	batch_u16(s->batch, WAKEUP_TARGET)[row] = target;
	batch_u8(s->batch, WAKEUP_FLAGS)[row] = flags;
	gather_row_end(s, time);
	return 0;
}

int gather_migrate(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint16_t from,
		   uint16_t to)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_MIGRATIONS];
	uint32_t row;
	int r = begin(g, cpu, GATHER_MIGRATIONS, &track_migrate, time, &row);

	if (r <= 0)
		return r;
	batch_u32(s->batch, MIGRATE_TID)[row] = tid;
	batch_u16(s->batch, MIGRATE_FROM)[row] = from;
	batch_u16(s->batch, MIGRATE_TO)[row] = to;
	gather_row_end(s, time);
	return 0;
}

int gather_kvm_exit(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint8_t isa,
		    uint32_t reason)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_KVM_EXITS];
	uint32_t row;
	int r = begin(g, cpu, GATHER_KVM_EXITS, &track_kvm_exit, time, &row);

	if (r <= 0)
		return r;
	batch_u32(s->batch, KVM_EXIT_TID)[row] = tid;
	batch_u8(s->batch, KVM_EXIT_ISA)[row] = isa;
	batch_u32(s->batch, KVM_EXIT_REASON)[row] = reason;
	gather_row_end(s, time);
	return 0;
}

int gather_kvm_entry(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_KVM_ENTRIES];
	uint32_t row;
	int r = begin(g, cpu, GATHER_KVM_ENTRIES, &track_kvm_entry, time, &row);

	if (r <= 0)
		return r;
	batch_u32(s->batch, KVM_ENTRY_TID)[row] = tid;
	gather_row_end(s, time);
	return 0;
}

int gather_kvm(struct gather *g, uint32_t cpu, nsec_t time, uint32_t tid, uint8_t kind,
	       uint64_t what, uint32_t detail)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_KVM];
	uint32_t row;
	int r = begin(g, cpu, GATHER_KVM, &track_kvm, time, &row);

	if (r <= 0)
		return r;
	batch_u8(s->batch, KVM_KIND)[row] = kind;
	batch_u32(s->batch, KVM_TID)[row] = tid;
	batch_u64(s->batch, KVM_WHAT)[row] = what;
	batch_u32(s->batch, KVM_DETAIL)[row] = detail;
	gather_row_end(s, time);
	return 0;
}

int gather_sample(struct gather *g, uint32_t cpu, nsec_t time, const struct gather_sample *v)
{
	struct gather_stream *s = &g->cpu[cpu].stream[GATHER_SAMPLES];
	uint32_t row;
	int r = begin(g, cpu, GATHER_SAMPLES, &track_sample, time, &row);

	if (r <= 0)
		return r;
	batch_u16(s->batch, SAMPLE_EVENT)[row] = v->event;
	batch_u32(s->batch, SAMPLE_TID)[row] = v->tid;
	batch_u32(s->batch, SAMPLE_PID)[row] = v->pid;
	batch_u32(s->batch, SAMPLE_NODE)[row] = v->node;
	batch_u64(s->batch, SAMPLE_WEIGHT)[row] = v->weight;
	batch_u8(s->batch, SAMPLE_MODE)[row] = v->mode;
	gather_row_end(s, time);
	return 0;
}

int gather_counter(struct gather *g, uint32_t cpu, nsec_t time, const struct gather_counter *v)
{
	struct gather_stream *s = &gather_cpu(g, cpu)->stream[GATHER_COUNTERS];
	uint32_t row;
	int r = gather_row(g, s, &track_counter, cpu < g->n_cpus ? cpu : BATCH_CPU_NONE, time,
			   &row);

	if (r < 0)
		return r;
	batch_u16(s->batch, COUNTER_EVENT)[row] = v->event;
	batch_u8(s->batch, COUNTER_KIND)[row] = v->kind;
	batch_u32(s->batch, COUNTER_TID)[row] = v->tid;
	batch_u64(s->batch, COUNTER_VALUE)[row] = v->value;
	batch_u64(s->batch, COUNTER_ENABLED)[row] = v->enabled;
	batch_u64(s->batch, COUNTER_RUNNING)[row] = v->running;
	gather_row_end(s, time);
	return 0;
}

int gather_task(struct gather *g, uint32_t cpu, const struct gather_task *t)
{
	struct gather_stream *s = &gather_cpu(g, cpu)->stream[GATHER_TASKS];
	uint32_t row;
	int r = gather_row(g, s, &track_task, cpu < g->n_cpus ? cpu : BATCH_CPU_NONE, t->time,
			   &row);

	if (r < 0)
		return r;
	struct batch *b = s->batch;
	int64_t text = batch_add_text(b, t->comm);

	if (text < 0) {
		b->rows--;
		return (int)text;
	}
	batch_u8(b, TASK_KIND)[row] = (uint8_t)t->kind;
	batch_u32(b, TASK_TID)[row] = t->tid;
	batch_u32(b, TASK_TGID)[row] = t->tgid;
	batch_u32(b, TASK_PARENT)[row] = t->parent;
	batch_u8(b, TASK_FLAGS)[row] = (uint8_t)((t->tgid == g->self ? TASK_FLAG_SELF : 0) |
						 (t->kernel ? TASK_FLAG_KERNEL : 0));
	((uint32_t *)b->col[TASK_COMM])[row] = (uint32_t)text;
	gather_row_end(s, t->time);
	return 0;
}

int gather_loss(struct gather *g, uint32_t cpu, const struct track *track, nsec_t first,
		nsec_t last, uint64_t count)
{
	return gather_loss_by(g, cpu, track, first, last, count, LOSS_RING_FULL);
}

int gather_loss_by(struct gather *g, uint32_t cpu, const struct track *track, nsec_t first,
		   nsec_t last, uint64_t count, enum loss_cause cause)
{
	struct gather_stream *s = &gather_cpu(g, cpu)->stream[GATHER_LOSSES];
	uint32_t row;
	int r = gather_row(g, s, &track_loss, cpu < g->n_cpus ? cpu : BATCH_CPU_NONE, first, &row);

	if (r < 0)
		return r;
	struct batch *b = s->batch;

	batch_u64(b, LOSS_END)[row] = last;
	batch_u16(b, LOSS_TRACK)[row] = track ? track->id : 0;
	batch_u64(b, LOSS_COUNT)[row] = count;
	batch_u8(b, LOSS_CAUSE)[row] = (uint8_t)cause;
	gather_row_end(s, first);
	g->lost += count;
	return 0;
}
