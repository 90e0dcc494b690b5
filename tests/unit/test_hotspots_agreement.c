/* SPDX-License-Identifier: MIT */
/*
 * Hotspots of profiles that perf recorded against what `perf report --no-children -g none` shows of
 * the same files: the same functions of each program and library, percentages to 0.01. Skipped
 * without the folder of captures ($KYMO_SHARED, else ../shared beside the sources).
 *
 * Compared are the modules whose names can be had: the program that stands beside the capture, and
 * files of this machine when they are of the same build. What the kernel's functions are called
 * nobody knows after a reboot: of them the sum is compared.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_file.h"

#include "analysis/analysis.h"
#include "cmd/run_file.h"
#include "cmd/symbols.h"

#define ROWS_MAX   4096
#define MODULES	   64
#define KERNEL	   "[kernel]"
#define NEAR	   0.00501 /* perf's are rounded to 0.01 */
#define KERNEL_SUM 0.4 /* ... and so are many small ones */

struct row {
	char command[32], module[64], function[512];
	double pct;
};

struct rows {
	struct row row[ROWS_MAX];
	size_t n;
};

static int by_name(const void *a_, const void *b_)
{
	const struct row *a = a_, *b = b_;
	int c = strcmp(a->module, b->module);

	if (!c)
		c = strcmp(a->function, b->function);
	if (!c)
		c = strcmp(a->command, b->command);
	return c ? c : (a->pct > b->pct) - (a->pct < b->pct);
}

/* "    13.46%  lua      lua                   [.] luaV_execute   " */
static void read_report(const char *name, struct rows *ret)
{
	struct buf text;
	char *save = NULL;

	need(name, &text);
	assert_int_equal(buf_add(&text, "", 1), 0);
	ret->n = 0;
	for (char *line = strtok_r((char *)text.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		struct row r = { 0 };

		if (sscanf(line, " %lf%% %31s %63s [%*c] %511[^\n]", &r.pct, r.command, r.module,
			   r.function) != 4)
			continue;
		for (size_t n = strlen(r.function); n && r.function[n - 1] == ' ';)
			r.function[--n] = '\0';
		if (!strcmp(r.module, "[kernel.kallsyms]"))
			(void)snprintf(r.module, sizeof(r.module), KERNEL);
		assert_true(ret->n < ROWS_MAX);
		ret->row[ret->n++] = r;
	}
	buf_done(&text);
	qsort(ret->row, ret->n, sizeof(ret->row[0]), by_name);
}

static unsigned int column(const struct table *t, const char *name)
{
	for (unsigned int i = 0; i < table_n_columns(t); i++)
		if (!strcmp(table_column(t, i)->name, name))
			return i;
	fail_msg("no column '%s'", name);
	return 0;
}

static void take_answer(const struct table *t, struct rows *ret)
{
	const char *const names[] = { "command", "module", "function" };

	ret->n = 0;
	for (size_t i = 0; i < table_n_rows(t); i++) {
		struct row *r = &ret->row[ret->n++];
		char *const to[] = { r->command, r->module, r->function };
		const size_t room[] = { sizeof(r->command), sizeof(r->module),
					sizeof(r->function) };
		union cell v;

		assert_true(ret->n < ROWS_MAX);
		for (size_t c = 0; c < ARRAY_SIZE(names); c++) {
			to[c][0] = '\0';
			if (table_get(t, i, column(t, names[c]), &v))
				(void)snprintf(to[c], room[c], "%s", v.text);
		}
		assert_true(table_get(t, i, column(t, "self_pct"), &v));
		r->pct = v.f64;
	}
	qsort(ret->row, ret->n, sizeof(ret->row[0]), by_name);
}

/* What show makes of @capture. False: samples are not imported. */
static bool ask(const char *capture, const char *symfs, struct rows *ret)
{
	const struct analysis *view = analysis_by_name("hotspots");
	const struct symbol_choice choice = { .symfs = symfs };
	/* As the view has them. */
	const struct {
		const char *by, *event;
		bool matrix, children;
	} options = { .by = "command" };
	struct run_file *file = NULL;
	struct chain_names names = { 0 };
	char path[] = "/tmp/kymo-hotspots-XXXXXX";
	int fd = mkstemp(path);
	struct answer a = { 0 };
	struct err e = { 0 };
	struct buf data;

	need(capture, &data);
	assert_int_equal(write(fd, data.data, data.len), data.len);
	assert_int_equal(close(fd), 0);
	buf_done(&data);
	int r = run_file_open(path, NULL, &file, &e);

	(void)unlink(path);
	if (r == -ENODATA)
		return false;
	if (r < 0)
		fail_msg("%s", e.text);
	struct source *src = run_file_source(file);
	struct analysis_args args = { .from = src->info->start,
				      .to = src->info->end,
				      .include_self = true,
				      .options = &options };
	bool there = !analysis_missing(view, src);

	if (there) {
		assert_int_equal(chain_names_init(&names, src, &choice, &e), 0);
		chain_names_give(&names, &args);
		assert_int_equal(analysis_run(view, src, &args, &a, &e), 0);
		take_answer(a.table, ret);
	}
	answer_done(&a);
	chain_names_done(&names);
	run_file_close(file);
	return there;
}

static bool has_names(const struct rows *r, const char *module)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->row[i].module, module) && strncmp(r->row[i].function, "0x", 2) != 0)
			return true;
	return false;
}

