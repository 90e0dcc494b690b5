/* SPDX-License-Identifier: MIT */
/* Tests of src/format/cdict_table: rows through a file and back, and files that lie. */
#include "format/cdict_table.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

#include "base/buf.h"
#include "format/msgpack.h"

/* ---- reading and writing bytes ---- */

struct pieces {
	const uint8_t *p;
	size_t n, step;
};

static int more(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e)
{
	struct pieces *s = ctx;

	(void)e;
	*ret = s->p;
	*ret_n = min_of(s->n, s->step);
	s->p += *ret_n;
	s->n -= *ret_n;
	return 0;
}

static int read_bytes(const void *p, size_t n, size_t step, struct cdict_table **ret, struct err *e)
{
	struct pieces s = { p, n, step };
	const struct cdict_input in = {
		.name = "x.cdict", .size = step > 100 ? n : 0, .more = more, .ctx = &s
	};

	*ret = cdict_table_new();
	assert_non_null(*ret);
	return cdict_table_read(*ret, &in, e);
}

static void write_table(const struct cdict_table *t, struct buf *ret)
{
	char *p = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&p, &n);
	struct err e = { 0 };

	assert_non_null(f);
	assert_int_equal(cdict_table_write(t, f, &e), 0);
	assert_int_equal(fclose(f), 0);
	assert_int_equal(buf_add(ret, p, n), 0);
	free(p);
}

/* ---- any rows ---- */

static uint64_t next_random(uint64_t *s)
{
	*s ^= *s << 13;
	*s ^= *s >> 7;
	*s ^= *s << 17;
	return *s;
}

static const char *const names[] = { "a",
				     "swapper/0",
				     "",
				     "Router.01.vcpu0",
				     "a name of forty bytes, which no comm has",
				     "\xc3\xbcml\xc3\xa4ut" };

static struct cdict_row random_row(uint64_t *s, uint64_t *usecs)
{
	struct cdict_row r = { .event = (enum cdict_event)(next_random(s) % CDICT_EVENTS),
			       .cpu = (uint32_t)(next_random(s) % 4096),
			       .pid = (uint32_t)(next_random(s) % (CDICT_MAX_TID + 1)),
			       .duration = next_random(s) >> (next_random(s) % 53 + 11),
			       .task_name = names[next_random(s) % ARRAY_SIZE(names)] };

	*usecs += next_random(s) % 3 ? next_random(s) >> (next_random(s) % 30 + 34) : 0;
	r.usecs = *usecs;
	r.next_pid = r.event == CDICT_SWITCH || next_random(s) % 2
			     ? (uint32_t)(next_random(s) % CDICT_MAX_TID)
			     : CDICT_NO_NEXT;
	if (r.event == CDICT_EXIT)
		r.reason = (uint32_t)next_random(s);
	else if (next_random(s) % 2)
		r.next_comm = names[next_random(s) % ARRAY_SIZE(names)];
	return r;
}

static void check_equal(const struct cdict_table *a, const struct cdict_table *b)
{
	struct cdict_row x, y;

	assert_int_equal(cdict_table_rows(a), cdict_table_rows(b));
	for (uint32_t i = 0; i < cdict_table_rows(a); i++) {
		cdict_table_row(a, i, &x);
		cdict_table_row(b, i, &y);
		assert_int_equal(x.event, y.event);
		assert_int_equal(x.cpu, y.cpu);
		assert_int_equal(x.pid, y.pid);
		assert_int_equal(x.next_pid, y.next_pid);
		assert_int_equal(x.reason, y.reason);
		assert_int_equal(x.usecs, y.usecs);
		assert_int_equal(x.duration, y.duration);
		assert_string_equal(x.task_name, y.task_name);
		assert_int_equal(!x.next_comm, !y.next_comm);
		if (x.next_comm)
			assert_string_equal(x.next_comm, y.next_comm);
	}
}

static void test_any_rows(void **state)
{
	static const uint32_t counts[] = { 0, 1, 2, 15, 16, 17, 300, 70000 };
	static const size_t steps[] = { 1, 100, 1 << 20 };
	uint64_t seed = 88172645463325252u;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++) {
		auto_ptr(cdict_table) t = cdict_table_new();
		auto_buf b;
		uint64_t usecs = 0;

		buf_init(&b, 0);
		for (uint32_t k = 0; k < counts[i]; k++) {
			struct cdict_row r = random_row(&seed, &usecs);

			assert_int_equal(cdict_table_add(t, &r), 0);
		}
		write_table(t, &b);
		assert_true(cdict_recognise(b.data, min_of(b.len, (size_t)4096)));
		for (size_t k = 0; k < ARRAY_SIZE(steps); k++) {
			auto_ptr(cdict_table) back = NULL;
			struct err e = { 0 };

			if (read_bytes(b.data, b.len, steps[k], &back, &e) < 0)
				fail_msg("%s", e.text);
			check_equal(t, back);
		}
	}
}

