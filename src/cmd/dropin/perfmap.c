/* SPDX-License-Identifier: MIT */
/*
 * perfmap: pages and lists of cdict files, with the options of perfwhiz' program of that name. The
 * page is that of kymo report, opened on the view that was asked for.
 */
#include <ctype.h>
#include <errno.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "cmd/dropin/dropin.h"

#define FILES_MAX 32u

struct perfmap_args {
	const char *task, *label, *map, *output_dir, *successors_of;
	bool heatmaps, headless, merge_sys_tasks, append_tid, list;
	uint64_t cap, from;
	bool cap_given, from_given;
};

static const struct option_spec options[] = {
	{ .name = "task",
	  .letter = 't',
	  .type = OPTION_STRING,
	  .arg = "REGEX",
	  OPTION_AT(struct perfmap_args, task),
	  .help = "tasks by name, from its begin on; a leading '*' means anything before; with "
		  "--heatmaps a number is a thread id" },
	{ .name = "label",
	  .type = OPTION_STRING,
	  .arg = "TEXT",
	  OPTION_AT(struct perfmap_args, label),
	  .help = "title of the page and begin of its file name" },
	{ .name = "map",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfmap_args, map),
	  .help = "name tasks by this CSV file" },
	{ .name = "output-dir",
	  .type = OPTION_STRING,
	  .arg = "DIR",
	  OPTION_AT(struct perfmap_args, output_dir),
	  .help = "where the page goes (the folder of the first file)" },
	{ .name = "heatmaps",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfmap_args, heatmaps),
	  .help = "open the page on durations over time; one file only" },
	{ .name = "headless",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfmap_args, headless),
	  .help = "do not open the page in a browser" },
	{ .name = "cap",
	  .letter = 'c',
	  .type = OPTION_U64,
	  .arg = "MSEC",
	  OPTION_AT(struct perfmap_args, cap),
	  OPTION_GIVEN(struct perfmap_args, cap_given),
	  .help = "length of the window (to the end of the shortest capture)" },
	{ .name = "from",
	  .letter = 'f',
	  .type = OPTION_U64,
	  .arg = "MSEC",
	  OPTION_AT(struct perfmap_args, from),
	  OPTION_GIVEN(struct perfmap_args, from_given),
	  .help = "begin of the window, from the begin of the capture" },
	{ .name = "merge-sys-tasks",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfmap_args, merge_sys_tasks),
	  .help = "count the kernel's tasks of all CPUs as one (kworker/1:2 as kworker)" },
	{ .name = "append-tid",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfmap_args, append_tid),
	  .help = "name tasks 'name:tid', so that equal names stay apart" },
	{ .name = "successors-of",
	  .type = OPTION_STRING,
	  .arg = "TASK",
	  OPTION_AT(struct perfmap_args, successors_of),
	  .help = "only print which tasks ran after this one, a thread id or a name" },
	{ .name = "list",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfmap_args, list),
	  .help = "only print the tasks of each file" },
	{ 0 },
};

/* What the options say, in the words of our commands; buffers because lines are lent words. */
struct plan {
	const struct perfmap_args *args;
	struct buf file[FILES_MAX], regex, path, from, length;
	unsigned int n_files;
};

static void plan_init(struct plan *p, const struct perfmap_args *args)
{
	*p = (struct plan){ .args = args };
	for (size_t i = 0; i < FILES_MAX; i++)
		buf_init(&p->file[i], 0);
	buf_init(&p->regex, 0);
	buf_init(&p->path, 0);
	buf_init(&p->from, 0);
	buf_init(&p->length, 0);
}

static void plan_done(struct plan *p)
{
	for (size_t i = 0; i < FILES_MAX; i++)
		buf_done(&p->file[i]);
	buf_done(&p->regex);
	buf_done(&p->path);
	buf_done(&p->from);
	buf_done(&p->length);
}

static bool is_number(const char *s)
{
	size_t n = strspn(s, "0123456789");

	return n && !s[n];
}

/* A name that is not there may stand for NAME.cdict, as ever. */
static void add_file(struct plan *p, const char *word)
{
	struct buf *b = &p->file[p->n_files++];

	(void)buf_add_str(b, word);
	if (access(word, F_OK) < 0)
		(void)buf_add_str(b, ".cdict");
}

