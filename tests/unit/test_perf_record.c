/* SPDX-License-Identifier: MIT */
/*
 * Records of perf.data in small pipes made here: every order of sample fields in both byte orders,
 * compressed records, rings out of order, throttling, records that make no sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/perf_attr.h"
#include "model/file_track.h"
#include "perf_conversion.h"

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

/* A zstd frame of raw blocks: what a compressor may write that does not compress. */
static void put_zstd(struct maker *m, const uint8_t *data, size_t n)
{
	struct maker z = { 0 }; /* zstd is little-endian whatever the machine is */

	assert_in_range(n, 256, 60000);
	buf_init(&z.out, 0);
	put(&z, 4, 0xfd2fb528);
	put(&z, 1, 0x60); /* one segment, content size in two bytes */
	put(&z, 2, n - 256);
	put(&z, 3, n << 3 | 1);
	put_text(&z, (const char *)data, n);
	put_text(m, (const char *)z.out.data, z.out.len);
	buf_done(&z.out);
}

/* COMPRESSED2 (Linux 6.16) says how many of its bytes count; the rest is padding. */
static void test_compressed2(void **state)
{
	struct event ev = { .sample_type = USUAL, .config = SWITCH_ID };
	static const size_t borders[] = { 0, 300, 701, SIZE_MAX };

	(void)state;
	for (unsigned int big = 0; big < 2; big++) {
		struct maker m, inner = { .big = big };
		struct conversion c;

		buf_init(&inner.out, 0);
		for (unsigned int i = 0; i < 10; i++)
			put_switch(&inner, &ev, 3, 1000 + i, 10, 11);
		begin_file(&m, big, &ev, 1);
		for (unsigned int i = 0; i + 1 < ARRAY_SIZE(borders); i++) {
			size_t end = min_of(borders[i + 1], inner.out.len);
			size_t at = begin_record(&m, 83, 0), begin;

			put(&m, 8, 0);
			begin = m.out.len;
			put_zstd(&m, inner.out.data + borders[i], end - borders[i]);
			uint64_t bytes = m.out.len - begin;

			for (unsigned int k = 0; k < 8; k++)
				m.out.data[at + k] = (uint8_t)(bytes >> 8 * (big ? 7 - k : k));
			while (m.out.len % 8)
				put(&m, 1, 0xee);
			end_record(&m, at);
		}
		end_round(&m);
		buf_done(&inner.out);
		convert_made(&c, &m);
		if (c.r < 0 || !c.result.complete)
			fail_msg("%s%s", c.e.text, c.result.damage);
		assert_int_equal(c.result.events, 10);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample_types),   cmocka_unit_test(test_waking),
		cmocka_unit_test(test_compressed2),    cmocka_unit_test(test_order),
		cmocka_unit_test(test_backward),       cmocka_unit_test(test_throttle),
		cmocka_unit_test(test_damaged_record),
	};

	return cmocka_run_group_tests_name("perf_record", tests, NULL, NULL);
}
