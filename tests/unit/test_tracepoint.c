/* SPDX-License-Identifier: MIT */
/* Tests of src/format/tracepoint. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "format/tracepoint.h"

static const char switch_text[] =
	"name: sched_switch\n"
	"ID: 372\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n"
	"\n"
	"\tfield:char prev_comm[16];\toffset:8;\tsize:16;\tsigned:0;\n"
	"\tfield:pid_t prev_pid;\toffset:24;\tsize:4;\tsigned:1;\n"
	"\tfield:long prev_state;\toffset:32;\tsize:8;\tsigned:1;\n"
	"\n"
	"print fmt: \"prev_comm=%s\", REC->prev_comm\n";

static const char migrate_text[] =
	"name: sched_migrate_task\n"
	"ID: 371\n"
	"format:\n"
	"\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
	"\n"
	"\tfield:__data_loc char[] comm;\toffset:8;\tsize:4;\tsigned:0;\n"
	"\tfield:__rel_loc char[] other;\toffset:12;\tsize:4;\tsigned:0;\n"
	"\tfield:const char * pointer;\toffset:16;\tsize:8;\tsigned:0;\n"
	"\tfield:u8 flag;\toffset:24;\tsize:1;\tsigned:0;\n"
	"\tfield:short delta;\toffset:26;\tsize:2;\tsigned:1;\n"
	"\tfield:unsigned long args[NR_ARGS];\toffset:32;\tsize:48;\tsigned:0;\n";

static struct tracepoint *parse(const char *text)
{
	struct tracepoint *t = NULL;
	struct err e = { 0 };

	assert_int_equal(tracepoint_parse(text, strlen(text), &t, &e), 0);
	assert_non_null(t);
	return t;
}

static void test_fields_of_sched_switch(void **state)
{
	(void)state;
	auto_ptr(tracepoint) t = parse(switch_text);

	assert_string_equal(t->name, "sched_switch");
	assert_int_equal(t->id, 372);
	assert_int_equal(t->n_fields, 5);
	assert_int_equal(t->size, 40);
	assert_string_equal(t->print, "\"prev_comm=%s\", REC->prev_comm");

	const struct tracepoint_field *f = tracepoint_field(t, "prev_comm");

	assert_non_null(f);
	assert_string_equal(f->type, "char");
	assert_int_equal(f->count, 16);
	assert_int_equal(f->offset, 8);
	assert_false(f->is_common);
	assert_true(tracepoint_field(t, "common_pid")->is_common);
	assert_true(tracepoint_field(t, "prev_state")->is_signed);
	assert_null(tracepoint_field(t, "next_pid"));
}

static void test_types_of_all_shapes(void **state)
{
	(void)state;
	auto_ptr(tracepoint) t = parse(migrate_text);

	assert_int_equal(tracepoint_field(t, "comm")->where, TRACEPOINT_DATA_LOC);
	assert_string_equal(tracepoint_field(t, "comm")->type, "char");
	assert_int_equal(tracepoint_field(t, "other")->where, TRACEPOINT_REL_LOC);
	assert_string_equal(tracepoint_field(t, "pointer")->type, "const char *");
	assert_int_equal(tracepoint_field(t, "args")->count, UINT32_MAX);
	assert_string_equal(t->print, "");
}

static void test_integers_of_both_orders(void **state)
{
	(void)state;
	auto_ptr(tracepoint) t = parse(switch_text);
	auto_ptr(tracepoint) m = parse(migrate_text);
	uint8_t raw[80] = { 0 };
	int64_t v;

	raw[24] = 0xfe;
	raw[25] = raw[26] = raw[27] = 0xff;
	assert_int_equal(tracepoint_int(tracepoint_field(t, "prev_pid"), raw, 40, false, &v), 0);
	assert_int_equal(v, -2);
	assert_int_equal(tracepoint_int(tracepoint_field(t, "prev_pid"), raw, 40, true, &v), 0);
	assert_int_equal(v, (int32_t)0xfeffffff);
	raw[32] = 1;
	raw[33] = 2;
	assert_int_equal(tracepoint_int(tracepoint_field(t, "prev_state"), raw, 40, false, &v), 0);
	assert_int_equal(v, 0x201);
	raw[24] = 200;
	assert_int_equal(tracepoint_int(tracepoint_field(m, "flag"), raw, 80, false, &v), 0);
	assert_int_equal(v, 200);
	assert_int_equal(tracepoint_int(tracepoint_field(m, "delta"), raw, 80, false, &v), 0);
	assert_int_equal(v, -1);
	/* Cut records, and what is no integer. */
	assert_int_equal(tracepoint_int(tracepoint_field(t, "prev_state"), raw, 39, false, &v),
			 -ENODATA);
	assert_int_equal(tracepoint_int(tracepoint_field(t, "prev_pid"), raw, 0, false, &v),
			 -ENODATA);
	assert_int_equal(tracepoint_int(tracepoint_field(m, "args"), raw, 80, false, &v), -EINVAL);
	assert_int_equal(tracepoint_int(tracepoint_field(m, "comm"), raw, 80, false, &v), -EINVAL);
}

