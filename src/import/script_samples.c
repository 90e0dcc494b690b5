/* SPDX-License-Identifier: MIT */
/* Texts of the sample in hand are kept in one buffer; a chain becomes a node when it is whole. */
#include "import/script_samples.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hex.h"
#include "model/profile_track.h"

#define EVENTS_MAX	1024u
#define TEXT_MAX	((size_t)4 << 20)
#define USER_END	(UINT64_C(1) << 63) /* kernels are above, on all 64-bit machines */
#define SOFTWARE_CLOCKS 2u

void script_samples_init(struct script_samples *s, struct sink *sink, struct sched_rows *rows)
{
	*s = (struct script_samples){ .sink = sink, .rows = rows };
	buf_init(&s->text, TEXT_MAX);
}

void script_samples_done(struct script_samples *s)
{
	for (uint32_t i = 0; i < s->n_events; i++)
		free(s->event[i]);
	free(s->event);
	free(s->frame);
	buf_done(&s->text);
	named_stacks_free(s->stacks);
	memset(s, 0, sizeof(*s));
}

/* Where the copy begins, or -errno. */
static int add_text(struct script_samples *s, const char *p, size_t n, size_t *ret)
{
	size_t at = s->text.len;
	int r = buf_add(&s->text, p, n);

	if (r >= 0)
		r = buf_add(&s->text, "", 1);
	*ret = at;
	return r;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* "NAME+0x12 (FILE)": names may hold blanks and brackets. */
static void split_place(const char *p, const char *end, const char **ret_name_end,
			const char **ret_file, const char **ret_file_end)
{
	const char *open = NULL, *name_end;

	while (end > p && is_blank(end[-1]))
		end--;
	if (end > p && end[-1] == ')') {
		unsigned int depth = 0;

		/* The bracket that it closes: "(/a (deleted))". */
		for (open = end; open > p; open--) {
			depth += open[-1] == ')';
			if (open[-1] == '(' && !--depth)
				break;
		}
		if (open == p)
			open = NULL;
	}
	name_end = open ? open - 1 : end;
	while (name_end > p && is_blank(name_end[-1]))
		name_end--;
	const char *plus = memrchr(p, '+', (size_t)(name_end - p)), *digit;
	uint64_t offset;

	if (plus && name_end - plus > 3 && plus[1] == '0' && plus[2] == 'x') {
		digit = plus + 3;
		if (hex_number(&digit, name_end, &offset) && digit == name_end)
			name_end = plus;
	}
	*ret_name_end = name_end;
	*ret_file = open ? open : end;
	*ret_file_end = open ? end - 1 : end;
}

static int add_frame(struct script_samples *s, uint64_t ip, const char *p, const char *end)
{
	const char *name_end, *file, *file_end;

	if (s->n_frames == NAMED_STACKS_MAX_DEPTH)
		return 0;
	if (s->n_frames == s->cap_frames) {
		uint32_t cap = s->cap_frames ? 2 * s->cap_frames : 64;
		struct script_frame *grown = reallocarray(s->frame, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		s->frame = grown;
		s->cap_frames = cap;
	}
	struct script_frame *f = &s->frame[s->n_frames];

	split_place(p, end, &name_end, &file, &file_end);
	f->ip = ip;
	f->inlined = file_end - file == 7 && !memcmp(file, "inlined", 7);
	int r = name_end > p ? add_text(s, p, (size_t)(name_end - p), &f->name)
			     : add_text(s, "[unknown]", 9, &f->name);

	if (r >= 0)
		r = file_end > file ? add_text(s, file, (size_t)(file_end - file), &f->file)
				    : add_text(s, "[unknown]", 9, &f->file);
	if (r >= 0)
		s->n_frames++;
	return r;
}

int script_samples_frame(struct script_samples *s, const char *p, size_t n, struct err *e)
{
	const char *end = p + n, *q = p;
	uint64_t ip;

	while (q < end && is_blank(*q))
		q++;
	if (q == p || !hex_number(&q, end, &ip) || (q < end && !is_blank(*q)))
		return 0;
	while (q < end && is_blank(*q))
		q++;
	if (!s->open)
		return 1;
	int r = add_frame(s, ip, q, end);

	return r < 0 ? err_set(e, r, "a call chain has no room") : 1;
}

int script_samples_begin(struct script_samples *s, const struct script_line *l, struct err *e)
{
	size_t name;

	s->open = true;
	s->line = *l;
	s->n_frames = 0;
	s->text.len = 0;
	/* As it is printed, with what stands before a colon. */
	int r = add_text(s, l->subsystem, (size_t)(l->event + l->event_len - l->subsystem), &name);
	const char *p = l->text, *end = p + l->text_len;
	uint64_t ip;

	if (r < 0)
		return err_set(e, r, "an event's name has no room");
	/* Eight digits at least, as no text of an event has them at its begin. */
	if (hex_number(&p, end, &ip) && p - l->text >= 4 && p < end && *p == ' ' && end[-1] == ')')
		r = add_frame(s, ip, p + 1, end);
	return r < 0 ? err_set(e, r, "a call chain has no room") : 0;
}

/* The number of the event in hand; EVENTS_MAX: too many, -errno. */
static int find_event(struct script_samples *s)
{
	const char *name = buf_str(&s->text);

	for (uint32_t i = 0; i < s->n_events; i++)
		if (!strcmp(s->event[i], name))
			return (int)i;
	if (s->n_events == EVENTS_MAX)
		return EVENTS_MAX;
	char **grown = reallocarray(s->event, s->n_events + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	s->event = grown;
	grown[s->n_events] = strdup(name);
	return grown[s->n_events] ? (int)s->n_events++ : -ENOMEM;
}

/*
 * The file of frame @i: functions that were inlined come before the one that they are in, at the
 * same address.
 */
static const char *file_of(const struct script_samples *s, uint32_t i)
{
	uint32_t in = i;

	while (s->frame[in].inlined && in + 1 < s->n_frames &&
	       s->frame[in + 1].ip == s->frame[i].ip)
		in++;
	return s->frame[in].inlined ? "[unknown]" : (const char *)s->text.data + s->frame[in].file;
}

static int make_node(struct script_samples *s, uint32_t *ret, struct err *e)
{
	uint32_t node = 0, module;

	for (uint32_t i = s->n_frames; i-- > 0;) {
		const struct module m = { .kind = MODULE_NAMED,
					  .path = file_of(s, i),
					  .build_id = "" };
		int r = named_stacks_module(s->stacks, &m, &module, e);

		if (r >= 0)
			r = named_stacks_frame(s->stacks, node, module,
					       (const char *)s->text.data + s->frame[i].name, &node,
					       e);
		if (r < 0)
			return r;
	}
	*ret = node;
	return 0;
}

static uint8_t mode_of(const struct script_samples *s)
{
	if (!s->n_frames)
		return SAMPLE_MODE_UNKNOWN;
	return s->frame[0].ip < USER_END ? SAMPLE_MODE_USER : SAMPLE_MODE_KERNEL;
}

int script_samples_end(struct script_samples *s, struct err *e)
{
	const struct script_line *l = &s->line;
	struct batch *b;
	uint32_t node;

	if (!s->open)
		return 1;
	s->open = false;
	/* Of a chain that cannot be one perf prints nothing; the sample is there. */
	if (!s->n_frames && (l->text_len || !l->has_period))
		return 0;
	if (!s->stacks)
		s->stacks = named_stacks_new(s->sink, l->time);
	int event = find_event(s);

	if (!s->stacks || event < 0)
		return err_set(e, -ENOMEM, "out of memory");
	if (event == EVENTS_MAX)
		return 0;
	int row = make_node(s, &node, e);

	if (row >= 0)
		row = ordered_rows_add(&s->rows->rows, ORDERED_SAMPLE, l->cpu, l->time, &b, e);
	if (row < 0)
		return row == -ESTALE ? 1 : row;
	batch_u16(b, SAMPLE_EVENT)[row] = (uint16_t)event;
	batch_u32(b, SAMPLE_TID)[row] = l->tid == UINT32_MAX ? 0 : l->tid;
	batch_u32(b, SAMPLE_PID)[row] = l->pid == UINT32_MAX ? 0 : l->pid;
	batch_u32(b, SAMPLE_NODE)[row] = node;
	batch_u64(b, SAMPLE_WEIGHT)[row] = l->has_period ? l->period : 1;
	batch_u8(b, SAMPLE_MODE)[row] = mode_of(s);
	sched_rows_note(s->rows, l->time);
	return 1;
}

/* "cpu-clock", "task-clock:u": periods are ns. */
static bool counts_time(const char *name)
{
	static const char *const clocks[SOFTWARE_CLOCKS] = { "cpu-clock", "task-clock" };

	for (unsigned int i = 0; i < SOFTWARE_CLOCKS; i++) {
		size_t n = strlen(clocks[i]);

		if (!strncmp(name, clocks[i], n) && (!name[n] || name[n] == ':'))
			return true;
	}
	return false;
}

int script_samples_finish(struct script_samples *s, struct err *e)
{
	auto_ptr(batch) b = s->n_events ? batch_new(&track_event, s->n_events) : NULL;

	if (!s->n_events || !s->stacks)
		return 0;
	if (!b)
		return err_set(e, -ENOMEM, "out of memory");
	b->cpu = BATCH_CPU_NONE;
	for (uint32_t i = 0; i < s->n_events; i++) {
		int64_t name = batch_add_text(b, s->event[i]);
		int64_t unit = batch_add_text(b, counts_time(s->event[i]) ? "ns" : "");
		int64_t note = batch_add_text(b, "of a text, which has names instead of addresses");

		if (name < 0 || unit < 0 || note < 0)
			return err_set(e, -ENOMEM, "out of memory");
		b->time[i] = s->rows->start == NSEC_MAX ? 0 : s->rows->start;
		batch_u16(b, EVENT_NUMBER)[i] = (uint16_t)i;
		((uint32_t *)b->col[EVENT_NAME])[i] = (uint32_t)name;
		((uint32_t *)b->col[EVENT_UNIT])[i] = (uint32_t)unit;
		((uint32_t *)b->col[EVENT_NOTE])[i] = (uint32_t)note;
	}
	b->rows = s->n_events;
	int r = sink_write(s->sink, b, e);

	return r < 0 ? r : named_stacks_flush(s->stacks, e);
}
