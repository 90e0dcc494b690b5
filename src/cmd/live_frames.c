/* SPDX-License-Identifier: MIT */
/*
 * Two runs in memory overlap by one sample: each sample ends the older one, which becomes a frame,
 * and begins the newer one. So a live frame is read as one of a recording is.
 */
#include "cmd/live_frames.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "collect/collection.h"
#include "collect/collector.h"
#include "model/memory.h"
#include "model/sched_track.h"
#include "names/proc_tasks.h"

struct live_frames {
	struct sink tee; /* to both runs, and names to the table */
	struct collection *collection;
	struct memory *older, *newer;
	struct tasks *names;
	nsec_t last; /* time of the sample before */
};

static int tee_write(struct sink *sink, const struct batch *b, struct err *e)
{
	struct live_frames *l = container_of(sink, struct live_frames, tee);
	int r = b->track == &track_task ? tasks_add(l->names, b) : 0;

	if (r < 0)
		return err_set(e, r, "no memory for names");
	if (l->older)
		r = sink_write(memory_sink(l->older), b, e);
	return r < 0 ? r : sink_write(memory_sink(l->newer), b, e);
}

/* The sets of a frame that this build has. */
static void choose_set(char *ret, size_t size)
{
	static const char *const wanted[] = {
		"cpu", "memory", "load", "disk", "network", "process"
	};

	*ret = '\0';
	for (unsigned int i = 0; i < ARRAY_SIZE(wanted); i++)
		if (collector_by_name(wanted[i]))
			snprintf(ret + strlen(ret), size - strlen(ret), "%s%s", *ret ? "," : "",
				 wanted[i]);
}

static int take_alive(void *ctx, const struct proc_task *t)
{
	struct live_frames *l = ctx;
	auto_ptr(batch) b = batch_new(&track_task, 1);
	int64_t comm = b ? batch_add_text(b, t->comm) : -ENOMEM;

	if (comm < 0)
		return (int)comm;
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = nsec_monotonic();
	batch_u8(b, TASK_KIND)[0] = TASK_ALIVE;
	batch_u32(b, TASK_TID)[0] = t->tid;
	batch_u32(b, TASK_TGID)[0] = t->tgid;
	batch_u32(b, TASK_PARENT)[0] = t->parent;
	batch_u8(b, TASK_FLAGS)[0] = t->kernel ? TASK_FLAG_KERNEL : 0;
	((uint32_t *)b->col[TASK_COMM])[0] = (uint32_t)comm;
	return tasks_add(l->names, b);
}

static int sample(struct live_frames *l, struct err *e)
{
	int r;

	l->newer = memory_new();
	r = l->newer ? 0 : err_set(e, -ENOMEM, "no memory");
	if (r >= 0)
		r = collection_snapshot(l->collection, memory_sink(l->newer), e);
	if (r >= 0)
		r = collection_sample(l->collection, &l->tee, e);
	if (r >= 0 && tasks_settle(l->names) < 0)
		r = err_set(e, -ENOMEM, "no memory for names");
	return r;
}

int live_frames_open(int root_fd, nsec_t interval, struct live_frames **ret, struct err *e)
{
	auto_ptr(live_frames) l = calloc(1, sizeof(*l));
	char set[128];

	if (!l)
		return err_set(e, -ENOMEM, "no memory");
	l->tee.write = tee_write;
	l->names = tasks_new();
	if (!l->names)
		return err_set(e, -ENOMEM, "no memory");
	choose_set(set, sizeof(set));
	const struct collection_options o = { .set = set,
					      .interval = interval,
					      .root = { .fd = root_fd } };
	int r = collection_open(&o, &l->collection, e);

	if (r >= 0)
		r = proc_tasks_read(root_fd, take_alive, l, e);
	if (r >= 0)
		r = sample(l, e);
	if (r < 0)
		return r;
	struct frame_ticks ticks;

	r = frame_ticks_load(memory_source(l->newer), &ticks, e);
	if (r < 0)
		return r;
	l->last = ticks.time[ticks.n - 1];
	free(ticks.time);
	*ret = steal_ptr(l);
	return 0;
}

struct live_frames *live_frames_free(struct live_frames *l)
{
	if (l) {
		collection_free(l->collection);
		memory_free(l->older);
		memory_free(l->newer);
		tasks_free(l->names);
		free(l);
	}
	return NULL;
}

nsec_t live_frames_due(const struct live_frames *l)
{
	return collection_due(l->collection);
}

int live_frames_next(struct live_frames *l, struct machine_frame **ret, struct err *e)
{
	struct frame_ticks ticks;

	memory_free(l->older);
	l->older = steal_ptr(l->newer);
	int r = sample(l, e);

	if (r < 0)
		return r;
	struct source *src = memory_source(l->older);

	r = src ? frame_ticks_load(src, &ticks, e) : err_set(e, -ENOMEM, "no memory");
	if (r < 0)
		return r;
	nsec_t now = ticks.time[ticks.n - 1];

	free(ticks.time);
	r = machine_frame_read(src, l->names, l->last, now, ret, e);
	l->last = now;
	return r;
}

const char *live_frames_note(struct live_frames *l)
{
	return collection_note(l->collection);
}
