/* SPDX-License-Identifier: MIT */
/*
 * perf.data: fixtures that perf recorded, in every form it writes, and small files made here with
 * fields that the fixtures do not have. What is cut or makes no sense must be said.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "base/file.h"
#include "import/importer.h"
#include "import/perf_attr.h"
#include "model/file_track.h"
#include "model/sched_track.h"
#include "row_text.h"

#define FIXTURES "tests/fixtures/perf/"

struct conversion {
	struct row_text *rows;
	struct buf meta;
	struct import_result result;
	struct err e;
	int r;
};

static int take_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	struct conversion *c = ctx;

	(void)e;
	return buf_addf(&c->meta, "%s=%s\n", key, value);
}

static void convert_bytes(struct conversion *c, const void *data, size_t n, bool count_only)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = take_meta, .ctx = c };

	*c = (struct conversion){ .rows = row_text_new() };
	buf_init(&c->meta, 0);
	c->rows->count_only = count_only;
	assert_int_equal(input_open_memory(data, n, "the file", &in), 0);
	c->r = importer_by_name("perf-data")->run(in, &c->rows->sink, &args, &c->result, &c->e);
}

static void done(struct conversion *c)
{
	row_text_free(c->rows);
	buf_done(&c->meta);
	import_result_done(&c->result);
}

static void load(const char *name, struct buf *b)
{
	char path[256];

	buf_init(b, 0);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, b), 0);
}

static void convert_fixture(struct conversion *c, const char *name)
{
	auto_buf b;

	load(name, &b);
	convert_bytes(c, b.data, b.len, false);
	if (c->r < 0)
		fail_msg("%s: %s", name, c->e.text);
	assert_true(c->result.complete);
}

/* ---- fixtures ---- */

/* The counts are perf's: perf script -i sched.data | grep -c. */
static void test_fixture(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "sched.data");
	assert_int_equal(c.result.events, 159);
	assert_int_equal(c.rows->rows[track_switch.id], 108);
	assert_int_equal(c.rows->rows[track_wakeup.id], 45);
	assert_int_equal(c.rows->rows[track_migrate.id], 6);
	assert_int_equal(c.result.other, 26);
	assert_int_equal(c.result.lost, 0);
	assert_int_equal(c.result.late, 0);
	assert_int_equal(c.result.damaged, 0);
	assert_int_equal(c.rows->rows[track_clock.id], 1);
	assert_int_equal(c.rows->rows[track_cpu.id], 2);
	assert_non_null(strstr(buf_str(&c.result.notes), "7 task:task_rename"));
	const char *meta = buf_str(&c.meta);

	assert_non_null(strstr(meta, "host.name=fixture\n"));
	assert_non_null(strstr(meta, "kernel.release=6.18.0\n"));
	assert_non_null(strstr(meta, "host.machine=x86_64\n"));
	assert_non_null(strstr(meta, "cpu.model=A CPU\n"));
	assert_non_null(strstr(meta, "cpu.online=0-1\n"));
	assert_non_null(strstr(meta, "kymo.command=perf record -a\n"));
	assert_non_null(strstr(meta, "import.clock=CLOCK_MONOTONIC\n"));
	const char *text = buf_str(&c.rows->text);

	/* First lines of sched.script.txt. */
	assert_non_null(strstr(text, "switch 0 3296884251319 next=18 prev=16720 state=2 prio=0\n"));
	assert_non_null(
		strstr(text, "wakeup 0 3296884243953 tid=18 waker=16720 target=0 flags=0\n"));
	assert_non_null(strstr(text, "migrate 0 3296884255978 tid=16720 from=0 to=1\n"));
	assert_non_null(strstr(text, " flags=0 comm=sched-pipe\n"));
	done(&c);
}

