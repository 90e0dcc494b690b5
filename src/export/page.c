/* SPDX-License-Identifier: MIT */
/* Report pages: which event blocks fit, the JSON, and the HTML around it. */
#include "export/page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zstd.h>

#include "base/quantity.h"
#include "export/answer_json.h"
#include "export/base64.h"
#include "export/page_counters.h"
#include "export/page_profile.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/metric_track.h"
#include "model/profile_track.h"
#include "model/sched_track.h"

#define PAGE_JSON_MAX	((size_t)1 << 30)
#define JSON_ZSTD_LEVEL 6

/* ---- which event blocks ---- */

struct page_events {
	size_t *block; /* numbers of the recording's blocks, in file order */
	size_t n;
	uint64_t rows, bytes;
	uint64_t left_rows, left_bytes;
	nsec_t until; /* events before it are all here; NSEC_MAX: all events are */
};

/* A block on the way to its place in time. */
struct candidate {
	nsec_t first;
	size_t number;
};

static int by_time(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->first != y->first)
		return x->first > y->first ? 1 : -1;
	return (x->number > y->number) - (x->number < y->number);
}

static int by_number(const void *a, const void *b)
{
	const size_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* A page of a window takes the blocks that hold some of it. */
static bool in_window(const struct page_run *r, const struct recording_block *b)
{
	return !r->to || (b->last >= r->info->start + r->from && b->first < r->info->start + r->to);
}

/* Tracks that the viewer shows event by event. */
static bool is_shown(uint16_t track)
{
	return track == track_switch.id || track == track_wakeup.id || track == track_kvm_exit.id ||
	       track == track_kvm_entry.id;
}

/* Bytes of the blocks of samples. */
static uint64_t sample_bytes(const struct page_run *r)
{
	size_t all = r->recording ? recording_n_blocks(r->recording) : 0;
	uint64_t bytes = 0;

	for (size_t i = 0; i < all; i++) {
		const struct recording_block *b = recording_block_at(r->recording, i);

		if (b->track == track_sample.id && in_window(r, b))
			bytes += b->bytes;
	}
	return bytes;
}

/* All or none, and half of the room for the other events. */
bool page_sample_rows(const struct page_run *r)
{
	uint64_t bytes = sample_bytes(r);

	return bytes && bytes <= r->events_max / 2;
}

/* What series and metrics are: they come with the values, of any time. */
static bool names_series(uint16_t track)
{
	return track == track_metric.id || track == track_series.id;
}

static bool is_value(uint16_t track)
{
	return track == track_value.id;
}

static bool is_process(uint16_t track)
{
	return track == track_process.id;
}

static void take_block(struct page_events *ev, size_t number, const struct recording_block *b)
{
	ev->block[ev->n++] = number;
	ev->rows += b->rows;
	ev->bytes += b->bytes;
}

/* Blocks of a kind by time until @limit is reached; the others count as left out. */
static int choose_by_time(const struct page_run *r, bool (*wanted)(uint16_t track), uint64_t limit,
			  struct page_events *ev)
{
	size_t all = recording_n_blocks(r->recording), n = 0;
	auto_free struct candidate *c = calloc(all + 1, sizeof(*c));
	bool full = false;

	if (!c)
		return -ENOMEM;
	for (size_t i = 0; i < all; i++) {
		const struct recording_block *b = recording_block_at(r->recording, i);

		if (wanted(b->track) && in_window(r, b))
			c[n++] = (struct candidate){ b->first, i };
	}
	qsort(c, n, sizeof(*c), by_time);
	for (size_t i = 0; i < n; i++) {
		const struct recording_block *b = recording_block_at(r->recording, c[i].number);

		if (!full && ev->bytes + b->bytes > limit) {
			full = true;
			ev->until = min_of(ev->until, b->first);
		}
		if (!full) {
			take_block(ev, c[i].number, b);
			continue;
		}
		ev->left_rows += b->rows;
		ev->left_bytes += b->bytes;
	}
	return 0;
}

static bool has_blocks(const struct page_run *r, const struct track *track)
{
	for (size_t i = 0; i < recording_n_blocks(r->recording); i++)
		if (recording_block_at(r->recording, i)->track == track->id)
			return true;
	return false;
}

/* Values, then processes, in half of the room; samples; then the other events. All by time. */
static int choose_events(const struct page_run *r, struct page_events *ev)
{
	size_t all = r->recording ? recording_n_blocks(r->recording) : 0;

	*ev = (struct page_events){ .block = calloc(all + 1, sizeof(*ev->block)),
				    .until = NSEC_MAX };
	if (!ev->block)
		return -ENOMEM;
	if (!r->recording)
		return 0;
	const bool values = has_blocks(r, &track_value);

	for (size_t i = 0; i < all; i++) {
		const struct recording_block *b = recording_block_at(r->recording, i);

		if (values && names_series(b->track))
			take_block(ev, i, b);
	}
	int ret = choose_by_time(r, is_value, r->events_max / 2, ev);

	if (ret >= 0)
		ret = choose_by_time(r, is_process, r->events_max / 2, ev);
	for (size_t i = 0; i < all; i++) {
		const struct recording_block *b = recording_block_at(r->recording, i);

		if (b->track == track_sample.id && r->sample_rows && in_window(r, b))
			take_block(ev, i, b);
	}
	if (ret >= 0)
		ret = choose_by_time(r, is_shown, r->events_max, ev);
	qsort(ev->block, ev->n, sizeof(*ev->block), by_number);
	return ret;
}

/* ---- JSON ---- */

static const char *meta(const struct page_run *r, const char *key)
{
	const char *v = run_info_meta(r->info, key);

	return v ? v : "";
}

static uint64_t since(const struct page_run *r, nsec_t t)
{
	return t - min_of(t, r->info->start);
}

static void key_text_u64(struct json *j, const char *key, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	json_key_str(j, key, text);
}

static void key_number_or_null(struct json *j, const char *key, uint32_t v)
{
	json_key(j, key);
	if (v == UINT32_MAX)
		json_put_null(j);
	else
		json_u64(j, v);
}

static void head_json(const struct page_run *r, struct json *j)
{
	const struct run_info *info = r->info;
	char id[2 * sizeof(info->id) + 1];
	uint64_t lost;

	for (size_t i = 0; i < sizeof(info->id); i++)
		(void)snprintf(id + 2 * i, 3, "%02x", info->id[i]);
	json_key_str(j, "name", r->name);
	json_key_str(j, "file", r->file);
	json_key_str(j, "id", id);
	json_key_str(j, "host", meta(r, "host.name"));
	json_key_str(j, "kernel", meta(r, "kernel.release"));
	json_key_str(j, "machine", meta(r, "host.machine"));
	json_key_str(j, "cpu_model", meta(r, "cpu.model"));
	json_key_str(j, "engine", meta(r, "kymo.engine"));
	json_key_str(j, "command", meta(r, "kymo.command"));
	key_text_u64(j, "start_ns", info->start);
	key_text_u64(j, "start_real_ns", run_info_realtime(info, info->start));
	json_key_u64(j, "span_ns", run_info_span(info));
	json_key_bool(j, "complete", info->complete);
	json_key_str(j, "damage", info->damage);
	json_key_f64(j, "coverage",
		     run_info_coverage(info, 0, info->start + r->from,
				       r->to ? info->start + r->to : info->end, &lost));
	json_key_u64(j, "lost", lost);
}

/* Coverage that the page has: no more than its window. */
static uint64_t covered_at(const struct page_run *r, nsec_t t)
{
	uint64_t at = since(r, t);

	return r->to ? min_of(max_of(at, (uint64_t)r->from), (uint64_t)r->to) : at;
}

static void cpus_json(const struct page_run *r, struct json *j)
{
	json_key(j, "cpus");
	json_begin_array(j);
	for (size_t i = 0; i < r->info->n_cpu; i++) {
		const struct run_cpu *c = &r->info->cpu[i];

		json_begin_object_flat(j);
		json_key_u64(j, "cpu", c->cpu);
		key_number_or_null(j, "package", c->package);
		key_number_or_null(j, "core", c->core);
		key_number_or_null(j, "node", c->node);
		json_key_u64(j, "start", c->start <= c->end ? covered_at(r, c->start) : 0);
		json_key_u64(j, "end", c->start <= c->end ? covered_at(r, c->end) : 0);
		json_end(j);
	}
	json_end(j);
}

static void losses_json(const struct page_run *r, struct json *j)
{
	json_key(j, "losses");
	json_begin_array(j);
	for (size_t i = 0; i < r->info->n_loss; i++) {
		const struct run_loss *l = &r->info->loss[i];
		const struct track *t = l->track ? track_by_id(l->track) : NULL;

		json_begin_object_flat(j);
		json_key_u64(j, "from", since(r, l->from));
		json_key_u64(j, "to", since(r, l->to));
		key_number_or_null(j, "cpu", l->cpu);
		json_key_str(j, "track", t ? t->name : "");
		json_key_u64(j, "count", l->count);
		json_key_str(j, "cause", loss_cause_name(l->cause));
		json_end(j);
	}
	json_end(j);
}

static void tasks_json(const struct page_run *r, struct json *j)
{
	json_key(j, "meta");
	json_begin_array(j);
	for (size_t i = 0; i < r->info->n_meta; i++) {
		json_begin_array_flat(j);
		json_str(j, r->info->meta[i].key);
		json_str(j, r->info->meta[i].value);
		json_end(j);
	}
	json_end(j);
	json_key(j, "tasks");
	json_begin_array(j);
	for (size_t i = 0; i < tasks_count(r->tasks); i++) {
		const struct task *t = tasks_at(r->tasks, (uint32_t)i);

		json_begin_object_flat(j);
		json_key_u64(j, "tid", t->tid);
		json_key_u64(j, "tgid", t->tgid);
		json_key_str(j, "comm", t->comm);
		json_key_str(j, "role", t->role);
		key_number_or_null(j, "idle_cpu", t->tid ? UINT32_MAX : t->cpu);
		json_key_u64(j, "born", since(r, t->born));
		json_key_bool(j, "self", t->flags & TASK_FLAG_SELF);
		json_key_bool(j, "kernel", t->flags & TASK_FLAG_KERNEL);
		if (i < r->n_vm_of && r->vm_of[i] != UINT32_MAX) {
			json_key_u64(j, "vm", r->vm_of[i]);
			json_key_bool(j, "vcpu", r->vcpu[i]);
		}
		json_end(j);
	}
	json_end(j);
}

static void vms_json(const struct page_run *r, struct json *j)
{
	json_key(j, "vms");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_vms; i++) {
		json_begin_object_flat(j);
		json_key_str(j, "name", r->vm[i].name);
		json_key_u64(j, "pid", r->vm[i].pid);
		json_end(j);
	}
	json_end(j);
}

