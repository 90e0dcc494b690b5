/* SPDX-License-Identifier: MIT */
/* Event text: the fixture against perf.data, and the forms of other tools and kernels. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>

#include "base/file.h"
#include "import/importer.h"
#include "row_text.h"

#define FIXTURES "tests/fixtures/perf/"

static char meta[4096];

static int take_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)ctx;
	(void)e;
	size_t n = strlen(meta);

	snprintf(meta + n, sizeof(meta) - n, "%s=%s\n", key, value);
	return 0;
}

static int convert(const char *format, const void *data, size_t n, struct row_text *out,
		   struct import_result *result, struct err *e)
{
	auto_ptr(input) in = NULL;
	struct import_args args = { .meta = take_meta };

	meta[0] = '\0';
	assert_int_equal(input_open_memory(data, n, "the file", &in), 0);
	return importer_by_name(format)->run(in, &out->sink, &args, result, e);
}

/* The lines of events only: text has no task records. */
static void keep_events(struct buf *b, struct buf *ret)
{
	buf_init(ret, 0);
	for (const char *line = buf_str(b); *line;) {
		const char *end = strchr(line, '\n') + 1;

		if (!strncmp(line, "switch", 6) || !strncmp(line, "wakeup", 6) ||
		    !strncmp(line, "migrate", 7))
			assert_int_equal(buf_add(ret, line, (size_t)(end - line)), 0);
		line = end;
	}
}

