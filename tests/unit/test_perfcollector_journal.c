/* SPDX-License-Identifier: MIT */
/* Tests of src/format/perfcollector_journal and perfcollector_record. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/hex.h"
#include "format/perfcollector_journal.h"
#include "format/perfcollector_record.h"

#define LICENCE "6f37-6910-b2a0-e858-9657-f08d"

static const char *const line[] = {
	"{\"Site\":1,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":\"2026-01-10T18:06:07."
	"784822869Z\","
	"\"Start\":\"0001-01-01T00:00:00Z\",\"Duration\":0,\"Frequency\":5000000000,\"System\":\"/"
	"proc/stat\","
	"\"Measurement\":\"cpu 1 2 3\\ncpu0 1 2 3\\n\"}}\n",
	"{\"Site\":1,\"Host\":18446744073709,\"Run\":7,\"Measurement\":{\"Timestamp\":\"2026-01-"
	"10T19:06:08Z\","
	"\"Start\":\"2026-01-10T18:06:07.1Z\",\"Duration\":5,\"Frequency\":0,\"System\":\"/proc/"
	"net/dev\","
	"\"Measurement\":\"\\\"a\\\\b\\\"\\t\\r\\u003cx\\u003e \\u0026 \\u2028\\u2029 "
	"\\u0001\\u001f\\u0000 \x7f é\"}}\n",
	"{\"Site\":0,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":\"1970-01-01T00:00:00Z\","
	"\"Start\":\"0001-01-01T00:00:00Z\",\"Duration\":0,\"Frequency\":0,\"System\":\"/"
	"\",\"Measurement\":\"\"}}\n",
};

static int memory(const void *data, size_t n)
{
	int fd = memfd_create("journal", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, data, n), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void write_journal(struct buf *ret)
{
	uint8_t key[SEAL_KEY_BYTES];
	auto_close int fd = memory("", 0);

	assert_int_equal(perfcollector_key(1, "Evil Corp", LICENCE, key, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(line); i++)
		assert_int_equal(perfcollector_append(fd, key, line[i], strlen(line[i]), NULL), 0);
	off_t n = lseek(fd, 0, SEEK_END);

	buf_init(ret, 0);
	assert_non_null(buf_reserve(ret, (size_t)n));
	assert_int_equal(file_pread_all(fd, ret->data, (size_t)n, 0), 0);
	buf_commit(ret, (size_t)n);
}

/* Records that open, and the last answer; each must be one of the lines. */
static int read_all(int fd, uint64_t site, const char *name, const char *licence,
		    unsigned int *ret_n, unsigned int *ret_bad, struct err *e)
{
	auto_ptr(perfcollector_reader) r = NULL;
	uint8_t key[SEAL_KEY_BYTES];
	auto_buf b;
	int rc;

	buf_init(&b, PERFCOLLECTOR_PLAIN_MAX);
	*ret_n = *ret_bad = 0;
	assert_int_equal(perfcollector_key(site, name, licence, key, e), 0);
	assert_int_equal(perfcollector_reader_new(fd, "j", key, &r, e), 0);
	while ((rc = perfcollector_reader_next(r, &b, e)) == 1 || rc == -EBADMSG) {
		bool known = false;

		*ret_bad += rc < 0;
		for (size_t i = 0; rc == 1 && i < ARRAY_SIZE(line); i++)
			known = known || !strcmp(buf_str(&b), line[i]);
		assert_true(rc < 0 || known);
		*ret_n += rc == 1;
	}
	/* And it stays at its end. */
	if (rc < 0)
		assert_int_equal(perfcollector_reader_next(r, &b, NULL), 0);
	return rc;
}

static void test_key(void **state)
{
	uint8_t key[SEAL_KEY_BYTES];
	char text[65];

	(void)state;
	assert_int_equal(perfcollector_key(1, "Evil Corp", LICENCE, key, NULL), 0);
	assert_string_equal(hex_text(key, sizeof(key), text),
			    "38549ca0396f120364d69080230826b6f5471edca8a9e417eac7d692a3ff4d0b");
}

static void test_there_and_back(void **state)
{
	struct buf b;
	unsigned int n, bad;
	struct err e = { 0 };

	(void)state;
	write_journal(&b);
	assert_int_equal(read_all(memory(b.data, b.len), 1, "Evil Corp", LICENCE, &n, &bad, &e), 0);
	assert_int_equal(n, ARRAY_SIZE(line));
	assert_int_equal(bad, 0);
	/* Through a pipe too. */
	int fd[2];

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_int_equal(file_write_all(fd[1], b.data, b.len), 0);
	close(fd[1]);
	assert_int_equal(read_all(fd[0], 1, "Evil Corp", LICENCE, &n, &bad, &e), 0);
	assert_int_equal(n, ARRAY_SIZE(line));
	buf_done(&b);
}

