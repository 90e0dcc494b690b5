/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/symbolizer: programs in all forms, against nm; kernels; JIT code; notes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/auxv.h>

#include "base/file.h"
#include "base/hex.h"
#include "machine_tree.h"
#include "symbol/demangle.h"
#include "symbol/elf_image.h"
#include "symbol/symbolizer.h"
#include "symbol_fixture.h"

static struct symbolizer *open_at(int root_fd, const char *const *dirs, size_t n_dirs,
				  const char *boot_id)
{
	static const char *const none[] = { "/nowhere" };
	const struct symbolizer_options o = { .root_fd = root_fd,
					      .debug_dirs = dirs ? dirs : none,
					      .n_debug_dirs = dirs ? n_dirs : 1,
					      .cache_dir = "",
					      .boot_id = boot_id };
	struct symbolizer *s = NULL;
	struct err e;

	assert_int_equal(symbolizer_open(&o, &s, &e), 0);
	return s;
}

static struct symbol name_of(struct symbolizer *s, const struct module *m, uint64_t offset)
{
	struct symbol_source *source = symbolizer_source(s);
	struct symbol ret;
	struct err e;

	assert_int_equal(source->resolve(source, m, &offset, 1, &ret, &e), 0);
	assert_non_null(ret.module);
	return ret;
}

static void assert_note(const struct symbolizer *s, const char *words)
{
	for (size_t i = 0; i < symbolizer_n_notes(s); i++)
		if (strstr(symbolizer_note(s, i), words))
			return;
	fail_msg("no note says '%s'", words);
}

static int root_fd(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void check_name(struct symbolizer *s, const char *fixture, uint64_t base,
		       const char *mangled, const char *shown)
{
	char path[1024];
	const struct module m = { .kind = MODULE_FILE,
				  .path = symbol_fixture(path, sizeof(path), fixture),
				  .build_id = "" };
	uint64_t address = symbol_fixture_address(fixture, mangled);

	assert_true(address > base);
	struct symbol at = name_of(s, &m, address - base + 1);

	if (!shown) {
		assert_null(at.name);
		return;
	}
	assert_non_null(at.name);
	assert_string_equal(at.name, shown);
	assert_string_equal(at.module, fixture);
	assert_true(at.start == address - base);
	assert_true(at.bytes > 1);
}

static void test_programs_against_nm(void **state)
{
	(void)state;

	static const struct {
		const char *fixture;
		uint64_t base;
		bool hidden; /* names that are not exported are known */
	} program[] = {
		{ "pie", 0, true },	      { "fixed", 0x10000000, true },
		{ "static", 0x400000, true }, { "exported", 0, false },
		{ "linked", 0, true },
	};
	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);

	for (size_t i = 0; i < ARRAY_SIZE(program); i++) {
		const char *name = program[i].fixture;
		char path[1024];

		if (access(symbol_fixture(path, sizeof(path), name), F_OK) < 0) {
			print_message("%s could not be linked here, left out\n", name);
			continue;
		}
		check_name(s, name, program[i].base, "outer", "outer");
		check_name(s, name, program[i].base, "__flower_impl", "flower");
		check_name(s, name, program[i].base, "_ZN6garden4TreeIlE4growEiPKc",
			   "garden::Tree<long>::grow");
		check_name(s, name, program[i].base, "hidden", program[i].hidden ? "hidden" : NULL);
	}
	/* What was left in .gnu_debugdata. */
	check_name(s, "mini", 0, "hidden", "hidden");
	check_name(s, "mini", 0, "__flower_impl", NULL);
}

