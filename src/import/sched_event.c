/* SPDX-License-Identifier: MIT */
/*
 * Raw tracepoint records to rows. Fields are looked up once per file; integers of 4 bytes and names
 * of 16, which is all there is in the frequent events, are then read without further questions.
 */
#include "import/sched_event.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"

enum field_class { FIELD_INT, FIELD_TEXT };

struct field_spec {
	const char *name;
	enum field_class class;
	bool optional;
};

/* Places in sched_event.field. */
enum { SW_PREV, SW_STATE, SW_NEXT, SW_PRIO, SW_PREV_COMM, SW_NEXT_COMM };
enum { WK_WAKER, WK_TID, WK_TARGET, WK_COMM, WK_SUCCESS };
enum { MG_TID, MG_FROM, MG_TO, MG_COMM };
enum { FK_PARENT, FK_CHILD, FK_PARENT_COMM, FK_CHILD_COMM };
enum { EC_TID, EC_OLD_TID, EC_FILE };
enum { EX_TID, EX_COMM };
enum { RN_COMMON_TID, RN_TID, RN_COMM };
enum { ST_TID, ST_NSEC, ST_COMM };

#define WAKEUP_FIELDS                                                                          \
	{                                                                                      \
		[WK_WAKER] = { "common_pid", FIELD_INT, false },                               \
		[WK_TID] = { "pid", FIELD_INT, false },                                        \
		[WK_TARGET] = { "target_cpu", FIELD_INT, false },                              \
		[WK_COMM] = { "comm", FIELD_TEXT, false },                                     \
		[WK_SUCCESS] = { "success", FIELD_INT, true }, /* until 5.x; 0 = no wake-up */ \
	}

#define STAT_FIELDS(nsec)                                                                       \
	{                                                                                       \
		[ST_TID] = { "pid", FIELD_INT, false }, [ST_NSEC] = { nsec, FIELD_INT, false }, \
		[ST_COMM] = { "comm", FIELD_TEXT, false },                                      \
	}

static const struct event_spec {
	const char *subsystem, *name;
	struct field_spec field[SCHED_EVENT_MAX_FIELDS];
} event_specs[] = {
	[SCHED_EVENT_SWITCH] = { "sched",
				 "sched_switch",
				 {
					 [SW_PREV] = { "prev_pid", FIELD_INT, false },
					 [SW_STATE] = { "prev_state", FIELD_INT, false },
					 [SW_NEXT] = { "next_pid", FIELD_INT, false },
					 [SW_PRIO] = { "next_prio", FIELD_INT, false },
					 [SW_PREV_COMM] = { "prev_comm", FIELD_TEXT, false },
					 [SW_NEXT_COMM] = { "next_comm", FIELD_TEXT, false },
				 } },
	[SCHED_EVENT_WAKEUP] = { "sched", "sched_wakeup", WAKEUP_FIELDS },
	[SCHED_EVENT_WAKEUP_NEW] = { "sched", "sched_wakeup_new", WAKEUP_FIELDS },
	[SCHED_EVENT_WAKING] = { "sched", "sched_waking", WAKEUP_FIELDS },
	[SCHED_EVENT_MIGRATE] = { "sched",
				  "sched_migrate_task",
				  {
					  [MG_TID] = { "pid", FIELD_INT, false },
					  [MG_FROM] = { "orig_cpu", FIELD_INT, false },
					  [MG_TO] = { "dest_cpu", FIELD_INT, false },
					  [MG_COMM] = { "comm", FIELD_TEXT, false },
				  } },
	[SCHED_EVENT_FORK] = { "sched",
			       "sched_process_fork",
			       {
				       [FK_PARENT] = { "parent_pid", FIELD_INT, false },
				       [FK_CHILD] = { "child_pid", FIELD_INT, false },
				       [FK_PARENT_COMM] = { "parent_comm", FIELD_TEXT, false },
				       [FK_CHILD_COMM] = { "child_comm", FIELD_TEXT, false },
			       } },
	[SCHED_EVENT_EXEC] = { "sched",
			       "sched_process_exec",
			       {
				       [EC_TID] = { "pid", FIELD_INT, false },
				       [EC_OLD_TID] = { "old_pid", FIELD_INT, false },
				       [EC_FILE] = { "filename", FIELD_TEXT, false },
			       } },
	[SCHED_EVENT_EXIT] = { "sched",
			       "sched_process_exit",
			       {
				       [EX_TID] = { "pid", FIELD_INT, false },
				       [EX_COMM] = { "comm", FIELD_TEXT, false },
			       } },
	[SCHED_EVENT_RENAME] = { "task",
				 "task_rename",
				 {
					 [RN_COMMON_TID] = { "common_pid", FIELD_INT, false },
					 [RN_TID] = { "pid", FIELD_INT, true },
					 [RN_COMM] = { "newcomm", FIELD_TEXT, false },
				 } },
	[SCHED_EVENT_STAT_RUNTIME] = { "sched", "sched_stat_runtime", STAT_FIELDS("runtime") },
	[SCHED_EVENT_STAT_SLEEP] = { "sched", "sched_stat_sleep", STAT_FIELDS("delay") },
	[SCHED_EVENT_STAT_IOWAIT] = { "sched", "sched_stat_iowait", STAT_FIELDS("delay") },
	[SCHED_EVENT_STAT_BLOCKED] = { "sched", "sched_stat_blocked", STAT_FIELDS("delay") },
	[SCHED_EVENT_STAT_WAIT] = { "sched", "sched_stat_wait", STAT_FIELDS("delay") },
};