/* ---- files that lie ---- */

/* A map of two rows, one part of it changed. */
struct lie {
	const char *what; /* words that the message has */
	const char *key; /* of the column with other cells, or NULL */
	const char *cells; /* MessagePack; NULL: the whole array is `array` */
	size_t n;
	const char *array;
	size_t n_array;
	const char *other_key; /* instead of @key's name */
};

static const struct {
	const char *key, *cells;
	size_t n;
} columns[] = {
	{ "event", "\xb3sched__sched_switch\xa8kvm_exit", 29 },
	{ "cpu", "\x00\x01", 2 },
	{ "usecs", "\x05\x06", 2 },
	{ "pid", "\x07\x08", 2 },
	{ "task_name", "\xa1x\xa1y", 4 },
	{ "duration", "\x01\x02", 2 },
	{ "next_pid", "\x08\xc0", 2 },
	{ "next_comm", "\xa1y\x0c", 3 },
};

static void pack(struct buf *out, const void *p, size_t n)
{
	uLongf room = compressBound(n);
	void *to = buf_reserve(out, room);

	assert_non_null(to);
	assert_int_equal(compress(to, &room, p, n), Z_OK);
	buf_commit(out, room);
}

static void make_lie(const struct lie *l, struct buf *out)
{
	auto_buf map;

	buf_init(&map, 0);
	msgpack_put_map(&map, ARRAY_SIZE(columns));
	for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
		bool changed = l->key && !strcmp(l->key, columns[i].key);
		const char *key = changed && l->other_key ? l->other_key : columns[i].key;

		msgpack_put_text(&map, key, strlen(key));
		if (changed && l->array) {
			(void)buf_add(&map, l->array, l->n_array);
			continue;
		}
		msgpack_put_array(&map, 2);
		if (changed && l->cells)
			(void)buf_add(&map, l->cells, l->n);
		else
			(void)buf_add(&map, columns[i].cells, columns[i].n);
	}
	pack(out, map.data, map.len);
}

#define CELLS(s) .cells = s, .n = sizeof(s) - 1
#define ARRAY(s) .array = s, .n_array = sizeof(s) - 1

static const struct lie lies[] = {
	{ "unknown event 'x'", "event", CELLS("\xa1x\xa8kvm_exit") },
	{ "'event' of row 0 is a number", "event", CELLS("\x01\xa8kvm_exit") },
	{ "'cpu' of row 1 is -1", "cpu", CELLS("\x00\xff") },
	{ "'cpu' of row 1 is 65536", "cpu", CELLS("\x00\xce\x00\x01\x00\x00") },
	{ "'cpu' of row 0 is a text", "cpu", CELLS("\xa1x\x01") },
	{ "time falls from 6 to 5", "usecs", CELLS("\x06\x05") },
	{ "'usecs' of row 1 is nil", "usecs", CELLS("\x05\xc0") },
	{ "'usecs' of row 0 is a broken number", "usecs", CELLS("\xca\x3f\x80\x00\x00\x05") },
	{ "'usecs' of row 1 is 18446744073709551615", "usecs",
	  CELLS("\x05\xcf\xff\xff\xff\xff\xff\xff\xff\xff") },
	{ "'pid' of row 0 is 4194305", "pid", CELLS("\xce\x00\x40\x00\x01\x08") },
	{ "'task_name' of row 1 holds a zero byte", "task_name", CELLS("\xa1x\xa2y\x00") },
	{ "'task_name' of row 1 is nil", "task_name", CELLS("\xa1x\xc0") },
	{ "'duration' of row 0 is -5", "duration", CELLS("\xfb\x02") },
	{ "row 0 is a switch without 'next_pid'", "next_pid", CELLS("\xc0\xc0") },
	{ "no exit reason", "next_comm", CELLS("\xa1y\xa1z") },
	{ "has a number as 'next_comm'", "next_comm", CELLS("\x01\x0c") },
	{ "'next_comm' of row 1 is -1", "next_comm", CELLS("\xa1y\xff") },
	{ "'cpu' is nil, not an array", "cpu", ARRAY("\xc0") },
	{ "'cpu' has 1 rows, those before it 2", "cpu", ARRAY("\x91\x01") },
	{ "'cpu' has 3 rows", "cpu", ARRAY("\x93\x01\x01\x01") },
	{ "more than 33554432", "event", ARRAY("\xdd\xff\xff\xff\xff") },
	{ "unknown key 'core'", "cpu", .other_key = "core" },
	{ "the key 'event' twice", "cpu", .other_key = "event" },
	{ "data end too early", "next_comm", ARRAY("\x92\xa1y") },
	{ "data behind the map", "next_comm", ARRAY("\x92\xa1y\x0c\xc0") },
};