static void set_regex(struct plan *p)
{
	const char *task = p->args->task;

	if (p->args->heatmaps && is_number(task))
		(void)buf_addf(&p->regex, ":%s$", task);
	else
		(void)buf_addf(&p->regex, "^(%s%s)", *task == '*' ? "." : "", task);
}

static void set_window(struct plan *p)
{
	if (p->args->from)
		(void)buf_addf(&p->from, "%llums", (unsigned long long)p->args->from);
	if (p->args->cap_given)
		(void)buf_addf(&p->length, "%llums", (unsigned long long)p->args->cap);
}

/* Folder of @file with its '/', or nothing. */
static void add_folder(struct buf *b, const char *file)
{
	const char *slash = strrchr(file, '/');

	(void)buf_add(b, file, slash ? (size_t)(slash - file) + 1 : 0);
}

/* Name of @file without folder and ending. */
static void add_base(struct buf *b, const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash ? slash + 1 : file;
	const char *dot = strrchr(base, '.');

	(void)buf_add(b, base, dot && dot > base ? (size_t)(dot - base) : strlen(base));
}

/* @s with '/' and control characters as '_', and blanks as @blank. */
static void add_clean(struct buf *b, const char *s, char blank)
{
	for (; *s; s++) {
		char c = *s;

		if (c == '/' || iscntrl((unsigned char)c))
			c = '_';
		else if (c == ' ')
			c = blank;
		(void)buf_add(b, &c, 1);
	}
}

/* DIR/BASE-charts_REGEX.html, or DIR/LABEL-charts.html. */
static void set_path(struct plan *p)
{
	const struct perfmap_args *a = p->args;
	const char *task = a->task, *first = buf_str(&p->file[0]);
	const char *kind = a->heatmaps ? "heatmaps" : "charts";

	if (a->output_dir)
		(void)buf_addf(&p->path, "%s/", a->output_dir);
	else
		add_folder(&p->path, first);
	if (a->label) {
		add_clean(&p->path, a->label, '-');
		(void)buf_addf(&p->path, "-%s.html", kind);
		return;
	}
	add_base(&p->path, first);
	(void)buf_addf(&p->path, "%s-%s_", p->n_files > 1 ? "-diff" : "", kind);
	if (*task == '*')
		task++;
	else if (!strncmp(task, ".*", 2))
		task += 2;
	add_clean(&p->path, task, ' ');
	(void)buf_add_str(&p->path, ".html");
}

static int plan_make(struct plan *p, const char **word, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		add_file(p, word[i]);
	if (p->args->task)
		set_regex(p);
	set_window(p);
	if (p->args->task)
		set_path(p);
	bool failed = buf_error(&p->regex) || buf_error(&p->path) || buf_error(&p->from) ||
		      buf_error(&p->length);

	for (unsigned int i = 0; i < p->n_files; i++)
		failed |= buf_error(&p->file[i]) < 0;
	if (failed)
		log_error("out of memory");
	return failed ? -ENOMEM : 0;
}

/* Options that pages and lists share. */
static void common_options(struct plan *p, struct line *l)
{
	const struct perfmap_args *a = p->args;

	if (p->from.len)
		line_option(l, "--from", buf_str(&p->from));
	if (p->length.len)
		line_option(l, "--for", buf_str(&p->length));
	line_option(l, "--map", a->map);
	if (a->merge_sys_tasks)
		line_add(l, "--merge-sys-tasks");
	if (a->append_tid || (a->heatmaps && a->task && is_number(a->task)))
		line_add(l, "--append-tid");
}

/* One table per file, one after the other. */
static int print_lists(struct plan *p)
{
	const struct perfmap_args *a = p->args;
	int status = EXIT_SUCCESS;

	for (unsigned int i = 0; i < p->n_files; i++) {
		struct line l = { 0 };

		line_add(&l, "show");
		if (a->list) {
			line_add(&l, "perfwhiz");
			line_option(&l, "--chart", "list");
		} else {
			line_add(&l, "successors");
			line_option(&l, "--of", a->successors_of);
		}
		common_options(p, &l);
		line_option(&l, "--top", "0");
		line_add(&l, buf_str(&p->file[i]));
		status = max_of(status, line_run(&l));
	}
	return status;
}