/* Each entry that objdump names; perf 6.1 counts relocations instead and is wrong behind ifuncs. */
static unsigned int check_linkage(struct symbolizer *s, const char *fixture, uint64_t base)
{
	char path[1024], list[64], line[512];
	const struct module m = { .kind = MODULE_FILE,
				  .path = symbol_fixture(path, sizeof(path), fixture),
				  .build_id = "" };
	unsigned int n = 0;
	char file[1024];

	snprintf(list, sizeof(list), "%s.plt", fixture);
	FILE *f = fopen(symbol_fixture(file, sizeof(file), list), "re");

	while (f && fgets(line, sizeof(line), f)) {
		unsigned long long address;
		char word[400];

		if (sscanf(line, "%llx t %399s", &address, word) != 2)
			continue;
		auto_free char *shown = demangle_name(word, false);
		struct symbol symbol = name_of(s, &m, address - base);

		assert_non_null(symbol.name);
		assert_string_equal(symbol.name, shown ? shown : word);
		assert_true(symbol.start == address - base);
		n++;
	}
	if (f)
		fclose(f);
	return n;
}

static void test_linkage_table(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	unsigned int n = check_linkage(s, "exported", 0) + check_linkage(s, "pie", 0) +
			 check_linkage(s, "fixed", 0x10000000);

	if (!n) {
		print_message("objdump names no linkage table here\n");
		skip();
	}
}

static void test_debug_file_by_build_id(void **state)
{
	(void)state;

	char dir[1024];
	const char *const dirs[] = { symbol_fixture(dir, sizeof(dir), "debug") };
	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, dirs, 1, NULL);

	check_name(s, "exported", 0, "hidden", "hidden");
	assert_int_equal(symbolizer_n_notes(s), 0);
}

static void test_another_build_gives_no_names(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	char path[1024];
	struct module m = { .kind = MODULE_FILE,
			    .path = symbol_fixture(path, sizeof(path), "pie"),
			    .build_id = "00112233445566778899aabbccddeeff00112233" };
	uint64_t outer = symbol_fixture_address("pie", "outer");

	assert_null(name_of(s, &m, outer).name);
	assert_note(s, "another build");
	m.path = "/no/such/file";
	assert_null(name_of(s, &m, outer).name);
	assert_note(s, "cannot open '/no/such/file'");
	m.path = "/dev/null";
	assert_null(name_of(s, &m, outer).name);
	assert_note(s, "no regular file");
	m.path = "/etc/passwd";
	m.build_id = "";
	assert_null(name_of(s, &m, outer).name);
	assert_note(s, "no ELF file");

	/* And the right one does. */
	auto_ptr(elf_image) image = NULL;
	char hex[2 * BUILD_ID_MAX + 1];

	assert_int_equal(elf_image_open(open(path, O_RDONLY | O_CLOEXEC), &image, NULL), 0);
	m.path = path;
	m.build_id = hex_text(image->build_id, image->build_id_bytes, hex);
	assert_string_equal(name_of(s, &m, outer).name, "outer");
}

static void test_many_files_that_are_not_there(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	char path[200][32];

	for (size_t i = 0; i < 200; i++) {
		const struct module m = { .kind = MODULE_FILE, .path = path[i], .build_id = "" };

		(void)snprintf(path[i], sizeof(path[i]), "/no/such/file.%zu", i);
		assert_null(name_of(s, &m, 1).name);
	}
	assert_int_equal(symbolizer_n_notes(s), 200);
	for (size_t i = 0; i < 200; i++)
		assert_non_null(strstr(symbolizer_note(s, i), path[i]));
}

