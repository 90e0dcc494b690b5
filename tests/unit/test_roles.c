/* SPDX-License-Identifier: MIT */
/* Tests of src/names/roles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "names/roles.h"
#include "names/vm_list.h"
#include "scenario.h"

static const struct vm_thread machine[] = {
	{ .time = 50,
	  .tid = 10,
	  .pid = 10,
	  .name = "vm7-fw",
	  .uuid = "U-1",
	  .instance = "",
	  .type = "emulator" },
	{ .time = 50,
	  .tid = 11,
	  .pid = 10,
	  .name = "vm7-fw",
	  .uuid = "U-1",
	  .instance = "",
	  .type = "vcpu0" },
	{ .time = 50,
	  .tid = 20,
	  .pid = 20,
	  .name = "",
	  .uuid = "U-2",
	  .instance = "i-2",
	  .type = "vcpu0" },
	{ .time = 50,
	  .tid = 30,
	  .pid = 30,
	  .name = "",
	  .uuid = "",
	  .instance = "",
	  .type = "vcpu0" },
};

struct fixture {
	struct scenario run;
	struct source *src;
	struct vm_list *vms;
	struct name_map *map;
	struct name_rules *rules;
	const struct name_map *maps[1];
	struct role_sources s;
};

static void begin(struct fixture *f)
{
	scenario_init(&f->run, 3);
	for (uint32_t tid = 10; tid <= 12; tid++)
		scenario_task(&f->run, 1, TASK_ALIVE, tid, "qemu", 0);
	scenario_task(&f->run, 1, TASK_ALIVE, 20, "qemu", 0);
	scenario_task(&f->run, 1, TASK_ALIVE, 30, "qemu", 0);
	scenario_task(&f->run, 1, TASK_ALIVE, 40, "worker-3", 0);
	/* 50 is used twice, 11 again after the machine has gone. */
	scenario_task(&f->run, 2, TASK_ALIVE, 50, "first", 0);
	scenario_task(&f->run, 100, TASK_EXIT, 50, "first", 0);
	scenario_task(&f->run, 110, TASK_EXIT, 11, "qemu", 0);
	scenario_task(&f->run, 200, TASK_FORK, 50, "second", 0);
	scenario_task(&f->run, 210, TASK_FORK, 11, "ls", 0);
	f->src = scenario_source(&f->run);
	f->vms = vm_list_new();
	f->map = name_map_new();
	f->rules = name_rules_new();
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		assert_int_equal(vm_list_add(f->vms, &machine[i]), 0);
	f->maps[0] = f->map;
	f->s = (struct role_sources){
		.map = f->maps, .n_maps = 1, .rules = f->rules, .vms = f->vms
	};
}

static void end(struct fixture *f)
{
	scenario_done(&f->run);
	vm_list_free(f->vms);
	name_map_free(f->map);
	name_rules_free(f->rules);
}

static void add(struct fixture *f, uint32_t tid, const char *uuid, const char *type,
		const char *base, bool plain)
{
	const struct name_row row = {
		.tid = tid, .uuid = uuid, .type = type, .base = base, .plain = plain
	};

	assert_int_equal(name_map_add(f->map, &row), 0);
}

static const char *label(const struct fixture *f, uint32_t tid, nsec_t at)
{
	struct tasks *t = f->src->tasks;

	return tasks_label(t, tasks_find(t, tid, at, 0));
}

static void test_machines_give_their_names(void **state)
{
	(void)state;
	struct role_counts counts;
	struct fixture f;

	begin(&f);
	f.s.machine_names = true;
	assert_int_equal(roles_apply(&f.s, f.src->tasks, &counts), 0);
	assert_string_equal(label(&f, 10, 60), "vm7-fw.emulator");
	assert_string_equal(label(&f, 11, 60), "vm7-fw.vcpu0");
	/* The tid's next task is none of the machine. */
	assert_string_equal(label(&f, 11, 220), "ls");
	assert_string_equal(label(&f, 20, 60), "i-2.vcpu0");
	/* Without any name there is no role. */
	assert_string_equal(label(&f, 30, 60), "qemu");
	assert_string_equal(label(&f, 40, 60), "worker-3");
	assert_int_equal(counts.tasks, 3);
	assert_int_equal(counts.roles, 3);
	end(&f);
}

static void test_nothing_asked_for_changes_nothing(void **state)
{
	(void)state;
	struct role_counts counts;
	struct fixture f;

	begin(&f);
	assert_int_equal(roles_apply(&f.s, f.src->tasks, &counts), 0);
	assert_int_equal(counts.tasks, 0);
	end(&f);
}