/* File, pipe, compressed, both byte orders: the same rows. */
static void test_forms(void **state)
{
	static const char *const names[] = { "sched-be.data", "sched.pipe", "sched-be.pipe",
					     "sched-z.data" };
	struct conversion want;

	(void)state;
	convert_fixture(&want, "sched.data");
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		struct conversion c;

		convert_fixture(&c, names[i]);
		assert_string_equal(buf_str(&c.rows->text), buf_str(&want.rows->text));
		assert_string_equal(buf_str(&c.meta), buf_str(&want.meta));
		done(&c);
	}
	done(&want);
}

static void test_lost(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "lost.data");
	/* LOST and LOST_SAMPLES tell of the same 19. */
	assert_int_equal(c.result.lost, 19);
	assert_int_equal(c.rows->rows[track_loss.id], 1);
	assert_non_null(strstr(buf_str(&c.rows->text), "track=0 count=19 cause=2\n"));
	done(&c);
}

static void test_switch_records(void **state)
{
	struct conversion c;

	(void)state;
	convert_fixture(&c, "switch-records.data");
	assert_int_equal(c.result.events, 41);
	/* The first pair of the file: IN at .340083, OUT at .340112. */
	assert_non_null(strstr(buf_str(&c.rows->text), " 3175340083601 next=16053 prev=0 "));
	assert_non_null(
		strstr(buf_str(&c.rows->text), " 3175340112296 next=0 prev=16053 state=1 "));
	done(&c);
}

/* ---- hostile input ---- */

static void test_cut(void **state)
{
	static const char *const names[] = {
		"sched.data",	"sched-be.data", "sched.pipe",
		"sched-z.data", "lost.data",	 "switch-records.data"
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
		auto_buf b;

		load(names[i], &b);
		for (size_t n = 0; n < b.len; n += 64) {
			struct conversion c;

			convert_bytes(&c, b.data, n, true);
			if (c.r >= 0 && c.result.complete)
				fail_msg("%s cut at byte %zu: not noticed", names[i], n);
			const char *words = c.r < 0 ? c.e.text : c.result.damage;

			if (!strstr(words, "the file"))
				fail_msg("%s cut at byte %zu: '%s' names no file", names[i], n,
					 words);
			if (n >= 16 && !strstr(words, "byte ") && !strstr(words, "no scheduler"))
				fail_msg("%s cut at byte %zu: '%s' names no byte", names[i], n,
					 words);
			if (c.r >= 0)
				assert_int_not_equal(c.rows->rows[track_loss.id], 0);
			done(&c);
		}
	}
}

/* What a cut pipe still holds is converted. */
static void test_cut_keeps(void **state)
{
	auto_buf b;
	struct conversion c;

	(void)state;
	load("sched.pipe", &b);
	convert_bytes(&c, b.data, b.len - 100, false);
	assert_int_equal(c.r, 0);
	assert_false(c.result.complete);
	assert_in_range(c.result.events, 150, 158);
	done(&c);
}

/* ---- files made here ---- */

struct maker {
	struct buf out;
	bool big;
};

static void put(struct maker *m, unsigned int bytes, uint64_t v)
{
	for (unsigned int i = 0; i < bytes; i++)
		assert_int_equal(
			buf_add_byte(&m->out, (uint8_t)(v >> 8 * (m->big ? bytes - 1 - i : i))), 0);
}

static size_t begin_record(struct maker *m, uint32_t type, uint16_t misc)
{
	put(m, 4, type);
	put(m, 2, misc);
	put(m, 2, 0);
	return m->out.len;
}

static void end_record(struct maker *m, size_t at)
{
	size_t n = m->out.len - at + 8;

	m->out.data[at - 2] = (uint8_t)(m->big ? n >> 8 : n);
	m->out.data[at - 1] = (uint8_t)(m->big ? n : n >> 8);
}

struct event {
	uint64_t sample_type, read_format, flags, config;
	uint64_t id;
};

