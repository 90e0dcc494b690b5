/* SPDX-License-Identifier: MIT */
/* `kymo info`: what is in a recording: host, span, tracks with rows and bytes, losses, and whether
 * it is whole. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"
#include "base/quantity.h"
#include "cmd/command.h"
#include "cmd/run_file.h"
#include "export/answer_json.h"
#include "export/answer_text.h"
#include "format/recording.h"
#include "model/file_track.h"
#include "model/tasks.h"
#include "names/roles.h"
#include "names/vm_list.h"

#define SHOWN_LOSSES 10

struct info_args {
	bool json, salvage;
};

/* All streams of one track. */
struct track_sum {
	uint16_t track;
	uint64_t streams, blocks, rows, bytes;
};

struct totals {
	struct track_sum *sum;
	size_t n;
	uint64_t events, event_bytes, lost;
	double coverage;
	struct role_counts roles;
	size_t machines, machine_threads;
};

static int add_up(const struct run_info *info, struct totals *t)
{
	*t = (struct totals){ .sum = calloc(info->n_stream + 1, sizeof(*t->sum)) };
	if (!t->sum)
		return -ENOMEM;
	for (size_t i = 0; i < info->n_stream; i++) {
		const struct run_stream *s = &info->stream[i];

		if (!t->n || t->sum[t->n - 1].track != s->track)
			t->sum[t->n++].track = s->track;
		struct track_sum *sum = &t->sum[t->n - 1];

		sum->streams++;
		sum->blocks += s->blocks;
		sum->rows += s->rows;
		sum->bytes += s->bytes;
		if (s->track < TRACK_FIRST_EVENT)
			continue;
		t->events += s->rows;
		t->event_bytes += s->bytes;
	}
	t->coverage = run_info_coverage(info, 0, info->start, info->end, &t->lost);
	return 0;
}

static int count_names(struct source *src, struct totals *t, struct err *e)
{
	auto_ptr(vm_list) vms = vm_list_new();
	int r = vms ? vm_list_read(vms, src, e) : -ENOMEM;

	if (r < 0)
		return r;
	t->machines = vm_list_machines(vms);
	t->machine_threads = vm_list_count(vms);
	return roles_count(src->tasks, &t->roles);
}

static const char *track_name(uint16_t id, char *buf, size_t size)
{
	const struct track *t = track_by_id(id);

	if (t)
		(void)snprintf(buf, size, "%s", t->name);
	else
		(void)snprintf(buf, size, "track %u", (unsigned int)id);
	return buf;
}

static nsec_t since(const struct run_info *info, nsec_t t)
{
	return t - min_of(t, info->start);
}

/* ---- text ---- */

static void line(const char *label, const char *value)
{
	printf("%-12s", label);
	for (; *value; value++)
		putchar((unsigned char)*value < 0x20 || *value == 0x7f ? '?' : *value);
	putchar('\n');
}

static void meta_line(const struct run_info *info, const char *label, const char *key)
{
	const char *value = run_info_meta(info, key);

	if (value && *value)
		line(label, value);
}

