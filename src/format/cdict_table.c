/* SPDX-License-Identifier: MIT */
/*
 * Rows of cdict files. The file is inflated as it is parsed, so that what must be in memory is the
 * table: some fifty bytes a row, whatever the file claims.
 */
#include "format/cdict_table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/strpool.h"
#include "format/msgpack.h"

#define INFLATED_BYTES ((size_t)1 << 16)
#define DEFLATE_BYTES  ((size_t)1 << 16)
#define MARSHAL_DICT   '{' /* of Python's marshal; with bit 7: an object that others refer to */

/* In the order in which the writer of the first tool had them. */
enum column { TASK_NAME, USECS, NEXT_COMM, DURATION, NEXT_PID, PID, EVENT, CPU, N_COLUMNS };

static const char *const column_name[N_COLUMNS] = {
	[TASK_NAME] = "task_name", [USECS] = "usecs",	    [NEXT_COMM] = "next_comm",
	[DURATION] = "duration",   [NEXT_PID] = "next_pid", [PID] = "pid",
	[EVENT] = "event",	   [CPU] = "cpu",
};

static const char *const event_name[CDICT_EVENTS] = {
	[CDICT_SWITCH] = "sched__sched_switch",
	[CDICT_SLEEP] = "sched__sched_stat_sleep",
	[CDICT_IOWAIT] = "sched__sched_stat_iowait",
	[CDICT_RUNTIME] = "sched__sched_stat_runtime",
	[CDICT_EXIT] = "kvm_exit",
	[CDICT_ENTRY] = "kvm_entry",
};

/* What next_comm is. */
enum next_kind { NEXT_NIL, NEXT_TEXT, NEXT_NUMBER };

struct cdict_table {
	uint32_t rows, room;
	uint8_t *event, *next_kind;
	uint16_t *cpu;
	uint32_t *pid, *next_pid, *reason;
	uint64_t *usecs, *duration;
	const char **task_name, **next_comm;
	struct strpool *names;
};

const char *cdict_event_name(enum cdict_event event)
{
	return event_name[event];
}

struct cdict_table *cdict_table_new(void)
{
	struct cdict_table *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	t->names = strpool_new();
	return t->names ? t : cdict_table_free(t);
}

struct cdict_table *cdict_table_free(struct cdict_table *t)
{
	if (!t)
		return NULL;
	free(t->event);
	free(t->next_kind);
	free(t->cpu);
	free(t->pid);
	free(t->next_pid);
	free(t->reason);
	free(t->usecs);
	free(t->duration);
	free(t->task_name);
	free(t->next_comm);
	strpool_free(t->names);
	free(t);
	return NULL;
}

uint32_t cdict_table_rows(const struct cdict_table *t)
{
	return t->rows;
}

#define GROW(array, n)                                                   \
	({                                                               \
		void *grown_ = reallocarray(array, n, sizeof(*(array))); \
		if (grown_) {                                            \
			(array) = grown_;                                \
		}                                                        \
		grown_ != NULL;                                          \
	})

/* Room for @rows rows: doubled as rows really come. */
static int make_room(struct cdict_table *t, uint32_t rows)
{
	if (rows <= t->room)
		return 0;
	if (rows > CDICT_MAX_ROWS)
		return -E2BIG;
	uint32_t n = max_of(2 * t->room, 1024u);

	n = max_of(n, rows);
	if (!GROW(t->event, n) || !GROW(t->next_kind, n) || !GROW(t->cpu, n) || !GROW(t->pid, n) ||
	    !GROW(t->next_pid, n) || !GROW(t->reason, n) || !GROW(t->usecs, n) ||
	    !GROW(t->duration, n) || !GROW(t->task_name, n) || !GROW(t->next_comm, n))
		return -ENOMEM;
	t->room = n;
	return 0;
}

void cdict_table_row(const struct cdict_table *t, uint32_t i, struct cdict_row *ret)
{
	*ret = (struct cdict_row){
		.event = t->event[i],
		.cpu = t->cpu[i],
		.pid = t->pid[i],
		.next_pid = t->next_pid[i],
		.reason = t->next_kind[i] == NEXT_NUMBER ? t->reason[i] : 0,
		.usecs = t->usecs[i],
		.duration = t->duration[i],
		.task_name = t->task_name[i],
		.next_comm = t->next_kind[i] == NEXT_TEXT ? t->next_comm[i] : NULL,
	};
}

