/* SPDX-License-Identifier: MIT */
/* Tests of src/analysis/vm_groups: which task belongs to which machine. */
#include "view_text.h"

#include "analysis/vm_groups.h"

static void task(struct scenario *s, uint32_t tid, uint32_t tgid, const char *comm,
		 const char *role)
{
	scenario_task(s, 0, TASK_ALIVE, tid, comm, 0);
	batch_u32(s->stream[0], TASK_TGID)[s->stream[0]->rows - 1] = tgid;
	if (role)
		scenario_task(s, 0, TASK_ROLE, tid, role, 0);
}

/* "name pid vcpus/threads: tid tid*, ..." with * for vCPUs. */
static const char *groups_text(struct source *src, const uint32_t *kvm_tids, size_t n_kvm,
			       struct buf *out)
{
	bool has_kvm[64] = { false };
	struct vm_groups g = { 0 };
	struct query q = { .tracks = track_bit(&track_vm) };
	auto_ptr(cursor) c = NULL;
	const struct batch *b;

	for (size_t i = 0; i < n_kvm; i++)
		has_kvm[tasks_find(src->tasks, kvm_tids[i], 0, 0)] = true;
	assert_int_equal(source_cursor(src, &q, &c, NULL), 0);
	while (cursor_next(c, &b, NULL) > 0)
		assert_int_equal(vm_groups_add(&g, b), 0);
	assert_int_equal(vm_groups_settle(&g, src->tasks, has_kvm, 64), 0);
	buf_clear(out);
	for (uint32_t i = 0; i < g.n; i++) {
		buf_addf(out, "%s%s %u %u/%u:", i ? "; " : "", g.group[i].name, g.group[i].pid,
			 g.group[i].vcpus, g.group[i].threads);
		for (uint32_t t = 0; t < g.n_tasks; t++)
			if (g.of[t] == i)
				buf_addf(out, " %u%s", tasks_at(src->tasks, t)->tid,
					 g.vcpu[t] ? "*" : "");
	}
	vm_groups_done(&g);
	return buf_str(out);
}

static void check(void (*build)(struct scenario *), const uint32_t *kvm_tids, size_t n_kvm,
		  const char *expected)
{
	struct scenario s;
	auto_buf out;

	buf_init(&out, 0);
	scenario_init(&s, 100);
	scenario_task(&s, 0, TASK_ALIVE, 1, "init", 0);
	build(&s);
	scenario_switch(&s, 0, 100, 1, 0, 1);
	assert_string_equal(groups_text(scenario_source(&s), kvm_tids, n_kvm, &out), expected);
	scenario_done(&s);
}

static void by_process(struct scenario *s)
{
	task(s, 10, 10, "qemu-kvm", NULL);
	task(s, 11, 10, "CPU 0/KVM", NULL);
	task(s, 12, 10, "CPU 1/KVM", NULL);
	task(s, 13, 10, "worker", NULL);
	task(s, 20, 20, "CPU x/KVM", NULL);
	task(s, 30, 30, "vmm", NULL);
	task(s, 31, 30, "vmm", NULL);
}

static void test_by_process(void **state)
{
	static const uint32_t kvm[] = { 31 };

	(void)state;
	check(by_process, kvm, 1, "qemu-kvm:10 10 2/4: 10 11* 12* 13; vmm:30 30 1/2: 30 31*");
}

static void by_role(struct scenario *s)
{
	task(s, 11, 0, "CPU 0/KVM", "Firewall.02.vcpu0");
	task(s, 12, 0, "CPU 1/KVM", "Firewall.02.vcpu1");
	task(s, 13, 0, "qemu", "Firewall.02.emulator");
	task(s, 14, 0, "qemu", "Router.01.vcpu0");
	task(s, 15, 0, "other", "Router.02");
	task(s, 16, 0, "alone", NULL);
	/* The role names the machine of a process too. */
	task(s, 21, 20, "a", "Nat.03.vcpu0");
	task(s, 22, 20, "b", NULL);
}

static void test_by_role(void **state)
{
	static const uint32_t kvm[] = { 16 };

	(void)state;
	check(by_role, kvm, 1,
	      "Firewall.02 0 2/3: 11* 12* 13; Router.01 0 1/1: 14*; alone:16 0 1/1: 16*; "
	      "Nat.03 20 1/2: 21* 22");
}

static void by_track(struct scenario *s)
{
	task(s, 10, 10, "qemu", NULL);
	task(s, 11, 10, "x", NULL);
	task(s, 40, 2, "vhost-10", NULL);
	scenario_vm(s, 50, 10, 10, "old", "emulator");
	scenario_vm(s, 50, 11, 10, "web", "vcpu0");
	scenario_vm(s, 50, 40, 10, "web", "vhost");
	scenario_vm(s, 50, 77, 10, "web", "vcpu1"); /* seen nowhere else */
	scenario_vm(s, 60, 10, 10, "web", "emulator"); /* the last row counts */
	scenario_vm(s, 60, 0, 0, "", "");
}

static void test_by_track(void **state)
{
	(void)state;
	check(by_track, NULL, 0, "web 10 2/4: 10 11* 40 77*");
}

static void nothing(struct scenario *s)
{
	task(s, 10, 10, "sh", NULL);
}

static void test_no_machines(void **state)
{
	(void)state;
	check(nothing, NULL, 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_by_process),
		cmocka_unit_test(test_by_role),
		cmocka_unit_test(test_by_track),
		cmocka_unit_test(test_no_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
