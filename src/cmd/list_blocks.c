/* SPDX-License-Identifier: MIT */
/* kymo list blocks: what `kymo show metrics` answers, and what it is computed from. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cmd/lister.h"
#include "metric/block_set.h"

enum { BLOCK, DEFAULT, KEY, COLUMN, UNIT, HELP, SADF, FORMULA, N_COLUMNS };

static const struct table_column columns[N_COLUMNS] = {
	[BLOCK] = { .name = "block",
		    .title = "Block",
		    .type = CELL_TEXT,
		    .flags = TABLE_COLUMN_KEY },
	[DEFAULT] = { .name = "default", .title = "Default", .type = CELL_TEXT },
	[KEY] = { .name = "of_each", .title = "Of each", .type = CELL_TEXT },
	[COLUMN] = { .name = "column",
		     .title = "Column",
		     .type = CELL_TEXT,
		     .flags = TABLE_COLUMN_KEY },
	[UNIT] = { .name = "unit", .title = "Unit", .type = CELL_TEXT },
	[HELP] = { .name = "help", .title = "Help", .type = CELL_TEXT },
	[SADF] = { .name = "sadf",
		   .title = "sadf -j",
		   .type = CELL_TEXT,
		   .flags = TABLE_COLUMN_WIDE },
	[FORMULA] = { .name = "formula",
		      .title = "Formula",
		      .type = CELL_TEXT,
		      .flags = TABLE_COLUMN_WIDE },
};

static void add_column(struct table *t, const struct block *b, const struct block_item *x)
{
	char place[256];

	table_row(t);
	table_set_text(t, BLOCK, b->name);
	table_set_text(t, DEFAULT, b->hidden ? "no" : "yes");
	if (b->key)
		table_set_text(t, KEY, b->key);
	table_set_text(t, COLUMN, x->title);
	if (strcmp(x->unit, "-") != 0)
		table_set_text(t, UNIT, x->unit);
	table_set_text(t, HELP, x->help);
	if (b->path && x->json) {
		(void)snprintf(place, sizeof(place), "%.120s/%.120s", b->path, x->json);
		table_set_text(t, SADF, place);
	}
	table_set_text(t, FORMULA, expression_text(x->x));
}

static int build(const struct list_args *a, int root_fd, const char *pattern, struct table **ret,
		 struct err *e)
{
	auto_ptr(table) t = table_new("blocks", "Blocks", columns, N_COLUMNS);
	auto_ptr(block_set) set = NULL;

	(void)a;
	(void)root_fd;
	if (!t)
		return -ENOMEM;
	int r = block_set_load(&set, e);

	if (r < 0)
		return r;
	for (unsigned int i = 0; i < block_set_n(set); i++) {
		const struct block *b = block_set_at(set, i);

		for (unsigned int k = 0; k < b->n_items; k++)
			if (b->item[k].title && (lister_matches(pattern, b->name) ||
						 lister_matches(pattern, b->item[k].title)))
				add_column(t, b, &b->item[k]);
	}
	if (table_error(t) < 0)
		return table_error(t);
	*ret = steal_ptr(t);
	return 0;
}

const struct lister lister_blocks = {
	.name = "blocks",
	.summary = "what kymo show metrics answers, column by column",
	.build = build,
};
