/* SPDX-License-Identifier: MIT */
/*
 * The Firefox Profiler's processed profile format, version 48: for each thread its samples, and
 * tables of stacks, frames, functions, resources and texts. docs/formats/exports.md
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "export/exporter.h"
#include "export/stacks.h"
#include "export/thread_samples.h"
#include "format/json.h"
#include "model/file_track.h"
#include "model/run.h"
#include "model/tasks.h"

#define PROCESSED_VERSION 48
#define GECKO_VERSION	  30

enum { CATEGORY_OTHER, CATEGORY_USER, CATEGORY_KERNEL };

/* A list of numbers of one kind that a thread uses, and their places in it. */
struct used {
	uint32_t *index; /* by number; UINT32_MAX: not used */
	uint32_t *list;
	uint32_t n, all;
};

struct firefox {
	struct stacks *stacks;
	struct thread_samples threads;
	struct source *src;
	const struct export_args *args;
	struct frames *stack; /* of frames, functions_plant_frames() */
	uint32_t *stack_of; /* by node of the profile */
	uint32_t *site_of; /* by frame */
	struct used node, placed, function, module; /* stacks, frames, ... */
	const char **texts; /* of the current thread, by its numbers */
	uint32_t n_texts, room_texts;
	struct idmap text_of; /* pointer -> number */
	int error;
	struct json j;
};

static int used_init(struct used *u, size_t all)
{
	u->index = malloc((all + 1) * sizeof(*u->index));
	u->list = malloc((all + 1) * sizeof(*u->list));
	u->all = (uint32_t)all;
	if (!u->index || !u->list)
		return -ENOMEM;
	memset(u->index, 0xff, (all + 1) * sizeof(*u->index));
	return 0;
}

static void used_done(struct used *u)
{
	free(u->index);
	free(u->list);
}

static void used_clear(struct used *u)
{
	for (uint32_t i = 0; i < u->n; i++)
		u->index[u->list[i]] = UINT32_MAX;
	u->n = 0;
}

static uint32_t use(struct used *u, uint32_t number)
{
	if (u->index[number] == UINT32_MAX) {
		u->index[number] = u->n;
		u->list[u->n++] = number;
	}
	return u->index[number];
}

/* Number of a text that lives as long as the export, in the current thread's list. */
static uint32_t text_of(struct firefox *f, const char *s)
{
	uint32_t i = idmap_get(&f->text_of, (uintptr_t)s);

	if (i != IDMAP_NONE)
		return i;
	if (f->n_texts == f->room_texts) {
		uint32_t room = max_of(2 * f->room_texts, 256u);
		const char **grown = reallocarray(f->texts, room, sizeof(*grown));

		if (!grown) {
			f->error = -ENOMEM;
			return 0;
		}
		f->texts = grown;
		f->room_texts = room;
	}
	if (idmap_set(&f->text_of, (uintptr_t)s, f->n_texts) < 0)
		f->error = -ENOMEM;
	f->texts[f->n_texts] = s;
	return f->n_texts++;
}

/* ---- small writers ---- */

static double ms(nsec_t t)
{
	return (double)t / NSEC_PER_MSEC;
}

static double since_start(const struct firefox *f, nsec_t t)
{
	return t > f->src->info->start ? ms(t - f->src->info->start) : 0;
}

static void begin_table(struct firefox *f, const char *name, uint64_t length)
{
	json_key(&f->j, name);
	json_begin_object(&f->j);
	json_key_u64(&f->j, "length", length);
}

static void begin_column(struct firefox *f, const char *name)
{
	json_key(&f->j, name);
	json_begin_array_flat(&f->j);
}

/* What every row of a column says. */
enum constant { ALL_NULL, ALL_FALSE, ALL_ZERO, ALL_MINUS_ONE, ALL_ONE };

static void constant_column(struct firefox *f, const char *name, uint64_t n, enum constant c)
{
	begin_column(f, name);
	for (uint64_t i = 0; i < n; i++) {
		if (c == ALL_NULL)
			json_put_null(&f->j);
		else if (c == ALL_FALSE)
			json_bool(&f->j, false);
		else
			json_i64(&f->j, c == ALL_ZERO ? 0 : c == ALL_ONE ? 1 : -1);
	}
	json_end(&f->j);
}

/* ---- the run ---- */

static void write_category(struct firefox *f, const char *name, const char *color)
{
	json_begin_object_flat(&f->j);
	json_key_str(&f->j, "name", name);
	json_key_str(&f->j, "color", color);
	begin_column(f, "subcategories");
	json_str(&f->j, "Other");
	json_end(&f->j);
	json_end(&f->j);
}