int cdict_table_add(struct cdict_table *t, const struct cdict_row *row)
{
	uint32_t i = t->rows;
	int r = make_room(t, i + 1);

	if (r < 0)
		return r;
	t->event[i] = (uint8_t)row->event;
	t->cpu[i] = (uint16_t)row->cpu;
	t->usecs[i] = row->usecs;
	t->pid[i] = row->pid;
	t->duration[i] = row->duration;
	t->next_pid[i] = row->next_pid;
	t->task_name[i] = strpool_add(t->names, row->task_name);
	t->next_comm[i] = row->next_comm ? strpool_add(t->names, row->next_comm) : NULL;
	t->reason[i] = row->reason;
	t->next_kind[i] = row->event == CDICT_EXIT ? NEXT_NUMBER
			  : row->next_comm	   ? NEXT_TEXT
						   : NEXT_NIL;
	if (!t->task_name[i] || (row->next_comm && !t->next_comm[i]))
		return -ENOMEM;
	t->rows++;
	return 0;
}

/* ---- inflating ---- */

struct inflater {
	const struct cdict_input *in;
	z_stream z;
	uint64_t taken; /* bytes of the file given to zlib */
	uint64_t given; /* bytes that came out of it */
	bool at_end; /* of the zlib stream */
	uint8_t out[INFLATED_BYTES];
};

static int more_input(struct inflater *f, struct err *e)
{
	const uint8_t *p;
	size_t n;
	int r = f->in->more(f->in->ctx, &p, &n, e);

	if (r < 0)
		return r;
	n = min_of(n, (size_t)UINT32_MAX / 2);
	f->z.next_in = (uint8_t *)(uintptr_t)p;
	f->z.avail_in = (unsigned int)n;
	f->taken += n;
	return n > 0;
}

static uint64_t file_offset(const struct inflater *f)
{
	return f->taken - f->z.avail_in;
}

/* msgpack_reader.more() */
static int inflate_more(void *ctx, const uint8_t **ret, size_t *ret_n, struct err *e)
{
	struct inflater *f = ctx;

	f->z.next_out = f->out;
	f->z.avail_out = sizeof(f->out);
	while (f->z.avail_out == sizeof(f->out) && !f->at_end) {
		if (!f->z.avail_in) {
			int r = more_input(f, e);

			if (r < 0)
				return r;
			if (!r)
				return err_set(e, -EBADMSG, "the file ends too early");
		}
		int z = inflate(&f->z, Z_NO_FLUSH);

		if (z == Z_STREAM_END)
			f->at_end = true;
		else if (z == Z_MEM_ERROR)
			return err_set(e, -ENOMEM, "no memory to unpack it");
		else if (z != Z_OK && z != Z_BUF_ERROR)
			return err_set(e, -EBADMSG, "the zlib stream is damaged%s%s",
				       f->z.msg ? ": " : "", f->z.msg ? f->z.msg : "");
	}
	*ret = f->out;
	*ret_n = sizeof(f->out) - f->z.avail_out;
	f->given += *ret_n;
	if (f->given > CDICT_MAX_BYTES)
		return err_set(e, -E2BIG, "it unpacks to more than %llu GiB",
			       (unsigned long long)(CDICT_MAX_BYTES >> 30));
	return 0;
}

bool cdict_recognise(const uint8_t *head, size_t n)
{
	uint8_t out[3] = { 0 };
	z_stream z = { .next_in = (uint8_t *)(uintptr_t)head,
		       .avail_in = (unsigned int)min_of(n, (size_t)4096),
		       .next_out = out,
		       .avail_out = sizeof(out) };

	if (n < 2 || (head[0] & 0xf) != Z_DEFLATED || (head[0] << 8 | head[1]) % 31 ||
	    inflateInit(&z) != Z_OK)
		return false;
	int r = inflate(&z, Z_SYNC_FLUSH);

	inflateEnd(&z);
	if ((r != Z_OK && r != Z_STREAM_END && r != Z_BUF_ERROR) || z.avail_out == sizeof(out))
		return false;
	/* A map of any number of pairs, in all its forms; and the other variant. */
	return (out[0] & 0xf0) == 0x80 || out[0] == 0xde || out[0] == 0xdf ||
	       (out[0] & 0x7f) == MARSHAL_DICT;
}

/* ---- parsing ---- */

struct parser {
	struct cdict_table *t;
	struct inflater *inflater;
	struct msgpack_reader msgpack;
	uint32_t seen; /* columns as bits */
	uint32_t count; /* rows that the first array claims */
	uint64_t item_at; /* where the item in hand begins */
};

static int refuse(struct parser *p, struct err *e, const char *fmt, ...) printf_like(3, 4);