static void test_kernel_of_this_boot_and_of_others(void **state)
{
	(void)state;

	const struct module kernel = { .kind = MODULE_KERNEL, .path = "[kernel]", .build_id = "" };
	struct machine_tree t;

	machine_tree_make(&t);
	machine_tree_put(&t, "proc/sys/kernel/random/boot_id", "this-boot\n");
	machine_tree_put(&t, "proc/kallsyms",
			 "ffffffff81000000 T _text\nffffffff81000100 t idle\n"
			 "ffffffffc0000000 t kvm_run\t[kvm]\nffffffffc0000100 t kvm_out\t[kvm]\n");
	{
		auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, "this-boot");
		struct symbol at = name_of(s, &kernel, 0xffffffff81000104);

		assert_string_equal(at.name, "idle");
		assert_string_equal(at.module, "[kernel]");
		assert_true(at.start == 0xffffffff81000100);
		at = name_of(s, &kernel, 0xffffffffc0000004);
		assert_string_equal(at.name, "kvm_run");
		assert_string_equal(at.module, "[kvm]");
		assert_int_equal(symbolizer_n_notes(s), 0);
	}
	{
		auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, "other-boot");

		assert_null(name_of(s, &kernel, 0xffffffff81000104).name);
		assert_note(s, "another boot");
	}
	machine_tree_put(&t, "proc/kallsyms", "0000000000000000 T _text\n");
	{
		auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, "this-boot");

		assert_null(name_of(s, &kernel, 0xffffffff81000104).name);
		assert_note(s, "kptr_restrict");
	}
	machine_tree_remove(&t);
}

/* The same build at another boot: moved to where it was recorded, without its modules. */
static void test_kernel_moved(void **state)
{
	(void)state;

	const struct module kernel = { .kind = MODULE_KERNEL,
				       .path = "[kernel]",
				       .build_id = "abcdef01" };
	static const char *const dirs[] = { "/cache" };
	struct machine_tree t;

	machine_tree_make(&t);
	machine_tree_put(&t, "cache/.build-id/ab/cdef01/kallsyms",
			 "ffffffff81000000 T _text\nffffffff81000100 t idle\n"
			 "ffffffff81000200 t busy\nffffffffc0000000 t kvm_run\t[kvm]\n");
	const struct symbolizer_options o = { .root_fd = t.fd,
					      .debug_dirs = dirs,
					      .n_debug_dirs = 1,
					      .cache_dir = "",
					      .boot_id = "other",
					      .kernel_text = 0xffffffff91000000 };
	auto_ptr(symbolizer) s = NULL;

	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	assert_string_equal(name_of(s, &kernel, 0xffffffff91000104).name, "idle");
	assert_null(name_of(s, &kernel, 0xffffffff81000104).name);
	assert_null(name_of(s, &kernel, 0xffffffffd0000000).name);
	assert_null(name_of(s, &kernel, 0xffffffffc0000000).name);
	machine_tree_remove(&t);
}

/* A copy of a file into the tree. */
static void put_file(const struct machine_tree *t, const char *path, const char *from)
{
	auto_buf b;

	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, from, &b), 0);
	machine_tree_put(t, path, "");
	auto_close int fd = openat(t->fd, path, O_WRONLY | O_CLOEXEC);

	assert_int_equal(file_write_all(fd, b.data, b.len), 0);
}

static void test_kernel_by_its_vmlinux(void **state)
{
	(void)state;

	static const char *const dirs[] = { "/usr/lib/debug" };
	char path[1024], hex[2 * BUILD_ID_MAX + 1], place[256];
	auto_ptr(elf_image) image = NULL;
	auto_ptr(symbolizer) s = NULL;
	struct machine_tree t;

	symbol_fixture(path, sizeof(path), "fixed");
	assert_int_equal(elf_image_open(open(path, O_RDONLY | O_CLOEXEC), &image, NULL), 0);
	hex_text(image->build_id, image->build_id_bytes, hex);
	machine_tree_make(&t);
	snprintf(place, sizeof(place), "usr/lib/debug/.build-id/%.2s/%s.debug", hex, hex + 2);
	put_file(&t, place, path);
	const struct symbolizer_options o = { .root_fd = t.fd,
					      .debug_dirs = dirs,
					      .n_debug_dirs = 1,
					      .cache_dir = "",
					      .kernel_build_id = hex,
					      .kernel_text = 0xffffffff9a000000 };
	const struct module kernel = { .kind = MODULE_KERNEL, .path = "[kernel]", .build_id = "" };
	uint64_t flower = symbol_fixture_address("fixed", "flower") -
			  symbol_fixture_address("fixed", "outer") + o.kernel_text;

	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	struct symbol at = name_of(s, &kernel, flower + 1);

	assert_non_null(at.name);
	assert_string_equal(at.name, "flower");
	assert_true(at.start == flower);
	assert_string_equal(name_of(s, &kernel, o.kernel_text).name, "outer");
	machine_tree_remove(&t);
}

