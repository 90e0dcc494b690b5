/* SPDX-License-Identifier: MIT */
/*
 * Profiles that perf recorded, and what perf itself shows of them: every sample of `perf script`
 * with its time, thread, weight and the addresses of its chain. Skipped without the folder of
 * captures ($KYMO_SHARED, else ../shared beside the sources).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture_file.h"
#include "import/importer.h"
#include "model/frames.h"
#include "model/memory.h"
#include "model/profile.h"
#include "model/profile_track.h"

#define DEPTH 4096

/* ---- what we make of it ---- */

struct row {
	uint64_t time, weight;
	uint32_t tid, node;
	uint16_t event;
};

struct name {
	uint32_t module;
	uint64_t offset;
	char *text;
};

struct rows {
	struct sink sink;
	struct name *name;
	size_t n_names;
	struct frame frame[1 << 16]; /* by node */
	struct row *row;
	size_t n, n_events, n_frames;
	char event[64], unit[16];
	bool missing; /* files that stacks go through */
};

static int take_rows(struct sink *sink, const struct batch *b, struct err *e)
{
	struct rows *s = (struct rows *)sink;

	(void)e;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track == &track_frame) {
			uint32_t node = batch_u32(b, FRAME_NODE)[i];

			assert_in_range(node, 1, ARRAY_SIZE(s->frame) - 1);
			s->frame[node] = (struct frame){
				.parent = batch_u32(b, FRAME_PARENT)[i],
				.module = batch_u32(b, FRAME_MODULE)[i],
				.offset = batch_u64(b, FRAME_OFFSET)[i],
			};
		} else if (b->track == &track_symbol) {
			s->name = reallocarray(s->name, s->n_names + 1, sizeof(*s->name));
			assert_non_null(s->name);
			s->name[s->n_names++] = (struct name){
				.module = batch_u32(b, SYMBOL_MODULE)[i],
				.offset = batch_u64(b, SYMBOL_OFFSET)[i],
				.text = strdup(batch_text(b, SYMBOL_NAME, i)),
			};
		} else if (b->track == &track_event) {
			s->n_events++;
			snprintf(s->event, sizeof(s->event), "%s", batch_text(b, EVENT_NAME, i));
			snprintf(s->unit, sizeof(s->unit), "%s", batch_text(b, EVENT_UNIT, i));
		} else if (b->track == &track_sample) {
			s->row = reallocarray(s->row, s->n + 1, sizeof(*s->row));
			assert_non_null(s->row);
			s->row[s->n++] = (struct row){
				.time = b->time[i],
				.weight = batch_u64(b, SAMPLE_WEIGHT)[i],
				.tid = batch_u32(b, SAMPLE_TID)[i],
				.node = batch_u32(b, SAMPLE_NODE)[i],
				.event = batch_u16(b, SAMPLE_EVENT)[i],
			};
		}
	}
	return 0;
}

static int no_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)key;
	(void)value;
	(void)e;
	return 0;
}

static struct rows *convert(struct buf *data, const char *root)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = no_meta, .root = root };
	struct import_result result = { 0 };
	struct rows *s = calloc(1, sizeof(*s));
	struct err e = { 0 };

	assert_non_null(s);
	s->sink.write = take_rows;
	assert_int_equal(input_open_memory(data->data, data->len, "the file", &in), 0);
	if (importer_recognise(in)->run(in, &s->sink, &args, &result, &e) < 0)
		fail_msg("%s", e.text);
	assert_true(result.complete);
	assert_int_equal(result.late, 0);
	assert_int_equal(result.damaged, 0);
	assert_int_equal(result.events, s->n);
	s->missing = result.notes.len && strstr(buf_str(&result.notes), "not unwound");
	import_result_done(&result);
	return s;
}

/* ---- what perf shows ---- */

struct check {
	const struct rows *ours;
	bool unwound; /* chains may end earlier, where a file of that machine is not here */
	size_t samples, frames, matched, whole, refused;
	bool missing;
	/* The sample in hand, leaf first. */
	uint64_t chain[DEPTH];
	size_t depth;
	bool open;
	/* Lines of inlined functions come first, then that of the frame; but it is left out when it
	 * would say the same. */
	uint64_t inlined;
};

/* A function that was inlined into itself is shown as a frame more: repeated addresses count once,
 * on both sides. */
static bool repeats(const struct check *c, const uint64_t *chain, size_t n, uint64_t ip)
{
	return c->unwound && n && chain[n - 1] == ip;
}

static void push(struct check *c, uint64_t ip)
{
	if (repeats(c, c->chain, c->depth, ip))
		return;
	assert_true(c->depth < DEPTH);
	c->chain[c->depth++] = ip;
}

