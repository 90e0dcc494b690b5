/* SPDX-License-Identifier: MIT */
/* From chains to rows (chain_writer.h) and from rows to the tables (profile.h); hostile rows. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/chain_writer.h"
#include "model/memory.h"
#include "model/profile.h"

static uint32_t node_of(struct chain_writer *w, nsec_t time, uint32_t pid, enum sample_mode mode,
			const uint64_t *ip, size_t n)
{
	struct err e = { 0 };
	uint32_t node = 99;

	assert_int_equal(chain_writer_node(w, time, pid, mode, ip, n, &node, &e), 0);
	return node;
}

static void check_frame(const struct profile *p, uint32_t node, uint32_t parent,
			enum module_kind kind, const char *path, uint64_t offset)
{
	const struct frame *f = frames_at(profile_frames(p), node);
	const struct module *m = modules_at(profile_modules(p), f->module);

	assert_int_equal(f->parent, parent);
	assert_int_equal(f->offset, offset);
	assert_int_equal(m->kind, kind);
	assert_string_equal(m->path, path);
}

static void test_chains(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(chain_writer) w = chain_writer_new(memory_sink(m));
	auto_ptr(profile) p = NULL;
	struct err e = { 0 };
	const uint64_t kernel_then_user[] = { CHAIN_CONTEXT_KERNEL,
					      0xffffffff81000010,
					      0xffffffff81000020,
					      CHAIN_CONTEXT_USER,
					      0x401010,
					      0x7f0000000100,
					      0x12345 };
	const uint64_t jit[] = { CHAIN_CONTEXT_USER, 0x900020, 0x401010 };

	(void)state;
	assert_int_equal(chain_writer_map(w, 5, 42, 0x400000, 0x2000, 0x1000, "/bin/a", "aa", &e),
			 0);
	assert_int_equal(chain_writer_map(w, 5, 42, 0x7f0000000000, 0x1000, 0, "/lib/b.so", "", &e),
			 0);
	assert_int_equal(chain_writer_map(w, 6, 42, 0x900000, 0x1000, 0, "//anon", "", &e), 0);
	uint32_t leaf = node_of(w, 10, 42, SAMPLE_MODE_UNKNOWN, kernel_then_user, 7);

	assert_int_equal(leaf, 5);
	assert_int_equal(node_of(w, 11, 42, SAMPLE_MODE_UNKNOWN, kernel_then_user, 7), leaf);
	assert_int_equal(node_of(w, 12, 42, SAMPLE_MODE_USER, jit, 3), 7);
	assert_int_equal(node_of(w, 13, 42, SAMPLE_MODE_USER, jit, 0), 0);
	assert_int_equal(node_of(w, 13, 42, SAMPLE_MODE_USER, jit, 1), 0); /* a mark alone */
	/* No mark: the sample's mode decides. */
	assert_int_equal(node_of(w, 14, 42, SAMPLE_MODE_KERNEL, kernel_then_user + 1, 1), 8);
	assert_int_equal(chain_writer_flush(w, &e), 0);

	assert_int_equal(profile_load(memory_source(m), &p, &e), 0);
	assert_int_equal(frames_count(profile_frames(p)), 9);
	check_frame(p, 1, 0, MODULE_UNKNOWN, "[unknown]", 0x12345);
	check_frame(p, 2, 1, MODULE_FILE, "/lib/b.so", 0x100);
	check_frame(p, 3, 2, MODULE_FILE, "/bin/a", 0x2010);
	check_frame(p, 4, 3, MODULE_KERNEL, "[kernel]", 0xffffffff81000020);
	check_frame(p, 5, 4, MODULE_KERNEL, "[kernel]", 0xffffffff81000010);
	check_frame(p, 6, 0, MODULE_FILE, "/bin/a", 0x2010);
	check_frame(p, 7, 6, MODULE_ANON, "//anon", 0x900020);
	check_frame(p, 8, 0, MODULE_KERNEL, "[kernel]", 0xffffffff81000010);
	assert_int_equal(
		modules_at(profile_modules(p), frames_at(profile_frames(p), 7)->module)->pid, 42);
}

static void put_frame(struct memory *m, uint32_t node, uint32_t parent, uint32_t module,
		      uint64_t offset)
{
	auto_ptr(batch) b = batch_new(&track_frame, 1);

	b->rows = 1;
	b->time[0] = 1;
	batch_u32(b, FRAME_NODE)[0] = node;
	batch_u32(b, FRAME_PARENT)[0] = parent;
	batch_u32(b, FRAME_MODULE)[0] = module;
	batch_u64(b, FRAME_OFFSET)[0] = offset;
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static void put_module(struct memory *m)
{
	auto_ptr(batch) b = batch_new(&track_module, 1);

	b->rows = 1;
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static void test_hostile(void **state)
{
	static const struct {
		uint32_t node, parent, module;
	} bad[] = {
		{ 2, 0, 0 }, /* not the next */
		{ 1, 1, 0 }, /* its own parent */
		{ 1, 7, 0 }, /* a parent to come */
		{ 1, 0, 1 }, /* no such module */
		{ 0, 0, 0 }, /* the root */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		auto_ptr(memory) m = memory_new();
		struct profile *p = NULL;
		struct err e = { 0 };

		put_module(m);
		put_frame(m, bad[i].node, bad[i].parent, bad[i].module, 0);
		assert_int_equal(profile_load(memory_source(m), &p, &e), -EBADMSG);
		assert_true(strstr(err_text(&e, -EBADMSG), "frame") != NULL);
	}
	auto_ptr(memory) m = memory_new();
	struct profile *p = NULL;
	struct err e = { 0 };

	put_module(m);
	put_frame(m, 1, 0, 0, 5);
	put_frame(m, 2, 0, 0, 5); /* the same again */
	assert_int_equal(profile_load(memory_source(m), &p, &e), -EBADMSG);
	assert_true(strstr(err_text(&e, -EBADMSG), "twice") != NULL);
}

static void test_symbols(void **state)
{
	auto_ptr(memory) m = memory_new();
	auto_ptr(batch) b = batch_new(&track_symbol, 4);
	auto_ptr(profile) p = NULL;
	struct err e = { 0 };
	static const struct {
		uint32_t module, bytes;
		uint64_t offset;
		const char *name;
	} rows[] = { { 1, 0, 900, "open" }, { 0, 16, 200, "b" }, { 0, 16, 100, "a" } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		b->time[i] = 0;
		batch_u32(b, SYMBOL_MODULE)[i] = rows[i].module;
		batch_u64(b, SYMBOL_OFFSET)[i] = rows[i].offset;
		batch_u32(b, SYMBOL_BYTES)[i] = rows[i].bytes;
		((uint32_t *)b->col[SYMBOL_NAME])[i] = (uint32_t)batch_add_text(b, rows[i].name);
		b->rows++;
	}
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
	assert_int_equal(profile_load(memory_source(m), &p, &e), 0);
	assert_null(profile_symbol(p, 0, 99));
	assert_string_equal(profile_symbol(p, 0, 100)->name, "a");
	assert_string_equal(profile_symbol(p, 0, 115)->name, "a");
	assert_null(profile_symbol(p, 0, 116));
	assert_string_equal(profile_symbol(p, 0, 200)->name, "b");
	assert_null(profile_symbol(p, 1, 899));
	assert_string_equal(profile_symbol(p, 1, 1u << 30)->name, "open");
	assert_null(profile_symbol(p, 2, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chains),
		cmocka_unit_test(test_hostile),
		cmocka_unit_test(test_symbols),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
