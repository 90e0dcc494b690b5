/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/profile_names: what is written is what is read back, for each frame. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "model/chain_writer.h"
#include "model/memory.h"
#include "symbol/profile_names.h"

/* Names by rule: a function every 0x100, in which another lies at 0x40 to 0x4f; none from 0x1000.
 */
struct by_rule {
	struct symbol_source source;
	const char *prefix;
	unsigned int asked;
	char text[32][32];
};

static int resolve(struct symbol_source *source, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e)
{
	struct by_rule *s = container_of(source, struct by_rule, source);

	(void)e;
	s->asked++;
	for (size_t k = 0; k < n; k++) {
		uint64_t at = offset[k] & 0xff, function = offset[k] >> 8;
		bool inner = at >= 0x40 && at < 0x50;

		assert_true(!k || offset[k] > offset[k - 1]);
		ret[k] = (struct symbol){ .module = m->path };
		if (function >= 16)
			continue;
		char *text = s->text[2 * function + inner];

		snprintf(text, sizeof(s->text[0]), "%s%s%d", s->prefix, inner ? "inner" : "f",
			 (int)function);
		ret[k].name = text;
		ret[k].start = (offset[k] & ~UINT64_C(0xff)) + (inner ? 0x40 : 0);
		/* As the symbolizer does: to where the name ends behind this place. */
		ret[k].bytes = inner ? 0x10 : at < 0x40 ? 0x40 : 0x100;
	}
	return 0;
}

static const uint64_t at[] = { 0x10, 0x41, 0x42, 0x60, 0x70, 0x130, 0x2ff, 0x350, 0x345, 0x1010 };

static void write_run(struct memory *m, struct symbol_source *names, uint32_t kinds,
		      uint64_t want_rows)
{
	auto_ptr(chain_writer) w = chain_writer_new(memory_sink(m));
	struct err e;
	uint32_t node;
	uint64_t rows;

	assert_int_equal(chain_writer_map(w, 1, 42, 0x400000, 0x2000, 0, "/bin/a", "aabb", &e), 0);
	assert_int_equal(chain_writer_map(w, 1, 42, 0x500000, 0x2000, 0, "/bin/b", "", &e), 0);
	for (size_t k = 0; k < ARRAY_SIZE(at); k++) {
		uint64_t ip[] = { 0x400000 + at[k] };

		assert_int_equal(chain_writer_node(w, 2, 42, SAMPLE_MODE_USER, ip, 1, &node, &e),
				 0);
		ip[0] = at[k];
		assert_int_equal(chain_writer_node(w, 2, 42, SAMPLE_MODE_KERNEL, ip, 1, &node, &e),
				 0);
		ip[0] = 0x500000 + at[k];
		assert_int_equal(chain_writer_node(w, 2, 42, SAMPLE_MODE_USER, ip, 1, &node, &e),
				 0);
	}
	assert_int_equal(chain_writer_flush(w, &e), 0);
	assert_int_equal(profile_names_write(chain_writer_frames(w), chain_writer_modules(w), names,
					     kinds, 3, memory_sink(m), &rows, &e),
			 0);
	assert_int_equal(rows, want_rows);
}

static void check(struct symbol_source *source, const struct module *m, const char *prefix)
{
	struct by_rule rule = { .source.resolve = resolve, .prefix = prefix };
	struct symbol want, got;
	struct err e;

	for (size_t k = 0; k < ARRAY_SIZE(at); k++) {
		assert_int_equal(resolve(&rule.source, m, &at[k], 1, &want, &e), 0);
		assert_int_equal(source->resolve(source, m, &at[k], 1, &got, &e), 0);
		assert_non_null(got.module);
		if (!want.name || !prefix[0])
			assert_null(got.name);
		else
			assert_string_equal(got.name, want.name);
	}
}

static const struct module *module_of(const struct profile *p, const char *path)
{
	const struct modules *m = profile_modules(p);

	for (uint32_t k = 0; k < modules_count(m); k++)
		if (!strcmp(modules_at(m, k)->path, path))
			return modules_at(m, k);
	fail();
	return NULL;
}

static void test_every_frame_has_its_name_again(void **state)
{
	(void)state;

	struct by_rule rule = { .source.resolve = resolve, .prefix = "own_" };
	auto_ptr(memory) m = memory_new();
	auto_ptr(profile) p = NULL;
	auto_ptr(profile_names) n = NULL;
	struct err e;

	/* Per module: f0, inner0, f0 behind it, f1, f2, inner3, f3 behind it. */
	write_run(m, &rule.source, MODULE_KINDS_ALL, 21);
	assert_int_equal(rule.asked, 3);
	assert_int_equal(profile_load(memory_source(m), &p, &e), 0);
	assert_int_equal(profile_names_new(p, NULL, &n, &e), 0);
	check(profile_names_source(n), module_of(p, "/bin/a"), "own_");
	check(profile_names_source(n), module_of(p, "/bin/b"), "own_");
	check(profile_names_source(n), module_of(p, "[kernel]"), "own_");
}

static void test_only_what_passes(void **state)
{
	(void)state;

	struct by_rule rule = { .source.resolve = resolve, .prefix = "own_" };
	struct by_rule later = { .source.resolve = resolve, .prefix = "later_" };
	auto_ptr(memory) m = memory_new();
	auto_ptr(profile) p = NULL;
	auto_ptr(profile_names) alone = NULL;
	auto_ptr(profile_names) n = NULL;
	struct err e;

	write_run(m, &rule.source, MODULE_KINDS_PASSING, 7);
	assert_int_equal(profile_load(memory_source(m), &p, &e), 0);
	assert_int_equal(profile_names_new(p, NULL, &alone, &e), 0);
	check(profile_names_source(alone), module_of(p, "/bin/a"), "");
	assert_int_equal(profile_names_new(p, &later.source, &n, &e), 0);
	check(profile_names_source(n), module_of(p, "/bin/a"), "later_");
	check(profile_names_source(n), module_of(p, "[kernel]"), "own_");
}

static void test_who_is_asked_first(void **state)
{
	(void)state;

	struct by_rule rule = { .source.resolve = resolve, .prefix = "own_" };
	struct by_rule later = { .source.resolve = resolve, .prefix = "later_" };
	auto_ptr(memory) m = memory_new();
	auto_ptr(profile) p = NULL;
	auto_ptr(profile_names) n = NULL;
	struct err e;

	write_run(m, &rule.source, MODULE_KINDS_ALL, 21);
	assert_int_equal(profile_load(memory_source(m), &p, &e), 0);
	assert_int_equal(profile_names_new(p, &later.source, &n, &e), 0);
	check(profile_names_source(n), module_of(p, "/bin/a"), "later_"); /* its build is known */
	check(profile_names_source(n), module_of(p, "/bin/b"), "own_");
	check(profile_names_source(n), module_of(p, "[kernel]"), "own_");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_frame_has_its_name_again),
		cmocka_unit_test(test_only_what_passes),
		cmocka_unit_test(test_who_is_asked_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
