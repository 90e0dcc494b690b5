/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/event_list, generic_event and pmu: on trees of sysfs as real machines have
 * them, and hostile ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "capture/event_list.h"
#include "capture/generic_event.h"
#include "capture/pmu.h"
#include "machine_tree.h"
#include "model/profile_track.h"

#define DEVICES "sys/bus/event_source/devices/"

static struct machine_tree tree;

static int make_tree(void **state)
{
	(void)state;
	machine_tree_make(&tree);
	machine_tree_put(&tree, DEVICES "cpu/type", "4\n");
	machine_tree_put(&tree, DEVICES "cpu/format/event", "config:0-7\n");
	machine_tree_put(&tree, DEVICES "cpu/format/umask", "config:8-15\n");
	machine_tree_put(&tree, DEVICES "cpu/format/inv", "config:23\n");
	machine_tree_put(&tree, DEVICES "cpu/format/ldlat", "config1:0-15\n");
	machine_tree_put(&tree, DEVICES "cpu/format/wide", "config:0-7,32-35\n");
	machine_tree_put(&tree, DEVICES "cpu/format/broken", "config:70-80\n");
	machine_tree_put(&tree, DEVICES "cpu/events/mem-loads", "event=0xcd,umask=0x1,ldlat=3\n");
	machine_tree_put(&tree, DEVICES "cpu/events/loop", "loop\n");
	machine_tree_put(&tree, DEVICES "cpu/events/needs", "event=?\n");
	for (unsigned int i = 0; i < 2; i++) {
		char path[128];

#define IMC(file, text)                                                    \
	snprintf(path, sizeof(path), DEVICES "uncore_imc_%u/%s", i, file); \
	machine_tree_put(&tree, path, text)
		IMC("type", i ? "13\n" : "12\n");
		IMC("cpumask", "0,18\n");
		IMC("format/event", "config:0-7\n");
		IMC("format/umask", "config:8-15\n");
		IMC("events/cas_count_read", "event=0x04,umask=0x03\n");
		IMC("events/cas_count_read.unit", "MiB\n");
		IMC("events/cas_count_read.scale", "6.103515625e-5\n");
	}
	machine_tree_put(&tree, DEVICES "uncore_imc_free/type", "19\n");
	return 0;
}

static int remove_tree(void **state)
{
	(void)state;
	machine_tree_remove(&tree);
	return 0;
}

static struct event one(const char *text)
{
	auto_event_list l = { 0 };
	struct err e = { 0 };

	if (event_list_parse(&l, tree.fd, text, &e) < 0)
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(l.n, 1);
	assert_int_equal(l.item[0].attr.size, sizeof(l.item[0].attr));
	return l.item[0];
}

static void assert_event(const char *text, uint32_t type, uint64_t config)
{
	struct event ev = one(text);

	assert_string_equal(ev.name, text);
	assert_string_equal(ev.missing, "");
	assert_int_equal(ev.attr.type, type);
	assert_int_equal(ev.attr.config, config);
}

static void generic_names(void **state)
{
	(void)state;
	assert_event("cycles", PERF_TYPE_HARDWARE, 0);
	assert_event("cpu-cycles", PERF_TYPE_HARDWARE, 0);
	assert_event("branch-misses", PERF_TYPE_HARDWARE, 5);
	assert_event("ref-cycles", PERF_TYPE_HARDWARE, 9);
	assert_event("cpu-clock", PERF_TYPE_SOFTWARE, 0);
	assert_event("faults", PERF_TYPE_SOFTWARE, 2);
	assert_event("cs", PERF_TYPE_SOFTWARE, 3);
	assert_event("migrations", PERF_TYPE_SOFTWARE, 4);
	assert_event("cgroup-switches", PERF_TYPE_SOFTWARE, 11);
	assert_event("r1a8", PERF_TYPE_RAW, 0x1a8);
	assert_string_equal(one("task-clock").unit, "ns");
	assert_string_equal(one("cycles").unit, "");
}

static void cache_names(void **state)
{
	char name[GENERIC_CACHE_NAME];
	uint64_t config;
	size_t n = 0;

	(void)state;
	assert_event("L1-dcache-load-misses", PERF_TYPE_HW_CACHE, 0x10000);
	assert_event("L1-dcache-loads", PERF_TYPE_HW_CACHE, 0);
	assert_event("LLC-stores", PERF_TYPE_HW_CACHE, 0x102);
	assert_event("dTLB-store-misses", PERF_TYPE_HW_CACHE, 0x10103);
	assert_event("iTLB-load-misses", PERF_TYPE_HW_CACHE, 0x10004);
	assert_event("branch-load-misses", PERF_TYPE_HW_CACHE, 0x10005);
	assert_event("node-prefetches", PERF_TYPE_HW_CACHE, 0x206);
	assert_event("LLC-misses", PERF_TYPE_HW_CACHE, 0x10002);
	/* Every name that is listed is read back as the same number. */
	for (; generic_cache_at(n, name, &config); n++)
		assert_event(name, PERF_TYPE_HW_CACHE, config);
	assert_int_equal(n, 32);
	assert_false(generic_cache_parse("L1-dcache-loads-loads", &config));
	assert_false(generic_cache_parse("L1-dcachex", &config));
	assert_false(generic_cache_parse("", &config));
}