static double sum_of(const struct rows *r, const char *module)
{
	double sum = 0;

	for (size_t i = 0; i < r->n; i++)
		sum += strcmp(r->row[i].module, module) ? 0 : r->row[i].pct;
	return sum;
}

/* Rows of the modules that both have names of. Returns how many were compared. */
static size_t compare(const struct rows *perf, const struct rows *own, bool commands)
{
	size_t compared = 0, at = 0;

	for (size_t i = 0; i < perf->n; i++) {
		const struct row *want = &perf->row[i];

		if (!strcmp(want->module, KERNEL) || !has_names(own, want->module))
			continue;
		while (at < own->n && (strcmp(own->row[at].module, want->module) < 0 ||
				       (!strcmp(own->row[at].module, want->module) &&
					strcmp(own->row[at].function, want->function) < 0)))
			at++;
		if (at == own->n)
			fail_msg("%s %s is missing", want->module, want->function);
		const struct row *got = &own->row[at++];

		assert_string_equal(got->module, want->module);
		assert_string_equal(got->function, want->function);
		if (commands)
			assert_string_equal(got->command, want->command);
		if (fabs(got->pct - want->pct) > NEAR)
			fail_msg("%s %s: %f %%, perf says %.2f %%", want->module, want->function,
				 got->pct, want->pct);
		compared++;
	}
	if (fabs(sum_of(perf, KERNEL) - sum_of(own, KERNEL)) > KERNEL_SUM)
		fail_msg("kernel: %.2f %%, perf says %.2f %%", sum_of(own, KERNEL),
			 sum_of(perf, KERNEL));
	return compared;
}

static size_t agree(const char *capture, const char *report, const char *symfs, bool commands)
{
	static struct rows perf, own;

	read_report(report, &perf);
	assert_true(perf.n > 50);
	if (!ask(capture, symfs, &own)) {
		print_message("samples of perf.data are not imported\n");
		skip();
	}
	size_t n = compare(&perf, &own, commands);

	print_message("%s: %zu of %zu rows compared\n", capture, n, perf.n);
	return n;
}

/* The program beside the capture, where it was recorded. */
static void put_program(char *root, char *path, size_t room)
{
	struct buf program;
	int fd;

	assert_non_null(mkdtemp(root));
	(void)snprintf(path, room, "%s/opt", root);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, room, "%s/opt/bench", root);
	assert_int_equal(mkdir(path, 0755), 0);
	(void)snprintf(path, room, "%s/opt/bench/lua", root);
	need("lua.bin.zst", &program);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	assert_int_equal(write(fd, program.data, program.len), program.len);
	assert_int_equal(close(fd), 0);
	buf_done(&program);
}

static void remove_program(const char *root, char *path, size_t room)
{
	assert_int_equal(unlink(path), 0);
	(void)snprintf(path, room, "%s/opt/bench", root);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(path, room, "%s/opt", root);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(rmdir(root), 0);
}

static void need_captures(void)
{
	struct buf any;

	if (!load("lua.bin.zst", &any)) {
		print_message("no captures (KYMO_SHARED)\n");
		skip();
	}
	buf_done(&any);
}

static void test_program_by_frame_pointer(void **state)
{
	char root[] = "/tmp/kymo-symfs-XXXXXX", path[128];

	(void)state;
	need_captures();
	put_program(root, path, sizeof(path));
	size_t n = agree("lua_fp.perf.data.zst", "lua_fp.report_flat.txt", root, false);

	remove_program(root, path, sizeof(path));
	assert_true(n >= 75); /* lua alone */
}

static void test_program_by_dwarf(void **state)
{
	char root[] = "/tmp/kymo-symfs-XXXXXX", path[128];

	(void)state;
	need_captures();
	put_program(root, path, sizeof(path));
	size_t n = agree("lua_dwarf.perf.data.zst", "lua_dwarf.report_flat.txt", root, false);

	remove_program(root, path, sizeof(path));
	assert_true(n >= 50);
}

/* Many processes that exec, of a compiler that is stripped: by command too. */
static void test_compiler(void **state)
{
	(void)state;
	need_captures();
	(void)agree("gcc_fp.perf.data.zst", "gcc_fp.report_flat.txt.zst", NULL, true);
}

int main(void)
{
	/* Names are looked for in files, not in what another run kept. */
	(void)setenv("XDG_CACHE_HOME", "/dev/null", 1);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_program_by_frame_pointer),
		cmocka_unit_test(test_program_by_dwarf),
		cmocka_unit_test(test_compiler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
