/* SPDX-License-Identifier: MIT */
/* Which tracepoint is read by whom. */
#include "import/trace_event.h"

#include <string.h>

static int init_sched(struct trace_event *ev, const char *subsystem, const char *name,
		      const struct tracepoint *t, struct err *e)
{
	return sched_event_init(&ev->sched, sched_event_kind(subsystem, name), t, e);
}

static int init_kvm(struct trace_event *ev, const char *subsystem, const char *name,
		    const struct tracepoint *t, struct err *e)
{
	(void)subsystem;
	return kvm_event_init(&ev->kvm, t, name, e);
}

static bool is_sched(const char *subsystem, const char *name)
{
	return sched_event_kind(subsystem, name) != 0;
}

/* All of them: those without a number become rows by name. */
static bool is_any(const char *subsystem, const char *name)
{
	(void)subsystem;
	(void)name;
	return true;
}

static const struct reader {
	const char *subsystem;
	enum trace_reader reader;
	bool (*reads)(const char *subsystem, const char *name);
	int (*init)(struct trace_event *ev, const char *subsystem, const char *name,
		    const struct tracepoint *t, struct err *e);
} readers[] = {
	{ "sched", TRACE_READER_SCHED, is_sched, init_sched },
	{ "task", TRACE_READER_SCHED, is_sched, init_sched },
	{ "kvm", TRACE_READER_KVM, is_any, init_kvm },
};

const char *trace_event_subsystem(unsigned int i)
{
	return i < ARRAY_SIZE(readers) ? readers[i].subsystem : NULL;
}

static const struct reader *find_reader(const char *subsystem, const char *name)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(readers); i++)
		if (!strcmp(readers[i].subsystem, subsystem) && readers[i].reads(subsystem, name))
			return &readers[i];
	return NULL;
}

enum trace_reader trace_event_reader(const char *subsystem, const char *name)
{
	const struct reader *r = find_reader(subsystem, name);

	return r ? r->reader : TRACE_READER_NONE;
}

int trace_event_init(struct trace_event *ev, const char *subsystem, const char *name,
		     const struct tracepoint *t, struct err *e)
{
	const struct reader *reader = find_reader(subsystem, name);

	*ev = (struct trace_event){ .reader = TRACE_READER_NONE };
	if (!reader)
		return 0;
	int r = reader->init(ev, subsystem, name, t, e);

	ev->reader = r < 0 ? TRACE_READER_NONE : reader->reader;
	return r;
}
