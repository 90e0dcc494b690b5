/* SPDX-License-Identifier: MIT */
/* Samples in the text of perf script: chains behind an event, in its line, or none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/profile_track.h"
#include "perf_conversion.h"

static void convert_text(struct conversion *c, const char *text)
{
	convert_as(c, "perf-script", text, strlen(text), false);
	if (c->r < 0)
		fail_msg("%s", c->e.text);
	assert_true(c->result.complete);
}

static void expect(const struct conversion *c, const char *line)
{
	if (!strstr(buf_str(&c->rows->text), line))
		fail_msg("no row '%s' among\n%s", line, buf_str(&c->rows->text));
}

static void test_chain(void **state)
{
	struct conversion c;

	(void)state;
	convert_text(&c,
		     "my prog 70/71  5950.571938:    5025125 cpu-clock:ppp: \n"
		     "\tffffffff8123 do_it+0x1 ([kernel.kallsyms])\n"
		     "\t       1511b std::map<int, char>::operator()(int)+0xfb (/opt/a (deleted))\n"
		     "\t       15463 inner+0x43 (inlined)\n"
		     "\t       15463 outer+0x43 (/opt/lib.so)\n"
		     "\t           0 [unknown] ([unknown])\n"
		     "\n"
		     "other  72 [001]  5950.600000:  3 cycles:u:  7fbd38cd7c51 one+0x5c1 (/opt/b)\n"
		     "other  72 [001]  5950.700000:  4 cycles:u: \n"
		     "\n"
		     "other  72 [001]  5950.800000:  1 exceptions:page_fault_user: address=0x1\n"
		     "\t             1 one+0x1 (/opt/b)\n"
		     "\n"
		     "other  72 [001]  5950.900000:  1 exceptions:page_fault_user: address=0x1\n");
	expect(&c, "event -1 5950571938000 number=0 name=cpu-clock:ppp unit=ns");
	expect(&c, "number=1 name=cycles:u unit= ");
	expect(&c, "number=2 name=exceptions:page_fault_user unit= ");
	/* Outermost first. */
	expect(&c, "module=0 kind=6 pid=0 build_id= path=[unknown]\n");
	expect(&c, "module=1 kind=6 pid=0 build_id= path=/opt/lib.so\n");
	expect(&c, "module=2 kind=6 pid=0 build_id= path=/opt/a (deleted)\n");
	expect(&c, "module=3 kind=6 pid=0 build_id= path=[kernel.kallsyms]\n");
	expect(&c, "symbol -1 5950571938000 module=1 offset=0 bytes=1 name=outer\n");
	expect(&c, "symbol -1 5950571938000 module=1 offset=1 bytes=1 name=inner\n");
	expect(&c, "name=std::map<int, char>::operator()(int)\n");
	expect(&c, "sample -1 5950571938000 event=0 tid=71 pid=70 node=5 weight=5025125 mode=2\n");
	expect(&c, "sample 1 5950600000000 event=1 tid=72 pid=0 node=6 weight=3 mode=2\n");
	/* perf does not print a chain that cannot be one. */
	expect(&c, "sample 1 5950700000000 event=1 tid=72 pid=0 node=0 weight=4 mode=0\n");
	expect(&c, "sample 1 5950800000000 event=2 tid=72 pid=0 node=6 weight=1 mode=2\n");
	expect(&c, "comm=my prog\n");
	assert_int_equal(c.result.events, 4);
	assert_int_equal(c.result.other, 1);
	done(&c);
}

/* The scheduler's events stay what they are, with a chain too. */
static void test_scheduler(void **state)
{
	struct conversion c;

	(void)state;
	convert_text(&c, "a 1 [000] 1.000000: sched:sched_switch: prev_comm=a prev_pid=1 "
			 "prev_prio=120 prev_state=S ==> next_comm=b next_pid=2 next_prio=120\n"
			 "\tffffffff81234567 __schedule+0x1 ([kernel.kallsyms])\n"
			 "\n");
	assert_int_equal(c.result.events, 1);
	assert_int_equal(c.rows->rows[track_sample.id], 0);
	assert_int_equal(c.result.other, 0);
	done(&c);
}

static void test_nothing(void **state)
{
	static const char *const texts[] = {
		"a 1 2.5: word\n",
		"a b 2.500000: cycles: \n\t1 f (x)\n", /* no thread */
		"\tffffffff81234567 f+0x1 (x)\n",
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(texts); i++) {
		struct conversion c;

		convert_as(&c, "perf-script", texts[i], strlen(texts[i]), false);
		assert_int_equal(c.r, -ENODATA);
		done(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_scheduler),
		cmocka_unit_test(test_nothing),
	};

	return cmocka_run_group_tests_name("script_samples", tests, NULL, NULL);
}