static void print_head(const char *path, const struct run_info *info, const struct totals *t)
{
	char text[256], a[QUANTITY_MAX], b[QUANTITY_MAX];
	nsec_t real = run_info_realtime(info, info->start);
	time_t at = (time_t)(real / NSEC_PER_SEC);
	struct tm tm;

	line("file", path);
	meta_line(info, "host", "host.name");
	meta_line(info, "kernel", "kernel.release");
	meta_line(info, "cpu", "cpu.model");
	meta_line(info, "command", "kymo.command");
	meta_line(info, "workload", "workload.command");
	/* Of kymo run; more than two are in the JSON form. */
	meta_line(info, "workload A", "workload.command.a");
	meta_line(info, "workload B", "workload.command.b");
	meta_line(info, "engine", "kymo.engine");
	meta_line(info, "imported", "import.format");
	meta_line(info, "label", "label");
	if (real && gmtime_r(&at, &tm) &&
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		line("start", text);
	(void)snprintf(text, sizeof(text), "%s, %zu CPUs",
		       quantity_duration(a, run_info_span(info)), info->n_cpu);
	line("span", text);
	(void)snprintf(text, sizeof(text), "%s in %s, %.2f bytes per event",
		       quantity_count(a, t->events), quantity_size(b, info->file_bytes),
		       t->events ? (double)info->file_bytes / (double)t->events : 0.0);
	line("events", text);
	(void)snprintf(text, sizeof(text), "%.4g %%", floor(t->coverage * 1e4 + 1e-9) / 100);
	line("coverage", text);
	if (t->roles.tasks) {
		(void)snprintf(text, sizeof(text), "%zu, of %zu tasks", t->roles.roles,
			       t->roles.tasks);
		line("roles", text);
	}
	if (t->machines) {
		(void)snprintf(text, sizeof(text), "%zu, with %zu threads", t->machines,
			       t->machine_threads);
		line("machines", text);
	}
	line("complete", info->complete ? "yes" : "no");
	if (!info->complete)
		line("damage", info->damage[0] ? info->damage : "the recording was not closed");
	putchar('\n');
}

enum { TRACK, STREAMS, BLOCKS, ROWS, BYTES, PER_ROW, N_COLUMNS };

static const struct table_column track_columns[N_COLUMNS] = {
	[TRACK] = { .name = "track", .title = "Track", .type = CELL_TEXT },
	[STREAMS] = { .name = "streams", .title = "Streams", .type = CELL_U64, .unit = UNIT_COUNT },
	[BLOCKS] = { .name = "blocks", .title = "Blocks", .type = CELL_U64, .unit = UNIT_COUNT },
	[ROWS] = { .name = "rows", .title = "Rows", .type = CELL_U64, .unit = UNIT_COUNT },
	[BYTES] = { .name = "bytes", .title = "Bytes", .type = CELL_U64, .unit = UNIT_BYTES },
	[PER_ROW] = { .name = "bytes_per_row",
		      .title = "Bytes/row",
		      .type = CELL_F64,
		      .digits = 2 },
};

static int print_tracks(const struct totals *t)
{
	auto_ptr(table) table = table_new("tracks", "Tracks", track_columns, N_COLUMNS);
	char name[64];

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < t->n; i++) {
		const struct track_sum *s = &t->sum[i];

		table_row(table);
		table_set_text(table, TRACK, track_name(s->track, name, sizeof(name)));
		table_set_u64(table, STREAMS, s->streams);
		table_set_u64(table, BLOCKS, s->blocks);
		table_set_u64(table, ROWS, s->rows);
		table_set_u64(table, BYTES, s->bytes);
		if (s->rows)
			table_set_f64(table, PER_ROW, (double)s->bytes / (double)s->rows);
	}
	int r = table_error(table);

	return r < 0 ? r : table_plain(table, NULL, stdout);
}

static void print_losses(const struct run_info *info, const struct totals *t)
{
	char name[64], count[QUANTITY_MAX];

	if (!info->n_loss) {
		puts("\nno losses");
		return;
	}
	printf("\n%zu losses, %s events known to be missing\n", info->n_loss,
	       quantity_count(count, t->lost));
	for (size_t i = 0; i < info->n_loss && i < SHOWN_LOSSES; i++) {
		const struct run_loss *l = &info->loss[i];

		printf("  %.6f s to %.6f s, ", (double)since(info, l->from) / NSEC_PER_SEC,
		       (double)since(info, l->to) / NSEC_PER_SEC);
		if (l->cpu == BATCH_CPU_NONE)
			fputs("CPU unknown, ", stdout);
		else
			printf("CPU %" PRIu32 ", ", l->cpu);
		printf("%s: %s events (%s)\n",
		       l->track ? track_name(l->track, name, sizeof(name)) : "any track",
		       l->count ? quantity_count(count, l->count) : "unknown number of",
		       loss_cause_name(l->cause));
	}
	if (info->n_loss > SHOWN_LOSSES)
		printf("\u2026 %zu more losses, --json for all\n", info->n_loss - SHOWN_LOSSES);
}

/* ---- JSON ---- */

static void json_losses(const struct run_info *info, struct json *j)
{
	char name[64];

	json_key(j, "losses");
	json_begin_array(j);
	for (size_t i = 0; i < info->n_loss; i++) {
		const struct run_loss *l = &info->loss[i];

		json_begin_object_flat(j);
		json_key_u64(j, "from", since(info, l->from));
		json_key_u64(j, "to", since(info, l->to));
		json_key(j, "cpu");
		if (l->cpu == BATCH_CPU_NONE)
			json_put_null(j);
		else
			json_u64(j, l->cpu);
		json_key_str(j, "track",
			     l->track ? track_name(l->track, name, sizeof(name)) : NULL);
		json_key_u64(j, "count", l->count);
		json_key_str(j, "cause", loss_cause_name(l->cause));
		json_end(j);
	}
	json_end(j);
}

static void json_tracks(const struct totals *t, struct json *j)
{
	char name[64];

	json_key(j, "tracks");
	json_begin_array(j);
	for (size_t i = 0; i < t->n; i++) {
		const struct track_sum *s = &t->sum[i];

		json_begin_object_flat(j);
		json_key_str(j, "track", track_name(s->track, name, sizeof(name)));
		json_key_u64(j, "number", s->track);
		json_key_u64(j, "streams", s->streams);
		json_key_u64(j, "blocks", s->blocks);
		json_key_u64(j, "rows", s->rows);
		json_key_u64(j, "bytes", s->bytes);
		json_end(j);
	}
	json_end(j);
}

