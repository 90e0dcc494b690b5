/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <jansson.h>

#include "machine_tree.h"

#include "base/file.h"
#include "cmd/dropin/ptap_files.h"

static struct machine_tree tree;

static const char *below(const char *name)
{
	static char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", tree.dir, name);
	return path;
}

static bool is_there(const char *name)
{
	return faccessat(tree.fd, name, F_OK, 0) == 0;
}

/* Two samples of one second would be one file. */
static void stamps_differ(void **state)
{
	char first[PTAP_STAMP_MAX] = "", stamp[PTAP_STAMP_MAX] = "";

	(void)state;
	assert_int_equal(ptap_wait(0, first, NULL), 0);
	memcpy(stamp, first, sizeof(stamp));
	assert_int_equal(ptap_wait(0, stamp, NULL), 0);
	assert_int_equal(strlen(stamp), 14);
	assert_int_equal(strspn(stamp, "0123456789"), 14);
	assert_string_not_equal(first, stamp);
}

static void folders(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(ptap_folder(below("a/b//c/"), NULL), 0);
	assert_true(is_there("a/b/c"));
	assert_int_equal(ptap_folder(below("a"), NULL), 0);
	assert_int_equal(ptap_folder_of(below("d/e/prefix"), NULL), 0);
	assert_true(is_there("d/e"));
	assert_false(is_there("d/e/prefix"));
	assert_int_equal(ptap_folder_of("prefix", NULL), 0);
	machine_tree_put(&tree, "file", "x");
	assert_int_equal(ptap_folder(below("file/f"), &e), -ENOTDIR);
	assert_non_null(strstr(e.text, "cannot make the folder"));
}

static void emptied_of_samples_only(void **state)
{
	(void)state;
	machine_tree_put(&tree, "raw/20141204110303", "x");
	machine_tree_put(&tree, "raw/20141204110303-metrics", "x");
	machine_tree_put(&tree, "raw/2014120411030", "x");
	machine_tree_put(&tree, "raw/notes", "x");
	assert_int_equal(ptap_empty(below("raw"), NULL), 0);
	assert_false(is_there("raw/20141204110303"));
	assert_true(is_there("raw/20141204110303-metrics"));
	assert_true(is_there("raw/2014120411030"));
	assert_true(is_there("raw/notes"));
	assert_int_equal(ptap_empty(below("nowhere"), NULL), -ENOENT);
}

static void list(void **state)
{
	struct ptap_list l;
	auto_buf text;
	const char *kind, *path, *stamp;
	json_t *names, *values;
	int type;

	(void)state;
	buf_init(&text, 0);
	ptap_list_init(&l);
	assert_int_equal(ptap_list_write(&l, "hotspots", below("none"), "20141204110303", NULL), 0);
	ptap_list_add(&l, "cache-misses(% of all cache refs )", 12.5);
	ptap_list_add(&l, "a \"b\" <c>\n\xff", 0);
	assert_int_equal(ptap_list_write(&l, "hotspots", below("some"), "20141204110303", NULL), 0);
	ptap_list_done(&l);
	assert_int_equal(file_read_at(tree.fd, "some", &text), 0);
	json_t *all = json_loads(buf_str(&text), 0, NULL);

	assert_non_null(all);
	assert_int_equal(
		json_unpack(all, "[i,s,s,s,o,o]", &type, &kind, &path, &stamp, &names, &values), 0);
	assert_int_equal(type, 0);
	assert_string_equal(kind, "hotspots");
	assert_string_equal(path, below("some"));
	assert_string_equal(stamp, "20141204110303");
	assert_int_equal(json_array_size(names), 2);
	assert_true(json_number_value(json_array_get(values, 0)) == 12.5);
	json_decref(all);
	buf_clear(&text);
	assert_int_equal(file_read_at(tree.fd, "none", &text), 0);
	assert_non_null(strstr(buf_str(&text), "\"20141204110303\", [], []]\n"));
}

static int setup(void **state)
{
	(void)state;
	machine_tree_make(&tree);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	machine_tree_remove(&tree);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stamps_differ),
		cmocka_unit_test(folders),
		cmocka_unit_test(emptied_of_samples_only),
		cmocka_unit_test(list),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}
