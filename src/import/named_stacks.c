/* SPDX-License-Identifier: MIT */
/* Names to symbol rows, stacks to frames; samples by CPU. */
#include "import/named_stacks.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cpuset.h"
#include "base/idmap.h"
#include "base/strpool.h"
#include "model/chain_writer.h"
#include "model/sched_track.h"
#include "model/tasks.h"

#define ROWS 2048u

struct named_stacks {
	struct sink *sink;
	nsec_t time;
	struct chain_writer *chains;
	struct strpool *text;
	struct idmap number_of; /* interned name -> number, for .symbol */
	uint32_t n_names;
	struct frames *symbol; /* .parent a module, .module a name: each pair once */
	uint32_t *in_module; /* by .symbol: its number within the module */
	size_t n_in_module;
	uint32_t *of_module; /* by module: symbols so far */
	size_t n_of_module;
	uint16_t n_events;
	struct batch *event_rows, *symbol_rows, *task_rows;
	struct batch *sample_rows[CPUSET_MAX + 1]; /* [cpu + 1] */
};

static int out_of_memory(struct err *e)
{
	return err_set(e, -ENOMEM, "out of memory");
}

struct named_stacks *named_stacks_new(struct sink *sink, nsec_t time)
{
	struct named_stacks *w = calloc(1, sizeof(*w));

	if (!w)
		return NULL;
	w->sink = sink;
	w->time = time;
	w->chains = chain_writer_new(sink);
	w->text = strpool_new();
	w->symbol = frames_new();
	w->event_rows = batch_new(&track_event, 16);
	w->symbol_rows = batch_new(&track_symbol, ROWS);
	w->task_rows = batch_new(&track_task, ROWS);
	if (!w->chains || !w->text || !w->symbol || !w->event_rows || !w->symbol_rows ||
	    !w->task_rows)
		return named_stacks_free(w);
	return w;
}

struct named_stacks *named_stacks_free(struct named_stacks *w)
{
	if (w) {
		chain_writer_free(w->chains);
		strpool_free(w->text);
		frames_free(w->symbol);
		idmap_done(&w->number_of);
		batch_free(w->event_rows);
		batch_free(w->symbol_rows);
		batch_free(w->task_rows);
		for (size_t i = 0; i < ARRAY_SIZE(w->sample_rows); i++)
			batch_free(w->sample_rows[i]);
		free(w->in_module);
		free(w->of_module);
		free(w);
	}
	return NULL;
}

static int give(struct named_stacks *w, struct batch *b, struct err *e)
{
	int r = sink_write(w->sink, b, e);

	batch_clear(b);
	return r;
}

/* A new row of @b at the one time: its number, or -errno. */
static int add_row(struct named_stacks *w, struct batch *b, struct err *e)
{
	/* Long names fill the pool of texts before the rows are full. */
	int r = batch_full(b) || b->text_len > BATCH_TEXT_MAX / 2 ? give(w, b, e) : 0;

	if (r < 0)
		return r;
	b->time[b->rows] = w->time;
	return (int)b->rows++;
}

static int set_text(struct batch *b, unsigned int column, int row, const char *text, struct err *e)
{
	int64_t at = batch_add_text(b, text);

	if (at < 0)
		return err_set(e, (int)at, "out of memory");
	((uint32_t *)b->col[column])[row] = (uint32_t)at;
	return 0;
}

int named_stacks_event(struct named_stacks *w, const char *name, const char *unit, uint64_t period,
		       uint16_t *ret_number, struct err *e)
{
	struct batch *b = w->event_rows;
	int row = add_row(w, b, e);

	if (row < 0)
		return row;
	batch_u16(b, EVENT_NUMBER)[row] = w->n_events;
	batch_u32(b, EVENT_TYPE)[row] = 0;
	batch_u64(b, EVENT_CONFIG)[row] = 0;
	batch_u64(b, EVENT_PERIOD)[row] = period;
	batch_u32(b, EVENT_FREQ)[row] = 0;
	batch_u32(b, EVENT_FLAGS)[row] = EVENT_FLAG_SUMS;
	int r = set_text(b, EVENT_NAME, row, name, e);

	if (r >= 0)
		r = set_text(b, EVENT_UNIT, row, unit, e);
	if (r >= 0)
		r = set_text(b, EVENT_NOTE, row, "imported sums", e);
	*ret_number = w->n_events++;
	return r;
}

int named_stacks_module(struct named_stacks *w, const struct module *m, uint32_t *ret_number,
			struct err *e)
{
	return chain_writer_module(w->chains, w->time, m, ret_number, e);
}

/* The number of @name, interned. */
static int number_name(struct named_stacks *w, const char *name, uint32_t *ret, const char **kept)
{
	*kept = strpool_add(w->text, name);
	if (!*kept)
		return -ENOMEM;
	*ret = idmap_get(&w->number_of, (uintptr_t)*kept);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = w->n_names++;
	return idmap_set(&w->number_of, (uintptr_t)*kept, *ret);
}

