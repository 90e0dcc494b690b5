/* SPDX-License-Identifier: MIT */
/*
 * Tests of src/export/page: a page is written from a small recording and taken apart again by an
 * independent JSON reader and the block decoder.
 */
#include "view_text.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <unistd.h>
#include <zstd.h>

#include "analysis/cube.h"
#include "export/page.h"
#include "format/block.h"
#include "format/packer.h"
#include "model/metric_track.h"

#define EVENTS 40000

struct made {
	char path[64];
	struct recording *recording;
	struct cubes cubes;
	struct buf blocks;
	struct answer answer[2]; /* [1] stays empty */
	struct page_run run;
};

static int add_block(void *ctx, const struct block_info *info, uint8_t *block, size_t bytes,
		     struct err *e)
{
	(void)info;
	(void)e;
	return buf_add(ctx, block, bytes);
}

static void put_text(struct batch *b, unsigned int column, const char *text)
{
	int64_t at = batch_add_text(b, text);

	assert_true(at >= 0);
	((uint32_t *)b->col[column])[0] = (uint32_t)at;
}

/* A counter and its series, told at the begin, and its values in METRIC_BLOCKS blocks that follow
 * each other over the run. */
#define METRIC_BLOCKS 5u
#define METRIC_ROWS   100u
#define METRIC_SPAN   (499000u / METRIC_BLOCKS)

static void write_metrics(struct recording_writer *w)
{
	struct sink *sink = recording_writer_sink(w);
	auto_ptr(batch) metric = batch_new(&track_metric, 1);
	auto_ptr(batch) series = batch_new(&track_series, 1);
	auto_ptr(batch) value = batch_new(&track_value, METRIC_ROWS);
	struct err e = { 0 };

	assert_true(metric && series && value);
	metric->cpu = series->cpu = value->cpu = BATCH_CPU_NONE;
	metric->rows = series->rows = 1;
	value->rows = METRIC_ROWS;
	metric->time[0] = series->time[0] = 1000;
	batch_u32(metric, METRIC_NUMBER)[0] = 1;
	batch_u8(metric, METRIC_KIND)[0] = METRIC_COUNTER;
	batch_u8(metric, METRIC_BITS)[0] = 64;
	batch_f64(metric, METRIC_SCALE)[0] = 1;
	put_text(metric, METRIC_NAME, "disk.reads");
	put_text(metric, METRIC_UNIT, "");
	put_text(metric, METRIC_HELP, "");
	batch_u32(series, SERIES_NUMBER)[0] = 1;
	batch_u32(series, SERIES_METRIC)[0] = 1;
	batch_u32(series, SERIES_CPU)[0] = BATCH_CPU_NONE;
	put_text(series, SERIES_INSTANCE, "sda");
	assert_int_equal(sink_write(sink, metric, &e), 0);
	assert_int_equal(sink_write(sink, series, &e), 0);
	for (uint32_t k = 0; k < METRIC_BLOCKS; k++) {
		for (uint32_t i = 0; i < METRIC_ROWS; i++) {
			value->time[i] = 1000 + k * METRIC_SPAN + i * (METRIC_SPAN / METRIC_ROWS);
			batch_u32(value, VALUE_SERIES)[i] = 1;
			batch_u64(value, VALUE_VALUE)[i] = UINT64_C(0x9e3779b97f4a7c15) * (i + k);
		}
		assert_int_equal(sink_write(sink, value, &e), 0);
		assert_int_equal(recording_writer_flush(w, NSEC_MAX, &e), 0);
	}
}

