/* SPDX-License-Identifier: MIT */
/*
 * KVM events of this machine: a guest of our own recorded by both engines, against what it did,
 * against each other row by row, and against perf record at the same time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "capture/capture.h"
#include "capture/kvm_events.h"
#include "capture/tracefs.h"
#include "kvm_guest.h"
#include "model/file_track.h"
#include "model/kvm_track.h"
#include "model/sched_track.h"

#define ROUNDS 500u
#define ENOUGH ((uint64_t)32 << 20)

struct row {
	nsec_t time;
	uint64_t what;
	uint32_t tid, detail;
	uint16_t kind; /* enum kvm_kind, or one of these */
};
#define ROW_EXIT  256
#define ROW_ENTRY 257

/* Rows of the KVM tracks in the order in which they came, and what was lost. */
struct keeper {
	struct sink sink;
	struct row *row;
	size_t n, cap;
	uint64_t switches, lost, kvm_lost;
	nsec_t last[64][3]; /* by CPU and track */
	bool unordered;
	char events[256]; /* meta kymo.events */
	char name[256][64]; /* of kinds, by meta kvm.kind.N */
};

static void keep_row(struct keeper *k, const struct batch *b, uint32_t i)
{
	if (k->n == k->cap) {
		k->cap = k->cap ? k->cap * 2 : 1024;
		k->row = reallocarray(k->row, k->cap, sizeof(*k->row));
		if (!k->row)
			abort();
	}
	struct row *r = &k->row[k->n++];
	unsigned int stream = 0;

	*r = (struct row){ .time = b->time[i] };
	if (b->track == &track_kvm_exit) {
		r->kind = ROW_EXIT;
		r->tid = batch_u32(b, KVM_EXIT_TID)[i];
		r->what = batch_u32(b, KVM_EXIT_REASON)[i];
		r->detail = batch_u8(b, KVM_EXIT_ISA)[i];
		stream = 1;
	} else if (b->track == &track_kvm_entry) {
		r->kind = ROW_ENTRY;
		r->tid = batch_u32(b, KVM_ENTRY_TID)[i];
		stream = 2;
	} else {
		r->kind = batch_u8(b, KVM_KIND)[i];
		r->tid = batch_u32(b, KVM_TID)[i];
		r->what = batch_u64(b, KVM_WHAT)[i];
		r->detail = batch_u32(b, KVM_DETAIL)[i];
	}
	if (b->cpu < ARRAY_SIZE(k->last)) {
		k->unordered |= r->time < k->last[b->cpu][stream];
		k->last[b->cpu][stream] = r->time;
	}
}

static void keep_meta(struct keeper *k, const struct batch *b, uint32_t i)
{
	const char *key = batch_text(b, META_KEY, i), *value = batch_text(b, META_VALUE, i);
	unsigned int kind;

	if (!strcmp(key, "kymo.events"))
		snprintf(k->events, sizeof(k->events), "%s", value);
	if (sscanf(key, "kvm.kind.%u", &kind) == 1 && kind < ARRAY_SIZE(k->name))
		snprintf(k->name[kind], sizeof(k->name[kind]), "%s", value);
}

static void keep_loss(struct keeper *k, const struct batch *b, uint32_t i)
{
	if (batch_u16(b, LOSS_TRACK)[i] == track_kvm.id)
		k->kvm_lost += batch_u64(b, LOSS_COUNT)[i];
	k->lost += batch_u64(b, LOSS_COUNT)[i];
}

static int keep(struct sink *sink, const struct batch *b, struct err *e)
{
	struct keeper *k = (struct keeper *)sink;

	(void)e;
	for (uint32_t i = 0; i < b->rows; i++) {
		if (b->track == &track_kvm || b->track == &track_kvm_exit ||
		    b->track == &track_kvm_entry)
			keep_row(k, b, i);
		else if (b->track == &track_meta)
			keep_meta(k, b, i);
		else if (b->track == &track_loss)
			keep_loss(k, b, i);
	}
	k->switches += b->track == &track_switch ? b->rows : 0;
	return 0;
}

