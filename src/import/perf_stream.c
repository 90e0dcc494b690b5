/* SPDX-License-Identifier: MIT */
/*
 * Walks records in a window of the input. A record has at most 64 KiB, so that the window always
 * shows a whole one; what cannot be a record ends the walk, as there is no mark to look for.
 */
#include "import/perf_stream.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

#define RECORD_MAX_BYTES 65535u
#define INFLATE_BYTES	 ((size_t)512 << 10)
#define PROGRESS_BYTES	 ((uint64_t)4 << 20)

void perf_stream_done(struct perf_stream *s)
{
	ZSTD_freeDStream(s->zstd);
	s->zstd = NULL;
	free(s->inflated);
	s->inflated = NULL;
}

int perf_stream_forgive(struct perf_stream *s, uint64_t offset, int r, struct err *e)
{
	if (r != -EBADMSG && r != -ENODATA && r != -EINVAL && r != -E2BIG)
		return r;
	s->records->offset = offset;
	perf_records_damage(s->records, "%s", err_text(e, r));
	return 0;
}

int perf_stream_feature(struct perf_stream *s, uint64_t offset, unsigned int feature,
			const uint8_t *p, size_t n, struct err *e)
{
	struct perf_records *records = s->records;
	int r;

	records->prepared = false;
	if (feature == PERF_FEATURE_TRACING_DATA)
		r = perf_tracing_parse(p, n, &records->formats, e);
	else
		r = perf_feature_parse(&records->features, feature, p, n, s->big, s->args,
				       &records->attrs, e);
	return r < 0 ? perf_stream_forgive(s, offset, r, e) : 0;
}

/* u32 type, u16 misc, u16 bytes | attr | u64 ids */
static int take_header_attr(struct perf_stream *s, const uint8_t *p, size_t n, struct err *e)
{
	size_t body = n - PERF_REC_HEADER_BYTES;

	p += PERF_REC_HEADER_BYTES;
	if (body < PERF_ATTR_MIN_BYTES)
		return err_set(e, -EBADMSG, "an attribute record of %zu bytes", n);
	size_t bytes = perf_attr_bytes(p, s->big);

	if (bytes < PERF_ATTR_MIN_BYTES || bytes > body)
		return err_set(e, -EBADMSG, "an attribute of %zu bytes in a record of %zu", bytes,
			       n);
	s->records->prepared = false;
	int r = perf_attrs_add(&s->records->attrs, p, bytes, p + bytes, (body - bytes) / 8, s->big,
			       e);

	return r < 0 ? r : 0;
}

static int parse_records(struct perf_stream *s, const uint8_t *p, size_t n, uint64_t offset,
			 bool inflated, size_t *ret_used, struct err *e);

/* Hand on what was inflated, keep the begin of a record that is not whole yet. */
static int take_inflated(struct perf_stream *s, uint64_t offset, struct err *e)
{
	size_t used;
	int r = parse_records(s, s->inflated, s->n_inflated, offset, true, &used, e);

	if (r < 0)
		return r;
	s->n_inflated -= used;
	memmove(s->inflated, s->inflated + used, s->n_inflated);
	return 0;
}

static int take_compressed(struct perf_stream *s, const uint8_t *p, size_t n, uint64_t offset,
			   struct err *e)
{
	if (!s->zstd) {
		s->zstd = ZSTD_createDStream();
		s->inflated = malloc(INFLATE_BYTES);
		if (!s->zstd || !s->inflated)
			return -ENOMEM;
	}
	ZSTD_inBuffer in = { .src = p, .size = n };
	ZSTD_outBuffer out;

	do {
		out = (ZSTD_outBuffer){ .dst = s->inflated,
					.size = INFLATE_BYTES,
					.pos = s->n_inflated };
		size_t left = ZSTD_decompressStream(s->zstd, &out, &in);

		if (ZSTD_isError(left))
			return err_set(e, -EBADMSG, "a compressed record cannot be read: %s",
				       ZSTD_getErrorName(left));
		s->n_inflated = out.pos;
		int r = take_inflated(s, offset, e);

		if (r < 0)
			return r;
	} while (in.pos < in.size || out.pos == out.size);
	return 0;
}

