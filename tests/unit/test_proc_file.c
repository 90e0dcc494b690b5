/* SPDX-License-Identifier: MIT */
/* Files that are read again and again, and the words in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "collect/proc_file.h"
#include "machine_tree.h"

static void again_and_again(void **state)
{
	struct machine_tree tree;
	struct proc_file f, missing = { 0 };
	struct err e = { 0 };

	(void)state;
	machine_tree_make(&tree);
	machine_tree_put(&tree, "proc/x", "one\n");
	const struct proc_root root = { .fd = tree.fd };

	assert_int_equal(proc_file_need(&f, &root, "proc/x", &e), 0);
	assert_string_equal(proc_file_read(&f), "one\n");
	machine_tree_put(&tree, "proc/x", "");
	assert_string_equal(proc_file_read(&f), "");
	char *big = malloc(1000001);

	memset(big, 'x', 1000000);
	big[1000000] = '\0';
	machine_tree_put(&tree, "proc/x", big);
	assert_string_equal(proc_file_read(&f), big);
	machine_tree_put(&tree, "proc/x", "two");
	assert_string_equal(proc_file_read(&f), "two");
	struct buf shared;

	buf_init(&shared, 0);
	f.shared = &shared;
	const char *text = proc_file_read(&f);

	assert_ptr_equal(text, shared.data);
	assert_string_equal(text, "two");
	buf_done(&shared);
	proc_file_done(&f);
	proc_file_done(&f);

	assert_int_equal(proc_file_need(&missing, &root, "proc/y", &e), -ENOENT);
	assert_string_equal(e.text, "no '/proc/y'");
	assert_null(proc_file_read(&missing));
	proc_file_done(&missing);
	/* A folder opens, and does not read. */
	assert_int_equal(proc_file_open(&f, &root, "proc"), 0);
	assert_null(proc_file_read(&f));
	assert_int_equal(errno, EISDIR);
	proc_file_done(&f);
	free(big);
	machine_tree_remove(&tree);
}

/* One call where the end is seen without another one, and never less than all. */
static void ends_seen_early(void **state)
{
	static const size_t lengths[] = { 0,	1,    3583, 3584, 3585, 4094, 4095,
					  4096, 5000, 8189, 8190, 8191, 9000, 300000 };
	struct machine_tree tree;
	struct buf all;

	(void)state;
	machine_tree_make(&tree);
	buf_init(&all, 0);
	const struct proc_root root = { .fd = tree.fd, .buf = &all };

	for (size_t i = 0; i < ARRAY_SIZE(lengths); i++) {
		struct proc_file f;
		auto_free char *text = calloc(1, lengths[i] + 1);

		memset(text, 'x', lengths[i]);
		machine_tree_put(&tree, "x", text);
		assert_int_equal(proc_file_open(&f, &root, "x"), 0);
		f.short_lines = true;
		for (unsigned int turn = 0; turn < 3; turn++) {
			assert_string_equal(proc_file_read(&f), text);
			assert_int_equal(all.len, lengths[i]);
		}
		proc_file_done(&f);
	}
	buf_done(&all);
	machine_tree_remove(&tree);
}

static const char *text_of(void *ctx, const char *path)
{
	return strcmp(path, "proc/stat") == 0 ? ctx : NULL;
}

static void texts_stand_for_files(void **state)
{
	char text[] = "cpu 1 2\n", path[80];
	const struct proc_root root = { .fd = -1, .text = text_of, .ctx = text };
	struct proc_file f, other;

	(void)state;
	assert_int_equal(proc_file_open(&f, &root, "proc/stat"), 0);
	assert_int_equal(proc_file_open(&other, &root, "proc/other"), 0);
	assert_ptr_equal(proc_file_read(&f), text);
	assert_null(proc_file_read(&other));
	proc_file_done(&f);
	proc_file_done(&other);
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(proc_file_open(&f, &root, path), -ENAMETOOLONG);
	proc_file_done(&f);
}

static int see(void *ctx, const char *name, bool folder)
{
	char *names = ctx;

	if (!strcmp(name, "stop"))
		return -ECANCELED;
	size_t n = strlen(names);

	snprintf(names + n, 128 - n, "%s%s", name, folder ? "/ " : " ");
	return 7;
}