/* ---- recording ---- */

struct recorder {
	struct capture_options options;
	struct capture *capture;
	struct keeper keeper;
};

static void recorder_open(struct recorder *r, const char *engine, unsigned int events,
			  const struct capture_filter *filter, uint64_t buffer_bytes)
{
	struct err e = { 0 };

	*r = (struct recorder){ 0 };
	r->options = (struct capture_options){
		.engine = engine,
		.events = events,
		.filter = filter,
		.buffer_bytes = buffer_bytes, /* nobody drains while the guest runs */
		.root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
	};
	int code = capture_open(&r->options, &r->capture, &e);

	if (code >= 0)
		return;
	print_message("SKIP: %s\n", e.text);
	close(r->options.root_fd);
	if (code != -EPERM && code != -EACCES && code != -EOPNOTSUPP && code != -ENOENT)
		fail_msg("%s", e.text);
	skip();
}

static void recorder_start(struct recorder *r)
{
	struct err e = { 0 };

	r->keeper.sink.write = keep;
	if (capture_start(r->capture, &r->keeper.sink, &e) < 0)
		fail_msg("%s", e.text);
}

static void recorder_stop(struct recorder *r)
{
	struct err e = { 0 };

	if (capture_stop(r->capture, &e) < 0 ||
	    capture_describe(r->capture, &r->keeper.sink, NULL, &e) < 0)
		fail_msg("%s", e.text);
	capture_free(r->capture);
	close(r->options.root_fd);
	assert_false(r->keeper.unordered);
}

/* On one CPU, so that its events have one order. */
static void run_guest(struct kvm_guest_result *g)
{
	const char *why;
	cpu_set_t one, old;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	assert_int_equal(sched_getaffinity(0, sizeof(old), &old), 0);
	sched_setaffinity(0, sizeof(one), &one);
	int r = kvm_guest_run(ROUNDS, g, &why);

	sched_setaffinity(0, sizeof(old), &old);
	if (r < 0) {
		print_message("SKIP: %s: %s\n", why, strerror(-r));
		skip();
	}
}

/* Before anything that would have to be undone. */
static void need_guest(void)
{
	struct kvm_guest_result g;

	run_guest(&g);
}

/* ---- what the guest did ---- */

struct tally {
	uint64_t exit_io, exit_mmio, exit_hlt, outs, stores, rdmsrs, wrmsrs, cpuids, loads, unloads;
	uint64_t exits, entries;
	uint64_t strange; /* rows whose fields say what the guest did not do */
};

static void count_row(struct tally *t, const struct row *r)
{
	switch (r->kind) {
	case KVM_KIND_USERSPACE_EXIT: /* 2 IO, 5 HLT, 6 MMIO (linux/kvm.h) */
		t->exit_io += r->what == 2;
		t->exit_hlt += r->what == 5;
		t->exit_mmio += r->what == 6;
		t->strange += r->detail != 0;
		break;
	case KVM_KIND_PIO:
		t->outs++;
		t->strange += (r->what != KVM_GUEST_PORT && r->what != KVM_GUEST_PORT + 1) ||
			      r->detail != (1u << 16 | 1u << 8 | 1);
		break;
	case KVM_KIND_MMIO:
		t->stores++;
		t->strange += r->what != KVM_GUEST_MMIO || r->detail != (2u << 8 | 1);
		break;
	case KVM_KIND_MSR:
		t->rdmsrs += r->detail == 0;
		t->wrmsrs += r->detail == 1;
		t->strange += r->what != KVM_GUEST_MSR;
		break;
	case KVM_KIND_CPUID:
		t->cpuids++;
		t->strange += r->what != KVM_GUEST_LEAF || r->detail != 0;
		break;
	case ROW_EXIT:
		t->exits++;
		break;
	case ROW_ENTRY:
		t->entries++;
		break;
	case KVM_KIND_FPU:
		t->loads += r->what == 1;
		t->unloads += r->what == 0;
		break;
	}
}

