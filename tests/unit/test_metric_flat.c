/* SPDX-License-Identifier: MIT */
/* Tests of src/metric/metric_flat: metrics as programs over the numbers of events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "metric/metric_data.h"
#include "metric/metric_flat.h"

static const char text[] =
	"metrics 1 \"T\"\ncpu any\ngroup g \"G\"\n"
	"event cycles cycles \"h\"\nevent insn instructions \"h\"\nevent gone cache-misses \"h\"\n"
	"constant width 4 \"h\"\n"
	"metric ipc insn/cycle g.1 \"Instructions per cycle\" \"how many\" = insn / cycles\n"
	"metric used % g.1 \"Use\" \"h\" = 100 * ipc / width\n"
	"metric rate /s g.1 \"Rate\" \"h\" = -insn / interval\n"
	"metric some ratio g.1 \"Some\" \"h\" = if(known(insn), min(insn, cycles, 7), 1) >= 2\n"
	"metric all ratio g.1 \"All\" \"h\" = insn / gone\n"
	"metric per ratio g.1 \"Per\" \"h\" = insn / cores\n";

/* Numbers of the recording: cycles 7, insn 9. */
static bool number_of(void *arg, unsigned int event, uint16_t *ret)
{
	const char *name = metric_set_event(arg, event)->name;

	*ret = !strcmp(name, "cycles") ? 7 : 9;
	return strcmp(name, "gone") != 0;
}

static int flat(struct metric_set *s, const char *metric, struct buf *out)
{
	struct metric_ref ref;
	struct formula f;

	assert_true(metric_set_find(s, metric, &ref));
	assert_int_equal(ref.kind, METRIC_METRIC);
	int r = metric_flatten(s, ref.index, number_of, s, &f);

	if (r < 0)
		return r;
	buf_addf(out, "%s %s:", f.title, f.unit);
	for (size_t i = 0; i < f.n_words; i++) {
		const struct formula_word *w = &f.word[i];

		if (w->kind == FORMULA_NUMBER)
			buf_addf(out, " %g", w->number);
		else if (w->kind == FORMULA_EVENT)
			buf_addf(out, " #%u", w->event);
		else
			buf_addf(out, " %s", w->kind == FORMULA_INTERVAL ? "interval" : w->op);
	}
	metric_flat_done(&f);
	return 0;
}

static void check(const char *metric, const char *expected)
{
	auto_ptr(metric_set) s = metric_set_new();
	struct err e = { 0 };
	auto_buf out;

	buf_init(&out, 0);
	if (metric_set_add(s, "t", text, strlen(text), 0, NULL, &e) < 0 ||
	    metric_set_link(s, &e) < 0)
		fail_msg("%s", e.text);
	if (flat(s, metric, &out) < 0)
		buf_add_str(&out, "none");
	assert_string_equal(buf_str(&out), expected);
}

static void test_programs(void **state)
{
	(void)state;
	check("ipc", "Instructions per cycle insn/cycle: #9 #7 /");
	check("used", "Use %: 100 #9 #7 / * 4 /");
	check("rate", "Rate /s: #9 neg interval /");
	check("some", "Some ratio: #9 known #9 #7 7 min min 1 if 2 >=");
}

static void test_what_is_not_there(void **state)
{
	(void)state;
	check("all", "none");
	/* Not of the recording but of a machine. */
	check("per", "none");
}

static bool every(void *arg, unsigned int event, uint16_t *ret)
{
	(void)arg;
	*ret = (uint16_t)event;
	return true;
}

/* All that the program carries. */
static void test_the_generic_set(void **state)
{
	const struct metric_choice choice = { .only = "generic" };
	auto_ptr(metric_set) s = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(metric_data_load(&choice, &s, &e), 0);
	for (unsigned int i = 0; i < metric_set_n_metrics(s); i++) {
		struct formula f;

		assert_int_equal(metric_flatten(s, i, every, NULL, &f), 0);
		assert_true(f.n_words > 0);
		metric_flat_done(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_what_is_not_there),
		cmocka_unit_test(test_the_generic_set),
	};

	return cmocka_run_group_tests_name("metric_flat", tests, NULL, NULL);
}