static void write_marker_schema(struct firefox *f)
{
	static const char *const field[][3] = { { "cpu", "CPU", "integer" },
						{ "count", "Lost events", "integer" },
						{ "cause", "Cause", "string" } };

	json_key(&f->j, "markerSchema");
	json_begin_array(&f->j);
	json_begin_object(&f->j);
	json_key_str(&f->j, "name", "Loss");
	begin_column(f, "display");
	json_str(&f->j, "marker-chart");
	json_str(&f->j, "marker-table");
	json_end(&f->j);
	json_key(&f->j, "data");
	json_begin_array(&f->j);
	for (size_t i = 0; i < ARRAY_SIZE(field); i++) {
		json_begin_object_flat(&f->j);
		json_key_str(&f->j, "key", field[i][0]);
		json_key_str(&f->j, "label", field[i][1]);
		json_key_str(&f->j, "format", field[i][2]);
		json_end(&f->j);
	}
	json_end(&f->j);
	json_end(&f->j);
	json_end(&f->j);
}

/* How far apart the samples of the first thread are; 1 ms where that is not known. */
static double interval_of(const struct firefox *f)
{
	const struct stack_event *v =
		f->threads.n ? stacks_event(f->stacks, f->threads.sample[0].event) : NULL;

	if (v && v->freq)
		return 1000.0 / v->freq;
	return v && v->period && !strcmp(v->unit, "ns") ? ms(v->period) : 1;
}

static void write_meta(struct firefox *f)
{
	struct json *j = &f->j;
	nsec_t real = run_info_realtime(f->src->info, f->src->info->start);

	json_key(j, "meta");
	json_begin_object(j);
	json_key_u64(j, "version", GECKO_VERSION);
	json_key_u64(j, "preprocessedProfileVersion", PROCESSED_VERSION);
	json_key_f64(j, "interval", interval_of(f));
	json_key_f64(j, "startTime", ms(real));
	json_key_u64(j, "processType", 0);
	json_key_u64(j, "stackwalk", 1);
	json_key_bool(j, "debug", false);
	json_key_str(j, "product", f->src->info->name);
	json_key_str(j, "importedFrom", "kymo " KYMO_VERSION);
	json_key_str(j, "platform", "Linux");
	json_key_bool(j, "symbolicated", true);
	json_key_bool(j, "usesOnlyOneStackType", true);
	json_key_bool(j, "doesNotUseFrameImplementation", true);
	json_key_bool(j, "sourceCodeIsNotOnSearchfox", true);
	begin_table(f, "extensions", 0);
	constant_column(f, "id", 0, ALL_NULL);
	constant_column(f, "name", 0, ALL_NULL);
	constant_column(f, "baseURL", 0, ALL_NULL);
	json_end(j);
	json_key(j, "categories");
	json_begin_array(j);
	write_category(f, "Other", "grey");
	write_category(f, "User", "yellow");
	write_category(f, "Kernel", "orange");
	json_end(j);
	write_marker_schema(f);
	json_end(j);
}

static void write_libs(struct firefox *f)
{
	const struct modules *modules = profile_modules(stacks_profile(f->stacks));

	json_key(&f->j, "libs");
	json_begin_array(&f->j);
	for (uint32_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_at(modules, i);
		const char *slash = strrchr(m->path, '/');
		const char *name = slash && slash[1] ? slash + 1 : m->path;

		json_begin_object(&f->j);
		json_key_str(&f->j, "name", name);
		json_key_str(&f->j, "path", m->path);
		json_key_str(&f->j, "debugName", name);
		json_key_str(&f->j, "debugPath", m->path);
		json_key_str(&f->j, "breakpadId", "");
		json_key_str(&f->j, "codeId", m->build_id[0] ? m->build_id : NULL);
		json_key_str(&f->j, "arch", "");
		json_end(&f->j);
	}
	json_end(&f->j);
}

/* ---- tables of a thread ---- */

/* All nodes of the samples' chains, callers before what they call. */
static void use_nodes(struct firefox *f, const struct stack_sample *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t node = f->stack_of[x[i].node];
		     node && f->node.index[node] == UINT32_MAX;
		     node = frames_at(f->stack, node)->parent)
			(void)use(&f->node, node);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

/* Parents have smaller numbers, so sorting puts them first. */
static void sort_nodes(struct firefox *f)
{
	if (f->node.n)
		qsort(f->node.list, f->node.n, sizeof(*f->node.list), by_number);
	for (uint32_t i = 0; i < f->node.n; i++)
		f->node.index[f->node.list[i]] = i;
}

