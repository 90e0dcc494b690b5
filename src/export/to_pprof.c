/* SPDX-License-Identifier: MIT */
/*
 * pprof: profile.proto (github.com/google/pprof), packed with gzip. Equal stacks of a thread on a
 * CPU are one sample, with a count and a sum of weights for each event. docs/formats/exports.md
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/quantity.h"
#include "base/strpool.h"
#include "export/exporter.h"
#include "export/stacks.h"
#include "format/gzip.h"
#include "format/protobuf.h"
#include "model/run.h"
#include "model/tasks.h"

/* Fields of profile.proto. */
enum { PROFILE_SAMPLE_TYPE = 1, PROFILE_SAMPLE, PROFILE_MAPPING, PROFILE_LOCATION };
enum { PROFILE_FUNCTION = 5, PROFILE_STRING, PROFILE_TIME = 9, PROFILE_DURATION };
enum { PROFILE_PERIOD_TYPE = 11, PROFILE_PERIOD, PROFILE_COMMENT };
enum { VALUE_TYPE = 1, VALUE_UNIT };
enum { SAMPLE_F_LOCATION = 1, SAMPLE_F_VALUE, SAMPLE_F_LABEL };
enum { LABEL_KEY = 1, LABEL_STR, LABEL_NUM };
enum { MAPPING_ID = 1, MAPPING_START, MAPPING_LIMIT, MAPPING_OFFSET, MAPPING_FILE, MAPPING_BUILD };
enum { MAPPING_HAS_FUNCTIONS = 7 };
enum { LOCATION_ID = 1, LOCATION_MAPPING, LOCATION_ADDRESS, LOCATION_LINE };
enum { LINE_FUNCTION = 1, LINE_LINE };
enum { FUNCTION_ID = 1, FUNCTION_NAME, FUNCTION_SYSTEM_NAME, FUNCTION_FILE, FUNCTION_LINE };

#define VALUES_PER_EVENT 2 /* samples, weight */

struct pprof {
	const struct export_args *args;
	struct stacks *stacks;
	const struct run_info *info;
	struct frames *thread; /* .parent tid, .module pid, .offset name */
	struct frames *sample; /* .parent thread, .module node, .offset cpu */
	uint64_t *value; /* by sample and event, VALUES_PER_EVENT each */
	size_t n_values;
	uint8_t *event_used;
	uint8_t *site_used; /* locations are sites */
	struct strpool *text;
	struct idmap string; /* interned text -> number */
	uint32_t n_strings;
	struct buf strings; /* their fields */
	struct buf out, message, inner;
	uint64_t rows;
};

/* ---- summing ---- */

static int take(void *ctx, const struct stack_sample *x, struct err *e)
{
	struct pprof *p = ctx;
	size_t per_sample = stacks_n_events(p->stacks) * VALUES_PER_EVENT;
	bool merge = p->args->merge;
	uint32_t thread = frames_add(p->thread, merge ? 0 : x->tid, merge ? 0 : x->pid, x->name);
	uint32_t sample = thread == FRAMES_MAX ? FRAMES_MAX
					       : frames_add(p->sample, thread, x->node,
							    merge ? BATCH_CPU_NONE : x->cpu);
	void *array = p->value;

	if (sample == FRAMES_MAX ||
	    tasks_ensure(&array, &p->n_values, (sample + (size_t)1) * per_sample,
			 sizeof(*p->value)) < 0) {
		p->value = array;
		return err_set(e, -ENOMEM, "out of memory");
	}
	p->value = array;
	uint64_t *value = &p->value[sample * per_sample + x->event * VALUES_PER_EVENT];

	value[0] += stacks_count(p->stacks, x);
	value[1] += x->weight;
	p->event_used[x->event] = 1;
	p->rows++;
	return 0;
}

/* ---- strings ---- */

/* Errors stick in p->strings. */
static uint32_t string_of(struct pprof *p, const char *s)
{
	const char *kept = strpool_add(p->text, s);
	uint32_t number = kept ? idmap_get(&p->string, (uintptr_t)kept) : IDMAP_NONE;

	if (number != IDMAP_NONE)
		return number;
	if (!kept || idmap_set(&p->string, (uintptr_t)kept, p->n_strings) < 0) {
		p->strings.error = -ENOMEM;
		return 0;
	}
	proto_add_str(&p->strings, PROFILE_STRING, kept);
	return p->n_strings++;
}

