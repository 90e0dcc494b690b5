/* SPDX-License-Identifier: MIT */
/*
 * KVM tracepoints of kernels that differ in layout, word size, byte order and architecture: the
 * fixtures of kvm_kernels.py, whose events stand there in plain words. Then the text that perf
 * script prints for them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>

#include "base/file.h"
#include "import/kvm_event.h"
#include "model/kvm_track.h"
#include "perf_conversion.h"

#define FIXTURES "tests/fixtures/perf/"

static void convert(struct conversion *c, const char *name)
{
	char path[256];
	auto_buf b;

	buf_init(&b, 0);
	snprintf(path, sizeof(path), FIXTURES "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	convert_as(c, strstr(name, ".txt") ? "perf-script" : "perf-data", b.data, b.len, false);
	if (c->r < 0)
		fail_msg("%s: %s", name, c->e.text);
	assert_true(c->result.complete);
	assert_int_equal(c->result.other, 0);
	assert_int_equal(c->result.damaged, 0);
}

/* Rows of events; of the task track each tool knows what it knows. */
static void keep_events(struct conversion *c, struct buf *ret)
{
	buf_init(ret, 0);
	for (const char *line = buf_str(&c->rows->text); *line;) {
		const char *end = strchr(line, '\n') + 1;

		if (strncmp(line, "task", 4) && strncmp(line, "clock", 5) &&
		    strncmp(line, "cpu", 3))
			assert_int_equal(buf_add(ret, line, (size_t)(end - line)), 0);
		line = end;
	}
}

static void expect(const char *name, const char *rows)
{
	struct conversion c;
	auto_buf events;

	convert(&c, name);
	keep_events(&c, &events);
	assert_string_equal(buf_str(&events), rows);
	done(&c);
}

static const char rows_2_6_35[] = "kvm_exit 0 5000000001500 tid=701 isa=0 reason=30\n"
				  "kvm_exit 0 5000000006000 tid=701 isa=0 reason=32\n"
				  "kvm_exit 0 5000000010500 tid=701 isa=0 reason=48\n"
				  "kvm_exit 1 5000000015000 tid=702 isa=0 reason=10\n"
				  "kvm_entry 0 5000000004500 tid=701\n"
				  "kvm_entry 0 5000000009000 tid=701\n"
				  "kvm_entry 1 5000000013500 tid=702\n"
				  "kvm_entry 1 5000000019500 tid=702\n"
				  "kvm 0 5000000003000 kind=3 tid=701 what=1016 detail=65793\n"
				  "kvm 0 5000000007500 kind=4 tid=701 what=372 detail=3\n"
				  "kvm 1 5000000012000 kind=2 tid=702 what=4276092976 detail=260\n"
				  "kvm 1 5000000016500 kind=10 tid=702 what=2147483649 detail=0\n"
				  "kvm 1 5000000018000 kind=8 tid=702 what=239 detail=0\n";

static const char rows_4_19[] =
	"kvm_exit 0 5000000004500 tid=701 isa=2 reason=123\n"
	"kvm_exit 0 5000000013500 tid=701 isa=2 reason=124\n"
	"kvm_exit 1 5000000018000 tid=702 isa=2 reason=1024\n"
	"kvm_exit 1 5000000025500 tid=702 isa=2 reason=120\n"
	"kvm_entry 0 5000000003000 tid=701\n"
	"kvm_entry 0 5000000012000 tid=701\n"
	"kvm_entry 1 5000000016500 tid=702\n"
	"kvm_entry 1 5000000024000 tid=702\n"
	"kvm 0 5000000001500 kind=11 tid=701 what=1 detail=0\n"
	"kvm 0 5000000006000 kind=3 tid=701 what=3324 detail=196612\n"
	"kvm 0 5000000007500 kind=11 tid=701 what=0 detail=0\n"
	"kvm 0 5000000009000 kind=1 tid=701 what=2 detail=0\n"
	"kvm 0 5000000010500 kind=11 tid=701 what=1 detail=0\n"
	"kvm 0 5000000015000 kind=4 tid=701 what=3221225600 detail=0\n"
	"kvm 1 5000000019500 kind=2 tid=702 what=18446744073688580096 detail=520\n"
	"kvm 1 5000000021000 kind=1 tid=702 what=6 detail=0\n"
	"kvm 1 5000000022500 kind=8 tid=702 what=49 detail=0\n"
	"kvm 1 5000000027000 kind=7 tid=702 what=41234 detail=3\n"
	"kvm 1 5000000028500 kind=1 tid=702 what=10 detail=4\n";

