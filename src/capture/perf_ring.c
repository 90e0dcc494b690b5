/* SPDX-License-Identifier: MIT */
/* Maps and walks perf rings. */
#include "capture/perf_ring.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

#define RECORD_MAX 65536 /* perf_event_header.size is 16 bit */

int perf_ring_map(struct perf_ring *r, int fd, uint64_t bytes, struct err *e)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), size = page;

	while (size * 2 <= bytes)
		size *= 2;
	*r = (struct perf_ring){ 0 };
	void *p = MAP_FAILED;

	for (; size >= page; size /= 2) {
		p = mmap(NULL, page + size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		if (p != MAP_FAILED || (errno != EPERM && errno != ENOMEM))
			break;
	}
	if (p == MAP_FAILED)
		return err_set(e, -errno, "cannot map a perf ring: %s (try: ulimit -l unlimited)",
			       strerror(errno));
	r->joined = malloc(RECORD_MAX);
	r->page = p;
	r->data = (uint8_t *)p + page;
	r->bytes = size;
	if (!r->joined) {
		perf_ring_unmap(r);
		return -ENOMEM;
	}
	return 0;
}

void perf_ring_unmap(struct perf_ring *r)
{
	if (r->page)
		munmap(r->page, (size_t)(r->data - (uint8_t *)r->page) + r->bytes);
	free(r->joined);
	*r = (struct perf_ring){ 0 };
}

unsigned int perf_ring_refresh(struct perf_ring *r)
{
	r->head = __atomic_load_n(&r->page->data_head, __ATOMIC_ACQUIRE);
	return (unsigned int)((r->head - r->tail) * 100 / r->bytes);
}

const struct perf_event_header *perf_ring_next(struct perf_ring *r, int *ret_error)
{
	uint64_t left = r->head - r->tail;

	if (left < sizeof(struct perf_event_header)) {
		if (left)
			*ret_error = -EPROTO;
		return NULL;
	}
	/* Records begin at multiples of 8, so a header never runs over the end. */
	uint64_t at = r->tail & (r->bytes - 1);
	const struct perf_event_header *h = (const void *)(r->data + at);

	if (left > r->bytes || h->size < sizeof(*h) || h->size > left) {
		*ret_error = -EPROTO;
		return NULL;
	}
	r->tail += h->size;
	if (at + h->size <= r->bytes)
		return h;
	size_t first = r->bytes - at;

	memcpy(r->joined, h, first);
	memcpy(r->joined + first, r->data, h->size - first);
	return (const void *)r->joined;
}

void perf_ring_release(struct perf_ring *r)
{
	__atomic_store_n(&r->page->data_tail, r->tail, __ATOMIC_RELEASE);
}
