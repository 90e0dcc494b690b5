/* SPDX-License-Identifier: MIT */
/*
 * Rows of the sched tracks. Names come from events ("SEEN") as well as from records about tasks;
 * whoever came last is remembered.
 */
#include "import/sched_rows.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/cpuset.h"
#include "model/file_track.h"

#define ALIVE_ROWS   32768
#define KTHREADD_TID 2

int sched_rows_init(struct sched_rows *s, struct sink *sink)
{
	memset(s, 0, sizeof(*s));
	ordered_rows_init(&s->rows, sink, ORDERED_WINDOW);
	s->start = NSEC_MAX;
	s->alive = batch_new(&track_task, ALIVE_ROWS);
	if (!s->alive)
		return -ENOMEM;
	s->alive->cpu = BATCH_CPU_NONE;
	return 0;
}

void sched_rows_done(struct sched_rows *s)
{
	ordered_rows_done(&s->rows);
	idmap_done(&s->tid);
	free(s->task);
	s->alive = batch_free(s->alive);
}

uint64_t sched_rows_events(const struct sched_rows *s)
{
	return ordered_rows_events(&s->rows);
}

/*
 * Tasks alive at the start get the time of the first event; 0 when there is no event before the
 * batch is full. They go through the same window as task records without a CPU.
 */
static int write_alive(struct sched_rows *s, struct err *e)
{
	nsec_t time = s->start == NSEC_MAX ? 0 : s->start;
	struct batch *from = s->alive, *to;

	for (uint32_t i = 0; i < from->rows; i++) {
		int row = ordered_rows_add_or_later(&s->rows, ORDERED_TASK, BATCH_CPU_NONE, time,
						    &to, e);

		if (row < 0)
			return row;
		int64_t at = batch_add_text(to, batch_text(from, TASK_COMM, i));

		if (at < 0)
			return (int)at;
		batch_u8(to, TASK_KIND)[row] = TASK_ALIVE;
		batch_u32(to, TASK_TID)[row] = batch_u32(from, TASK_TID)[i];
		batch_u32(to, TASK_TGID)[row] = batch_u32(from, TASK_TGID)[i];
		batch_u32(to, TASK_PARENT)[row] = batch_u32(from, TASK_PARENT)[i];
		batch_u8(to, TASK_FLAGS)[row] = batch_u8(from, TASK_FLAGS)[i];
		((uint32_t *)to->col[TASK_COMM])[row] = (uint32_t)at;
	}
	batch_clear(from);
	return 0;
}

int sched_rows_finish(struct sched_rows *s, struct err *e)
{
	int r = write_alive(s, e);

	if (r < 0)
		return r;
	return ordered_rows_finish(&s->rows, e);
}

static inline int row_result(int row)
{
	return row == -ESTALE ? 0 : row;
}

int sched_rows_switch(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t prev, uint32_t next,
		      unsigned int state, unsigned int prio, struct err *e)
{
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_SWITCH, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	batch_u32(b, SWITCH_NEXT)[row] = next;
	batch_u32(b, SWITCH_PREV)[row] = prev;
	batch_u16(b, SWITCH_STATE)[row] = (uint16_t)state;
	batch_u8(b, SWITCH_PRIO)[row] = (uint8_t)prio;
	return 0;
}

int sched_rows_half(struct sched_rows *s, struct sched_halves *c, uint32_t cpu, nsec_t time,
		    const struct sched_half *half, struct err *e)
{
	uint32_t self = half->self, other = half->wide ? half->other : 0;

	if (half->out) {
		if (self == UINT32_MAX && c->known)
			self = c->current;
		*c = (struct sched_halves){ .current = other, .out_seen = true, .known = true };
		/* All that is known of a task that was not preempted is that it sleeps. */
		return sched_rows_switch(
			s, cpu, time, self, other,
			half->preempted ? SWITCH_STATE_PREEMPTED : SWITCH_STATE_SLEEP, 0, e);
	}
	bool told = half->wide && c->out_seen && c->current == self;

	*c = (struct sched_halves){ .current = self, .known = true };
	if (told)
		return 0;
	return sched_rows_switch(s, cpu, time, other, self,
				 other ? SWITCH_STATE_SLEEP : SWITCH_STATE_RUNNING, 0, e);
}