/* A recording of two CPUs in blocks of 4096 rows, with a hostile task name. */
static void write_recording(struct made *m, bool metrics)
{
	const struct packer_options options = { .block_rows = 4096 };
	struct recording_writer *w;
	struct scenario s;
	struct err e = { 0 };

	(void)snprintf(m->path, sizeof(m->path), "/tmp/kymo-page-XXXXXX");
	int fd = mkstemp(m->path);

	assert_true(fd >= 0);
	assert_int_equal(recording_create_fd(fd, m->path, &options, &w, &e), 0);
	scenario_init(&s, 1000);
	scenario_task(&s, 1000, TASK_ALIVE, 7, "</script><b>", 0);
	scenario_task(&s, 1000, TASK_ALIVE, 8, "kymo", TASK_FLAG_SELF);
	for (uint32_t c = 0; c < 2; c++)
		scenario_start(&s, c, 1000);
	for (uint32_t i = 0; i < EVENTS / 2; i++) {
		scenario_switch(&s, i % 2, 1010 + 10 * i, i / 2 % 2 ? 8 : 7, i / 2 % 2 ? 7 : 8, 1);
		scenario_wakeup(&s, 1 - i % 2, 1012 + 10 * i, i / 2 % 2 ? 8 : 7, 7);
	}
	for (uint32_t c = 0; c < 2; c++)
		scenario_end(&s, c, 500000);
	scenario_loss(&s, 1, 400000, 410000, &track_switch, 17);
	for (unsigned int i = 0; i < s.n; i++)
		assert_int_equal(sink_write(recording_writer_sink(w), s.stream[i], &e), 0);
	if (metrics)
		write_metrics(w);
	assert_int_equal(recording_writer_meta(w, "host.name", "a \"host\"", &e), 0);
	assert_int_equal(recording_writer_close(w, &e), 0);
	recording_writer_free(w);
	for (unsigned int i = 0; i < s.n; i++)
		batch_free(s.stream[i]);
}

static void make_of(struct made *m, uint64_t events_max, bool metrics)
{
	struct analysis_args args;
	struct err e = { 0 };
	const struct analysis *tasks = analysis_by_name("tasks");

	memset(m, 0, sizeof(*m));
	write_recording(m, metrics);
	assert_int_equal(recording_open(m->path, 0, &m->recording, &e), 0);
	struct source *src = recording_source(m->recording);

	args = (struct analysis_args){ .from = src->info->start, .to = src->info->end };
	cubes_init(&m->cubes, src->info, 0);
	struct scan_taker taker = cubes_taker(&m->cubes);

	assert_int_equal(analysis_run_all(&tasks, 1, src, &args, &taker, m->answer, &e), 0);
	buf_init(&m->blocks, 0);
	auto_ptr(packer) packer = packer_new(NULL, add_block, &m->blocks);

	assert_non_null(packer);
	assert_int_equal(cubes_write(&m->cubes, packer_sink(packer), &e), 0);
	assert_int_equal(packer_flush(packer, NSEC_MAX, &e), 0);
	m->run = (struct page_run){ .name = "x",
				    .file = "x.kymo",
				    .info = src->info,
				    .tasks = src->tasks,
				    .view = m->answer,
				    .n_views = 2,
				    .run_bin = m->cubes.run.bin_ns,
				    .delay_bin = m->cubes.delay.bin_ns,
				    .next_bin = m->cubes.next.bin_ns,
				    .cubes = m->blocks.data,
				    .cubes_bytes = m->blocks.len,
				    .recording = m->recording,
				    .events_max = events_max };
}

static void make(struct made *m, uint64_t events_max)
{
	make_of(m, events_max, false);
}

static void unmake(struct made *m)
{
	answer_done(&m->answer[0]);
	cubes_done(&m->cubes);
	buf_done(&m->blocks);
	recording_free(m->recording);
	unlink(m->path);
}

static const struct page_viewer viewer = { .script = "run()",
					   .script_bytes = 5,
					   .script_sha256 = "SCRIPT=",
					   .style = "b{}",
					   .style_bytes = 3,
					   .style_sha256 = "STYLE=" };

static char *write_page(struct made *m, const char *title, struct page_stats *stats)
{
	struct page page = { .title = title,
			     .created = UINT64_C(1795224325) * NSEC_PER_SEC,
			     .viewer = &viewer,
			     .run = &m->run,
			     .n_runs = 1 };
	char *html = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&html, &n);
	struct err e = { 0 };

	assert_non_null(out);
	if (page_write(&page, out, stats, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(fclose(out), 0);
	return html;
}

/* A copy of what stands between @begin and the next @end. */
static char *between(const char *html, const char *begin, const char *end)
{
	const char *from = strstr(html, begin), *to;

	assert_non_null(from);
	from += strlen(begin);
	to = strstr(from, end);
	assert_non_null(to);
	return strndup(from, (size_t)(to - from));
}

static void from_base64(const char *text, struct buf *out)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	uint32_t bits = 0, n = 0;

	for (; *text && *text != '='; text++) {
		const char *at = strchr(alphabet, *text);

		assert_non_null(at);
		bits = bits << 6 | (uint32_t)(at - alphabet);
		n += 6;
		if (n < 8)
			continue;
		n -= 8;
		assert_int_equal(buf_add_byte(out, (uint8_t)(bits >> n)), 0);
	}
}

