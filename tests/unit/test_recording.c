/* SPDX-License-Identifier: MIT */
/*
 * Recordings: written, read back whole and in windows; unfinished, cut at every 64 bytes, flipped,
 * with blocks missing; every file that is not whole must say so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/file.h"
#include "format/recording.h"
#include "model/file_track.h"
#include "model/metric_track.h"
#include "model/sched_track.h"
#include "model/tasks.h"

#define CPUS  3
#define ROWS  5000 /* per CPU */
#define STEP  1000 /* ns between the switches of a CPU */
#define START 1000000

static char folder[] = "/tmp/kymo-test-XXXXXX";
static char path[64], other[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/a.kymo", folder);
	snprintf(other, sizeof(other), "%s/b.kymo", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	unlink(other);
	return rmdir(folder);
}

static void write_switches(struct sink *sink, uint32_t cpu)
{
	auto_ptr(batch) b = batch_new(&track_switch, 128);
	struct err e = { 0 };

	for (uint32_t i = 0; i < ROWS; i++) {
		uint32_t row = b->rows++;

		b->cpu = cpu;
		b->time[row] = START + (nsec_t)i * STEP + cpu;
		batch_u32(b, SWITCH_NEXT)[row] = 100 + (i + 1) % 7;
		batch_u32(b, SWITCH_PREV)[row] = 100 + i % 7;
		batch_u16(b, SWITCH_STATE)[row] = i % 2;
		batch_u8(b, SWITCH_PRIO)[row] = 120;
		if (batch_full(b) || i + 1 == ROWS) {
			assert_int_equal(sink_write(sink, b, &e), 0);
			batch_clear(b);
		}
	}
}

static void write_mark(struct sink *sink, uint32_t cpu, nsec_t time, enum mark_kind kind)
{
	auto_ptr(batch) b = batch_new(&track_mark, 1);
	struct err e = { 0 };

	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, MARK_KIND)[0] = kind;
	((uint32_t *)b->col[MARK_TEXT])[0] = (uint32_t)batch_add_text(b, "");
	assert_int_equal(sink_write(sink, b, &e), 0);
}

static void write_task(struct sink *sink, uint32_t tid, const char *comm)
{
	auto_ptr(batch) b = batch_new(&track_task, 1);
	struct err e = { 0 };

	b->cpu = BATCH_CPU_NONE;
	b->rows = 1;
	b->time[0] = START;
	batch_u8(b, TASK_KIND)[0] = TASK_ALIVE;
	batch_u32(b, TASK_TID)[0] = tid;
	batch_u32(b, TASK_TGID)[0] = tid;
	batch_u32(b, TASK_PARENT)[0] = 1;
	batch_u8(b, TASK_FLAGS)[0] = 0;
	((uint32_t *)b->col[TASK_COMM])[0] = (uint32_t)batch_add_text(b, comm);
	assert_int_equal(sink_write(sink, b, &e), 0);
}

/* Small blocks, so that a file of some ten kilobytes has many. @close: finish it. */
static void write_recording(const char *to, bool close)
{
	struct packer_options o = { .block_rows = 512 };
	auto_ptr(recording_writer) w = NULL;
	struct err e = { 0 };

	assert_int_equal(recording_create(to, 0, &o, &w, &e), 0);
	struct sink *sink = recording_writer_sink(w);

	assert_int_equal(recording_writer_meta(w, "host.name", "drum", &e), 0);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		write_mark(sink, cpu, START - 500, MARK_START);
	write_task(sink, 100, "ping");
	assert_int_equal(recording_writer_flush(w, NSEC_MAX, &e), 0);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		write_switches(sink, cpu);
	for (uint32_t cpu = 0; cpu < CPUS; cpu++)
		write_mark(sink, cpu, START + ROWS * STEP, MARK_END);
	assert_int_equal(recording_writer_flush(w, NSEC_MAX, &e), 0);
	assert_int_equal(close ? recording_writer_close(w, &e) : recording_writer_publish(w, &e),
			 0);
}

struct seen {
	uint64_t rows, lead;
	nsec_t first, last;
};

/* Read all switches of a query; the content of each row must be what was written. */
static int read_switches(struct recording *r, const struct query *q, struct seen *ret,
			 struct err *e)
{
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct seen seen = { 0 };
	nsec_t before = 0;
	int rc = source_cursor(recording_source(r), q, &c, e);