static unsigned int category_of(const struct firefox *f, uint32_t frame)
{
	const struct functions *functions = stacks_functions(f->stacks);
	uint32_t function = functions_frame_at(functions, frame)->function;

	return functions_at(functions, function)->kind == MODULE_KERNEL ? CATEGORY_KERNEL
									: CATEGORY_USER;
}

static void write_stack_table(struct firefox *f)
{
	begin_table(f, "stackTable", f->node.n);
	begin_column(f, "frame");
	for (uint32_t i = 0; i < f->node.n; i++)
		json_u64(&f->j, use(&f->placed, frames_at(f->stack, f->node.list[i])->module));
	json_end(&f->j);
	begin_column(f, "prefix");
	for (uint32_t i = 0; i < f->node.n; i++) {
		uint32_t parent = frames_at(f->stack, f->node.list[i])->parent;

		if (parent)
			json_u64(&f->j, f->node.index[parent]);
		else
			json_put_null(&f->j);
	}
	json_end(&f->j);
	begin_column(f, "category");
	for (uint32_t i = 0; i < f->node.n; i++)
		json_u64(&f->j, category_of(f, frames_at(f->stack, f->node.list[i])->module));
	json_end(&f->j);
	constant_column(f, "subcategory", f->node.n, ALL_ZERO);
	json_end(&f->j);
}

static const struct function_site *site_of(const struct firefox *f, uint32_t frame)
{
	return functions_site_at(stacks_functions(f->stacks), f->site_of[frame]);
}

/* A line, or null. */
static void put_line(struct firefox *f, uint32_t line)
{
	if (line)
		json_u64(&f->j, line);
	else
		json_put_null(&f->j);
}

static void write_frame_table(struct firefox *f)
{
	const struct functions *functions = stacks_functions(f->stacks);
	uint32_t n = f->placed.n;

	begin_table(f, "frameTable", n);
	begin_column(f, "address");
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = site_of(f, f->placed.list[i])->offset;

		/* JSON's numbers are exact up to 2^53 only: addresses of the kernel are not. */
		if (at < UINT64_C(1) << 53)
			json_u64(&f->j, at);
		else
			json_i64(&f->j, -1);
	}
	json_end(&f->j);
	begin_column(f, "func");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, use(&f->function,
				    functions_frame_at(functions, f->placed.list[i])->function));
	json_end(&f->j);
	begin_column(f, "category");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, category_of(f, f->placed.list[i]));
	json_end(&f->j);
	constant_column(f, "subcategory", n, ALL_ZERO);
	begin_column(f, "inlineDepth");
	for (uint32_t i = 0; i < n; i++) {
		uint32_t frame = f->placed.list[i];
		const struct function_site *at = site_of(f, frame);

		json_u64(&f->j, at->first + at->n - 1 - frame);
	}
	json_end(&f->j);
	constant_column(f, "nativeSymbol", n, ALL_NULL);
	constant_column(f, "innerWindowID", n, ALL_ZERO);
	constant_column(f, "implementation", n, ALL_NULL);
	begin_column(f, "line");
	for (uint32_t i = 0; i < n; i++)
		put_line(f, functions_frame_at(functions, f->placed.list[i])->line);
	json_end(&f->j);
	constant_column(f, "column", n, ALL_NULL);
	json_end(&f->j);
}

/* Functions are of the module of a frame in them. */
static void write_function_table(struct firefox *f)
{
	const struct functions *functions = stacks_functions(f->stacks);
	uint32_t n = f->function.n;
	auto_free uint32_t *module = calloc(n + 1, sizeof(*module));

	if (!module) {
		f->error = -ENOMEM;
		return;
	}
	for (uint32_t i = 0; i < f->placed.n; i++) {
		uint32_t frame = f->placed.list[i];
		uint32_t function = functions_frame_at(functions, frame)->function;

		module[f->function.index[function]] = site_of(f, frame)->module;
	}
	begin_table(f, "funcTable", n);
	begin_column(f, "name");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, text_of(f, functions_at(functions, f->function.list[i])->name));
	json_end(&f->j);
	begin_column(f, "resource");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, use(&f->module, module[i]));
	json_end(&f->j);
	constant_column(f, "isJS", n, ALL_FALSE);
	constant_column(f, "relevantForJS", n, ALL_FALSE);
	begin_column(f, "fileName");
	for (uint32_t i = 0; i < n; i++) {
		const char *file = functions_at(functions, f->function.list[i])->file;

		if (file)
			json_u64(&f->j, text_of(f, file));
		else
			json_put_null(&f->j);
	}
	json_end(&f->j);
	begin_column(f, "lineNumber");
	for (uint32_t i = 0; i < n; i++)
		put_line(f, functions_at(functions, f->function.list[i])->line);
	json_end(&f->j);
	constant_column(f, "columnNumber", n, ALL_NULL);
	json_end(&f->j);
}

