/* SPDX-License-Identifier: MIT */
/*
 * perfcollector_script.sh: four files of /proc as JSON lines every 5 s until it is stopped. Unlike
 * the script it keeps its pace, and texts keep their blanks and their last line break.
 */
#include <errno.h>
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "cmd/dropin/dropin.h"
#include "collect/proc_file.h"
#include "format/perfcollector_record.h"

#define FREQUENCY (5 * NSEC_PER_SEC)

static const char *const paths[] = { "/proc/stat", "/proc/meminfo", "/proc/diskstats",
				     "/proc/net/dev" };

/* One round. A file that cannot be read is left out; the message comes once, at the start. */
static int print_round(struct proc_file *file, struct buf *lines)
{
	struct perfcollector_record r = { .site = 1,
					  .time = nsec_realtime(),
					  .frequency = FREQUENCY };

	buf_clear(lines);
	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		r.start = nsec_realtime();
		r.path = paths[i];
		r.text = proc_file_read(&file[i]);
		r.text_bytes = r.text ? strlen(r.text) : 0;
		r.duration = nsec_realtime() - r.time;
		if (r.text && perfcollector_record_add(&r, lines) < 0)
			return -ENOMEM;
	}
	return file_write_all(STDOUT_FILENO, lines->data, lines->len);
}

static int run_rounds(struct proc_file *file)
{
	nsec_t due = nsec_monotonic();
	auto_buf lines;
	int r;

	buf_init(&lines, BUF_MAX_DEFAULT);
	while ((r = print_round(file, &lines)) == 0) {
		due += FREQUENCY;
		const struct timespec t = { .tv_sec = (time_t)(due / NSEC_PER_SEC),
					    .tv_nsec = (long)(due % NSEC_PER_SEC) };

		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL) == EINTR)
			;
	}
	log_error("cannot write: %s", strerror(-r));
	return EXIT_FAILURE;
}

static int perfcollector_script_run(void *args, const char **word, unsigned int n,
				    unsigned int n_before)
{
	struct proc_file file[ARRAY_SIZE(paths)] = { 0 };
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct proc_root root = { .fd = root_fd };
	unsigned int there = 0;

	(void)args;
	(void)word;
	(void)n_before;
	if (n)
		return command_misused("perfcollector_script", "it takes no arguments");
	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		int r = proc_file_open(&file[i], &root, paths[i] + 1);

		if (r < 0)
			log_warn("cannot open '%s': %s, leaving it out", paths[i], strerror(-r));
		there += r == 0;
	}
	int status = there ? run_rounds(file) : EXIT_FAILURE;

	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++)
		proc_file_done(&file[i]);
	return status;
}

static const struct command_example examples[] = {
	{ "perfcollector_script > capture.json", "until Ctrl-C; kymo convert reads it" },
	{ NULL, NULL },
};

const struct command dropin_perfcollector_script = {
	.name = "perfcollector_script",
	.summary = "print files of /proc as JSON every 5 s, as perfcollector's script did",
	.usage = "",
	.description = "Prints the text of /proc/stat, /proc/meminfo, /proc/diskstats and "
		       "/proc/net/dev as a line of JSON each, every 5 s, until it is stopped. kymo "
		       "record --raw stores the same in a fraction of the space.",
	.examples = examples,
	.run = perfcollector_script_run,
	.dropin = true,
};