/* The page's description: JSON in one zstd frame, its length beside it. */
static json_t *description(const char *html)
{
	char *bytes = between(html, "id=\"kymo-page\" data-bytes=\"", "\"");
	char *text = between(html, "id=\"kymo-page\" data-bytes=\"", "</script>");
	auto_buf packed;
	size_t n = 0;

	buf_init(&packed, 0);
	assert_int_equal(sscanf(bytes, "%zu", &n), 1);
	from_base64(strchr(text, '>') + 1, &packed);
	char *json = malloc(n + 1);

	assert_non_null(json);
	assert_int_equal(ZSTD_decompress(json, n, packed.data, packed.len), n);
	json_t *page = json_loadb(json, n, 0, NULL);

	assert_non_null(page);
	free(json);
	free(bytes);
	free(text);
	return page;
}

static void test_html(void **state)
{
	struct page_stats stats;
	struct made m;

	(void)state;
	make(&m, UINT64_MAX);
	char *html = write_page(&m, "a <b> & c", &stats);

	assert_int_equal(strncmp(html, "<!DOCTYPE html>\n", 16), 0);
	assert_non_null(strstr(html, "content=\"default-src 'none'; script-src 'sha256-SCRIPT='; "
				     "style-src 'sha256-STYLE='; img-src blob: data:; "
				     "base-uri 'none'; form-action 'none'\""));
	assert_non_null(strstr(html, "<title>a &lt;b> &amp; c</title>"));
	assert_non_null(strstr(html, "<style>b{}</style>"));
	assert_non_null(strstr(html, "<script>run()</script>\n</body>\n</html>\n"));
	assert_null(strstr(html, "<b>"));
	free(html);
	unmake(&m);
}

static json_t *first_of(json_t *run, const char *key)
{
	json_t *array = json_object_get(run, key);

	assert_int_equal(json_array_size(array), 1);
	return json_array_get(array, 0);
}

/* Reasons with their names, machines, and the tasks of which they are made. */
static void test_virtual_machines(void **state)
{
	const struct kvm_reason reason = { 48, KVM_ISA_VMX };
	const struct page_vm vm = { "Firewall.02", 12 };
	const uint32_t vm_of[] = { UINT32_MAX, 0 };
	const bool vcpu[] = { false, true };
	struct page_stats stats;
	struct made m;

	(void)state;
	make(&m, UINT64_MAX);
	m.run.reason = &reason;
	m.run.vm = &vm;
	m.run.n_reasons = m.run.n_vms = 1;
	m.run.vm_of = vm_of;
	m.run.vcpu = vcpu;
	m.run.n_vm_of = 2;
	m.run.exit_bin = 77;
	char *html = write_page(&m, "t", &stats);
	json_t *page = description(html), *run = json_array_get(json_object_get(page, "runs"), 0);
	json_t *tasks = json_object_get(run, "tasks"), *text = first_of(run, "exit_reasons");

	assert_int_equal(json_integer_value(json_array_get(text, 0)), KVM_ISA_VMX);
	assert_int_equal(json_integer_value(json_array_get(text, 1)), 48);
	assert_string_equal(json_string_value(json_array_get(text, 2)), "EPT violation");
	assert_string_equal(json_string_value(json_object_get(first_of(run, "vms"), "name")),
			    "Firewall.02");
	assert_int_equal(json_integer_value(json_object_get(first_of(run, "vms"), "pid")), 12);
	assert_null(json_object_get(json_array_get(tasks, 0), "vm"));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(tasks, 1), "vm")), 0);
	assert_true(json_is_true(json_object_get(json_array_get(tasks, 1), "vcpu")));
	assert_null(json_object_get(json_array_get(tasks, 2), "vm"));
	assert_int_equal(
		json_integer_value(json_object_get(json_object_get(run, "bin_ns"), "exit")), 77);
	json_decref(page);
	free(html);
	unmake(&m);
}

