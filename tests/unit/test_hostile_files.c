/* SPDX-License-Identifier: MIT */
/*
 * Collectors on files that are cut at every byte, empty, gone, full of huge numbers, zero bytes or
 * endless lines: no failure, and once a file is as it should be, all values are there again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "collect/collection.h"
#include "machine_tree.h"
#include "value_rows.h"

#define MAX_FILES 128

struct file {
	char path[128];
	const char *text; /* in the tree's */
	size_t len;
};

struct rig {
	struct buf tree_text;
	struct file file[MAX_FILES];
	size_t n;
	/* The file that is not as it should be: its bytes, exactly as long, or NULL: gone. */
	const struct file *odd;
	char *bytes;
	char *copy[MAX_FILES]; /* the texts of the others */
	struct machine_tree tree;
	struct value_rows *rows;
	struct collection *c;
	nsec_t now;
};

static const char *const trees[] = { "server", "old", "arm" };

static void load(struct rig *t, const char *name)
{
	const char *p;
	char head[512];

	memset(t, 0, sizeof(*t));
	buf_init(&t->tree_text, 0);
	snprintf(head, sizeof(head), "tests/fixtures/proc/%s.tree", name);
	assert_int_equal(file_read_at(AT_FDCWD, head, &t->tree_text), 0);
	p = buf_str(&t->tree_text);
	for (;;) {
		struct file *f = &t->file[t->n];

		p = machine_tree_next(p, head, &f->text, &f->len);
		if (!p)
			break;
		if (strstr(head, " -> "))
			continue;
		assert_true(t->n < MAX_FILES - 1 && strlen(head) < sizeof(f->path));
		snprintf(f->path, sizeof(f->path), "%s", head);
		t->copy[t->n++] = strndup(f->text, f->len);
	}
	assert_true(t->n > 10);
	t->rows = value_rows_new();
	t->now = 1000 * NSEC_PER_SEC;
}

static void unload(struct rig *t)
{
	collection_free(t->c);
	value_rows_free(t->rows);
	for (size_t i = 0; i < t->n; i++)
		free(t->copy[i]);
	free(t->bytes);
	buf_done(&t->tree_text);
}

static const char *text_of(void *ctx, const char *path)
{
	const struct rig *t = ctx;

	for (size_t i = 0; i < t->n; i++)
		if (!strcmp(t->file[i].path, path))
			return t->odd == &t->file[i] ? t->bytes : t->copy[i];
	return NULL;
}

static void open_all(struct rig *t, struct proc_root root)
{
	const struct collection_options o = { .set = "all", .root = root };
	struct err e = { 0 };

	assert_int_equal(collection_open(&o, &t->c, &e), 0);
}

static void sample(struct rig *t)
{
	struct err e = { 0 };

	/* So late that all lists are read anew. */
	t->now += 61 * NSEC_PER_SEC;
	assert_int_equal(collection_sample_at(t->c, t->now, &t->rows->sink, &e), 0);
}

/* ---- what is done to a file ---- */

static void replace(struct rig *t, const struct file *f, const char *bytes, size_t n)
{
	free(t->bytes);
	t->bytes = malloc(n + 1);
	memcpy(t->bytes, bytes, n);
	t->bytes[n] = '\0';
	t->odd = f;
	if (!t->tree.fd)
		return;
	int fd = openat(t->tree.fd, f->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, bytes, n), 0);
	/* Not O_TRUNC: some file systems wait for the disk then. */
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	close(fd);
}

static void cuts(struct rig *t, const struct file *f)
{
	for (size_t n = 0; n <= f->len; n++) {
		replace(t, f, f->text, n);
		sample(t);
	}
}

static void each_number(struct rig *t, const struct file *f, const char *number)
{
	auto_buf b;

	buf_init(&b, 0);
	for (size_t i = 0; i < f->len; i++) {
		if (f->text[i] < '0' || f->text[i] > '9')
			buf_add_byte(&b, (uint8_t)f->text[i]);
		else if (i == 0 || f->text[i - 1] < '0' || f->text[i - 1] > '9')
			buf_add_str(&b, number);
	}
	replace(t, f, buf_str(&b), b.len);
	sample(t);
}

static void long_line(struct rig *t, const struct file *f, char filling)
{
	size_t n = 1u << 20;
	auto_free char *bytes = malloc(f->len + n);

	memset(bytes, filling, n);
	memcpy(bytes + n, f->text, f->len);
	replace(t, f, bytes, n + f->len);
	sample(t);
	/* Behind what is good. */
	memcpy(bytes, f->text, f->len);
	memset(bytes + f->len, filling, n);
	replace(t, f, bytes, n + f->len);
	sample(t);
}

