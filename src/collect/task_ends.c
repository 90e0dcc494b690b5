/* SPDX-License-Identifier: MIT */
/*
 * Taskstats of threads that end. Those of a process are added up until the kernel says that it was
 * the last one.
 */
#include "collect/task_ends.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/acct.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/taskstats.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/idmap.h"

#define READ_BYTES     65536u
#define KERNEL_BYTES   (8 << 20) /* that the kernel may keep for us */
#define FIRST_MAP      1024u
#define WITH_PROCESSES 12 /* version of taskstats, Linux 5.19 */

struct ended_threads {
	uint32_t pid; /* 0 = free */
	uint64_t ran;
	struct task_cpu_time cpu;
	uint64_t value[TASK_VALUES];
	char name[TASK_NAME_BYTES]; /* of the first thread, "" = not ended yet */
};

struct task_ends {
	int fd;
	uint16_t family;
	bool threads, delays_told;
	struct idmap by_pid; /* -> place, also of processes that have gone */
	struct ended_threads *process;
	uint32_t n, cap, n_used;
	_Alignas(struct nlmsghdr) uint8_t text[READ_BYTES];
};

/* ---- netlink ---- */

/* The data of attribute @type in @n bytes, *@n becomes its length; NULL: there is none. */
static const uint8_t *attribute(const uint8_t *p, size_t *n, uint16_t type)
{
	size_t left = *n;

	while (left >= NLA_HDRLEN) {
		struct nlattr a;

		memcpy(&a, p, sizeof(a));
		if (a.nla_len < NLA_HDRLEN || a.nla_len > left)
			return NULL;
		if ((a.nla_type & NLA_TYPE_MASK) == type) {
			*n = a.nla_len - NLA_HDRLEN;
			return p + NLA_HDRLEN;
		}
		size_t step = min_of((size_t)NLA_ALIGN(a.nla_len), left);

		p += step;
		left -= step;
	}
	return NULL;
}

/* The message at @text + *@at, which goes behind it; NULL when there is no whole one. The last need
 * not be padded, which NLMSG_NEXT() takes for granted. */
static const struct nlmsghdr *next_message(const void *text, size_t n, size_t *at)
{
	const struct nlmsghdr *h = (const void *)((const uint8_t *)text + *at);

	if (n - *at < sizeof(*h) || h->nlmsg_len < sizeof(*h) || h->nlmsg_len > n - *at)
		return NULL;
	*at += min_of((size_t)NLMSG_ALIGN(h->nlmsg_len), n - *at);
	return h;
}

struct request {
	struct nlmsghdr h;
	struct genlmsghdr g;
	uint8_t attributes[256];
};