static void count_what_the_guest_did(const char *engine)
{
	struct recorder r;
	struct kvm_guest_result g;
	struct tally t = { 0 };

	need_guest();
	recorder_open(&r, engine, CAPTURE_KVM | CAPTURE_SWITCH, NULL, ENOUGH);
	recorder_start(&r);
	run_guest(&g);
	recorder_stop(&r);
	assert_int_equal(r.keeper.lost, 0);
	for (size_t i = 0; i < r.keeper.n; i++)
		if (r.keeper.row[i].tid == g.tid)
			count_row(&t, &r.keeper.row[i]);
	assert_int_equal(t.outs, g.outs);
	assert_int_equal(t.stores, g.stores);
	assert_int_equal(t.cpuids, g.cpuids);
	assert_int_equal(t.rdmsrs, g.rdmsrs);
	assert_int_equal(t.wrmsrs, g.wrmsrs);
	assert_int_equal(t.exit_io, g.exits[2]);
	assert_int_equal(t.exit_hlt, g.exits[5]);
	assert_int_equal(t.exit_mmio, g.exits[6]);
	assert_int_equal(t.loads, g.runs);
	assert_int_equal(t.unloads, g.runs);
	assert_int_equal(t.strange, 0);
	/* Where the processor runs the guest, each KVM_RUN enters and leaves it. */
	print_message("%s: %" PRIu64 " exits, %" PRIu64 " entries\n", engine, t.exits, t.entries);
	assert_true(t.exits == 0 || t.exits >= g.runs);
	assert_true(t.entries == t.exits || t.entries >= g.runs);
	assert_true(r.keeper.switches > 0);
	assert_string_equal(r.keeper.events, "switch,task,kvm_exit,kvm_entry,kvm");
	free(r.keeper.row);
}

static void test_bpf_counts_what_the_guest_did(void **state)
{
	(void)state;
	count_what_the_guest_did("bpf");
}

static void test_perf_counts_what_the_guest_did(void **state)
{
	(void)state;
	count_what_the_guest_did("perf");
}

/* ---- both engines ---- */

/* Rows of @tid move to the front; their number. */
static size_t only_of(struct keeper *k, uint32_t tid)
{
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		if (k->row[i].tid == tid)
			k->row[n++] = k->row[i];
	return n;
}

static void test_engines_read_the_same_of_every_event(void **state)
{
	(void)state;
	struct recorder bpf, perf;
	struct kvm_guest_result g;

	need_guest();
	recorder_open(&bpf, "bpf", CAPTURE_KVM_ALL, NULL, ENOUGH);
	recorder_open(&perf, "perf", CAPTURE_KVM_ALL, NULL, ENOUGH);
	recorder_start(&bpf);
	recorder_start(&perf);
	run_guest(&g);
	recorder_stop(&perf);
	assert_int_equal(perf.keeper.lost, 0);
	recorder_stop(&bpf);
	assert_int_equal(bpf.keeper.lost, 0);
	size_t n = only_of(&bpf.keeper, g.tid);

	assert_int_equal(only_of(&perf.keeper, g.tid), n);
	assert_true(n > 12u * ROUNDS);
	for (size_t i = 0; i < n; i++) {
		const struct row *a = &bpf.keeper.row[i], *b = &perf.keeper.row[i];

		assert_int_equal(a->kind, b->kind);
		assert_int_equal(a->what, b->what);
		assert_int_equal(a->detail, b->detail);
		/* One after the other, within a scheduling hiccup. */
		assert_in_range(a->time, b->time - NSEC_PER_SEC, b->time + NSEC_PER_SEC);
	}
	assert_memory_equal(bpf.keeper.name, perf.keeper.name, sizeof(bpf.keeper.name));
	free(bpf.keeper.row);
	free(perf.keeper.row);
}