enum sched_event_kind sched_event_kind(const char *subsystem, const char *name)
{
	for (unsigned int i = 1; i < ARRAY_SIZE(event_specs); i++)
		if (!strcmp(event_specs[i].subsystem, subsystem) &&
		    !strcmp(event_specs[i].name, name))
			return (enum sched_event_kind)i;
	return 0;
}

/* ` 0x00000001, "S" }` or the same in decimal. */
static bool read_state(const char *p, uint32_t *ret_value, char *ret_letter)
{
	uint32_t value = 0;
	unsigned int base = 10;

	p += *p == ' ';
	if (p[0] == '0' && p[1] == 'x') {
		base = 16;
		p += 2;
	}
	for (; isxdigit((unsigned char)*p); p++) {
		unsigned int digit = isdigit((unsigned char)*p)
					     ? (unsigned int)(*p - '0')
					     : (unsigned int)((*p | 0x20) - 'a') + 10;

		if (digit >= base || value >> 24)
			return false;
		value = value * base + digit;
	}
	if (strncmp(p, ", \"", 3) || !p[3] || p[4] != '"')
		return false;
	*ret_value = value;
	*ret_letter = p[3];
	return true;
}

/*
 * The list of states in the print format, `{ 0x1, "S" }, { 0x2, "D" } ...`, says what this kernel's
 * bits mean: the letters are stable, the bits were moved in 4.14. Bits that are not listed mean
 * "still runnable": the kernel sets one above all others.
 */
static void read_states(struct sched_event *ev, const char *print)
{
	bool any = false;

	for (unsigned int i = 0; i < SCHED_EVENT_STATE_BITS; i++)
		ev->state[i] = SWITCH_STATE_PREEMPTED;
	for (const char *p = strchr(print, '{'); p; p = strchr(p + 1, '{')) {
		uint32_t value;
		char letter;

		if (!read_state(p + 1, &value, &letter))
			continue;
		int bit = sched_state_letter(letter);

		if (bit < 0 || !value || value & (value - 1) || value >> SCHED_EVENT_STATE_BITS)
			continue;
		ev->state[__builtin_ctz(value)] = (uint16_t)bit;
		any = true;
	}
	for (unsigned int i = 0; !any && i < 8; i++)
		ev->state[i] = (uint16_t)(1u << i);
}

