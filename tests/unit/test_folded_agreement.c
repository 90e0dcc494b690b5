/* SPDX-License-Identifier: MIT */
/*
 * Real profiles as folded stacks and as text against what perf made of them, line by line. Names
 * come from perf's own text, so that neither this machine's kernel nor its libraries matter; those
 * of a profile with inlined functions come from debug information, of the program and of the C
 * library. Skipped without the folder of captures ($KYMO_SHARED, else ../shared beside the
 * sources).
 */
#include "profile_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/file.h"
#include "base/idmap.h"
#include "base/log.h"
#include "base/strpool.h"
#include "capture_file.h"
#include "cmd/run_file.h"
#include "machine_tree.h"
#include "model/functions.h"
#include "model/profile.h"
#include "symbol/symbolizer.h"

static struct run_file *open_run(const struct machine_tree *t, const struct buf *from)
{
	const struct run_file_options how = { .conversion = { .root = t->dir } };
	struct run_file *r = NULL;
	struct err e = { 0 };
	char path[128];

	machine_tree_put_bytes(t, "perf.data", from->data, from->len);
	(void)snprintf(path, sizeof(path), "%s/perf.data", t->dir);
	if (run_file_open(path, &how, &r, &e) < 0)
		fail_msg("%s", e.text);
	return r;
}

/* ---- names as perf printed them ---- */

struct text_names {
	struct symbol_source source;
	struct strpool *pool;
	struct frames *place; /* .parent a module's path, .offset: each one once */
	struct symbol *symbol; /* by .place */
	size_t room;
	struct idmap number; /* of interned paths */
};

static uint32_t path_number(struct text_names *t, const char *path)
{
	const char *kept = strpool_add(t->pool, path);
	uint32_t i = idmap_get(&t->number, (uintptr_t)kept);

	if (i == IDMAP_NONE) {
		i = t->number.used;
		assert_int_equal(idmap_set(&t->number, (uintptr_t)kept, i), 0);
	}
	return i;
}

/* perf's names of what we call the kernel. */
static const char *path_of(const struct module *m)
{
	return m->kind == MODULE_KERNEL ? "[kernel.kallsyms]" : m->path;
}

static int resolve(struct symbol_source *s, const struct module *m, const uint64_t *offset,
		   size_t n, struct symbol *ret, struct err *e)
{
	struct text_names *t = (struct text_names *)s;
	uint32_t path = path_number(t, path_of(m));

	(void)e;
	for (size_t i = 0; i < n; i++) {
		size_t before = frames_count(t->place);
		uint32_t place = frames_add(t->place, path, 0, offset[i]);

		ret[i] = (struct symbol){ 0 };
		if (place < before && place < t->room)
			ret[i] = t->symbol[place];
	}
	return 0;
}

/* "\t           15464 luaD_callnoyield+0x44 (/opt/bench/lua)" */
static void take_name(struct text_names *t, char *line)
{
	char *rest = line + strspn(line, "\t "), *end, *module = strrchr(rest, '(');
	uint64_t address = strtoull(rest, &end, 16);

	if (end == rest || !module || !strchr(module, ')'))
		return;
	module[-1] = 0; /* the blank before */
	module++;
	*strchr(module, ')') = 0;
	end += strspn(end, " ");
	/* The offset stands at the end of the name, which may hold anything. */
	char *plus = strstr(end, "+0x");

	for (char *p = plus; p && (p = strstr(p + 1, "+0x"));)
		plus = p;
	uint64_t into = plus ? strtoull(plus + 3, NULL, 16) : 0;

	if (plus)
		*plus = 0;
	uint32_t place = frames_add(t->place, path_number(t, module), 0, address);

	if (place >= t->room) {
		size_t room = 2 * (place + 512);

		t->symbol = reallocarray(t->symbol, room, sizeof(*t->symbol));
		assert_non_null(t->symbol);
		memset(t->symbol + t->room, 0, (room - t->room) * sizeof(*t->symbol));
		t->room = room;
	}
	if (strcmp(end, "[unknown]") != 0)
		t->symbol[place] = (struct symbol){ .name = strpool_add(t->pool, end),
						    .start = address - into };
}