static int refuse(struct parser *p, struct err *e, const char *fmt, ...)
{
	char words[200];
	va_list ap;

	(void)p;
	va_start(ap, fmt);
	(void)vsnprintf(words, sizeof(words), fmt, ap);
	va_end(ap);
	return err_set(e, -EBADMSG, "%s", words);
}

/* The next item, which there must be. */
static int next_item(struct parser *p, struct msgpack_item *ret, struct err *e)
{
	p->item_at = p->msgpack.offset;
	int r = msgpack_next(&p->msgpack, ret, e);

	return r ? r : refuse(p, e, "the data end too early");
}

static int get_number(struct parser *p, enum column c, uint32_t row, const struct msgpack_item *it,
		      uint64_t max, uint64_t *ret, struct err *e)
{
	if (it->type != MSGPACK_INT)
		return refuse(p, e, "'%s' of row %u is %s, not a number", column_name[c], row,
			      msgpack_type_name(it->type));
	if (it->negative || it->u > max)
		return refuse(p, e, "'%s' of row %u is %s%llu, which cannot be", column_name[c],
			      row, it->negative ? "-" : "", (unsigned long long)it->u);
	*ret = it->u;
	return 0;
}

static int get_text(struct parser *p, enum column c, uint32_t row, const struct msgpack_item *it,
		    const char **ret, struct err *e)
{
	if (it->type != MSGPACK_TEXT)
		return refuse(p, e, "'%s' of row %u is %s, not a text", column_name[c], row,
			      msgpack_type_name(it->type));
	if (memchr(it->text, 0, it->len))
		return refuse(p, e, "'%s' of row %u holds a zero byte", column_name[c], row);
	*ret = strpool_add_n(p->t->names, it->text, it->len);
	return *ret ? 0 : err_set(e, -ENOMEM, "no memory for names");
}

static int get_event(struct parser *p, uint32_t row, const struct msgpack_item *it, uint8_t *ret,
		     struct err *e)
{
	const char *name;
	int r = get_text(p, EVENT, row, it, &name, e);

	for (unsigned int i = 0; r >= 0 && i < CDICT_EVENTS; i++)
		if (!strcmp(event_name[i], name)) {
			*ret = (uint8_t)i;
			return 0;
		}
	return r < 0 ? r : refuse(p, e, "row %u is of the unknown event '%.64s'", row, name);
}

static int get_next_comm(struct parser *p, uint32_t row, const struct msgpack_item *it,
			 struct err *e)
{
	struct cdict_table *t = p->t;
	uint64_t reason = 0;
	int r = 0;

	t->next_kind[row] = NEXT_NIL;
	t->next_comm[row] = NULL;
	if (it->type == MSGPACK_INT) {
		t->next_kind[row] = NEXT_NUMBER;
		r = get_number(p, NEXT_COMM, row, it, UINT32_MAX, &reason, e);
	} else if (it->type != MSGPACK_NIL) {
		t->next_kind[row] = NEXT_TEXT;
		r = get_text(p, NEXT_COMM, row, it, &t->next_comm[row], e);
	}
	t->reason[row] = (uint32_t)reason;
	return r;
}

static int get_cell(struct parser *p, enum column c, uint32_t row, const struct msgpack_item *it,
		    struct err *e)
{
	struct cdict_table *t = p->t;
	uint64_t v = 0;
	int r;

	switch (c) {
	case EVENT:
		return get_event(p, row, it, &t->event[row], e);
	case CPU:
		r = get_number(p, c, row, it, UINT16_MAX, &v, e);
		t->cpu[row] = (uint16_t)v;
		return r;
	case USECS:
		r = get_number(p, c, row, it, CDICT_MAX_USECS, &v, e);
		t->usecs[row] = v;
		if (r >= 0 && row && v < t->usecs[row - 1])
			return refuse(p, e, "time falls from %llu to %llu us at row %u",
				      (unsigned long long)t->usecs[row - 1], (unsigned long long)v,
				      row);
		return r;
	case PID:
		r = get_number(p, c, row, it, CDICT_MAX_TID, &v, e);
		t->pid[row] = (uint32_t)v;
		return r;
	case TASK_NAME:
		return get_text(p, c, row, it, &t->task_name[row], e);
	case DURATION:
		r = get_number(p, c, row, it, CDICT_MAX_USECS, &v, e);
		t->duration[row] = v;
		return r;
	case NEXT_PID:
		v = CDICT_NO_NEXT;
		r = it->type == MSGPACK_NIL ? 0 : get_number(p, c, row, it, CDICT_MAX_TID, &v, e);
		t->next_pid[row] = (uint32_t)v;
		return r;
	default:
		return get_next_comm(p, row, it, e);
	}
}

