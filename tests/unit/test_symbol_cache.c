/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/symbol_cache: where it is, what it makes, what it does not take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "machine_tree.h"
#include "symbol/symbol_builder.h"
#include "symbol/symbol_cache.h"

static const uint8_t id[4] = { 0xab, 0xcd, 0xef, 0x01 };

static struct symbol_table *make_table(const uint8_t *of)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);
	struct symbol_table *t = NULL;

	assert_int_equal(symbol_builder_add(b, 16, 16, 0, SYMBOL_GLOBAL, true, "one", 3), 0);
	assert_int_equal(symbol_builder_finish(b, SYMBOLS_EXPORTED, of, 4, &t, NULL), 0);
	return t;
}

static void test_where_it_is(void **state)
{
	(void)state;

	char path[64];

	setenv("XDG_CACHE_HOME", "/x", 1);
	setenv("HOME", "/h", 1);
	assert_int_equal(symbol_cache_default(path, sizeof(path)), 0);
	assert_string_equal(path, "/x/kymo");
	setenv("XDG_CACHE_HOME", "relative", 1);
	assert_int_equal(symbol_cache_default(path, sizeof(path)), 0);
	assert_string_equal(path, "/h/.cache/kymo");
	assert_int_equal(symbol_cache_default(path, 8), -ENAMETOOLONG);
	unsetenv("XDG_CACHE_HOME");
	unsetenv("HOME");
	assert_int_equal(symbol_cache_default(path, sizeof(path)), -ENOENT);
}

static void test_put_and_get(void **state)
{
	(void)state;

	static const uint8_t other[4] = { 1, 2, 3, 4 };
	auto_ptr(symbol_table) t = make_table(id);
	struct machine_tree tree;
	char dir[128], from[256], to[256];

	machine_tree_make(&tree);
	snprintf(dir, sizeof(dir), "%s/.cache/kymo", tree.dir);
	for (int round = 0; round < 2; round++) {
		auto_ptr(symbol_table) back = NULL;
		struct symbol_range range;

		assert_int_equal(symbol_cache_put(dir, t), 0);
		assert_int_equal(symbol_cache_get(dir, id, 4, &back), 0);
		assert_int_equal(symbol_table_extent(back), SYMBOLS_EXPORTED);
		assert_true(symbol_table_find(back, 31, &range));
		assert_string_equal(range.name, "one");
		assert_false(symbol_table_find(back, 32, &range));
	}
	auto_ptr(symbol_table) none = NULL;

	assert_int_equal(symbol_cache_get(dir, other, 4, &none), -ENOENT);
	/* Under the name of another build it is damage. */
	snprintf(from, sizeof(from), "%s/symbols/abcdef01", dir);
	snprintf(to, sizeof(to), "%s/symbols/01020304", dir);
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symbol_cache_get(dir, other, 4, &none), -EBADMSG);
	assert_int_equal(truncate(to, 50), 0);
	assert_int_equal(symbol_cache_get(dir, other, 4, &none), -EBADMSG);
	machine_tree_remove(&tree);
}

static void test_a_home_that_is_not_there_is_not_made(void **state)
{
	(void)state;

	auto_ptr(symbol_table) t = make_table(id);
	struct machine_tree tree;
	char dir[256], home[128];

	machine_tree_make(&tree);
	snprintf(home, sizeof(home), "%s/home", tree.dir);
	snprintf(dir, sizeof(dir), "%s/kymo", home);
	assert_int_equal(symbol_cache_put(dir, t), -ENOENT);
	snprintf(dir, sizeof(dir), "%s/.cache/kymo", home);
	assert_int_equal(symbol_cache_put(dir, t), -ENOENT);
	assert_int_equal(access(home, F_OK), -1);
	machine_tree_remove(&tree);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_where_it_is),
		cmocka_unit_test(test_put_and_get),
		cmocka_unit_test(test_a_home_that_is_not_there_is_not_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