static void test_json(void **state)
{
	struct page_stats stats;
	struct made m;
	json_t *page, *run;

	(void)state;
	make(&m, UINT64_MAX);
	char *html = write_page(&m, "t", &stats);

	page = description(html);
	assert_int_equal(json_integer_value(json_object_get(page, "kymo_page")), 1);
	assert_string_equal(json_string_value(json_object_get(page, "created")),
			    "2026-11-21T01:25:25Z");
	run = json_array_get(json_object_get(page, "runs"), 0);
	assert_string_equal(json_string_value(json_object_get(run, "host")), "a \"host\"");
	assert_string_equal(json_string_value(json_object_get(run, "start_ns")), "1000");
	assert_int_equal(json_integer_value(json_object_get(run, "span_ns")), 499000);
	assert_int_equal(json_integer_value(json_object_get(run, "lost")), 17);
	assert_int_equal(json_array_size(json_object_get(run, "cpus")), 2);
	assert_int_equal(json_array_size(json_object_get(run, "losses")), 1);
	assert_int_equal(json_array_size(json_object_get(run, "tasks")), tasks_count(m.run.tasks));
	assert_string_equal(json_string_value(json_object_get(
				    json_array_get(json_object_get(run, "tasks"), 0), "comm")),
			    "</script><b>");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(run, "bin_ns"), "run")),
			 (499000 + 2047) / 2048);
	/* The answer without a table is left out. */
	assert_int_equal(json_array_size(json_object_get(run, "views")), 1);
	assert_string_equal(json_string_value(json_object_get(run, "events_note")), "");
	json_decref(page);
	free(html);
	unmake(&m);
}

/* Decode the blocks one behind the other; rows by track number. */
static void count_blocks(const struct buf *b, uint64_t *rows, size_t *ret_blocks)
{
	auto_ptr(block_decoder) dec = block_decoder_new();
	size_t n = 0;

	assert_non_null(dec);
	for (size_t at = 0; at < b->len; n++) {
		struct block_info info;

		assert_true(at + BLOCK_HEADER_BYTES <= b->len);
		assert_int_equal(block_parse_header(b->data + at, &info, NULL), 0);
		assert_true(at + block_bytes(&info) <= b->len);
		const struct track *t = info.track == 200   ? &track_cube_run
					: info.track == 201 ? &track_cube_delay
					: info.track == 202 ? &track_cube_next
							    : track_by_id(info.track);
		auto_ptr(batch) into = batch_new(t, info.rows);

		assert_non_null(into);
		assert_int_equal(
			block_decode(dec, &info, b->data + at + info.header_bytes, 0, into, NULL),
			0);
		rows[info.track] += into->rows;
		at += block_bytes(&info);
	}
	*ret_blocks = n;
}

static void test_blocks(void **state)
{
	uint64_t rows[256] = { 0 };
	struct page_stats stats;
	size_t cube_blocks, blocks;
	struct made m;
	auto_buf bytes;

	(void)state;
	buf_init(&bytes, 0);
	make(&m, UINT64_MAX);
	char *html = write_page(&m, "t", &stats);
	char *cubes = between(html, "id=\"kymo-cube-0\">", "</script>");
	char *events = between(html, "id=\"kymo-events-0\">", "</script>");
	json_t *page = description(html), *index;

	from_base64(cubes, &bytes);
	count_blocks(&bytes, rows, &cube_blocks);
	assert_true(rows[200] && rows[201] && rows[202]);
	buf_clear(&bytes);
	from_base64(events, &bytes);
	count_blocks(&bytes, rows, &blocks);
	assert_int_equal(rows[16], EVENTS / 2);
	assert_int_equal(rows[17], EVENTS / 2);
	assert_int_equal(stats.events, EVENTS);
	assert_int_equal(stats.events_left_out, 0);
	index = json_object_get(json_array_get(json_object_get(page, "runs"), 0), "events");
	assert_int_equal(json_array_size(index), blocks);
	for (size_t i = 0; i < blocks; i++) {
		json_int_t track, cpu, first, last, n, offset, size;
		struct block_info info;

		assert_int_equal(json_unpack(json_array_get(index, i), "[IIIIIII]", &track, &cpu,
					     &first, &last, &n, &offset, &size),
				 0);
		assert_int_equal(block_parse_header(bytes.data + offset, &info, NULL), 0);
		assert_int_equal(info.track, track);
		assert_int_equal(info.cpu, cpu);
		assert_int_equal(info.rows, n);
		assert_int_equal(info.first - 1000, first);
		assert_int_equal(info.last - 1000, last);
		assert_int_equal(block_bytes(&info), size);
	}
	json_decref(page);
	free(cubes);
	free(events);
	free(html);
	unmake(&m);
}