	if (rc < 0)
		return rc;
	while ((rc = cursor_next(c, &b, e)) > 0) {
		assert_ptr_equal(b->track, &track_switch);
		for (uint32_t i = 0; i < b->rows; i++) {
			uint64_t n = (b->time[i] - START - b->cpu) / STEP;

			assert_int_equal(b->time[i], START + n * STEP + b->cpu);
			assert_int_equal(batch_u32(b, SWITCH_NEXT)[i], 100 + (n + 1) % 7);
			assert_int_equal(batch_u32(b, SWITCH_PREV)[i], 100 + n % 7);
			assert_int_equal(batch_u16(b, SWITCH_STATE)[i], n % 2);
			assert_int_equal(batch_u8(b, SWITCH_PRIO)[i], 120);
			if (q->order == CURSOR_BY_TIME && i >= b->lead) {
				assert_true(b->time[i] >= before);
				before = b->time[i];
			}
			if (seen.rows == 0)
				seen.first = b->time[i];
			seen.last = b->time[i];
			seen.rows++;
		}
		seen.lead += b->lead;
	}
	*ret = seen;
	return rc;
}

static void test_whole(void **state)
{
	static const enum cursor_order orders[] = { CURSOR_BY_STREAM, CURSOR_BY_TIME };
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	struct seen seen;

	(void)state;
	write_recording(path, true);
	if (recording_open(path, 0, &r, &e) != 0)
		fail_msg("%s", e.text);
	const struct run_info *info = recording_source(r)->info;

	assert_true(info->complete);
	assert_string_equal(info->name, "a");
	assert_string_equal(run_info_meta(info, "host.name"), "drum");
	assert_int_equal(info->n_cpu, CPUS);
	assert_int_equal(info->start, START - 500);
	assert_int_equal(info->end, START + ROWS * STEP);
	struct tasks *tasks = recording_source(r)->tasks;

	assert_string_equal(tasks_label(tasks, tasks_find(tasks, 100, START, 0)), "ping");
	for (size_t i = 0; i < ARRAY_SIZE(orders); i++) {
		struct query q = { .tracks = track_bit(&track_switch), .order = orders[i] };

		assert_int_equal(read_switches(r, &q, &seen, &e), 0);
		assert_int_equal(seen.rows, CPUS * ROWS);
		assert_int_equal(seen.lead, 0);
	}
}

/* Rows [@from, @to) of switches, every one a nanosecond; @told: with how long each ran. */
static void write_told(struct sink *sink, uint32_t from, uint32_t to, bool told)
{
	auto_ptr(batch) b = told ? batch_new_full(&track_switch, to - from)
				 : batch_new(&track_switch, to - from);
	struct err e = { 0 };

	b->cpu = 1;
	for (uint32_t i = from; i < to; i++) {
		b->time[b->rows] = START + i;
		batch_u32(b, SWITCH_NEXT)[b->rows] = 7 + i % 2;
		if (told)
			batch_u64(b, SWITCH_RAN)[b->rows] = 1000 + i;
		b->rows++;
	}
	if (sink_write(sink, b, &e) < 0)
		fail_msg("%s", e.text);
}

/* What an optional column says, whether blocks have it from the begin, from some row on, or never;
 * and through the task filter and the row before the window. */
static void test_optional_column(void **state)
{
	static const uint32_t tids[] = { 8 };
	struct packer_options o = { .block_rows = 512 };
	auto_ptr(recording_writer) w = NULL;
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	/* Of 2000 rows those in [700, 1700) are told, so that blocks begin and end within. */
	struct query queries[] = {
		{ .tracks = track_bit(&track_switch) },
		{ .tracks = track_bit(&track_switch), .tids = tids, .n_tids = 1 },
		{ .tracks = track_bit(&track_switch), .from = START + 900, .lead = true },
		{ .tracks = track_bit(&track_switch), .from = START + 3, .lead = true },
		{ .tracks = track_bit(&track_switch), .order = CURSOR_BY_TIME },
		{ .tracks = track_bit(&track_switch), .columns = 1u << SWITCH_RAN },
		{ .tracks = track_bit(&track_switch), .columns = 1u << SWITCH_NEXT },
	};
	static const uint32_t rows[] = { 2000, 1000, 1101, 1998, 2000, 2000, 2000 };

	(void)state;
	assert_int_equal(recording_create(path, 0, &o, &w, &e), 0);
	write_told(recording_writer_sink(w), 0, 700, false);
	write_told(recording_writer_sink(w), 700, 1700, true);
	write_told(recording_writer_sink(w), 1700, 2000, false);
	assert_int_equal(recording_writer_close(w, &e), 0);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(queries); i++) {
		bool asked = !queries[i].columns || queries[i].columns >> SWITCH_RAN & 1;
		auto_ptr(cursor) c = NULL;
		const struct batch *b;
		uint32_t n = 0;

		assert_int_equal(source_cursor(recording_source(r), &queries[i], &c, &e), 0);
		while (cursor_next(c, &b, &e) > 0)
			for (uint32_t k = 0; k < b->rows; k++, n++) {
				uint64_t at = b->time[k] - START;
				bool told = at >= 700 && at < 1700;

				if (asked)
					assert_int_equal(batch_u64_or_0(b, SWITCH_RAN, k),
							 told ? 1000 + at : 0);
			}
		assert_int_equal(n, rows[i]);
	}
}

