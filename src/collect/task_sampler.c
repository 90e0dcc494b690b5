/* SPDX-License-Identifier: MIT */
/* Rows of processes and threads. */
#include "collect/task_sampler.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "collect/task_files.h"
#include "collect/task_table.h"
#include "collect/task_walk.h"
#include "model/file_track.h"
#include "model/sched_track.h"

#define COMM_BYTES  16 /* TASK_COMM_LEN, include/linux/sched.h */
#define ROWS	    1024u
#define CPU_SHARE   10 /* of the time, one part for scans */
#define START_EASE  (20 * NSEC_PER_MSEC) /* /proc tells starts by 10 ms */
#define JUST_BEFORE (2 * NSEC_PER_SEC) /* the first scan, and others may not have named it */

/* A row of track task that waits for its place in time. */
struct name_row {
	nsec_t time;
	uint32_t order;
	uint8_t kind, flags;
	uint32_t tid, pid, parent;
	char name[TASK_NAME_BYTES];
};

struct task_sampler {
	struct task_source *source;
	const struct track *track;
	bool threads;
	struct task_table table;
	struct batch *rows, *names;
	struct name_row *waiting;
	uint32_t n_waiting, cap_waiting;
	nsec_t last_row, last_name; /* times do not fall */
	nsec_t not_before; /* next scan */
	nsec_t last_drain;
	uint32_t n_rows; /* of this tick */
	uint64_t n_beyond;
	uint32_t self;
	char note[256];
	/* Of the call in progress. */
	struct tick *tick;
	struct err *error;
};

/* ---- rows ---- */

static int flush(struct task_sampler *s, struct batch *b)
{
	int r = sink_write(s->tick->sink, b, s->error);

	batch_clear(b);
	return r;
}

static int put_row(struct task_sampler *s, const struct task_numbers *n, const uint64_t *value,
		   nsec_t time)
{
	struct batch *b = s->rows;
	uint32_t i = b->rows;

	s->last_row = max_of(s->last_row, time);
	b->time[i] = s->last_row;
	((uint32_t *)b->col[PROCESS_TID])[i] = n->tid;
	((uint32_t *)b->col[PROCESS_PID])[i] = n->pid;
	((uint32_t *)b->col[PROCESS_PARENT])[i] = n->parent;
	((uint32_t *)b->col[PROCESS_HAVE])[i] = n->have;
	((uint8_t *)b->col[PROCESS_FLAGS])[i] = n->ended ? PROCESS_FLAG_EXITED : 0;
	((uint8_t *)b->col[PROCESS_STATE])[i] = n->state;
	((uint32_t *)b->col[PROCESS_UID])[i] = n->uid;
	((uint32_t *)b->col[PROCESS_CPU])[i] = n->cpu;
	((uint8_t *)b->col[PROCESS_PRIO])[i] = n->prio;
	((uint32_t *)b->col[PROCESS_THREADS])[i] = n->threads;
	for (unsigned int k = 0; k < TASK_VALUES; k++)
		((uint64_t *)b->col[PROCESS_USER + k])[i] =
			n->have >> (PROCESS_USER + k) & 1 ? value[k] : 0;
	b->rows++;
	s->tick->rows++;
	return batch_full(b) ? flush(s, b) : 0;
}

/* The row of @n, whose counters do not fall below those of its last row. */
static int put_task(struct task_sampler *s, struct known_task *k, const struct task_numbers *n,
		    nsec_t time)
{
	for (unsigned int i = 0; i < TASK_VALUES; i++) {
		uint32_t bit = 1u << (PROCESS_USER + i);

		if (n->have & bit && (bit & TASK_GAUGES || n->value[i] > k->value[i]))
			k->value[i] = n->value[i];
	}
	k->ended = n->ended;
	return put_row(s, n, k->value, time);
}

/* ---- names ---- */

