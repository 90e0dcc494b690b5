/* SPDX-License-Identifier: MIT */
/*
 * Blocks go over with new numbers; their checksums are checked on the way, so that damage is not
 * handed on under a good name. Roles become rows of the task track's stream without CPU, each put
 * where its time belongs.
 */
#include "format/recording_copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/new_file.h"
#include "format/recording_file.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "model/tasks.h"
#include "model/vm_track.h"

#define ROLE_ROWS 1024u

struct role {
	nsec_t time;
	uint32_t tid;
	const char *text;
};

struct copy {
	struct recording *rec;
	struct source *src;
	struct recording_writer *to;
	struct sink *sink;
	struct role *role; /* by time */
	size_t n_roles, next_role;
	/* What writes rows instead of those of the vm track, or more rows; may be NULL. */
	int (*rows)(void *ctx, struct sink *sink, struct err *e);
	void *ctx;
	bool names; /* tasks, roles and with @rows the vm track are written anew */
	bool salvaged;
};

/* ---- roles ---- */

static int compare_roles(const void *a, const void *b)
{
	const struct role *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->tid < y->tid ? -1 : x->tid > y->tid;
}

/* A role's row names the task that has the tid at its time: its birth, or for those that were there
 * before, the start of the run, if the tid's next task comes later. */
static int gather_roles(struct copy *c)
{
	const struct tasks *tasks = c->src->tasks;
	size_t n = tasks_count(tasks);

	c->role = calloc(n + 1, sizeof(*c->role));
	if (!c->role)
		return -ENOMEM;
	for (uint32_t i = 0; i < n; i++) {
		const struct task *k = tasks_at(tasks, i);
		nsec_t time = k->born;

		if (!k->role || !k->tid)
			continue;
		if (!time && (k->next_same_tid == TASKS_NONE ||
			      tasks_at(tasks, k->next_same_tid)->born > c->src->info->start))
			time = c->src->info->start;
		c->role[c->n_roles++] =
			(struct role){ .time = time, .tid = k->tid, .text = k->role };
	}
	qsort(c->role, c->n_roles, sizeof(*c->role), compare_roles);
	return 0;
}

/* The roles up to @until, in batches. */
static int write_roles(struct copy *c, nsec_t until, struct err *e)
{
	if (c->next_role == c->n_roles || c->role[c->next_role].time > until)
		return 0;
	auto_ptr(batch) b = batch_new(&track_task, ROLE_ROWS);
	int r = 0;

	if (!b)
		return err_set(e, -ENOMEM, "no memory");
	for (bool more = true; r >= 0 && more;) {
		const struct role *k = &c->role[c->next_role++];
		int64_t text = batch_add_text(b, k->text);

		if (text < 0)
			return err_set(e, (int)text, "no memory for roles");
		b->cpu = BATCH_CPU_NONE;
		b->time[b->rows] = k->time;
		batch_u8(b, TASK_KIND)[b->rows] = TASK_ROLE;
		batch_u32(b, TASK_TID)[b->rows] = k->tid;
		batch_u32(b, TASK_TGID)[b->rows] = 0;
		batch_u32(b, TASK_PARENT)[b->rows] = 0;
		batch_u8(b, TASK_FLAGS)[b->rows] = 0;
		((uint32_t *)b->col[TASK_COMM])[b->rows++] = (uint32_t)text;
		more = c->next_role < c->n_roles && c->role[c->next_role].time <= until;
		if (batch_full(b) || !more) {
			r = sink_write(c->sink, b, e);
			batch_clear(b);
		}
	}
	return r;
}

/* ---- tracks that are written anew ---- */

/* Rows [@from, @to) of @b as a batch that shares its memory. */
static struct batch part_of(const struct batch *b, uint32_t from, uint32_t to)
{
	struct batch part = *b;

	for (unsigned int i = 0; i < b->track->n_columns; i++)
		part.col[i] =
			(char *)b->col[i] + from * column_type_bytes(b->track->column[i].type);
	part.time = part.col[0];
	part.rows = to - from;
	return part;
}

static int write_part(struct copy *c, const struct batch *b, uint32_t from, uint32_t to,
		      struct err *e)
{
	const struct batch part = part_of(b, from, to);

	return sink_write(c->sink, &part, e);
}

/* All rows but roles; in the stream without CPU the new roles where they belong. */
static int write_task_rows(struct copy *c, const struct batch *b, struct err *e)
{
	uint32_t from = 0;
	int r = 0;

	for (uint32_t i = 0; r >= 0 && i < b->rows; i++) {
		bool role = batch_u8(b, TASK_KIND)[i] == TASK_ROLE;
		bool due = b->cpu == BATCH_CPU_NONE && c->next_role < c->n_roles &&
			   c->role[c->next_role].time < b->time[i];

		if (!role && !due)
			continue;
		r = write_part(c, b, from, i, e);
		if (r >= 0 && due)
			r = write_roles(c, b->time[i] - 1, e);
		from = role ? i + 1 : i;
	}
	return r < 0 ? r : write_part(c, b, from, b->rows, e);
}