static void test_vdso_of_this_kernel(void **state)
{
	(void)state;

	const uint8_t *p = (const uint8_t *)getauxval(AT_SYSINFO_EHDR);
	auto_ptr(elf_image) image = NULL;
	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	char hex[2 * BUILD_ID_MAX + 1];
	struct module m = { .kind = MODULE_VDSO, .path = "[vdso]", .build_id = "11223344" };

	if (!p || elf_image_open_memory(p, 4096, &image, NULL) < 0)
		image = NULL;
	assert_null(name_of(s, &m, 0x800).name);
	assert_note(s, "vdso");
	if (!image && (!p || elf_image_open_memory(p, 8192, &image, NULL) < 0)) {
		print_message("no vdso here\n");
		skip();
	}
	if (!image->build_id_bytes)
		skip();
	m.build_id = hex_text(image->build_id, image->build_id_bytes, hex);
	bool found = false;

	for (uint64_t at = 0; at < 8192; at += 16) {
		struct symbol symbol = name_of(s, &m, at);

		found = found || (symbol.name && strstr(symbol.name, "clock_gettime"));
	}
	assert_true(found);
}

static void test_code_made_at_run_time(void **state)
{
	(void)state;

	struct module heap = { .kind = MODULE_ANON, .pid = 77, .path = "[heap]", .build_id = "" };
	struct module anon = { .kind = MODULE_ANON, .pid = 77, .path = "//anon", .build_id = "" };
	struct module other = { .kind = MODULE_ANON, .pid = 78, .path = "//anon", .build_id = "" };
	struct machine_tree t;

	machine_tree_make(&t);
	machine_tree_put(&t, "tmp/perf-77.map", "7f0000 10 Interpreter\nbad\n");
	auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, NULL);
	struct symbol at = name_of(s, &anon, 0x7f0008);

	assert_string_equal(at.name, "Interpreter");
	assert_string_equal(at.module, "[jit]");
	assert_string_equal(name_of(s, &heap, 0x7f0008).name, "Interpreter");
	at = name_of(s, &other, 0x7f0008);
	assert_null(at.name);
	assert_string_equal(at.module, "[anon]");
	assert_note(s, "1 lines make no sense");
	machine_tree_remove(&t);
}

static void test_a_jitdump_among_the_modules(void **state)
{
	(void)state;

	const struct module anon = {
		.kind = MODULE_ANON, .pid = 77, .path = "//anon", .build_id = ""
	};
	const struct module other = {
		.kind = MODULE_ANON, .pid = 7, .path = "//anon", .build_id = ""
	};
	const struct module dump = { .kind = MODULE_FILE,
				     .path = "/home/u/jit-77.dump",
				     .build_id = "" };
	auto_ptr(modules) m = modules_new();
	struct machine_tree t;

	machine_tree_make(&t);
	put_file(&t, "home/u/jit-77.dump", "tests/fuzz/corpus/jitdump/node");
	auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, NULL);

	assert_true(modules_add(m, &anon) != FRAMES_MAX && modules_add(m, &dump) != FRAMES_MAX);
	assert_int_equal(symbolizer_learn(s, m, NULL), 0);
	assert_string_equal(name_of(s, &anon, 0x7f0000000110).name, "Sum:/app/main.js:1");
	assert_string_equal(name_of(s, &anon, 0x7f0000000210).name, "patched");
	assert_string_equal(name_of(s, &anon, 0x7f0000000208).name, "foo::bar");
	assert_null(name_of(s, &other, 0x7f0000000110).name);
	machine_tree_remove(&t);
}