/* A command with one text. */
static int ask(int fd, uint16_t family, uint8_t command, uint16_t type, const char *text)
{
	struct request m = {
		.h = { .nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.g = { .cmd = command, .version = 1 },
	};
	struct nlattr a = { .nla_type = type,
			    .nla_len = (uint16_t)(NLA_HDRLEN + strlen(text) + 1) };

	if (a.nla_len > sizeof(m.attributes))
		return -E2BIG;
	memcpy(m.attributes, &a, sizeof(a));
	memcpy(m.attributes + NLA_HDRLEN, text, strlen(text) + 1);
	m.h.nlmsg_len = (uint32_t)(NLMSG_LENGTH(GENL_HDRLEN) + NLA_ALIGN(a.nla_len));
	return send(fd, &m, m.h.nlmsg_len, 0) < 0 ? -errno : 0;
}

/* Until the acknowledgement, or an error; *@ret_family from what comes before it. */
static int answer(struct task_ends *x, uint16_t *ret_family)
{
	for (;;) {
		ssize_t got = recv(x->fd, x->text, sizeof(x->text), 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		const struct nlmsghdr *h;
		size_t at = 0;

		while ((h = next_message(x->text, (size_t)got, &at))) {
			const uint8_t *p = (const uint8_t *)h + NLMSG_LENGTH(GENL_HDRLEN);
			int error;

			if (h->nlmsg_type == NLMSG_ERROR &&
			    h->nlmsg_len >= (size_t)NLMSG_LENGTH(sizeof(error))) {
				/* struct nlmsgerr begins with it. */
				memcpy(&error, (const uint8_t *)h + NLMSG_HDRLEN, sizeof(error));
				return error;
			}
			if (h->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN) || !ret_family)
				continue;
			size_t left = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

			p = attribute(p, &left, CTRL_ATTR_FAMILY_ID);
			if (p && left == sizeof(*ret_family))
				memcpy(ret_family, p, left);
		}
	}
}

/* ---- messages ---- */

/* Of one end; false: it is none. Older kernels send a shorter structure, newer ones a longer. */
static bool parse(const struct task_ends *x, const struct nlmsghdr *h, struct taskstats *ret)
{
	const uint8_t *p = (const uint8_t *)h + NLMSG_LENGTH(GENL_HDRLEN);

	if (h->nlmsg_type != x->family || h->nlmsg_len < NLMSG_LENGTH(GENL_HDRLEN))
		return false;
	size_t n = h->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	p = attribute(p, &n, TASKSTATS_TYPE_AGGR_PID);
	if (p)
		p = attribute(p, &n, TASKSTATS_TYPE_STATS);
	if (!p || n <= offsetof(struct taskstats, nivcsw))
		return false;
	memset(ret, 0, sizeof(*ret));
	memcpy(ret, p, min_of(n, sizeof(*ret)));
	ret->ac_comm[sizeof(ret->ac_comm) - 1] = '\0';
	return ret->ac_pid != 0;
}

static void take_facts(const struct task_ends *x, struct task_numbers *n, const struct taskstats *s)
{
	bool group = s->version >= WITH_PROCESSES && !x->threads;

	n->tid = group ? s->ac_tgid : s->ac_pid;
	n->pid = s->version >= WITH_PROCESSES ? s->ac_tgid : s->ac_pid;
	n->parent = s->ac_ppid;
	n->uid = s->ac_uid;
	n->state = 'X';
	n->ended = true;
	n->age = (group ? s->ac_tgetime : s->ac_etime) * NSEC_PER_USEC;
	n->have = TASK_HAVE_ALWAYS | 1u << PROCESS_PARENT | 1u << PROCESS_UID | 1u << PROCESS_STATE;
	if (s->ac_sched == 0) { /* SCHED_OTHER: priority is niceness */
		n->prio = (uint8_t)(120 + (int8_t)s->ac_nice);
		n->have |= 1u << PROCESS_PRIO;
	}
	(void)snprintf(n->name, sizeof(n->name), "%s", s->ac_comm);
}

static void take_values(const struct task_ends *x, struct task_numbers *n,
			const struct taskstats *s)
{
	struct task_cpu_time ticks = { .user = s->ac_utime * NSEC_PER_USEC,
				       .sys = s->ac_stime * NSEC_PER_USEC };

	/* Adjusted later; .guest is not told. */
	task_numbers_set(n, PROCESS_USER, ticks.user);
	task_numbers_set(n, PROCESS_SYSTEM, ticks.sys);
	task_numbers_set(n, PROCESS_MINOR, s->ac_minflt);
	task_numbers_set(n, PROCESS_MAJOR, s->ac_majflt);
	task_numbers_set(n, PROCESS_VOLUNTARY, s->nvcsw);
	task_numbers_set(n, PROCESS_INVOLUNTARY, s->nivcsw);
	task_numbers_set(n, PROCESS_READ, s->read_bytes);
	task_numbers_set(n, PROCESS_WRITTEN, s->write_bytes);
	task_numbers_set(n, PROCESS_CANCELLED, s->cancelled_write_bytes);
	task_numbers_set(n, PROCESS_RUN_DELAY, s->cpu_delay_total);
	if (x->delays_told)
		task_numbers_set(n, PROCESS_BLOCK_DELAY, s->blkio_delay_total);
}

/* ---- processes ---- */

static int forget_gone(struct task_ends *x)
{
	idmap_clear(&x->by_pid);
	for (uint32_t i = 0; i < x->n; i++)
		if (x->process[i].pid && idmap_set(&x->by_pid, x->process[i].pid, i) < 0)
			return -ENOMEM;
	return 0;
}

static struct ended_threads *find(struct task_ends *x, uint32_t pid)
{
	uint32_t i = idmap_get(&x->by_pid, pid);

	return i != IDMAP_NONE && x->process[i].pid == pid ? &x->process[i] : NULL;
}

static struct ended_threads *find_or_add(struct task_ends *x, uint32_t pid)
{
	struct ended_threads *p = find(x, pid);
	uint32_t place = 0;

	if (p)
		return p;
	if (x->by_pid.used > 2 * x->n_used + FIRST_MAP && forget_gone(x) < 0)
		return NULL;
	while (place < x->n && x->process[place].pid)
		place++;
	if (place == x->cap) {
		uint32_t cap = x->cap ? 2 * x->cap : 64;
		struct ended_threads *grown = reallocarray(x->process, cap, sizeof(*grown));

		if (!grown)
			return NULL;
		x->process = grown;
		x->cap = cap;
	}
	if (idmap_set(&x->by_pid, pid, place) < 0)
		return NULL;
	x->n = max_of(x->n, place + 1);
	x->n_used++;
	x->process[place] = (struct ended_threads){ .pid = pid };
	return &x->process[place];
}

/* The numbers of a thread that was not the last one. */
static int keep(struct task_ends *x, const struct task_numbers *n, const struct taskstats *s)
{
	struct ended_threads *p = find_or_add(x, n->pid);

	if (!p)
		return -ENOMEM;
	for (unsigned int i = 0; i < TASK_VALUES; i++)
		p->value[i] += n->value[i];
	p->ran += s->cpu_run_virtual_total;
	if (s->ac_pid == s->ac_tgid)
		memcpy(p->name, n->name, sizeof(p->name));
	return 0;
}

/* Add those of the threads before it. */
static void complete(struct task_ends *x, struct task_numbers *n, uint64_t *ran)
{
	struct ended_threads *p = find(x, n->pid);

	if (!p)
		return;
	for (unsigned int i = 0; i < TASK_VALUES; i++)
		n->value[i] += p->value[i];
	*ran += p->ran;
	if (p->name[0])
		memcpy(n->name, p->name, sizeof(n->name));
	p->pid = 0;
	x->n_used--;
}

static int take(struct task_ends *x, const struct taskstats *s, const struct task_taker *to)
{
	struct task_numbers n = { 0 };
	uint64_t ran = s->cpu_run_virtual_total;

	take_facts(x, &n, s);
	take_values(x, &n, s);
	if (!x->threads) {
		if (s->version < WITH_PROCESSES)
			return 0;
		if (!(s->ac_flag & AGROUP))
			return keep(x, &n, s);
		complete(x, &n, &ran);
	}
	struct task_cpu_time cpu = task_cpu_adjust(
		(struct task_cpu_time){ .user = n.value[0],
					.sys = n.value[PROCESS_SYSTEM - PROCESS_USER] },
		ran, (struct task_cpu_time){ 0 });

	task_numbers_set(&n, PROCESS_USER, cpu.user);
	task_numbers_set(&n, PROCESS_SYSTEM, cpu.sys);
	return to->take(to->ctx, &n);
}

int task_ends_take(struct task_ends *x, const void *messages, size_t bytes,
		   const struct task_taker *to)
{
	const struct nlmsghdr *h;
	size_t at = 0;
	int r = 0;

	while (r >= 0 && (h = next_message(messages, bytes, &at))) {
		struct taskstats s;

		if (parse(x, h, &s))
			r = take(x, &s, to);
	}
	return r;
}

int task_ends_read(struct task_ends *x, const struct task_taker *to, uint64_t *lost, struct err *e)
{
	for (;;) {
		ssize_t n = recv(x->fd, x->text, sizeof(x->text), MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == ENOBUFS) {
			++*lost; /* at least */
			continue;
		}
		if (n < 0)
			return errno == EAGAIN ? 0
					       : err_set(e, -errno, "cannot read taskstats: %s",
							 strerror(errno));
		int r = task_ends_take(x, x->text, (size_t)n, to);

		if (r < 0)
			return r;
	}
}

/* ---- open ---- */

struct task_ends *task_ends_of_messages(uint16_t family, bool threads, bool delays_told)
{
	struct task_ends *x = calloc(1, sizeof(*x));

	if (!x)
		return NULL;
	x->fd = -1;
	x->family = family;
	x->threads = threads;
	x->delays_told = delays_told;
	return x;
}

struct task_ends *task_ends_free(struct task_ends *x)
{
	if (x) {
		if (x->fd >= 0)
			close(x->fd);
		idmap_done(&x->by_pid);
		free(x->process);
		free(x);
	}
	return NULL;
}

static bool read_line(int root_fd, const char *path, char *line, size_t size)
{
	auto_close int fd = openat(root_fd, path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, line, size - 1);

	line[max_of(n, (ssize_t)0)] = '\0';
	line[strcspn(line, "\n")] = '\0';
	return n > 0;
}

static int subscribe(struct task_ends *x, const char *cpus, struct err *e)
{
	const struct sockaddr_nl own = { .nl_family = AF_NETLINK };
	int bytes = KERNEL_BYTES;

	x->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (x->fd < 0 || bind(x->fd, (const struct sockaddr *)&own, sizeof(own)) < 0)
		return err_set(e, -errno, "no netlink: %s", strerror(errno));
	if (setsockopt(x->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		(void)setsockopt(x->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	int r = ask(x->fd, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME,
		    TASKSTATS_GENL_NAME);

	if (r >= 0)
		r = answer(x, &x->family);
	if (r < 0)
		return err_set(e, r, "the kernel has no taskstats: %s", strerror(-r));
	r = ask(x->fd, x->family, TASKSTATS_CMD_GET, TASKSTATS_CMD_ATTR_REGISTER_CPUMASK, cpus);
	if (r >= 0)
		r = answer(x, NULL);
	if (r == -EPERM)
		return err_set(e, r, "needs CAP_BPF and CAP_PERFMON, or CAP_NET_ADMIN (try: sudo)");
	return r < 0 ? err_set(e, r, "no taskstats here: %s", strerror(-r)) : 0;
}

static bool has_processes(void)
{
	struct utsname u;
	unsigned int major, minor;

	if (uname(&u) < 0 || sscanf(u.release, "%u.%u", &major, &minor) != 2)
		return false;
	return major > 5 || (major == 5 && minor >= 19);
}

int task_ends_open(int root_fd, bool threads, struct task_ends **ret, struct err *e)
{
	auto_ptr(task_ends) x = task_ends_of_messages(0, threads, false);
	char cpus[200], delays[8];

	if (!x)
		return -ENOMEM;
	if (!threads && !has_processes())
		return err_set(e, -EOPNOTSUPP, "taskstats before Linux 5.19 tell of threads only");
	x->delays_told =
		read_line(root_fd, "proc/sys/kernel/task_delayacct", delays, sizeof(delays)) &&
		delays[0] == '1';
	/* All that may ever come. */
	if (!read_line(root_fd, "sys/devices/sys/cpu/possible", cpus, sizeof(cpus)))
		(void)snprintf(cpus, sizeof(cpus), "0-%ld", sysconf(_SC_NPROCESSORS_CONF) - 1);
	int r = subscribe(x, cpus, e);

	if (r < 0)
		return r;
	*ret = steal_ptr(x);
	return 0;
}