static const char rows_6_18[] = "stat 0 5000000001500 kind=5 tid=702 nsec=5000000000\n"
				"stat 1 5000000031500 kind=1 tid=701 nsec=123456\n"
				"kvm_exit 0 5000000004500 tid=701 isa=1 reason=30\n"
				"kvm_exit 0 5000000010500 tid=701 isa=1 reason=2147483696\n"
				"kvm_exit 1 5000000027000 tid=702 isa=1 reason=32\n"
				"kvm_entry 0 5000000003000 tid=701\n"
				"kvm_entry 0 5000000009000 tid=701\n"
				"kvm_entry 1 5000000024000 tid=702\n"
				"kvm_entry 1 5000000030000 tid=702\n"
				"kvm 0 5000000006000 kind=3 tid=701 what=1016 detail=65793\n"
				"kvm 0 5000000007500 kind=1 tid=701 what=2 detail=0\n"
				"kvm 0 5000000012000 kind=2 tid=701 what=4276093168 detail=4\n"
				"kvm 0 5000000013500 kind=6 tid=701 what=10000 detail=0\n"
				"kvm 0 5000000015000 kind=7 tid=701 what=3000 detail=0\n"
				"kvm 0 5000000016500 kind=5 tid=701 what=5 detail=0\n"
				"kvm 1 5000000018000 kind=8 tid=702 what=236 detail=2\n"
				"kvm 1 5000000019500 kind=128 tid=702 what=0 detail=0\n"
				"kvm 1 5000000021000 kind=129 tid=702 what=0 detail=0\n"
				"kvm 1 5000000022500 kind=128 tid=702 what=0 detail=0\n"
				"kvm 1 5000000028500 kind=4 tid=702 what=1760 detail=1\n"
				"kvm 1 5000000033000 kind=1 tid=702 what=10 detail=14\n"
				"loss 1 5000000024000 end=5000000025500 track=0 count=7 cause=2\n";

static const char rows_arm64[] = "kvm_exit 0 5000000003000 tid=701 isa=3 reason=36\n"
				 "kvm_exit 0 5000000009000 tid=701 isa=3 reason=256\n"
				 "kvm_exit 1 5000000012000 tid=702 isa=3 reason=1\n"
				 "kvm_exit 1 5000000018000 tid=702 isa=3 reason=257\n"
				 "kvm_entry 0 5000000001500 tid=701\n"
				 "kvm_entry 0 5000000007500 tid=701\n"
				 "kvm_entry 1 5000000010500 tid=702\n"
				 "kvm_entry 1 5000000016500 tid=702\n"
				 "kvm 0 5000000004500 kind=2 tid=701 what=150994944 detail=516\n"
				 "kvm 0 5000000006000 kind=1 tid=701 what=6 detail=0\n"
				 "kvm 1 5000000013500 kind=128 tid=702 what=0 detail=0\n"
				 "kvm 1 5000000015000 kind=7 tid=702 what=250000 detail=3\n";

static void test_2_6_35(void **state)
{
	(void)state;
	expect("kvm-2.6.35.data", rows_2_6_35);
}

static void test_4_19(void **state)
{
	(void)state;
	expect("kvm-4.19.data", rows_4_19);
}

static void test_6_18(void **state)
{
	struct conversion c;

	(void)state;
	expect("kvm-6.18.data", rows_6_18);
	expect("kvm-6.18.pipe", rows_6_18);
	convert(&c, "kvm-6.18.data");
	assert_int_equal(c.result.lost, 7);
	assert_non_null(strstr(buf_str(&c.meta),
			       "kvm.kind.128=kvm_pml_full\nkvm.kind.129=vcpu_match_mmio\n"));
	assert_non_null(
		strstr(buf_str(&c.rows->text), "tid=702 tgid=0 parent=0 flags=0 comm=task\n"));
	done(&c);
}

