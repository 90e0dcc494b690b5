/* SPDX-License-Identifier: MIT */
/* Tracepoint records of kernels that differ: order and size of fields, state bits, byte order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "import/sched_event.h"
#include "row_text.h"

#define COMMON                                                                         \
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"         \
	"\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"         \
	"\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n" \
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n"

/* Before 4.14: bits above Z mean other things, R+ is the bit above all. */
static const char old_switch[] =
	"name: sched_switch\nID: 300\nformat:\n" COMMON
	"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:1;\n"
	"\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
	"\tfield:int prev_prio;\toffset:28;\tsize:4;\tsigned:1;\n"
	"\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
	"\tfield:char next_comm[16];\toffset:40;\tsize:16;\tsigned:1;\n"
	"\tfield:pid_t next_pid;\toffset:56;\tsize:4;\tsigned:1;\n"
	"\tfield:int next_prio;\toffset:60;\tsize:4;\tsigned:1;\n"
	"\nprint fmt: \"...\", REC->prev_state & (2048-1) ? __print_flags(REC->prev_state & "
	"(2048-1), "
	"\"|\", { 1, \"S\"} , { 2, \"D\" }, { 4, \"T\" }, { 8, \"t\" }, { 16, \"Z\" }, { 32, \"X\" "
	"}, "
	"{ 64, \"x\" }, { 128, \"K\" }, { 256, \"W\" }, { 512, \"P\" }, { 1024, \"N\" }) : \"R\", "
	"REC->prev_state & 2048 ? \"+\" : \"\", REC->next_comm, REC->next_pid, REC->next_prio\n";

static void init(struct sched_event *ev, enum sched_event_kind kind, const char *format)
{
	auto_ptr(tracepoint) t = NULL;
	struct err e = { 0 };

	if (tracepoint_parse(format, strlen(format), &t, &e) < 0 ||
	    sched_event_init(ev, kind, t, &e) < 0)
		fail_msg("%s", e.text);
}

static unsigned int state_of(const struct sched_event *ev, uint64_t raw_state)
{
	auto_ptr(row_text) out = row_text_new();
	struct sched_rows s;
	uint8_t raw[64] = { 0 };
	unsigned int state = 0xdead;

	memcpy(raw + 32, &raw_state, 8);
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	assert_int_equal(sched_event_rows(ev, &s, 0, 1, raw, sizeof(raw), false, NULL), 0);
	assert_int_equal(sched_rows_finish(&s, NULL), 0);
	assert_int_equal(sscanf(buf_str(&out->text), "switch 0 1 next=0 prev=0 state=%u", &state),
			 1);
	sched_rows_done(&s);
	return state;
}

static void test_old_states(void **state)
{
	struct sched_event ev;

	(void)state;
	init(&ev, SCHED_EVENT_SWITCH, old_switch);
	assert_int_equal(state_of(&ev, 0), 0);
	assert_int_equal(state_of(&ev, 1), 0x1);
	assert_int_equal(state_of(&ev, 2), 0x2);
	assert_int_equal(state_of(&ev, 16), 0x20); /* Z and X changed places */
	assert_int_equal(state_of(&ev, 32), 0x10);
	assert_int_equal(state_of(&ev, 64), 0x10);
	assert_int_equal(state_of(&ev, 128 | 2), 0x2); /* killable */
	assert_int_equal(state_of(&ev, 512), 0x40);
	assert_int_equal(state_of(&ev, 2048), 0x100);
	assert_int_equal(state_of(&ev, UINT64_C(1) << 40), 0x100);
	assert_int_equal(state_of(&ev, UINT64_MAX), 0x100);
}

static void test_new_states(void **state)
{
	struct sched_event ev;
	char format[4096];
	const char *print = strstr(old_switch, "print fmt");

	(void)state;
	snprintf(format, sizeof(format), "%.*s%s", (int)(print - old_switch), old_switch,
		 "print fmt: { 0x00000001, \"S\" }, { 0x00000002, \"D\" }, { 0x00000004, \"T\" }, "
		 "{ 0x00000008, \"t\" }, { 0x00000010, \"X\" }, { 0x00000020, \"Z\" }, "
		 "{ 0x00000040, \"P\" }, { 0x00000080, \"I\" }\n");
	init(&ev, SCHED_EVENT_SWITCH, format);
	for (unsigned int bit = 1; bit < 0x100; bit <<= 1)
		assert_int_equal(state_of(&ev, bit), bit);
	assert_int_equal(state_of(&ev, 0x100), 0x100);
	/* A format that does not say means the same. */
	snprintf(format, sizeof(format), "%.*s", (int)(print - old_switch), old_switch);
	init(&ev, SCHED_EVENT_SWITCH, format);
	assert_int_equal(state_of(&ev, 0x80), 0x80);
}

