/* SPDX-License-Identifier: MIT */
/* For tests of exporters and importers of profiles: a small run of known samples in memory, and
 * files made of and into such runs. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "export/exporter.h"
#include "import/importer.h"
#include "model/chain_writer.h"
#include "model/memory.h"
#include "model/run.h"
#include "model/sched_track.h"

#define PROFILE_START ((nsec_t)5000000000)

static inline void put_event(struct memory *m, uint16_t number, const char *name, const char *unit,
			     uint32_t freq, uint32_t flags)
{
	auto_ptr(batch) b = batch_new(&track_event, 1);

	b->rows = 1;
	b->time[0] = PROFILE_START;
	batch_u16(b, EVENT_NUMBER)[0] = number;
	batch_u32(b, EVENT_TYPE)[0] = 1;
	batch_u64(b, EVENT_CONFIG)[0] = 0;
	batch_u64(b, EVENT_PERIOD)[0] = 0;
	batch_u32(b, EVENT_FREQ)[0] = freq;
	batch_u32(b, EVENT_FLAGS)[0] = flags;
	((uint32_t *)b->col[EVENT_NAME])[0] = (uint32_t)batch_add_text(b, name);
	((uint32_t *)b->col[EVENT_UNIT])[0] = (uint32_t)batch_add_text(b, unit);
	((uint32_t *)b->col[EVENT_NOTE])[0] = 0;
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static inline void put_task(struct memory *m, nsec_t time, uint32_t tid, uint32_t tgid,
			    const char *name)
{
	auto_ptr(batch) b = batch_new(&track_task, 1);

	b->rows = 1;
	b->time[0] = time;
	batch_u8(b, TASK_KIND)[0] = TASK_SEEN;
	batch_u32(b, TASK_TID)[0] = tid;
	batch_u32(b, TASK_TGID)[0] = tgid;
	batch_u32(b, TASK_PARENT)[0] = 0;
	batch_u8(b, TASK_FLAGS)[0] = 0;
	((uint32_t *)b->col[TASK_COMM])[0] = (uint32_t)batch_add_text(b, name);
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static inline void put_symbol(struct memory *m, uint32_t module, uint64_t offset, uint32_t bytes,
			      const char *name)
{
	auto_ptr(batch) b = batch_new(&track_symbol, 1);

	b->rows = 1;
	b->time[0] = PROFILE_START;
	batch_u32(b, SYMBOL_MODULE)[0] = module;
	batch_u64(b, SYMBOL_OFFSET)[0] = offset;
	batch_u32(b, SYMBOL_BYTES)[0] = bytes;
	((uint32_t *)b->col[SYMBOL_NAME])[0] = (uint32_t)batch_add_text(b, name);
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

static inline void put_sample(struct memory *m, uint32_t cpu, nsec_t time, uint16_t event,
			      uint32_t tid, uint32_t pid, uint32_t node, uint64_t weight)
{
	auto_ptr(batch) b = batch_new(&track_sample, 1);

	b->cpu = cpu;
	b->rows = 1;
	b->time[0] = time;
	batch_u16(b, SAMPLE_EVENT)[0] = event;
	batch_u32(b, SAMPLE_TID)[0] = tid;
	batch_u32(b, SAMPLE_PID)[0] = pid;
	batch_u32(b, SAMPLE_NODE)[0] = node;
	batch_u64(b, SAMPLE_WEIGHT)[0] = weight;
	batch_u8(b, SAMPLE_MODE)[0] = SAMPLE_MODE_USER;
	assert_int_equal(sink_write(memory_sink(m), b, NULL), 0);
}

/*
 * Thread 42 "early", then "app", in process 40; idle; /bin/app has main [0x1000) and hot [0x1100),
 * the kernel sys_read. Event 0 cpu-clock (ns), event 1 cycles.
 */