static void put_attr(struct maker *m, const struct event *ev)
{
	size_t at = begin_record(m, 64, 0);

	put(m, 4, PERF_ATTR_TYPE_TRACEPOINT);
	put(m, 4, 128);
	put(m, 8, ev->config);
	put(m, 8, 1);
	put(m, 8, ev->sample_type);
	put(m, 8, ev->read_format);
	for (unsigned int byte = 0; byte < 8; byte++) {
		uint8_t v = 0;

		for (unsigned int bit = 0; bit < 8; bit++)
			if (ev->flags >> (byte * 8 + bit) & 1)
				v |= (uint8_t)(1u << (m->big ? 7 - bit : bit));
		assert_int_equal(buf_add_byte(&m->out, v), 0);
	}
	while (m->out.len - at < 128)
		put(m, 1, 0);
	put(m, 8, ev->id);
	end_record(m, at);
}

#define SWITCH_ID 300
#define WAKING_ID 301
#define WAKEUP_ID 302

/* 32-bit fields only, in an order of our own. */
static const char switch_format[] =
	"name: sched_switch\nID: 300\nformat:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\tfield:int next_pid;\toffset:8;\tsize:4;\tsigned:1;\n"
	"\tfield:int prev_pid;\toffset:12;\tsize:4;\tsigned:1;\n"
	"\tfield:int prev_state;\toffset:16;\tsize:4;\tsigned:1;\n"
	"\tfield:int next_prio;\toffset:20;\tsize:4;\tsigned:1;\n"
	"\tfield:char next_comm[16];\toffset:24;\tsize:16;\tsigned:0;\n"
	"\tfield:char prev_comm[16];\toffset:40;\tsize:16;\tsigned:0;\n\nprint fmt: \"\"\n";
#define WAKEUP_FORMAT(name, id)                                                \
	"name: " name "\nID: " id "\nformat:\n"                                \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"             \
	"\tfield:int pid;\toffset:8;\tsize:4;\tsigned:1;\n"                    \
	"\tfield:int target_cpu;\toffset:12;\tsize:4;\tsigned:1;\n"            \
	"\tfield:char comm[16];\toffset:16;\tsize:16;\tsigned:0;\n\nprint fmt: \"\"\n"

static void put_text(struct maker *m, const char *s, size_t n)
{
	assert_int_equal(buf_add(&m->out, s, n), 0);
}

static void put_tracing(struct maker *m)
{
	static const char *const formats[] = { switch_format, WAKEUP_FORMAT("sched_waking", "301"),
					       WAKEUP_FORMAT("sched_wakeup", "302") };
	struct maker t = { .big = m->big };

	buf_init(&t.out, 0);
	put_text(&t, "\x17\x08\x44tracing0.6\0", 14);
	put(&t, 1, m->big);
	put(&t, 1, 8);
	put(&t, 4, 4096);
	put_text(&t, "header_page\0", 12);
	put(&t, 8, 0);
	put_text(&t, "header_event\0", 13);
	put(&t, 8, 0);
	put(&t, 4, 0);
	put(&t, 4, 1);
	put_text(&t, "sched\0", 6);
	put(&t, 4, ARRAY_SIZE(formats));
	for (unsigned int i = 0; i < ARRAY_SIZE(formats); i++) {
		put(&t, 8, strlen(formats[i]));
		put_text(&t, formats[i], strlen(formats[i]));
	}
	put(&t, 4, 0);
	put(&t, 4, 0);
	put(&t, 8, 0);
	size_t at = begin_record(m, 66, 0);

	put(m, 4, t.out.len);
	end_record(m, at);
	put_text(m, (const char *)t.out.data, t.out.len);
	buf_done(&t.out);
}

static void begin_file(struct maker *m, bool big, const struct event *events, unsigned int n)
{
	m->big = big;
	buf_init(&m->out, 0);
	put_text(m, big ? "2ELIFREP" : "PERFILE2", 8);
	put(m, 8, 16);
	for (unsigned int i = 0; i < n; i++)
		put_attr(m, &events[i]);
	put_tracing(m);
}

static void end_round(struct maker *m)
{
	end_record(m, begin_record(m, 68, 0));
}