static void end_sample(struct check *c)
{
	uint64_t ours[DEPTH];
	size_t n = 0;

	if (!c->open)
		return;
	c->open = false;
	if (c->inlined)
		push(c, c->inlined);
	c->inlined = 0;
	const struct row *row = &c->ours->row[c->samples - 1];

	for (uint32_t node = row->node; node; node = c->ours->frame[node].parent)
		if (!repeats(c, ours, n, c->ours->frame[node].offset))
			ours[n++] = c->ours->frame[node].offset;
	c->frames += c->depth;
	/* A chain with an address that cannot be one: perf shows nothing of it, we what is before.
	 */
	if (!c->depth && n) {
		c->refused++;
		return;
	}
	if (n != c->depth && !(c->unwound && n < c->depth))
		fail_msg("sample %zu at %" PRIu64 " has %zu frames, perf shows %zu", c->samples,
			 row->time, n, c->depth);
	for (size_t i = 0; i < n; i++)
		if (ours[i] != c->chain[i])
			fail_msg("sample %zu at %" PRIu64 ", frame %zu: 0x%" PRIx64
				 ", perf shows 0x%" PRIx64,
				 c->samples, row->time, i, ours[i], c->chain[i]);
	c->matched += n;
	c->whole += n == c->depth;
}

/* "lua  8270  5950.571938:    5025125 cpu-clock:ppp: ", then "\t  1511b luaD_precall+0xfb (file)"
 */
static void script_line(char *line, void *ctx)
{
	struct check *c = ctx;
	uint64_t sec, us, weight, ip;
	unsigned int tid;
	char event[64];

	if (*line == '\t') {
		assert_int_equal(sscanf(line, " %" SCNx64, &ip), 1);
		if (c->inlined && c->inlined != ip)
			push(c, c->inlined);
		c->inlined = strstr(line, " (inlined)") ? ip : 0;
		if (!c->inlined)
			push(c, ip);
		return;
	}
	end_sample(c);
	if (!*line)
		return;
	const char *at = line;

	while (*at && sscanf(at, " %u %" SCNu64 ".%6" SCNu64 ": %" SCNu64 " %63s", &tid, &sec, &us,
			     &weight, event) != 5)
		at++;
	if (!*at)
		fail_msg("perf script has no such line: %s", line);
	assert_in_range(c->samples, 0, c->ours->n - 1);
	const struct row *row = &c->ours->row[c->samples++];

	assert_int_equal(row->tid, tid);
	assert_int_equal(row->weight, weight);
	assert_int_equal(row->time / 1000, sec * 1000000 + us);
	assert_int_equal(row->event, 0);
	event[strlen(event) - 1] = 0;
	assert_string_equal(c->ours->event, event);
	c->open = true;
	c->depth = 0;
}

static void free_rows(struct rows *s)
{
	for (size_t i = 0; i < s->n_names; i++)
		free(s->name[i].text);
	free(s->name);
	free(s->row);
	free(s);
}

static struct check compare(const char *name, const char *root)
{
	struct check c = { .unwound = root != NULL };
	char file[64];
	auto_buf data;
	auto_buf script;

	snprintf(file, sizeof(file), "%s.perf.data.zst", name);
	need(file, &data);
	snprintf(file, sizeof(file), "%s.script.txt.zst", name);
	need(file, &script);
	struct rows *ours = convert(&data, root);

	c.ours = ours;
	each_line(buf_str(&script), script_line, &c);
	end_sample(&c);
	assert_int_equal(c.samples, ours->n);
	assert_int_equal(ours->n_events, 1);
	assert_string_equal(ours->unit, "ns");
	c.missing = ours->missing;
	free_rows(ours);
	return c;
}

static void test_processes(void **state)
{
	struct check c = compare("gcc_fp", NULL);

	(void)state;
	assert_int_equal(c.samples, 3538);
	assert_in_range(c.refused, 1, 100);
	assert_int_equal(c.whole + c.refused, c.samples);
}

static void test_frame_pointers(void **state)
{
	struct check c = compare("lua_fp", NULL);

	(void)state;
	assert_int_equal(c.samples, 5299);
	assert_int_equal(c.whole, c.samples);
	assert_in_range(c.frames, 50000, 200000);
}

/* ---- the text alone ---- */

struct folded {
	char **line;
	size_t n;
};

static void add_line(struct folded *f, char *line)
{
	f->line = reallocarray(f->line, f->n + 1, sizeof(*f->line));
	assert_non_null(f->line);
	assert_non_null(line);
	f->line[f->n++] = line;
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void free_lines(struct folded *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->line[i]);
	free(f->line);
}

