/* SPDX-License-Identifier: MIT */
/* Reading a file through a window: memory, regular file, pipe. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "import/input.h"

#define BYTES (3u << 20) /* more than one window */

static uint8_t *content;

static int make_content(void **state)
{
	(void)state;
	content = malloc(BYTES);
	for (uint32_t i = 0; content && i < BYTES; i++)
		content[i] = (uint8_t)(i * 2654435761u >> 24);
	return content ? 0 : -1;
}

static int free_content(void **state)
{
	(void)state;
	free(content);
	return 0;
}

/* Read all in odd steps and compare. */
static void read_through(struct input *in)
{
	uint64_t at = 0;

	for (;;) {
		const uint8_t *p;
		size_t n, want = 60000 + at % 777;

		assert_int_equal(input_offset(in), at);
		assert_int_equal(input_peek(in, want, &p, &n, NULL), 0);
		if (!n)
			break;
		if (n < want)
			assert_int_equal(at + n, BYTES);
		assert_memory_equal(p, content + at, n);
		size_t step = n > want ? want - at % 5 : n;

		input_consume(in, step);
		at += step;
	}
	assert_int_equal(at, BYTES);
}

static void test_memory(void **state)
{
	auto_ptr(input) in = NULL;

	(void)state;
	assert_int_equal(input_open_memory(content, BYTES, "memory", &in), 0);
	assert_string_equal(input_name(in), "memory");
	assert_int_equal(input_size(in), BYTES);
	read_through(in);
}

static void test_file(void **state)
{
	char path[] = "/tmp/kymo-test-XXXXXX";
	int fd = mkstemp(path);
	auto_ptr(input) in = NULL;
	struct err e;
	uint8_t byte[4];

	(void)state;
	assert_true(fd >= 0);
	unlink(path);
	assert_int_equal(file_write_all(fd, content, BYTES), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(input_open_fd(fd, "file", &in, &e), 0);
	assert_true(input_seekable(in));
	read_through(in);
	assert_int_equal(input_seek(in, 2000001, &e), 0);
	assert_int_equal(input_pread(in, byte, 4, BYTES - 4, &e), 0);
	assert_memory_equal(byte, content + BYTES - 4, 4);
	assert_int_equal(input_pread(in, byte, 4, BYTES - 3, &e), -ENODATA);
	assert_non_null(strstr(e.text, "file"));
	assert_int_equal(input_pread(in, byte, 4, UINT64_MAX - 1, &e), -ENODATA);
	const uint8_t *p;
	size_t n;

	assert_int_equal(input_peek(in, 10, &p, &n, &e), 0);
	assert_memory_equal(p, content + 2000001, 10);
	/* Back, ahead, out of the window and into it again. */
	static const uint64_t place[] = { 2000100, 2000000, 1999999,   2000101, 0,
					  BYTES,   17,	    BYTES - 1, 2000001 };

	for (size_t i = 0; i < sizeof(place) / sizeof(*place); i++) {
		assert_int_equal(input_seek(in, place[i], &e), 0);
		assert_int_equal(input_offset(in), place[i]);
		assert_int_equal(input_peek(in, 10, &p, &n, &e), 0);
		assert_true(n >= 10 || n == BYTES - place[i]);
		assert_memory_equal(p, content + place[i], n);
	}
	assert_int_equal(input_seek(in, (uint64_t)BYTES + 1, &e), -ENODATA);
	assert_int_equal(input_skip(in, BYTES - 2000001, &e), 0);
	assert_int_equal(input_skip(in, 1, &e), -ENODATA);
}

static void test_pipe(void **state)
{
	int fd[2];
	auto_ptr(input) in = NULL;
	struct err e;
	const uint8_t *p;
	size_t n;

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(file_write_all(fd[1], content, 5000), 0);
	close(fd[1]);
	assert_int_equal(input_open_fd(fd[0], "pipe", &in, &e), 0);
	assert_false(input_seekable(in));
	assert_int_equal(input_size(in), 0);
	assert_int_equal(input_skip(in, 4000, &e), 0);
	assert_int_equal(input_peek(in, 4096, &p, &n, &e), 0);
	assert_int_equal(n, 1000);
	assert_memory_equal(p, content + 4000, n);
}

static void test_refused(void **state)
{
	struct input *in = NULL;
	struct err e;

	(void)state;
	assert_int_equal(input_open("/nonexistent/file", &in, &e), -ENOENT);
	assert_non_null(strstr(e.text, "/nonexistent/file"));
	assert_int_equal(input_open("/tmp", &in, &e), -EISDIR);
	assert_null(in);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_file),
		cmocka_unit_test(test_pipe),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("input", tests, make_content, free_content);
}
