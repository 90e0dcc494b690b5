/* SPDX-License-Identifier: MIT */
/*
 * Virtual machines while recording: a process of ours that looks like QEMU to everybody (threads
 * "CPU n/KVM", -name and -uuid on its command line), there from the start or come later.
 *
 *	live_names -name guest=NAME ...	plays the machine until it is killed
 *	live_names -late		starts one that outlives it, and ends
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/engine.h"
#include "format/recording.h"
#include "model/tasks.h"
#include "names/vm_list.h"

#define UUID		"11112222-3333-4444-5555-66667777888"
#define SECONDS_AT_MOST 60

static char self[4096]; /* this program */
static char folder[] = "/tmp/kymo-names-XXXXXX";
static char path[64], late_pid[64];

/* ---- the machine ---- */

static void *play_vcpu(void *ready)
{
	(void)prctl(PR_SET_NAME, "CPU 0/KVM");
	pthread_barrier_wait(ready);
	for (;;)
		pause();
	return NULL;
}

/* Tells on @fd that its threads have their names. */
static int play_machine(int fd)
{
	pthread_barrier_t ready;
	pthread_t thread;

	alarm(SECONDS_AT_MOST);
	(void)prctl(PR_SET_NAME, "machine");
	pthread_barrier_init(&ready, NULL, 2);
	if (pthread_create(&thread, NULL, play_vcpu, &ready))
		return 1;
	pthread_barrier_wait(&ready);
	if (write(fd, "x", 1) != 1)
		return 1;
	for (;;)
		pause();
}

/* Start one and wait until it is ready. */
static pid_t start_machine(const char *guest, const char *uuid)
{
	char name[64], byte;
	int fd[2];

	snprintf(name, sizeof(name), "guest=%s,debug-threads=on", guest);
	if (pipe(fd) < 0)
		return -1;
	fflush(NULL);
	pid_t pid = fork();

	if (!pid) {
		dup2(fd[1], 9);
		close(fd[0]);
		execl(self, "qemu-of-a-test", "-name", name, "-uuid", uuid, NULL);
		_exit(126);
	}
	close(fd[1]);
	bool ready = pid > 0 && read(fd[0], &byte, 1) == 1;

	close(fd[0]);
	return ready ? pid : -1;
}

static int start_late(const char *pid_file)
{
	pid_t pid = start_machine("Late", UUID "9");
	FILE *f = pid > 0 ? fopen(pid_file, "we") : NULL;

	if (!f)
		return 1;
	fprintf(f, "%d\n", (int)pid);
	return fclose(f) ? 1 : 0;
}

/* ---- the tests ---- */

static int setup(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/x.kymo", folder);
	snprintf(late_pid, sizeof(late_pid), "%s/pid", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(late_pid);
	return rmdir(folder);
}

static void need(const char *engine)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (const struct engine *const *i = engine_list; *i; i++) {
		struct err e = { 0 };

		if (strcmp((*i)->name, engine) != 0 || (*i)->probe(root, &e) >= 0)
			continue;
		close(root);
		print_message("SKIP: engine %s: %s\n", engine, e.text);
		skip();
	}
	close(root);
}

/* kymo record WORDS... -- this program, which starts the late machine. */
static void record(const char *const *word)
{
	const char *program = getenv("KYMO");
	const char *argv[24] = { program, "record", "--quiet", "-o", path };
	unsigned int n = 5;
	int status = 0;

	if (!program) {
		print_message("SKIP: KYMO does not name the program\n");
		skip();
	}
	unlink(path);
	for (; *word; word++)
		argv[n++] = *word;
	argv[n++] = "--";
	argv[n++] = self;
	argv[n++] = "-late";
	argv[n++] = late_pid;
	fflush(NULL);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		execv(argv[0], (char *const *)(uintptr_t)argv);
		_exit(126);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static pid_t read_late_pid(void)
{
	FILE *f = fopen(late_pid, "re");
	int pid = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &pid), 1);
	fclose(f);
	assert_true(pid > 1);
	return pid;
}