int sched_event_init(struct sched_event *ev, enum sched_event_kind kind, const struct tracepoint *t,
		     struct err *e)
{
	memset(ev, 0, sizeof(*ev));
	ev->kind = kind;
	for (unsigned int i = 0; i < SCHED_EVENT_MAX_FIELDS; i++) {
		const struct field_spec *spec = &event_specs[kind].field[i];
		struct sched_event_field *f = &ev->field[i];

		if (!spec->name)
			break;
		const struct tracepoint_field *found = tracepoint_field(t, spec->name);

		if (!found && spec->optional)
			continue;
		if (!found)
			return err_set(e, -EINVAL, "tracepoint '%s' has no field '%s'", t->name,
				       spec->name);
		f->there = true;
		f->field = *found;
		f->field.name = spec->name; /* @t may go */
		f->field.type = spec->class == FIELD_INT ? "int" : "char";
		f->offset = found->offset;
		bool is_inline = found->where == TRACEPOINT_INLINE;

		if (spec->class == FIELD_INT &&
		    (!is_inline || found->count || !found->size || found->size > 8 ||
		     found->size & (found->size - 1)))
			return err_set(e, -EINVAL, "field '%s' of tracepoint '%s' is no integer",
				       spec->name, t->name);
		if (spec->class == FIELD_TEXT && is_inline &&
		    (!found->count || !strstr(found->type, "char")))
			return err_set(e, -EINVAL, "field '%s' of tracepoint '%s' is no text",
				       spec->name, t->name);
		f->plain = is_inline &&
			   found->size == (spec->class == FIELD_INT ? 4 : SCHED_COMM_BYTES);
		ev->bytes = max_of(ev->bytes, found->offset + (is_inline ? found->size : 4));
	}
	if (kind == SCHED_EVENT_SWITCH)
		read_states(ev, t->print);
	return 0;
}

struct raw {
	const uint8_t *p;
	size_t len;
	bool big;
};

/* Only for fields inside ev->bytes, which was checked; then it cannot fail. */
static inline int64_t raw_int(const struct sched_event *ev, unsigned int i, const struct raw *raw)
{
	const struct sched_event_field *f = &ev->field[i];
	int64_t v = 0;

	if (f->plain) {
		const uint8_t *p = raw->p + f->offset;

		return (int32_t)(raw->big ? get_be32(p) : get_le32(p));
	}
	if (tracepoint_int(&f->field, raw->p, raw->len, raw->big, &v) < 0)
		return 0;
	return v;
}

static inline uint32_t raw_u32(const struct sched_event *ev, unsigned int i, const struct raw *raw)
{
	return (uint32_t)raw_int(ev, i, raw);
}

/* A name as 16 bytes: where it stands in the record, or copied to @copy. */
static inline int raw_comm(const struct sched_event *ev, unsigned int i, const struct raw *raw,
			   char copy[SCHED_COMM_BYTES], const void **ret)
{
	const struct sched_event_field *f = &ev->field[i];
	const char *text;
	size_t len;

	if (f->plain) {
		*ret = raw->p + f->offset;
		return 0;
	}
	if (tracepoint_str(&f->field, raw->p, raw->len, raw->big, &text, &len) < 0)
		return -EBADMSG;
	memset(copy, 0, SCHED_COMM_BYTES);
	memcpy(copy, text, min_of(len, (size_t)SCHED_COMM_BYTES - 1));
	*ret = copy;
	return 0;
}

static int name_row(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		    uint32_t tid, unsigned int field, const struct raw *raw, struct err *e)
{
	char copy[SCHED_COMM_BYTES];
	const void *comm;
	int r = raw_comm(ev, field, raw, copy, &comm);

	return r < 0 ? r : sched_rows_name(s, cpu, time, tid, comm, e);
}

static inline unsigned int switch_state(const struct sched_event *ev, uint64_t raw)
{
	unsigned int state = 0;

	while (raw) {
		unsigned int bit = (unsigned int)__builtin_ctzll(raw);

		state |= bit < SCHED_EVENT_STATE_BITS ? ev->state[bit] : SWITCH_STATE_PREEMPTED;
		raw &= raw - 1;
	}
	return state;
}

static int switch_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu,
		       nsec_t time, const struct raw *raw, struct err *e)
{
	uint32_t prev = raw_u32(ev, SW_PREV, raw), next = raw_u32(ev, SW_NEXT, raw);
	uint64_t state = (uint64_t)raw_int(ev, SW_STATE, raw);
	int r = name_row(ev, s, cpu, time, prev, SW_PREV_COMM, raw, e);

	if (r < 0)
		return r;
	r = name_row(ev, s, cpu, time, next, SW_NEXT_COMM, raw, e);
	if (r < 0)
		return r;
	/* Before 4.14 a preempted task showed as a negative state on some kernels. */
	if ((int64_t)state < 0)
		state = UINT64_C(1) << 63;
	return sched_rows_switch(s, cpu, time, prev, next, switch_state(ev, state),
				 raw_u32(ev, SW_PRIO, raw), e);
}

