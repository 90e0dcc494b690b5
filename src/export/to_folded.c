/* SPDX-License-Identifier: MIT */
/*
 * Folded stacks: "comm;caller;callee COUNT", one line per distinct stack, sorted by bytes; what
 * flamegraph.pl and its relatives read. Counts are of samples, as folding the text of perf script
 * gives them; those of events whose rows are sums are the sums. docs/formats/exports.md
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/strpool.h"
#include "export/exporter.h"
#include "export/stacks.h"
#include "model/tasks.h"

struct folding {
	struct stacks *stacks;
	struct strpool *text;
	struct frames *tree; /* of names: .module is the number of one */
	const char **name; /* by number */
	uint32_t *node; /* in .tree, by node of the tree of functions */
	struct frames *line; /* .parent a thread's name, .module a node of .tree */
	uint64_t *count; /* by line */
	size_t n_counts;
	uint64_t rows;
};

/* ';' ends a frame and a line ends a stack, so neither can be in a name. */
static const char *clean(struct strpool *text, const char *name)
{
	if (!strpbrk(name, ";\n\r"))
		return strpool_add(text, name);
	auto_free char *copy = strdup(name);

	if (!copy)
		return NULL;
	for (char *p = copy; (p = strpbrk(p, ";\n\r")); p++)
		*p = *p == ';' ? ':' : ' ';
	return strpool_add(text, copy);
}

/* The tree of functions as one of names: functions of one name are one, as in the text. */
static int plant(struct folding *f)
{
	const struct functions *functions = stacks_functions(f->stacks);
	const struct frames *tree = functions_tree(functions);
	size_t n = functions_count(functions), n_nodes = frames_count(tree);
	auto_free uint32_t *number = calloc(n + 1, sizeof(*number));
	struct idmap known = { 0 };
	int r = 0;

	f->name = calloc(n + 1, sizeof(*f->name));
	f->node = calloc(n_nodes, sizeof(*f->node));
	if (!number || !f->name || !f->node)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && r >= 0; i++) {
		const struct function *x = functions_at(functions, i);
		const char *name = clean(f->text, x->known ? x->name : "[unknown]");

		if (!name) {
			r = -ENOMEM;
			break;
		}
		number[i] = idmap_get(&known, (uintptr_t)name);
		if (number[i] == IDMAP_NONE) {
			number[i] = i;
			f->name[i] = name;
			r = idmap_set(&known, (uintptr_t)name, i);
		}
	}
	for (uint32_t i = 1; i < n_nodes && r >= 0; i++) {
		const struct frame *at = frames_at(tree, i);

		f->node[i] = frames_add(f->tree, f->node[at->parent], number[at->module], 0);
		r = f->node[i] == FRAMES_MAX ? -ENOMEM : 0;
	}
	idmap_done(&known);
	return r;
}

static int take(void *ctx, const struct stack_sample *x, struct err *e)
{
	struct folding *f = ctx;
	uint32_t node = f->node[functions_tree_node(stacks_functions(f->stacks), x->node)];
	uint32_t line = frames_add(f->line, x->name, node, 0);

	if (line == FRAMES_MAX)
		return err_set(e, -ENOMEM, "out of memory");
	if (line >= f->n_counts) {
		void *array = f->count;
		int r = tasks_ensure(&array, &f->n_counts, line + 1, sizeof(*f->count));

		f->count = array;
		if (r < 0)
			return err_set(e, r, "out of memory");
	}
	f->count[line] += stacks_count(f->stacks, x);
	f->rows++;
	return 0;
}

/* ---- writing ---- */

/* "comm;main;f" of line @i behind the others; @way has room for any stack. */
static int add_text(struct folding *f, uint32_t i, uint32_t *way, struct buf *texts)
{
	const struct frame *line = frames_at(f->line, i);
	const char *comm = clean(f->text, stacks_name(f->stacks, line->parent));
	size_t depth = 0;

	if (!comm)
		return -ENOMEM;
	for (uint32_t n = line->module; n; n = frames_at(f->tree, n)->parent)
		way[depth++] = n;
	(void)buf_add_str(texts, comm);
	while (depth--) {
		(void)buf_add_byte(texts, ';');
		(void)buf_add_str(texts, f->name[frames_at(f->tree, way[depth])->module]);
	}
	return buf_add_byte(texts, 0);
}

struct text_line {
	const char *stack;
	uint64_t count;
};

static int by_stack(const void *a, const void *b)
{
	return strcmp(((const struct text_line *)a)->stack, ((const struct text_line *)b)->stack);
}

/* The texts of all lines behind each other, in the order of their numbers. */
static int add_texts(struct folding *f, struct buf *texts)
{
	auto_free uint32_t *way = calloc(frames_count(f->tree), sizeof(*way));
	int r = way ? 0 : -ENOMEM;

	for (uint32_t i = 1; i < frames_count(f->line) && r >= 0; i++)
		r = add_text(f, i, way, texts);
	return r;
}

static int write_lines(struct folding *f, FILE *out)
{
	size_t n = frames_count(f->line) - 1;
	auto_free struct text_line *line = calloc(n + 1, sizeof(*line));
	auto_buf texts;

	buf_init(&texts, SIZE_MAX);
	int r = line ? add_texts(f, &texts) : -ENOMEM;

	if (r < 0)
		return r;
	const char *text = buf_str(&texts);

	for (size_t i = 0; i < n; i++, text += strlen(text) + 1)
		line[i] = (struct text_line){ text, f->count[i + 1] };
	qsort(line, n, sizeof(*line), by_stack);
	for (size_t i = 0; i < n; i++) {
		/* Names may have become equal by cleaning. */
		if (i + 1 < n && !strcmp(line[i].stack, line[i + 1].stack))
			line[i + 1].count += line[i].count;
		else
			fprintf(out, "%s %" PRIu64 "\n", line[i].stack, line[i].count);
	}
	return 0;
}

static int to_folded(struct source *src, const struct export_args *args, FILE *out,
		     struct export_result *ret, struct err *e)
{
	auto_ptr(stacks) stacks = NULL;
	struct folding f = { 0 };
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r < 0)
		return r;
	f.stacks = stacks;
	f.text = strpool_new();
	f.tree = frames_new();
	f.line = frames_new();
	r = f.text && f.tree && f.line ? plant(&f) : -ENOMEM;
	if (r < 0)
		r = err_set(e, r, "out of memory");
	if (r >= 0)
		r = stacks_one_event(stacks, e);
	if (r >= 0)
		r = stacks_each(stacks, CURSOR_BY_STREAM, take, &f, e);
	if (r >= 0 && (r = write_lines(&f, out)) < 0)
		r = err_set(e, r, "out of memory");
	if (r >= 0) {
		ret->rows = f.rows;
		stacks_notes(stacks, &ret->notes);
	}
	strpool_free(f.text);
	frames_free(f.tree);
	frames_free(f.line);
	free(f.name);
	free(f.node);
	free(f.count);
	return r;
}

const struct exporter exporter_folded = {
	.name = "folded",
	.summary = "folded stacks with numbers of samples, for flame graphs",
	.extensions = ".folded .collapsed",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS |
		 EXPORTER_MERGING | EXPORTER_SAMPLES,
	.run = to_folded,
};