static void write_resource_table(struct firefox *f)
{
	const struct modules *modules = profile_modules(stacks_profile(f->stacks));
	uint32_t n = f->module.n;

	begin_table(f, "resourceTable", n);
	begin_column(f, "lib");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, f->module.list[i]);
	json_end(&f->j);
	begin_column(f, "name");
	for (uint32_t i = 0; i < n; i++)
		json_u64(&f->j, text_of(f, modules_at(modules, f->module.list[i])->path));
	json_end(&f->j);
	constant_column(f, "host", n, ALL_NULL);
	constant_column(f, "type", n, ALL_ONE); /* a library */
	json_end(&f->j);
	begin_table(f, "nativeSymbols", 0);
	constant_column(f, "libIndex", 0, ALL_NULL);
	constant_column(f, "address", 0, ALL_NULL);
	constant_column(f, "name", 0, ALL_NULL);
	constant_column(f, "functionSize", 0, ALL_NULL);
	json_end(&f->j);
}

static void write_samples(struct firefox *f, const struct stack_sample *x, size_t n)
{
	bool sums = stacks_event(f->stacks, x->event)->sums;

	begin_table(f, "samples", n);
	json_key_str(&f->j, "weightType", "samples");
	begin_column(f, "stack");
	for (size_t i = 0; i < n; i++) {
		if (x[i].node)
			json_u64(&f->j, f->node.index[f->stack_of[x[i].node]]);
		else
			json_put_null(&f->j);
	}
	json_end(&f->j);
	begin_column(f, "time");
	for (size_t i = 0; i < n; i++)
		json_f64(&f->j, since_start(f, x[i].time));
	json_end(&f->j);
	constant_column(f, "eventDelay", n, ALL_NULL);
	if (sums) {
		begin_column(f, "weight");
		for (size_t i = 0; i < n; i++)
			json_u64(&f->j, x[i].weight);
		json_end(&f->j);
	} else {
		json_key(&f->j, "weight");
		json_put_null(&f->j);
	}
	json_end(&f->j);
}

/* Losses are of CPUs: they stand in the first thread. */
static void write_markers(struct firefox *f, bool first)
{
	const struct run_info *info = f->src->info;
	size_t n = first ? info->n_loss : 0;

	begin_table(f, "markers", n);
	begin_column(f, "name");
	for (size_t i = 0; i < n; i++)
		json_u64(&f->j, text_of(f, "Lost events"));
	json_end(&f->j);
	begin_column(f, "startTime");
	for (size_t i = 0; i < n; i++)
		json_f64(&f->j, since_start(f, info->loss[i].from));
	json_end(&f->j);
	begin_column(f, "endTime");
	for (size_t i = 0; i < n; i++)
		json_f64(&f->j, since_start(f, info->loss[i].to));
	json_end(&f->j);
	constant_column(f, "phase", n, ALL_ONE); /* an interval */
	constant_column(f, "category", n, ALL_ZERO);
	json_key(&f->j, "data");
	json_begin_array(&f->j);
	for (size_t i = 0; i < n; i++) {
		const struct run_loss *l = &info->loss[i];

		json_begin_object_flat(&f->j);
		json_key_str(&f->j, "type", "Loss");
		if (l->cpu != BATCH_CPU_NONE)
			json_key_u64(&f->j, "cpu", l->cpu);
		if (l->count)
			json_key_u64(&f->j, "count", l->count);
		json_key_str(&f->j, "cause", loss_cause_name(l->cause));
		json_end(&f->j);
	}
	json_end(&f->j);
	json_end(&f->j);
}

static void write_thread_head(struct firefox *f, const struct stack_sample *x)
{
	const struct task *t = f->threads.merge ? NULL : tasks_at(f->src->tasks, x->task);
	const char *name =
		t ? tasks_label(f->src->tasks, x->task) : stacks_name(f->stacks, x->name);
	struct json *j = &f->j;
	char pid[16];

	(void)snprintf(pid, sizeof(pid), "%u", t ? x->pid : x->name);
	json_key_str(j, "processType", "default");
	json_key_str(j, "processName", name);
	json_key_f64(j, "processStartupTime", t && t->born ? since_start(f, t->born) : 0);
	json_key(j, "processShutdownTime");
	json_put_null(j);
	json_key_f64(j, "registerTime", t && t->born ? since_start(f, t->born) : 0);
	json_key(j, "unregisterTime");
	if (t && t->died != NSEC_MAX)
		json_f64(j, since_start(f, t->died));
	else
		json_put_null(j);
	begin_column(f, "pausedRanges");
	json_end(j);
	json_key_str(j, "name", name);
	json_key_bool(j, "isMainThread", !t || x->pid == x->tid);
	json_key_str(j, "pid", pid);
	json_key_u64(j, "tid", t ? x->tid : x->name);
}

