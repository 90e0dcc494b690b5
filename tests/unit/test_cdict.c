/* SPDX-License-Identifier: MIT */
/* Tests of src/import/cdict on the fixtures of tests/fixtures/cdict. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "model/sched_track.h"
#include "perf_conversion.h"

static void convert(struct conversion *c, const char *name)
{
	char path[256];
	auto_buf b;

	buf_init(&b, 0);
	(void)snprintf(path, sizeof(path), "tests/fixtures/cdict/%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	assert_true(importer_by_name("cdict")->recognise(b.data, b.len));
	convert_as(c, "cdict", b.data, b.len, false);
}

static void has(struct conversion *c, const char *line)
{
	if (!strstr(buf_str(&c->rows->text), line))
		fail_msg("no '%s' in\n%s", line, buf_str(&c->rows->text));
}

static void check_small(const char *name)
{
	struct conversion c;

	convert(&c, name);
	if (c.r < 0)
		fail_msg("%s", c.e.text);
	assert_true(c.result.complete);
	/* 6 switches, 2 exits, 1 entry, 2 sleeps and their wake-ups */
	assert_int_equal(c.result.events, 13);
	/* Coverage of both CPUs begins with the file. */
	has(&c, "mark 0 0 kind=1");
	has(&c, "mark 1 0 kind=1");
	has(&c, "switch 0 0 next=0 prev=11 state=1 prio=0 ran=40001\n");
	has(&c, "switch 1 100000 next=11 prev=12 state=1 prio=0 ran=250001\n");
	/* The second row of one microsecond is a nanosecond later. */
	has(&c, "kvm_entry 1 100001 tid=11 told=60001\n");
	has(&c, "kvm_exit 1 400000 tid=11 isa=1 reason=12 told=300001\n");
	has(&c, "switch 1 400001 next=0 prev=11 state=1 prio=0 ran=300001\n");
	has(&c, "switch 0 500000 next=12 prev=0 state=0 prio=0 ran=1\n");
	/* 12 runs on CPU 0 since 500 us: it is the waker. */
	has(&c, "stat 0 600000 kind=2 tid=11 nsec=200000\n");
	has(&c, "wakeup 0 600000 tid=11 waker=12 target=0 flags=0\n");
	has(&c, "stat 0 700000 kind=3 tid=13 nsec=5000000\n");
	has(&c, "task -1 700000 kind=6 tid=13 tgid=0 parent=0 flags=0 comm=a name that is longer "
		"than the kernel's fifteen bytes\n");
	/* A name is told once; idle tasks have theirs by their CPU. */
	assert_int_equal(c.rows->rows[track_task.id], 3);
	assert_non_null(strstr(buf_str(&c.result.notes), "states and priorities"));
	done(&c);
}

static void test_small(void **state)
{
	(void)state;
	check_small("small.cdict");
	check_small("small-bin.cdict");
}

static void test_old_run_times(void **state)
{
	struct conversion c;

	(void)state;
	convert(&c, "runtime.cdict");
	assert_int_equal(c.r, 0);
	has(&c, "switch 0 10000 next=22 prev=21 state=1 prio=0 ran=1\n");
	has(&c, "stat 0 30000 kind=1 tid=22 nsec=7000\n");
	has(&c, "switch 0 50000 next=0 prev=22 state=1 prio=0 ran=12001\n");
	/* Not for idle, nor for the switch after the next. */
	has(&c, "switch 0 70000 next=21 prev=0 state=0 prio=0 ran=1\n");
	has(&c, "switch 0 90000 next=22 prev=21 state=1 prio=0 ran=3001\n");
	assert_non_null(strstr(buf_str(&c.result.notes), "3 rows of run time"));
	done(&c);
}

static void test_marshal_is_refused(void **state)
{
	struct conversion c;

	(void)state;
	convert(&c, "marshal.cdict");
	assert_int_equal(c.r, -EMEDIUMTYPE);
	assert_non_null(strstr(c.e.text, "'the file'"));
	assert_non_null(strstr(c.e.text, "marshal"));
	done(&c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_old_run_times),
		cmocka_unit_test(test_marshal_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
