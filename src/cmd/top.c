/* SPDX-License-Identifier: MIT */
/* kymo top: the machine and its processes tick by tick, of a recording or as it runs. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "analysis/machine_frame.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/timestamp.h"
#include "cmd/command.h"
#include "cmd/live_frames.h"
#include "cmd/selection.h"
#include "cmd/terminal.h"
#include "cmd/top_json.h"
#include "cmd/top_screen.h"
#include "model/run.h"

#define SHORTEST_INTERVAL (100 * NSEC_PER_MSEC)

struct top_args {
	struct selection select;
	nsec_t at, interval;
	bool at_given, once, json, all;
	const char *sort;
};

static const char *const orders[] = {
	[FRAME_BY_CPU] = "cpu",
	[FRAME_BY_MEMORY] = "memory",
	[FRAME_BY_IO] = "io",
	[FRAME_BY_FAULTS] = "faults",
	[FRAME_BY_DELAY] = "wait",
	[FRAME_BY_PID] = "pid",
	NULL,
};

static const struct option_spec top_options[] = {
	{ .name = "at",
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct top_args, at),
	  OPTION_GIVEN(struct top_args, at_given),
	  .help = "recordings: begin here, since the start of the run" },
	{ .name = "once",
	  .letter = '1',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct top_args, once),
	  .help = "print one frame as text and end; so it is where there is no terminal" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct top_args, json),
	  .help = "print one frame as JSON and end" },
	{ .name = "interval",
	  .letter = 'I',
	  .type = OPTION_DURATION,
	  .arg = "TIME",
	  OPTION_AT(struct top_args, interval),
	  .help = "this machine: a frame so often (2s)" },
	{ .name = "sort",
	  .letter = 's',
	  .type = OPTION_CHOICE,
	  .arg = "BY",
	  .choices = orders,
	  OPTION_AT(struct top_args, sort),
	  .help = "cpu, memory, io, faults, wait or pid" },
	{ .name = "all",
	  .letter = 'a',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct top_args, all),
	  .help = "processes that did nothing too" },
	SELECTION_OPTIONS(struct top_args, select),
	{ 0 },
};

/* What is looked at: a place in a recording, or the machine. */
struct show {
	const struct top_args *args;
	struct top_look look;
	regex_t task;
	char title[300], when[128], keys[256];
	struct machine_frame *frame;
	/* of a recording */
	struct opened_run run;
	struct source *src;
	struct frame_ticks ticks;
	size_t at; /* place of the frame's end among the ticks, from 1 on */
	/* live */
	struct live_frames *live;
	bool paused;
	char typed[64]; /* a filter as it is typed */
	bool typing;
	uint32_t rows;
};

static void set_title(struct show *s)
{
	if (s->src) {
		snprintf(s->title, sizeof(s->title), "%s", s->src->info->name);
		return;
	}
	struct utsname u = { 0 };

	uname(&u);
	snprintf(s->title, sizeof(s->title), "%s, live%s", u.nodename,
		 s->paused ? " (paused)" : "");
}

static void set_when(struct show *s)
{
	char span[QUANTITY_MAX], offset[QUANTITY_MAX], length[QUANTITY_MAX];
	char time[TIMESTAMP_MAX];
	nsec_t real = s->src ? run_info_realtime(s->src->info, s->frame->time) : nsec_realtime();

	timestamp_text(time, real - real % NSEC_PER_SEC);
	quantity_duration(span, s->frame->elapsed);
	if (s->src)
		snprintf(
			s->when, sizeof(s->when), "%s  frame %zu of %zu: %s of %s  %s", time, s->at,
			s->ticks.n - 1,
			quantity_duration(offset, s->frame->time - s->ticks.time[0]),
			quantity_duration(length, s->ticks.time[s->ticks.n - 1] - s->ticks.time[0]),
			span);
	else
		snprintf(s->when, sizeof(s->when), "%s  %s", time, span);
}

static int read_frame(struct show *s, struct err *e)
{
	int r;

	s->frame = machine_frame_free(s->frame);
	if (s->src)
		r = machine_frame_read(s->src, s->src->tasks, s->ticks.time[s->at - 1],
				       s->ticks.time[s->at], &s->frame, e);
	else
		r = live_frames_next(s->live, &s->frame, e);
	return r;
}

/* ---- one frame ---- */

static int print_once(struct show *s, struct err *e)
{
	auto_buf out;

	buf_init(&out, BUF_MAX_DEFAULT);
	s->look.width = sizeof(s->title) + sizeof(s->when);
	set_title(s);
	set_when(s);
	if (!s->args->json)
		s->look.width = 132;
	int r = s->args->json ? top_json_add(&out, s->frame, &s->look)
			      : top_screen_draw(&out, s->frame, &s->look, NULL);

	if (r < 0)
		return err_set(e, r, "no memory for the frame");
	(void)fwrite(out.data, 1, out.len, stdout);
	return 0;
}

