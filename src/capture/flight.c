/* SPDX-License-Identifier: MIT */
/*
 * Blocks in a list, oldest first. When one of a CPU's event tracks loses a block, the CPU's covered
 * time begins behind it: a window that has switches but no wake-ups would be read wrong.
 */
#include "capture/flight.h"

#include "model/profile_track.h"
#include "model/sched_track.h"
#include "model/vm_track.h"

struct kept_block {
	struct kept_block *next;
	uint16_t track;
	uint32_t cpu;
	nsec_t first, last;
	size_t bytes;
	uint8_t data[];
};

struct flight {
	struct packer *packer;
	struct kept_block *head, **end;
	nsec_t keep;
	uint64_t max_bytes, bytes;
	nsec_t *from; /* [n_cpus] */
	unsigned int n_cpus;
	nsec_t snapshot; /* when all tasks were read last */
};

static bool is_event(const struct kept_block *b)
{
	return b->track >= TRACK_FIRST_EVENT;
}

static int keep_block(void *ctx, const struct block_info *info, uint8_t *block, size_t bytes,
		      struct err *e)
{
	struct flight *f = ctx;
	struct kept_block *b = malloc(sizeof(*b) + bytes);

	(void)e;
	if (!b)
		return -ENOMEM;
	*b = (struct kept_block){
		.track = info->track,
		.cpu = info->cpu,
		.first = info->first,
		.last = info->last,
		.bytes = bytes,
	};
	memcpy(b->data, block, bytes);
	*f->end = b;
	f->end = &b->next;
	if (is_event(b))
		f->bytes += bytes;
	return 0;
}

struct flight *flight_new(nsec_t keep, uint64_t max_bytes, unsigned int n_cpus)
{
	auto_ptr(flight) f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->end = &f->head;
	f->keep = keep;
	f->max_bytes = max_bytes;
	f->n_cpus = n_cpus;
	f->from = calloc(n_cpus, sizeof(f->from[0]));
	f->packer = packer_new(NULL, keep_block, f);
	return f->from && f->packer ? steal_ptr(f) : NULL;
}

struct flight *flight_free(struct flight *f)
{
	if (!f)
		return NULL;
	for (struct kept_block *b = f->head, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	packer_free(f->packer);
	free(f->from);
	free(f);
	return NULL;
}

struct sink *flight_sink(struct flight *f)
{
	return packer_sink(f->packer);
}

static bool too_old(const struct flight *f, const struct kept_block *b, nsec_t begin)
{
	if (is_event(b))
		return b->last < begin || f->bytes > f->max_bytes;
	/* Samples refer to modules and frames by number: all are kept. */
	if (b->track == track_module.id || b->track == track_frame.id)
		return false;
	if (b->track == track_task.id || b->track == track_vm.id)
		return b->last < f->snapshot && f->snapshot <= begin;
	return b->last < begin;
}

static void drop_old(struct flight *f, nsec_t begin)
{
	struct kept_block **link = &f->head;

	while (*link) {
		struct kept_block *b = *link;

		if (!too_old(f, b, begin)) {
			link = &b->next;
			continue;
		}
		if (is_event(b)) {
			f->bytes -= b->bytes;
			if (b->cpu < f->n_cpus)
				f->from[b->cpu] = max_of(f->from[b->cpu], b->last + 1);
		}
		*link = b->next;
		free(b);
	}
	f->end = link;
}

int flight_turn(struct flight *f, nsec_t now, nsec_t older, struct err *e)
{
	int r = packer_flush(f->packer, older, e);

	if (r >= 0)
		drop_old(f, now > f->keep ? now - f->keep : 0);
	return r;
}

bool flight_wants_snapshot(const struct flight *f, nsec_t now)
{
	return now - f->snapshot >= f->keep;
}

void flight_snapshot_taken(struct flight *f, nsec_t at)
{
	f->snapshot = at;
}

int flight_write(struct flight *f, struct recording_writer *w, const nsec_t **ret_from,
		 struct err *e)
{
	int r = packer_flush(f->packer, NSEC_MAX, e);

	if (r < 0)
		return r;
	auto_buf copy;

	buf_init(&copy, 0);
	for (const struct kept_block *b = f->head; b; b = b->next) {
		/* The writer puts its numbers into the block. */
		buf_clear(&copy);
		r = buf_add(&copy, b->data, b->bytes);
		if (r >= 0)
			r = recording_writer_add_block(w, copy.data, b->bytes, e);
		if (r < 0)
			return r;
	}
	*ret_from = f->from;
	return 0;
}

uint64_t flight_bytes(const struct flight *f)
{
	return f->bytes;
}

nsec_t flight_oldest(const struct flight *f)
{
	for (const struct kept_block *b = f->head; b; b = b->next)
		if (is_event(b))
			return b->first;
	return 0;
}