static void test_lies(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(lies); i++) {
		auto_ptr(cdict_table) t = NULL;
		struct err e = { 0 };
		auto_buf b;

		buf_init(&b, 0);
		make_lie(&lies[i], &b);
		int r = read_bytes(b.data, b.len, 7, &t, &e);

		if (r != -EBADMSG && r != -E2BIG)
			fail_msg("lie %zu, %s: %d", i, lies[i].what, r);
		if (!strstr(e.text, lies[i].what) || !strstr(e.text, "'x.cdict'") ||
		    !strstr(e.text, "(byte "))
			fail_msg("lie %zu, %s: %s", i, lies[i].what, e.text);
		assert_int_equal(cdict_table_rows(t), 0);
	}
}

static void test_truth(void **state)
{
	static const struct lie none = { 0 };
	auto_ptr(cdict_table) t = NULL;
	struct cdict_row r;
	struct err e = { 0 };
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	make_lie(&none, &b);
	assert_int_equal(read_bytes(b.data, b.len, 7, &t, &e), 0);
	assert_int_equal(cdict_table_rows(t), 2);
	cdict_table_row(t, 1, &r);
	assert_int_equal(r.event, CDICT_EXIT);
	assert_int_equal(r.reason, 12);
	assert_int_equal(r.next_pid, CDICT_NO_NEXT);
	assert_null(r.next_comm);
}

static void refused(const void *p, size_t n, int want, const char *words)
{
	auto_ptr(cdict_table) t = NULL;
	struct err e = { 0 };

	assert_int_equal(read_bytes(p, n, 1 << 16, &t, &e), want);
	if (!strstr(e.text, words))
		fail_msg("'%s' instead of '%s'", e.text, words);
}

static void test_no_map(void **state)
{
	auto_buf b, marshal;

	(void)state;
	buf_init(&b, 0);
	buf_init(&marshal, 0);
	pack(&b, "\x93\x01\x02\x03", 4);
	refused(b.data, b.len, -EBADMSG, "an array, not a map of 8 arrays");
	assert_false(cdict_recognise(b.data, b.len));
	buf_clear(&b);
	pack(&b, "\x87", 1);
	refused(b.data, b.len, -EBADMSG, "a map of another size");
	pack(&marshal, "{t\x05\x00\x00\x00", 6);
	refused(marshal.data, marshal.len, -EMEDIUMTYPE, "marshal");
	assert_true(cdict_recognise(marshal.data, marshal.len));
	refused("PERFILE2", 8, -EBADMSG, "zlib");
	assert_false(cdict_recognise((const uint8_t *)"PERFILE2", 8));
	refused("", 0, -EBADMSG, "ends too early");
	assert_false(cdict_recognise((const uint8_t *)"", 0));
}

static void test_cut_and_longer(void **state)
{
	static const struct lie none = { 0 };
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	make_lie(&none, &b);
	for (size_t n = 0; n < b.len; n++)
		refused(b.data, n, -EBADMSG, "too early");
	assert_int_equal(buf_add_byte(&b, 0), 0);
	refused(b.data, b.len, -EBADMSG, "bytes behind the zlib stream");
	b.data[b.len - 2] ^= 1; /* of the checksum */
	refused(b.data, b.len, -EBADMSG, "damaged");
}

/* A thousand to one is what zlib can do: a text of a gigabyte ends at its first bytes, and so does
 * an array that no such file can hold. */
static void test_bombs(void **state)
{
	static const char head[] = "\x88\xa9task_name\xdd\x02\x00\x00\x00";
	static uint8_t filler[1 << 16];
	uint8_t out[1 << 16];
	z_stream z = { 0 };
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(deflateInit(&z, 9), Z_OK);
	memset(filler, 0xa0, sizeof(filler)); /* empty texts */
	z.next_in = (uint8_t *)(uintptr_t)head;
	z.avail_in = sizeof(head) - 1;
	for (unsigned int i = 0; i < 1100; i++) {
		z.next_out = out;
		z.avail_out = sizeof(out);
		assert_int_equal(deflate(&z, i == 1099 ? Z_FINISH : Z_NO_FLUSH),
				 i == 1099 ? Z_STREAM_END : Z_OK);
		assert_int_equal(buf_add(&b, out, sizeof(out) - z.avail_out), 0);
		z.next_in = filler;
		z.avail_in = i < 1098 ? sizeof(filler) : 0;
	}
	deflateEnd(&z);
	assert_true(b.len < 200000); /* unpacks to 72 MB */
	refused(b.data, b.len, -EBADMSG, "claims 33554432 rows");
	buf_clear(&b);
	pack(&b, "\x88\xa9task_name\x91\xdb\x40\x00\x00\x00", 17);
	refused(b.data, b.len, -E2BIG, "a text of 1073741824 bytes");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_rows), cmocka_unit_test(test_truth),
		cmocka_unit_test(test_lies),	 cmocka_unit_test(test_no_map),
		cmocka_unit_test(test_bombs),	 cmocka_unit_test(test_cut_and_longer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