static int add_symbol(struct named_stacks *w, uint32_t module, uint32_t number, const char *name,
		      struct err *e)
{
	struct batch *b = w->symbol_rows;
	int row = add_row(w, b, e);

	if (row < 0)
		return row;
	batch_u32(b, SYMBOL_MODULE)[row] = module;
	batch_u64(b, SYMBOL_OFFSET)[row] = number;
	batch_u32(b, SYMBOL_BYTES)[row] = 1;
	return set_text(b, SYMBOL_NAME, row, name, e);
}

/* The number of the symbol @name within @module, which gets a row when it is new. */
static int find_symbol(struct named_stacks *w, uint32_t module, const char *name, uint32_t *ret,
		       struct err *e)
{
	const char *kept;
	uint32_t number;
	int r = number_name(w, name, &number, &kept);

	if (r < 0)
		return out_of_memory(e);
	size_t before = frames_count(w->symbol);
	uint32_t symbol = frames_add(w->symbol, module, number, 0);

	if (symbol == FRAMES_MAX)
		return out_of_memory(e);
	void *in = w->in_module, *of = w->of_module;

	r = tasks_ensure(&in, &w->n_in_module, symbol + 1, sizeof(*w->in_module));
	w->in_module = in;
	if (r >= 0)
		r = tasks_ensure(&of, &w->n_of_module, module + 1, sizeof(*w->of_module));
	w->of_module = of;
	if (r < 0)
		return out_of_memory(e);
	if (symbol >= before) {
		w->in_module[symbol] = w->of_module[module]++;
		r = add_symbol(w, module, w->in_module[symbol], kept, e);
	}
	*ret = w->in_module[symbol];
	return r;
}

int named_stacks_frame(struct named_stacks *w, uint32_t parent, uint32_t module, const char *name,
		       uint32_t *ret_node, struct err *e)
{
	uint32_t symbol = 0;
	int r = find_symbol(w, module, name, &symbol, e);

	return r < 0 ? r
		     : chain_writer_frame(w->chains, w->time, parent, module, symbol, ret_node, e);
}

int named_stacks_place(struct named_stacks *w, uint32_t parent, uint32_t module, uint64_t offset,
		       uint32_t *ret_node, struct err *e)
{
	return chain_writer_frame(w->chains, w->time, parent, module, offset, ret_node, e);
}

int named_stacks_task(struct named_stacks *w, uint32_t tid, uint32_t pid, const char *name,
		      struct err *e)
{
	struct batch *b = w->task_rows;
	int row = add_row(w, b, e);

	if (row < 0)
		return row;
	batch_u8(b, TASK_KIND)[row] = TASK_SEEN;
	batch_u32(b, TASK_TID)[row] = tid;
	batch_u32(b, TASK_TGID)[row] = pid;
	batch_u32(b, TASK_PARENT)[row] = 0;
	batch_u8(b, TASK_FLAGS)[row] = 0;
	return set_text(b, TASK_COMM, row, name, e);
}

int named_stacks_sample(struct named_stacks *w, const struct named_sample *s, struct err *e)
{
	uint32_t slot = s->cpu + 1; /* BATCH_CPU_NONE + 1 is 0 */

	if (slot >= ARRAY_SIZE(w->sample_rows))
		return err_set(e, -ERANGE, "CPU %u is more than %u", s->cpu, CPUSET_MAX - 1);
	if (!w->sample_rows[slot]) {
		w->sample_rows[slot] = batch_new(&track_sample, ROWS);
		if (!w->sample_rows[slot])
			return out_of_memory(e);
		w->sample_rows[slot]->cpu = s->cpu;
	}
	struct batch *b = w->sample_rows[slot];
	int row = add_row(w, b, e);

	if (row < 0)
		return row;
	batch_u16(b, SAMPLE_EVENT)[row] = s->event;
	batch_u32(b, SAMPLE_TID)[row] = s->tid;
	batch_u32(b, SAMPLE_PID)[row] = s->pid;
	batch_u32(b, SAMPLE_NODE)[row] = s->node;
	batch_u64(b, SAMPLE_WEIGHT)[row] = s->weight;
	batch_u8(b, SAMPLE_MODE)[row] = SAMPLE_MODE_UNKNOWN;
	return 0;
}

int named_stacks_flush(struct named_stacks *w, struct err *e)
{
	int r = give(w, w->event_rows, e);

	if (r >= 0)
		r = give(w, w->task_rows, e);
	if (r >= 0)
		r = chain_writer_flush(w->chains, e);
	if (r >= 0)
		r = give(w, w->symbol_rows, e);
	for (size_t i = 0; i < ARRAY_SIZE(w->sample_rows) && r >= 0; i++)
		if (w->sample_rows[i])
			r = give(w, w->sample_rows[i], e);
	return r;
}
