/* SPDX-License-Identifier: MIT */
/* Events, functions and their tree as JSON. Texts of a profile are many and long, so each is
 * written once. */
#include "export/page_profile.h"

#include <errno.h>
#include <stdlib.h>

#include "base/idmap.h"
#include "export/answer_json.h"
#include "export/page_counters.h"
#include "model/profile_track.h"

#define DRAIN_EVERY 4096

/* Texts by their number; equal ones are one pointer in a struct functions. */
struct texts {
	struct idmap number;
	uint32_t *of; /* by function */
	uint32_t *first; /* function of each text */
	uint32_t n;
};

static void texts_done(struct texts *t)
{
	idmap_done(&t->number);
	free(t->of);
	free(t->first);
}

/* Number the texts that @get gives for the functions. */
static int texts_init(struct texts *t, const struct functions *f,
		      const char *(*get)(const struct function *))
{
	size_t n = functions_count(f);
	int r = 0;

	*t = (struct texts){ .of = calloc(n + 1, sizeof(*t->of)),
			     .first = calloc(n + 1, sizeof(*t->first)) };
	if (!t->of || !t->first)
		return -ENOMEM;
	for (uint32_t i = 0; i < n && r >= 0; i++) {
		uint64_t key = (uintptr_t)get(functions_at(f, i));

		t->of[i] = idmap_get(&t->number, key);
		if (t->of[i] != IDMAP_NONE)
			continue;
		t->of[i] = t->n;
		t->first[t->n] = i;
		r = idmap_set(&t->number, key, t->n++);
	}
	return r;
}

static const char *name_of(const struct function *f)
{
	return f->name;
}

static const char *module_of(const struct function *f)
{
	return f->module;
}

static void events_json(const struct profile *p, struct json *j)
{
	json_key(j, "events");
	json_begin_array(j);
	for (size_t i = 0; i < profile_n_events(p); i++) {
		const struct profile_event *v = profile_event_at(p, i);

		if (v->flags & (EVENT_FLAG_MISSING | EVENT_FLAG_COUNTED))
			continue;
		json_begin_object_flat(j);
		json_key_u64(j, "number", v->number);
		json_key_str(j, "name", v->name);
		json_key_str(j, "unit", v->unit);
		json_key_bool(j, "off_cpu", v->flags & EVENT_FLAG_OFF_CPU);
		json_end(j);
	}
	json_end(j);
}

static int texts_json(const struct functions *f, const struct texts *names,
		      const struct texts *modules, struct json *j, FILE *out)
{
	int r = 0;

	json_key(j, "names");
	json_begin_array(j);
	for (uint32_t i = 0; i < names->n && r >= 0; i++) {
		json_str(j, functions_at(f, names->first[i])->name);
		r = i % DRAIN_EVERY ? 0 : json_drain(j, out);
	}
	json_end(j);
	json_key(j, "modules");
	json_begin_array(j);
	for (uint32_t i = 0; i < modules->n && r >= 0; i++) {
		const struct function *of = functions_at(f, modules->first[i]);

		json_begin_object_flat(j);
		json_key_str(j, "name", of->module);
		json_key_u64(j, "kind", of->kind);
		json_end(j);
	}
	json_end(j);
	return r;
}

static void pair_json(struct json *j, uint32_t a, uint32_t b)
{
	json_begin_array_flat(j);
	json_u64(j, a);
	json_u64(j, b);
	json_end(j);
}

static int tree_json(const struct functions *f, const struct texts *names,
		     const struct texts *modules, bool node_of, struct json *j, FILE *out)
{
	const struct frames *tree = functions_tree(f);
	int r = 0;

	json_key(j, "functions");
	json_begin_array(j);
	for (uint32_t i = 0; i < functions_count(f) && r >= 0; i++) {
		pair_json(j, names->of[i], modules->of[i]);
		r = i % DRAIN_EVERY ? 0 : json_drain(j, out);
	}
	json_end(j);
	json_key(j, "nodes");
	json_begin_array(j);
	for (uint32_t i = 1; i < frames_count(tree) && r >= 0; i++) {
		pair_json(j, frames_at(tree, i)->parent, frames_at(tree, i)->module);
		r = i % DRAIN_EVERY ? 0 : json_drain(j, out);
	}
	json_end(j);
	if (!node_of)
		return r;
	json_key(j, "node_of");
	json_begin_array_flat(j);
	for (uint32_t i = 0; i < functions_n_nodes(f) && r >= 0; i++) {
		json_u64(j, functions_tree_node(f, i));
		r = i % DRAIN_EVERY ? 0 : json_drain(j, out);
	}
	json_end(j);
	return r;
}

int page_profile_json(const struct page_run *run, struct json *j, FILE *out)
{
	const struct functions *f = run->functions;
	struct texts names, modules = { 0 };
	int r = texts_init(&names, f, name_of);

	if (r >= 0)
		r = texts_init(&modules, f, module_of);
	if (r >= 0) {
		json_begin_object(j);
		events_json(run->profile, j);
		page_metrics_json(run->sampled, run->n_sampled, j);
		r = texts_json(f, &names, &modules, j, out);
		if (r >= 0)
			r = tree_json(f, &names, &modules, run->sample_rows, j, out);
		json_end(j);
	}
	texts_done(&names);
	texts_done(&modules);
	return r;
}