static void test_events_that_do_not_fit(void **state)
{
	uint64_t rows[256] = { 0 }, limit;
	struct page_stats stats;
	struct made m;
	size_t blocks;
	auto_buf bytes;

	(void)state;
	buf_init(&bytes, 0);
	make(&m, UINT64_MAX);
	char *html = write_page(&m, "t", &stats);
	char *events = between(html, "id=\"kymo-events-0\">", "</script>");

	from_base64(events, &bytes);
	limit = bytes.len / 2;
	buf_clear(&bytes);
	free(events);
	free(html);
	m.run.events_max = limit;
	html = write_page(&m, "t", &stats);
	events = between(html, "id=\"kymo-events-0\">", "</script>");

	from_base64(events, &bytes);
	count_blocks(&bytes, rows, &blocks);
	assert_in_range(bytes.len, 1, limit);
	assert_int_equal(stats.events, rows[16] + rows[17]);
	assert_int_equal(stats.events + stats.events_left_out, EVENTS);
	assert_true(stats.events_left_out > 0);
	json_t *page = description(html);
	const char *note = json_string_value(
		json_object_get(json_array_get(json_object_get(page, "runs"), 0), "events_note"));

	assert_non_null(strstr(note, "are left out of this page"));
	json_decref(page);
	free(events);
	free(html);
	unmake(&m);

	make(&m, 0);
	html = write_page(&m, "t", &stats);
	assert_int_equal(stats.events, 0);
	assert_non_null(strstr(html, "id=\"kymo-events-0\"></script>"));
	free(html);
	unmake(&m);
}

/* A page of a window says so, holds no block and no coverage outside of it, and opens as asked. */
static void test_window_and_look(void **state)
{
	static const char *const views[] = { "tasks", "latency" };
	struct page page = { .title = "t", .viewer = &viewer, .n_runs = 1 };
	struct page_stats whole, cut;
	struct err e = { 0 };
	struct made m;
	char *html = NULL;
	size_t n = 0;

	(void)state;
	make(&m, UINT64_MAX);
	free(write_page(&m, "t", &whole));
	m.run.name = "short";
	m.run.from = 100000;
	m.run.to = 150000;
	page.run = &m.run;
	page.look = (struct page_look){ .view = "latency",
					.filter = "a\"b",
					.views = views,
					.n_views = 2,
					.from = 100000,
					.to = 150000 };
	FILE *out = open_memstream(&html, &n);

	assert_int_equal(page_write(&page, out, &cut, &e), 0);
	fclose(out);
	assert_in_range(cut.events, 1, whole.events - 1);
	assert_int_equal(cut.events_left_out, 0);
	json_t *j = description(html), *look = json_object_get(j, "look");
	json_t *run = json_array_get(json_object_get(j, "runs"), 0);
	json_t *index = json_object_get(run, "events"), *cpu;
	json_int_t start = 0, end = 0;

	assert_string_equal(json_string_value(json_object_get(look, "view")), "latency");
	assert_string_equal(json_string_value(json_object_get(look, "filter")), "a\"b");
	assert_int_equal(json_integer_value(json_object_get(look, "to")), 150000);
	assert_int_equal(json_array_size(json_object_get(look, "views")), 2);
	assert_null(json_object_get(look, "diff"));
	assert_string_equal(json_string_value(json_object_get(run, "name")), "short");
	assert_int_equal(json_integer_value(json_object_get(run, "span_ns")), 499000);
	json_array_foreach(json_object_get(run, "cpus"), n, cpu)
	{
		assert_int_equal(json_unpack(cpu, "{s:I, s:I}", "start", &start, "end", &end), 0);
		assert_int_equal(start, 100000);
		assert_int_equal(end, 150000);
	}
	json_array_foreach(index, n, cpu)
	{
		json_int_t track, number;

		assert_int_equal(json_unpack(cpu, "[IIII]", &track, &number, &start, &end), 0);
		assert_true(end >= 100000 && start < 150000);
	}
	assert_non_null(strstr(json_string_value(json_object_get(run, "events_note")),
			       "only 0.000100 s to 0.000150 s of the run is in this page"));
	json_decref(j);
	free(html);
	unmake(&m);
}

