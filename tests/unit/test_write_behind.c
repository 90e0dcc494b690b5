/* SPDX-License-Identifier: MIT */
/* Writing in a thread: order, the limit, a disk that stalls, and errors that come back.
 * --wrap=pwrite64 (what pwrite() is with 64-bit offsets) makes the disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/file.h"
#include "format/write_behind.h"

static pthread_mutex_t disk = PTHREAD_MUTEX_INITIALIZER; /* held: the disk stalls */
static atomic_bool full;
static atomic_uint began;

ssize_t __real_pwrite64(int fd, const void *data, size_t n, off_t at);
ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at);

ssize_t __wrap_pwrite64(int fd, const void *data, size_t n, off_t at)
{
	pthread_mutex_lock(&disk);
	pthread_mutex_unlock(&disk);
	if (full) {
		errno = ENOSPC;
		return -1;
	}
	return __real_pwrite64(fd, data, n > 100 ? n / 2 : n, at);
}

static void begin(void)
{
	began++;
}

static int scratch(void)
{
	char path[] = "/tmp/kymo-behind-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static void test_order_while_the_disk_stalls(void **state)
{
	auto_close int fd = scratch();
	auto_ptr(write_behind) w = NULL;
	uint8_t piece[1000], back[1000];

	(void)state;
	began = 0;
	assert_int_equal(write_behind_new(fd, 8, 100 * sizeof(piece), begin, &w), 0);
	pthread_mutex_lock(&disk);
	/* All fit under the limit: none of these may wait, or the test would never end. */
	for (uint8_t i = 0; i < 100; i++) {
		memset(piece, i, sizeof(piece));
		assert_int_equal(write_behind_append(w, piece, sizeof(piece)), 0);
	}
	pthread_mutex_unlock(&disk);
	assert_int_equal(write_behind_finish(w), 0);
	assert_int_equal(began, 1);
	for (uint8_t i = 0; i < 100; i++) {
		assert_int_equal(file_pread_all(fd, back, sizeof(back), 8 + i * sizeof(piece)), 0);
		memset(piece, i, sizeof(piece));
		assert_memory_equal(piece, back, sizeof(piece));
	}
}

static atomic_uint appended;

static void *append_three(void *arg)
{
	uint8_t piece[1000] = { 0 };

	for (unsigned int i = 0; i < 3; i++) {
		if (write_behind_append(arg, piece, sizeof(piece)) < 0)
			return arg;
		appended++;
	}
	return NULL;
}

/* Two of three pieces fit: the third comes only after the disk has moved. */
static void test_limit(void **state)
{
	auto_close int fd = scratch();
	auto_ptr(write_behind) w = NULL;
	pthread_t t;
	void *failed;

	(void)state;
	appended = 0;
	assert_int_equal(write_behind_new(fd, 0, 2000, NULL, &w), 0);
	pthread_mutex_lock(&disk);
	assert_int_equal(pthread_create(&t, NULL, append_three, w), 0);
	while (appended < 2)
		sched_yield();
	assert_int_equal(appended, 2);
	pthread_mutex_unlock(&disk);
	assert_int_equal(pthread_join(t, &failed), 0);
	assert_null(failed);
	assert_int_equal(appended, 3);
	assert_int_equal(write_behind_finish(w), 0);
	assert_int_equal(lseek(fd, 0, SEEK_END), 3000);
}

static void test_error_stays(void **state)
{
	auto_close int fd = scratch();
	auto_ptr(write_behind) w = NULL;

	(void)state;
	assert_int_equal(write_behind_new(fd, 0, 1 << 20, NULL, &w), 0);
	full = true;
	assert_int_equal(write_behind_append(w, "lost", 4), 0);
	assert_int_equal(write_behind_finish(w), -ENOSPC);
	full = false;
	assert_int_equal(write_behind_append(w, "more", 4), -ENOSPC);
	assert_int_equal(write_behind_finish(w), -ENOSPC);
	assert_int_equal(lseek(fd, 0, SEEK_END), 0);
}

static void test_freed_with_pieces_left(void **state)
{
	auto_close int fd = scratch();
	auto_ptr(write_behind) w = NULL;

	(void)state;
	assert_int_equal(write_behind_new(fd, 0, 1 << 20, NULL, &w), 0);
	for (unsigned int i = 0; i < 1000; i++)
		assert_int_equal(write_behind_append(w, "piece", 5), 0);
	w = write_behind_free(w);
	assert_null(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order_while_the_disk_stalls),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_error_stays),
		cmocka_unit_test(test_freed_with_pieces_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