static void modifiers(void **state)
{
	(void)state;
	struct event ev = one("cycles:u");

	assert_true(ev.attr.exclude_kernel && ev.attr.exclude_hv && !ev.attr.exclude_user);
	assert_int_equal(event_flags(&ev), EVENT_FLAG_USER);
	ev = one("cycles:kpp");
	assert_true(ev.attr.exclude_user && !ev.attr.exclude_kernel);
	assert_int_equal(ev.attr.precise_ip, 2);
	assert_int_equal(event_flags(&ev), EVENT_FLAG_KERNEL | EVENT_FLAG_PRECISE);
	ev = one("cycles:uk");
	assert_int_equal(event_flags(&ev), 0);
	ev = one("cycles:G");
	assert_true(ev.guest_said && ev.attr.exclude_host && !ev.attr.exclude_guest);
	ev = one("cycles:PD");
	assert_true(ev.most_precise && ev.attr.pinned);
	ev = one("r3c:u");
	assert_int_equal(ev.attr.config, 0x3c);
	assert_true(ev.attr.exclude_kernel);
}

static void breakpoints(void **state)
{
	(void)state;
	struct event ev = one("mem:0x601040/8:rw:u");

	assert_int_equal(ev.attr.type, PERF_TYPE_BREAKPOINT);
	assert_int_equal(ev.attr.bp_addr, 0x601040);
	assert_int_equal(ev.attr.bp_len, 8);
	assert_int_equal(ev.attr.bp_type, 3);
	assert_true(ev.attr.exclude_kernel);
	ev = one("mem:0x1000:x");
	assert_int_equal(ev.attr.bp_type, 4);
	assert_int_equal(ev.attr.bp_len, sizeof(long));
}

static void pmu_terms(void **state)
{
	(void)state;
	struct event ev = one("cpu/event=0x3c,umask=0x1,inv,name=mine,period=1000/u");

	assert_string_equal(ev.name, "mine");
	assert_int_equal(ev.attr.type, 4);
	assert_int_equal(ev.attr.config, 0x3c | 0x1 << 8 | 1 << 23);
	assert_int_equal(ev.attr.sample_period, 1000);
	assert_true(ev.attr.exclude_kernel);
	ev = one("cpu/wide=0xfff/");
	assert_int_equal(ev.attr.config, UINT64_C(0xf000000ff));
	ev = one("cpu/mem-loads,ldlat=0x20/pp");
	assert_int_equal(ev.attr.config, 0x1cd);
	assert_int_equal(ev.attr.config1, 0x20);
	assert_int_equal(ev.attr.precise_ip, 2);
	/* Without its PMU. */
	ev = one("mem-loads:u");
	assert_int_equal(ev.attr.config, 0x1cd);
	assert_string_equal(ev.name, "mem-loads:u");
	ev = one("cpu/config=0x55,config2=7,freq=99/");
	assert_int_equal(ev.attr.config, 0x55);
	assert_int_equal(ev.attr.config2, 7);
	assert_int_equal(ev.attr.sample_freq, 99);
	assert_true(ev.attr.freq);
}

static void several_pmus(void **state)
{
	auto_event_list l = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&l, tree.fd, "uncore_imc/cas_count_read/", NULL), 0);
	assert_int_equal(l.n, 2);
	assert_string_equal(l.item[0].pmu, "uncore_imc_0");
	assert_string_equal(l.item[0].name, "uncore_imc/cas_count_read/");
	assert_int_equal(l.item[0].attr.type, 12);
	assert_int_equal(l.item[1].attr.type, 13);
	assert_int_equal(l.item[1].attr.config, 0x304);
	assert_string_equal(l.item[1].unit, "MiB");
	assert_true(l.item[1].scale > 6.1035e-5 && l.item[1].scale < 6.1036e-5);
	assert_true(l.item[1].has_cpus && cpuset_has(&l.item[1].cpus, 18));
	assert_int_equal(cpuset_count(&l.item[1].cpus), 2);
	event_list_done(&l);
	assert_int_equal(event_list_parse(&l, tree.fd, "uncore_imc_[!f]/event=1/", NULL), 0);
	assert_true(l.item[0].missing[0]);
	event_list_done(&l);
	assert_int_equal(event_list_parse(&l, tree.fd, "uncore_imc_?/event=1/", NULL), 0);
	assert_int_equal(l.n, 2);
}

static void lists_and_groups(void **state)
{
	auto_event_list l = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&l, tree.fd,
					  "cycles,{instructions,cpu/event=1,umask=2/}:Su,cs", NULL),
			 0);
	assert_int_equal(l.n, 4);
	assert_int_equal(l.n_groups, 1);
	assert_int_equal(l.item[0].group, 0);
	assert_int_equal(l.item[1].group, 1);
	assert_int_equal(l.item[2].group, 1);
	assert_true(l.item[2].leader_samples && l.item[2].attr.exclude_kernel);
	assert_int_equal(l.item[2].attr.config, 0x201);
	assert_false(l.item[0].attr.exclude_kernel);
	assert_int_equal(l.item[3].group, 0);
	/* A second text goes behind. */
	assert_int_equal(event_list_parse(&l, tree.fd, "{faults}", NULL), 0);
	assert_int_equal(l.n, 5);
	assert_int_equal(l.item[4].group, 2);
}

