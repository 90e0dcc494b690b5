/* SPDX-License-Identifier: MIT */
/*
 * The checks, one function each. Those of BPF load and attach a program of two instructions, those
 * of perf open an event and close it again: what the kernel's configuration, capabilities, lockdown
 * and security modules let through together cannot be told otherwise.
 */
#include "capture/facility.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/quantity.h"
#include "capture/kvm_events.h"
#include "capture/tracefs.h"

/* ---- words ---- */

static void printf_like(2, 3) found(struct facility *f, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(f->found, sizeof(f->found), fmt, ap);
	va_end(ap);
}

static void printf_like(4, 5)
	lacks(struct facility *f, enum facility_state state, int code, const char *fmt, ...)
{
	va_list ap;

	f->state = state;
	f->code = code;
	va_start(ap, fmt);
	vsnprintf(f->fix, sizeof(f->fix), fmt, ap);
	va_end(ap);
}

/* Effective capabilities of this process. */
static uint64_t capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool has_cap(unsigned int cap)
{
	return capabilities() >> cap & 1;
}

/* ---- kernel, types ---- */

static void check_kernel(int root_fd, struct facility *f)
{
	struct utsname u;
	unsigned int major = 0, minor = 0;

	(void)root_fd;
	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2) {
		found(f, "unknown version");
		lacks(f, FACILITY_LIMITED, -EOPNOTSUPP, "%s", "");
		return;
	}
	found(f, "Linux %s %s", u.release, u.machine);
	if (major < 5 || (major == 5 && minor < 12))
		lacks(f, FACILITY_LIMITED, -EOPNOTSUPP,
		      "kernel 5.12 or later for --engine bpf; --engine perf works on this one");
}

static void check_btf(int root_fd, struct facility *f)
{
	struct stat st;

	if (fstatat(root_fd, "sys/kernel/btf/vmlinux", &st, 0) == 0) {
		char size[QUANTITY_MAX];

		found(f, "/sys/kernel/btf/vmlinux, %s", quantity_size(size, (uint64_t)st.st_size));
		return;
	}
	found(f, "no /sys/kernel/btf/vmlinux");
	lacks(f, FACILITY_MISSING, -EOPNOTSUPP,
	      "a kernel built with CONFIG_DEBUG_INFO_BTF, or --engine perf");
}

/* ---- BPF ---- */

/* r0 = 0; exit */
static const struct bpf_insn return_zero[] = {
	{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
	{ .code = BPF_JMP | BPF_EXIT },
};

static void bpf_refused(struct facility *f, int code, const char *what)
{
	bool caps = has_cap(CAP_SYS_ADMIN) || (has_cap(CAP_BPF) && has_cap(CAP_PERFMON));

	found(f, "%s: %s", what, strerror(-code));
	if (code == -EPERM || code == -EACCES)
		lacks(f, FACILITY_MISSING, code, "%s",
		      caps ? "allowed by capabilities, but refused: see kernel lockdown, seccomp, "
			     "security module"
			   : "CAP_BPF and CAP_PERFMON (try: sudo, or sudo setcap "
			     "cap_bpf,cap_perfmon,cap_sys_nice+ep on kymo)");
	else
		lacks(f, FACILITY_MISSING, code, "--engine perf");
}

static void check_bpf(int root_fd, struct facility *f)
{
	(void)root_fd;
	auto_close int prog = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "kymo_probe", "GPL",
					    return_zero, ARRAY_SIZE(return_zero), NULL);

	if (prog < 0) {
		bpf_refused(f, prog, "cannot load a BPF program");
		return;
	}
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE);
	auto_close int map = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kymo_probe", 4, 4096, 1, &options);
	auto_close int ring = bpf_map_create(BPF_MAP_TYPE_RINGBUF, "kymo_probe", 0, 0, 65536, NULL);

	if (map < 0 || ring < 0)
		bpf_refused(f, map < 0 ? map : ring, "cannot make a BPF map");
	else
		found(f, "a program loads, array and ring buffer maps can be made");
}

