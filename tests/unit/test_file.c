/* SPDX-License-Identifier: MIT */
/* Tests of src/base/file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

struct place {
	char dir[32];
	int fd;
};

static void place_open(struct place *p, const char *content, size_t n)
{
	snprintf(p->dir, sizeof(p->dir), "/tmp/kymo-test-XXXXXX");
	assert_non_null(mkdtemp(p->dir));
	p->fd = open(p->dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	auto_close int fd = openat(p->fd, "f", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, content, n), 0);
}

static void place_remove(struct place *p)
{
	unlinkat(p->fd, "f", 0);
	close(p->fd);
	rmdir(p->dir);
}

static void test_whole_file_is_appended(void **state)
{
	(void)state;

	size_t n = 100000;
	auto_free char *content = malloc(n);
	struct place p;
	auto_buf b;

	for (size_t i = 0; i < n; i++)
		content[i] = (char)(i * 7);
	place_open(&p, content, n);
	buf_init(&b, 0);
	buf_add_str(&b, "x");
	assert_int_equal(file_read_at(p.fd, "f", &b), 0);
	assert_int_equal(b.len, n + 1);
	assert_memory_equal(b.data + 1, content, n);
	place_remove(&p);
}

static void test_buffer_limit_is_exact(void **state)
{
	(void)state;

	struct place p;
	auto_buf fits;
	auto_buf tight;

	place_open(&p, "0123456789", 10);
	buf_init(&fits, 10);
	assert_int_equal(file_read_at(p.fd, "f", &fits), 0);
	assert_int_equal(fits.len, 10);
	buf_init(&tight, 9);
	assert_int_equal(file_read_at(p.fd, "f", &tight), -EFBIG);
	place_remove(&p);
}

static void test_line_ends_at_newline(void **state)
{
	(void)state;

	struct place p;
	char line[8] = "before";

	place_open(&p, "12345\nrest", 10);
	assert_int_equal(file_read_line_at(p.fd, "f", line, 5), -E2BIG);
	assert_int_equal(file_read_line_at(p.fd, "f", line, 6), 0);
	assert_string_equal(line, "12345");
	assert_int_equal(file_read_line_at(p.fd, "no", line, sizeof(line)), -ENOENT);
	place_remove(&p);
}

static void test_empty_file_is_an_empty_line(void **state)
{
	(void)state;

	struct place p;
	char line[8] = "before";

	place_open(&p, "", 0);
	assert_int_equal(file_read_line_at(p.fd, "f", line, sizeof(line)), 0);
	assert_string_equal(line, "");
	place_remove(&p);
}

static void test_pread_and_pwrite_at_offsets(void **state)
{
	(void)state;

	struct place p;
	char b[8] = { 0 };

	place_open(&p, "0123456789", 10);
	auto_close int fd = openat(p.fd, "f", O_RDWR | O_CLOEXEC);

	assert_int_equal(file_pwrite_all(fd, "AB", 2, 4), 0);
	assert_int_equal(file_pread_all(fd, b, 4, 3), 0);
	assert_memory_equal(b, "3AB6", 4);
	assert_int_equal(file_pread_all(fd, b, 4, 7), -ENODATA);
	assert_int_equal(file_pread_all(fd, b, 1, 10), -ENODATA);
	assert_int_equal(file_pread_all(fd, b, 0, 10), 0);
	place_remove(&p);
}

static void test_bad_descriptor_is_an_error(void **state)
{
	(void)state;

	char b;

	assert_int_equal(file_write_all(-1, "x", 1), -EBADF);
	assert_int_equal(file_pwrite_all(-1, "x", 1, 0), -EBADF);
	assert_int_equal(file_pread_all(-1, &b, 1, 0), -EBADF);
}

static void test_full_device_is_an_error(void **state)
{
	(void)state;

	auto_close int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	assert_int_equal(file_write_all(fd, "x", 1), -ENOSPC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole_file_is_appended),
		cmocka_unit_test(test_buffer_limit_is_exact),
		cmocka_unit_test(test_line_ends_at_newline),
		cmocka_unit_test(test_empty_file_is_an_empty_line),
		cmocka_unit_test(test_pread_and_pwrite_at_offsets),
		cmocka_unit_test(test_bad_descriptor_is_an_error),
		cmocka_unit_test(test_full_device_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