/* Role of the machine's thread of @type; NULL: it is not in the recording. */
static const char *role_of(struct source *src, const struct vm_list *vms, pid_t pid,
			   const char *type, const char **ret_comm)
{
	for (size_t i = 0; i < vm_list_count(vms); i++) {
		const struct vm_thread *t = vm_list_at(vms, i);

		if (t->pid != (uint32_t)pid || strcmp(t->type, type) != 0)
			continue;
		const struct task *k =
			tasks_at(src->tasks, tasks_find(src->tasks, t->tid, t->time, 0));

		*ret_comm = k->comm;
		return k->role ? k->role : "";
	}
	return NULL;
}

static void check_recording(pid_t pid, pid_t late, const char *first, const char *second)
{
	auto_ptr(recording) r = NULL;
	auto_ptr(vm_list) vms = vm_list_new();
	struct err e = { 0 };
	const char *comm = NULL;

	if (recording_open(path, 0, &r, &e) < 0)
		fail_msg("%s", e.text);
	struct source *src = recording_source(r);

	assert_true(src->info->complete);
	assert_int_equal(vm_list_read(vms, src, &e), 0);
	const char *role = role_of(src, vms, pid, "vcpu0", &comm);

	assert_non_null(role);
	assert_string_equal(role, first);
	assert_string_equal(comm, "CPU 0/KVM");
	role = role_of(src, vms, late, "vcpu0", &comm);
	assert_non_null(role);
	assert_string_equal(role, second);
	assert_string_equal(comm, "CPU 0/KVM");
	assert_non_null(role_of(src, vms, pid, "emulator", &comm));
}

static void record_machines(const char *engine, const char *rule, const char *first,
			    const char *second)
{
	const char *const plain[] = { "--engine", engine, NULL };
	const char *const ruled[] = { "--engine", engine, "--name-rule", rule, NULL };

	need(engine);
	pid_t pid = start_machine("Vm7-Fw", UUID "8");

	assert_true(pid > 0);
	record(rule ? ruled : plain);
	pid_t late = read_late_pid();

	kill(pid, SIGKILL);
	kill(late, SIGKILL);
	waitpid(pid, NULL, 0);
	check_recording(pid, late, first, second);
}

static void test_bpf_names_machines(void **state)
{
	(void)state;
	record_machines("bpf", NULL, "Vm7-Fw.vcpu0", "Late.vcpu0");
}

static void test_perf_names_machines(void **state)
{
	(void)state;
	record_machines("perf", NULL, "Vm7-Fw.vcpu0", "Late.vcpu0");
}

static void test_rules_name_what_was_recorded(void **state)
{
	(void)state;
	record_machines("bpf", "^Vm([0-9]+)-(.*)=>{2}.{1:02}", "Fw.07.vcpu0", "Late.vcpu0");
}

static void test_machines_need_not_be_looked_for(void **state)
{
	(void)state;
	const char *const word[] = { "--engine", "bpf", "--no-vm-names", NULL };
	auto_ptr(recording) r = NULL;
	auto_ptr(vm_list) vms = vm_list_new();

	need("bpf");
	pid_t pid = start_machine("Vm7-Fw", UUID "8");

	record(word);
	kill(pid, SIGKILL);
	kill(read_late_pid(), SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(recording_open(path, 0, &r, NULL), 0);
	assert_int_equal(vm_list_read(vms, recording_source(r), NULL), 0);
	assert_int_equal(vm_list_count(vms), 0);
}

int main(int argc, char **argv)
{
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (n <= 0)
		return 1;
	if (argc > 1 && !strcmp(argv[1], "-name"))
		return play_machine(9);
	if (argc == 3 && !strcmp(argv[1], "-late"))
		return start_late(argv[2]);
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bpf_names_machines),
		cmocka_unit_test(test_perf_names_machines),
		cmocka_unit_test(test_rules_name_what_was_recorded),
		cmocka_unit_test(test_machines_need_not_be_looked_for),
	};

	return cmocka_run_group_tests_name("live_names", tests, setup, teardown);
}