/*
 * u64 entries, per entry u64 id, index, CPU, tid. Without a CPU the rings are those of tasks, which
 * move between CPUs: the order within a CPU is lost.
 */
static void take_id_index(struct perf_stream *s, const uint8_t *p, size_t n)
{
	for (size_t at = 16; at + 32 <= n; at += 32)
		if (perf_u64(p + at + 16, s->big) == UINT64_MAX)
			perf_records_unordered(s->records);
}

/* u64 what (0 unit, 2 name), u64 id, text: what the attribute does not tell. */
static int take_event_update(struct perf_stream *s, const uint8_t *p, size_t n)
{
	struct perf_attrs *attrs = &s->records->attrs;
	uint64_t what = n > 24 && memchr(p + 24, 0, n - 24) ? perf_u64(p + 8, s->big) : UINT64_MAX;
	uint32_t i = what == 0 || what == 2 ? idmap_get(&attrs->id, perf_u64(p + 16, s->big))
					    : IDMAP_NONE;

	if (i == IDMAP_NONE)
		return 0;
	char **text = what ? &attrs->attr[i].name : &attrs->attr[i].unit;

	if (*text)
		return 0;
	*text = strdup((const char *)p + 24);
	return *text ? 0 : -ENOMEM;
}

/* Records of perf itself; the kernel's are perf_records_take()'s. */
static int take_user_record(struct perf_stream *s, uint32_t type, const uint8_t *p, size_t n,
			    uint64_t offset, struct err *e)
{
	switch (type) {
	case PERF_REC_HEADER_ATTR:
		return take_header_attr(s, p, n, e);
	case PERF_REC_FINISHED_ROUND:
		s->round_open = false;
		return perf_records_round(s->records, e);
	case PERF_REC_HEADER_BUILD_ID:
		return perf_stream_feature(s, offset, PERF_FEATURE_BUILD_ID, p, n, e);
	case PERF_REC_EVENT_UPDATE:
		return take_event_update(s, p, n);
	case PERF_REC_ID_INDEX:
		take_id_index(s, p, n);
		return 0;
	case PERF_REC_FEATURE:
		if (n < PERF_REC_HEADER_BYTES + 8)
			return 0;
		return perf_stream_feature(
			s, offset,
			(unsigned int)min_of(perf_u64(p + 8, s->big), (uint64_t)PERF_FEATURES),
			p + 16, n - 16, e);
	case PERF_REC_TRACING_DATA:
		if (n < PERF_REC_HEADER_BYTES + 4)
			return err_set(e, -EBADMSG, "a tracing data record of %zu bytes", n);
		s->payload = perf_u32(p + 8, s->big);
		s->payload_is_tracing = true;
		return 0;
	case PERF_REC_AUXTRACE:
		if (n < PERF_REC_HEADER_BYTES + 8)
			return err_set(e, -EBADMSG, "an AUX area record of %zu bytes", n);
		s->payload = perf_u64(p + 8, s->big);
		s->payload_is_tracing = false;
		return 0;
	case PERF_REC_COMPRESSED:
		return take_compressed(s, p + 8, n - 8, offset, e);
	case PERF_REC_COMPRESSED2: {
		/* u64 bytes, then as many, then padding */
		uint64_t bytes = n < 16 ? UINT64_MAX : perf_u64(p + 8, s->big);

		if (n < 16 || bytes > n - 16)
			return err_set(e, -EBADMSG, "a compressed record of %zu bytes is cut", n);
		return take_compressed(s, p + 16, bytes, offset, e);
	}
	default:
		return 0;
	}
}

/*
 * All whole records among the @n bytes at @p, up to one that a payload follows. -EBADMSG with
 * words: no way to find the next record.
 */
