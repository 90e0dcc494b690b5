/* SPDX-License-Identifier: MIT */
/*
 * Folded stacks: lines "comm;caller;callee COUNT". The first field is taken as the name of a
 * thread, as those who fold the text of perf script write it; threads are numbered as they appear.
 * docs/formats/exports.md
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/idmap.h"
#include "base/quantity.h"
#include "base/strpool.h"
#include "import/importer.h"
#include "import/named_stacks.h"

/* All rows stand here: the file has no times. */
#define MOMENT ((nsec_t)0)

struct folded_import {
	struct input *in;
	struct named_stacks *out;
	struct import_result *ret;
	struct strpool *text;
	struct idmap thread; /* interned name -> tid */
	uint32_t n_threads, module;
	uint16_t event;
	uint64_t line; /* number of the current one */
	char *copy; /* of the line, with NULs between its fields */
	size_t room;
};

/* The COUNT at the end of a line of @n bytes: where the stack before it ends, 0 when there is none.
 */
static size_t split_count(const char *line, size_t n, uint64_t *ret)
{
	uint64_t v = 0;
	size_t i = n;

	while (i && line[i - 1] >= '0' && line[i - 1] <= '9')
		i--;
	if (i == n || i < 2 || (line[i - 1] != ' ' && line[i - 1] != '\t'))
		return 0;
	for (size_t k = i; k < n; k++) {
		unsigned int digit = (unsigned int)(line[k] - '0');

		if (v > (UINT64_MAX - digit) / 10)
			return 0;
		v = v * 10 + digit;
	}
	*ret = v;
	return i - 1;
}

static size_t without_cr(const char *line, size_t n)
{
	return n && line[n - 1] == '\r' ? n - 1 : n;
}

/* Whole lines of stack and count, with ';' in one of them at least, and nothing else. */
static bool folded_recognise(const uint8_t *head, size_t n)
{
	const char *p = (const char *)head, *end = p + n;
	bool stacks = false;
	unsigned int lines = 0;

	while (p < end) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		uint64_t count;

		if (!stop && (n >= IMPORT_HEAD_BYTES || lines))
			break; /* cut by the head */
		size_t len = without_cr(p, (size_t)((stop ? stop : end) - p));
		size_t stack = split_count(p, len, &count);

		if (!stack || *p == ' ' || *p == '\t' || memchr(p, 0, stack))
			return false;
		stacks |= memchr(p, ';', stack) != NULL;
		lines++;
		p = stop ? stop + 1 : end;
	}
	return stacks;
}

static void note_damage(struct folded_import *f, const char *what)
{
	f->ret->damaged++;
	if (f->ret->complete)
		(void)snprintf(f->ret->damage, sizeof(f->ret->damage), "'%s' line %" PRIu64 ": %s",
			       input_name(f->in), f->line, what);
	f->ret->complete = false;
}

static int find_thread(struct folded_import *f, const char *name, uint32_t *ret, struct err *e)
{
	const char *kept = strpool_add(f->text, name);

	if (!kept)
		return err_set(e, -ENOMEM, "out of memory");
	*ret = idmap_get(&f->thread, (uintptr_t)kept);
	if (*ret != IDMAP_NONE)
		return 0;
	*ret = ++f->n_threads;
	if (idmap_set(&f->thread, (uintptr_t)kept, *ret) < 0)
		return err_set(e, -ENOMEM, "out of memory");
	return named_stacks_task(f->out, *ret, *ret, kept, e);
}

/* f->copy holds "comm;a;b". */
static int add_stack(struct folded_import *f, uint64_t count, struct err *e)
{
	struct named_sample s = { .cpu = BATCH_CPU_NONE, .event = f->event, .weight = count };
	size_t depth = 0;
	int r = 0;

	for (const char *p = f->copy; (p = strchr(p, ';')); p++)
		depth++;
	if (depth > NAMED_STACKS_MAX_DEPTH) {
		note_damage(f, "the stack is deeper than 4096 frames");
		return 0;
	}
	char *rest = f->copy, *name = strsep(&rest, ";");

	r = find_thread(f, name, &s.tid, e);
	s.pid = s.tid;
	while (r >= 0 && (name = strsep(&rest, ";")))
		r = named_stacks_frame(f->out, s.node, f->module, name, &s.node, e);
	if (r >= 0)
		r = named_stacks_sample(f->out, &s, e);
	f->ret->events += r >= 0;
	return r;
}