static inline struct memory *known_profile(void)
{
	struct memory *m = memory_new();
	auto_ptr(chain_writer) w = chain_writer_new(memory_sink(m));
	const uint64_t hot[] = { CHAIN_CONTEXT_USER, 0x401110, 0x401008 };
	const uint64_t kernel[] = { CHAIN_CONTEXT_KERNEL, 0xffffffff81000010, CHAIN_CONTEXT_USER,
				    0x401120, 0x401008 };
	const uint64_t lost[] = { CHAIN_CONTEXT_USER, 0x401110, 0x99 };
	const uint64_t lost2[] = { CHAIN_CONTEXT_USER, 0x401110, 0x98 };
	uint32_t n_hot, n_kernel, n_lost, n_lost2;
	const nsec_t t = PROFILE_START;

	put_event(m, 0, "cpu-clock:ppp", "ns", 1000, 0);
	put_event(m, 1, "cycles", "", 0, 0);
	put_task(m, t, 42, 40, "early");
	put_task(m, t + 2000, 42, 40, "app");
	assert_int_equal(chain_writer_map(w, t, 40, 0x400000, 0x2000, 0, "/bin/app", "abcd", NULL),
			 0);
	assert_int_equal(chain_writer_node(w, t, 40, SAMPLE_MODE_USER, hot, 3, &n_hot, NULL), 0);
	assert_int_equal(chain_writer_node(w, t, 40, SAMPLE_MODE_USER, kernel, 5, &n_kernel, NULL),
			 0);
	assert_int_equal(chain_writer_node(w, t, 40, SAMPLE_MODE_USER, lost, 3, &n_lost, NULL), 0);
	assert_int_equal(chain_writer_node(w, t, 40, SAMPLE_MODE_USER, lost2, 3, &n_lost2, NULL),
			 0);
	assert_int_equal(chain_writer_flush(w, NULL), 0);
	put_symbol(m, 0, 0x1000, 0x100, "main");
	put_symbol(m, 0, 0x1100, 0x100, "hot");
	put_symbol(m, 1, 0xffffffff81000000, 0x100, "sys_read");
	put_sample(m, 0, t + 1000, 0, 42, 40, n_hot, 1000001);
	put_sample(m, 0, t + 3000, 0, 42, 40, n_hot, 1000002);
	put_sample(m, 0, t + 4000, 0, 42, 40, n_kernel, 1000003);
	put_sample(m, 0, t + 5000, 1, 42, 40, n_hot, 777);
	put_sample(m, 1, t + 1500, 0, 0, 0, n_kernel, 1000004);
	put_sample(m, 1, t + 6000, 0, 42, 40, n_hot, 1000005);
	put_sample(m, 1, t + 7000, 0, 42, 40, n_lost, 1000006);
	put_sample(m, 1, t + 8000, 0, 42, 40, n_lost2, 1000007);
	put_sample(m, 1, t + 9000, 0, 42, 40, 0, 1000008);
	return m;
}

/* What @format makes of @src; words of notes in @notes when it is not NULL. */
static inline char *export_text(struct source *src, const char *format,
				const struct export_args *like, size_t *ret_n, char **notes)
{
	struct export_args args = like ? *like : (struct export_args){ 0 };
	struct export_result result = { 0 };
	struct err e = { 0 };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!args.to) {
		args.from = src->info->start;
		args.to = src->info->end;
	}
	if (exporter_by_name(format)->run(src, &args, f, &result, &e) < 0)
		fail_msg("%s: %s", format, e.text);
	assert_int_equal(fclose(f), 0);
	if (notes)
		*notes = strdup(result.notes.len ? buf_str(&result.notes) : "");
	export_result_done(&result);
	if (ret_n)
		*ret_n = n;
	return text;
}

static inline int take_meta(void *ctx, const char *key, const char *value, struct err *e)
{
	(void)e;
	/* memory.h has no other way in */
	struct memory *m = ctx;
	(void)m;
	assert_true(key[0] && value);
	return 0;
}

/* Read @n bytes with @importer: 0 or -errno with the words in *words (to be freed). */
static inline int import_text(const char *importer, const void *data, size_t n, struct memory *m,
			      struct import_result *ret, char **words)
{
	const struct import_args args = { .meta = take_meta, .ctx = m };
	auto_ptr(input) in = NULL;
	struct err e = { 0 };

	*ret = (struct import_result){ 0 };
	assert_int_equal(input_open_memory(data, n, "bytes", &in), 0);
	int r = importer_by_name(importer)->run(in, memory_sink(m), &args, ret, &e);

	if (words)
		*words = strdup(r < 0 ? e.text : ret->damage);
	return r;
}