static void test_what_is_more_exact_wins(void **state)
{
	(void)state;
	struct role_counts counts;
	struct fixture f;

	begin(&f);
	f.s.machine_names = true;
	assert_int_equal(name_rules_add(f.rules, "^vm([0-9]+)-(.*)=>{2}.{1:02}", NULL), 0);
	assert_int_equal(name_rules_add(f.rules, "^worker-(.)=>pool{1}", NULL), 0);
	assert_int_equal(name_rules_add(f.rules, "^server (.)=>S{1}", NULL), 0);
	add(&f, 0, "u-2", "", "server 9", true); /* a provider's name, which rules take apart */
	add(&f, 10, "", "", "Map.01.emulator", false);
	add(&f, 999, "", "", "nobody", false);
	assert_int_equal(roles_apply(&f.s, f.src->tasks, &counts), 0);
	assert_string_equal(label(&f, 10, 60), "Map.01.emulator");
	assert_string_equal(label(&f, 11, 60), "fw.07.vcpu0");
	assert_string_equal(label(&f, 20, 60), "S9.vcpu0");
	assert_string_equal(label(&f, 40, 60), "pool3");
	assert_int_equal(counts.unused, 1);
	end(&f);
}

static void test_map_lines_for_machines_are_final(void **state)
{
	(void)state;
	struct fixture f;

	begin(&f);
	assert_int_equal(name_rules_add(f.rules, "Fw=>other", NULL), 0);
	add(&f, 0, "u-1", "", "Fw.05", false);
	add(&f, 0, "u-1", "vcpu0", "Fast.01", false);
	assert_int_equal(roles_apply(&f.s, f.src->tasks, NULL), 0);
	assert_string_equal(label(&f, 10, 60), "Fw.05.emulator");
	assert_string_equal(label(&f, 11, 60), "Fast.01.vcpu0");
	assert_string_equal(label(&f, 20, 60), "qemu");
	end(&f);
}

static void test_a_map_names_all_tasks_of_a_tid(void **state)
{
	(void)state;
	struct role_counts counts;
	struct fixture f;

	begin(&f);
	add(&f, 50, "", "", "both", false);
	assert_int_equal(roles_apply(&f.s, f.src->tasks, &counts), 0);
	assert_string_equal(label(&f, 50, 60), "both");
	assert_string_equal(label(&f, 50, 210), "both");
	assert_int_equal(counts.tasks, 2);
	assert_int_equal(counts.roles, 1);
	assert_int_equal(roles_clear(f.src->tasks), 0);
	assert_string_equal(label(&f, 50, 210), "second");
	assert_int_equal(roles_count(f.src->tasks, &counts), 0);
	assert_int_equal(counts.tasks, 0);
	end(&f);
}

static void test_machines_take_the_names_of_providers(void **state)
{
	(void)state;
	bool renamed = true;
	struct fixture f;

	begin(&f);
	assert_int_equal(roles_rename_machines(&f.s, f.vms, &renamed), 0);
	assert_false(renamed);
	add(&f, 0, "u-1", "", "firewall", true);
	assert_int_equal(roles_rename_machines(&f.s, f.vms, &renamed), 0);
	assert_true(renamed);
	assert_string_equal(vm_list_find(f.vms, 11)->name, "firewall");
	assert_string_equal(vm_list_find(f.vms, 11)->instance, "vm7-fw");
	assert_string_equal(vm_list_find(f.vms, 20)->name, "");
	end(&f);
}

static void test_rows_of_the_tracks(void **state)
{
	(void)state;
	auto_ptr(memory) m = memory_new();
	auto_ptr(vm_list) back = vm_list_new();
	struct fixture f;

	begin(&f);
	f.s.machine_names = true;
	assert_int_equal(vm_list_write(f.vms, 70, memory_sink(m), NULL), 0);
	assert_int_equal(roles_write_machines(&f.s, 70, memory_sink(m), NULL), 0);
	struct source *src = memory_source(m);

	assert_int_equal(vm_list_read(back, src, NULL), 0);
	assert_int_equal(vm_list_count(back), ARRAY_SIZE(machine));
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++) {
		const struct vm_thread *t = vm_list_find(back, machine[i].tid);

		assert_non_null(t);
		assert_int_equal(t->time, 70);
		assert_int_equal(t->pid, machine[i].pid);
		assert_string_equal(t->name, machine[i].name);
		assert_string_equal(t->uuid, machine[i].uuid);
		assert_string_equal(t->instance, machine[i].instance);
		assert_string_equal(t->type, machine[i].type);
	}
	uint32_t n = tasks_find(src->tasks, 11, 80, 0);

	assert_string_equal(tasks_label(src->tasks, n), "vm7-fw.vcpu0");
	assert_int_equal(vm_list_machines(back), 3);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_machines_give_their_names),
		cmocka_unit_test(test_nothing_asked_for_changes_nothing),
		cmocka_unit_test(test_what_is_more_exact_wins),
		cmocka_unit_test(test_map_lines_for_machines_are_final),
		cmocka_unit_test(test_a_map_names_all_tasks_of_a_tid),
		cmocka_unit_test(test_machines_take_the_names_of_providers),
		cmocka_unit_test(test_rows_of_the_tracks),
	};

	return cmocka_run_group_tests_name("roles", tests, NULL, NULL);
}