/* Other order, other sizes, texts elsewhere; both byte orders. */
static void test_layout(void **state)
{
	static const char format[] =
		"name: sched_wakeup\nID: 1\nformat:\n" COMMON
		"\tfield:u64 target_cpu;\toffset:8;\tsize:8;\tsigned:0;\n"
		"\tfield:__data_loc char[] comm;\toffset:16;\tsize:4;\tsigned:0;\n"
		"\tfield:short prio;\toffset:20;\tsize:2;\tsigned:1;\n"
		"\tfield:u16 pid;\toffset:22;\tsize:2;\tsigned:0;\n"
		"\nprint fmt: \"\"\n";
	static const uint8_t big[] = { 0, 1, 0, 0, 0, 0,  0, 99,  0, 0,	 0,   0,   0,	0,
				       0, 3, 0, 4, 0, 24, 0, 120, 0, 42, 'a', 'b', 'c', 0 };
	static const uint8_t little[] = { 1, 0, 0,  0, 99, 0, 0,   0, 3,  0, 0,	  0,   0,   0,
					  0, 0, 24, 0, 4,  0, 120, 0, 42, 0, 'a', 'b', 'c', 0 };
	struct sched_event ev;

	(void)state;
	init(&ev, SCHED_EVENT_WAKEUP, format);
	for (unsigned int i = 0; i < 2; i++) {
		auto_ptr(row_text) out = row_text_new();
		struct sched_rows s;
		const uint8_t *raw = i ? big : little;

		assert_int_equal(sched_rows_init(&s, &out->sink), 0);
		assert_int_equal(sched_event_rows(&ev, &s, 1, 5, raw, sizeof(big), i == 1, NULL),
				 0);
		/* cut: the text lies outside, then a field does */
		assert_int_equal(sched_event_rows(&ev, &s, 1, 6, raw, 27, i == 1, NULL), -EBADMSG);
		assert_int_equal(sched_event_rows(&ev, &s, 1, 6, raw, 23, i == 1, NULL), -EBADMSG);
		assert_int_equal(sched_event_rows(&ev, &s, 1, 6, raw, 0, i == 1, NULL), -EBADMSG);
		assert_int_equal(sched_rows_finish(&s, NULL), 0);
		assert_string_equal(buf_str(&out->text),
				    "wakeup 1 5 tid=42 waker=99 target=3 flags=0\n"
				    "task 1 5 kind=6 tid=42 tgid=0 parent=0 flags=0 comm=abc\n");
		sched_rows_done(&s);
	}
}

/* success=0: nobody was woken (kernels before 5.x). */
static void test_success(void **state)
{
	static const char format[] = "name: sched_wakeup\nID: 1\nformat:\n" COMMON
				     "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:1;\n"
				     "\tfield:pid_t pid;\toffset:24;\tsize:4;\tsigned:1;\n"
				     "\tfield:int success;\toffset:28;\tsize:4;\tsigned:1;\n"
				     "\tfield:int target_cpu;\toffset:32;\tsize:4;\tsigned:1;\n"
				     "\nprint fmt: \"\"\n";
	auto_ptr(row_text) out = row_text_new();
	struct sched_event ev;
	struct sched_rows s;
	uint8_t raw[36] = { [24] = 7 };

	(void)state;
	init(&ev, SCHED_EVENT_WAKEUP, format);
	assert_int_equal(sched_rows_init(&s, &out->sink), 0);
	assert_int_equal(sched_event_rows(&ev, &s, 0, 1, raw, sizeof(raw), false, NULL), 0);
	raw[28] = 1;
	assert_int_equal(sched_event_rows(&ev, &s, 0, 2, raw, sizeof(raw), false, NULL), 0);
	assert_int_equal(sched_rows_events(&s), 1);
	sched_rows_done(&s);
}

static void refuse(const char *format, const char *words)
{
	auto_ptr(tracepoint) t = NULL;
	struct sched_event ev;
	struct err e = { 0 };

	assert_int_equal(tracepoint_parse(format, strlen(format), &t, &e), 0);
	assert_int_equal(sched_event_init(&ev, SCHED_EVENT_EXIT, t, &e), -EINVAL);
	if (!strstr(e.text, words))
		fail_msg("'%s' has no '%s'", e.text, words);
}

static void test_refused(void **state)
{
	(void)state;
	refuse("name: sched_process_exit\nID: 1\nformat:\n"
	       "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:1;\n",
	       "no field 'pid'");
	refuse("name: sched_process_exit\nID: 1\nformat:\n"
	       "\tfield:char comm[16];\toffset:8;\tsize:16;\tsigned:1;\n"
	       "\tfield:int pid[3];\toffset:24;\tsize:12;\tsigned:1;\n",
	       "'pid' of tracepoint 'sched_process_exit' is no integer");
	refuse("name: sched_process_exit\nID: 1\nformat:\n"
	       "\tfield:int comm;\toffset:8;\tsize:4;\tsigned:1;\n"
	       "\tfield:int pid;\toffset:24;\tsize:4;\tsigned:1;\n",
	       "'comm' of tracepoint 'sched_process_exit' is no text");
}

static void test_kinds(void **state)
{
	(void)state;
	assert_int_equal(sched_event_kind("sched", "sched_switch"), SCHED_EVENT_SWITCH);
	assert_int_equal(sched_event_kind("task", "task_rename"), SCHED_EVENT_RENAME);
	assert_int_equal(sched_event_kind("sched", "task_rename"), 0);
	assert_int_equal(sched_event_kind("sched", "sched_pi_setprio"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds),	   cmocka_unit_test(test_old_states),
		cmocka_unit_test(test_new_states), cmocka_unit_test(test_layout),
		cmocka_unit_test(test_success),	   cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests_name("sched_event", tests, NULL, NULL);
}