static void reasons_json(const struct page_run *r, struct json *j)
{
	char name[KVM_REASON_MAX];

	json_key(j, "exit_reasons");
	json_begin_array(j);
	for (const struct kvm_reason *k = r->reason; k < r->reason + r->n_reasons; k++) {
		json_begin_array_flat(j);
		json_u64(j, k->isa);
		json_u64(j, k->reason);
		json_str(j, kvm_reason_name(k->isa, k->reason, name));
		json_end(j);
	}
	json_end(j);
}

static void events_json(const struct page_run *r, const struct page_events *ev, struct json *j)
{
	uint64_t offset = 0;
	char note[192] = "", rows[QUANTITY_MAX], bytes[QUANTITY_MAX];

	json_key(j, "bin_ns");
	json_begin_object_flat(j);
	json_key_u64(j, "run", r->run_bin);
	json_key_u64(j, "delay", r->delay_bin);
	json_key_u64(j, "next", r->next_bin);
	json_key_u64(j, "exit", r->exit_bin);
	if (r->sample_bin)
		json_key_u64(j, "sample", r->sample_bin);
	if (r->offcpu_bin)
		json_key_u64(j, "offcpu", r->offcpu_bin);
	if (r->counter_bin)
		json_key_u64(j, "counter", r->counter_bin);
	json_end(j);
	json_key(j, "events");
	json_begin_array(j);
	for (size_t i = 0; i < ev->n; i++) {
		const struct recording_block *b = recording_block_at(r->recording, ev->block[i]);

		json_begin_array_flat(j);
		json_u64(j, b->track);
		json_u64(j, b->cpu);
		json_u64(j, since(r, b->first));
		json_u64(j, since(r, b->last));
		json_u64(j, b->rows);
		json_u64(j, offset);
		json_u64(j, b->bytes);
		json_end(j);
		offset += b->bytes;
	}
	json_end(j);
	if (ev->left_rows)
		(void)snprintf(
			note, sizeof(note),
			"%s events (%s) from %.3f s on are left out of this page: it would be "
			"too big (kymo report --events-max)",
			quantity_count(rows, ev->left_rows), quantity_size(bytes, ev->left_bytes),
			(double)since(r, ev->until) / NSEC_PER_SEC);
	else if (r->to)
		(void)snprintf(
			note, sizeof(note),
			"only %.6f s to %.6f s of the run is in this page (kymo report --from, "
			"--for)",
			(double)r->from / NSEC_PER_SEC, (double)r->to / NSEC_PER_SEC);
	json_key_str(j, "events_note", note);
}

