/* SPDX-License-Identifier: MIT */
/*
 * Real profiles as folded stacks and as text against what perf made of them. Names come from perf's
 * own text, so that neither this machine's kernel nor its libraries matter. Skipped without the
 * folder of captures ($KYMO_SHARED, else ../shared beside the sources), and for captures whose
 * samples are not imported.
 */
#include "profile_files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>
#include <zstd.h>

#include "base/file.h"
#include "base/idmap.h"
#include "base/log.h"
#include "base/strpool.h"
#include "cmd/run_file.h"
#include "model/functions.h"
#include "model/profile.h"

#define TEMPORARY "test_folded_agreement.tmp"

static bool load(const char *name, struct buf *ret)
{
	const char *shared = getenv("KYMO_SHARED");
	char path[512];
	auto_buf raw;

	buf_init(&raw, 0);
	buf_init(ret, 0);
	(void)snprintf(path, sizeof(path), "%s/data/traces/%s.zst", shared ? shared : "../shared",
		       name);
	if (file_read_at(AT_FDCWD, path, &raw) < 0)
		return false;
	unsigned long long n = ZSTD_getFrameContentSize(raw.data, raw.len);

	assert_true(n < 200u << 20);
	void *room = buf_reserve(ret, n);

	assert_non_null(room);
	assert_int_equal(ZSTD_decompress(room, n, raw.data, raw.len), n);
	buf_commit(ret, n);
	return true;
}

static struct run_file *open_run(const struct buf *from)
{
	struct run_file *r = NULL;
	struct err e = { 0 };
	int fd = open(TEMPORARY, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(file_write_all(fd, from->data, from->len), 0);
	close(fd);
	if (run_file_open(TEMPORARY, NULL, &r, &e) < 0 && !strstr(e.text, "no scheduler"))
		fail_msg("%s", e.text);
	unlink(TEMPORARY);
	if (!r) {
		print_message("%s\n", e.text);
		skip();
	}
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

/* "\t           15464 luaD_callnoyield+0x44 (/opt/bench/lua)": the second word is the name, as
 * fold.awk has it. */
static void take_name(struct text_names *t, char *line)
{
	char *rest = line + strspn(line, "\t "), *end, *module = strrchr(rest, '(');
	uint64_t address = strtoull(rest, &end, 16);

	if (end == rest || !module || !strchr(module, ')'))
		return;
	module++;
	*strchr(module, ')') = 0;
	end += strspn(end, " ");
	/* The offset stands at the end of the whole name, which may hold blanks. */
	char *plus = strstr(end, "+0x");

	for (char *p = plus; p && (p = strstr(p + 1, "+0x"));)
		plus = p;
	uint64_t into = plus ? strtoull(plus + 3, NULL, 16) : 0;

	if (plus)
		*plus = 0;
	end[strcspn(end, " ")] = 0;
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

/* ---- */

static char *next_line(char **p)
{
	return strsep(p, "\n");
}

/* How many lines of @want and @got differ; the first one is shown. */
static size_t differing(const char *want, const char *got)
{
	auto_free char *a = strdup(want), *b = strdup(got);
	char *x = a, *y = b;
	size_t n = 0;

	while (x || y) {
		const char *l = x ? next_line(&x) : "", *k = y ? next_line(&y) : "";

		if (strcmp(l, k) != 0 && !n++)
			print_message("want '%.300s'\ngot  '%.300s'\n", l, k);
	}
	return n;
}

/*
 * Samples whose chain is empty are without a frame in perf's text, and fold.awk drops them; they do
 * have an address, by which perf report and we count them.
 */
static uint64_t frameless(const struct buf *text)
{
	uint64_t n = 0;

	for (const char *p = (const char *)text->data; (p = strstr(p, ": \n\n")); p++)
		n++;
	return n;
}

static uint64_t count_of(char *line)
{
	char *blank = strrchr(line, ' ');

	assert_non_null(blank);
	*blank = 0;
	return strtoull(blank + 1, NULL, 10);
}

/* Both are sorted: @got has all of @want, and in all so many samples more. */
static uint64_t more_than(const char *want, const char *got)
{
	auto_free char *a = strdup(want), *b = strdup(got);
	char *x = a, *y = b, *l = strsep(&x, "\n");
	uint64_t more = 0, wanted = *l ? count_of(l) : 0;

	for (char *k; (k = strsep(&y, "\n")) && *k;) {
		uint64_t n = count_of(k);

		if (!l || strcmp(l, k) != 0) {
			more += n;
			continue;
		}
		if (n < wanted)
			fail_msg("%" PRIu64 " of %" PRIu64 ": %s", n, wanted, l);
		more += n - wanted;
		l = strsep(&x, "\n");
		wanted = l && *l ? count_of(l) : 0;
	}
	if (l && *l)
		fail_msg("missing: %s", l);
	return more;
}

/* perf's times without --ns: cut the three last digits. */
static char *in_microseconds(const char *text)
{
	auto_buf out;

	buf_init(&out, 0);
	for (const char *p = text, *end; *p; p = end) {
		end = p + strcspn(p, "\n");
		end += *end != 0;
		const char *colon = *p != '\t' && *p != '\n' ? strstr(p, ": ") : NULL;

		if (colon && colon < end && colon - p > 3) {
			(void)buf_add(&out, p, (size_t)(colon - p) - 3);
			p = colon;
		}
		(void)buf_add(&out, p, (size_t)(end - p));
	}
	return buf_take(&out);
}

static void check(const char *name, bool with_text)
{
	char file[64];
	auto_buf data;
	auto_buf text;
	auto_buf folded;
	struct text_names names;
	auto_ptr(profile) profile = NULL;
	auto_ptr(functions) functions = NULL;

	(void)snprintf(file, sizeof(file), "%s.perf.data", name);
	if (!load(file, &data)) {
		buf_init(&text, 0);
		buf_init(&folded, 0);
		print_message("no folder of captures\n");
		skip();
	}
	(void)snprintf(file, sizeof(file), "%s.script.txt", name);
	assert_true(load(file, &text));
	(void)snprintf(file, sizeof(file), "%s.folded.txt", name);
	assert_true(load(file, &folded));
	auto_ptr(run_file) r = open_run(&data);
	struct source *src = run_file_source(r);

	assert_int_equal(profile_load(src, &profile, NULL), 0);
	if (frames_count(profile_frames(profile)) < 2) {
		print_message("samples of perf.data are not imported\n");
		skip();
	}
	learn_names(&names, &text);
	assert_int_equal(functions_new(profile, &names.source, &functions, NULL), 0);
	const struct export_args args = { .from = src->info->start,
					  .to = src->info->end,
					  .profile = profile,
					  .functions = functions };
	auto_free char *got = export_text(src, "folded", &args, NULL, NULL);

	assert_int_equal(more_than(buf_str(&folded), got), frameless(&text));
	if (with_text) {
		auto_free char *ns = export_text(src, "script", &args, NULL, NULL);
		auto_free char *us = in_microseconds(ns);

		assert_int_equal(differing(buf_str(&text), us), 0);
	}
	names_done(&names);
}

static void test_gcc_fp(void **state)
{
	(void)state;
	check("gcc_fp", false); /* names cut at a blank, so that the text is not perf's */
}

static void test_lua_fp(void **state)
{
	(void)state;
	check("lua_fp", true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gcc_fp),
		cmocka_unit_test(test_lua_fp),
	};

	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