static int wakeup_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu,
		       nsec_t time, const struct raw *raw, struct err *e)
{
	uint32_t tid = raw_u32(ev, WK_TID, raw);

	if (ev->field[WK_SUCCESS].there && !raw_int(ev, WK_SUCCESS, raw))
		return 0;
	int r = name_row(ev, s, cpu, time, tid, WK_COMM, raw, e);

	if (r < 0)
		return r;
	return sched_rows_wakeup(s, cpu, time, tid, raw_u32(ev, WK_WAKER, raw),
				 raw_u32(ev, WK_TARGET, raw), ev->kind == SCHED_EVENT_WAKEUP_NEW,
				 e);
}

static int migrate_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu,
			nsec_t time, const struct raw *raw, struct err *e)
{
	uint32_t tid = raw_u32(ev, MG_TID, raw);
	int r = name_row(ev, s, cpu, time, tid, MG_COMM, raw, e);

	if (r < 0)
		return r;
	return sched_rows_migrate(s, cpu, time, tid, raw_u32(ev, MG_FROM, raw),
				  raw_u32(ev, MG_TO, raw), e);
}

static int stat_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		     const struct raw *raw, struct err *e)
{
	uint32_t tid = raw_u32(ev, ST_TID, raw);
	int r = name_row(ev, s, cpu, time, tid, ST_COMM, raw, e);

	if (r < 0)
		return r;
	return sched_rows_stat(s, cpu, time, sched_event_stat(ev->kind), tid,
			       (uint64_t)raw_int(ev, ST_NSEC, raw), e);
}

static int life_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		     const struct raw *raw, struct err *e)
{
	struct sched_life life = { .len = SCHED_COMM_BYTES };
	unsigned int comm_field = 0;
	char copy[SCHED_COMM_BYTES];
	const void *comm;

	switch (ev->kind) {
	case SCHED_EVENT_FORK:
		life.kind = TASK_FORK;
		life.tid = raw_u32(ev, FK_CHILD, raw);
		life.parent = raw_u32(ev, FK_PARENT, raw);
		comm_field = FK_CHILD_COMM;
		break;
	case SCHED_EVENT_EXIT:
		life.kind = TASK_EXIT;
		life.tid = raw_u32(ev, EX_TID, raw);
		comm_field = EX_COMM;
		break;
	default:
		life.kind = TASK_RENAME;
		life.tid = raw_u32(ev, ev->field[RN_TID].there ? RN_TID : RN_COMMON_TID, raw);
		comm_field = RN_COMM;
		break;
	}
	int r = raw_comm(ev, comm_field, raw, copy, &comm);

	if (r < 0)
		return r;
	life.comm = comm;
	return sched_rows_life(s, cpu, time, &life, e);
}

static int exec_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		     const struct raw *raw, struct err *e)
{
	const char *file;
	size_t len;

	if (tracepoint_str(&ev->field[EC_FILE].field, raw->p, raw->len, raw->big, &file, &len) < 0)
		return -EBADMSG;
	/* exec names a task by the last part of the path, cut to 15 characters. */
	const char *slash = memrchr(file, '/', len);
	const char *base = slash ? slash + 1 : file;
	struct sched_life life = {
		.kind = TASK_EXEC,
		.tid = raw_u32(ev, EC_TID, raw),
		.comm = base,
		.len = min_of(len - (size_t)(base - file), (size_t)SCHED_COMM_BYTES - 1),
	};

	return sched_rows_life(s, cpu, time, &life, e);
}

int sched_event_rows(const struct sched_event *ev, struct sched_rows *s, uint32_t cpu, nsec_t time,
		     const uint8_t *p, size_t len, bool big, struct err *e)
{
	struct raw raw = { .p = p, .len = len, .big = big };

	if (len < ev->bytes)
		return -EBADMSG;
	switch (ev->kind) {
	case SCHED_EVENT_SWITCH:
		return switch_rows(ev, s, cpu, time, &raw, e);
	case SCHED_EVENT_WAKEUP:
	case SCHED_EVENT_WAKEUP_NEW:
	case SCHED_EVENT_WAKING:
		return wakeup_rows(ev, s, cpu, time, &raw, e);
	case SCHED_EVENT_MIGRATE:
		return migrate_rows(ev, s, cpu, time, &raw, e);
	case SCHED_EVENT_EXEC:
		return exec_rows(ev, s, cpu, time, &raw, e);
	default:
		return sched_event_stat(ev->kind) ? stat_rows(ev, s, cpu, time, &raw, e)
						  : life_rows(ev, s, cpu, time, &raw, e);
	}
}