static void write_thread(struct firefox *f, size_t from, size_t to)
{
	const struct stack_sample *x = &f->threads.sample[from];

	used_clear(&f->node);
	used_clear(&f->placed);
	used_clear(&f->function);
	used_clear(&f->module);
	f->n_texts = 0;
	idmap_clear(&f->text_of);
	use_nodes(f, x, to - from);
	sort_nodes(f);
	json_begin_object(&f->j);
	write_thread_head(f, x);
	write_samples(f, x, to - from);
	write_markers(f, !from);
	write_stack_table(f);
	write_frame_table(f);
	write_function_table(f);
	write_resource_table(f);
	begin_column(f, "stringArray");
	for (uint32_t i = 0; i < f->n_texts; i++)
		json_str(&f->j, f->texts[i]);
	json_end(&f->j);
	json_end(&f->j);
}

static int prepare(struct firefox *f)
{
	const struct functions *functions = stacks_functions(f->stacks);
	size_t n_modules = modules_count(profile_modules(stacks_profile(f->stacks)));

	if (functions_plant_frames(functions, profile_frames(stacks_profile(f->stacks)), &f->stack,
				   &f->stack_of) < 0 ||
	    used_init(&f->node, frames_count(f->stack)) < 0 ||
	    used_init(&f->placed, functions_n_frames(functions)) < 0 ||
	    used_init(&f->function, functions_count(functions)) < 0 ||
	    used_init(&f->module, n_modules) < 0)
		return -ENOMEM;
	f->site_of = calloc(functions_n_frames(functions) + 1, sizeof(*f->site_of));
	if (!f->site_of)
		return -ENOMEM;
	for (uint32_t i = 1; i < functions_n_sites(functions); i++) {
		const struct function_site *at = functions_site_at(functions, i);

		for (uint32_t k = 0; k < at->n; k++)
			f->site_of[at->first + k] = i;
	}
	return 0;
}

static int write_all(struct firefox *f, struct err *e)
{
	int r = prepare(f);

	if (r < 0)
		return err_set(e, r, "out of memory");
	json_begin_object(&f->j);
	write_meta(f);
	write_libs(f);
	json_key(&f->j, "pages");
	json_begin_array(&f->j);
	json_end(&f->j);
	json_key(&f->j, "threads");
	json_begin_array(&f->j);
	for (size_t i = 0, end; i < f->threads.n; i = end) {
		end = thread_samples_end(&f->threads, i);
		write_thread(f, i, end);
	}
	json_end(&f->j);
	json_end(&f->j);
	r = f->error ? f->error : json_error(&f->j);
	return r < 0 ? err_set(e, r, "no memory for the profile") : 0;
}

static int to_firefox(struct source *src, const struct export_args *args, FILE *out,
		      struct export_result *ret, struct err *e)
{
	auto_ptr(stacks) stacks = NULL;
	struct firefox f = { .src = src, .args = args };
	auto_buf text;
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&text, 0);
	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r < 0)
		return r;
	f.stacks = stacks;
	json_init(&f.j, &text, 0);
	r = stacks_one_event(stacks, e);
	if (r >= 0)
		r = thread_samples_read(&f.threads, stacks, args->merge, e);
	if (r >= 0)
		r = write_all(&f, e);
	if (r >= 0) {
		(void)fwrite(text.data, 1, text.len, out); /* the caller looks at ferror() */
		(void)fputc('\n', out);
		ret->rows = f.threads.n;
		stacks_notes(stacks, &ret->notes);
	}
	thread_samples_done(&f.threads);
	used_done(&f.node);
	used_done(&f.placed);
	used_done(&f.function);
	used_done(&f.module);
	idmap_done(&f.text_of);
	free(f.texts);
	frames_free(f.stack);
	free(f.stack_of);
	free(f.site_of);
	return r;
}

const struct exporter exporter_firefox = {
	.name = "firefox",
	.summary = "JSON for the Firefox Profiler (processed profile format 48)",
	.extensions = ".firefox.json",
	.flags = EXPORTER_TEXT | EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS |
		 EXPORTER_MERGING | EXPORTER_SAMPLES,
	.run = to_firefox,
};
