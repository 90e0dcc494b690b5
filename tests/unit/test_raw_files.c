/* SPDX-License-Identifier: MIT */
/* Tests of src/collect/raw_files on a made-up machine: what is read, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <errno.h>

#include "collect/raw_files.h"
#include "machine_tree.h"
#include "model/memory.h"
#include "model/metric_track.h"

struct machine {
	struct machine_tree tree;
	struct memory *memory;
};

static int setup(void **state)
{
	struct machine *m = calloc(1, sizeof(*m));

	machine_tree_make(&m->tree);
	machine_tree_put(&m->tree, "proc/stat", "cpu 1 2\n");
	machine_tree_put(&m->tree, "proc/empty", "");
	machine_tree_put(&m->tree, "sys/kernel/x", "7\n");
	m->memory = memory_new();
	*state = m;
	return m->memory ? 0 : -1;
}

static int teardown(void **state)
{
	struct machine *m = *state;

	machine_tree_remove(&m->tree);
	memory_free(m->memory);
	free(m);
	return 0;
}

/* All rows as "path=text;". */
static void check_rows(struct machine *m, const char *expected)
{
	const struct query q = { .tracks = track_bit(&track_raw) };
	struct source *src = memory_source(m->memory);
	auto_ptr(cursor) c = NULL;
	const struct batch *b;
	struct err e = { 0 };
	char is[1024] = "";
	nsec_t last = 0;

	assert_int_equal(source_cursor(src, &q, &c, &e), 0);
	while (cursor_next(c, &b, &e) > 0)
		for (uint32_t i = 0; i < b->rows; i++) {
			size_t n = strlen(is);

			(void)snprintf(is + n, sizeof(is) - n, "%s=%s;", batch_text(b, RAW_PATH, i),
				       batch_text(b, RAW_TEXT, i));
			assert_true(b->time[i] >= last && batch_u64(b, RAW_END)[i] >= b->time[i]);
			last = b->time[i];
		}
	assert_string_equal(is, expected);
}

static void test_texts(void **state)
{
	struct machine *m = *state;
	auto_ptr(raw_files) f = NULL;
	struct err e = { 0 };

	if (raw_files_open("/proc/stat,/sys/kernel/x,/proc/stat,/proc/empty", m->tree.fd, &f, &e) <
	    0)
		fail_msg("%s", e.text);
	assert_int_equal(raw_files_n(f), 3);
	assert_int_equal(raw_files_sample(f, memory_sink(m->memory), &e), 0);
	/* The same file, not another one in its place. */
	int fd = openat(m->tree.fd, "proc/stat", O_WRONLY | O_TRUNC);

	assert_int_equal(write(fd, "a\0b", 3), 3);
	close(fd);
	assert_int_equal(raw_files_sample(f, memory_sink(m->memory), &e), 0);
	check_rows(m, "/proc/stat=cpu 1 2\n;/sys/kernel/x=7\n;/proc/empty=;"
		      "/proc/stat=a\nb;/sys/kernel/x=7\n;/proc/empty=;");
}

/* A file that grows too large has no row while it is. */
static void test_too_large(void **state)
{
	struct machine *m = *state;
	auto_ptr(raw_files) f = NULL;
	struct err e = { 0 };

	assert_int_equal(raw_files_open("/proc/stat,/sys/kernel/x", m->tree.fd, &f, &e), 0);
	int fd = openat(m->tree.fd, "proc/stat", O_WRONLY);

	assert_int_equal(ftruncate(fd, RAW_FILE_MAX + 1), 0);
	assert_int_equal(raw_files_sample(f, memory_sink(m->memory), &e), 0);
	assert_int_equal(raw_files_missed(f, 0), 1);
	check_rows(m, "/sys/kernel/x=7\n;");
	assert_int_equal(ftruncate(fd, 0), 0);
	close(fd);
	assert_int_equal(raw_files_sample(f, memory_sink(m->memory), &e), 0);
	assert_int_equal(raw_files_missed(f, 0), 1);
}

static void test_refused(void **state)
{
	struct machine *m = *state;
	static const struct {
		const char *list, *words;
		int code;
	} all[] = {
		{ "/etc/passwd", "not below /proc or /sys", -EINVAL },
		{ "proc/stat", "not below", -EINVAL },
		{ "/proc", "not below", -EINVAL },
		{ "/proc/../etc/passwd", "not below", -EINVAL },
		{ "/proc/stat,/proc/..", "not below", -EINVAL },
		{ "/proc/stat,,", "not below", -EINVAL },
		{ "", "no raw files", -EINVAL },
		{ "/proc/none", "cannot open '/proc/none'", -ENOENT },
		{ "/sys/kernel", "is no file", -EINVAL },
		{ "/proc/out", "cannot open", -EXDEV },
	};

	assert_int_equal(symlinkat("/etc/passwd", m->tree.fd, "proc/out"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		struct raw_files *f = NULL;
		struct err e = { 0 };
		int r = raw_files_open(all[i].list, m->tree.fd, &f, &e);

		if (r != all[i].code || !strstr(e.text, all[i].words))
			fail_msg("'%s': %d %s", all[i].list, r, e.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_texts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_too_large, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