static void learn_names(struct text_names *t, const struct buf *text)
{
	*t = (struct text_names){ .source = { .resolve = resolve },
				  .pool = strpool_new(),
				  .place = frames_new() };
	for (char *p = (char *)text->data, *end; *p; p = end) {
		end = p + strcspn(p, "\n");
		if (*p == '\t') {
			auto_free char *line = strndup(p, (size_t)(end - p));

			take_name(t, line);
		}
		end += *end != 0;
	}
}

static void names_done(struct text_names *t)
{
	strpool_free(t->pool);
	frames_free(t->place);
	idmap_done(&t->number);
	free(t->symbol);
}

/* The kernel's names are those of the text, all others those of files. */
struct mixed_names {
	struct symbol_source source;
	struct symbol_source *text, *files;
};

static int resolve_mixed(struct symbol_source *s, const struct module *m, const uint64_t *offset,
			 size_t n, struct symbol *ret, struct err *e)
{
	struct mixed_names *mixed = (struct mixed_names *)s;
	struct symbol_source *from = m->kind == MODULE_KERNEL ? mixed->text : mixed->files;

	return from->resolve(from, m, offset, n, ret, e);
}

static int mixed_frames(struct symbol_source *s, const struct module *m, uint64_t offset, bool call,
			struct source_frame *ret, size_t max, size_t *ret_n, const char **ret_why,
			struct err *e)
{
	struct symbol_source *files = ((struct mixed_names *)s)->files;

	return files->frames(files, m, offset, call, ret, max, ret_n, ret_why, e);
}

/* ---- folded stacks ---- */

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names up to their first blank, as fold.awk takes them: "cc1;operator new;f 3" is "cc1;operator;f
 * 3" there. */
static void cut_names(char *line)
{
	char *count = strrchr(line, ' '), *to = line;
	bool skip = false;

	for (char *p = line; p < count; p++) {
		skip = *p != ';' && (skip || *p == ' ');
		if (!skip)
			*to++ = *p;
	}
	memmove(to, count, strlen(count) + 1);
}

/* Lines of @text, a copy that is taken apart, with cut names, equal ones as one, in order. */
static char *as_awk(char *text)
{
	char *line[4096];
	size_t n = 0;
	auto_buf out;

	buf_init(&out, 0);
	for (char *p = text, *k; (k = strsep(&p, "\n")) && *k;) {
		assert_in_range(n, 0, ARRAY_SIZE(line) - 1);
		cut_names(k);
		line[n++] = k;
	}
	qsort(line, n, sizeof(*line), by_text);
	for (size_t i = 0, end; i < n; i = end) {
		char *blank = strrchr(line[i], ' ');
		size_t stack = (size_t)(blank - line[i]) + 1;
		uint64_t sum = 0;

		for (end = i; end < n && !strncmp(line[end], line[i], stack); end++)
			sum += strtoull(line[end] + stack, NULL, 10);
		assert_int_equal(buf_addf(&out, "%.*s%" PRIu64 "\n", (int)stack, line[i], sum), 0);
	}
	return buf_take(&out);
}

/* What @got has more than @want has: lines of the same form. */
static char *more_than(const char *want, const char *got)
{
	auto_free char *a = strdup(want), *b = strdup(got);
	char *x = a, *y = b, *l = strsep(&x, "\n");
	auto_buf more;

	buf_init(&more, 0);
	for (char *k; (k = strsep(&y, "\n")) && *k;) {
		size_t stack = (size_t)(strrchr(k, ' ') - k) + 1;
		uint64_t n = strtoull(k + stack, NULL, 10);

		if (l && !strncmp(l, k, stack)) {
			uint64_t wanted = strtoull(l + stack, NULL, 10);

			if (n < wanted)
				fail_msg("%" PRIu64 " of %s", n, l);
			n -= wanted;
			l = strsep(&x, "\n");
		}
		if (n)
			assert_int_equal(buf_addf(&more, "%.*s%" PRIu64 "\n", (int)stack, k, n), 0);
	}
	if (l && *l)
		fail_msg("missing: %s", l);
	return more.len ? buf_take(&more) : strdup("");
}