static int find_column(const struct msgpack_item *key)
{
	for (int c = 0; c < N_COLUMNS; c++)
		if (strlen(column_name[c]) == key->len &&
		    !memcmp(column_name[c], key->text, key->len))
			return c;
	return -1;
}

/* One pair of the map. */
static int get_column(struct parser *p, struct err *e)
{
	struct msgpack_item it;
	int r = next_item(p, &it, e);

	if (r < 0)
		return r;
	if (it.type != MSGPACK_TEXT)
		return refuse(p, e, "a key of the map is %s, not a text",
			      msgpack_type_name(it.type));
	int c = find_column(&it);

	if (c < 0)
		return refuse(p, e, "the map has an unknown key '%.64s'", it.text);
	if (p->seen >> c & 1)
		return refuse(p, e, "the map has the key '%s' twice", column_name[c]);
	r = next_item(p, &it, e);
	if (r < 0)
		return r;
	if (it.type != MSGPACK_ARRAY)
		return refuse(p, e, "'%s' is %s, not an array", column_name[c],
			      msgpack_type_name(it.type));
	if (it.u > CDICT_MAX_ROWS)
		return err_set(e, -E2BIG, "'%s' has %llu rows, more than %u", column_name[c],
			       (unsigned long long)it.u, CDICT_MAX_ROWS);
	if (p->inflater->in->size && it.u / CDICT_ROWS_PER_BYTE > p->inflater->in->size)
		return refuse(p, e, "'%s' claims %llu rows, which no file of %llu bytes can hold",
			      column_name[c], (unsigned long long)it.u,
			      (unsigned long long)p->inflater->in->size);
	if (p->seen && it.u != p->count)
		return refuse(p, e, "'%s' has %llu rows, those before it %u", column_name[c],
			      (unsigned long long)it.u, p->count);
	p->count = (uint32_t)it.u;
	p->seen |= 1u << c;
	for (uint32_t row = 0; row < p->count; row++) {
		r = next_item(p, &it, e);
		if (r >= 0 && make_room(p->t, row + 1) < 0)
			r = err_set(e, -ENOMEM, "no memory for %u rows", row + 1);
		if (r >= 0)
			r = get_cell(p, (enum column)c, row, &it, e);
		if (r < 0)
			return r;
	}
	return 0;
}

/* What the columns say together. */
static int check_rows(struct parser *p, struct err *e)
{
	const struct cdict_table *t = p->t;

	for (uint32_t i = 0; i < p->count; i++) {
		if (t->event[i] == CDICT_SWITCH && t->next_pid[i] == CDICT_NO_NEXT)
			return refuse(p, e, "row %u is a switch without 'next_pid'", i);
		if ((t->event[i] == CDICT_EXIT) != (t->next_kind[i] == NEXT_NUMBER))
			return refuse(p, e, "row %u, %s, has %s as 'next_comm'", i,
				      event_name[t->event[i]],
				      t->event[i] == CDICT_EXIT ? "no exit reason" : "a number");
	}
	return 0;
}

/* The map, and nothing behind it. */
static int get_map(struct parser *p, struct err *e)
{
	struct msgpack_item it;
	uint8_t first = 0;
	int r = msgpack_peek(&p->msgpack, &first, e);

	if (r > 0 && (first & 0x7f) == MARSHAL_DICT)
		return err_set(e, -EMEDIUMTYPE,
			       "it holds a Python marshal dump, as files made before 21 October "
			       "2015 do (try: perfwhiz's own --convert, or Python 2: zlib.compress("
			       "msgpack.packb(marshal.loads(zlib.decompress(data)))))");
	if (r >= 0)
		r = next_item(p, &it, e);
	if (r < 0)
		return r;
	if (it.type != MSGPACK_MAP || it.u != N_COLUMNS)
		return refuse(p, e, "it holds %s%s, not a map of %u arrays",
			      msgpack_type_name(it.type),
			      it.type == MSGPACK_MAP ? " of another size" : "", N_COLUMNS);
	for (unsigned int i = 0; i < N_COLUMNS; i++) {
		r = get_column(p, e);
		if (r < 0)
			return r;
	}
	/* To the end, so that the checksum is looked at. */
	p->item_at = p->msgpack.offset;
	r = msgpack_peek(&p->msgpack, &first, e);
	if (r > 0)
		return refuse(p, e, "there are data behind the map");
	return r < 0 ? r : check_rows(p, e);
}