/* A block in which nobody tells has the columns that it had before there was an optional one. */
static void test_optional_column_left_out(void **state)
{
	auto_ptr(block_encoder) enc = block_encoder_new(1);
	auto_ptr(batch) lean = batch_new(&track_switch, 2);
	auto_ptr(batch) full = batch_new_full(&track_switch, 2);
	struct block_info a, b;
	struct err e = { 0 };
	auto_buf out;

	(void)state;
	buf_init(&out, 0);
	lean->rows = full->rows = 2;
	assert_int_equal(block_encode(enc, lean, &out, &e), 0);
	assert_int_equal(block_parse_header(out.data, &a, &e), 0);
	buf_clear(&out);
	assert_int_equal(block_encode(enc, full, &out, &e), 0);
	assert_int_equal(block_parse_header(out.data, &b, &e), 0);
	assert_int_equal(a.columns, 5);
	assert_int_equal(b.columns, 6);
}

/* A file of the first release, made by write_recording(): every later kymo reads it. */
static void test_golden(void **state)
{
	struct query q = { .tracks = track_bit(&track_switch), .order = CURSOR_BY_TIME };
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	struct seen seen;

	(void)state;
	if (recording_open("tests/fixtures/golden-1.0.kymo", RECORDING_SALVAGE, &r, &e) != 0)
		fail_msg("%s", e.text);
	struct tasks *tasks = recording_source(r)->tasks;

	assert_true(recording_source(r)->info->complete);
	assert_string_equal(run_info_meta(recording_source(r)->info, "host.name"), "drum");
	assert_string_equal(tasks_label(tasks, tasks_find(tasks, 100, START, 0)), "ping");
	assert_int_equal(read_switches(r, &q, &seen, &e), 0);
	assert_int_equal(seen.rows, CPUS * ROWS);
}

static void test_windows(void **state)
{
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	struct seen seen;

	(void)state;
	write_recording(path, true);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	for (uint32_t from = 0; from < ROWS; from += 97)
		for (uint32_t n = 0; n < 1200; n += 399) {
			struct query q = {
				.tracks = track_bit(&track_switch),
				.from = START + (nsec_t)from * STEP,
				.to = START + (nsec_t)(from + n) * STEP,
				.order = from % 2 ? CURSOR_BY_TIME : CURSOR_BY_STREAM,
				.lead = from % 3 == 0,
			};
			uint32_t in = min_of(n, ROWS - from);

			assert_int_equal(read_switches(r, &q, &seen, &e), 0);
			assert_int_equal(seen.lead, q.lead && from > 0 ? CPUS : 0);
			assert_int_equal(seen.rows - seen.lead, CPUS * in);
		}
}

static void test_unfinished(void **state)
{
	auto_ptr(recording) r = NULL;
	struct query q = { .tracks = track_bit(&track_switch) };
	struct err e = { 0 };
	struct seen seen;

	(void)state;
	write_recording(path, false);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	assert_false(recording_source(r)->info->complete);
	assert_non_null(strstr(recording_source(r)->info->damage, "not closed"));
	assert_int_equal(read_switches(r, &q, &seen, &e), 0);
	assert_int_equal(seen.rows, CPUS * ROWS);
}

static void load(const char *from, struct buf *b)
{
	buf_init(b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, from, b), 0);
}

static void save(const char *to, const void *data, size_t n)
{
	auto_close int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, n), 0);
}

static void test_cut_everywhere(void **state)
{
	struct query q = { .tracks = track_bit(&track_switch) };
	auto_buf whole;
	uint64_t most = 0;

	(void)state;
	write_recording(path, true);
	load(path, &whole);
	for (size_t n = 0; n < whole.len; n += 64) {
		auto_ptr(recording) r = NULL;
		struct err e = { 0 };
		struct seen seen;

		save(other, whole.data, n);
		int rc = recording_open(other, 0, &r, &e);

		if (n < 8) {
			assert_int_equal(rc, -EMEDIUMTYPE);
			continue;
		}
		if (rc != 0)
			fail_msg("cut at %zu: %s", n, e.text);
		assert_false(recording_source(r)->info->complete);
		assert_non_null(strstr(recording_source(r)->info->damage, "offset"));
		assert_int_equal(read_switches(r, &q, &seen, &e), 0);
		/* A longer file never shows less. */
		assert_true(seen.rows >= most);
		most = seen.rows;
	}
	assert_int_equal(most, CPUS * ROWS);
}