static void check_tp_btf(int root_fd, struct facility *f)
{
	struct stat st;

	if (fstatat(root_fd, "sys/kernel/btf/vmlinux", &st, 0) < 0) {
		found(f, "no kernel types");
		lacks(f, FACILITY_MISSING, -EOPNOTSUPP, "see btf");
		return;
	}
	int id = libbpf_find_vmlinux_btf_id("sched_switch", BPF_TRACE_RAW_TP);

	if (id < 0) {
		found(f, "the kernel's types do not name tracepoint sched_switch");
		lacks(f, FACILITY_MISSING, -EOPNOTSUPP, "--engine perf");
		return;
	}
	LIBBPF_OPTS(bpf_prog_load_opts, options, .expected_attach_type = BPF_TRACE_RAW_TP,
		    .attach_btf_id = (uint32_t)id);
	auto_close int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "kymo_probe", "GPL", return_zero,
					    ARRAY_SIZE(return_zero), &options);

	if (prog < 0) {
		bpf_refused(f, prog, "cannot load a program for tracepoint sched_switch");
		return;
	}
	auto_close int link = bpf_raw_tracepoint_open(NULL, prog);

	if (link < 0)
		bpf_refused(f, link, "cannot attach to tracepoint sched_switch");
	else
		found(f, "a program attaches to sched_switch");
}

/* KVM events go to one program by many tracepoints, told apart by a cookie. */
static void check_cookie(int root_fd, struct facility *f)
{
	/* call bpf_get_attach_cookie (r1 is the context); r0 = 0; exit */
	const struct bpf_insn ask[] = {
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_get_attach_cookie },
		return_zero[0],
		return_zero[1],
	};

	(void)root_fd;
	auto_close int prog = bpf_prog_load(BPF_PROG_TYPE_TRACEPOINT, "kymo_probe", "GPL", ask,
					    ARRAY_SIZE(ask), NULL);

	if (prog >= 0) {
		found(f, "a program for tracepoints that asks for its cookie loads");
	} else if (prog == -EINVAL) {
		found(f, "programs cannot ask which tracepoint they run for");
		lacks(f, FACILITY_MISSING, -EOPNOTSUPP, "kernel 5.15 or later, or --engine perf");
	} else {
		bpf_refused(f, prog, "cannot load a program for tracepoints");
	}
}

/* ---- perf ---- */

static int open_event(uint32_t type, uint64_t config)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = type,
		.config = config,
		.sample_period = 1,
		.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW,
		.disabled = 1,
		.use_clockid = 1,
		.clockid = CLOCK_MONOTONIC,
	};

	if (type == PERF_TYPE_HARDWARE) {
		attr.sample_period = 0;
		attr.sample_type = 0;
		attr.use_clockid = 0;
	}
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static void check_paranoid(int root_fd, struct facility *f)
{
	char line[32];

	if (file_read_line_at(root_fd, "proc/sys/kernel/perf_event_paranoid", line, sizeof(line)) <
	    0) {
		found(f, "the kernel has no perf events");
		lacks(f, FACILITY_MISSING, -EOPNOTSUPP, "a kernel built with CONFIG_PERF_EVENTS");
		return;
	}
	found(f, "kernel.perf_event_paranoid = %s", line);
	if (line[0] != '-' && !has_cap(CAP_PERFMON) && !has_cap(CAP_SYS_ADMIN))
		lacks(f, FACILITY_LIMITED, -EACCES,
		      "CAP_PERFMON, or sudo sysctl kernel.perf_event_paranoid=-1");
}

static void check_perf(int root_fd, struct facility *f)
{
	bool own;
	struct err e = { 0 };
	auto_close int tracefs = tracefs_open(root_fd, &own, &e);

	if (tracefs < 0) {
		found(f, "%.190s", err_text(&e, tracefs));
		lacks(f, FACILITY_MISSING, tracefs, "a readable tracefs (try: sudo)");
		return;
	}
	struct tracepoint *t = NULL;
	int r = tracefs_read_event(tracefs, "sched/sched_switch", &t, &e);

	if (r < 0) {
		found(f, "%.180s", err_text(&e, r));
		lacks(f, FACILITY_MISSING, r,
		      r == -EACCES ? "sudo (tracefs is not readable for this user)"
				   : "a kernel built with CONFIG_EVENT_TRACING");
		return;
	}
	auto_close int fd = open_event(PERF_TYPE_TRACEPOINT, t->id);

	tracepoint_free(t);
	if (fd >= 0) {
		found(f, "an event on sched_switch opens for a whole CPU");
		return;
	}
	found(f, "perf_event_open of sched_switch: %s", strerror(-fd));
	lacks(f, FACILITY_MISSING, fd,
	      "CAP_PERFMON (try: sudo), or sudo sysctl kernel.perf_event_paranoid=-1");
}