static void add_value_type(struct pprof *p, uint32_t field, const char *type, const char *unit)
{
	proto_add_u64(&p->message, VALUE_TYPE, string_of(p, type));
	proto_add_u64(&p->message, VALUE_UNIT, string_of(p, unit));
	proto_add_message(&p->out, field, &p->message);
}

/* ---- events ---- */

static const char *unit_of(const struct stack_event *v)
{
	if (!strcmp(v->unit, "ns"))
		return "nanoseconds";
	return v->unit[0] ? v->unit : "count";
}

static bool is_clock(const char *name)
{
	return !strncmp(name, "cpu-clock", 9) || !strncmp(name, "task-clock", 10);
}

/* What pprof's own profiles of CPU time say for both. */
static const char *type_of(const struct stack_event *v, bool alone)
{
	return alone && !v->sums && is_clock(v->name) ? "cpu" : v->name;
}

static void add_event(struct pprof *p, const struct stack_event *v, bool alone)
{
	char counts[256];

	if (!v->sums) {
		if (alone)
			(void)snprintf(counts, sizeof(counts), "samples");
		else
			(void)snprintf(counts, sizeof(counts), "%.240s samples", v->name);
		add_value_type(p, PROFILE_SAMPLE_TYPE, counts, "count");
	}
	add_value_type(p, PROFILE_SAMPLE_TYPE, type_of(v, alone), unit_of(v));
}

/* How far apart samples are, where it is known. */
static uint64_t period_of(const struct stack_event *v)
{
	if (!v->period && v->freq && !strcmp(v->unit, "ns"))
		return NSEC_PER_SEC / v->freq;
	return v->period;
}

static void add_events(struct pprof *p)
{
	size_t used = 0;
	bool has_period = false;

	for (uint32_t i = 0; i < stacks_n_events(p->stacks); i++)
		used += p->event_used[i];
	for (uint32_t i = 0; i < stacks_n_events(p->stacks); i++) {
		const struct stack_event *v = stacks_event(p->stacks, i);

		if (!p->event_used[i])
			continue;
		add_event(p, v, used == 1);
		if (!has_period && period_of(v)) {
			has_period = true;
			add_value_type(p, PROFILE_PERIOD_TYPE, type_of(v, used == 1), unit_of(v));
			proto_add_u64(&p->out, PROFILE_PERIOD, period_of(v));
		}
	}
}

/* ---- places ---- */

static void add_location(struct pprof *p, uint32_t site)
{
	const struct functions *functions = stacks_functions(p->stacks);
	const struct function_site *at = functions_site_at(functions, site);
	const struct function_frame *frame = functions_frame_at(functions, at->first);
	const struct module *m = modules_at(profile_modules(stacks_profile(p->stacks)), at->module);

	proto_add_u64(&p->message, LOCATION_ID, site);
	if (m->kind != MODULE_UNKNOWN)
		proto_add_u64(&p->message, LOCATION_MAPPING, at->module + (uint64_t)1);
	if (m->kind != MODULE_NAMED)
		proto_add_u64(&p->message, LOCATION_ADDRESS, at->offset);
	for (uint32_t k = 0; k < at->n; k++) {
		if (!functions_at(functions, frame[k].function)->known)
			continue;
		proto_add_u64(&p->inner, LINE_FUNCTION, frame[k].function + (uint64_t)1);
		if (frame[k].line)
			proto_add_u64(&p->inner, LINE_LINE, frame[k].line);
		proto_add_message(&p->message, LOCATION_LINE, &p->inner);
	}
	proto_add_message(&p->out, PROFILE_LOCATION, &p->message);
}

static void add_functions(struct pprof *p, const uint8_t *used)
{
	const struct functions *functions = stacks_functions(p->stacks);

	for (uint32_t i = 0; i < functions_count(functions); i++) {
		const struct function *f = functions_at(functions, i);
		uint32_t name;

		if (!used[i])
			continue;
		name = string_of(p, f->name);
		proto_add_u64(&p->message, FUNCTION_ID, i + (uint64_t)1);
		proto_add_u64(&p->message, FUNCTION_NAME, name);
		proto_add_u64(&p->message, FUNCTION_SYSTEM_NAME, name);
		if (f->file) {
			proto_add_u64(&p->message, FUNCTION_FILE, string_of(p, f->file));
			proto_add_u64(&p->message, FUNCTION_LINE, f->line);
		}
		proto_add_message(&p->out, PROFILE_FUNCTION, &p->message);
	}
}

