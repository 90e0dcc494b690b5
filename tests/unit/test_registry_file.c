/* SPDX-License-Identifier: MIT */
/* Tests of src/store/registry_file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "store/registry_file.h"

static char folder[] = "/tmp/kymo-registry-XXXXXX", path[64];

static int setup(void **state)
{
	(void)state;
	memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
	assert_non_null(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/r.db", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static unsigned int users, sites, licences;

static int see_user(void *ctx, const struct registry_user *u)
{
	assert_string_equal(u->email, u->id == 1 ? "jane@example.com" : "joe@example.com");
	assert_int_equal(u->admin, u->id == 1);
	assert_ptr_equal(ctx, &users);
	users++;
	return 0;
}

static int see_site(void *ctx, const struct registry_site *s)
{
	(void)ctx;
	assert_string_equal(s->name, "Evil 'Corp'; DROP TABLE sites");
	sites++;
	return 0;
}

static int see_licence(void *ctx, const struct registry_licence *l)
{
	(void)ctx;
	assert_int_equal(l->site, 1);
	assert_string_equal(l->site_name, "Evil Corp");
	assert_string_equal(l->hosts, "00:16:3e:5e:6c:00");
	assert_string_equal(l->token, "token");
	assert_string_equal(l->short_id, "short");
	assert_int_equal(l->created_by, l->id == 1 ? 1 : 0);
	assert_int_equal(l->not_after, 2000);
	licences++;
	return 0;
}

static int stop(void *ctx, const struct registry_user *u)
{
	(void)ctx;
	(void)u;
	return -ECANCELED;
}

static void test_rows(void **state)
{
	struct registry *r = NULL;
	struct err e = { 0 };
	struct registry_licence l = { .created_by = 1,
				      .created = 1000,
				      .not_before = 1000,
				      .not_after = 2000,
				      .external_version = 1,
				      .site = 1,
				      .site_name = "Evil Corp",
				      .hosts = "00:16:3e:5e:6c:00",
				      .short_id = "short",
				      .token = "token" };
	struct stat st;
	uint64_t id;

	(void)state;
	users = sites = licences = 0;
	assert_int_equal(registry_open(path, false, &r, &e), -ENOENT);
	assert_int_equal(registry_open(path, true, &r, &e), 0);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(registry_add_user(r, "jane@example.com", true, &id, &e), 0);
	assert_int_equal(id, 1);
	assert_int_equal(registry_add_user(r, "jane@example.com", false, &id, &e), -EEXIST);
	assert_true(e.text[0]);
	assert_int_equal(registry_add_user(r, "a@b\x1b[2J", false, &id, &e), -EINVAL);
	assert_int_equal(registry_add_site(r, "\xc2\x9b", &id, &e), -EINVAL);
	assert_int_equal(registry_add_user(r, "joe@example.com", false, &id, &e), 0);
	assert_int_equal(registry_add_site(r, "Evil 'Corp'; DROP TABLE sites", &id, &e), 0);
	assert_int_equal(id, 1);
	assert_int_equal(registry_add_licence(r, &l, &e), 0);
	l.created_by = 0;
	assert_int_equal(registry_add_licence(r, &l, &e), 0);
	assert_int_equal(l.id, 2);
	l.created_by = 99;
	assert_int_equal(registry_add_licence(r, &l, &e), -ENOENT);
	assert_non_null(strstr(e.text, "no user 99"));
	r = registry_free(r);
	/* And again from the file. */
	assert_int_equal(registry_open(path, false, &r, &e), 0);
	assert_int_equal(registry_each_user(r, see_user, &users, &e), 0);
	assert_int_equal(registry_each_site(r, see_site, NULL, &e), 0);
	assert_int_equal(registry_each_licence(r, see_licence, NULL, &e), 0);
	assert_int_equal(registry_each_user(r, stop, NULL, &e), -ECANCELED);
	registry_free(r);
	assert_int_equal(users, 2);
	assert_int_equal(sites, 1);
	assert_int_equal(licences, 2);
}

static void write_file(const void *data, size_t n)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, data, n), 0);
}

/* What is something else stays as it is. */
static void test_other_files(void **state)
{
	static const char text[] = "this is no database, but long enough that SQLite looks at it: "
				   "....................................................";
	struct registry *r = NULL;
	struct err e = { 0 };
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	write_file(text, sizeof(text));
	assert_int_equal(registry_open(path, true, &r, &e), -EMEDIUMTYPE);
	assert_true(e.text[0]);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	assert_int_equal(b.len, sizeof(text));
	assert_memory_equal(b.data, text, sizeof(text));
	assert_null(r);
}

/* Damage to the file is an error with words, or what SQLite can read: never a crash. */
static void test_damage(void **state)
{
	struct registry *r = NULL;
	uint64_t id;
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(registry_open(path, true, &r, NULL), 0);
	for (unsigned int i = 0; i < 50; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "site %u", i);
		assert_int_equal(registry_add_site(r, name, &id, NULL), 0);
	}
	r = registry_free(r);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	for (size_t n = 0; n < b.len; n += 509) {
		struct err e = { 0 };
		int rc;

		write_file(b.data, n);
		rc = registry_open(path, false, &r, &e);
		if (rc >= 0)
			rc = registry_each_user(r, stop, NULL, &e);
		assert_true(rc >= 0 || e.text[0]);
		r = registry_free(r);
	}
}

/* Several that find no file, or an empty one, at the same moment. */
static void test_made_by_several(void **state)
{
	enum { ROUNDS = 25, N = 4 };

	(void)state;
	for (unsigned int round = 0; round < ROUNDS; round++) {
		pid_t pid[N];

		(void)unlink(path);
		for (unsigned int i = 0; i < N; i++) {
			pid[i] = fork();
			assert_true(pid[i] >= 0);
			if (pid[i])
				continue;
			struct registry *r = NULL;
			uint64_t id;
			struct err e = { 0 };
			bool good = registry_open(path, true, &r, &e) >= 0 &&
				    registry_add_site(r, "a", &id, &e) >= 0;

			registry_free(r);
			_exit(good ? 0 : 1);
		}
		for (unsigned int i = 0; i < N; i++) {
			int status;

			assert_int_equal(waitpid(pid[i], &status, 0), pid[i]);
			assert_int_equal(status, 0);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_files, setup, teardown),
		cmocka_unit_test_setup_teardown(test_damage, setup, teardown),
		cmocka_unit_test_setup_teardown(test_made_by_several, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