/* ---- text ---- */

/* perf's times without --ns: cut the three last digits. */
static char *in_microseconds(const char *text)
{
	auto_buf out;

	buf_init(&out, 0);
	for (const char *p = text, *end; *p; p = end) {
		end = p + strcspn(p, "\n");
		end += *end != 0;
		const char *colon = *p != '\t' ? memmem(p, (size_t)(end - p), ": ", 2) : NULL;

		if (colon && colon - p > 3) {
			(void)buf_add(&out, p, (size_t)(colon - p) - 3);
			p = colon;
		}
		(void)buf_add(&out, p, (size_t)(end - p));
	}
	return buf_take(&out);
}

struct text_difference {
	size_t without_frames; /* samples that perf prints none of, and we do */
	size_t not_inlined, inlined; /* frames that perf says the opposite of */
};

/*
 * perf 6.1 tells a symbol from what is inlined in it by the name. So it says "(inlined)" too where
 * debug information has another name than the symbol, and does not where a function is inlined into
 * itself. Frames that are otherwise equal are counted.
 */
static bool count_inlined(const char *perf, const char *own, struct text_difference *d)
{
	const char *a = strrchr(perf, '('), *b = strrchr(own, '(');

	if (!a || !b || a - perf != b - own || strncmp(perf, own, (size_t)(a - perf)) != 0)
		return false;
	d->not_inlined += !strcmp(a, "(inlined)");
	d->inlined += !strcmp(b, "(inlined)");
	return !strcmp(a, "(inlined)") != !strcmp(b, "(inlined)");
}

/* Sample by sample; anything else that differs fails. */
static struct text_difference compare_text(const char *perf, const char *own)
{
	auto_free char *a = strdup(perf), *b = strdup(own);
	struct text_difference d = { 0 };
	char *x = a, *y = b, *l, *k;

	while ((k = strsep(&y, "\n"))) {
		l = strsep(&x, "\n");
		if (!l)
			fail_msg("perf has no '%s'", k);
		if (!strcmp(l, k))
			continue;
		if (*l && count_inlined(l, k, &d))
			continue;
		if (*l || *k != '\t')
			fail_msg("want '%.300s'\ngot  '%.300s'", l, k);
		d.without_frames++;
		while (*k)
			k = strsep(&y, "\n");
	}
	assert_null(x);
	return d;
}

/* ---- both ---- */

struct capture {
	struct buf data, text, folded;
	struct machine_tree tree;
};

static void load_as(const char *name, const char *ending, struct buf *ret)
{
	char file[64];

	(void)snprintf(file, sizeof(file), "%s.%s.zst", name, ending);
	if (!load(file, ret)) {
		print_message("no folder of captures\n");
		skip();
	}
}

static void load_capture(struct capture *c, const char *name)
{
	load_as(name, "perf.data", &c->data);
	load_as(name, "script.txt", &c->text);
	load_as(name, "folded.txt", &c->folded);
	machine_tree_make(&c->tree);
}

static void capture_done(struct capture *c)
{
	buf_done(&c->data);
	buf_done(&c->text);
	buf_done(&c->folded);
	machine_tree_remove(&c->tree);
}

/* Names are those of @files, those of the kernel of the text; NULL: all of the text. What the
 * folded stacks have more than perf's is *ret_more. */