static int tell_name(struct task_sampler *s, const struct task_numbers *n, enum task_kind kind,
		     nsec_t time)
{
	if (!s->tick->name_tasks)
		return 0;
	if (s->n_waiting == s->cap_waiting) {
		uint32_t cap = s->cap_waiting ? 2 * s->cap_waiting : 64;
		struct name_row *grown = reallocarray(s->waiting, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->waiting = grown;
		s->cap_waiting = cap;
	}
	struct name_row *w = &s->waiting[s->n_waiting];

	*w = (struct name_row){
		.time = min_of(time, s->tick->time),
		.order = s->n_waiting++,
		.kind = (uint8_t)kind,
		.flags = (uint8_t)((n->kernel ? TASK_FLAG_KERNEL : 0) |
				   (n->pid == s->self ? TASK_FLAG_SELF : 0)),
		.tid = n->tid,
		.pid = n->pid,
		.parent = n->parent,
	};
	memcpy(w->name, n->name, sizeof(w->name));
	return 0;
}

static int compare_names(const void *a, const void *b)
{
	const struct name_row *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static int write_name(struct task_sampler *s, const struct name_row *w)
{
	struct batch *b = s->names;
	uint32_t i = b->rows;
	int64_t text = batch_add_text(b, w->name);

	if (text < 0)
		return (int)text;
	s->last_name = max_of(s->last_name, w->time);
	b->time[i] = s->last_name;
	batch_u8(b, TASK_KIND)[i] = w->kind;
	batch_u32(b, TASK_TID)[i] = w->tid;
	batch_u32(b, TASK_TGID)[i] = w->pid;
	batch_u32(b, TASK_PARENT)[i] = w->parent;
	batch_u8(b, TASK_FLAGS)[i] = w->flags;
	((uint32_t *)b->col[TASK_COMM])[i] = (uint32_t)text;
	b->rows++;
	return batch_full(b) ? flush(s, b) : 0;
}

static int write_names(struct task_sampler *s)
{
	int r = 0;

	if (s->n_waiting)
		qsort(s->waiting, s->n_waiting, sizeof(*s->waiting), compare_names);
	for (uint32_t i = 0; i < s->n_waiting && r >= 0; i++)
		r = write_name(s, &s->waiting[i]);
	s->n_waiting = 0;
	return r < 0 ? r : flush(s, s->names);
}

static uint32_t name_hash(const char *s)
{
	uint32_t h = 0x811c9dc5; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (uint8_t)*s) * 0x01000193;
	return h;
}

/* ---- tasks ---- */

static nsec_t start_of(const struct task_numbers *n, nsec_t end)
{
	return n->start || !n->age ? n->start : end - min_of(n->age, end);
}

static bool same_task(const struct known_task *k, const struct task_numbers *n)
{
	if (k->ended && n->start == 0)
		return false;
	if (!k->start || !n->start)
		return true;
	return k->start + START_EASE >= n->start && n->start + START_EASE >= k->start;
}

/* Taskstats (which know no start) cut names that /proc shows in full. */
static bool may_be_cut(const struct task_numbers *n)
{
	return !n->start && strlen(n->name) >= COMM_BYTES - 1;
}

/* The one that is known, or a new one; at the first scan they were all named by others. */
static int known(struct task_sampler *s, const struct task_numbers *n, nsec_t now,
		 struct known_task **ret)
{
	struct known_task *k = task_table_find(&s->table, n->tid);
	uint32_t name = name_hash(n->name);
	int r = 0;

	if (k && same_task(k, n)) {
		if (k->name != name && !may_be_cut(n))
			r = tell_name(s, n, TASK_RENAME, now);
		k->name = name;
		*ret = k;
		return r;
	}
	struct task_numbers before = { .tid = n->tid, .pid = n->pid };

	if (k && !k->ended)
		r = tell_name(s, &before, TASK_EXIT, start_of(n, now));
	k = task_table_add(&s->table, n->tid);
	if (!k)
		return -ENOMEM;
	k->pid = n->pid;
	k->start = n->start;
	k->name = name;
	*ret = k;
	if (r < 0)
		return r;
	/* Those of the first scan were alive when others named all that were. */
	nsec_t start = start_of(n, now);

	if (s->table.scan > 1 || n->ended)
		return tell_name(s, n, TASK_FORK, start);
	return start + JUST_BEFORE > now ? tell_name(s, n, TASK_SEEN, now) : 0;
}

static int take_alive(void *ctx, const struct task_numbers *n)
{
	struct task_sampler *s = ctx;
	struct known_task *k;

	if (s->n_rows >= TASK_ROWS_MAX) {
		s->n_beyond++;
		return 0;
	}
	int r = known(s, n, s->tick->time, &k);

	/* Told twice by one scan, or its end was told already. */
	if (r < 0 || k->seen == s->table.scan || k->ended) {
		if (r >= 0)
			k->seen = s->table.scan;
		return r;
	}
	k->seen = s->table.scan;
	s->n_rows++;
	r = put_task(s, k, n, s->tick->time);
	return r >= 0 && n->ended ? tell_name(s, n, TASK_EXIT, s->tick->time) : r;
}

static int take_end(void *ctx, const struct task_numbers *n)
{
	struct task_sampler *s = ctx;
	nsec_t end = min_of(n->end ? n->end : s->tick->time, s->tick->time);
	struct known_task *k;
	int r = known(s, n, end, &k);

	/* Threads that end at once may both be the last one. */
	if (r < 0 || k->ended)
		return r;
	r = put_task(s, k, n, end);
	return r < 0 ? r : tell_name(s, n, TASK_EXIT, end);
}

/* Its end was not seen. */
static void gone(void *ctx, const struct known_task *k)
{
	struct task_sampler *s = ctx;
	const struct task_numbers n = { .tid = k->tid, .pid = k->pid };

	(void)tell_name(s, &n, TASK_EXIT, s->tick->time);
}

/* ---- losses ---- */

static int put_loss(struct task_sampler *s, nsec_t from, uint64_t count, enum loss_cause cause)
{
	auto_ptr(batch) b = batch_new(&track_loss, 1);

	if (!b)
		return -ENOMEM;
	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = min_of(from, s->tick->time);
	batch_u64(b, LOSS_END)[0] = s->tick->time;
	batch_u16(b, LOSS_TRACK)[0] = s->track->id;
	batch_u64(b, LOSS_COUNT)[0] = count;
	batch_u8(b, LOSS_CAUSE)[0] = (uint8_t)cause;
	s->tick->lost += count;
	return sink_write(s->tick->sink, b, s->error);
}

/* ---- interface ---- */

static nsec_t thread_cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (nsec_t)t.tv_sec * NSEC_PER_SEC + (nsec_t)t.tv_nsec;
}

