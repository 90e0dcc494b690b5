/* SPDX-License-Identifier: MIT */
/* Exits by task and reason, and by group. */
#include "analysis/exit_counts.h"

#include <errno.h>
#include <stdlib.h>

#include "analysis/tallies.h"
#include "model/tasks.h"

static void cells_done(struct exit_cells *c)
{
	idmap_done(&c->number);
	spreads_done(&c->spreads);
	free(c->key);
	free(c->sums);
}

/* Number of the cell, new or not. 0 or -ENOMEM. */
static int cells_at(struct exit_cells *c, uint32_t who, uint32_t place, uint32_t *ret)
{
	uint64_t key = tallies_pair(who, place);

	*ret = idmap_get(&c->number, key);
	if (*ret != IDMAP_NONE)
		return 0;

	void *sums = c->sums, *keys = c->key;
	int r = tasks_ensure(&sums, &c->sums_room, c->n + 1, sizeof(*c->sums));

	c->sums = sums;
	if (r >= 0)
		r = tasks_ensure(&keys, &c->key_room, c->n + 1, sizeof(*c->key));
	c->key = keys;
	if (r >= 0)
		r = spreads_ensure(&c->spreads, c->n + 1);
	if (r >= 0)
		r = idmap_set(&c->number, key, (uint32_t)c->n);
	if (r < 0)
		return r;
	c->key[c->n] = key;
	*ret = (uint32_t)c->n++;
	return 0;
}

void exit_counts_done(struct exit_counts *c)
{
	exit_reasons_done(&c->reasons);
	cells_done(&c->task);
	cells_done(&c->group);
	free(c->line);
	*c = (struct exit_counts){ 0 };
}

int exit_counts_add(struct exit_counts *c, const struct kvm_span *k)
{
	uint32_t place, cell;

	if (k->kind != KVM_SPAN_EXIT && k->kind != KVM_SPAN_HOST && k->kind != KVM_SPAN_LAST)
		return 0;
	place = exit_reasons_place(&c->reasons, k->isa, k->reason);
	if (place == EXIT_REASON_NONE || cells_at(&c->task, k->task, place, &cell) < 0)
		return -ENOMEM;
	struct exit_sums *s = &c->task.sums[cell];

	switch (k->kind) {
	case KVM_SPAN_EXIT:
		s->exits += !c->last;
		return 0;
	case KVM_SPAN_LAST:
		s->exits += c->last;
		s->last++;
		s->asleep += (k->flags & KVM_SPAN_ASLEEP) != 0;
		return 0;
	default:
		if (c->last && !(k->flags & KVM_SPAN_OUT))
			return 0;
		s->off_cpu += k->off_cpu;
		return spreads_add(&c->task.spreads, cell, k->begin, k->end);
	}
}

int exit_counts_count(struct exit_counts *c, uint32_t task, uint32_t place)
{
	uint32_t cell;

	if (cells_at(&c->task, task, place, &cell) < 0)
		return -ENOMEM;
	c->task.sums[cell].exits++;
	return 0;
}

int exit_counts_length(struct exit_counts *c, uint32_t task, uint32_t place, nsec_t begin,
		       nsec_t end)
{
	uint32_t cell;

	if (cells_at(&c->task, task, place, &cell) < 0)
		return -ENOMEM;
	return spreads_add(&c->task.spreads, cell, begin, end);
}

uint32_t exit_counts_all(const struct exit_counts *c, uint32_t group)
{
	return idmap_get(&c->group.number, tallies_pair(group, EXIT_REASON_NONE));
}

/* Add the cells of tasks to those of groups; @all: without telling reasons apart. @map has room for
 * every cell that has a spread. */
static int fold(struct exit_counts *c, const uint32_t *group_of, bool all, uint32_t *map)
{
	for (size_t i = 0; i < c->task.spreads.n; i++)
		map[i] = SPREAD_NONE;
	for (size_t i = 0; i < c->task.n; i++) {
		uint32_t place = all ? EXIT_REASON_NONE : (uint32_t)c->task.key[i];
		uint32_t group = group_of[c->task.key[i] >> 32];
		const struct exit_sums *from = &c->task.sums[i];

		if (group == UINT32_MAX)
			continue;
		if (cells_at(&c->group, group, place, &map[i]) < 0)
			return -ENOMEM;
		struct exit_sums *to = &c->group.sums[map[i]];

		to->exits += from->exits;
		to->last += from->last;
		to->asleep += from->asleep;
		to->off_cpu += from->off_cpu;
	}
	return spreads_fold(&c->group.spreads, &c->task.spreads, map);
}

static int by_line(const void *a, const void *b)
{
	const struct exit_line *x = a, *y = b;
	bool x_all = x->place == EXIT_REASON_NONE, y_all = y->place == EXIT_REASON_NONE;

	if (x->group_exits != y->group_exits)
		return x->group_exits < y->group_exits ? 1 : -1;
	if (x->group != y->group)
		return x->group > y->group ? 1 : -1;
	if (x_all != y_all)
		return x_all ? -1 : 1;
	if (x->exits != y->exits)
		return x->exits < y->exits ? 1 : -1;
	return (x->place > y->place) - (x->place < y->place);
}

static int make_lines(struct exit_counts *c)
{
	c->line = calloc(c->group.n + 1, sizeof(*c->line));
	if (!c->line)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->group.n; i++) {
		uint32_t group = (uint32_t)(c->group.key[i] >> 32);
		const struct exit_sums *s = &c->group.sums[i];

		if (!s->exits && !c->group.spreads.of[i].count)
			continue;
		c->line[c->n_lines++] = (struct exit_line){
			.group_exits = c->group.sums[exit_counts_all(c, group)].exits,
			.exits = s->exits,
			.group = group,
			.cell = i,
			.place = (uint32_t)c->group.key[i],
		};
	}
	if (c->n_lines)
		qsort(c->line, c->n_lines, sizeof(*c->line), by_line);
	return 0;
}

int exit_counts_fold(struct exit_counts *c, const uint32_t *group_of)
{
	auto_free uint32_t *map = calloc(c->task.spreads.n + 1, sizeof(*map));

	if (!map || fold(c, group_of, false, map) < 0 || fold(c, group_of, true, map) < 0 ||
	    spreads_ensure(&c->group.spreads, c->group.n + 1) < 0)
		return -ENOMEM;
	spreads_settle(&c->group.spreads);
	return make_lines(c);
}