/* ---- the screen ---- */

static void set_keys(struct show *s)
{
	if (s->typing)
		snprintf(s->keys, sizeof(s->keys), " names that match: %s_   Enter: done",
			 s->typed);
	else
		snprintf(s->keys, sizeof(s->keys),
			 " q quit  %sup/down scroll  c CPU m mem i I/O f faults w wait p PID  / "
			 "filter  a %s",
			 s->src ? "left/right/PgUp/PgDn/Home/End frame  " : "space pause  ",
			 s->look.all ? "busy only" : "all");
}

static int draw(struct show *s, struct terminal *t, struct err *e)
{
	auto_buf out;

	buf_init(&out, 16u << 20);
	terminal_size(t, &s->look.width, &s->look.height);
	set_title(s);
	set_when(s);
	set_keys(s);
	s->look.keys = s->keys;
	int r = top_screen_draw(&out, s->frame, &s->look, &s->rows);

	if (r >= 0)
		r = terminal_draw(t, &out);
	return r < 0 ? err_set(e, r, "cannot draw: %s", strerror(-r)) : 0;
}

static void move(struct show *s, long by)
{
	long to = (long)s->at + by, last = (long)s->ticks.n - 1;

	s->at = (size_t)max_of(1L, min_of(to, last));
}

static void scroll(struct show *s, long by)
{
	long to = (long)s->look.scroll + by;

	s->look.scroll = (uint32_t)max_of(0L, min_of(to, (long)s->rows - 1));
}

static void set_filter(struct show *s, const char *text)
{
	if (s->look.task)
		regfree(&s->task);
	s->look.task = NULL;
	/* Half a pattern is not one yet: everything is shown meanwhile. */
	if (*text && regcomp(&s->task, text, REG_EXTENDED | REG_NOSUB) == 0)
		s->look.task = &s->task;
	s->look.scroll = 0;
}

static void type(struct show *s, int key)
{
	size_t n = strlen(s->typed);

	if (key == '\r' || key == '\n' || key == '\033')
		s->typing = false;
	if (key == '\033')
		s->typed[0] = '\0';
	else if ((key == 127 || key == 8) && n)
		s->typed[n - 1] = '\0';
	else if (key >= ' ' && key < 127 && n + 1 < sizeof(s->typed))
		s->typed[n] = (char)key, s->typed[n + 1] = '\0';
	set_filter(s, s->typed);
}

/* False: it means the end. */
static bool obey(struct show *s, int key)
{
	static const struct {
		char key;
		enum frame_order order;
	} sorts[] = { { 'c', FRAME_BY_CPU },	{ 'm', FRAME_BY_MEMORY }, { 'i', FRAME_BY_IO },
		      { 'f', FRAME_BY_FAULTS }, { 'w', FRAME_BY_DELAY },  { 'p', FRAME_BY_PID } };

	if (key == KEY_CLOSED)
		return false;
	if (s->typing && key < 256) {
		type(s, key);
		return true;
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(sorts); i++)
		if (key == sorts[i].key)
			s->look.order = sorts[i].order;
	switch (key) {
	case 'q':
		return false;
	case 'a':
		s->look.all = !s->look.all;
		break;
	case '/':
		s->typing = true;
		break;
	case ' ':
		s->paused = !s->paused && !s->src;
		break;
	case KEY_UP:
		scroll(s, -1);
		break;
	case KEY_DOWN:
		scroll(s, 1);
		break;
	case KEY_LEFT:
	case KEY_RIGHT:
		move(s, key == KEY_LEFT ? -1 : 1);
		break;
	case KEY_PAGE_UP:
	case KEY_PAGE_DOWN:
		move(s, key == KEY_PAGE_UP ? -10 : 10);
		break;
	case KEY_HOME:
	case KEY_END:
		move(s, key == KEY_HOME ? -(long)s->ticks.n : (long)s->ticks.n);
		break;
	default:
		break;
	}
	return true;
}

static int run_screen(struct show *s, struct err *e)
{
	auto_ptr(terminal) t = NULL;
	int r = terminal_open(&t, e);

	s->look.styled = true;
	while (r >= 0) {
		size_t at = s->at;

		r = draw(s, t, e);
		if (r < 0)
			break;
		int key =
			terminal_key(t, s->src || s->paused ? NSEC_MAX : live_frames_due(s->live));

		if (!obey(s, key))
			return 0;
		/* Live: keys redraw the frame that is there; the next comes when it is due. */
		bool next = s->src ? s->at != at
				   : !s->paused && nsec_monotonic() >= live_frames_due(s->live);

		if (next)
			r = read_frame(s, e);
	}
	return r;
}