static void check_pmu(int root_fd, struct facility *f)
{
	(void)root_fd;
	auto_close int fd = open_event(PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES);

	if (fd >= 0)
		found(f, "hardware cycles can be counted");
	else if (fd == -ENOENT || fd == -EOPNOTSUPP || fd == -ENODEV) {
		found(f, "no hardware counters");
		lacks(f, FACILITY_MISSING, fd,
		      "a machine with a PMU; on a virtual one the host has to pass it on");
	} else {
		found(f, "hardware cycles: %s", strerror(-fd));
		lacks(f, FACILITY_MISSING, fd, "CAP_PERFMON (try: sudo)");
	}
}

static void check_tracefs(int root_fd, struct facility *f)
{
	bool own;
	struct err e = { 0 };
	auto_close int fd = tracefs_open(root_fd, &own, &e);

	if (fd < 0) {
		found(f, "%.190s", err_text(&e, fd));
		lacks(f, FACILITY_MISSING, fd,
		      "sudo, or sudo mount -t tracefs nodev /sys/kernel/tracing");
	} else if (own) {
		found(f, "not mounted; kymo mounts it for itself where it needs it");
	} else {
		found(f, "mounted and readable");
	}
}

/* ---- privileges ---- */

static void check_caps(int root_fd, struct facility *f)
{
	static const struct {
		unsigned int bit;
		const char *name;
	} cap[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_PERFMON, "CAP_PERFMON" },
		{ CAP_SYS_ADMIN, "CAP_SYS_ADMIN" },
		{ CAP_SYS_NICE, "CAP_SYS_NICE" },
	};
	uint64_t have = capabilities();
	char has[96] = "", lacking[96] = "";

	(void)root_fd;
	for (unsigned int i = 0; i < ARRAY_SIZE(cap); i++) {
		char *list = have >> cap[i].bit & 1 ? has : lacking;
		size_t n = strlen(list);

		snprintf(list + n, sizeof(has) - n, "%s%s", n ? ", " : "", cap[i].name);
	}
	found(f, "%s%s%s%s%s", has[0] ? "has " : "", has, has[0] && lacking[0] ? "; " : "",
	      lacking[0] ? "lacks " : "", lacking);
	bool admin = have >> CAP_SYS_ADMIN & 1;
	bool enough = admin || ((have >> CAP_BPF & 1) && (have >> CAP_PERFMON & 1));

	if (!enough)
		lacks(f, FACILITY_MISSING, -EPERM,
		      "sudo, or sudo setcap cap_bpf,cap_perfmon,cap_sys_nice+ep on kymo");
	else if (!(have >> CAP_SYS_NICE & 1))
		lacks(f, FACILITY_LIMITED, -EPERM, "CAP_SYS_NICE as well");
}

static void check_fifo(int root_fd, struct facility *f)
{
	struct sched_param old = { 0 }, one = { .sched_priority = 1 };
	int policy = sched_getscheduler(0);

	(void)root_fd;
	if (sched_getparam(0, &old) == 0 && policy >= 0 &&
	    sched_setscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, &one) == 0) {
		sched_setscheduler(0, policy, &old);
		found(f, "the reader may run at SCHED_FIFO 1");
		return;
	}
	found(f, "the reader may not run at SCHED_FIFO: %s", strerror(errno));
	lacks(f, FACILITY_LIMITED, -errno, "CAP_SYS_NICE, or ulimit -r 1");
}

static void check_memlock(int root_fd, struct facility *f)
{
	struct rlimit l;
	char size[QUANTITY_MAX];

	(void)root_fd;
	if (getrlimit(RLIMIT_MEMLOCK, &l) < 0)
		l.rlim_cur = 0;
	if (l.rlim_cur == RLIM_INFINITY)
		found(f, "unlimited");
	else
		found(f, "%s", quantity_size(size, l.rlim_cur));
	if (l.rlim_cur < (64u << 20) && !has_cap(CAP_IPC_LOCK))
		lacks(f, FACILITY_LIMITED, -EPERM,
		      "CAP_IPC_LOCK or ulimit -l unlimited, for large buffers of --engine perf");
}

/* Does a word of the first "flags" line of proc/cpuinfo say that guests run by hardware? */
static bool has_hardware_guests(int root_fd)
{
	auto_buf b;

	buf_init(&b, 1u << 16); /* the first CPU is enough */
	int r = file_read_at(root_fd, "proc/cpuinfo", &b);
	const char *flags = r < 0 && r != -EFBIG ? NULL : strstr(buf_str(&b), "\nflags");

	if (!flags)
		return false;
	auto_free char *line = strndup(flags + 1, strcspn(flags + 1, "\n"));

	for (char *p = line, *word; p && (word = strsep(&p, " \t"));)
		if (!strcmp(word, "vmx") || !strcmp(word, "svm"))
			return true;
	return false;
}