static int run_json(const struct page_run *r, const struct page_events *ev, struct json *j,
		    FILE *out)
{
	int ret = 0;

	json_begin_object(j);
	head_json(r, j);
	cpus_json(r, j);
	losses_json(r, j);
	tasks_json(r, j);
	vms_json(r, j);
	reasons_json(r, j);
	events_json(r, ev, j);
	json_key(j, "profile");
	if (r->profile && r->samples)
		ret = page_profile_json(r, j, out);
	else
		json_put_null(j);
	json_key(j, "counters");
	if (r->profile && r->counters)
		page_counters_json(r->profile, r->info, r->counted, r->n_counted, j);
	else
		json_put_null(j);
	json_key(j, "views");
	json_begin_array(j);
	for (size_t i = 0; i < r->n_views && ret >= 0; i++)
		if (r->view[i].table)
			ret = answer_json(&r->view[i], j, out);
	json_end(j);
	json_end(j);
	return ret < 0 ? ret : json_drain(j, out);
}

/* Only what was asked for: the viewer knows the rest. */
static void look_json(const struct page_look *l, struct json *j)
{
	json_key(j, "look");
	json_begin_object_flat(j);
	if (l->view)
		json_key_str(j, "view", l->view);
	if (l->filter)
		json_key_str(j, "filter", l->filter);
	if (l->to) {
		json_key_u64(j, "from", l->from);
		json_key_u64(j, "to", l->to);
	}
	if (l->diff)
		json_key_bool(j, "diff", true);
	if (l->n_views) {
		json_key(j, "views");
		json_begin_array_flat(j);
		for (size_t i = 0; i < l->n_views; i++)
			json_str(j, l->views[i]);
		json_end(j);
	}
	json_end(j);
}

