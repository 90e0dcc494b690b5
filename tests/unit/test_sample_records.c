/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/sample_records, on rings in plain memory: order over CPUs, what is mapped
 * when, losses, throttling, and records that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "capture/gather.h"
#include "capture/sample_records.h"
#include "row_text.h"

#define BYTES 65536u
#define ID    77u /* the kernel's, of event 1 */

struct fake_ring {
	struct perf_event_mmap_page page;
	_Alignas(8) uint8_t data[BYTES];
	uint8_t joined[65536];
};

struct bench {
	struct sampler s;
	struct gather g;
	struct row_text *rows;
	struct sampled_event event[2];
	struct sample_ring ring[2];
	struct fake_ring *fake[2];
	uint32_t heap[2];
	nsec_t throttled[2][2];
};

static struct bench *bench_open(enum call_graph chains)
{
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->rows = row_text_new();
	assert_int_equal(gather_init(&b->g, 2), 0);
	b->g.sink = &b->rows->sink;
	b->s = (struct sampler){
		.gather = &b->g,
		.options.call_graph = chains,
		.root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.n_cpus = 2,
		.event = b->event,
		.n_events = 2,
		.ring = b->ring,
		.heap = b->heap,
		.chains = chain_writer_new(&b->rows->sink),
	};
	assert_int_equal(idmap_set(&b->s.by_id, ID, 1), 0);
	for (uint32_t cpu = 0; cpu < 2; cpu++) {
		struct fake_ring *f = b->fake[cpu] = calloc(1, sizeof(*f));

		assert_non_null(f);
		cpuset_add(&b->s.cpus, cpu);
		gather_cover(&b->g, cpu, 0, NSEC_MAX);
		b->ring[cpu].ring = (struct perf_ring){
			.page = &f->page, .data = f->data, .bytes = BYTES, .joined = f->joined
		};
		b->ring[cpu].throttled = b->throttled[cpu];
	}
	return b;
}

static void bench_close(struct bench *b)
{
	chain_writer_free(b->s.chains);
	idmap_done(&b->s.by_id);
	idmap_done(&b->s.threads);
	idmap_done(&b->s.build_ids);
	free(b->s.build_id);
	close(b->s.root_fd);
	gather_done(&b->g);
	row_text_free(b->rows);
	free(b->fake[0]);
	free(b->fake[1]);
	free(b);
}

/* ---- records as the kernel writes them ---- */

struct record {
	uint8_t bytes[4096];
	size_t n;
};

static void add(struct record *r, const void *p, size_t n)
{
	memcpy(r->bytes + r->n, p, n);
	r->n += n;
}

static void add_u32(struct record *r, uint32_t v)
{
	add(r, &v, sizeof(v));
}

static void add_u64(struct record *r, uint64_t v)
{
	add(r, &v, sizeof(v));
}

static void begin(struct record *r, uint32_t type, uint16_t misc)
{
	const struct perf_event_header h = { .type = type, .misc = misc };

	r->n = 0;
	add(r, &h, sizeof(h));
}

static void put(struct bench *b, unsigned int cpu, struct record *r)
{
	struct fake_ring *f = b->fake[cpu];
	uint16_t size = (uint16_t)r->n;

	memcpy(r->bytes + 6, &size, sizeof(size));
	memcpy(f->data + f->page.data_head, r->bytes, r->n);
	f->page.data_head += r->n;
}

static void end(struct bench *b, unsigned int cpu, struct record *r, uint32_t pid, nsec_t time)
{
	add_u32(r, pid);
	add_u32(r, pid);
	add_u64(r, time);
	add_u32(r, cpu);
	add_u32(r, 0);
	add_u64(r, ID);
	put(b, cpu, r);
}

static void put_sample(struct bench *b, unsigned int cpu, uint32_t pid, nsec_t time, uint64_t ip,
		       const uint64_t *chain, uint64_t n)
{
	struct record r;

	begin(&r, PERF_RECORD_SAMPLE, PERF_RECORD_MISC_USER);
	add_u64(&r, ID);
	add_u64(&r, ip);
	add_u32(&r, pid);
	add_u32(&r, pid);
	add_u64(&r, time);
	add_u32(&r, cpu);
	add_u32(&r, 0);
	add_u64(&r, 1000); /* period */
	if (b->s.options.call_graph != CALL_GRAPH_NONE) {
		add_u64(&r, n);
		add(&r, chain, n * 8);
	}
	put(b, cpu, &r);
}

static void put_mmap(struct bench *b, unsigned int cpu, uint32_t pid, nsec_t time, uint64_t start,
		     uint64_t bytes, uint64_t pgoff, const char *path)
{
	static const uint8_t id[24] = { 3, 0, 0, 0, 0xab, 0xcd, 0xef };
	char name[64] = "";
	struct record r;

	begin(&r, PERF_RECORD_MMAP2, PERF_RECORD_MISC_USER | 1u << 14);
	add_u32(&r, pid);
	add_u32(&r, pid);
	add_u64(&r, start);
	add_u64(&r, bytes);
	add_u64(&r, pgoff);
	add(&r, id, sizeof(id));
	add_u32(&r, 5);
	add_u32(&r, 2);
	snprintf(name, sizeof(name), "%s", path);
	add(&r, name, (strlen(name) + 8) & ~(size_t)7);
	end(b, cpu, &r, pid, time);
}