/*
 * kvm_pvm runs guests in user mode, on machines without VMX and SVM (mostly guests themselves):
 * nothing exits there in the sense of kvm_exit. sys/module tells, which has built-in modules too;
 * a built-in kvm_intel or kvm_amd is listed even where it cannot work, the CPU's flags decide.
 */
static bool is_pvm(int root_fd)
{
	struct stat st;

	return fstatat(root_fd, "sys/module/kvm_pvm", &st, 0) == 0 && !has_hardware_guests(root_fd);
}

static void check_kvm(int root_fd, struct facility *f)
{
	bool own;
	auto_close int kvm = openat(root_fd, "dev/kvm", O_RDWR | O_CLOEXEC);
	int code = kvm < 0 ? -errno : 0;
	auto_close int tracefs = tracefs_open(root_fd, &own, NULL);
	struct kvm_events *all = NULL;
	int events = tracefs < 0 ? tracefs : kvm_events_read(tracefs, true, &all, NULL);

	if (events < 0)
		found(f, "/dev/kvm %s, no kvm tracepoints", code ? strerror(-code) : "opens");
	else
		found(f, "/dev/kvm %s, %u kvm tracepoints%s", code ? strerror(-code) : "opens",
		      all->n,
		      is_pvm(root_fd) ? ", but with kvm_pvm kvm_exit and kvm_entry never fire"
				      : "");
	kvm_events_free(all);
	if (code == -ENOENT)
		lacks(f, FACILITY_MISSING, code,
		      "a machine that runs guests (modprobe kvm_intel or kvm_amd)");
	else if (code)
		lacks(f, FACILITY_LIMITED, code, "membership of group kvm, or sudo");
	else if (events < 0)
		lacks(f, FACILITY_LIMITED, events, "%s",
		      events == -ENOENT ? "modprobe kvm" : "a readable tracefs (try: sudo)");
	else if (is_pvm(root_fd))
		lacks(f, FACILITY_LIMITED, -EOPNOTSUPP,
		      "a host whose CPU has VMX or SVM for exit reasons, guest and host time; here "
		      "kymo record -e kvm shows exits to user space, pio, mmio, msr, cpuid");
}

/* ---- the list ---- */

static const struct {
	const char *name, *title, *use;
	void (*check)(int root_fd, struct facility *f);
} facilities[] = {
	{ "kernel", "kernel version", "the BPF engine needs 5.12", check_kernel },
	{ "btf", "kernel types (BTF)", "the BPF engine finds the kernel's fields by it",
	  check_btf },
	{ "bpf", "BPF programs and maps", "scheduler capture at the lowest cost", check_bpf },
	{ "tp_btf", "BTF tracepoints", "where the BPF engine attaches", check_tp_btf },
	{ "cookie", "BPF tracepoint cookies", "the BPF engine records KVM events by them",
	  check_cookie },
	{ "paranoid", "perf_event_paranoid", "what users without capabilities may measure",
	  check_paranoid },
	{ "perf", "perf events on tracepoints", "scheduler capture where BPF is not allowed",
	  check_perf },
	{ "tracefs", "tracefs", "ids and fields of tracepoints", check_tracefs },
	{ "capabilities", "capabilities", "sudo gives them all", check_caps },
	{ "fifo", "real-time priority",
	  "without it a saturated machine starves the reader and events are lost", check_fifo },
	{ "memlock", "locked memory", "buffers of the perf engine, of BPF before 5.11",
	  check_memlock },
	{ "pmu", "hardware counters", "cycles, cache misses and the like", check_pmu },
	{ "kvm", "virtual machines", "VM exits (kymo record -e kvm)", check_kvm },
};

size_t facility_count(void)
{
	return ARRAY_SIZE(facilities);
}

void facility_check(size_t i, int root_fd, struct facility *ret)
{
	*ret = (struct facility){
		.name = facilities[i].name,
		.title = facilities[i].title,
		.use = facilities[i].use,
	};
	facilities[i].check(root_fd, ret);
}

const char *facility_state_name(enum facility_state s)
{
	static const char *const name[] = { "ok", "limited", "missing" };

	return name[s];
}

int facility_need(int root_fd, const char *const *names, struct err *e)
{
	for (; *names; names++) {
		for (size_t i = 0; i < facility_count(); i++) {
			struct facility f;

			if (strcmp(facilities[i].name, *names))
				continue;
			facility_check(i, root_fd, &f);
			if (f.state == FACILITY_MISSING)
				return err_set(e, f.code, "%s; needs %s", f.found, f.fix);
		}
	}
	return 0;
}
