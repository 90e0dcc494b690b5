/* SPDX-License-Identifier: MIT */
/*
 * The names of perf script for the frames of real recordings, place by place. The text holds
 * "OFFSET NAME+0xN (FILE)" for each frame, the offset being the place in the file. Files of this
 * machine count when they are the build that was recorded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/hex.h"
#include "capture_file.h"
#include "machine_tree.h"
#include "symbol/symbolizer.h"

struct build {
	const char *path, *id;
};

struct counts {
	unsigned int compared, named, different, no_file;
};

/* "OFFSET NAME+0xN (/FILE)" */
static bool parse_frame(char *line, uint64_t *ret_offset, char **ret_name, char **ret_path)
{
	const char *p = line + strspn(line, " \t"), *end = p + strlen(p);
	char *path = strstr(line, " (/");

	if (line[0] != '\t' || !path || !hex_number(&p, end, ret_offset) || *p != ' ')
		return false;
	*path = 0;
	*ret_path = path + 2;
	(*ret_path)[strcspn(*ret_path, ")\n")] = 0;
	*ret_name = line + (p - line) + 1;
	return true;
}

static void compare(struct symbolizer *s, const struct build *build, size_t n, char *text,
		    struct counts *ret)
{
	struct symbol_source *source = symbolizer_source(s);

	for (char *next, *line = text; line && *line; line = next) {
		uint64_t offset;
		char *name, *path, got[4096];
		struct symbol symbol;

		next = strchr(line, '\n');
		if (next)
			*next++ = 0;
		if (!parse_frame(line, &offset, &name, &path))
			continue;
		struct module m = { .kind = MODULE_FILE, .path = path, .build_id = NULL };

		for (size_t k = 0; k < n && !m.build_id; k++)
			if (!strcmp(build[k].path, path))
				m.build_id = build[k].id;
		if (!m.build_id)
			continue;
		assert_int_equal(source->resolve(source, &m, &offset, 1, &symbol, NULL), 0);
		if (symbol.name)
			snprintf(got, sizeof(got), "%s+0x%llx", symbol.name,
				 (unsigned long long)(offset - symbol.start));
		else
			snprintf(got, sizeof(got), "[unknown]");
		ret->compared++;
		ret->named += strcmp(name, "[unknown]") != 0;
		if (strcmp(name, got) != 0 && ret->different++ < 20)
			print_message("%s %llx: perf says %s, we say %s\n", path,
				      (unsigned long long)offset, name, got);
	}
}

/* @debug: the files are stripped and perf had their debug files. */
static void agree(const char *trace, int root_fd, const struct build *build, size_t n, bool debug,
		  unsigned int least)
{
	const struct symbolizer_options o = { .root_fd = root_fd, .cache_dir = "" };
	auto_ptr(symbolizer) s = NULL;
	struct counts c = { 0 };
	auto_buf text;

	need(trace, &text);
	for (size_t k = 0; k < n && debug; k++) {
		char path[512];

		snprintf(path, sizeof(path), "/usr/lib/debug/.build-id/%.2s/%s.debug", build[k].id,
			 build[k].id + 2);
		if (access(path, R_OK) < 0) {
			print_message("no debug file of %s\n", build[k].path);
			skip();
		}
	}
	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	compare(s, build, n, (char *)text.data, &c);
	for (size_t k = 0; k < symbolizer_n_notes(s); k++)
		print_message("%s\n", symbolizer_note(s, k));
	if (symbolizer_n_notes(s)) {
		print_message("this machine has not the files that were recorded\n");
		skip();
	}
	print_message("%s: %u frames, %u with a name, %u different\n", trace, c.compared, c.named,
		      c.different);
	assert_int_equal(c.different, 0);
	assert_true(c.named >= least);
}

static int machine_root(void)
{
	return open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void test_lua_with_all_its_symbols(void **state)
{
	(void)state;

	static const struct build lua[] = {
		{ "/opt/bench/lua", "08e7e296a761f6b650e15aa7fd0946da10193193" },
	};
	struct machine_tree t;
	auto_buf program;

	need("lua.bin.zst", &program);
	machine_tree_make(&t);
	machine_tree_put(&t, "opt/bench/lua", "");
	auto_close int fd = openat(t.fd, "opt/bench/lua", O_WRONLY | O_CLOEXEC);

	assert_int_equal(file_write_all(fd, program.data, program.len), 0);
	agree("lua_fp.script.txt.zst", t.fd, lua, 1, false, 50000);
	machine_tree_remove(&t);
}

static void test_libraries_with_debug_files(void **state)
{
	(void)state;

	static const struct build libraries[] = {
		{ "/usr/lib/x86_64-linux-gnu/libc.so.6",
		  "93ac61ec5a8eb1396f9fbd350e3169a558528a40" },
		{ "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
		  "7ebc65e52f2bbea498b4040fa92f7238377aaba9" },
	};
	auto_close int root = machine_root();

	agree("lua_fp.script.txt.zst", root, libraries, 2, true, 1000);
	agree("gcc_fp.script.txt.zst", root, libraries, 2, true, 100);
}

static void test_stripped_compiler(void **state)
{
	(void)state;

	static const struct build compiler[] = {
		{ "/usr/lib/gcc/x86_64-linux-gnu/12/cc1",
		  "4178c06f7ed4d0729fd9fa20d167096eb12df370" },
		{ "/usr/lib/x86_64-linux-gnu/libgmp.so.10.4.1",
		  "0c00b6d88e6ba3d5177fdae0bd46d8b9d007dc59" },
		{ "/usr/bin/x86_64-linux-gnu-as", "63f8e6e3e07a388e218d689ce7a6b411297b1601" },
		{ "/usr/lib/x86_64-linux-gnu/libbfd-2.40-system.so",
		  "7dad34520c84a9e02d6a9ace5fc3f5eb397304ca" },
	};
	auto_close int root = machine_root();

	agree("gcc_fp.script.txt.zst", root, compiler, 4, false, 1400);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lua_with_all_its_symbols),
		cmocka_unit_test(test_libraries_with_debug_files),
		cmocka_unit_test(test_stripped_compiler),
	};
	auto_buf any;

	if (!load("lua_fp.script.txt.zst", &any)) {
		printf("1..0 # SKIP no captures (KYMO_SHARED names their folder)\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