static void folders(void **state)
{
	struct machine_tree tree;
	char names[128] = "";

	(void)state;
	machine_tree_make(&tree);
	machine_tree_put(&tree, "sys/.hidden", "");
	machine_tree_put(&tree, "sys/folder/x", "");
	const struct proc_root root = { .fd = tree.fd };

	assert_int_equal(proc_list(&root, "sys", see, names), 0);
	assert_string_equal(names, "folder/ ");
	machine_tree_link(&tree, "sys/folder/link", "..");
	names[0] = '\0';
	assert_int_equal(proc_list(&root, "sys/folder", see, names), 0);
	assert_true(!strcmp(names, "x link ") || !strcmp(names, "link x "));
	machine_tree_put(&tree, "sys/stop/stop", "");
	assert_int_equal(proc_list(&root, "sys/stop", see, names), -ECANCELED);
	assert_int_equal(proc_list(&root, "sys/none", see, names), -ENOENT);
	assert_int_equal(proc_list(&root, "sys/folder/x", see, names), -ENOTDIR);
	machine_tree_remove(&tree);
	const struct proc_root texts = { .fd = -1, .text = text_of };

	assert_int_equal(proc_list(&texts, "sys", see, names), -ENOENT);
}

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
		size_t used;
	} whole[] = {
		{ " 12 13", true, 12, 3 },
		{ "\t0", true, 0, 2 },
		{ "18446744073709551615x", true, UINT64_MAX, 20 },
		{ "18446744073709551616", false, 0, 0 },
		{ "99999999999999999999999", false, 0, 0 },
		{ "\n5", false, 0, 0 },
		{ "-5", false, 0, 0 },
		{ "", false, 0, 0 },
	}, hex[] = {
		{ "0000c4f2 1", true, 0xc4f2, 8 },
		{ "FFFFFFFFFFFFFFFF", true, UINT64_MAX, 16 },
		{ "00FFFFFFFFFFFFFFFF", true, UINT64_MAX, 18 },
		{ "1FFFFFFFFFFFFFFFF", false, 0, 0 },
		{ " g", false, 0, 0 },
		{ "@`", false, 0, 0 },
		{ "", false, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(whole); i++) {
		const char *p = whole[i].text;
		uint64_t v = 0;

		assert_int_equal(scan_u64(&p, &v), whole[i].ok);
		assert_int_equal(v, whole[i].value);
		assert_int_equal(p - whole[i].text, whole[i].used);
	}
	for (size_t i = 0; i < ARRAY_SIZE(hex); i++) {
		const char *p = hex[i].text;
		uint64_t v = 0;

		assert_int_equal(scan_hex(&p, &v), hex[i].ok);
		assert_int_equal(v, hex[i].value);
		assert_int_equal(p - hex[i].text, hex[i].used);
	}
}

static void decimals_and_signs(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		uint64_t value;
	} decimal[] = {
		{ "0.17", true, 17 },
		{ "100.00", true, 10000 },
		{ "3", true, 300 },
		{ "3.", true, 300 },
		{ "3.999", true, 399 },
		{ "3.5", true, 350 },
		{ ".5", false, 0 },
		{ "184467440737095516.15", true, UINT64_MAX },
		{ "184467440737095516.16", false, 0 },
		{ "184467440737095517", false, 0 },
	};
	const char *p = "-1 9223372036854775807 -9223372036854775808 9223372036854775808";
	uint64_t v = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(decimal); i++) {
		const char *d = decimal[i].text;

		v = 0;
		assert_int_equal(scan_decimal(&d, 100, &v), decimal[i].ok);
		assert_int_equal(v, decimal[i].value);
	}
	assert_true(scan_i64(&p, &v));
	assert_int_equal((int64_t)v, -1);
	assert_true(scan_i64(&p, &v));
	assert_true((int64_t)v == INT64_MAX);
	assert_true(scan_i64(&p, &v));
	assert_true((int64_t)v == INT64_MIN);
	assert_false(scan_i64(&p, &v));
	p = "- 1";
	assert_false(scan_i64(&p, &v));
}

static void keys_and_words(void **state)
{
	static const char *const list[] = { "pg*", "nr_dirty", NULL };
	const char *text = "MemFree:    12 kB\nHugePages_Total: 3\nnr_x 4\n: 5\nbad\nHost: name\n",
		   *p;
	struct key_value k;
	unsigned int n = 0;

	(void)state;
	for (p = text; *p; p = next_line(p)) {
		if (!scan_key_value(&p, &k))
			continue;
		assert_int_equal(k.kb, n == 0);
		assert_int_equal(k.value, n == 0 ? 12 : n == 1 ? 3 : 4);
		assert_true(word_is(k.key, k.len,
				    n == 0   ? "MemFree"
				    : n == 1 ? "HugePages_Total"
					     : "nr_x"));
		n++;
	}
	assert_int_equal(n, 3);
	assert_true(word_in("pgfault", 7, list));
	assert_true(word_in("pg", 2, list));
	assert_false(word_in("p", 1, list));
	assert_true(word_in("nr_dirty", 8, list));
	assert_false(word_in("nr_dirty_threshold", 18, list));
	assert_false(word_in("nr_dirt", 7, list));
	assert_false(word_is("abc", 2, "abc"));
	assert_true(word_is("abc", 2, "ab"));
	assert_false(word_is("abc", 3, "ab"));
	p = "";
	assert_string_equal(next_line(p), "");
	p = "last";
	assert_string_equal(next_line(p), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(ends_seen_early),
		cmocka_unit_test(texts_stand_for_files),
		cmocka_unit_test(folders),
		cmocka_unit_test(numbers),
		cmocka_unit_test(decimals_and_signs),
		cmocka_unit_test(keys_and_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
