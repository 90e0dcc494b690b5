/* SPDX-License-Identifier: MIT */
/*
 * A tracepoint's format text, and behind its first NUL the raw record that it describes: parsed,
 * every field read, and made into rows as if it were each of the scheduler's events.
 */
#include <stdlib.h>
#include <string.h>

#include "counting_sink.h"
#include "fuzz.h"
#include "import/sched_event.h"

/* Lent texts must lie in the record. */
static void read_fields(const struct tracepoint *t, const uint8_t *raw, size_t n, bool big)
{
	for (unsigned int i = 0; i < t->n_fields; i++) {
		const struct tracepoint_field *f = &t->field[i];
		const char *text = NULL;
		size_t len = 0;
		int64_t v;

		(void)!tracepoint_int(f, raw, n, big, &v);
		if (tracepoint_str(f, raw, n, big, &text, &len) < 0)
			continue;
		if ((const uint8_t *)text < raw || len > n ||
		    (size_t)((const uint8_t *)text - raw) > n - len)
			abort();
		if (memchr(text, 0, len))
			abort();
	}
}

static void make_rows(const struct tracepoint *t, const uint8_t *raw, size_t n, bool big)
{
	for (unsigned int kind = SCHED_EVENT_SWITCH; kind <= SCHED_EVENT_RENAME; kind++) {
		struct counting_sink sink;
		struct sched_event ev;
		struct sched_rows rows;
		struct err e = { 0 };

		if (sched_event_init(&ev, kind, t, &e) < 0) {
			if (!e.text[0])
				abort();
			continue;
		}
		counting_sink_init(&sink);
		if (sched_rows_init(&rows, &sink.sink) < 0)
			abort();
		for (nsec_t time = 1; time < 4; time++)
			(void)!sched_event_rows(&ev, &rows, 0, time, raw, n, big, &e);
		if (sched_rows_finish(&rows, &e) < 0)
			abort();
		sched_rows_done(&rows);
		counting_sink_done(&sink);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nul = n ? memchr(data, 0, n) : NULL;
	size_t text_len = nul ? (size_t)(nul - data) : n;
	auto_ptr(tracepoint) t = NULL;
	struct err e = { 0 };

	if (tracepoint_parse((const char *)data, text_len, &t, &e) < 0) {
		if (!e.text[0])
			abort();
		return 0;
	}
	const uint8_t *raw = nul ? nul + 1 : data + n;
	size_t raw_len = nul ? n - text_len - 1 : 0;

	for (unsigned int big = 0; big < 2; big++) {
		read_fields(t, raw, raw_len, big);
		make_rows(t, raw, raw_len, big);
	}
	return 0;
}
