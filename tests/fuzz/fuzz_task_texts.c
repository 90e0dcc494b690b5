/* SPDX-License-Identifier: MIT */
/* What the kernel says of tasks: texts of /proc, and messages of taskstats. */
#include <stdlib.h>
#include <string.h>

#include "collect/task_ends.h"
#include "collect/task_texts.h"
#include "fuzz.h"

static int take(void *ctx, const struct task_numbers *n)
{
	(void)ctx;
	if (!n->ended || !memchr(n->name, '\0', sizeof(n->name)))
		abort();
	return 0;
}

static void check_stat(const char *text)
{
	struct task_stat s;

	if (task_stat_parse(text, &s) < 0)
		return;
	if (!memchr(s.name, '\0', sizeof(s.name)) || s.fields < TASK_STAT_FLAGS ||
	    s.fields > TASK_STAT_GUEST || (unsigned char)s.state <= ' ')
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct task_status status;
	struct task_schedstat sched;
	struct task_io io;
	char *text = malloc(n + 1);
	/* Processes, and threads; the kernel's messages are aligned. */
	void *messages = malloc(n + 1);

	if (!text || !messages)
		abort();
	memcpy(text, data, n);
	text[n] = '\0';
	check_stat(text);
	task_status_parse(text, &status);
	if (status.has_swap && status.swap % 1024)
		abort();
	int r = task_io_parse(text, &io) | task_schedstat_parse(text, &sched);

	if (r > 0)
		abort();
	memcpy(messages, data, n);
	for (int threads = 0; threads < 2; threads++) {
		struct task_ends *x = task_ends_of_messages(0x1c, threads, true);

		if (!x || task_ends_take(x, messages, n, &(struct task_taker){ .take = take }) < 0)
			abort();
		task_ends_free(x);
	}
	free(messages);
	free(text);
	return 0;
}