static void test_texts_stay_inside_the_record(void **state)
{
	(void)state;
	auto_ptr(tracepoint) t = parse(switch_text);
	auto_ptr(tracepoint) m = parse(migrate_text);
	char raw[64] = { 0 };
	const char *s;
	size_t n;

	memcpy(raw + 8, "0123456789abcdef", 16); /* no NUL */
	assert_int_equal(tracepoint_str(tracepoint_field(t, "prev_comm"), raw, 40, false, &s, &n),
			 0);
	assert_int_equal(n, 16);
	assert_memory_equal(s, "0123456789abcdef", 16);

	memcpy(raw + 40, "hello", 6);
	raw[8] = 40; /* __data_loc: offset 40, length 6 */
	raw[9] = 0;
	raw[10] = 6;
	raw[11] = 0;
	assert_int_equal(tracepoint_str(tracepoint_field(m, "comm"), raw, 64, false, &s, &n), 0);
	assert_int_equal(n, 5);
	assert_memory_equal(s, "hello", 5);
	assert_int_equal(tracepoint_str(tracepoint_field(m, "comm"), raw, 45, false, &s, &n),
			 -ENODATA);
	raw[12] = 24; /* __rel_loc: 24 behind the end of the location at 12 */
	raw[13] = 0;
	raw[14] = 6;
	raw[15] = 0;
	assert_int_equal(tracepoint_str(tracepoint_field(m, "other"), raw, 64, false, &s, &n), 0);
	assert_memory_equal(s, "hello", 5);
	raw[9] = (char)0xff;
	assert_int_equal(tracepoint_str(tracepoint_field(m, "comm"), raw, 64, false, &s, &n),
			 -ENODATA);
	assert_int_equal(tracepoint_str(tracepoint_field(m, "flag"), raw, 64, false, &s, &n),
			 -EINVAL);
}

static void test_what_is_no_format_is_refused_with_words(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"",
		"name: x\n",
		"name: x\nID: 1\n",
		"ID: 1\nformat:\n\tfield:int a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: many\n",
		"name: x\nID: 1\n\tfield:int a\n",
		"name: x\nID: 1\n\tfield:int a;\toffset:-1;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\n\tfield:int a;\toffset:99999;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\n\tfield:a;\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 1\n\tfield:int a];\toffset:0;\tsize:4;\tsigned:1;\n",
		"name: x\nID: 99999999999\n",
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct tracepoint *t = NULL;
		struct err e = { 0 };

		assert_int_equal(tracepoint_parse(bad[i], strlen(bad[i]), &t, &e), -EINVAL);
		assert_null(t);
		assert_true(strlen(e.text) > 10);
	}
}

/* Every cut of a good text, in memory that ends with it (sanitizers see a read behind). */
static void test_every_cut_is_read_or_refused(void **state)
{
	(void)state;
	unsigned int good = 0;

	for (size_t n = 0; n <= strlen(migrate_text); n++) {
		char *copy = malloc(n ? n : 1);
		struct tracepoint *t = NULL;

		assert_non_null(copy);
		memcpy(copy, migrate_text, n);
		int r = tracepoint_parse(copy, n, &t, NULL);

		assert_true(r == 0 || r == -EINVAL);
		assert_true((r == 0) == (t != NULL));
		good += r == 0;
		tracepoint_free(t);
		free(copy);
	}
	assert_true(good >= 2);
}

static void test_limits(void **state)
{
	(void)state;
	struct tracepoint *t = NULL;
	char *big = calloc(1, TRACEPOINT_MAX_BYTES + 1);
	size_t n;

	assert_non_null(big);
	assert_int_equal(tracepoint_parse(big, TRACEPOINT_MAX_BYTES + 1, &t, NULL), -E2BIG);
	n = (size_t)snprintf(big, TRACEPOINT_MAX_BYTES, "name: x\nID: 1\n");
	for (unsigned int i = 0; i <= TRACEPOINT_MAX_FIELDS; i++)
		n += (size_t)snprintf(big + n, TRACEPOINT_MAX_BYTES - n,
				      "\tfield:int f%u;\toffset:0;\tsize:4;\tsigned:1;\n", i);
	assert_int_equal(tracepoint_parse(big, n, &t, NULL), -E2BIG);
	assert_null(t);
	free(big);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields_of_sched_switch),
		cmocka_unit_test(test_types_of_all_shapes),
		cmocka_unit_test(test_integers_of_both_orders),
		cmocka_unit_test(test_texts_stay_inside_the_record),
		cmocka_unit_test(test_what_is_no_format_is_refused_with_words),
		cmocka_unit_test(test_every_cut_is_read_or_refused),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests_name("tracepoint", tests, NULL, NULL);
}
