/* SPDX-License-Identifier: MIT */
/*
 * How long 20,000 addresses of the largest library with names take, without and with the cache,
 * and reading the kernel's names. Prints what was measured on what; the bounds are those that were
 * promised, far above what is measured.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <glob.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../unit/machine_tree.h"
#include "base/file.h"
#include "base/hex.h"
#include "symbol/elf_image.h"
#include "symbol/symbolizer.h"

#define ADDRESSES 20000

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The largest file that still has names. */
static bool find_library(char *ret, size_t n)
{
	static const char *const pattern[] = { "/usr/lib/*/libLLVM*.so*",
					       "/usr/lib/llvm*/lib/*.so*",
					       "/usr/lib/*/libQt5WebEngineCore.so.5",
					       "/usr/lib/*/libc.so.6" };
	off_t largest = 0;
	glob_t files = { 0 };

	for (size_t k = 0; k < ARRAY_SIZE(pattern); k++)
		glob(pattern[k], k ? GLOB_APPEND : 0, NULL, &files);
	for (size_t k = 0; k < files.gl_pathc; k++) {
		struct stat st;

		if (stat(files.gl_pathv[k], &st) == 0 && S_ISREG(st.st_mode) &&
		    st.st_size > largest) {
			largest = st.st_size;
			snprintf(ret, n, "%s", files.gl_pathv[k]);
		}
	}
	globfree(&files);
	return largest > 0;
}

/* Spread evenly over the code. */
static void choose(const char *path, uint64_t *offset, char *id)
{
	auto_ptr(elf_image) image = NULL;
	const struct elf_segment *code = NULL;

	assert_int_equal(elf_image_open(open(path, O_RDONLY | O_CLOEXEC), &image, NULL), 0);
	for (size_t k = 0; k < image->n_segments; k++)
		if (image->segment[k].type == 1 && image->segment[k].flags & 1)
			code = &image->segment[k];
	assert_non_null(code);
	for (size_t k = 0; k < ADDRESSES; k++)
		offset[k] = code->offset + code->file_bytes / ADDRESSES * k;
	hex_text(image->build_id, image->build_id_bytes, id);
	/* Cold: not in the kernel's page cache either. */
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
}

static double resolve_all(const char *cache, const struct module *m, const uint64_t *offset,
			  size_t n, struct symbol *ret, size_t *ret_named)
{
	auto_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char boot[64] = "";
	double from = now();
	auto_ptr(symbolizer) s = NULL;

	(void)!file_read_line_at(root, "proc/sys/kernel/random/boot_id", boot, sizeof(boot));
	const struct symbolizer_options o = { .root_fd = root,
					      .cache_dir = cache,
					      .boot_id = boot };

	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	struct symbol_source *source = symbolizer_source(s);

	assert_int_equal(source->resolve(source, m, offset, n, ret, NULL), 0);
	double took = now() - from;

	*ret_named = 0;
	for (size_t k = 0; k < n; k++)
		*ret_named += ret[k].name != NULL;
	return took;
}

static void test_a_large_library(void **state)
{
	(void)state;

	static uint64_t offset[ADDRESSES];
	static struct symbol symbol[ADDRESSES];
	char path[512], id[2 * BUILD_ID_MAX + 1];
	struct machine_tree t;
	size_t cold_names, warm_names;

	if (!find_library(path, sizeof(path))) {
		print_message("no library with names here\n");
		skip();
	}
	machine_tree_make(&t);
	choose(path, offset, id);
	const struct module m = { .kind = MODULE_FILE, .path = path, .build_id = id };
	double cold = resolve_all(t.dir, &m, offset, ADDRESSES, symbol, &cold_names);
	double warm = resolve_all(t.dir, &m, offset, ADDRESSES, symbol, &warm_names);

	print_message("%s: %d addresses, %zu in named functions: %.3f s cold, %.3f s warm\n", path,
		      ADDRESSES, cold_names, cold, warm);
	machine_tree_remove(&t);
	assert_int_equal(cold_names, warm_names);
	assert_true(cold_names > 1000);
	assert_true(cold < 10);
	assert_true(warm < 1);
}

static void test_the_kernel(void **state)
{
	(void)state;

	const struct module m = { .kind = MODULE_KERNEL, .path = "[kernel]", .build_id = "" };
	uint64_t offset = 0xffffffff81000000;
	struct symbol symbol;
	size_t named;
	auto_buf text;

	buf_init(&text, 0);
	double from = now();

	if (file_read_at(AT_FDCWD, "/proc/kallsyms", &text) < 0)
		skip();
	double read = now() - from, all = resolve_all("", &m, &offset, 1, &symbol, &named);
	size_t lines = 0;

	for (const char *p = (const char *)text.data; (p = strchr(p, '\n')); p++)
		lines++;
	print_message("/proc/kallsyms: %zu lines, read alone %.3f s, read and sorted %.3f s\n",
		      lines, read, all);
	assert_true(all < read + 0.5);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_large_library),
		cmocka_unit_test(test_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
