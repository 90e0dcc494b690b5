/* SPDX-License-Identifier: MIT */
/* Parsing what /proc says of tasks. */
#include "collect/task_texts.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "collect/proc_file.h"

#define PF_KTHREAD 0x00200000u /* include/linux/sched.h */

/* The kernel adds what a worker does ("kworker/0:1-events"); that is not its name. Rescuers
 * ("kworker/R-rcu_gp") are really called so. */
static void trim_worker(struct task_stat *t)
{
	if (t->kernel && !strncmp(t->name, "kworker/", 8) && t->name[8] != 'R')
		t->name[strcspn(t->name, "+-")] = '\0';
}

/* Field @n (4 and on) into its place; false: its number does not fit. */
static bool take_field(struct task_stat *t, unsigned int n, uint64_t v)
{
	bool small = v <= UINT32_MAX;

	switch (n) {
	case 4:
		t->parent = (uint32_t)v;
		return small;
	case TASK_STAT_FLAGS:
		t->kernel_flags = (uint32_t)v;
		t->kernel = v & PF_KTHREAD;
		return small;
	case 10:
		t->minor = v;
		break;
	case 12:
		t->major = v;
		break;
	case 14:
		t->user = v;
		break;
	case 15:
		t->sys = v;
		break;
	case 18:
		t->priority = (int64_t)v;
		break;
	case 20:
		t->threads = (uint32_t)v;
		return small;
	case 22:
		t->start = v;
		break;
	case 23:
		t->vsize = v;
		break;
	case TASK_STAT_RSS:
		t->rss = (int64_t)v < 0 ? 0 : v;
		break;
	case TASK_STAT_CPU:
		t->cpu = (uint32_t)v;
		return small;
	case TASK_STAT_BLOCK:
		t->block = v;
		break;
	case TASK_STAT_GUEST:
		t->guest = v;
		break;
	}
	return true;
}

/* A field that may have a sign; those without may have all 64 bits. */
static bool scan_field(const char **p, uint64_t *ret)
{
	const char *s = skip_blanks(*p);

	return *s == '-' ? scan_i64(p, ret) : scan_u64(p, ret);
}

int task_stat_parse(const char *text, struct task_stat *ret)
{
	struct task_stat t = { 0 };
	const char *p = text;
	/* The name may hold blanks, lines and parentheses, so it ends at the last one of all. */
	const char *open = strchr(text, '('), *close = strrchr(text, ')');
	uint64_t v;

	if (!scan_u64(&p, &v) || v > UINT32_MAX || p[0] != ' ' || p + 1 != open || !close ||
	    close < open || close[1] != ' ')
		return -EBADMSG;
	t.tid = (uint32_t)v;
	size_t n = (size_t)(close - open - 1);

	memcpy(t.name, open + 1, n < sizeof(t.name) ? n : sizeof(t.name) - 1);
	p = close + 2;
	if ((unsigned char)*p <= ' ')
		return -EBADMSG;
	t.state = *p++;
	t.fields = 3;
	while (t.fields < TASK_STAT_GUEST && scan_field(&p, &v)) {
		/* What is cut within a number would be another one. */
		if (*p != ' ' && *p != '\n')
			break;
		if (!take_field(&t, t.fields + 1, v))
			return -EBADMSG;
		t.fields++;
	}
	if (t.fields < TASK_STAT_FLAGS)
		return -EBADMSG;
	trim_worker(&t);
	*ret = t;
	return 0;
}

/* The value of a line that begins with @key, if @p is such a line. */
static bool value_of(const char *p, const char *key, uint64_t *ret)
{
	size_t n = strlen(key);

	if (strncmp(p, key, n) != 0)
		return false;
	p += n;
	return scan_u64(&p, ret) && (unsigned char)*p <= ' ' && *p;
}

void task_status_parse(const char *text, struct task_status *ret)
{
	uint64_t v;
	unsigned int switches = 0;

	*ret = (struct task_status){ 0 };
	/* The kernel writes a newline within the name as two characters. */
	for (const char *p = text; *p; p = next_line(p)) {
		if (*p == 'U' && value_of(p, "Uid:", &v) && v <= UINT32_MAX) {
			ret->uid = (uint32_t)v;
			ret->has_uid = true;
		} else if (*p == 'T' && value_of(p, "Tgid:", &v) && v <= UINT32_MAX) {
			ret->pid = (uint32_t)v;
			ret->has_pid = true;
		} else if (*p == 'V' && value_of(p, "VmSwap:", &v) && v <= UINT64_MAX / 1024) {
			ret->swap = v * 1024;
			ret->has_swap = true;
		} else if (*p == 'v' && value_of(p, "voluntary_ctxt_switches:", &v)) {
			ret->voluntary = v;
			switches |= 1;
		} else if (*p == 'n' && value_of(p, "nonvoluntary_ctxt_switches:", &v)) {
			ret->involuntary = v;
			switches |= 2;
		}
	}
	ret->has_switches = switches == 3;
}

int task_io_parse(const char *text, struct task_io *ret)
{
	struct task_io io = { 0 };
	unsigned int found = 0;

	for (const char *p = text; *p; p = next_line(p)) {
		if (*p == 'r' && value_of(p, "read_bytes:", &io.read))
			found |= 1;
		else if (*p == 'w' && value_of(p, "write_bytes:", &io.written))
			found |= 2;
		else if (*p == 'c' && value_of(p, "cancelled_write_bytes:", &io.cancelled))
			found |= 4;
	}
	if (found != 7)
		return -EBADMSG;
	*ret = io;
	return 0;
}

int task_schedstat_parse(const char *text, struct task_schedstat *ret)
{
	struct task_schedstat s;
	const char *p = text;

	if (!scan_u64(&p, &s.ran) || !scan_u64(&p, &s.run_delay) || !scan_u64(&p, &s.slices) ||
	    *p != '\n')
		return -EBADMSG;
	*ret = s;
	return 0;
}
