/* SPDX-License-Identifier: MIT */
/*
 * speedscope's own file format: a sampled profile for each thread and event, its samples in order
 * of time with their weights. docs/formats/exports.md
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "export/exporter.h"
#include "export/stacks.h"
#include "export/thread_samples.h"
#include "format/json.h"
#include "model/run.h"
#include "model/tasks.h"

struct speedscope {
	struct stacks *stacks;
	struct thread_samples threads;
	struct source *src;
	uint32_t *way; /* nodes from a leaf to the root */
	size_t room;
	struct json j;
};

static void write_frames(struct speedscope *s)
{
	const struct functions *functions = stacks_functions(s->stacks);

	json_key(&s->j, "shared");
	json_begin_object(&s->j);
	json_key(&s->j, "frames");
	json_begin_array(&s->j);
	for (uint32_t i = 0; i < functions_count(functions); i++) {
		const struct function *f = functions_at(functions, i);

		json_begin_object_flat(&s->j);
		json_key_str(&s->j, "name", f->name);
		if (f->file)
			json_key_str(&s->j, "file", f->file);
		else if (strcmp(f->module, "[unknown]") != 0)
			json_key_str(&s->j, "file", f->module);
		if (f->line)
			json_key_u64(&s->j, "line", f->line);
		json_end(&s->j);
	}
	json_end(&s->j);
	json_end(&s->j);
}

static int write_stack(struct speedscope *s, uint32_t leaf)
{
	const struct functions *functions = stacks_functions(s->stacks);
	const struct frames *tree = functions_tree(functions);
	uint32_t last = functions_tree_node(functions, leaf);
	size_t depth = 0;

	for (uint32_t n = last; n; n = frames_at(tree, n)->parent)
		depth++;
	void *array = s->way;
	int r = tasks_ensure(&array, &s->room, depth, sizeof(*s->way));

	s->way = array;
	if (r < 0)
		return r;
	depth = 0;
	for (uint32_t n = last; n; n = frames_at(tree, n)->parent)
		s->way[depth++] = n;
	json_begin_array_flat(&s->j);
	while (depth--)
		json_u64(&s->j, frames_at(tree, s->way[depth])->module);
	json_end(&s->j);
	return 0;
}

static void write_title(struct speedscope *s, const struct stack_sample *x)
{
	const struct stack_event *event = stacks_event(s->stacks, x->event);
	const char *name = s->threads.merge ? stacks_name(s->stacks, x->name)
					    : tasks_label(s->src->tasks, x->task);
	char title[512];

	if (s->threads.merge)
		(void)snprintf(title, sizeof(title), "%.200s, %.200s", name, event->name);
	else
		(void)snprintf(title, sizeof(title), "%.200s %u/%u, %.200s", name, x->pid, x->tid,
			       event->name);
	json_key_str(&s->j, "type", "sampled");
	json_key_str(&s->j, "name", title);
	json_key_str(&s->j, "unit", !strcmp(event->unit, "ns") ? "nanoseconds" : "none");
}

static int write_profile(struct speedscope *s, const struct stack_sample *x, size_t n)
{
	uint64_t sum = 0;
	int r = 0;

	json_begin_object(&s->j);
	write_title(s, x);
	json_key(&s->j, "samples");
	json_begin_array(&s->j);
	for (size_t i = 0; i < n && r >= 0; i++)
		r = write_stack(s, x[i].node);
	json_end(&s->j);
	json_key(&s->j, "weights");
	json_begin_array_flat(&s->j);
	for (size_t i = 0; i < n; i++) {
		json_u64(&s->j, x[i].weight);
		sum += x[i].weight;
	}
	json_end(&s->j);
	json_key_u64(&s->j, "startValue", 0);
	json_key_u64(&s->j, "endValue", sum);
	json_end(&s->j);
	return r;
}

static int write_all(struct speedscope *s, struct err *e)
{
	int r = 0;

	json_begin_object(&s->j);
	json_key_str(&s->j, "$schema", "https://www.speedscope.app/file-format-schema.json");
	json_key_str(&s->j, "exporter", "kymo " KYMO_VERSION);
	json_key_str(&s->j, "name", s->src->info->name);
	json_key_u64(&s->j, "activeProfileIndex", 0);
	write_frames(s);
	json_key(&s->j, "profiles");
	json_begin_array(&s->j);
	for (size_t i = 0, end; i < s->threads.n && r >= 0; i = end) {
		end = thread_samples_end(&s->threads, i);
		r = write_profile(s, &s->threads.sample[i], end - i);
	}
	json_end(&s->j);
	json_end(&s->j);
	if (r >= 0)
		r = json_error(&s->j);
	return r < 0 ? err_set(e, r, "no memory for the profile") : 0;
}

static int to_speedscope(struct source *src, const struct export_args *args, FILE *out,
			 struct export_result *ret, struct err *e)
{
	auto_ptr(stacks) stacks = NULL;
	struct speedscope s = { .src = src };
	auto_buf text;
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&text, 0);
	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r < 0)
		return r;
	s.stacks = stacks;
	json_init(&s.j, &text, 0);
	r = thread_samples_read(&s.threads, stacks, args->merge, e);
	if (r >= 0)
		r = write_all(&s, e);
	if (r >= 0) {
		(void)fwrite(text.data, 1, text.len, out); /* the caller looks at ferror() */
		(void)fputc('\n', out);
		ret->rows = s.threads.n;
		stacks_notes(stacks, &ret->notes);
	}
	thread_samples_done(&s.threads);
	free(s.way);
	return r;
}

const struct exporter exporter_speedscope = {
	.name = "speedscope",
	.summary = "JSON for speedscope: samples of each thread",
	.extensions = ".speedscope.json",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS |
		 EXPORTER_MERGING | EXPORTER_SAMPLES,
	.run = to_speedscope,
};