int sched_rows_wakeup(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t waker,
		      uint32_t target, bool is_new, struct err *e)
{
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_WAKEUP, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	batch_u32(b, WAKEUP_TID)[row] = tid;
	batch_u32(b, WAKEUP_WAKER)[row] = waker;
	batch_u16(b, WAKEUP_TARGET)[row] = (uint16_t)target;
	batch_u8(b, WAKEUP_FLAGS)[row] = is_new ? WAKEUP_FLAG_NEW : 0;
	return 0;
}

int sched_rows_migrate(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid, uint32_t from,
		       uint32_t to, struct err *e)
{
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_MIGRATE, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	batch_u32(b, MIGRATE_TID)[row] = tid;
	batch_u16(b, MIGRATE_FROM)[row] = (uint16_t)from;
	batch_u16(b, MIGRATE_TO)[row] = (uint16_t)to;
	return 0;
}

int sched_rows_stat(struct sched_rows *s, uint32_t cpu, nsec_t time, enum stat_kind kind,
		    uint32_t tid, uint64_t nsec, struct err *e)
{
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_STAT, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	batch_u8(b, STAT_KIND)[row] = (uint8_t)kind;
	batch_u32(b, STAT_TID)[row] = tid;
	batch_u64(b, STAT_NSEC)[row] = nsec;
	return 0;
}

int sched_rows_loss(struct sched_rows *s, uint32_t cpu, nsec_t from, nsec_t to, uint16_t track,
		    uint64_t count, unsigned int cause, struct err *e)
{
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_LOSS, cpu, from, &b, e);

	if (row < 0)
		return row_result(row);
	batch_u64(b, LOSS_END)[row] = max_of(from, to);
	batch_u16(b, LOSS_TRACK)[row] = track;
	batch_u64(b, LOSS_COUNT)[row] = count;
	batch_u8(b, LOSS_CAUSE)[row] = (uint8_t)cause;
	return 0;
}

/* The entry of @tid, made when there is none. @tid <= SCHED_TID_MAX. */
static struct sched_task *find_task(struct sched_rows *s, uint32_t tid)
{
	uint32_t i = idmap_get(&s->tid, tid);

	if (i != IDMAP_NONE)
		return &s->task[i];
	if (s->n_tasks == s->cap_tasks) {
		uint32_t cap = s->cap_tasks ? s->cap_tasks * 2 : 1024;
		struct sched_task *task = reallocarray(s->task, cap, sizeof(*task));

		if (!task)
			return NULL;
		s->task = task;
		s->cap_tasks = cap;
	}
	if (idmap_set(&s->tid, tid, s->n_tasks) < 0)
		return NULL;
	memset(&s->task[s->n_tasks], 0, sizeof(s->task[0]));
	return &s->task[s->n_tasks++];
}

/* Set the remembered name; false when it was that already. */
static bool set_name(struct sched_task *t, const char *comm, size_t len)
{
	char name[SCHED_COMM_BYTES] = "";

	memcpy(name, comm, strnlen(comm, min_of(len, sizeof(name) - 1)));
	if (!memcmp(name, t->comm, sizeof(name)))
		return false;
	memcpy(t->comm, name, sizeof(name));
	memcpy(t->raw, name, sizeof(name));
	return true;
}

/* @text ends in a NUL. */
static int fill_task(struct batch *b, uint32_t row, const struct sched_life *life, uint32_t parent,
		     const char *text)
{
	int64_t at = batch_add_text(b, text);
	bool kernel = life->tid == KTHREADD_TID || parent == KTHREADD_TID;

	batch_u8(b, TASK_KIND)[row] = (uint8_t)life->kind;
	batch_u32(b, TASK_TID)[row] = life->tid;
	batch_u32(b, TASK_TGID)[row] = life->tgid;
	batch_u32(b, TASK_PARENT)[row] = parent;
	batch_u8(b, TASK_FLAGS)[row] = kernel ? TASK_FLAG_KERNEL : 0;
	((uint32_t *)b->col[TASK_COMM])[row] = at < 0 ? 0 : (uint32_t)at;
	return at < 0 ? (int)at : 0;
}