/* Rows of each track that are in the page. */
static void rows_in_page(struct made *m, uint64_t rows[256], struct page_stats *stats)
{
	char *html = write_page(m, "t", stats);
	char *events = between(html, "id=\"kymo-events-0\">", "</script>");
	size_t blocks;
	auto_buf bytes;

	memset(rows, 0, 256 * sizeof(*rows));
	buf_init(&bytes, 0);
	from_base64(events, &bytes);
	count_blocks(&bytes, rows, &blocks);
	free(events);
	free(html);
}

/* What series are is there whatever the window; values of it, and in half of the room only. */
static void test_metrics_of_a_window(void **state)
{
	uint64_t rows[256], value_bytes = 0;
	struct page_stats stats;
	struct made m;

	(void)state;
	make_of(&m, UINT64_MAX, true);
	rows_in_page(&m, rows, &stats);
	assert_int_equal(rows[track_metric.id], 1);
	assert_int_equal(rows[track_series.id], 1);
	assert_int_equal(rows[track_value.id], METRIC_BLOCKS * METRIC_ROWS);
	/* The third block, and the begin of the fourth. */
	m.run.from = 2 * METRIC_SPAN + 1000;
	m.run.to = 3 * METRIC_SPAN + 1000;
	rows_in_page(&m, rows, &stats);
	assert_int_equal(rows[track_metric.id], 1);
	assert_int_equal(rows[track_series.id], 1);
	assert_int_equal(rows[track_value.id], 2 * METRIC_ROWS);
	assert_int_equal(stats.events_left_out, 0);

	/* Room for three blocks of values in its first half. */
	m.run.from = m.run.to = 0;
	for (size_t i = 0; i < recording_n_blocks(m.recording); i++) {
		const struct recording_block *b = recording_block_at(m.recording, i);

		if (b->track == track_metric.id || b->track == track_series.id)
			value_bytes += b->bytes;
		else if (b->track == track_value.id && b->first < 1000 + 3 * METRIC_SPAN)
			value_bytes += b->bytes;
	}
	m.run.events_max = 2 * value_bytes;
	rows_in_page(&m, rows, &stats);
	assert_int_equal(rows[track_value.id], 3 * METRIC_ROWS);
	assert_true(stats.events_left_out >= 2 * METRIC_ROWS);
	assert_in_range(rows[16] + rows[17], 0, EVENTS - 1);
	unmake(&m);
}

static void test_full_device(void **state)
{
	struct page page = { .title = "t", .viewer = &viewer, .n_runs = 1 };
	struct page_stats stats;
	struct err e = { 0 };
	struct made m;
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	assert_non_null(out);
	make(&m, UINT64_MAX);
	page.run = &m.run;
	assert_int_equal(page_write(&page, out, &stats, &e), -ENOSPC);
	assert_non_null(strstr(e.text, "No space left on device"));
	fclose(out);
	unmake(&m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_html),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_virtual_machines),
		cmocka_unit_test(test_blocks),
		cmocka_unit_test(test_events_that_do_not_fit),
		cmocka_unit_test(test_metrics_of_a_window),
		cmocka_unit_test(test_full_device),
		cmocka_unit_test(test_window_and_look),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