static void pass_one_thread(const char *engine)
{
	struct capture_filter f = { 0 };
	struct recorder r;
	struct kvm_guest_child child, other;

	need_guest();
	kvm_guest_fork(&child, ROUNDS);
	kvm_guest_fork(&other, ROUNDS);
	f.n_tids = 1;
	f.tid[0] = (uint32_t)child.pid;
	recorder_open(&r, engine, CAPTURE_KVM, &f, ENOUGH);
	recorder_start(&r);
	kvm_guest_go_and_wait(&other);
	kvm_guest_go_and_wait(&child);
	recorder_stop(&r);
	assert_int_equal(r.keeper.lost, 0);
	assert_true(r.keeper.n > 10u * ROUNDS);
	for (size_t i = 0; i < r.keeper.n; i++)
		assert_int_equal(r.keeper.row[i].tid, child.pid);
	free(r.keeper.row);
}

static void test_bpf_passes_one_thread(void **state)
{
	(void)state;
	pass_one_thread("bpf");
}

static void test_perf_passes_one_thread(void **state)
{
	(void)state;
	pass_one_thread("perf");
}

static bool has_exits(const struct keeper *k)
{
	for (size_t i = 0; i < k->n; i++)
		if (k->row[i].kind == ROW_EXIT)
			return true;
	return false;
}

/* Rings of a page, and nobody empties them: what is there and what is said to be lost is all. */
static void test_bpf_counts_what_it_loses(void **state)
{
	(void)state;
	const unsigned int rounds = 4 * ROUNDS;
	struct capture_filter f = { 0 };
	struct recorder r;
	struct kvm_guest_child child;

	need_guest();
	kvm_guest_fork(&child, rounds);
	f.n_tids = 1;
	f.tid[0] = (uint32_t)child.pid;
	recorder_open(&r, "bpf", CAPTURE_KVM, &f, 4096);
	recorder_start(&r);
	kvm_guest_go_and_wait(&child);
	recorder_stop(&r);
	assert_int_equal(r.keeper.lost, r.keeper.kvm_lost);
	assert_true(r.keeper.n > 1000);
	assert_true(r.keeper.lost > rounds);
	/* Where the processor runs guests there are exits, entries and the like besides. */
	if (!has_exits(&r.keeper))
		assert_int_equal(r.keeper.n + r.keeper.lost, 14 * rounds + 4);
	free(r.keeper.row);
}

/* ---- perf record ---- */

struct perf_record {
	pid_t pid;
	int control, ack;
	char file[64];
};

/* A private mount of tracefs where there is none, for programs that look for it. */
static void exec_with_tracefs(const char *const *argv)
{
	if (access("/sys/kernel/tracing/events", F_OK) < 0 &&
	    (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	     mount("tracefs", "/sys/kernel/tracing", "tracefs", 0, NULL) < 0))
		_exit(126);
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	_exit(127);
}

static bool perf_does(struct perf_record *p, const char *what)
{
	char answer[8];

	return write(p->control, what, strlen(what)) == (ssize_t)strlen(what) &&
	       read(p->ack, answer, sizeof(answer)) > 0;
}

static void perf_record_start(struct perf_record *p)
{
	int control[2], ack[2];
	char fds[64];

	snprintf(p->file, sizeof(p->file), "/tmp/kymo-live-kvm-%d", (int)getpid());
	assert_int_equal(pipe(control), 0);
	assert_int_equal(pipe(ack), 0);
	snprintf(fds, sizeof(fds), "--control=fd:%d,%d", control[0], ack[1]);
	const char *const argv[] = { "perf", "record", "-q", "-a",    "-m", "8M",    "-D",
				     "-1",   fds,      "-e", "kvm:*", "-o", p->file, NULL };

	fflush(NULL);
	p->pid = fork();
	assert_true(p->pid >= 0);
	if (!p->pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		close(control[1]);
		close(ack[0]);
		exec_with_tracefs(argv);
	}
	close(control[0]);
	close(ack[1]);
	p->control = control[1];
	p->ack = ack[0];
	signal(SIGPIPE, SIG_IGN);
	if (perf_does(p, "enable\n"))
		return;
	waitpid(p->pid, NULL, 0);
	print_message("SKIP: perf record does not record kvm events here\n");
	skip();
}