/* Everything before RAW; @where counts what a reader has to step over. */
static size_t begin_sample(struct maker *m, const struct event *ev, uint32_t tid, uint32_t cpu,
			   uint64_t time)
{
	size_t at = begin_record(m, 9, 0);
	uint64_t t = ev->sample_type, f = ev->read_format;

	if (t & PERF_HAS_IDENTIFIER)
		put(m, 8, ev->id);
	if (t & PERF_HAS_IP)
		put(m, 8, 0x1111111111111111);
	if (t & PERF_HAS_TID) {
		put(m, 4, tid);
		put(m, 4, tid);
	}
	if (t & PERF_HAS_TIME)
		put(m, 8, time);
	if (t & PERF_HAS_ADDR)
		put(m, 8, 0x2222222222222222);
	if (t & PERF_HAS_ID)
		put(m, 8, ev->id);
	if (t & PERF_HAS_STREAM_ID)
		put(m, 8, 0x3333333333333333);
	if (t & PERF_HAS_CPU) {
		put(m, 4, cpu);
		put(m, 4, 0);
	}
	if (t & PERF_HAS_PERIOD)
		put(m, 8, 1);
	if (t & PERF_HAS_READ) {
		unsigned int each = 1 + !!(f & PERF_READ_ID) + !!(f & PERF_READ_LOST);
		unsigned int times = !!(f & PERF_READ_ENABLED) + !!(f & PERF_READ_RUNNING);
		unsigned int values = f & PERF_READ_GROUP ? times + 3 * each : times + each;

		if (f & PERF_READ_GROUP)
			put(m, 8, 3);
		for (unsigned int i = 0; i < values; i++)
			put(m, 8, 0x4444444444444444);
	}
	if (t & PERF_HAS_CALLCHAIN) {
		put(m, 8, 5);
		for (unsigned int i = 0; i < 5; i++)
			put(m, 8, 0xffffffff81000000 + i);
	}
	return at;
}

static void put_switch(struct maker *m, const struct event *ev, uint32_t cpu, uint64_t time,
		       uint32_t prev, uint32_t next)
{
	size_t at = begin_sample(m, ev, prev, cpu, time);

	put(m, 4, 60);
	put(m, 2, SWITCH_ID);
	put(m, 2, 0);
	put(m, 4, prev);
	put(m, 4, next);
	put(m, 4, prev);
	put(m, 4, 1);
	put(m, 4, 120);
	put_text(m, "next\0garbage....", 16);
	put_text(m, "prev\0\0\0\0\0\0\0\0\0\0\0\0", 16);
	put(m, 4, 0); /* padding of raw data counts as raw data */
	put(m, 8, 0x5555555555555555); /* branch stack and the like follow */
	end_record(m, at);
}

static void put_wake(struct maker *m, const struct event *ev, uint64_t time, uint32_t tid)
{
	size_t at = begin_sample(m, ev, 9, 0, time);

	put(m, 4, 36);
	put(m, 2, ev->config);
	put(m, 2, 0);
	put(m, 4, 9);
	put(m, 4, tid);
	put(m, 4, 1);
	put_text(m, "woken\0\0\0\0\0\0\0\0\0\0\0", 16);
	put(m, 4, 0);
	end_record(m, at);
}

static void convert_made(struct conversion *c, struct maker *m)
{
	convert_bytes(c, m->out.data, m->out.len, false);
	buf_done(&m->out);
}

#define USUAL (PERF_HAS_IP | PERF_HAS_TID | PERF_HAS_TIME | PERF_HAS_CPU | PERF_HAS_RAW)