static int parse_records(struct perf_stream *s, const uint8_t *p, size_t n, uint64_t offset,
			 bool inflated, size_t *ret_used, struct err *e)
{
	struct perf_records *records = s->records;
	size_t used = 0;

	while (n - used >= PERF_REC_HEADER_BYTES && !s->payload) {
		const uint8_t *record = p + used;
		uint32_t type = perf_u32(record, s->big);
		size_t bytes = perf_u16(record + 6, s->big);
		int r;

		records->offset = offset + (inflated ? 0 : used);
		if (bytes < PERF_REC_HEADER_BYTES || type >= PERF_REC_USER_MAX)
			return err_set(e, -EBADMSG, "no record (type %u, %zu bytes)", type, bytes);
		if (bytes > n - used)
			break;
		if (type < PERF_REC_USER) {
			if (!records->prepared) {
				r = perf_records_prepare(records, e);
				if (r < 0)
					return r;
			}
			s->round_open |= type != PERF_REC_LOST_SAMPLES;
			r = perf_records_take(records, record, bytes, e);
		} else if (inflated &&
			   (type == PERF_REC_COMPRESSED || type == PERF_REC_COMPRESSED2 ||
			    type == PERF_REC_TRACING_DATA || type == PERF_REC_AUXTRACE)) {
			r = err_set(e, -EBADMSG, "record type %u inside a compressed one", type);
		} else {
			r = take_user_record(s, type, record, bytes, records->offset, e);
		}
		if (r < 0)
			return r;
		used += bytes;
	}
	*ret_used = used;
	return 0;
}

static int take_payload(struct perf_stream *s, struct err *e)
{
	uint64_t n = s->payload, offset = input_offset(s->in);
	int r;

	s->payload = 0;
	s->records->offset = offset;
	if (s->end != UINT64_MAX && n > s->end - offset)
		return err_set(e, -EBADMSG, "data of %llu bytes end behind the data section",
			       (unsigned long long)n);
	if (!s->payload_is_tracing)
		return input_skip(s->in, n, e);
	if (n > PERF_SECTION_MAX)
		return err_set(e, -EBADMSG, "tracing data of %llu bytes are too long",
			       (unsigned long long)n);
	auto_buf tracing;

	buf_init(&tracing, PERF_SECTION_MAX);
	while (n) {
		const uint8_t *p;
		size_t got;

		r = input_peek(s->in, 1, &p, &got, e);
		if (r < 0)
			return r;
		if (!got)
			return err_set(e, -ENODATA, "the file ends within its tracing data");
		got = (size_t)min_of((uint64_t)got, n);
		r = buf_add(&tracing, p, got);
		if (r < 0)
			return r;
		input_consume(s->in, got);
		n -= got;
	}
	return perf_stream_feature(s, offset, PERF_FEATURE_TRACING_DATA, tracing.data, tracing.len,
				   e);
}

static void tell_progress(struct perf_stream *s)
{
	uint64_t at = input_offset(s->in);

	if (!s->args->progress || at < s->progress_at)
		return;
	s->args->progress(s->args->ctx, at, input_size(s->in));
	s->progress_at = at + PROGRESS_BYTES;
}

int perf_stream_walk(struct perf_stream *s, struct err *e)
{
	for (;;) {
		uint64_t offset = input_offset(s->in), left = s->end - offset;
		const uint8_t *p;
		size_t n, used;

		tell_progress(s);
		s->records->offset = offset;
		int r = input_peek(s->in, RECORD_MAX_BYTES, &p, &n, e);

		if (r < 0)
			return r;
		bool at_end = n < RECORD_MAX_BYTES || left <= n;

		n = (size_t)min_of((uint64_t)n, left);
		r = parse_records(s, p, n, offset, false, &used, e);
		if (r < 0)
			return r;
		input_consume(s->in, used);
		if (s->payload) {
			r = take_payload(s, e);
			if (r < 0)
				return r;
			continue;
		}
		if (used == n && at_end)
			break;
		s->records->offset = offset + used;
		if (!used && at_end)
			return err_set(e, -ENODATA,
				       "ends within a record of which %zu bytes are "
				       "there",
				       n);
	}
	s->records->offset = input_offset(s->in);
	if (s->end != UINT64_MAX && input_offset(s->in) < s->end)
		return err_set(e, -ENODATA, "the file ends %llu bytes before its data section",
			       (unsigned long long)(s->end - input_offset(s->in)));
	if (s->pipe && s->round_open)
		return err_set(e, -ENODATA,
			       "ends without closing its last round of records: cut, or perf "
			       "record was killed");
	if (s->n_inflated)
		return err_set(e, -ENODATA, "the compressed data end within a record");
	return 0;
}
