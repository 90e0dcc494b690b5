/* SPDX-License-Identifier: MIT */
/* Maps by file, and one map of what providers know; rules for all. */
#include "cmd/naming.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cmd/command.h"
#include "format/recording.h"
#include "format/recording_copy.h"
#include "names/namer.h"

struct naming {
	struct name_map *map[OPTION_LIST_MAX];
	unsigned int n_maps;
	bool by_file; /* map i is for file i alone */
	struct name_map *provided; /* of commands and clouds */
	struct name_rules *rules;
};

static bool asks_cloud(const struct naming_args *a)
{
	return a->openstack || a->cloud || a->rc_file;
}

bool naming_asked(const struct naming_args *a)
{
	return a->map.n || a->command.n || a->rule.n || asks_cloud(a);
}

struct naming *naming_free(struct naming *n)
{
	if (n) {
		for (unsigned int i = 0; i < n->n_maps; i++)
			name_map_free(n->map[i]);
		name_map_free(n->provided);
		name_rules_free(n->rules);
		free(n);
	}
	return NULL;
}

static int load_all(struct naming *n, const struct naming_args *a, struct err *e)
{
	/* For drop-ins whose command line takes a password, which goes before an openrc file's. */
	struct namer_request q = { .rc_file = a->rc_file,
				   .password = getenv("KYMO_OS_PASSWORD"),
				   .timeout = a->timeout };
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < a->map.n; i++) {
		struct name_map *map = n->map[n->n_maps++] = name_map_new();

		q.what = a->map.item[i];
		r = map ? namer_csv.load(&q, map, e) : -ENOMEM;
	}
	for (unsigned int i = 0; r >= 0 && i < a->command.n; i++) {
		q.what = a->command.item[i];
		r = namer_command.load(&q, n->provided, e);
	}
	if (r >= 0 && asks_cloud(a)) {
		log_progress("asking OpenStack for the names of servers");
		q.what = a->cloud;
		r = namer_openstack.load(&q, n->provided, e);
		log_progress_done();
	}
	return r;
}

int naming_open(const char *command, const struct naming_args *a, unsigned int n_files,
		struct naming **ret)
{
	auto_ptr(naming) n = calloc(1, sizeof(*n));
	struct err e = { 0 };

	*ret = NULL;
	if (!naming_asked(a))
		return EXIT_SUCCESS;
	if (n) {
		n->provided = name_map_new();
		n->rules = name_rules_new();
	}
	if (!n || !n->provided || !n->rules) {
		log_error("no memory");
		return EXIT_FAILURE;
	}
	if (n_files > 1 && a->map.n > 1 && a->map.n != n_files)
		return command_misused(
			command, "%u maps for %u recordings, give one for all or one for each",
			a->map.n, n_files);
	n->by_file = n_files > 1 && a->map.n == n_files;
	for (unsigned int i = 0; i < a->rule.n; i++) {
		int r = name_rules_add(n->rules, a->rule.item[i], &e);

		if (r < 0)
			return command_misused(command, "%s", err_text(&e, r));
	}
	int r = load_all(n, a, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	*ret = steal_ptr(n);
	return EXIT_SUCCESS;
}

/* ---- giving names ---- */

/* What names the recording number @file; @map has room for all maps. */
static void set_sources(const struct naming *n, unsigned int file, const struct name_map **map,
			struct role_sources *ret)
{
	*ret = (struct role_sources){ .map = map };
	if (!n)
		return;
	map[ret->n_maps++] = n->provided;
	for (unsigned int i = 0; i < n->n_maps; i++)
		if (!n->by_file || i == file)
			map[ret->n_maps++] = n->map[i];
	ret->rules = n->rules;
}

static void tell_unused(const struct role_counts *c, const char *path)
{
	if (c->unused)
		log_warn("%zu %s of the map for tids that '%s' does not have, skipping", c->unused,
			 c->unused == 1 ? "line" : "lines", path);
}

int naming_apply(struct naming *n, unsigned int file, struct source *src, const char *path,
		 struct err *e)
{
	const struct name_map *map[OPTION_LIST_MAX + 1];
	auto_ptr(vm_list) vms = vm_list_new();
	struct role_counts counts;
	struct role_sources s;

	if (!n)
		return 0;
	if (!vms)
		return err_set(e, -ENOMEM, "no memory");
	set_sources(n, file, map, &s);
	s.vms = vms;
	int r = vm_list_read(vms, src, e);

	if (r >= 0)
		r = roles_apply(&s, src->tasks, &counts);
	if (r < 0)
		return r;
	tell_unused(&counts, path);
	return 0;
}

static int write_vms(void *ctx, struct sink *sink, struct err *e)
{
	return vm_list_write(ctx, 0, sink, e);
}

int naming_write_to(struct naming *n, unsigned int file, struct recording *rec, const char *path,
		    const struct naming_change *how, struct role_counts *ret, struct err *e)
{
	const struct name_map *map[OPTION_LIST_MAX + 1];
	struct source *src = recording_source(rec);
	auto_ptr(vm_list) vms = vm_list_new();
	struct role_sources s;
	bool renamed = false;

	if (!vms)
		return err_set(e, -ENOMEM, "no memory");
	set_sources(n, file, map, &s);
	s.vms = vms;
	s.machine_names = !n && !how->clear;
	int r = vm_list_read(vms, src, e);

	if (r >= 0 && how->clear)
		r = roles_clear(src->tasks);
	if (r >= 0)
		r = roles_apply(&s, src->tasks, ret);
	if (r >= 0)
		r = roles_rename_machines(&s, vms, &renamed);
	if (r >= 0)
		r = recording_rewrite_names(rec, path, renamed ? write_vms : NULL, vms, e);
	if (r >= 0 && !how->quiet)
		tell_unused(ret, path);
	return r;
}

int naming_write(struct naming *n, unsigned int file, const char *path,
		 const struct naming_change *how, struct role_counts *ret, struct err *e)
{
	auto_ptr(recording) rec = NULL;
	int r = recording_open(path, how->salvage ? RECORDING_SALVAGE : 0, &rec, e);

	if (r < 0)
		return r;
	const struct run_info *info = recording_source(rec)->info;

	if (!info->complete && !how->salvage)
		return err_set(e, -EBADMSG, "'%s' is not complete: %s (try: --salvage)", path,
			       info->damage[0] ? info->damage : "it was not closed");
	return naming_write_to(n, file, rec, path, how, ret, e);
}