struct mapping {
	bool used, unnamed;
	uint64_t low, high; /* of the addresses in it */
};

static void add_mappings(struct pprof *p, const struct mapping *map)
{
	const struct modules *modules = profile_modules(stacks_profile(p->stacks));

	for (uint32_t i = 0; i < modules_count(modules); i++) {
		const struct module *m = modules_at(modules, i);
		bool file = m->kind == MODULE_FILE || m->kind == MODULE_VDSO;

		if (!map[i].used)
			continue;
		proto_add_u64(&p->message, MAPPING_ID, i + (uint64_t)1);
		if (m->kind != MODULE_NAMED) {
			/* Places of files are offsets in them: as if they were mapped at 0. */
			proto_add_u64(&p->message, MAPPING_START, file ? 0 : map[i].low);
			proto_add_u64(&p->message, MAPPING_LIMIT,
				      map[i].high == UINT64_MAX ? UINT64_MAX : map[i].high + 1);
		}
		proto_add_u64(&p->message, MAPPING_FILE, string_of(p, m->path));
		proto_add_u64(&p->message, MAPPING_BUILD, string_of(p, m->build_id));
		proto_add_u64(&p->message, MAPPING_HAS_FUNCTIONS, !map[i].unnamed);
		proto_add_message(&p->out, PROFILE_MAPPING, &p->message);
	}
}

/* Note the functions of @site as used; false where one has no name. */
static bool use_functions(const struct functions *functions, uint32_t site, uint8_t *used)
{
	const struct function_site *at = functions_site_at(functions, site);
	const struct function_frame *frame = functions_frame_at(functions, at->first);
	bool known = true;

	for (uint32_t k = 0; k < at->n; k++) {
		if (functions_at(functions, frame[k].function)->known)
			used[frame[k].function] = 1;
		else
			known = false;
	}
	return known;
}

/* Locations of the samples' chains, and what these refer to. */
static int add_places(struct pprof *p)
{
	const struct profile *profile = stacks_profile(p->stacks);
	const struct functions *functions = stacks_functions(p->stacks);
	size_t n_modules = modules_count(profile_modules(profile));
	auto_free struct mapping *map = calloc(n_modules + 1, sizeof(*map));
	auto_free uint8_t *used = calloc(functions_count(functions) + 1, 1);

	if (!map || !used)
		return -ENOMEM;
	for (uint32_t i = 0; i < n_modules; i++)
		map[i].low = UINT64_MAX;
	for (uint32_t site = 1; site < functions_n_sites(functions); site++) {
		const struct function_site *at = functions_site_at(functions, site);
		struct mapping *m = &map[at->module];

		if (!p->site_used[site])
			continue;
		m->used = modules_at(profile_modules(profile), at->module)->kind != MODULE_UNKNOWN;
		m->low = min_of(m->low, at->offset);
		m->high = max_of(m->high, at->offset);
		m->unnamed |= !use_functions(functions, site, used);
		add_location(p, site);
	}
	add_functions(p, used);
	add_mappings(p, map);
	return 0;
}

/* ---- samples ---- */

static void add_label(struct pprof *p, const char *key, const char *text, uint64_t number)
{
	proto_add_u64(&p->inner, LABEL_KEY, string_of(p, key));
	if (text)
		proto_add_u64(&p->inner, LABEL_STR, string_of(p, text));
	else
		proto_add_u64(&p->inner, LABEL_NUM, number);
	proto_add_message(&p->message, SAMPLE_F_LABEL, &p->inner);
}

