/* SPDX-License-Identifier: MIT */
/*
 * The task list of a real perf.data, imported, against what perf says of the same file: run time
 * and switches of every task from `perf script` to the nanosecond, and from `perf sched timehist
 * -s` to its microsecond. Skipped without the folder of captures ($KYMO_SHARED, else ../shared
 * beside the sources).
 */
#include "view_text.h"

#include "capture_folder.h"

#define MAX_TID	 (1u << 22)
#define MAX_CPUS 64

struct counted {
	uint64_t switches;
	nsec_t run;
	bool seen;
};

/* The task list by tid. */
static void ask_tasks(const char *name, struct counted *of)
{
	struct analysis_args args = { .include_self = true };
	auto_ptr(memory) m = capture_import(name);
	struct answer a;
	union cell tid, run, switches;

	assert_int_equal(view_ask("tasks", memory_source(m), &args, &a, NULL), 0);
	for (size_t r = 0; r < table_n_rows(a.table); r++) {
		assert_true(table_get(a.table, r, view_column(a.table, "tid"), &tid));
		assert_true(table_get(a.table, r, view_column(a.table, "run"), &run));
		assert_true(table_get(a.table, r, view_column(a.table, "switches"), &switches));
		assert_true(tid.u64 < MAX_TID);
		of[tid.u64].run += run.u64;
		of[tid.u64].switches += switches.u64;
	}
	answer_done(&a);
}

/* Cut the first line off *@text; NULL at the end. Not strchr(): a checked one would measure the
 * whole rest of the text for every line. */
static char *next_line(char **text)
{
	char *line = *text;

	if (!*line)
		return NULL;
	char *end = rawmemchr(line, '\n');

	*end = '\0';
	*text = end + 1;
	return line;
}

static uint64_t number_behind(const char *line, const char *key)
{
	const char *p = strstr(line, key);
	uint64_t v = 0;

	assert_non_null(p);
	for (p += strlen(key); *p >= '0' && *p <= '9'; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	return v;
}

/* perf's text: "comm tid [cpu] sec.nanoseconds: sched:sched_switch: ... prev_pid=... next_pid=..."
 */
static size_t count_script(char *text, struct counted *of)
{
	nsec_t last[MAX_CPUS] = { 0 };
	size_t lines = 0;

	for (char *line; (line = next_line(&text));) {
		const char *event = strstr(line, "sched:sched_switch: ");

		if (!event)
			continue;
		while (event[-1] == ' ')
			event--;
		event--; /* the colon behind the time */
		uint64_t cpu = number_behind(line, " ["), prev = 0, sec = 0, ns = 0;
		const char *p = event;

		while (p[-1] != ' ')
			p--;
		for (; *p != '.'; p++)
			sec = sec * 10 + (uint64_t)(*p - '0');
		for (p++; p < event; p++)
			ns = ns * 10 + (uint64_t)(*p - '0');
		nsec_t at = sec * NSEC_PER_SEC + ns;

		prev = number_behind(line, " prev_pid=");
		assert_true(cpu < MAX_CPUS && prev < MAX_TID);
		of[prev].switches++;
		if (last[cpu])
			of[prev].run += at - last[cpu];
		last[cpu] = at;
		lines++;
	}
	return lines;
}

static void compare_with_script(const char *data, const char *script, size_t switches)
{
	struct counted *ours = calloc(MAX_TID, sizeof(*ours));
	struct counted *theirs = calloc(MAX_TID, sizeof(*theirs));
	auto_buf text;

	assert_true(ours && theirs);
	if (!capture_load(script, &text)) {
		print_message("skipped: no folder of captures (KYMO_SHARED)\n");
		free(ours);
		free(theirs);
		skip();
	}
	ask_tasks(data, ours);
	assert_int_equal(count_script((char *)text.data, theirs), switches);
	for (uint32_t tid = 1; tid < MAX_TID; tid++) {
		if (ours[tid].switches != theirs[tid].switches || ours[tid].run != theirs[tid].run)
			fail_msg("tid %u: %" PRIu64 " switches, %" PRIu64
				 " ns; perf script: %" PRIu64 ", %" PRIu64,
				 tid, ours[tid].switches, ours[tid].run, theirs[tid].switches,
				 theirs[tid].run);
	}
	free(ours);
	free(theirs);
}

static void test_script(void **state)
{
	(void)state;
	compare_with_script("hb_switch.perf.data.zst", "hb_switch.script.txt.zst", 123805);
}

static void test_script_of_compressed_data(void **state)
{
	(void)state;
	compare_with_script("hb_switch_z.perf.data.zst", "hb_switch_z.script.txt.zst", 20282);
}

static void test_script_with_wakeups_from_a_pipe(void **state)
{
	(void)state;
	compare_with_script("hb_pipe.perf.data.pipe.zst", "hb_pipe.script.txt.zst", 2042);
}

/* "  comm[tid/pid]  parent  sched-in  run-time ..." in ms; perf lost the ids of exiting threads,
 * whose last switches it counts under -1. */
static void test_timehist_summary(void **state)
{
	struct counted *ours = calloc(MAX_TID, sizeof(*ours));
	uint64_t all_ours = 0, all_theirs = 0, matched = 0, differ = 0;
	auto_buf text;

	(void)state;
	assert_non_null(ours);
	if (!capture_load("hb_switch.timehist_s.txt", &text)) {
		print_message("skipped: no folder of captures (KYMO_SHARED)\n");
		free(ours);
		skip();
	}
	ask_tasks("hb_switch.perf.data.zst", ours);
	char *rest = (char *)text.data;

	for (char *line; (line = next_line(&rest));) {
		const char *open = strchr(line, '['), *close = open ? strchr(open, ']') : NULL;
		long long parent;
		uint64_t switches;
		double ms;
		int tid;

		if (!close || sscanf(open + 1, "%d", &tid) != 1 ||
		    sscanf(close + 1, "%lld %" SCNu64 " %lf", &parent, &switches, &ms) != 3)
			continue;
		all_theirs += switches;
		if (tid < 0)
			continue;
		double diff = ms - (double)ours[tid].run / 1e6;

		if (ours[tid].switches == switches && diff < 0.0011 && diff > -0.0011)
			matched++;
		else
			differ++;
		/* Never more than ours, and then only by what went to -1. */
		assert_true(switches <= ours[tid].switches && diff < 0.0011);
	}
	for (uint32_t tid = 1; tid < MAX_TID; tid++)
		all_ours += ours[tid].switches;
	assert_int_equal(all_ours, all_theirs);
	assert_int_equal(matched, 218);
	assert_int_equal(differ, 10);
	free(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_script),
		cmocka_unit_test(test_script_of_compressed_data),
		cmocka_unit_test(test_script_with_wakeups_from_a_pipe),
		cmocka_unit_test(test_timehist_summary),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