static void test_a_map_that_is_no_file(void **state)
{
	(void)state;

	struct module anon = { .kind = MODULE_ANON, .pid = 77, .path = "//anon", .build_id = "" };
	struct machine_tree t;

	machine_tree_make(&t);
	machine_tree_put(&t, "tmp/x", "");
	assert_int_equal(mkfifoat(t.fd, "tmp/perf-77.map", 0600), 0);
	auto_ptr(symbolizer) s = open_at(t.fd, NULL, 0, NULL);

	/* Waiting for a writer would be for ever. */
	assert_null(name_of(s, &anon, 0x7f0008).name);
	machine_tree_remove(&t);
}

static void test_cache_is_used_repaired_and_not_needed(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	char path[1024], cached[1024], hex[2 * BUILD_ID_MAX + 1];
	struct machine_tree t;
	auto_ptr(elf_image) image = NULL;
	static const char *const none[] = { "/nowhere" };

	machine_tree_make(&t);
	symbol_fixture(path, sizeof(path), "pie");
	assert_int_equal(elf_image_open(open(path, O_RDONLY | O_CLOEXEC), &image, NULL), 0);
	hex_text(image->build_id, image->build_id_bytes, hex);
	snprintf(cached, sizeof(cached), "%s/symbols/%s", t.dir, hex);
	struct module m = { .kind = MODULE_FILE, .path = path, .build_id = hex };
	const struct symbolizer_options o = {
		.root_fd = root, .debug_dirs = none, .n_debug_dirs = 1, .cache_dir = t.dir
	};
	uint64_t outer = symbol_fixture_address("pie", "outer");
	struct stat first, second;

	for (int round = 0; round < 4; round++) {
		auto_ptr(symbolizer) s = NULL;

		assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
		if (round == 2) /* the file is gone: the cache still knows */
			m.path = "/gone";
		if (round == 3)
			m.path = path;
		assert_string_equal(name_of(s, &m, outer).name, "outer");
		assert_int_equal(stat(cached, round == 0 ? &first : &second), 0);
		if (round == 1 || round == 2)
			assert_true(first.st_ino == second.st_ino);
		if (round == 2) {
			auto_close int fd = open(cached, O_WRONLY | O_CLOEXEC);

			assert_int_equal(pwrite(fd, "?", 1, 100), 1);
		}
		if (round == 3) /* was damaged */
			assert_true(first.st_ino != second.st_ino);
	}
	machine_tree_remove(&t);
}

/* What @s knows of the source at @offset of @fixture; why nothing, when it is nothing. */
static size_t source_of(struct symbolizer *s, const char *fixture, enum module_kind kind,
			uint64_t offset, bool call, struct source_frame *ret, const char **ret_why)
{
	struct symbol_source *source = symbolizer_source(s);
	char path[1024];
	const struct module m = { .kind = kind,
				  .path = symbol_fixture(path, sizeof(path), fixture),
				  .build_id = "" };
	size_t n;

	assert_int_equal(source->frames(source, &m, offset, call, ret, 8, &n, ret_why, NULL), 0);
	return n;
}

static void test_inlined_functions_and_lines(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	uint64_t outer = symbol_fixture_address("pie", "outer");
	bool inlined = false;
	const char *why;

	for (uint64_t at = outer; at < outer + 24; at++) {
		struct source_frame ret[8], call[8];
		size_t n = source_of(s, "pie", MODULE_FILE, at, false, ret, &why);

		assert_true(n >= 1);
		/* C++ has longer names than this one: the symbol's is better. */
		assert_null(ret[n - 1].name);
		assert_non_null(strstr(ret[0].file, "functions.cc"));
		if (n == 2) {
			inlined = true;
			assert_string_equal(ret[0].name, "squared");
			assert_int_equal(ret[0].line, 23);
			assert_int_equal(ret[1].line, 29);
		}
		/* The call that returns to the next byte is here. */
		assert_int_equal(source_of(s, "pie", MODULE_FILE, at + 1, true, call, &why), n);
		assert_int_equal(call[0].line, ret[0].line);
	}
	assert_true(inlined);
}

