/* SPDX-License-Identifier: MIT */
/* Tests of src/base/new_file: what is there before, meanwhile, after, and after a failure. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/new_file.h"

/* openat() with O_TMPFILE fails, as on file systems that do not know it. */
static bool no_tmpfile;

int __real_openat64(int dir_fd, const char *path, int flags, ...);
int __wrap_openat64(int dir_fd, const char *path, int flags, ...);

int __wrap_openat64(int dir_fd, const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = va_arg(args, mode_t);
	va_end(args);
	if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return __real_openat64(dir_fd, path, flags, mode);
}

static char folder[32];
static mode_t old_mask;

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof(folder), "/tmp/kymo-test-XXXXXX");
	old_mask = umask(022);
	return mkdtemp(folder) && chdir(folder) == 0 ? 0 : -1;
}

static int remove_all(void **state)
{
	DIR *d = opendir(".");

	(void)state;
	for (struct dirent *k; (k = readdir(d));)
		if (unlink(k->d_name) < 0)
			rmdir(k->d_name);
	closedir(d);
	umask(old_mask);
	return chdir("/") == 0 && rmdir(folder) == 0 ? 0 : -1;
}

static void put(const char *path, const char *text, mode_t mode)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	assert_int_equal(file_write_all(fd, text, strlen(text)), 0);
}

static void assert_holds(const char *path, const char *text)
{
	auto_buf b;

	buf_init(&b, 1000);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	assert_string_equal(buf_str(&b), text);
}

static unsigned int n_files(void)
{
	DIR *d = opendir(".");
	unsigned int n = 0;

	for (struct dirent *k; (k = readdir(d));)
		n += k->d_name[0] != '.' || strlen(k->d_name) > 2;
	closedir(d);
	return n;
}

static mode_t mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	return st.st_mode & 07777;
}

/* Write @text as @path; @commit or give up. */
static void write_new(const char *path, const char *text, unsigned int flags, bool commit)
{
	auto_ptr(new_file) f = NULL;
	struct err e = { 0 };

	assert_int_equal(new_file_open(path, 0666, flags, &f, &e), 0);
	assert_int_equal(file_write_all(new_file_fd(f), text, strlen(text)), 0);
	if (commit)
		assert_int_equal(new_file_commit(f, &e), 0);
}

static void test_it_appears_when_it_is_complete(void **state)
{
	auto_ptr(new_file) f = NULL;
	struct err e = { 0 };
	FILE *out;

	(void)state;
	put("a", "older", 0644);
	assert_int_equal(new_file_open("a", 0666, 0, &f, &e), 0);
	assert_int_equal(new_file_stream(f, &out, &e), 0);
	assert_true(fputs("newer", out) >= 0);
	assert_int_equal(n_files(), no_tmpfile ? 2 : 1);
	assert_holds("a", "older");
	assert_int_equal(new_file_commit(f, &e), 0);
	assert_holds("a", "newer");
	assert_int_equal(file_write_all(new_file_fd(f), " still", 6), 0);
	assert_holds("a", "newer still");
	assert_int_equal(new_file_commit(f, &e), 0);
	f = new_file_free(f);
	assert_holds("a", "newer still");
	assert_int_equal(n_files(), 1);
}

static void test_given_up_it_leaves_nothing(void **state)
{
	(void)state;
	put("a", "older", 0644);
	write_new("a", "newer", 0, false);
	assert_holds("a", "older");
	write_new("b", "newer", NEW_FILE_KEEP_OLD, false);
	assert_int_equal(n_files(), 1);
}

static void test_permissions_are_those_of_open(void **state)
{
	(void)state;
	write_new("a", "x", 0, true);
	assert_int_equal(mode_of("a"), 0644);
	umask(077);
	write_new("b", "x", 0, true);
	assert_int_equal(mode_of("b"), 0600);
	put("c", "older", 0640);
	write_new("c", "newer", 0, true);
	assert_int_equal(mode_of("c"), 0640);
	assert_holds("c", "newer");
	write_new("c", "newest", NEW_FILE_KEEP_OLD, true);
	assert_int_equal(mode_of("c"), 0600);
	assert_int_equal(mode_of("c.old"), 0640);
	assert_holds("c.old", "newer");
	umask(022);
}