static int take_line(struct folded_import *f, const char *line, size_t n, struct err *e)
{
	uint64_t count;

	f->line++;
	n = without_cr(line, n);
	if (!n)
		return 0;
	size_t stack = split_count(line, n, &count);

	if (!stack || memchr(line, 0, stack)) {
		note_damage(f, "no stack and number of samples");
		return 0;
	}
	if (stack + 1 > f->room) {
		char *grown = realloc(f->copy, stack + 1);

		if (!grown)
			return err_set(e, -ENOMEM, "out of memory");
		f->copy = grown;
		f->room = stack + 1;
	}
	memcpy(f->copy, line, stack);
	f->copy[stack] = 0;
	return add_stack(f, count, e);
}

/* The bytes of a line longer than the window, up to its end. */
static int skip_long_line(struct folded_import *f, struct err *e)
{
	const uint8_t *p, *end;
	size_t n;

	f->line++;
	note_damage(f, "the line is too long");
	do {
		int r = input_peek(f->in, 1, &p, &n, e);

		if (r < 0)
			return r;
		end = n ? memchr(p, '\n', n) : NULL;
		input_consume(f->in, end ? (size_t)(end - p) + 1 : n);
	} while (n && !end);
	return 0;
}

static int read_lines(struct folded_import *f, const struct import_args *args, struct err *e)
{
	const uint8_t *p;
	size_t n;
	int r;

	while ((r = input_peek(f->in, INPUT_MAX_PEEK, &p, &n, e)) >= 0 && n) {
		size_t used = 0;
		const uint8_t *end;

		while (used < n && (end = memchr(p + used, '\n', n - used))) {
			size_t len = (size_t)(end - (p + used));

			r = take_line(f, (const char *)p + used, len, e);
			if (r < 0)
				return r;
			used += len + 1;
		}
		if (!used && n >= INPUT_MAX_PEEK) {
			r = skip_long_line(f, e);
		} else if (n < INPUT_MAX_PEEK && used < n) { /* the last one has no end */
			r = take_line(f, (const char *)p + used, n - used, e);
			used = n;
		}
		if (r < 0)
			return r;
		input_consume(f->in, used);
		if (args->progress)
			args->progress(args->ctx, input_offset(f->in), input_size(f->in));
	}
	return r;
}

static void tell(const struct folded_import *f)
{
	char n[QUANTITY_MAX];

	buf_init(&f->ret->notes, IMPORT_NOTES_MAX);
	(void)buf_addf(&f->ret->notes,
		       "%s stacks; not in the file: times (all stand at one moment), numbers of "
		       "threads (their first fields are numbered as they come), modules\n",
		       quantity_count(n, f->ret->events));
	if (f->ret->damaged)
		(void)buf_addf(&f->ret->notes, "%s lines are no stacks\n",
			       quantity_count(n, f->ret->damaged));
}

static int import_all(struct folded_import *f, const struct import_args *args, struct err *e)
{
	const struct module names = { .kind = MODULE_NAMED, .path = "", .build_id = "" };
	int r = args->meta(args->ctx, "import.clock", "none: all samples stand at one moment", e);

	if (r >= 0)
		r = named_stacks_event(f->out, "samples", "", 0, &f->event, e);
	if (r >= 0)
		r = named_stacks_module(f->out, &names, &f->module, e);
	if (r >= 0)
		r = read_lines(f, args, e);
	if (r >= 0)
		r = named_stacks_flush(f->out, e);
	if (r < 0)
		return r;
	if (!f->ret->events)
		return err_set(e, -EBADMSG, "%s%s",
			       f->ret->damage[0] ? f->ret->damage : input_name(f->in),
			       f->ret->damage[0] ? "" : ": no stacks in it");
	tell(f);
	return 0;
}

static int folded_run(struct input *in, struct sink *sink, const struct import_args *args,
		      struct import_result *ret, struct err *e)
{
	struct folded_import f = { .in = in, .ret = ret };
	int r;

	ret->complete = true;
	f.text = strpool_new();
	f.out = named_stacks_new(sink, MOMENT);
	r = f.text && f.out ? import_all(&f, args, e) : err_set(e, -ENOMEM, "out of memory");
	strpool_free(f.text);
	named_stacks_free(f.out);
	idmap_done(&f.thread);
	free(f.copy);
	return r;
}

const struct importer importer_folded = {
	.name = "folded",
	.summary = "folded stacks with numbers of samples",
	.extensions = ".folded .collapsed",
	.recognise = folded_recognise,
	.run = folded_run,
};