static int read_ends(struct task_sampler *s, struct err *e)
{
	const struct task_taker to = { .take = take_end, .ctx = s };
	int r = s->source->ends ? s->source->ends(s->source, &to, e) : 0;

	if (r >= 0 && s->source->lost.ends) {
		r = put_loss(s, s->last_drain ? s->last_drain : s->tick->time, s->source->lost.ends,
			     LOSS_RING_FULL);
		s->source->lost.ends = 0;
	}
	s->last_drain = s->tick->time;
	return r;
}

static int read_alive(struct task_sampler *s, struct err *e)
{
	const struct task_taker to = { .take = take_alive, .ctx = s };
	nsec_t began = thread_cpu();

	s->n_rows = 0;
	s->n_beyond = s->source->lost.tasks = 0;
	task_table_begin(&s->table);
	int r = s->source->scan(s->source, &to, e);

	/* A source that tells of ends may miss one that is there, for once. */
	if (r >= 0)
		r = task_table_end(&s->table, s->source->ends ? 2 : 1, gone, s);
	s->n_beyond += s->source->lost.tasks;
	if (r >= 0 && s->n_beyond)
		r = put_loss(s, s->tick->time, s->n_beyond, LOSS_LIMIT);
	s->not_before = s->tick->time + (thread_cpu() - began) * CPU_SHARE;
	return r;
}

static int finish(struct task_sampler *s, int r, struct err *e)
{
	if (r >= 0)
		r = flush(s, s->rows);
	if (r >= 0)
		r = write_names(s);
	return r == -ENOMEM ? err_set(e, r, "no memory for metrics of processes") : r;
}

static void begin(struct task_sampler *s, struct tick *t, struct err *e)
{
	s->tick = t;
	s->error = e;
}

int task_sampler_drain(struct task_sampler *s, struct tick *t, struct err *e)
{
	begin(s, t, e);
	return finish(s, read_ends(s, e), e);
}

int task_sampler_sample(struct task_sampler *s, struct tick *t, struct err *e)
{
	begin(s, t, e);
	int r = read_ends(s, e);

	if (r >= 0 && (!t->sparing || t->time >= s->not_before))
		r = read_alive(s, e);
	return finish(s, r, e);
}

const char *task_sampler_note(const struct task_sampler *s)
{
	return s->note;
}

int task_sampler_of(struct task_source *source, bool threads, struct task_sampler **ret)
{
	struct task_sampler *s = calloc(1, sizeof(*s));

	if (!s) {
		task_source_free(source);
		return -ENOMEM;
	}
	s->source = source;
	s->track = threads ? &track_thread : &track_process;
	s->threads = threads;
	s->rows = batch_new(s->track, ROWS);
	s->names = batch_new(&track_task, ROWS);
	s->self = (uint32_t)getpid();
	if (!s->rows || !s->names) {
		task_sampler_free(s);
		return -ENOMEM;
	}
	s->rows->cpu = s->names->cpu = BATCH_CPU_NONE;
	*ret = s;
	return 0;
}

struct task_sampler *task_sampler_free(struct task_sampler *s)
{
	if (s) {
		task_source_free(s->source);
		task_table_done(&s->table);
		batch_free(s->rows);
		batch_free(s->names);
		free(s->waiting);
		free(s);
	}
	return NULL;
}

int task_sampler_open(const struct proc_root *root, bool threads, struct task_sampler **ret,
		      struct err *e)
{
	const struct task_walk_options walk = { .root_fd = root->fd, .threads = threads };
	const struct task_files_options files = { .root_fd = root->fd,
						  .threads = threads,
						  .ends = true };
	struct task_source *source;
	struct err why = { 0 };

	if (root->text)
		return err_set(e, -ENOENT, "texts of files have no processes");
	int r = task_walk_open(&walk, &source, &why);

	if (r < 0)
		r = task_files_open(&files, &source, e);
	if (r >= 0)
		r = task_sampler_of(source, threads, ret);
	if (r < 0)
		return r;
	(void)snprintf((*ret)->note, sizeof((*ret)->note), "%s", source->note);
	return 0;
}