static void test_a_link_is_followed(void **state)
{
	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(symlink("d/real", "one"), 0);
	assert_int_equal(symlink("one", "two"), 0);
	write_new("two", "x", 0, true);
	assert_holds("d/real", "x");
	write_new("two", "y", NEW_FILE_KEEP_OLD, true);
	assert_holds("d/real", "y");
	assert_holds("d/real.old", "x");
	assert_int_equal(symlink("circle", "circle"), 0);

	struct new_file *f = NULL;

	assert_int_equal(new_file_open("circle", 0666, 0, &f, NULL), -ELOOP);
	/* But not in a place of our own. */
	write_new("two", "z", NEW_FILE_OWN, true);
	assert_holds("d/real", "y");
	assert_holds("two", "z");
	unlink("d/real");
	unlink("d/real.old");
}

static void test_what_cannot_be_replaced_is_written_in_place(void **state)
{
	auto_ptr(new_file) f = NULL;
	struct err e = { 0 };
	char text[8] = "", path[32];
	FILE *out;

	(void)state;
	assert_int_equal(mkfifo("pipe", 0600), 0);
	auto_close int reader = open("pipe", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	write_new("pipe", "through", 0, true);
	assert_int_equal(read(reader, text, 8), 7);
	assert_string_equal(text, "through");

	/* What a link of /proc leads to may have no name any more. */
	put("open", "", 0600);
	auto_close int fd = open("open", O_RDWR | O_CLOEXEC);

	unlink("open");
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	write_new(path, "descend", 0, true);
	assert_int_equal(pread(fd, text, 8, 0), 7);
	assert_string_equal(text, "descend");
	assert_int_equal(n_files(), 1);

	assert_int_equal(new_file_open("/dev/full", 0666, 0, &f, &e), 0);
	assert_int_equal(new_file_stream(f, &out, &e), 0);
	assert_true(fputs("more", out) >= 0);
	assert_int_equal(new_file_commit(f, &e), -ENOSPC);
	assert_string_equal(e.text, "cannot write '/dev/full': No space left on device");
}

/* As a user who may write here, or not. */
static void test_rights_to_file_and_folder(void **state)
{
	auto_ptr(new_file) f = NULL;
	bool root = geteuid() == 0;
	struct err e = { 0 };

	(void)state;
	put("closed", "older", 0444);
	put("open", "older", 0666);
	put("own", "older", 0400);
	assert_int_equal(chmod(".", 0777), 0);
	assert_true(!root || seteuid(65534) == 0);
	assert_int_equal(new_file_open("closed", 0666, 0, &f, &e), -EACCES);
	assert_string_equal(e.text, "cannot write 'closed': Permission denied");
	write_new("own", "newer", NEW_FILE_OWN, true);
	write_new("closed", "newer", NEW_FILE_KEEP_OLD, true);
	assert_true(!root || seteuid(0) == 0);

	/* In a folder that may not be written only in place. */
	assert_int_equal(chmod(".", 0555), 0);
	assert_true(!root || seteuid(65534) == 0);
	write_new("open", "newer", 0, true);
	assert_int_equal(new_file_open("open", 0666, NEW_FILE_KEEP_OLD, &f, &e), -EACCES);
	assert_int_equal(new_file_open("absent", 0666, 0, &f, &e), -EACCES);
	assert_true(!root || seteuid(0) == 0);
	assert_int_equal(chmod(".", 0755), 0);
	assert_holds("closed", "newer");
	assert_holds("closed.old", "older");
	assert_holds("open", "newer");
	assert_holds("own", "newer");
	assert_int_equal(n_files(), 4);
}

static void test_where_nothing_can_be_written(void **state)
{
	struct new_file *f = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(new_file_open("none/a", 0666, 0, &f, &e), -ENOENT);
	assert_string_equal(e.text, "cannot write 'none/a': No such file or directory");
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(new_file_open("d", 0666, 0, &f, &e), -EISDIR);
	assert_int_equal(new_file_open("", 0666, 0, &f, &e), -ENOENT);
}

static void test_below_a_folder(void **state)
{
	auto_ptr(new_file) f = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	assert_int_equal(symlink("real", "d/link"), 0);
	put("d/real", "older", 0640);
	auto_close int fd = open("d", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(new_file_open_at(fd, "link", 0666, NEW_FILE_SYNC, &f, &e), 0);
	assert_int_equal(file_write_all(new_file_fd(f), "newer", 5), 0);
	assert_holds("d/real", "older");
	assert_int_equal(new_file_commit(f, &e), 0);
	assert_holds("d/real", "newer");
	assert_int_equal(mode_of("d/real"), 0640);
	f = new_file_free(f);
	assert_int_equal(new_file_open_at(fd, "real", 0666, NEW_FILE_KEEP_OLD, &f, &e), 0);
	assert_int_equal(new_file_commit(f, &e), 0);
	assert_holds("d/real.old", "newer");
	f = new_file_free(f);
	assert_int_equal(new_file_open_at(fd, "none/x", 0666, 0, &f, &e), -ENOENT);
	for (const char *const *k = (const char *const[]){ "link", "real", "real.old", NULL }; *k;
	     k++)
		assert_int_equal(unlinkat(fd, *k, 0), 0);
}

static void test_long_names_have_room(void **state)
{
	char name[256];

	(void)state;
	memset(name, 'n', 255);
	name[255] = 0;
	write_new(name, "x", 0, true);
	write_new(name, "y", NEW_FILE_SYNC, true);
	assert_holds(name, "y");
	assert_int_equal(n_files(), 1);
}

static void test_of_a_killed_writer_nothing_is_left(void **state)
{
	int ready[2], status;
	char byte;

	(void)state;
	put("a", "older", 0644);
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		auto_ptr(new_file) f = NULL;

		if (new_file_open("a", 0666, 0, &f, NULL) == 0 &&
		    file_write_all(new_file_fd(f), "newer", 5) == 0)
			(void)!write(ready[1], "", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(ready[0], &byte, 1), 1);
	kill(pid, SIGKILL);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(ready[0]);
	close(ready[1]);
	assert_holds("a", "older");
	assert_int_equal(n_files(), 1);
}

static int setup_named(void **state)
{
	no_tmpfile = true;
	return setup(state);
}

static int remove_named(void **state)
{
	no_tmpfile = false;
	return remove_all(state);
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, setup, remove_all)
#define WITH_NAME(test)                                                             \
	{                                                                           \
#test " (without O_TMPFILE)", test, setup_named, remove_named, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(test_it_appears_when_it_is_complete),
		WITH_FOLDER(test_given_up_it_leaves_nothing),
		WITH_FOLDER(test_permissions_are_those_of_open),
		WITH_FOLDER(test_a_link_is_followed),
		WITH_FOLDER(test_what_cannot_be_replaced_is_written_in_place),
		WITH_FOLDER(test_rights_to_file_and_folder),
		WITH_FOLDER(test_where_nothing_can_be_written),
		WITH_FOLDER(test_below_a_folder),
		WITH_FOLDER(test_long_names_have_room),
		WITH_FOLDER(test_of_a_killed_writer_nothing_is_left),
		WITH_NAME(test_it_appears_when_it_is_complete),
		WITH_NAME(test_given_up_it_leaves_nothing),
		WITH_NAME(test_permissions_are_those_of_open),
		WITH_NAME(test_a_link_is_followed),
		WITH_NAME(test_rights_to_file_and_folder),
		WITH_NAME(test_where_nothing_can_be_written),
		WITH_NAME(test_below_a_folder),
		WITH_NAME(test_long_names_have_room),
	};

	return cmocka_run_group_tests_name("new_file", tests, NULL, NULL);
}