/* In a new tab of the desktop's browser, where there is a desktop. */
static void open_browser(const char *path)
{
	extern char **environ;
	auto_free char *real = realpath(path, NULL);
	char program[] = "xdg-open";
	char *argv[] = { program, real, NULL };
	pid_t pid;

	if (!real || (!getenv("DISPLAY") && !getenv("WAYLAND_DISPLAY")))
		return;
	int r = posix_spawnp(&pid, program, NULL, NULL, argv, environ);

	if (r)
		log_warn("cannot open a browser: %s (try: --headless)", strerror(r));
}

static int make_page(struct plan *p)
{
	const struct perfmap_args *a = p->args;
	const char *path = buf_str(&p->path);
	struct line l = { 0 };
	struct stat st;

	line_add(&l, "report");
	line_option(&l, "-o", path);
	line_option(&l, "--title", a->label);
	line_option(&l, "--task", buf_str(&p->regex));
	line_option(&l, "--view", a->heatmaps ? "durations" : "switches");
	common_options(p, &l);
	for (unsigned int i = 0; i < p->n_files; i++)
		line_add(&l, buf_str(&p->file[i]));
	int status = line_run(&l);

	if (status == EXIT_USAGE || stat(path, &st) < 0)
		return status;
	printf("Saved to %s (%lld Kbytes)\n", path, (long long)(st.st_size + 1023) / 1024);
	if (!a->headless)
		open_browser(path);
	return status;
}

static int perfmap_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct perfmap_args *a = args;
	struct plan p;
	struct stat st;

	(void)n_before;
	if (!n) {
		log_error("perfmap: missing cdict file (try: perfmap -t '*' test.cdict)");
		return EXIT_FAILURE;
	}
	if (n > FILES_MAX)
		return command_misused("perfmap", "at most %u files", FILES_MAX);
	if (!a->list && !a->successors_of && !a->task) {
		log_error("perfmap: which tasks? (try: -t '*' for all)");
		return EXIT_FAILURE;
	}
	if (a->heatmaps && n > 1) {
		log_error("perfmap: --heatmaps takes one file (try: without it for a difference)");
		return EXIT_FAILURE;
	}
	if (a->output_dir && (stat(a->output_dir, &st) < 0 || !S_ISDIR(st.st_mode))) {
		log_error("perfmap: there is no folder '%s' (try: mkdir)", a->output_dir);
		return EXIT_FAILURE;
	}
	plan_init(&p, a);
	int status = EXIT_FAILURE;

	if (plan_make(&p, word, n) >= 0)
		status = a->list || a->successors_of ? print_lists(&p) : make_page(&p);
	plan_done(&p);
	return status;
}

static const struct command_example examples[] = {
	{ "perfmap -t '*vcpu0' test.cdict", "CPU use, KVM exits and core map of some tasks" },
	{ "perfmap -t '*vcpu0' --heatmaps -c 1000 test.cdict", "durations over one second" },
	{ "perfmap -t '*' -c 1000 -f 2000 test.cdict", "all tasks, the third second" },
	{ "perfmap -t '*vcpu0' test.cdict test2.cdict", "two runs side by side" },
	{ "perfmap --list test.cdict", "the tasks of a file" },
	{ NULL, NULL },
};

const struct command dropin_perfmap = {
	.name = "perfmap",
	.summary = "make pages and lists of cdict files, as perfwhiz did",
	.usage = "[OPTIONS] FILE...",
	.description =
		"Takes the command lines of perfwhiz' perfmap: one page for the tasks that match, "
		"from one or more cdict files (recordings and perf.data work too). Several files "
		"are cut to one window, each from its own begin, and compared; what is counted is "
		"set against the time that each file really covers, never extrapolated.\n\n"
		"The page goes to BASE-charts_REGEX.html (BASE-heatmaps_REGEX.html), or to "
		"LABEL-charts.html, in --output-dir or beside the first file.",
	.options = options,
	.args_bytes = sizeof(struct perfmap_args),
	.examples = examples,
	.run = perfmap_run,
	.dropin = true,
};