static void zero_bytes(struct rig *t, const struct file *f)
{
	auto_free char *bytes = malloc(f->len + 1);

	memcpy(bytes, f->text, f->len);
	for (size_t i = 3; i < f->len; i += 5)
		bytes[i] = '\0';
	replace(t, f, bytes, f->len);
	sample(t);
	memset(bytes, '\0', f->len);
	replace(t, f, bytes, f->len);
	sample(t);
	memset(bytes, 0xff, f->len);
	replace(t, f, bytes, f->len);
	sample(t);
}

static void torment(struct rig *t, const struct file *f)
{
	cuts(t, f);
	each_number(t, f, "18446744073709551615");
	each_number(t, f, "18446744073709551616");
	each_number(t, f, "-1");
	each_number(t, f, "99999999999999999999999999999999999999999999999999.9");
	each_number(t, f, "0");
	long_line(t, f, 'x');
	long_line(t, f, '7');
	long_line(t, f, ' ');
	long_line(t, f, ':');
	zero_bytes(t, f);
	if (!t->tree.fd) {
		free(t->bytes);
		t->bytes = NULL;
		sample(t);
	}
	replace(t, f, f->text, f->len);
}

/* ---- tests ---- */

static void expect_all(struct rig *t, const char *expected)
{
	t->rows->silent = false;
	buf_clear(&t->rows->text);
	sample(t);
	assert_string_equal(buf_str(&t->rows->text), expected);
	t->rows->silent = true;
}

static void texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		auto_free struct rig *t = malloc(sizeof(*t));

		load(t, trees[i]);
		open_all(t, (struct proc_root){ .fd = -1, .text = text_of, .ctx = t });
		sample(t);
		auto_free char *all = value_rows_take(t->rows);

		assert_true(strlen(all) > 500);
		t->rows->silent = true;
		for (size_t n = 0; n < t->n; n++)
			if (!strncmp(t->file[n].path, "proc/", 5) ||
			    !strcmp(t->file[n].path, "sys/devices/system/cpu/online"))
				torment(t, &t->file[n]);
		expect_all(t, all);
		unload(t);
	}
}

/* What is in folders. */
static void files(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		auto_free struct rig *t = malloc(sizeof(*t));

		load(t, trees[i]);
		machine_tree_make(&t->tree);
		machine_tree_load(&t->tree, buf_str(&t->tree_text));
		open_all(t, (struct proc_root){ .fd = t->tree.fd });
		sample(t);
		auto_free char *all = value_rows_take(t->rows);

		t->rows->silent = true;
		for (size_t n = 0; n < t->n; n++)
			if (!strncmp(t->file[n].path, "sys/", 4))
				torment(t, &t->file[n]);
		expect_all(t, all);
		machine_tree_remove(&t->tree);
		unload(t);
	}
}

/* Nothing is what it should be: folders for files, files for folders, links in a circle. */
static void wrong_kinds(void **state)
{
	static const char *const wrong[] = {
		"sys/class/hwmon",
		"sys/class/powercap",
		"sys/bus/usb/devices",
		"sys/devices/system/node",
		"sys/fs/cgroup/x",
		"proc/pressure",
		"sys/devices/system/cpu/cpu0/cpufreq",
		"sys/block",
		"sys/class/net",
	};
	static const char *const folders[] = {
		"proc/stat/x",
		"proc/meminfo/x",
		"proc/net/dev/x",
		"proc/diskstats/x",
		"proc/net/softnet_stat/x",
		"proc/self/mountinfo/x",
		"proc/cpuinfo/x",
		"sys/fs/cgroup/cgroup.stat/x",
	};
	auto_free struct rig *t = calloc(1, sizeof(*t));

	(void)state;
	t->rows = value_rows_new();
	machine_tree_make(&t->tree);
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		machine_tree_put(&t->tree, wrong[i], "x\n");
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		machine_tree_put(&t->tree, folders[i], "x\n");
	machine_tree_put(&t->tree, "sys/fs/cgroup/cgroup.controllers", "");
	machine_tree_put(&t->tree, "proc/loadavg", "1.00 1.00 1.00 1/1 1\n");
	machine_tree_link(&t->tree, "proc/vmstat", "vmstat");
	machine_tree_link(&t->tree, "sys/fs/cgroup/loop", "..");
	machine_tree_put(&t->tree, "sys/devices/system/cpu/online", "0\n");
	open_all(t, (struct proc_root){ .fd = t->tree.fd });
	for (unsigned int i = 0; i < 3; i++)
		sample(t);
	assert_int_equal(t->rows->n_values, 3 * 5);
	assert_non_null(strstr(collection_note(t->c), "'cpu' (nothing could be read)"));
	collection_free(t->c);
	machine_tree_remove(&t->tree);
	value_rows_free(t->rows);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(files),
		cmocka_unit_test(wrong_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