static void convert_fixture(const char *format, const char *name, struct buf *ret)
{
	auto_ptr(row_text) out = row_text_new();
	struct import_result result = { 0 };
	struct err e = { 0 };
	char path[128];
	auto_buf b;

	buf_init(&b, 0);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	if (convert(format, b.data, b.len, out, &result, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	assert_true(result.complete);
	assert_int_equal(result.other, format[5] == 's' ? 0 : 26);
	keep_events(&out->text, ret);
	import_result_done(&result);
}

static void test_same_as_data(void **state)
{
	auto_buf data;
	auto_buf text;

	(void)state;
	convert_fixture("perf-data", "sched.data", &data);
	convert_fixture("perf-script", "sched.script.txt", &text);
	assert_string_equal(buf_str(&text), buf_str(&data));
	assert_true(data.len > 5000);
}

static void expect(const char *text, const char *rows, uint64_t damaged)
{
	auto_ptr(row_text) out = row_text_new();
	struct import_result result = { 0 };
	struct err e = { 0 };

	if (convert("perf-script", text, strlen(text), out, &result, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	assert_string_equal(buf_str(&out->text), rows);
	assert_int_equal(result.damaged, damaged);
	assert_int_equal(result.complete, damaged == 0);
	import_result_done(&result);
}

static void test_forms(void **state)
{
	(void)state;
	expect("# hostname : box\n# arch : riscv64\n#\n"
	       "  my task  77 [001]  12.000001: sched:sched_switch: prev_comm=my task prev_pid=77 "
	       "prev_prio=120 prev_state=D|K ==> next_comm=a pid=3 next_pid=78 next_prio=-1\n"
	       "\tffffffff81000000 schedule+0x1 ([kernel.kallsyms])\n\n"
	       "  a pid=3  78 [001]  12.000002: sched_switch: a pid=3:78 [120] R+ ==> "
	       "kworker/1:0:9 [100]\r\n",
	       "switch 1 12000001000 next=78 prev=77 state=2 prio=255\n"
	       "switch 1 12000002000 next=9 prev=78 state=256 prio=100\n"
	       "task 1 12000001000 kind=6 tid=77 tgid=0 parent=0 flags=0 comm=my task\n"
	       "task 1 12000001000 kind=6 tid=78 tgid=0 parent=0 flags=0 comm=a pid=3\n"
	       "task 1 12000002000 kind=6 tid=9 tgid=0 parent=0 flags=0 comm=kworker/1:0\n",
	       0);
	assert_string_equal(meta, "host.name=box\nhost.machine=riscv64\nimport.clock=as printed\n");
	expect("x 7 [000] 1.0: sched:sched_wakeup: comm=w pid=8 prio=120 target_cpu=002\n"
	       "x 7 [000] 1.1: sched:sched_wakeup_new: comm=w pid=8 prio=120 target_cpu=003\n"
	       "x 7 [000] 1.2: sched:sched_wakeup: comm=w pid=8 prio=120 success=0 target_cpu=1\n"
	       "x 7 [000] 1.3: sched:sched_wakeup: w:8 [120] success=1 CPU:004\n"
	       "x-7 [000] d.h. 1.4: sched_wakeup: w:8 [120]<CANT FIND FIELD success> CPU:005\n"
	       "x 7 [000] 1.5: sched:sched_waking: comm=w pid=8 prio=120 target_cpu=002\n"
	       "x 7 [000] 1.6: sched:sched_migrate_task: comm=w pid=8 prio=120 orig_cpu=5 "
	       "dest_cpu=6\n",
	       "wakeup 0 1000000000 tid=8 waker=7 target=2 flags=0\n"
	       "wakeup 0 1100000000 tid=8 waker=7 target=3 flags=1\n"
	       "wakeup 0 1300000000 tid=8 waker=7 target=4 flags=0\n"
	       "wakeup 0 1400000000 tid=8 waker=7 target=5 flags=0\n"
	       "migrate 0 1600000000 tid=8 from=5 to=6\n"
	       "task 0 1000000000 kind=6 tid=8 tgid=0 parent=0 flags=0 comm=w\n",
	       0);
	expect("x 7 [000] 1.5: sched:sched_waking: comm=w pid=8 prio=120 target_cpu=002\n",
	       "wakeup 0 1500000000 tid=8 waker=7 target=2 flags=0\n"
	       "task 0 1500000000 kind=6 tid=8 tgid=0 parent=0 flags=0 comm=w\n",
	       0);
}

static void test_lives(void **state)
{
	(void)state;
	expect("a 7 [000] 1.0: sched:sched_process_fork: comm=a pid=7 child_comm=a child_pid=8\n"
	       "a 8 [001] 1.1: sched:sched_process_exec: filename=/usr/bin/prog pid=8 old_pid=8\n"
	       "p 8 [001] 1.2: task:task_rename: pid=8 oldcomm=prog newcomm=new name "
	       "oom_score_adj=0\n"
	       "p 8 [001] 1.3: sched:sched_process_exit: comm=new name pid=8 prio=120 "
	       "group_dead=true\n"
	       "p 8 [001] 1.4: sched:sched_wakeup: comm=x pid=9 prio=120 target_cpu=1\n",
	       "wakeup 1 1400000000 tid=9 waker=8 target=1 flags=0\n"
	       "task 0 1000000000 kind=2 tid=8 tgid=0 parent=7 flags=0 comm=a\n"
	       "task 1 1100000000 kind=3 tid=8 tgid=0 parent=0 flags=0 comm=prog\n"
	       "task 1 1200000000 kind=4 tid=8 tgid=0 parent=0 flags=0 comm=new name\n"
	       "task 1 1300000000 kind=5 tid=8 tgid=0 parent=0 flags=0 comm=new name\n"
	       "task 1 1400000000 kind=6 tid=9 tgid=0 parent=0 flags=0 comm=x\n",
	       0);
}

static void test_records(void **state)
{
	(void)state;
	expect("init 0 [000] 0.0: PERF_RECORD_COMM: init:1/1\n"
	       "a 7 [000] 1.0: PERF_RECORD_FORK(8:9):(7:7)\n"
	       "a 8 [000] 1.1: PERF_RECORD_COMM exec: prog:8/9\n"
	       "prog 9 [000] 2.0: PERF_RECORD_SWITCH_CPU_WIDE IN           prev pid/tid:     0/0\n"
	       "prog 9 [000] 2.1: PERF_RECORD_SWITCH_CPU_WIDE OUT preempt  next pid/tid:     7/7\n"
	       "a 7 [000] 2.2: PERF_RECORD_SWITCH_CPU_WIDE IN           prev pid/tid:     8/9\n"
	       "a 7 [000] 3.0: PERF_RECORD_LOST lost 12\n"
	       "a 7 [000] 3.1: PERF_RECORD_EXIT(8:9):(7:7)\n",
	       "switch 0 2000000000 next=9 prev=0 state=0 prio=0\n"
	       "switch 0 2100000000 next=7 prev=9 state=256 prio=0\n"
	       "task -1 1000000000 kind=1 tid=1 tgid=1 parent=0 flags=0 comm=init\n"
	       "task 0 1000000000 kind=2 tid=9 tgid=8 parent=7 flags=0 comm=\n"
	       "task 0 1100000000 kind=3 tid=9 tgid=8 parent=0 flags=0 comm=prog\n"
	       "task 0 2200000000 kind=6 tid=7 tgid=0 parent=0 flags=0 comm=a\n"
	       "task 0 3100000000 kind=5 tid=9 tgid=8 parent=0 flags=0 comm=prog\n"
	       "loss 0 2200000000 end=3000000000 track=0 count=12 cause=2\n",
	       0);
}

/* What is no event is counted; a scheduler event that cannot be read, or a cut one, is damage. */
static void test_damage(void **state)
{
	static const char good[] =
		"x 7 [000] 1.0: sched:sched_wakeup: comm=w pid=8 prio=120 target_cpu=002\n";
	auto_ptr(row_text) out = row_text_new();
	auto_ptr(row_text) cut = row_text_new();
	struct import_result result = { 0 }, cut_result = { 0 };
	struct err e = { 0 };
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 "hello\n%snonsense line\nx 7 [000] 2.0: sched:sched_wakeup: pid\n", good);
	assert_int_equal(convert("perf-script", text, strlen(text), out, &result, &e), 0);
	assert_int_equal(result.events, 1);
	assert_int_equal(result.damaged, 1);
	assert_non_null(strstr(result.damage, "'the file', line 4 (byte "));
	assert_non_null(
		strstr(buf_str(&result.notes), "2 lines are no events, the first is line 1"));
	import_result_done(&result);

	snprintf(text, sizeof(text), "%s%.*s", good, (int)strlen(good) - 2, good);
	assert_int_equal(convert("perf-script", text, strlen(text), cut, &cut_result, &e), 0);
	assert_false(cut_result.complete);
	assert_non_null(strstr(cut_result.damage, "line 2 (byte "));
	import_result_done(&cut_result);
}

static void test_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"hello\n",
		"perf 3 1.0: sched:sched_switch: no cpu\n",
		"a 1 [000] 1.0: cycles: 123 x\n",
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		auto_ptr(row_text) out = row_text_new();
		struct import_result result = { 0 };
		struct err e = { 0 };

		assert_int_equal(
			convert("perf-script", texts[i], strlen(texts[i]), out, &result, &e),
			-ENODATA);
		assert_non_null(strstr(e.text, "'the file': no scheduler or KVM event"));
		import_result_done(&result);
	}
}

static void test_recognise(void **state)
{
	static const struct {
		const char *text;
		const char *importer;
	} cases[] = {
		{ "PERFILE2", "perf-data" },
		{ "2ELIFREP", "perf-data" },
		{ "# ========\n# captured on: now\n", "perf-script" },
		{ "\n x 7 [000] 1.0: sched:sched_wakeup: comm=w\n", "perf-script" },
		{ "root:x:0:0\n", NULL },
		{ "", NULL },
		{ "\x89KYMO\r\n", NULL },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(cases); i++) {
		auto_ptr(input) in = NULL;

		assert_int_equal(input_open_memory(cases[i].text, strlen(cases[i].text), "x", &in),
				 0);
		const struct importer *found = importer_recognise(in);

		if (!cases[i].importer)
			assert_null(found);
		else
			assert_string_equal(found->name, cases[i].importer);
	}
	assert_null(importer_by_name("nothing"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_same_as_data), cmocka_unit_test(test_forms),
		cmocka_unit_test(test_lives),	     cmocka_unit_test(test_records),
		cmocka_unit_test(test_damage),	     cmocka_unit_test(test_refused),
		cmocka_unit_test(test_recognise),
	};

	return cmocka_run_group_tests_name("perf_script", tests, NULL, NULL);
}