static void test_arm64(void **state)
{
	(void)state;
	expect("kvm-arm64.data", rows_arm64);
	expect("kvm-arm64-be.data", rows_arm64);
}

/* The text of @name.script.txt gives the rows of @name.data, but for what the text does not say. */
static void same_text(const char *name, unsigned int errnos)
{
	struct conversion data, text;
	char path[64];
	auto_buf want;
	auto_buf got;

	snprintf(path, sizeof(path), "%s.data", name);
	convert(&data, path);
	snprintf(path, sizeof(path), "%s.script.txt", name);
	convert(&text, path);
	assert_int_equal(forget_errno(&data.rows->text), errnos);
	assert_int_equal(forget_errno(&text.rows->text), 0);
	keep_events(&data, &want);
	keep_events(&text, &got);
	/* Names tell the instruction set, which the records of old kernels do not hold. */
	for (char *p = (char *)want.data; (p = strstr(p, "isa=0"));)
		p[4] = '1';
	assert_string_equal(buf_str(&got), buf_str(&want));
	done(&data);
	done(&text);
}

static void test_text(void **state)
{
	(void)state;
	same_text("kvm-2.6.35", 0);
	same_text("kvm-4.19", 1);
	same_text("kvm-6.18", 1);
	same_text("kvm-arm64", 0);
}

static void test_records(void **state)
{
	static const char text[] =
		"name: kvm_new\nID: 7\nformat:\n"
		"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n";
	const uint8_t raw[8] = { 0, 0, 0, 0, 0, 0, 1, 2 };
	auto_ptr(row_text) out = row_text_new();
	auto_ptr(tracepoint) t = NULL;
	struct kvm_event ev;
	struct sched_rows s;
	struct kvm_rows k;

	(void)state;
	assert_int_equal(tracepoint_parse(text, strlen(text), &t, NULL), 0);
	assert_int_equal(kvm_event_init(&ev, t, t->name, NULL), 0);
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	kvm_rows_init(&k, &s);
	assert_int_equal(kvm_event_rows(&ev, &k, 0, 1, 5, raw, 7, true, NULL), -EBADMSG);
	assert_int_equal(k.n_names, 0);
	assert_int_equal(kvm_event_rows(&ev, &k, 0, 1, 5, raw, 8, true, NULL), 0);
	assert_int_equal(kvm_event_rows(&ev, &k, 0, 2, KVM_EVENT_TID_UNKNOWN, raw, 8, true, NULL),
			 0);
	assert_int_equal(kvm_event_rows(&ev, &k, 0, 3, KVM_EVENT_TID_UNKNOWN, raw, 8, false, NULL),
			 0);
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_string_equal(buf_str(&out->text), "kvm 0 1 kind=128 tid=5 what=0 detail=0\n"
						 "kvm 0 2 kind=128 tid=258 what=0 detail=0\n"
						 "kvm 0 3 kind=128 tid=33619968 what=0 detail=0\n");
	/* No kind is left. */
	while (k.n_names < KVM_ROWS_NAMES) {
		char name[16];
		int n = snprintf(name, sizeof(name), "n%u", k.n_names);

		assert_true(kvm_rows_kind(&k, name, (size_t)n) > 0);
	}
	assert_int_equal(kvm_event_init(&ev, t, "kvm_newer", NULL), 0);
	assert_int_equal(kvm_event_rows(&ev, &k, 0, 4, 5, raw, 8, true, NULL), -ENOSPC);
	kvm_rows_done(&k);
	sched_rows_done(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_2_6_35), cmocka_unit_test(test_4_19),
		cmocka_unit_test(test_6_18),   cmocka_unit_test(test_arm64),
		cmocka_unit_test(test_text),   cmocka_unit_test(test_records),
	};

	return cmocka_run_group_tests_name("kvm_event", tests, NULL, NULL);
}
