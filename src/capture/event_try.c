/* SPDX-License-Identifier: MIT */
/* What a kernel really takes cannot be told from sysfs: it is asked. */
#include "capture/event_try.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int event_open_in(const struct perf_event_attr *attr, pid_t pid, int cpu, int group_fd,
		  unsigned long flags)
{
	int fd = (int)syscall(SYS_perf_event_open, attr, pid, cpu, group_fd,
			      flags | PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int event_open(const struct perf_event_attr *attr, pid_t pid, int cpu, unsigned long flags)
{
	return event_open_in(attr, pid, cpu, -1, flags);
}

void event_files_raise(struct rlimit *ret_old)
{
	struct rlimit most;

	*ret_old = (struct rlimit){ 0 };
	if (getrlimit(RLIMIT_NOFILE, ret_old) < 0)
		return;
	most = *ret_old;
	most.rlim_cur = most.rlim_max;
	setrlimit(RLIMIT_NOFILE, &most);
}

void event_files_restore(const struct rlimit *old)
{
	if (old->rlim_cur)
		setrlimit(RLIMIT_NOFILE, old);
}

static bool of_core(const struct event *ev)
{
	return ev->attr.type == PERF_TYPE_HARDWARE || ev->attr.type == PERF_TYPE_HW_CACHE ||
	       ev->attr.type == PERF_TYPE_RAW;
}

void event_refusal(const struct event *ev, int code, char *ret, size_t size)
{
	switch (code) {
	case -ENOENT:
	case -ENODEV:
	case -ENXIO:
	case -EOPNOTSUPP:
		if (of_core(ev))
			snprintf(ret, size,
				 "no such hardware counter: needs a PMU that has it (virtual "
				 "machines: passed on by the host)");
		else
			snprintf(ret, size, "the kernel does not have it or cannot sample it");
		break;
	case -EACCES:
	case -EPERM:
		snprintf(ret, size,
			 "not allowed: needs CAP_PERFMON (try: sudo, or sudo sysctl "
			 "kernel.perf_event_paranoid=-1)");
		break;
	case -EBUSY:
		snprintf(ret, size, "the PMU is in use by others");
		break;
	case -EMFILE:
		snprintf(ret, size, "too many files (try: ulimit -n 65536, or fewer events)");
		break;
	case -EINVAL:
		snprintf(ret, size, "the kernel refuses this combination (%s)", strerror(EINVAL));
		break;
	default:
		snprintf(ret, size, "%s", strerror(-code));
	}
}

/* As it is, and as little as an ordinary user may have. */
static int open_any(struct perf_event_attr *attr, int cpu)
{
	int fd = event_open(attr, -1, cpu, 0);

	if (fd != -EACCES && fd != -EPERM)
		return fd;
	fd = event_open(attr, 0, -1, 0);
	if ((fd == -EACCES || fd == -EPERM) && !attr->exclude_kernel && !attr->exclude_user) {
		attr->exclude_kernel = attr->exclude_hv = 1;
		fd = event_open(attr, 0, -1, 0);
	}
	return fd;
}

int event_try(const struct event *ev, bool sample, char *why, size_t size)
{
	struct perf_event_attr attr = ev->attr;
	int cpu = ev->has_cpus ? cpuset_next(&ev->cpus, 0) : 0;

	if (ev->missing[0]) {
		snprintf(why, size, "%s", ev->missing);
		return -ENODEV;
	}
	attr.disabled = 1;
	if (sample) {
		attr.sample_type = PERF_SAMPLE_IP | PERF_SAMPLE_TIME;
		if (!attr.sample_period) {
			attr.freq = 1;
			attr.sample_freq = 100;
		}
	} else {
		attr.sample_period = 0;
		attr.freq = 0;
	}
	int fd = open_any(&attr, cpu);

	if (fd < 0) {
		event_refusal(ev, fd, why, size);
		return fd;
	}
	close(fd);
	why[0] = 0;
	return 0;
}