/* "lua;main;f 12": as many lines "lua;main;f". Lines may be long. */
static void read_folded(const char *text, struct folded *f)
{
	while (*text) {
		const char *end = strchrnul(text, '\n'), *blank = end;
		unsigned int count = 0;

		while (blank > text && *blank != ' ')
			blank--;
		assert_int_equal(sscanf(blank, " %u", &count), 1);
		while (count--)
			add_line(f, strndup(text, (size_t)(blank - text)));
		text = *end ? end + 1 : end;
	}
}

static const char *name_of(const struct rows *s, const struct frame *f)
{
	for (size_t i = 0; i < s->n_names; i++)
		if (s->name[i].module == f->module && s->name[i].offset == f->offset)
			return s->name[i].text;
	fail_msg("module %u has no symbol %" PRIu64, f->module, f->offset);
	return NULL;
}

static void fold(const struct rows *s, uint32_t node, struct buf *out)
{
	if (!node) {
		assert_int_equal(buf_add_str(out, "lua"), 0);
		return;
	}
	fold(s, s->frame[node].parent, out);
	assert_int_equal(buf_addf(out, ";%s", name_of(s, &s->frame[node])), 0);
}

static void compare_folded(const char *name, size_t samples)
{
	struct folded ours = { .n = 0 }, want = { .n = 0 };
	char file[64];
	auto_buf script;
	auto_buf folded;

	snprintf(file, sizeof(file), "%s.script.txt.zst", name);
	need(file, &script);
	snprintf(file, sizeof(file), "%s.folded.txt.zst", name);
	need(file, &folded);
	struct rows *rows = convert(&script, NULL);

	assert_int_equal(rows->n, samples);
	for (size_t i = 0; i < rows->n; i++) {
		auto_buf line;

		buf_init(&line, 0);
		fold(rows, rows->row[i].node, &line);
		add_line(&ours, strdup(buf_str(&line)));
	}
	read_folded(buf_str(&folded), &want);
	assert_int_equal(ours.n, want.n);
	qsort(ours.line, ours.n, sizeof(*ours.line), compare_lines);
	qsort(want.line, want.n, sizeof(*want.line), compare_lines);
	for (size_t i = 0; i < ours.n; i++)
		assert_string_equal(ours.line[i], want.line[i]);
	free_lines(&ours);
	free_lines(&want);
	free_rows(rows);
}

static void test_text(void **state)
{
	(void)state;
	compare_folded("lua_fp", 5299);
	compare_folded("lua_dwarf", 684);
}

/* ---- stacks ---- */

static void make_folders(const char *root, const char *path)
{
	char at[512];

	for (const char *p = path; (p = strchr(p + 1, '/'));) {
		snprintf(at, sizeof(at), "%s%.*s", root, (int)(p - path), path);
		mkdir(at, 0755);
	}
}

static void put_file(const char *root, const char *path, const struct buf *b)
{
	char at[512];

	make_folders(root, path);
	snprintf(at, sizeof(at), "%s%s", root, path);
	FILE *f = fopen(at, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(b->data, 1, b->len, f), b->len);
	assert_int_equal(fclose(f), 0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* The program that ran, and this machine's C library, which may be another build. */
static void test_stacks(void **state)
{
	static const char libc[] = "/usr/lib/x86_64-linux-gnu/libc.so.6";
	static const char ld[] = "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2";
	char root[] = "/tmp/kymo-root-XXXXXX";
	auto_buf program;
	auto_buf library;

	(void)state;
	need("lua.bin.zst", &program);
	assert_non_null(mkdtemp(root));
	put_file(root, "/opt/bench/lua", &program);
	const char *const libs[] = { libc, ld };

	for (unsigned int i = 0; i < ARRAY_SIZE(libs); i++) {
		buf_init(&library, 0);
		if (file_read_at(AT_FDCWD, libs[i], &library) == 0)
			put_file(root, libs[i], &library);
		buf_done(&library);
	}
	struct check c = compare("lua_dwarf", root);

	nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(c.samples, 684);
	/* All but the three outermost frames are the program's own. */
	if (!c.missing)
		assert_int_equal(c.whole, c.samples);
	print_message("%zu of %zu chains whole, %zu of %zu frames\n", c.whole, c.samples, c.matched,
		      c.frames);
	assert_in_range(c.matched, c.frames * 8 / 10, c.frames);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_processes),
		cmocka_unit_test(test_frame_pointers),
		cmocka_unit_test(test_stacks),
		cmocka_unit_test(test_text),
	};
	auto_buf script;

	if (!load("lua_dwarf.script.txt.zst", &script)) {
		printf("1..0 # SKIP no captures (KYMO_SHARED names their folder)\n");
		return 0;
	}
	return cmocka_run_group_tests_name("profile_agreement", tests, NULL, NULL);
}