static void test_why_there_is_no_source(void **state)
{
	(void)state;

	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, NULL, 0, NULL);
	uint64_t at = symbol_fixture_address("exported", "outer");
	struct source_frame ret[8];
	const char *why;

	assert_int_equal(source_of(s, "exported", MODULE_FILE, at, false, ret, &why), 0);
	assert_string_equal(why, "no debug information");
	assert_int_equal(source_of(s, "absent", MODULE_FILE, at, false, ret, &why), 0);
	assert_string_equal(why, "file not here");
	assert_int_equal(source_of(s, "pie", MODULE_KERNEL, at, false, ret, &why), 0);
	assert_string_equal(why, "kernel");
	assert_int_equal(source_of(s, "pie", MODULE_ANON, at, false, ret, &why), 0);
	assert_string_equal(why, "made at run time");
	assert_int_equal(source_of(s, "pie", MODULE_FILE, 1, false, ret, &why), 0);
	assert_string_equal(why, "not told by debug information");
	assert_int_equal(source_of(s, "pie", MODULE_FILE, 0, true, ret, &why), 0);
}

/* The debug file that a build-id directory has, of a stripped program. */
static void test_source_from_a_debug_file(void **state)
{
	(void)state;

	char dir[1024];
	const char *const dirs[] = { symbol_fixture(dir, sizeof(dir), "debug") };
	auto_close int root = root_fd();
	auto_ptr(symbolizer) s = open_at(root, dirs, 1, NULL);
	struct source_frame ret[8];
	const char *why;
	size_t n = source_of(s, "exported", MODULE_FILE,
			     symbol_fixture_address("exported", "_ZN6garden4TreeIlE4growEiPKc") + 1,
			     false, ret, &why);

	assert_int_equal(n, 1);
	assert_string_equal(ret[0].name, "garden::Tree<long>::grow");
	assert_non_null(strstr(ret[0].written, "functions.cc"));
	assert_int_equal(ret[0].line, 12);
}

static void test_parameters(void **state)
{
	(void)state;

	static const char *const none[] = { "/nowhere" };
	auto_close int root = root_fd();
	const struct symbolizer_options o = { .root_fd = root,
					      .debug_dirs = none,
					      .n_debug_dirs = 1,
					      .cache_dir = "",
					      .params = true };
	auto_ptr(symbolizer) s = NULL;
	char path[1024];
	const struct module m = { .kind = MODULE_FILE,
				  .path = symbol_fixture(path, sizeof(path), "pie"),
				  .build_id = "" };

	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	struct symbol at =
		name_of(s, &m, symbol_fixture_address("pie", "_ZN6garden4TreeIlE4growEiPKc"));

	assert_string_equal(at.name, "garden::Tree<long>::grow(int, char const*)");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_against_nm),
		cmocka_unit_test(test_linkage_table),
		cmocka_unit_test(test_debug_file_by_build_id),
		cmocka_unit_test(test_another_build_gives_no_names),
		cmocka_unit_test(test_many_files_that_are_not_there),
		cmocka_unit_test(test_kernel_of_this_boot_and_of_others),
		cmocka_unit_test(test_kernel_moved),
		cmocka_unit_test(test_kernel_by_its_vmlinux),
		cmocka_unit_test(test_vdso_of_this_kernel),
		cmocka_unit_test(test_code_made_at_run_time),
		cmocka_unit_test(test_a_jitdump_among_the_modules),
		cmocka_unit_test(test_a_map_that_is_no_file),
		cmocka_unit_test(test_cache_is_used_repaired_and_not_needed),
		cmocka_unit_test(test_inlined_functions_and_lines),
		cmocka_unit_test(test_why_there_is_no_source),
		cmocka_unit_test(test_source_from_a_debug_file),
		cmocka_unit_test(test_parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