static void perf_record_stop(struct perf_record *p)
{
	assert_true(perf_does(p, "disable\n"));
	kill(p->pid, SIGINT);
	assert_int_equal(waitpid(p->pid, NULL, 0), p->pid);
	close(p->control);
	close(p->ack);
}

struct name_count {
	char name[64];
	uint64_t perf, kymo;
};

static struct name_count *count_of(struct name_count *c, unsigned int *n, const char *name)
{
	for (unsigned int i = 0; i < *n; i++)
		if (!strcmp(c[i].name, name))
			return &c[i];
	assert_true(*n < 256);
	c[*n] = (struct name_count){ 0 };
	snprintf(c[*n].name, sizeof(c[*n].name), "%s", name);
	return &c[(*n)++];
}

static const char *row_name(const struct keeper *k, const struct row *r)
{
	if (r->kind == ROW_EXIT)
		return "kvm_exit";
	if (r->kind == ROW_ENTRY)
		return "kvm_entry";
	return kvm_kind_name(r->kind) ? kvm_kind_name(r->kind) : k->name[r->kind & 0xff];
}

/* Of thread @tid. perf script says "  7120 kvm:kvm_mmio: " a line. */
static void count_perf(const struct perf_record *p, uint32_t tid, struct name_count *c,
		       unsigned int *n)
{
	const char *const argv[] = { "perf", "script", "-i", p->file, "-F", "tid,event", NULL };
	int fd[2], status;
	char line[256], name[64];
	unsigned int of;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	fflush(NULL);
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(fd[1], STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		exec_with_tracefs(argv);
	}
	close(fd[1]);
	FILE *f = fdopen(fd[0], "r");

	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%u kvm:%63[a-z0-9_]", &of, name) == 2 && of == tid)
			count_of(c, n, name)->perf++;
	fclose(f);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	unlink(p->file);
}

static void count_like_perf(const char *engine)
{
	struct recorder r;
	struct kvm_guest_result g;
	struct perf_record p;
	struct name_count *c = calloc(256, sizeof(*c));
	unsigned int n = 0;
	size_t rows;

	need_guest();
	recorder_open(&r, engine, CAPTURE_KVM_ALL, NULL, ENOUGH);
	perf_record_start(&p);
	recorder_start(&r);
	run_guest(&g);
	recorder_stop(&r);
	assert_int_equal(r.keeper.lost, 0);
	perf_record_stop(&p);
	count_perf(&p, g.tid, c, &n);
	/* Other guests of this machine may be there at one end and not at the other. */
	rows = only_of(&r.keeper, g.tid);
	for (size_t i = 0; i < rows; i++)
		count_of(c, &n, row_name(&r.keeper, &r.keeper.row[i]))->kymo++;
	for (unsigned int i = 0; i < n; i++) {
		print_message("%-28s perf %8" PRIu64 " kymo %8" PRIu64 "\n", c[i].name, c[i].perf,
			      c[i].kymo);
		assert_int_equal(c[i].perf, c[i].kymo);
	}
	assert_true(count_of(c, &n, "kvm_pio")->kymo >= g.outs);
	free(c);
	free(r.keeper.row);
}

static void test_bpf_counts_like_perf_record(void **state)
{
	(void)state;
	count_like_perf("bpf");
}

static void test_perf_engine_counts_like_perf_record(void **state)
{
	(void)state;
	count_like_perf("perf");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_bpf_counts_what_the_guest_did),
		cmocka_unit_test(test_perf_counts_what_the_guest_did),
		cmocka_unit_test(test_engines_read_the_same_of_every_event),
		cmocka_unit_test(test_bpf_passes_one_thread),
		cmocka_unit_test(test_perf_passes_one_thread),
		cmocka_unit_test(test_bpf_counts_what_it_loses),
		cmocka_unit_test(test_bpf_counts_like_perf_record),
		cmocka_unit_test(test_perf_engine_counts_like_perf_record),
	};

	return cmocka_run_group_tests_name("live_kvm", tests, NULL, NULL);
}