static void json_cpus(const struct run_info *info, struct json *j)
{
	json_key(j, "cpus");
	json_begin_array(j);
	for (size_t i = 0; i < info->n_cpu; i++) {
		const struct run_cpu *c = &info->cpu[i];

		json_begin_object_flat(j);
		json_key_u64(j, "cpu", c->cpu);
		if (c->start <= c->end) {
			json_key_u64(j, "start", since(info, c->start));
			json_key_u64(j, "end", since(info, c->end));
		}
		json_key_bool(j, "start_marked", c->start_marked);
		json_key_bool(j, "end_marked", c->end_marked);
		json_end(j);
	}
	json_end(j);
}

static int print_json(const char *path, const struct source *src, const struct totals *t)
{
	const struct run_info *info = src->info;
	char id[2 * sizeof(info->id) + 1];
	auto_buf buf;
	struct json j;

	buf_init(&buf, 0);
	json_init(&j, &buf, JSON_PRETTY);
	for (size_t i = 0; i < sizeof(info->id); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", info->id[i]);
	json_begin_object(&j);
	json_key_str(&j, "file", path);
	json_key_str(&j, "id", id);
	json_key_bool(&j, "complete", info->complete);
	json_key_str(&j, "damage", info->damage);
	json_key_u64(&j, "bytes", info->file_bytes);
	json_key_u64(&j, "start_ns", info->start);
	json_key_u64(&j, "start_real_ns", run_info_realtime(info, info->start));
	json_key_u64(&j, "span_ns", run_info_span(info));
	json_key_u64(&j, "events", t->events);
	if (t->events)
		json_key_f64(&j, "bytes_per_event", (double)info->file_bytes / (double)t->events);
	json_key_f64(&j, "coverage", t->coverage);
	json_key_u64(&j, "lost", t->lost);
	json_key_u64(&j, "tasks", tasks_count(src->tasks));
	json_key_u64(&j, "tasks_with_role", t->roles.tasks);
	json_key_u64(&j, "roles", t->roles.roles);
	json_key_u64(&j, "machines", t->machines);
	json_key_u64(&j, "machine_threads", t->machine_threads);
	json_key(&j, "meta");
	json_begin_object(&j);
	for (size_t i = 0; i < info->n_meta; i++)
		json_key_str(&j, info->meta[i].key, info->meta[i].value);
	json_end(&j);
	json_cpus(info, &j);
	json_tracks(t, &j);
	json_losses(info, &j);
	json_end(&j);
	return json_drain(&j, stdout);
}

static int info_file(const char *path, const struct info_args *args)
{
	const struct run_file_options how = { .flags = args->salvage ? RECORDING_SALVAGE : 0,
					      .blocks = true };
	auto_ptr(run_file) file = NULL;
	struct totals t = { 0 };
	struct err e = { 0 };
	int r = run_file_open(path, &how, &file, &e);

	if (r < 0) {
		log_error("%s", err_text(&e, r));
		return EXIT_FAILURE;
	}
	struct source *src = run_file_source(file);

	r = add_up(src->info, &t);
	if (r >= 0)
		r = count_names(src, &t, &e);
	if (r >= 0 && args->json) {
		r = print_json(path, src, &t);
	} else if (r >= 0) {
		print_head(path, src->info, &t);
		r = print_tracks(&t);
		print_losses(src->info, &t);
	}
	free(t.sum);
	if (r < 0)
		log_error("cannot describe '%s': %s", path, err_text(&e, r));
	else if (!src->info->complete)
		log_error("'%s' is not complete: %s", path,
			  src->info->damage[0] ? src->info->damage : "it was not closed");
	return r < 0 || !src->info->complete ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int info_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	(void)n_before;
	if (n != 1)
		return command_misused("info", n ? "one file at a time" : "which file?");
	return info_file(word[0], args);
}

static const struct option_spec info_options[] = {
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct info_args, json),
	  .help = "print JSON, times in ns" },
	{ .name = "salvage",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct info_args, salvage),
	  .help = "do not trust the index: walk and check every block" },
	{ 0 },
};

static const struct command_example info_examples[] = {
	{ "kymo info x.kymo", "host, span, tracks, losses" },
	{ "kymo info x.kymo --salvage", "check every byte of it" },
	{ NULL, NULL },
};

const struct command command_info = {
	.name = "info",
	.summary = "say what is in a recording, and whether it is whole",
	.usage = "[OPTIONS] FILE",
	.description = "Prints host, kernel, command and span of a recording, its tracks with "
		       "rows, blocks and "
		       "bytes, and what is missing in it. The exit status is 1 when the recording "
		       "is damaged "
		       "or was not closed.",
	.options = info_options,
	.args_bytes = sizeof(struct info_args),
	.examples = info_examples,
	.run = info_run,
};