static void test_wrong_keys(void **state)
{
	static const struct {
		uint64_t site;
		const char *name, *licence;
	} wrong[] = {
		{ 2, "Evil Corp", LICENCE },  { 1, "evil corp", LICENCE },
		{ 1, "Evil Corp ", LICENCE }, { 1, "Evil Corp", "6f37-6910-b2a0-e858-9657-f08e" },
		{ 1, "Evil Corp", "" },	      { 0, "", "" },
	};
	struct buf b;
	unsigned int n, bad;

	(void)state;
	write_journal(&b);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		struct err e = { 0 };

		assert_int_equal(read_all(memory(b.data, b.len), wrong[i].site, wrong[i].name,
					  wrong[i].licence, &n, &bad, &e),
				 -EKEYREJECTED);
		assert_memory_equal(e.text, "wrong key", 9);
		assert_int_equal(n + bad, 0);
	}
	buf_done(&b);
}

/* Every bit: damage is damage, with the right key; at most one record is lost unless the lengths
 * are hit. */
static void test_flips(void **state)
{
	struct buf b;

	(void)state;
	write_journal(&b);
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		struct err e = { 0 };
		unsigned int n, bad;

		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		int r = read_all(memory(b.data, b.len), 1, "Evil Corp", LICENCE, &n, &bad, &e);

		assert_true(bad > 0 || r < 0);
		assert_true(e.text[0]);
		assert_true(r != -EKEYREJECTED);
		if (r == 0)
			assert_int_equal(n, ARRAY_SIZE(line) - 1);
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	buf_done(&b);
}

static void test_cuts(void **state)
{
	struct buf b;

	(void)state;
	write_journal(&b);
	for (size_t cut = 0; cut < b.len; cut++) {
		struct err e = { 0 };
		unsigned int n, bad;
		size_t at = 0, whole = 0;
		int r = read_all(memory(b.data, cut), 1, "Evil Corp", LICENCE, &n, &bad, &e);

		/* At the end of a record nothing shows it. */
		while (at + 4 <= cut && at + 4 + get_le32(b.data + at) <= cut) {
			at += 4 + get_le32(b.data + at);
			whole++;
		}
		assert_int_equal(n, whole);
		assert_int_equal(r, at == cut ? 0 : whole ? -ENODATA : -EMEDIUMTYPE);
	}
	buf_done(&b);
}

static void test_hostile_lengths(void **state)
{
	static const uint32_t length[] = { 0,	       1,	   23,	      24, 39, 64u << 20 | 1,
					   0x7fffffff, 0x80000000, 0xffffffff };
	struct buf b;

	(void)state;
	write_journal(&b);
	for (size_t i = 0; i < ARRAY_SIZE(length); i++) {
		const size_t second = 4 + get_le32(b.data);
		const uint32_t kept = get_le32(b.data + second);
		struct err e = { 0 };
		unsigned int n, bad;

		put_le32(b.data + second, length[i]);
		assert_int_equal(
			read_all(memory(b.data, b.len), 1, "Evil Corp", LICENCE, &n, &bad, &e),
			-ENODATA);
		assert_int_equal(n, 1);
		assert_non_null(strstr(e.text, "cannot be"));
		put_le32(b.data + second, kept);
	}
	/* 64 MiB that are not there cost nothing. */
	uint8_t lonely[4];
	struct err e = { 0 };
	unsigned int n, bad;

	put_le32(lonely, 64u << 20);
	assert_int_equal(read_all(memory(lonely, 4), 1, "Evil Corp", LICENCE, &n, &bad, &e),
			 -EMEDIUMTYPE);
	buf_done(&b);
}

/* A record that unpacks to very much is refused. */
static void test_bomb(void **state)
{
	auto_close int fd = memory("", 0);
	uint8_t key[SEAL_KEY_BYTES];
	const size_t n = (64u << 20) - 1;
	char *zeros = calloc(1, n);
	unsigned int got, bad;
	struct err e = { 0 };

	(void)state;
	assert_non_null(zeros);
	assert_int_equal(perfcollector_key(1, "Evil Corp", LICENCE, key, NULL), 0);
	assert_int_equal(perfcollector_append(fd, key, zeros, n, NULL), 0);
	free(zeros);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	auto_ptr(perfcollector_reader) r = NULL;
	auto_buf b;

	buf_init(&b, 1u << 20);
	assert_int_equal(perfcollector_reader_new(fcntl(fd, F_DUPFD_CLOEXEC, 0), "j", key, &r, &e),
			 0);
	assert_int_equal(perfcollector_reader_next(r, &b, &e), -EBADMSG);
	assert_non_null(strstr(e.text, "does not unpack"));
	(void)got;
	(void)bad;
}

/* ---- records ---- */

/* One object, and what is behind it. */
static const char *again(const char *text, size_t n, struct buf *out)
{
	struct perfcollector_record r;
	json_error_t error;
	json_t *object = json_loadb(text, n, JSON_DISABLE_EOF_CHECK | JSON_ALLOW_NUL, &error);

	if (!object)
		return NULL;
	if (perfcollector_record_of(object, &r))
		assert_int_equal(perfcollector_record_add(&r, out), 0);
	json_decref(object);
	return text + error.position;
}

