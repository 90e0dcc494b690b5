/* SPDX-License-Identifier: MIT */
/* Tests of src/model/functions. */
#include "profile_scenario.h"

#include <errno.h>

#include "model/functions.h"

struct loaded {
	struct scenario s;
	struct profile *profile;
	struct functions *functions;
};

static void load(struct loaded *l, struct symbol_source *symbols)
{
	struct err e = { 0 };

	assert_int_equal(profile_load(scenario_source(&l->s), &l->profile, &e), 0);
	assert_int_equal(functions_new(l->profile, symbols, &l->functions, &e), 0);
}

static void unload(struct loaded *l)
{
	functions_free(l->functions);
	profile_free(l->profile);
	scenario_done(&l->s);
}

static void check(const struct loaded *l, uint32_t node, const char *name, const char *module)
{
	const struct function *f = functions_at(l->functions, functions_of(l->functions, node));

	assert_string_equal(f->name, name);
	assert_string_equal(f->module, module);
}

static void test_names_and_tree(void **state)
{
	struct loaded l = { 0 };

	(void)state;
	scenario_init(&l.s, 3);
	scenario_program(&l.s);
	load(&l, NULL);
	assert_int_equal(functions_n_nodes(l.functions), 10);
	assert_int_equal(functions_of(l.functions, 0), FUNCTION_NONE);
	check(&l, 1, "main", "prog");
	check(&l, 2, "work", "prog");
	check(&l, 4, "memcpy", "libc.so.6");
	check(&l, 7, "__schedule", "[kernel]");
	check(&l, 8, "0x0000000000009000", "libx.so");
	assert_int_equal(functions_count(l.functions), 7);
	assert_int_equal(functions_at(l.functions, functions_of(l.functions, 7))->kind,
			 MODULE_KERNEL);
	assert_true(functions_at(l.functions, functions_of(l.functions, 7))->known);
	assert_false(functions_at(l.functions, functions_of(l.functions, 8))->known);
	assert_int_equal(functions_of(l.functions, 2), functions_of(l.functions, 3));
	/* work and work below main are one node; work below work is another. */
	assert_int_equal(functions_tree_node(l.functions, 2), functions_tree_node(l.functions, 9));
	assert_int_not_equal(functions_tree_node(l.functions, 2),
			     functions_tree_node(l.functions, 3));
	assert_int_equal(frames_count(functions_tree(l.functions)), 9);
	assert_int_equal(functions_tree_node(l.functions, 0), 0);
	unload(&l);
}

/* Knows one function per 256 bytes of libx.so, and notes how it was asked. */
struct asked {
	struct symbol_source source;
	unsigned int calls, places;
	bool unsorted;
	int fail;
};

static int resolve(struct symbol_source *source, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e)
{
	struct asked *a = (struct asked *)source;

	a->calls++;
	a->places += (unsigned int)n;
	for (size_t i = 1; i < n; i++)
		a->unsorted |= offset[i] <= offset[i - 1];
	if (a->fail)
		return err_set(e, a->fail, "out of memory");
	for (size_t i = 0; i < n; i++)
		if (!strcmp(m->path, "/lib/libx.so") && offset[i] < 0xa000)
			ret[i] = (struct symbol){ .name = "found",
						  .module = "libx.so.1",
						  .start = offset[i] & ~UINT64_C(255) };
	return 0;
}

static void test_asks_each_place_once(void **state)
{
	struct asked a = { .source = { .resolve = resolve } };
	struct loaded l = { 0 };

	(void)state;
	scenario_init(&l.s, 100);
	scenario_program(&l.s);
	scenario_frame(&l.s, 10, 1, 3, 0x9080); /* the same function as 8 */
	scenario_frame(&l.s, 11, 2, 3, 0x9000); /* the same place as 8 */
	scenario_frame(&l.s, 12, 2, 3, 0x8fff); /* another of the same name */
	scenario_frame(&l.s, 13, 2, 3, 0xb000); /* not known */
	load(&l, &a.source);
	assert_int_equal(a.calls, 1); /* the rest has names in the recording */
	assert_int_equal(a.places, 4);
	assert_false(a.unsorted);
	check(&l, 8, "found", "libx.so.1");
	assert_int_equal(functions_of(l.functions, 8), functions_of(l.functions, 10));
	assert_int_equal(functions_of(l.functions, 8), functions_of(l.functions, 11));
	assert_int_not_equal(functions_of(l.functions, 8), functions_of(l.functions, 12));
	check(&l, 12, "found", "libx.so.1");
	check(&l, 13, "0x000000000000b000", "libx.so");
	unload(&l);
}

static void test_source_fails(void **state)
{
	struct asked a = { .source = { .resolve = resolve }, .fail = -ENOMEM };
	struct loaded l = { 0 };
	struct err e = { 0 };

	(void)state;
	scenario_init(&l.s, 100);
	scenario_program(&l.s);
	assert_int_equal(profile_load(scenario_source(&l.s), &l.profile, &e), 0);
	assert_int_equal(functions_new(l.profile, &a.source, &l.functions, &e), -ENOMEM);
	assert_null(l.functions);
	unload(&l);
}

static void test_names_only(void **state)
{
	struct loaded l = { 0 };

	(void)state;
	scenario_init(&l.s, 100);
	scenario_start(&l.s, 0, 0);
	scenario_module(&l.s, 0, MODULE_NAMED, "app");
	scenario_module(&l.s, 1, MODULE_UNKNOWN, "");
	scenario_symbol(&l.s, 0, 0, 1, "open");
	scenario_symbol(&l.s, 0, 1, 1, "read");
	scenario_frame(&l.s, 1, 0, 0, 1);
	scenario_frame(&l.s, 2, 1, 0, 0);
	scenario_frame(&l.s, 3, 1, 1, 0x77);
	load(&l, NULL);
	check(&l, 1, "read", "app");
	check(&l, 2, "open", "app");
	check(&l, 3, "0x0000000000000077", "[unknown]");
	unload(&l);
}

static void test_nothing(void **state)
{
	struct loaded l = { 0 };

	(void)state;
	scenario_init(&l.s, 100);
	scenario_start(&l.s, 0, 0);
	load(&l, NULL);
	assert_int_equal(functions_count(l.functions), 0);
	assert_int_equal(frames_count(functions_tree(l.functions)), 1);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_tree), cmocka_unit_test(test_asks_each_place_once),
		cmocka_unit_test(test_source_fails),   cmocka_unit_test(test_names_only),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
