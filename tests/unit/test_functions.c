/* SPDX-License-Identifier: MIT */
/* Tests of src/model/functions. */
#include "profile_scenario.h"

#include <errno.h>

#include "model/functions.h"
#include "source_table.h"

struct loaded {
	struct scenario s;
	struct profile *profile;
	struct functions *functions;
};

static void load_detail(struct loaded *l, struct symbol_source *symbols,
			enum functions_detail detail)
{
	struct err e = { 0 };

	assert_int_equal(profile_load(scenario_source(&l->s), &l->profile, &e), 0);
	assert_int_equal(functions_new(l->profile, symbols, detail, &l->functions, &e), 0);
}

static void load(struct loaded *l, struct symbol_source *symbols)
{
	load_detail(l, symbols, FUNCTIONS_SYMBOLS);
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
	assert_int_equal(functions_new(l.profile, &a.source, FUNCTIONS_SYMBOLS, &l.functions, &e),
			 -ENOMEM);
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

/* ---- inlined functions ---- */

#define PROG "/opt/bin/prog"

/*
 * Of scenario_program(): main calls work and idle_loop from 0x1010, a place at whose end step() is
 * inlined; in work() there is step() at 0x1120 to 0x1130, and 0x1140 is in a part of it that has a
 * symbol with another name.
 */
static const struct source_span program_spans[] = {
	{ PROG, 0x1000, 0x100f, 1, { { "main", "/src/main.c", 50, "/src/main.c", 40 } } },
	{ PROG,
	  0x100f,
	  0x1010,
	  2,
	  { { "step", "/src/step.h", 7, "/src/step.h", 5 },
	    { "main", "/src/main.c", 51, "/src/main.c", 40 } } },
	{ PROG, 0x1010, 0x1100, 1, { { "main", "/src/main.c", 52, "/src/main.c", 40 } } },
	{ PROG,
	  0x1120,
	  0x1130,
	  2,
	  { { "step", "/src/step.h", 8, "/src/step.h", 5 },
	    { "work", "/src/main.c", 20, "/src/main.c", 10 } } },
	{ PROG, 0x1130, 0x1150, 1, { { "work", "/src/main.c", 21, "/src/main.c", 10 } } },
	/* The kernel is entered from here: no call. */
	{ PROG, 0x1210, 0x1211, 1, { { NULL, "/src/main.c", 33, "/src/main.c", 30 } } },
	{ PROG, 0x120f, 0x1210, 1, { { NULL, "/src/main.c", 32, "/src/main.c", 30 } } },
};

static void load_program(struct loaded *l, enum functions_detail detail, unsigned int *ret_asked)
{
	struct source_table t;

	*l = (struct loaded){ 0 };
	source_table_init(&t, program_spans, ARRAY_SIZE(program_spans));
	scenario_init(&l->s, 100);
	scenario_program(&l->s);
	scenario_symbol(&l->s, 0, 0x1140, 0x10, "work.part.0");
	load_detail(l, &t.source, detail);
	if (ret_asked)
		*ret_asked = t.asked;
}

/* The way to @node in the tree of functions, "outermost;...;function"; '>' before what is inlined.
 */
static void check_way(const struct loaded *l, uint32_t node, const char *want)
{
	const struct frames *tree = functions_tree(l->functions);
	char way[256] = "", longer[256];

	for (uint32_t i = functions_tree_node(l->functions, node); i;
	     i = frames_at(tree, i)->parent) {
		const struct frame *at = frames_at(tree, i);

		(void)snprintf(longer, sizeof(longer), "%s%.60s%s%.180s", at->offset ? ">" : "",
			       functions_at(l->functions, at->module)->name, way[0] ? ";" : "",
			       way);
		memcpy(way, longer, sizeof(way));
	}
	assert_string_equal(way, want);
}

static void test_inlined(void **state)
{
	struct loaded l;
	unsigned int asked;

	(void)state;
	load_program(&l, FUNCTIONS_INLINED, &asked);
	/* Each place as a sample's, and once more as a caller. */
	assert_int_equal(asked, 9 + 4);
	/* Where main was sampled itself, step is not inlined; where it called, it is. */
	check_way(&l, 1, "main");
	check_way(&l, 2, "main;>step;work;>step");
	check_way(&l, 5, "main;>step;idle_loop");
	/* It called from the place before, where nothing is known of it. */
	check_way(&l, 3, "main;>step;work;work");
	check_way(&l, 4, "main;>step;work;work;memcpy");
	check_way(&l, 7, "main;>step;idle_loop;sys_call;__schedule");
	check_way(&l, 8, "0x0000000000009000");
	/* All copies and parts of a function are one. */
	assert_int_equal(functions_of(l.functions, 3), functions_of(l.functions, 9));
	const struct function *f = functions_at(l.functions, functions_of(l.functions, 2));

	assert_string_equal(f->name, "step");
	assert_string_equal(f->module, "prog");
	assert_string_equal(f->file, "/src/step.h");
	assert_int_equal(f->line, 5);
	assert_null(f->no_line);
	/* Without debug information. */
	f = functions_at(l.functions, functions_of(l.functions, 4));
	assert_null(f->file);
	assert_int_equal(f->line, 0);
	unload(&l);
}

static void test_sites(void **state)
{
	struct loaded l;

	(void)state;
	load_program(&l, FUNCTIONS_INLINED, NULL);
	uint32_t work = functions_site(l.functions, 2),
		 above = functions_call_site(l.functions, 2, 1);
	const struct function_site *s = functions_site_at(l.functions, work);

	assert_int_equal(s->offset, 0x1120);
	assert_int_equal(s->start, 0x1100);
	assert_int_equal(s->module, 0);
	assert_int_equal(s->n, 2);
	const struct function_frame *frame = functions_frame_at(l.functions, s->first);

	assert_true(frame[0].inlined && !frame[1].inlined);
	assert_int_equal(frame[0].line, 8);
	assert_int_equal(frame[1].line, 20);
	assert_string_equal(frame[1].file, "/src/main.c");
	assert_int_not_equal(above, functions_site(l.functions, 1));
	s = functions_site_at(l.functions, above);
	assert_int_equal(s->offset, 0x1010);
	assert_int_equal(s->n, 2);
	assert_int_equal(functions_frame_at(l.functions, s->first)->line, 7);
	/* Where the kernel was entered. */
	assert_int_equal(functions_call_site(l.functions, 6, 5), functions_site(l.functions, 5));
	s = functions_site_at(l.functions, functions_site(l.functions, 5));
	assert_int_equal(functions_frame_at(l.functions, s->first)->line, 33);
	assert_int_equal(functions_call_site(l.functions, 1, 0), 0);
	unload(&l);
	/* Symbols alone: a site is a place. */
	load_program(&l, FUNCTIONS_SYMBOLS, NULL);
	assert_int_equal(functions_call_site(l.functions, 2, 1), functions_site(l.functions, 1));
	assert_int_equal(functions_n_sites(l.functions), 1 + 9);
	assert_int_equal(functions_n_frames(l.functions), 9);
	unload(&l);
}

static void test_lines(void **state)
{
	struct loaded l;

	(void)state;
	load_program(&l, FUNCTIONS_LINES, NULL);
	const struct function *f = functions_at(l.functions, functions_of(l.functions, 3));

	assert_string_equal(f->name, "work");
	assert_int_equal(f->line, 21);
	assert_int_equal(functions_of(l.functions, 3), functions_of(l.functions, 9));
	assert_int_not_equal(functions_of(l.functions, 3), functions_of(l.functions, 2));
	f = functions_at(l.functions, functions_of(l.functions, 4));
	assert_string_equal(f->name, "memcpy");
	assert_null(f->file);
	assert_string_equal(f->no_line, "not in the table");
	unload(&l);
	/* Nobody to ask. */
	l = (struct loaded){ 0 };
	scenario_init(&l.s, 100);
	scenario_program(&l.s);
	load_detail(&l, NULL, FUNCTIONS_LINES);
	f = functions_at(l.functions, functions_of(l.functions, 4));
	assert_string_equal(f->no_line, "not looked for");
	unload(&l);
}

/* Frames told apart: two places of a function are two nodes. */
static void test_tree_of_frames(void **state)
{
	struct frames *tree;
	struct loaded l;
	uint32_t *node;

	(void)state;
	load_program(&l, FUNCTIONS_INLINED, NULL);
	const struct frames *chains = profile_frames(l.profile);

	assert_int_equal(functions_plant_frames(l.functions, chains, &tree, &node), 0);
	for (uint32_t i = 1; i < frames_count(chains); i++) {
		uint32_t site = functions_site(l.functions, i);
		const struct function_site *at = functions_site_at(l.functions, site);

		assert_int_equal(frames_at(tree, node[i])->module, at->first);
	}
	assert_int_equal(node[0], 0);
	assert_int_not_equal(node[3], node[9]);
	/* main, step in main, work, and step in it. */
	uint32_t depth = 0;

	for (uint32_t i = node[2]; i; i = frames_at(tree, i)->parent)
		depth++;
	assert_int_equal(depth, 4);
	frames_free(tree);
	free(node);
	unload(&l);
}

static void test_frames_fail(void **state)
{
	struct loaded l = { 0 };
	struct source_table t;
	struct err e = { 0 };

	(void)state;
	source_table_init(&t, program_spans, ARRAY_SIZE(program_spans));
	t.fail = -ENOMEM;
	scenario_init(&l.s, 100);
	scenario_program(&l.s);
	assert_int_equal(profile_load(scenario_source(&l.s), &l.profile, &e), 0);
	assert_int_equal(functions_new(l.profile, &t.source, FUNCTIONS_INLINED, &l.functions, &e),
			 -ENOMEM);
	assert_null(l.functions);
	unload(&l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_and_tree), cmocka_unit_test(test_asks_each_place_once),
		cmocka_unit_test(test_source_fails),   cmocka_unit_test(test_names_only),
		cmocka_unit_test(test_nothing),	       cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_sites),	       cmocka_unit_test(test_lines),
		cmocka_unit_test(test_tree_of_frames), cmocka_unit_test(test_frames_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