static void add_sample(struct pprof *p, uint32_t i)
{
	const struct frames *frames = profile_frames(stacks_profile(p->stacks));
	const struct frame *s = frames_at(p->sample, i);
	const struct frame *thread = frames_at(p->thread, s->parent);
	const struct functions *functions = stacks_functions(p->stacks);
	uint32_t site = functions_site(functions, s->module);
	size_t n = stacks_n_events(p->stacks);

	for (uint32_t node = s->module; node;) {
		uint32_t parent = frames_at(frames, node)->parent;

		(void)buf_add_varint(&p->inner, site);
		p->site_used[site] = 1;
		site = functions_call_site(functions, node, parent);
		node = parent;
	}
	proto_add_message(&p->message, SAMPLE_F_LOCATION, &p->inner); /* a packed field */
	for (uint32_t v = 0; v < n; v++) {
		const uint64_t *value = &p->value[(i * n + v) * VALUES_PER_EVENT];

		if (!p->event_used[v])
			continue;
		if (!stacks_event(p->stacks, v)->sums)
			(void)buf_add_varint(&p->inner, value[0]);
		(void)buf_add_varint(&p->inner, value[1]);
	}
	proto_add_message(&p->message, SAMPLE_F_VALUE, &p->inner);
	add_label(p, "comm", stacks_name(p->stacks, (uint32_t)thread->offset), 0);
	if (!p->args->merge) {
		add_label(p, "pid", NULL, thread->module);
		add_label(p, "tid", NULL, thread->parent);
		if (s->offset != BATCH_CPU_NONE)
			add_label(p, "cpu", NULL, s->offset);
	}
	proto_add_message(&p->out, PROFILE_SAMPLE, &p->message);
}

static void add_times(struct pprof *p)
{
	nsec_t real = run_info_realtime(p->info, p->args->from);
	const char *told = run_info_meta(p->info, "import.duration");
	nsec_t duration = p->args->to - p->args->from;

	if (real)
		proto_add_u64(&p->out, PROFILE_TIME, real);
	/* Sums that were imported have no times of their own. */
	if (!duration && told && quantity_parse_duration(told, &duration, NULL) < 0)
		duration = 0;
	if (duration)
		proto_add_u64(&p->out, PROFILE_DURATION, duration);
}

static int write_profile(struct pprof *p, FILE *out, struct err *e)
{
	auto_buf packed;
	int r;

	buf_init(&packed, 0);
	(void)string_of(p, ""); /* number 0 is the empty one */
	add_events(p);
	for (uint32_t i = 1; i < frames_count(p->sample); i++)
		add_sample(p, i);
	r = add_places(p);
	add_times(p);
	(void)buf_add(&p->out, p->strings.data, p->strings.len);
	if (r >= 0)
		r = buf_error(&p->strings);
	if (r >= 0)
		r = buf_error(&p->out);
	if (r < 0)
		return err_set(e, r, "no memory for the profile");
	r = gzip_pack(p->out.data, p->out.len, &packed, e);
	if (r >= 0)
		(void)fwrite(packed.data, 1, packed.len, out); /* the caller looks at ferror() */
	return r;
}

static int make(struct pprof *p, FILE *out, struct err *e)
{
	p->thread = frames_new();
	p->sample = frames_new();
	p->text = strpool_new();
	p->site_used = calloc(functions_n_sites(stacks_functions(p->stacks)), 1);
	p->event_used = calloc(stacks_n_events(p->stacks), 1);
	if (!p->thread || !p->sample || !p->text || !p->event_used || !p->site_used)
		return err_set(e, -ENOMEM, "out of memory");
	int r = stacks_each(p->stacks, CURSOR_BY_STREAM, take, p, e);

	return r < 0 ? r : write_profile(p, out, e);
}

static int to_pprof(struct source *src, const struct export_args *args, FILE *out,
		    struct export_result *ret, struct err *e)
{
	auto_ptr(stacks) stacks = NULL;
	struct pprof p = { .args = args, .info = src->info };
	int r = stacks_open(src, args, &stacks, e);

	buf_init(&ret->notes, EXPORT_NOTES_MAX);
	if (r < 0)
		return r;
	p.stacks = stacks;
	buf_init(&p.strings, 0);
	buf_init(&p.out, 0);
	buf_init(&p.message, 0);
	buf_init(&p.inner, 0);
	r = make(&p, out, e);
	if (r >= 0) {
		ret->rows = p.rows;
		stacks_notes(stacks, &ret->notes);
	}
	frames_free(p.thread);
	frames_free(p.sample);
	strpool_free(p.text);
	idmap_done(&p.string);
	buf_done(&p.strings);
	buf_done(&p.out);
	buf_done(&p.message);
	buf_done(&p.inner);
	free(p.value);
	free(p.event_used);
	free(p.site_used);
	return r;
}

const struct exporter exporter_pprof = {
	.name = "pprof",
	.summary = "profile.proto for pprof and what reads it, packed with gzip",
	.extensions = ".pb.gz .pprof",
	.flags = EXPORTER_WINDOW | EXPORTER_TASKS | EXPORTER_CPUS | EXPORTER_MERGING |
		 EXPORTER_SAMPLES,
	.run = to_pprof,
};