static void test_flips_are_noticed(void **state)
{
	struct query q = { .tracks = track_bit(&track_switch) };
	auto_buf whole;

	(void)state;
	write_recording(path, true);
	load(path, &whole);
	for (size_t bit = 0; bit < 8 * whole.len; bit += 211) {
		auto_ptr(recording) r = NULL;
		struct err e = { 0 };
		struct seen seen = { 0 };

		whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		save(other, whole.data, whole.len);
		int rc = recording_open(other, 0, &r, &e);

		if (rc == 0)
			rc = read_switches(r, &q, &seen, &e);
		/* Unharmed rows, or an error with words. Bits that nothing depends on: padding,
		 * reserved, schema. */
		if (rc == 0)
			assert_true(seen.rows == CPUS * ROWS ||
				    !recording_source(r)->info->complete);
		else
			assert_true(e.text[0]);
		whole.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void test_salvage_names_the_loss(void **state)
{
	struct query q = { .tracks = track_bit(&track_switch) };
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	struct seen seen;
	auto_buf whole;

	(void)state;
	write_recording(path, true);
	load(path, &whole);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	/* Destroy the third block of switches on some CPU. */
	size_t n = 0, i = 0;
	const struct recording_block *k = NULL;

	for (; n < 3; i++) {
		k = recording_block_at(r, i);
		n += k->track == track_switch.id;
	}
	uint32_t cpu = k->cpu, rows = k->rows;
	nsec_t first = k->first, last = k->last;

	memset(whole.data + k->offset + 100, 0x5a, 50);
	save(other, whole.data, whole.len);
	r = recording_free(r);
	assert_int_equal(recording_open(other, 0, &r, &e), 0);
	assert_int_equal(read_switches(r, &q, &seen, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "offset"));
	r = recording_free(r);
	assert_int_equal(recording_open(other, RECORDING_SALVAGE, &r, &e), 0);
	const struct run_info *info = recording_source(r)->info;

	assert_false(info->complete);
	assert_int_equal(info->n_loss, 1);
	assert_int_equal(info->loss[0].track, track_switch.id);
	assert_int_equal(info->loss[0].cpu, cpu);
	assert_int_equal(info->loss[0].cause, LOSS_DAMAGE);
	assert_true(info->loss[0].from < first && info->loss[0].to > last);
	assert_int_equal(read_switches(r, &q, &seen, &e), 0);
	assert_int_equal(seen.rows, CPUS * ROWS - rows);
}

static void test_empty_recording_is_whole(void **state)
{
	auto_ptr(recording_writer) w = NULL;
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(recording_create(path, 0, NULL, &w, &e), 0);
	assert_int_equal(recording_writer_close(w, &e), 0);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	assert_true(recording_source(r)->info->complete);
	assert_int_equal(recording_n_blocks(r), 0);
}

static void test_no_recording(void **state)
{
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };

	(void)state;
	save(other, "PERFILE2 and more of it", 23);
	assert_int_equal(recording_open(other, 0, &r, &e), -EMEDIUMTYPE);
	assert_non_null(strstr(e.text, "kymo convert"));
	assert_int_equal(recording_open("/nonexistent/x.kymo", 0, &r, &e), -ENOENT);
	assert_int_equal(recording_open("/dev/null", 0, &r, &e), -ESPIPE);
}

static void test_newer_version_is_named(void **state)
{
	auto_ptr(recording) r = NULL;
	struct err e = { 0 };
	auto_buf whole;

	(void)state;
	write_recording(path, true);
	load(path, &whole);
	put_le16(whole.data + 8, 2);
	put_le32(whole.data + 60, crc32c(whole.data, 60));
	save(other, whole.data, whole.len);
	assert_int_equal(recording_open(other, 0, &r, &e), -EMEDIUMTYPE);
	assert_non_null(strstr(e.text, "2.0"));
}

static void test_time_must_not_fall(void **state)
{
	auto_ptr(recording_writer) w = NULL;
	auto_ptr(batch) b = batch_new(&track_migrate, 2);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(recording_create(path, 0, NULL, &w, &e), 0);
	memset(b->col[MIGRATE_TID], 0, 2 * sizeof(uint32_t));
	memset(b->col[MIGRATE_FROM], 0, 2 * sizeof(uint16_t));
	memset(b->col[MIGRATE_TO], 0, 2 * sizeof(uint16_t));
	b->cpu = 0;
	b->rows = 2;
	b->time[0] = 10;
	b->time[1] = 9;
	assert_int_equal(sink_write(recording_writer_sink(w), b, &e), -EINVAL);
	b->time[1] = 10;
	assert_int_equal(sink_write(recording_writer_sink(w), b, &e), 0);
	b->time[0] = 9;
	assert_int_equal(sink_write(recording_writer_sink(w), b, &e), -EINVAL);
}

/* Files as they are: more text than a stream may have goes into several blocks. */
static void test_long_texts(void **state)
{
	auto_ptr(recording_writer) w = NULL;
	auto_ptr(recording) rec = NULL;
	auto_ptr(cursor) c = NULL;
	const struct query q = { .tracks = track_bit(&track_raw) };
	const size_t n = (size_t)1 << 20;
	const struct batch *got;
	struct err e = { 0 };
	auto_free char *text = malloc(n + 1);
	uint32_t rows = 0, batches = 0;

	(void)state;
	assert_int_equal(recording_create(path, 0, NULL, &w, &e), 0);
	for (uint32_t i = 0; i < 20; i += 2) {
		auto_ptr(batch) b = batch_new(&track_raw, 2);

		b->cpu = BATCH_CPU_NONE;
		for (; b->rows < 2; b->rows++) {
			memset(text, 'a' + (int)(i + b->rows), n);
			text[n] = '\0';
			b->time[b->rows] = START + i + b->rows;
			((uint32_t *)b->col[RAW_TEXT])[b->rows] = (uint32_t)batch_add_text(b, text);
		}
		assert_int_equal(sink_write(recording_writer_sink(w), b, &e), 0);
	}
	assert_int_equal(recording_writer_close(w, &e), 0);
	assert_int_equal(recording_open(path, 0, &rec, &e), 0);
	assert_int_equal(source_cursor(recording_source(rec), &q, &c, &e), 0);
	for (; cursor_next(c, &got, &e) > 0; batches++)
		for (uint32_t i = 0; i < got->rows; i++, rows++) {
			const char *is = batch_text(got, RAW_TEXT, i);

			assert_int_equal(strlen(is), n);
			assert_true(is[0] == 'a' + (int)rows && is[n - 1] == is[0]);
		}
	assert_int_equal(rows, 20);
	assert_in_range(batches, 4, 5);
}

static void test_blocks_move_to_another_file(void **state)
{
	auto_ptr(recording) r = NULL;
	auto_ptr(recording_writer) w = NULL;
	struct query q = { .tracks = track_bit(&track_switch), .order = CURSOR_BY_TIME };
	struct err e = { 0 };
	struct seen seen;

	(void)state;
	write_recording(path, true);
	assert_int_equal(recording_open(path, 0, &r, &e), 0);
	assert_int_equal(recording_create(other, 0, NULL, &w, &e), 0);
	for (size_t i = 0; i < recording_n_blocks(r); i++) {
		auto_buf block;

		buf_init(&block, 0);
		if (recording_block_at(r, i)->track == track_schema.id)
			continue;
		assert_int_equal(recording_read_block(r, i, &block, &e), 0);
		assert_int_equal(recording_writer_add_block(w, block.data, block.len, &e), 0);
	}
	assert_int_equal(recording_writer_close(w, &e), 0);
	r = recording_free(r);
	assert_int_equal(recording_open(other, RECORDING_SALVAGE, &r, &e), 0);
	assert_true(recording_source(r)->info->complete);
	assert_int_equal(read_switches(r, &q, &seen, &e), 0);
	assert_int_equal(seen.rows, CPUS * ROWS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_optional_column),
		cmocka_unit_test(test_optional_column_left_out),
		cmocka_unit_test(test_golden),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_unfinished),
		cmocka_unit_test(test_cut_everywhere),
		cmocka_unit_test(test_flips_are_noticed),
		cmocka_unit_test(test_salvage_names_the_loss),
		cmocka_unit_test(test_empty_recording_is_whole),
		cmocka_unit_test(test_no_recording),
		cmocka_unit_test(test_newer_version_is_named),
		cmocka_unit_test(test_time_must_not_fall),
		cmocka_unit_test(test_long_texts),
		cmocka_unit_test(test_blocks_move_to_another_file),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