static int write_tasks(struct copy *c, struct err *e)
{
	const struct query q = { .tracks = track_bit(&track_task), .order = CURSOR_BY_STREAM };
	auto_ptr(cursor) cursor = NULL;
	const struct batch *b;
	int r = source_cursor(c->src, &q, &cursor, e);

	while (r >= 0 && (r = cursor_next(cursor, &b, e)) > 0)
		r = write_task_rows(c, b, e);
	return r < 0 ? r : write_roles(c, NSEC_MAX, e);
}

/* What is known to be missing, instead of the rows that are there: gaps of a salvaged file are in
 * none of them. */
static int write_losses(struct copy *c, struct err *e)
{
	const struct run_info *info = c->src->info;
	auto_ptr(batch) b = batch_new(&track_loss, 1);
	int r = b ? 0 : err_set(e, -ENOMEM, "no memory");

	for (size_t i = 0; r >= 0 && i < info->n_loss; i++) {
		const struct run_loss *l = &info->loss[i];

		b->cpu = l->cpu;
		b->rows = 1;
		b->time[0] = l->from;
		batch_u64(b, LOSS_END)[0] = l->to;
		batch_u16(b, LOSS_TRACK)[0] = l->track;
		batch_u64(b, LOSS_COUNT)[0] = l->count;
		batch_u8(b, LOSS_CAUSE)[0] = (uint8_t)l->cause;
		r = sink_write(c->sink, b, e);
	}
	return r;
}

/* ---- blocks that are copied ---- */

/* Schemas of tracks that we know are written by the writer itself. */
static int is_foreign_schema(const uint8_t *block, const struct block_info *info, bool *ret,
			     struct err *e)
{
	auto_ptr(block_decoder) d = block_decoder_new();
	auto_ptr(batch) b = batch_new(&track_schema, info->rows);

	if (!d || !b)
		return err_set(e, -ENOMEM, "no memory");
	int r = block_decode(d, info, block + info->header_bytes, 0, b, e);

	*ret = false;
	for (uint32_t i = 0; r >= 0 && i < b->rows; i++)
		*ret = *ret || !track_by_id(batch_u16(b, SCHEMA_TRACK)[i]);
	return r;
}

static bool is_written_anew(const struct copy *c, uint16_t track)
{
	return track == track_index.id || (track == track_task.id && c->names) ||
	       (track == track_vm.id && c->names && c->rows) ||
	       (track == track_loss.id && c->salvaged);
}

static int copy_block(struct copy *c, size_t i, struct buf *b, struct err *e)
{
	const struct recording_block *k = recording_block_at(c->rec, i);
	struct block_info info;
	bool copy = true;

	if (is_written_anew(c, k->track))
		return 0;
	buf_clear(b);
	int r = recording_read_block(c->rec, i, b, e);

	if (r >= 0)
		r = block_parse_header(b->data, &info, e);
	if (r >= 0 && (block_bytes(&info) != b->len ||
		       crc32c(b->data + info.header_bytes, info.payload_bytes) != info.payload_crc))
		r = err_set(e, -EBADMSG, "wrong checksum");
	if (r >= 0 && k->track == track_schema.id)
		r = is_foreign_schema(b->data, &info, &copy, e);
	if (r < 0) {
		err_prefix(e, "damaged at offset %llu", (unsigned long long)k->offset);
		return r;
	}
	return copy ? recording_writer_add_block(c->to, b->data, b->len, e) : 0;
}

static int copy_all(struct copy *c, struct err *e)
{
	auto_buf b;
	int r = c->names ? gather_roles(c) : 0;

	buf_init(&b, BLOCK_MAX_PAYLOAD + 4096);
	if (r < 0)
		return err_set(e, r, "no memory for roles");
	/* Names first: they are what a reader wants to have before events. */
	if (c->names)
		r = write_tasks(c, e);
	if (r >= 0 && c->rows)
		r = c->rows(c->ctx, c->sink, e);
	if (r >= 0 && c->salvaged)
		r = write_losses(c, e);
	if (r >= 0)
		r = recording_writer_flush(c->to, NSEC_MAX, e);
	for (size_t i = 0; r >= 0 && i < recording_n_blocks(c->rec); i++)
		r = copy_block(c, i, &b, e);
	return r < 0 ? r : recording_writer_close(c->to, e);
}

/* ---- the file ---- */

static int rewrite(struct copy *c, const char *path, struct err *e)
{
	c->src = recording_source(c->rec);
	c->salvaged = !c->src->info->complete;
	int r = recording_create(path, NEW_FILE_SYNC, NULL, &c->to, e);

	if (r < 0)
		return r;
	c->sink = recording_writer_sink(c->to);
	r = recording_writer_set_identity(c->to, c->src->info->id, recording_created(c->rec), e);
	if (r >= 0)
		r = copy_all(c, e);
	if (r < 0)
		err_prefix(e, "'%s'", path);
	recording_writer_free(c->to);
	free(c->role);
	return r;
}

int recording_rewrite_names(struct recording *rec, const char *path,
			    int (*vms)(void *ctx, struct sink *sink, struct err *e), void *ctx,
			    struct err *e)
{
	struct copy c = { .rec = rec, .rows = vms, .ctx = ctx, .names = true };

	return rewrite(&c, path, e);
}

int recording_copy_with(struct recording *rec, const char *path,
			int (*more)(void *ctx, struct sink *sink, struct err *e), void *ctx,
			struct err *e)
{
	struct copy c = { .rec = rec, .rows = more, .ctx = ctx };

	return rewrite(&c, path, e);
}