static void put_task(struct bench *b, unsigned int cpu, uint32_t type, uint32_t pid, uint32_t ppid,
		     nsec_t time)
{
	struct record r;

	begin(&r, type, 0);
	add_u32(&r, pid);
	add_u32(&r, ppid);
	add_u32(&r, pid);
	add_u32(&r, ppid);
	add_u64(&r, time);
	end(b, cpu, &r, pid, time);
}

static void put_exec(struct bench *b, unsigned int cpu, uint32_t pid, nsec_t time)
{
	struct record r;

	begin(&r, PERF_RECORD_COMM, PERF_RECORD_MISC_COMM_EXEC);
	add_u32(&r, pid);
	add_u32(&r, pid);
	add(&r, "prog\0\0\0", 8);
	end(b, cpu, &r, pid, time);
}

static const char *drained(struct bench *b, nsec_t until)
{
	struct err e = { 0 };
	unsigned int fill = 0;

	buf_clear(&b->rows->text);
	if (sample_records_drain(&b->s, until, &fill, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(gather_flush(&b->g, &e), 0);
	return buf_str(&b->rows->text);
}

/* ---- tests ---- */

static void mappings_of_another_cpu_come_first(void **state)
{
	struct bench *b = bench_open(CALL_GRAPH_NONE);

	(void)state;
	/* CPU 0 has the samples, CPU 1 the mapping between them. */
	put_sample(b, 0, 7, 100, 0x1010, NULL, 0);
	put_sample(b, 0, 7, 300, 0x1010, NULL, 0);
	put_mmap(b, 1, 7, 200, 0x1000, 0x1000, 0x4000, "/bin/x");
	const char *text = drained(b, NSEC_MAX);

	assert_non_null(strstr(text, "module=0 kind=0 pid=0 build_id= path=[unknown]"));
	assert_non_null(strstr(text, "module=1 kind=2 pid=0 build_id=abcdef path=/bin/x"));
	assert_non_null(strstr(text, "node=1 parent=0 module=0 offset=4112"));
	assert_non_null(strstr(text, "node=2 parent=0 module=1 offset=16400"));
	assert_non_null(strstr(text, "sample 0 100 event=1 tid=7 pid=7 node=1 weight=1000 mode=2"));
	assert_non_null(strstr(text, "sample 0 300 event=1 tid=7 pid=7 node=2 weight=1000 mode=2"));
	bench_close(b);
}

static void what_is_too_young_waits(void **state)
{
	struct bench *b = bench_open(CALL_GRAPH_NONE);

	(void)state;
	put_sample(b, 0, 7, 100, 0x1010, NULL, 0);
	put_sample(b, 0, 7, 300, 0x1010, NULL, 0);
	put_sample(b, 1, 7, 250, 0x1010, NULL, 0);
	assert_null(strstr(drained(b, 99), "sample"));
	assert_non_null(strstr(drained(b, 250), "sample 1 250"));
	assert_true(b->fake[0]->page.data_tail < b->fake[0]->page.data_head);
	/* A mapping that arrives later but happened before. */
	put_mmap(b, 1, 7, 260, 0x1000, 0x1000, 0, "/bin/x");
	assert_non_null(strstr(drained(b, NSEC_MAX), "sample 0 300 event=1 tid=7 pid=7 node=2"));
	assert_int_equal(b->fake[0]->page.data_tail, b->fake[0]->page.data_head);
	bench_close(b);
}

static void forks_execs_and_exits(void **state)
{
	struct bench *b = bench_open(CALL_GRAPH_NONE);

	(void)state;
	put_mmap(b, 0, 7, 10, 0x1000, 0x1000, 0, "/bin/parent");
	put_task(b, 1, PERF_RECORD_FORK, 8, 7, 20);
	put_sample(b, 0, 8, 30, 0x1010, NULL, 0); /* node 1: the parent's */
	put_exec(b, 1, 8, 40);
	put_sample(b, 0, 8, 50, 0x1010, NULL, 0); /* node 2: unknown */
	put_mmap(b, 1, 8, 60, 0x1000, 0x1000, 0, "/bin/child");
	put_sample(b, 0, 8, 70, 0x1010, NULL, 0); /* node 3: the child's */
	put_task(b, 1, PERF_RECORD_EXIT, 8, 7, 80);
	put_sample(b, 0, 8, 90, 0x1010, NULL, 0); /* node 2 */
	const char *text = drained(b, NSEC_MAX);

	assert_non_null(strstr(text, "sample 0 30 event=1 tid=8 pid=8 node=1"));
	assert_non_null(strstr(text, "sample 0 50 event=1 tid=8 pid=8 node=2"));
	assert_non_null(strstr(text, "sample 0 70 event=1 tid=8 pid=8 node=3"));
	assert_non_null(strstr(text, "sample 0 90 event=1 tid=8 pid=8 node=2"));
	/* An engine brings the rows of tasks; alone, they are the sampler's. */
	assert_null(strstr(text, "task"));
	b->s.alone = true;
	put_task(b, 1, PERF_RECORD_FORK, 9, 7, 100);
	put_exec(b, 1, 9, 110);
	text = drained(b, NSEC_MAX);
	assert_non_null(strstr(text, "task 1 100 kind=2 tid=9 tgid=9 parent=7"));
	assert_non_null(strstr(text, "task 1 110"));
	assert_non_null(strstr(text, "comm=prog"));
	bench_close(b);
}

static void chains(void **state)
{
	static const uint64_t chain[] = { CHAIN_CONTEXT_KERNEL,
					  0xffffffff81000010,
					  0xffffffff81000020,
					  CHAIN_CONTEXT_USER,
					  0x1010,
					  0x1020 };
	struct bench *b = bench_open(CALL_GRAPH_FP);

	(void)state;
	put_mmap(b, 0, 7, 10, 0x1000, 0x1000, 0, "/bin/x");
	put_sample(b, 0, 7, 20, 0xffffffff81000010, chain, 6);
	put_sample(b, 0, 7, 30, 0x1010, chain, 0); /* no chain: where it was is known */
	const char *text = drained(b, NSEC_MAX);

	assert_non_null(strstr(text, "node=1 parent=0 module=0 offset=32"));
	assert_non_null(strstr(text, "node=2 parent=1 module=0 offset=16"));
	assert_non_null(strstr(text, "node=4 parent=3 module=1 offset=18446744071578845200"));
	assert_non_null(strstr(text, "sample 0 20 event=1 tid=7 pid=7 node=4"));
	assert_non_null(strstr(text, "sample 0 30 event=1 tid=7 pid=7 node=5"));
	bench_close(b);
}

static void off_cpu_chains_weigh_nothing(void **state)
{
	struct bench *b = bench_open(CALL_GRAPH_NONE);

	(void)state;
	b->event[1].off_cpu = true;
	put_sample(b, 0, 7, 100, 0x1010, NULL, 0);
	assert_non_null(strstr(drained(b, NSEC_MAX), "node=1 weight=0"));
	bench_close(b);
}

static void losses(void **state)
{
	struct bench *b = bench_open(CALL_GRAPH_NONE);
	struct record r;

	(void)state;
	put_sample(b, 0, 7, 100, 0x1010, NULL, 0);
	begin(&r, PERF_RECORD_LOST, 0);
	add_u64(&r, ID);
	add_u64(&r, 5);
	end(b, 0, &r, 7, 200);
	begin(&r, PERF_RECORD_THROTTLE, 0);
	add_u64(&r, 300);
	add_u64(&r, ID);
	add_u64(&r, ID);
	end(b, 0, &r, 7, 300);
	begin(&r, PERF_RECORD_UNTHROTTLE, 0);
	add_u64(&r, 400);
	add_u64(&r, ID);
	add_u64(&r, ID);
	end(b, 0, &r, 7, 400);
	const char *text = drained(b, NSEC_MAX);

	assert_non_null(strstr(text, "loss 0 100 end=200 track=23 count=5 cause=1"));
	assert_non_null(strstr(text, "loss 0 300 end=400 track=23 count=0 cause=5"));
	assert_int_equal(b->ring[0].lost, 5);
	bench_close(b);
}

/* Every cut of every kind of record: an error or a row, never a read beyond it. */
static void cut_records(void **state)
{
	static const uint32_t type[] = { PERF_RECORD_SAMPLE,  PERF_RECORD_MMAP2, PERF_RECORD_COMM,
					 PERF_RECORD_FORK,    PERF_RECORD_EXIT,	 PERF_RECORD_LOST,
					 PERF_RECORD_THROTTLE };

	(void)state;
	for (unsigned int k = 0; k < ARRAY_SIZE(type); k++) {
		for (uint16_t size = 8; size < 160; size += 8) {
			struct bench *b = bench_open(CALL_GRAPH_FP);
			struct record r;
			struct err e = { 0 };
			unsigned int fill;

			begin(&r, type[k], 0);
			for (r.n = 8; r.n < size;)
				add_u64(&r, r.n % 3 ? 0 : UINT64_C(0x0101010101010101) * r.n);
			put(b, 0, &r);
			int code = sample_records_drain(&b->s, NSEC_MAX, &fill, &e);

			assert_true(code == 0 || (code == -EPROTO && e.text[0]));
			bench_close(b);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mappings_of_another_cpu_come_first),
		cmocka_unit_test(what_is_too_young_waits),
		cmocka_unit_test(forks_execs_and_exits),
		cmocka_unit_test(chains),
		cmocka_unit_test(off_cpu_chains_weigh_nothing),
		cmocka_unit_test(losses),
		cmocka_unit_test(cut_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
