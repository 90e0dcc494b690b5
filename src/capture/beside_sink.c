/* SPDX-License-Identifier: MIT */
/* Rows of others among those of the capture. */
#include "capture/beside_sink.h"

#include "model/file_track.h"
#include "model/sched_track.h"

static int take_tasks(struct gather *g, const struct batch *b)
{
	int r = 0;

	for (uint32_t i = 0; i < b->rows && r >= 0; i++)
		r = gather_task(g, b->cpu,
				&(struct gather_task){
					.time = b->time[i],
					.kind = batch_u8(b, TASK_KIND)[i],
					.tid = batch_u32(b, TASK_TID)[i],
					.tgid = batch_u32(b, TASK_TGID)[i],
					.parent = batch_u32(b, TASK_PARENT)[i],
					.kernel = batch_u8(b, TASK_FLAGS)[i] & TASK_FLAG_KERNEL,
					.comm = batch_text(b, TASK_COMM, i),
				});
	return r;
}

static int take_losses(struct gather *g, const struct batch *b)
{
	uint64_t lost = g->lost;
	int r = 0;

	for (uint32_t i = 0; i < b->rows && r >= 0; i++)
		r = gather_loss_by(g, b->cpu, track_by_id(batch_u16(b, LOSS_TRACK)[i]), b->time[i],
				   batch_u64(b, LOSS_END)[i], batch_u64(b, LOSS_COUNT)[i],
				   (enum loss_cause)batch_u8(b, LOSS_CAUSE)[i]);
	/* Not of the capture's rings. */
	g->lost = lost;
	return r;
}

static int beside_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct beside_sink *s = container_of(sink, struct beside_sink, base);
	struct err *before = s->gather->error;
	int r;

	if (b->track != &track_task && b->track != &track_loss)
		return sink_write(s->gather->sink, b, e);
	s->gather->error = e;
	r = b->track == &track_task ? take_tasks(s->gather, b) : take_losses(s->gather, b);
	s->gather->error = before;
	return r;
}

void beside_sink_init(struct beside_sink *s, struct gather *g)
{
	*s = (struct beside_sink){ .base = { .write = beside_write }, .gather = g };
}