static void test_records(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(line); i++) {
		auto_buf b;

		buf_init(&b, 0);
		assert_non_null(again(line[i], strlen(line[i]), &b));
		assert_string_equal(buf_str(&b), line[i]);
	}
}

/* What the script of the older tool leaves out, other orders, blanks, unknown members. */
static void test_other_forms(void **state)
{
	static const char text[] =
		"{\"Measurement\": {\"System\": \"/proc/meminfo\", \"Frequency\": 5000000000,\n"
		"\"Timestamp\": \"2026-01-10T18:06:07.500000000+00:00\", \"Measurement\": \"a  b\","
		"\"more\": [1, {}]}, \"Run\": 0, \"Host\": 1, \"Site\": 1, \"x\": null}";
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_non_null(again(text, strlen(text), &b));
	assert_string_equal(
		buf_str(&b),
		"{\"Site\":1,\"Host\":1,\"Run\":0,\"Measurement\":{\"Timestamp\":"
		"\"2026-01-10T18:06:07.5Z\",\"Start\":\"0001-01-01T00:00:00Z\",\"Duration\":0,"
		"\"Frequency\":5000000000,\"System\":\"/proc/meminfo\",\"Measurement\":\"a  "
		"b\"}}\n");
}

static void test_what_is_none(void **state)
{
	static const char *const none[] = {
		"[]",
		"{}",
		"{\"Site\":1,\"Host\":0,\"Run\":0,\"Measurement\":1}",
		"{\"Site\":1,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":\"yesterday\","
		"\"System\":\"/proc/stat\",\"Measurement\":\"\"}}",
		"{\"Site\":-1,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":"
		"\"2026-01-10T18:06:07Z\",\"System\":\"/proc/stat\",\"Measurement\":\"\"}}",
		"{\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":\"2026-01-10T18:06:07Z\","
		"\"System\":\"/proc/stat\",\"Measurement\":\"\"}}",
		"{\"Site\":1,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":"
		"\"2026-01-10T18:06:07Z\",\"System\":\"\",\"Measurement\":\"\"}}",
		"{\"Site\":1,\"Host\":0,\"Run\":0,\"Measurement\":{\"Timestamp\":"
		"\"2026-01-10T18:06:07Z\",\"System\":\"/proc/stat\",\"Measurement\":7}}",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
		auto_buf b;

		buf_init(&b, 0);
		assert_non_null(again(none[i], strlen(none[i]), &b));
		assert_int_equal(b.len, 0);
	}
}

/* The vector that was made by another implementation. */
static void test_vector(void **state)
{
	const char *shared = getenv("KYMO_SHARED");
	char path[300];
	auto_buf plain, got, record;
	uint8_t key[SEAL_KEY_BYTES];
	auto_ptr(perfcollector_reader) r = NULL;
	struct err e = { 0 };
	int rc;

	(void)state;
	buf_init(&plain, 0);
	buf_init(&got, 0);
	buf_init(&record, PERFCOLLECTOR_PLAIN_MAX);
	(void)snprintf(path, sizeof(path), "%s/data/perfcollector/vectors/journal.plain.jsonl",
		       shared ? shared : "../shared");
	if (file_read_at(AT_FDCWD, path, &plain) < 0) {
		print_message("the vector is not here: %s\n", path);
		skip();
	}
	(void)snprintf(path, sizeof(path), "%s/data/perfcollector/vectors/journal.bin",
		       shared ? shared : "../shared");
	assert_int_equal(perfcollector_key(1, "Evil Corp", LICENCE, key, NULL), 0);
	assert_int_equal(
		perfcollector_reader_new(open(path, O_RDONLY | O_CLOEXEC), path, key, &r, &e), 0);
	while ((rc = perfcollector_reader_next(r, &record, &e)) > 0)
		assert_int_equal(buf_add(&got, record.data, record.len), 0);
	assert_int_equal(rc, 0);
	assert_int_equal(got.len, plain.len);
	assert_memory_equal(got.data, plain.data, plain.len);
	/* And the same through what is known of the records. */
	auto_buf back;
	const char *at = (char *)got.data, *end = at + got.len;

	buf_init(&back, 0);
	while (at && at < end)
		at = again(at, (size_t)(end - at), &back);
	assert_int_equal(back.len, plain.len);
	assert_memory_equal(back.data, plain.data, plain.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_key),	    cmocka_unit_test(test_there_and_back),
		cmocka_unit_test(test_wrong_keys),  cmocka_unit_test(test_flips),
		cmocka_unit_test(test_cuts),	    cmocka_unit_test(test_hostile_lengths),
		cmocka_unit_test(test_bomb),	    cmocka_unit_test(test_records),
		cmocka_unit_test(test_other_forms), cmocka_unit_test(test_what_is_none),
		cmocka_unit_test(test_vector),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
