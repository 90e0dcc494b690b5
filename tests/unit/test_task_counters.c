/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/task_counters with software events and a child of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "capture/task_counters.h"
#include "row_text.h"

/* Count a shell that starts `true` in a child of its own. */
static void count_child(struct task_counters *c, struct sink *sink)
{
	int go[2], status;
	char byte = 0;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		if (read(go[0], &byte, 1) == 1)
			execl("/bin/sh", "sh", "-c", "/bin/true; exit 3", (char *)NULL);
		_exit(127);
	}
	(void)task_counters_open(c, pid);
	assert_int_equal(write(go[1], "", 1), 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 3);
	assert_int_equal(task_counters_write(c, pid, 77, sink, NULL), 0);
	close(go[0]);
	close(go[1]);
}

static void test_counting(void **state)
{
	auto_ptr(task_counters) c = NULL;
	auto_ptr(row_text) rows = row_text_new();
	auto_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err e = { 0 };

	(void)state;
	assert_int_equal(task_counters_new(root, "page-faults,,task-clock:qq", &c, &e), -EINVAL);
	assert_int_equal(task_counters_new(root, "page-faults,task-clock,no/x=1/", &c, &e), 0);
	assert_int_equal(task_counters_n(c), 3);
	assert_string_equal(task_counters_name(c, 1), "task-clock");
	assert_string_not_equal(task_counters_missing(c, 2), ""); /* no such PMU */
	count_child(c, &rows->sink);
	if (task_counters_missing(c, 0)[0]) {
		print_message("events may not be counted here: %s\n", task_counters_missing(c, 0));
		skip();
	}
	const char *text = buf_str(&rows->text);

	assert_non_null(strstr(text, "counter -1 77 event=0 kind=3"));
	assert_non_null(strstr(text, "counter -1 77 event=1 kind=3"));
	assert_null(strstr(text, "value=0 "));
	assert_null(strstr(text, "event=2"));
	buf_clear(&rows->text);
	assert_int_equal(task_counters_describe(c, &rows->sink, 80, NULL), 0);
	text = buf_str(&rows->text);
	assert_non_null(strstr(text, "number=0 name=page-faults"));
	assert_non_null(strstr(text, "number=1 name=task-clock unit=ns"));
	assert_non_null(strstr(text, "number=2 name=no/x=1/"));
	assert_non_null(strstr(text, "flags=24 ")); /* missing, counted */
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_counting) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