static int add_alive(struct sched_rows *s, const struct sched_life *life, uint32_t parent,
		     const char *text, struct err *e)
{
	if (batch_full(s->alive)) {
		int r = write_alive(s, e);

		if (r < 0)
			return r;
	}
	return fill_task(s->alive, s->alive->rows++, life, parent, text);
}

int sched_rows_life(struct sched_rows *s, uint32_t cpu, nsec_t time, const struct sched_life *life,
		    struct err *e)
{
	char text[64] = ""; /* workers have longer names in /proc than in events */
	size_t len = strnlen(life->comm, min_of(life->len, sizeof(text) - 1));

	if (!life->tid || life->tid > SCHED_TID_MAX)
		return 0;
	struct sched_task *t = find_task(s, life->tid);

	if (!t)
		return -ENOMEM;
	memcpy(text, life->comm, len);
	if (life->kind == TASK_FORK && !len) {
		uint32_t i = idmap_get(&s->tid, life->parent);

		if (i != IDMAP_NONE)
			memcpy(text, s->task[i].comm, SCHED_COMM_BYTES);
	}
	if (!text[0] && life->kind != TASK_FORK)
		memcpy(text, t->comm, SCHED_COMM_BYTES);
	set_name(t, text, sizeof(text));
	if (life->tgid)
		t->tgid = life->tgid;
	if (life->parent || life->kind == TASK_FORK)
		t->parent = life->parent;
	if (life->kind == TASK_ALIVE)
		return add_alive(s, life, t->parent, text, e);

	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_TASK, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	return fill_task(b, (uint32_t)row, life, life->parent, text);
}

int sched_rows_parent(struct sched_rows *s, uint32_t tid, uint32_t parent)
{
	if (!tid || tid > SCHED_TID_MAX)
		return 0;
	struct sched_task *t = find_task(s, tid);

	if (!t)
		return -ENOMEM;
	t->parent = parent;
	return 0;
}

int sched_rows_name_slow(struct sched_rows *s, uint32_t cpu, nsec_t time, uint32_t tid,
			 const void *raw, struct err *e)
{
	if (tid > SCHED_TID_MAX)
		return 0;
	struct sched_task *t = find_task(s, tid);

	if (!t)
		return -ENOMEM;
	bool changed = set_name(t, raw, SCHED_COMM_BYTES);

	memcpy(t->raw, raw, SCHED_COMM_BYTES);
	if (!changed)
		return 0;
	struct sched_life life = { .kind = TASK_SEEN, .tid = tid };
	struct batch *b;
	int row = ordered_rows_add(&s->rows, ORDERED_TASK, cpu, time, &b, e);

	if (row < 0)
		return row_result(row);
	sched_rows_note(s, time);
	return fill_task(b, (uint32_t)row, &life, 0, t->comm);
}

bool sched_rows_named(const struct sched_rows *s, uint32_t tid)
{
	uint32_t i = idmap_get(&s->tid, tid);

	return i != IDMAP_NONE && s->task[i].comm[0];
}

int sched_state_letter(char letter)
{
	switch (letter) {
	case 'R': /* running */
	case 'K': /* wake-kill, goes with D */
	case 'W': /* waking, paging */
	case 'N': /* no load, goes with D */
	case 'n':
		return 0;
	case 'S':
		return 0x1;
	case 'D':
		return 0x2;
	case 'T':
		return 0x4;
	case 't':
		return 0x8;
	case 'X':
	case 'x':
		return 0x10;
	case 'Z':
		return 0x20;
	case 'P':
		return 0x40;
	case 'I':
		return 0x80;
	default:
		return -EINVAL;
	}
}

int sched_state_parse(const char *s, size_t len, unsigned int *ret)
{
	unsigned int state = 0;

	if (!len)
		return -EINVAL;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '|')
			continue;
		if (s[i] == '+') {
			state |= SWITCH_STATE_PREEMPTED;
			continue;
		}
		int bit = sched_state_letter(s[i]);

		if (bit < 0)
			return bit;
		state |= (unsigned int)bit;
	}
	*ret = state;
	return 0;
}