static void test_sample_types(void **state)
{
	static const uint64_t types[] = {
		PERF_HAS_TIME | PERF_HAS_CPU | PERF_HAS_RAW,
		USUAL,
		USUAL | PERF_HAS_PERIOD | PERF_HAS_IDENTIFIER,
		USUAL | PERF_HAS_ADDR | PERF_HAS_ID | PERF_HAS_STREAM_ID | PERF_HAS_PERIOD,
		USUAL | PERF_HAS_CALLCHAIN,
		USUAL | PERF_HAS_READ | PERF_HAS_CALLCHAIN | PERF_HAS_PERIOD,
		USUAL | PERF_HAS_READ | PERF_HAS_IDENTIFIER | PERF_HAS_ID | PERF_HAS_ADDR |
			1u << 11 | 1u << 12,
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(types); i++) {
		for (unsigned int format = 0; format < 64; format++) {
			struct event ev = { .sample_type = types[i],
					    .read_format = format >> 1,
					    .config = SWITCH_ID,
					    .id = 77 };
			struct maker m;
			struct conversion c;

			if (format > 1 && !(types[i] & PERF_HAS_READ))
				break;
			begin_file(&m, format & 1, &ev, 1);
			put_switch(&m, &ev, 3, 1000, 10, 11);
			put_switch(&m, &ev, 3, 2000, 11, 10);
			end_round(&m);
			convert_made(&c, &m);
			if (c.r < 0)
				fail_msg("%s", c.e.text);
			assert_true(c.result.complete);
			assert_string_equal(
				buf_str(&c.rows->text),
				"switch 3 1000 next=11 prev=10 state=1 prio=120\n"
				"switch 3 2000 next=10 prev=11 state=1 prio=120\n"
				"task 3 1000 kind=6 tid=10 tgid=0 parent=0 flags=0 comm=prev\n"
				"task 3 1000 kind=6 tid=11 tgid=0 parent=0 flags=0 comm=next\n"
				"task 3 2000 kind=6 tid=11 tgid=0 parent=0 flags=0 comm=prev\n"
				"task 3 2000 kind=6 tid=10 tgid=0 parent=0 flags=0 comm=next\n");
			done(&c);
		}
	}
}

/* sched_waking is the wake-up only when nobody recorded sched_wakeup. */
static void test_waking(void **state)
{
	struct event events[] = {
		{ .sample_type = USUAL | PERF_HAS_IDENTIFIER, .config = WAKING_ID, .id = 1 },
		{ .sample_type = USUAL | PERF_HAS_IDENTIFIER, .config = WAKEUP_ID, .id = 2 },
	};

	(void)state;
	for (unsigned int n = 1; n <= 2; n++) {
		struct maker m;
		struct conversion c;

		begin_file(&m, false, events, n);
		put_wake(&m, &events[0], 100, 5);
		if (n == 2)
			put_wake(&m, &events[1], 101, 5);
		end_round(&m);
		convert_made(&c, &m);
		assert_int_equal(c.r, 0);
		assert_int_equal(c.result.events, 1);
		assert_int_equal(c.result.other, n - 1);
		assert_non_null(strstr(buf_str(&c.rows->text),
				       n == 1 ? "wakeup 0 100 tid=5 waker=9 target=1 flags=0\n"
					      : "wakeup 0 101 tid=5 waker=9 target=1 flags=0\n"));
		done(&c);
	}
}

/* Rings that are not in order within a CPU are put in order. */
static void test_order(void **state)
{
	struct event ev = { .sample_type = USUAL, .config = SWITCH_ID };
	struct maker m;
	struct conversion c;

	(void)state;
	begin_file(&m, false, &ev, 1);
	for (uint32_t i = 0; i < 20000; i++)
		put_switch(&m, &ev, 0, 1000 + (i ^ 0x3ff), 1, 1);
	end_round(&m);
	convert_made(&c, &m);
	assert_int_equal(c.r, 0);
	assert_int_equal(c.result.events, 20000);
	assert_int_equal(c.result.late, 0);
	assert_true(c.result.complete);
	done(&c);
}

static void test_backward(void **state)
{
	struct event ev = { .sample_type = USUAL,
			    .config = SWITCH_ID,
			    .flags = PERF_FLAG_WRITE_BACKWARD };
	struct maker m;
	struct conversion c;

	(void)state;
	begin_file(&m, true, &ev, 1);
	for (uint32_t i = 0; i < 20000; i++)
		put_switch(&m, &ev, 0, 100000 - i, 1, 1);
	end_round(&m);
	convert_made(&c, &m);
	assert_int_equal(c.r, 0);
	assert_int_equal(c.result.events, 20000);
	assert_int_equal(c.result.late, 0);
	done(&c);
}