/* ---- both ---- */

static int open_recording(struct show *s, const char *path, struct err *e)
{
	int r = opened_run_open(&s->run, path, 0, &s->args->select, "showing what is there", e);

	if (r < 0)
		return r;
	s->src = opened_run_source(&s->run);
	r = frame_ticks_load(s->src, &s->ticks, e);
	if (r < 0)
		return r;
	if (s->ticks.n < 2)
		return err_set(e, -ENODATA, "one tick only, which says nothing of what happened");
	s->at = 1;
	if (s->args->at_given)
		s->at = max_of(frame_ticks_at(&s->ticks, s->ticks.time[0] + s->args->at),
			       (size_t)1);
	return 0;
}

static int open_live(struct show *s, int root_fd, struct err *e)
{
	int r = live_frames_open(root_fd, s->args->interval, &s->live, e);

	if (r < 0)
		return r;
	const char *note = live_frames_note(s->live);

	if (*note)
		log_info("%s", note);
	/* A frame has a begin: nothing is known of the machine before. */
	nsec_t due = live_frames_due(s->live), now = nsec_monotonic();
	nsec_t wait = min_of(due > now ? due - now : 0, NSEC_PER_SEC / 2);

	if (s->args->once || s->args->json)
		wait = due > now ? due - now : 0;
	const struct timespec t = { .tv_sec = (time_t)(wait / NSEC_PER_SEC),
				    .tv_nsec = (long)(wait % NSEC_PER_SEC) };

	(void)nanosleep(&t, NULL);
	return 0;
}

static int show(struct show *s, const char *path, struct err *e)
{
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool screen = !s->args->once && !s->args->json && terminal_there();
	int r;

	if (s->args->select.task) {
		snprintf(s->typed, sizeof(s->typed), "%s", s->args->select.task);
		r = selection_task(&s->args->select, &s->task, e);
		if (r < 0)
			return r;
		s->look.task = &s->task;
	}
	for (unsigned int i = 0; orders[i]; i++)
		if (s->args->sort && !strcmp(s->args->sort, orders[i]))
			s->look.order = (enum frame_order)i;
	s->look.all = s->args->all;
	s->look.title = s->title;
	s->look.when = s->when;
	r = path ? open_recording(s, path, e) : open_live(s, root_fd, e);
	if (r >= 0)
		r = read_frame(s, e);
	if (r < 0)
		return r;
	return screen ? run_screen(s, e) : print_once(s, e);
}

static int top_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	struct top_args *a = args;
	struct show s = { .args = a };
	struct err e = { 0 };

	(void)n_before;
	if (n > 1)
		return command_misused("top", "one recording, or none for this machine");
	if (a->at_given && !n)
		return command_misused("top", "--at is for recordings");
	if (a->interval < SHORTEST_INTERVAL)
		return command_misused("top", "--interval: shorter than 100 ms");
	int status = selection_names(&a->select, "top", n);

	if (status == EXIT_SUCCESS) {
		int r = show(&s, n ? word[0] : NULL, &e);

		if (r < 0) {
			log_error("%s%s%s", n ? word[0] : "", n ? ": " : "", err_text(&e, r));
			status = EXIT_FAILURE;
		}
	}
	if (s.look.task)
		regfree(&s.task);
	machine_frame_free(s.frame);
	live_frames_free(s.live);
	free(s.ticks.time);
	opened_run_close(&s.run);
	selection_done(&a->select);
	return status;
}

static const struct top_args top_defaults = { .interval = 2 * NSEC_PER_SEC };

static const struct command_example top_examples[] = {
	{ "kymo top", "this machine as it runs" },
	{ "kymo top night.kymo --at 2h", "a recording with metrics, from there on" },
	{ "kymo top night.kymo --at 2h --once --sort memory", "one frame as text" },
	{ NULL, NULL },
};

const struct command command_top = {
	.name = "top",
	.summary = "the machine and its processes, tick by tick, live or of a recording",
	.usage = "[OPTIONS] [FILE]",
	.description =
		"Shows what the CPUs, memory, disks, networks and processes did between two ticks, "
		"of a recording made with --metrics or of this machine as it runs.\n\n"
		"CPU% is of one CPU; WAIT% is time spent waiting for one; rates are over the time "
		"that passed between the ticks. A process that began or ended within the frame is "
		"marked. A dash is what is not known.",
	.options = top_options,
	.args_bytes = sizeof(struct top_args),
	.args_default = &top_defaults,
	.examples = top_examples,
	.run = top_run,
};