/* Nothing may follow the zlib stream. */
static int check_end(struct parser *p, struct err *e)
{
	struct inflater *f = p->inflater;
	int r = f->z.avail_in ? 1 : more_input(f, e);

	return r > 0 ? refuse(p, e, "there are bytes behind the zlib stream") : r;
}

int cdict_table_read(struct cdict_table *t, const struct cdict_input *in, struct err *e)
{
	auto_free struct inflater *f = calloc(1, sizeof(*f));
	auto_free struct parser *p = calloc(1, sizeof(*p));
	struct err why = { 0 };

	if (!f || !p || inflateInit(&f->z) != Z_OK)
		return err_set(e, -ENOMEM, "out of memory");
	f->in = in;
	p->t = t;
	p->inflater = f;
	p->msgpack.more = inflate_more;
	p->msgpack.ctx = f;
	int r = get_map(p, &why);

	if (r >= 0)
		r = check_end(p, &why);
	inflateEnd(&f->z);
	if (r < 0)
		return err_set(
			e, r,
			"'%s' cannot be read as a cdict file: %s (byte %llu of the file, %llu "
			"unpacked)",
			in->name, err_text(&why, r), (unsigned long long)file_offset(f),
			(unsigned long long)p->item_at);
	t->rows = p->count;
	return 0;
}

/* ---- writing ---- */

struct deflater {
	FILE *out;
	z_stream z;
	struct buf plain;
	uint8_t packed[DEFLATE_BYTES];
};

static int deflate_some(struct deflater *d, bool last, struct err *e)
{
	int z;

	if (buf_error(&d->plain))
		return err_set(e, buf_error(&d->plain), "out of memory");
	d->z.next_in = d->plain.data;
	d->z.avail_in = (unsigned int)d->plain.len;
	do {
		d->z.next_out = d->packed;
		d->z.avail_out = sizeof(d->packed);
		z = deflate(&d->z, last ? Z_FINISH : Z_NO_FLUSH);
		size_t n = sizeof(d->packed) - d->z.avail_out;

		if (n && fwrite(d->packed, 1, n, d->out) != n)
			return err_set(e, errno ? -errno : -EIO, "cannot write: %s",
				       strerror(errno ? errno : EIO));
	} while (z != Z_STREAM_ERROR && (!d->z.avail_out || (last && z != Z_STREAM_END)));
	buf_clear(&d->plain);
	return 0;
}

static void put_str(struct buf *b, const char *s)
{
	msgpack_put_text(b, s, strlen(s));
}

static void put_cell(const struct cdict_table *t, enum column c, uint32_t i, struct buf *b)
{
	switch (c) {
	case EVENT:
		put_str(b, event_name[t->event[i]]);
		break;
	case CPU:
		msgpack_put_uint(b, t->cpu[i]);
		break;
	case USECS:
		msgpack_put_uint(b, t->usecs[i]);
		break;
	case PID:
		msgpack_put_uint(b, t->pid[i]);
		break;
	case TASK_NAME:
		put_str(b, t->task_name[i]);
		break;
	case DURATION:
		msgpack_put_uint(b, t->duration[i]);
		break;
	case NEXT_PID:
		if (t->next_pid[i] == CDICT_NO_NEXT)
			msgpack_put_nil(b);
		else
			msgpack_put_uint(b, t->next_pid[i]);
		break;
	default:
		if (t->next_kind[i] == NEXT_TEXT)
			put_str(b, t->next_comm[i]);
		else if (t->next_kind[i] == NEXT_NUMBER)
			msgpack_put_uint(b, t->reason[i]);
		else
			msgpack_put_nil(b);
	}
}

int cdict_table_write(const struct cdict_table *t, FILE *out, struct err *e)
{
	auto_free struct deflater *d = calloc(1, sizeof(*d));
	int r = 0;

	if (!d || deflateInit(&d->z, Z_DEFAULT_COMPRESSION) != Z_OK)
		return err_set(e, -ENOMEM, "out of memory");
	d->out = out;
	buf_init(&d->plain, 0);
	msgpack_put_map(&d->plain, N_COLUMNS);
	for (unsigned int c = 0; c < N_COLUMNS && r >= 0; c++) {
		put_str(&d->plain, column_name[c]);
		msgpack_put_array(&d->plain, t->rows);
		for (uint32_t i = 0; i < t->rows && r >= 0; i++) {
			put_cell(t, (enum column)c, i, &d->plain);
			if (d->plain.len >= DEFLATE_BYTES)
				r = deflate_some(d, false, e);
		}
	}
	if (r >= 0)
		r = deflate_some(d, true, e);
	deflateEnd(&d->z);
	buf_done(&d->plain);
	return r;
}