static void test_throttle(void **state)
{
	struct event ev = { .sample_type = USUAL,
			    .config = SWITCH_ID,
			    .flags = PERF_FLAG_SAMPLE_ID_ALL };
	struct maker m;
	struct conversion c;

	(void)state;
	begin_file(&m, false, &ev, 1);
	put_switch(&m, &ev, 1, 100, 10, 11);
	for (unsigned int i = 0; i < 2; i++) {
		size_t at = begin_record(&m, 5 + i, 0);

		put(&m, 8, 0);
		put(&m, 8, 0);
		put(&m, 8, 0);
		put(&m, 4, 10); /* sample_id: pid, tid, time, cpu */
		put(&m, 4, 10);
		put(&m, 8, 200 + 50 * i);
		put(&m, 4, 1);
		put(&m, 4, 0);
		end_record(&m, at);
	}
	end_round(&m);
	convert_made(&c, &m);
	assert_int_equal(c.r, 0);
	assert_non_null(
		strstr(buf_str(&c.rows->text), "loss 1 200 end=250 track=0 count=0 cause=2\n"));
	done(&c);
}

/* Records that make no sense are left out, counted, and said with their place. */
static void test_damaged_record(void **state)
{
	struct event ev = { .sample_type = USUAL, .config = SWITCH_ID };
	struct maker m;
	struct conversion c;
	char want[64];

	(void)state;
	begin_file(&m, false, &ev, 1);
	put_switch(&m, &ev, 1, 100, 10, 11);
	size_t bad = m.out.len;

	put_switch(&m, &ev, 100000, 200, 11, 10); /* such a CPU cannot be */
	put_switch(&m, &ev, 1, 300, 11, 10);
	end_round(&m);
	convert_made(&c, &m);
	assert_int_equal(c.r, 0);
	assert_int_equal(c.result.events, 2);
	assert_int_equal(c.result.damaged, 1);
	assert_false(c.result.complete);
	snprintf(want, sizeof(want), "'the file', byte %zu: ", bad);
	assert_memory_equal(c.result.damage, want, strlen(want));
	assert_int_equal(c.rows->rows[track_loss.id], 1);
	done(&c);
}

static void test_refused(void **state)
{
	static const struct {
		const char *data;
		size_t n;
		int r;
		const char *words;
	} cases[] = {
		{ "", 0, -EMEDIUMTYPE, "'the file' is no perf.data" },
		{ "PERFILE2", 8, -EMEDIUMTYPE, "no perf.data" },
		{ "PERFFILE\0\0\0\0\0\0\0\0", 16, -EMEDIUMTYPE, "old version 1" },
		{ "PERFILE2\x10\0\0\0\0\0\0\0", 16, -ENODATA, "no scheduler events" },
		{ "PERFILE2\x68\0\0\0\0\0\0\0", 16, -ENODATA, "ends at byte 16" },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		struct conversion c;

		convert_bytes(&c, cases[i].data, cases[i].n, false);
		assert_int_equal(c.r, cases[i].r);
		if (!strstr(c.e.text, cases[i].words))
			fail_msg("'%s' has no '%s'", c.e.text, cases[i].words);
		done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fixture),	     cmocka_unit_test(test_forms),
		cmocka_unit_test(test_lost),	     cmocka_unit_test(test_switch_records),
		cmocka_unit_test(test_cut),	     cmocka_unit_test(test_cut_keeps),
		cmocka_unit_test(test_sample_types), cmocka_unit_test(test_waking),
		cmocka_unit_test(test_order),	     cmocka_unit_test(test_backward),
		cmocka_unit_test(test_throttle),     cmocka_unit_test(test_damaged_record),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("perf_data", tests, NULL, NULL);
}