static struct text_difference check(const struct capture *c, struct symbol_source *files,
				    char **ret_more)
{
	auto_ptr(run_file) r = open_run(&c->tree, &c->data);
	struct source *src = run_file_source(r);
	auto_ptr(profile) profile = NULL;
	auto_ptr(functions) functions = NULL;
	struct text_names names;

	learn_names(&names, &c->text);
	struct mixed_names mixed = { .source = { .resolve = resolve_mixed, .frames = mixed_frames },
				     .text = &names.source,
				     .files = files };

	assert_int_equal(profile_load(src, &profile, NULL), 0);
	assert_int_equal(functions_new(profile, files ? &mixed.source : &names.source,
				       files ? FUNCTIONS_INLINED : FUNCTIONS_SYMBOLS, &functions,
				       NULL),
			 0);
	const struct export_args args = { .from = src->info->start,
					  .to = src->info->end,
					  .profile = profile,
					  .functions = functions };
	auto_free char *folded = export_text(src, "folded", &args, NULL, NULL);
	auto_free char *cut = as_awk(folded);
	auto_free char *ns = export_text(src, "script", &args, NULL, NULL);
	auto_free char *us = in_microseconds(ns);

	*ret_more = more_than((const char *)c->folded.data, cut);
	struct text_difference d = compare_text((const char *)c->text.data, us);

	names_done(&names);
	return d;
}

static void test_lua_fp(void **state)
{
	auto_free char *more = NULL;
	struct capture c;

	(void)state;
	load_capture(&c, "lua_fp");
	struct text_difference d = check(&c, NULL, &more);

	capture_done(&c);
	assert_string_equal(more, "");
	assert_int_equal(d.without_frames, 0);
	assert_int_equal(d.not_inlined + d.inlined, 0);
}

/*
 * The compiler has no frame pointers: 46 chains end in the address 2^64 - 1. perf takes it for a
 * mark that it does not know, and throws the whole chain away (perf report still counts the sample
 * by its address). We leave out that address alone: the frames before it are as good as those of
 * all other chains.
 */
static void test_gcc_fp(void **state)
{
	auto_free char *more = NULL;
	struct capture c;

	(void)state;
	load_capture(&c, "gcc_fp");
	struct text_difference d = check(&c, NULL, &more);

	capture_done(&c);
	assert_string_equal(more, "cc1;[unknown] 36\n"
				  "cc1;[unknown];asm_sysvec_apic_timer_interrupt;"
				  "sysvec_apic_timer_interrupt;__irq_exit_rcu;handle_softirqs 1\n"
				  "cc1;get_ref_base_and_extent 9\n");
	assert_int_equal(d.without_frames, 46);
	assert_int_equal(d.not_inlined + d.inlined, 0);
}

/* A file of this machine into the tree. False: it is not here. */
static bool take_along(const struct machine_tree *t, const char *path)
{
	auto_buf file;

	buf_init(&file, 0);
	if (file_read_at(AT_FDCWD, path, &file) < 0)
		return false;
	machine_tree_put_bytes(t, path + 1, file.data, file.len);
	return true;
}

/* Stacks that are unwound, with inlined functions. */
static void test_lua_dwarf(void **state)
{
	static const char *const libc[] = {
		"/usr/lib/x86_64-linux-gnu/libc.so.6",
		"/usr/lib/debug/.build-id/93/ac61ec5a8eb1396f9fbd350e3169a558528a40.debug",
	};
	auto_ptr(symbolizer) s = NULL;
	auto_free char *more = NULL;
	struct capture c;
	auto_buf program;

	(void)state;
	buf_init(&program, 0);
	load_capture(&c, "lua_dwarf");
	assert_true(load("lua.bin.zst", &program));
	machine_tree_put_bytes(&c.tree, "opt/bench/lua", program.data, program.len);
	if (!take_along(&c.tree, libc[0]) || !take_along(&c.tree, libc[1])) {
		capture_done(&c);
		buf_done(&program);
		print_message("the C library of the capture and its debug file are not here\n");
		skip();
	}
	const struct symbolizer_options o = { .root_fd = c.tree.fd, .cache_dir = "" };

	assert_int_equal(symbolizer_open(&o, &s, NULL), 0);
	struct text_difference d = check(&c, symbolizer_source(s), &more);

	capture_done(&c);
	assert_string_equal(more, "");
	assert_int_equal(d.without_frames, 0);
	assert_int_equal(d.not_inlined, 849); /* __libc_start_main_impl of 677 samples, ... */
	assert_int_equal(d.inlined, 2); /* prepbuffsize */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lua_fp),
		cmocka_unit_test(test_gcc_fp),
		cmocka_unit_test(test_lua_dwarf),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