static void missing_here(void **state)
{
	struct event ev = one("nopmu/event=1/");

	(void)state;
	assert_non_null(strstr(ev.missing, "no PMU 'nopmu' here (there are: cpu, uncore_imc_0"));
	assert_true(event_flags(&ev) & EVENT_FLAG_MISSING);
	assert_string_equal(ev.name, "nopmu/event=1/");
	ev = one("nopmu/event=1,name=A:B:c=1/k");
	assert_string_equal(ev.name, "A:B:c=1");
	assert_true(ev.attr.exclude_user);
	auto_event_list l = { 0 };

	assert_int_equal(event_list_add_missing(&l, "x", "for a reason", NULL), 0);
	assert_int_equal(l.n, 1);
	assert_string_equal(l.item[0].name, "x");
	assert_string_equal(l.item[0].missing, "for a reason");
}

static void mistakes(void **state)
{
	static const struct {
		const char *text, *words;
	} bad[] = {
		{ "cyclse", "event 'cyclse' at 1: no such event (nearest: cycles)" },
		{ "cycles,xyzzyx", "event 'xyzzyx' at 8: no such event (see: kymo list events)" },
		{ "cpu/evnt=1/", "event 'cpu/evnt=1/' at 1: PMU cpu has no term 'evnt' (nearest: "
				 "event)" },
		{ "cpu/event=0x100/", "term 'event' has 8 bits only" },
		{ "cpu/event=zz/", "'zz' is no whole number" },
		{ "cpu/event=1", "no closing '/'" },
		{ "cpu/event=1,/", "an empty term" },
		{ "cpu/broken=1/", "format of 'broken' not understood: 'config:70-80'" },
		{ "cpu/loop/", "PMU cpu: event 'loop'" },
		{ "cpu/needs/", "needs a value" },
		{ "cpu/../", "no term '..'" },
		{ "cpu/../type/", "no term '..'" },
		{ "cycles:z", "no modifier 'z'" },
		{ "cycles:pppp", "more than three p" },
		{ "cycles,,cs", "an event is missing at 8" },
		{ "cycles,", "an event is missing at 8" },
		{ "", "an event is missing at 1" },
		{ "{cycles,cs", "a group without '}'" },
		{ "{cycles,{cs}}", "a group in a group at 9" },
		{ "cycles}", "'}' at 7" },
		{ "mem:xyz", "no address" },
		{ "mem:0x10/3", "a length has to be" },
		{ "mem:0x10:rx", "x does not go with r and w" },
		{ "r12345678123456789", "no such event" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		auto_event_list l = { 0 };
		struct err e = { 0 };

		assert_int_equal(event_list_parse(&l, tree.fd, bad[i].text, &e), -EINVAL);
		if (!strstr(e.text, bad[i].words))
			fail_msg("'%s': '%s'", bad[i].text, e.text);
	}
}

static void formats(void **state)
{
	static const char *const bad[] = {
		"",	      "config",	     "config3:0",   "config:",	     "config:64",
		"config:5-2", "config:0-7x", "config:0-7,", "config:0-63,0", "Config:0",
		"config:-1"
	};
	struct pmu_format f;
	struct perf_event_attr attr = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(pmu_format_parse(bad[i], &f), -EINVAL);
	assert_int_equal(pmu_format_parse("config2:0-63", &f), 0);
	assert_int_equal(pmu_format_put(&f, UINT64_MAX, &attr), 0);
	assert_int_equal(attr.config2, UINT64_MAX);
	assert_int_equal(pmu_format_parse("config1:3", &f), 0);
	assert_int_equal(pmu_format_put(&f, 2, &attr), -ERANGE);
	assert_int_equal(pmu_format_put(&f, 1, &attr), 0);
	assert_int_equal(attr.config1, 8);
}

/* This machine's own: whatever it is, these are there. */
static void on_this_machine(void **state)
{
	auto_close int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	auto_event_list l = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(event_list_parse(&l, root, "cpu-clock,software/config=2/", &e), 0);
	assert_int_equal(l.item[1].attr.type, PERF_TYPE_SOFTWARE);
	assert_int_equal(l.item[1].attr.config, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(generic_names),    cmocka_unit_test(cache_names),
		cmocka_unit_test(modifiers),	    cmocka_unit_test(breakpoints),
		cmocka_unit_test(pmu_terms),	    cmocka_unit_test(several_pmus),
		cmocka_unit_test(lists_and_groups), cmocka_unit_test(missing_here),
		cmocka_unit_test(mistakes),	    cmocka_unit_test(formats),
		cmocka_unit_test(on_this_machine),
	};

	return cmocka_run_group_tests(tests, make_tree, remove_tree);
}
