/* SPDX-License-Identifier: MIT */
/* Tests of src/capture/perf_ring, on a ring in plain memory. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "capture/perf_ring.h"

#define BYTES 128u

struct fake {
	struct perf_ring ring;
	struct perf_event_mmap_page page;
	_Alignas(8) uint8_t data[BYTES];
	uint8_t joined[65536];
};

static struct fake *fake_new(uint64_t tail)
{
	struct fake *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->ring = (struct perf_ring){
		.page = &f->page,
		.data = f->data,
		.bytes = BYTES,
		.tail = tail,
		.joined = f->joined,
	};
	f->page.data_head = f->page.data_tail = tail;
	return f;
}

/* As the kernel writes: byte by byte around the end. */
static void put(struct fake *f, uint16_t size, uint8_t fill)
{
	struct perf_event_header h = { .type = fill, .size = size };
	uint8_t record[BYTES];

	memset(record, fill, sizeof(record));
	memcpy(record, &h, sizeof(h));
	for (unsigned int i = 0; i < size && i < sizeof(record); i++)
		f->data[(f->page.data_head + i) % BYTES] = record[i];
	f->page.data_head += size;
}

static void test_records_around_the_end(void **state)
{
	(void)state;
	struct fake *f = fake_new(BYTES * 3 - 40);
	int error = 0;

	put(f, 24, 1);
	put(f, 32, 2); /* 16 bytes before the end, 16 behind */
	put(f, 8, 3);
	assert_int_equal(perf_ring_refresh(&f->ring), 50);
	const struct perf_event_header *h = perf_ring_next(&f->ring, &error);

	assert_int_equal(h->type, 1);
	h = perf_ring_next(&f->ring, &error);
	assert_int_equal(h->type, 2);
	for (unsigned int i = sizeof(*h); i < 32; i++)
		assert_int_equal(((const uint8_t *)h)[i], 2);
	/* Not given back yet. */
	assert_int_equal(f->page.data_tail, BYTES * 3 - 40);
	perf_ring_release(&f->ring);
	assert_int_equal(f->page.data_tail, BYTES * 3 + 16);
	h = perf_ring_next(&f->ring, &error);
	assert_int_equal(h->type, 3);
	assert_null(perf_ring_next(&f->ring, &error));
	assert_int_equal(error, 0);
	/* Written behind the last refresh: not seen before the next. */
	put(f, 16, 4);
	assert_null(perf_ring_next(&f->ring, &error));
	perf_ring_refresh(&f->ring);
	assert_int_equal(perf_ring_next(&f->ring, &error)->type, 4);
	free(f);
}

static void test_nonsense_is_an_error(void **state)
{
	(void)state;
	static const uint16_t sizes[] = { 0, 7, 65535 };

	for (unsigned int i = 0; i < 3; i++) {
		struct fake *f = fake_new(0);
		struct perf_event_header h = { .type = 1, .size = sizes[i] };
		int error = 0;

		memcpy(f->data, &h, sizeof(h));
		f->page.data_head = 64;
		perf_ring_refresh(&f->ring);
		assert_null(perf_ring_next(&f->ring, &error));
		assert_int_equal(error, -EPROTO);
		free(f);
	}
	struct fake *f = fake_new(0);
	int error = 0;

	f->page.data_head = BYTES * 2; /* more than the ring holds */
	perf_ring_refresh(&f->ring);
	assert_null(perf_ring_next(&f->ring, &error));
	assert_int_equal(error, -EPROTO);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_around_the_end),
		cmocka_unit_test(test_nonsense_is_an_error),
	};

	return cmocka_run_group_tests_name("perf_ring", tests, NULL, NULL);
}