static int page_json(const struct page *p, const struct page_events *ev, FILE *out)
{
	auto_buf buf;
	struct json j;
	struct tm tm;
	time_t created = (time_t)(p->created / NSEC_PER_SEC);
	char text[32] = "";
	int r = 0;

	buf_init(&buf, PAGE_JSON_MAX);
	json_init(&j, &buf, 0);
	if (gmtime_r(&created, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	json_begin_object(&j);
	json_key_u64(&j, "kymo_page", 1);
	json_key_str(&j, "kymo_version", KYMO_VERSION);
	json_key_str(&j, "title", p->title);
	json_key_str(&j, "created", text);
	look_json(&p->look, &j);
	json_key(&j, "runs");
	json_begin_array(&j);
	for (size_t i = 0; i < p->n_runs && r >= 0; i++)
		r = run_json(&p->run[i], &ev[i], &j, out);
	json_end(&j);
	json_end(&j);
	return r < 0 ? r : json_drain(&j, out);
}

/* ---- HTML ---- */

static void html_text(FILE *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			(void)fputs("&lt;", out);
		else if (*s == '&')
			(void)fputs("&amp;", out);
		else if ((unsigned char)*s >= 0x20)
			(void)fputc(*s, out);
	}
}

static void html_head(const struct page *p, FILE *out)
{
	const struct page_viewer *v = p->viewer;

	(void)fprintf(out,
		      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		      "script-src 'sha256-%s'; style-src 'sha256-%s'; img-src blob: data:; "
		      "base-uri 'none'; form-action 'none'\">\n"
		      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		      "<meta name=\"generator\" content=\"kymo " KYMO_VERSION "\">\n<title>",
		      v->script_sha256, v->style_sha256);
	html_text(out, p->title);
	(void)fputs("</title>\n<style>", out);
	(void)fwrite(v->style, 1, v->style_bytes, out);
	(void)fputs("</style>\n</head>\n<body>\n", out);
}

static int put_cubes(const struct page_run *r, size_t number, FILE *out)
{
	struct base64_writer w;
	int ret;

	(void)fprintf(out, "<script type=\"application/octet-stream\" id=\"kymo-cube-%zu\">",
		      number);
	base64_init(&w, out);
	ret = base64_add(&w, r->cubes, r->cubes_bytes);
	if (ret >= 0)
		ret = base64_end(&w);
	(void)fputs("</script>\n", out);
	return ret;
}

static int put_events(const struct page_run *r, const struct page_events *ev, size_t number,
		      FILE *out, struct err *e)
{
	struct base64_writer w;
	auto_buf block;
	int ret = 0;

	buf_init(&block, 0);
	(void)fprintf(out, "<script type=\"application/octet-stream\" id=\"kymo-events-%zu\">",
		      number);
	base64_init(&w, out);
	for (size_t i = 0; i < ev->n && ret >= 0; i++) {
		buf_clear(&block);
		ret = recording_read_block(r->recording, ev->block[i], &block, e);
		if (ret >= 0)
			ret = base64_add(&w, block.data, block.len);
	}
	if (ret >= 0)
		ret = base64_end(&w);
	(void)fputs("</script>\n", out);
	return ret;
}

/* The JSON as one zstd frame: it is mostly names and digits, a tenth is left. */
static int put_packed(const char *json, size_t n, FILE *out)
{
	size_t room = ZSTD_compressBound(n);
	auto_free void *packed = malloc(room);
	struct base64_writer w;

	if (!packed)
		return -ENOMEM;
	size_t got = ZSTD_compress(packed, room, json, n, JSON_ZSTD_LEVEL);

	if (ZSTD_isError(got))
		return -ENOMEM;
	(void)fprintf(out,
		      "<script type=\"application/octet-stream\" id=\"kymo-page\" "
		      "data-bytes=\"%zu\">",
		      n);
	base64_init(&w, out);
	int r = base64_add(&w, packed, got);

	if (r >= 0)
		r = base64_end(&w);
	(void)fputs("</script>\n", out);
	return r;
}

static int put_page_json(const struct page *p, const struct page_events *ev, FILE *out)
{
	auto_free char *json = NULL;
	size_t n = 0;
	FILE *memory = open_memstream(&json, &n);

	if (!memory)
		return -ENOMEM;
	int r = page_json(p, ev, memory);

	if (fclose(memory) == EOF && r >= 0)
		r = -ENOMEM;
	return r < 0 ? r : put_packed(json, n, out);
}

static int write_all(const struct page *p, const struct page_events *ev, FILE *out, struct err *e)
{
	html_head(p, out);
	int r = put_page_json(p, ev, out);

	for (size_t i = 0; i < p->n_runs && r >= 0; i++) {
		r = put_cubes(&p->run[i], i, out);
		if (r >= 0)
			r = put_events(&p->run[i], &ev[i], i, out, e);
	}
	if (r < 0)
		return r;
	(void)fputs("<noscript>This report needs JavaScript; the same answers come from kymo show."
		    "</noscript>\n<script>",
		    out);
	(void)fwrite(p->viewer->script, 1, p->viewer->script_bytes, out);
	(void)fputs("</script>\n</body>\n</html>\n", out);
	errno = 0;
	if (fflush(out) == EOF || ferror(out))
		return errno ? -errno : -EIO;
	return 0;
}

int page_write(const struct page *p, FILE *out, struct page_stats *ret, struct err *e)
{
	auto_free struct page_events *ev = calloc(p->n_runs + 1, sizeof(*ev));
	int r = ev ? 0 : -ENOMEM;

	*ret = (struct page_stats){ 0 };
	for (size_t i = 0; i < p->n_runs && r >= 0; i++) {
		r = choose_events(&p->run[i], &ev[i]);
		ret->events += ev[i].rows;
		ret->events_left_out += ev[i].left_rows;
	}
	if (r >= 0)
		r = write_all(p, ev, out, e);
	for (size_t i = 0; ev && i < p->n_runs; i++)
		free(ev[i].block);
	if (r < 0 && !(e && e->code))
		return err_set(e, r, "%s", strerror(-r));
	return r < 0 ? r : 0;
}
