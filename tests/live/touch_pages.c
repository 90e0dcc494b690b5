/* SPDX-License-Identifier: MIT */
/* What live_stat.sh counts: touch_pages PAGES NAPS touches so many pages that nobody has touched,
 * and sleeps so many times. */
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

int main(int argc, char **argv)
{
	size_t pages = argc > 1 ? (size_t)atol(argv[1]) : 0;
	long naps = argc > 2 ? atol(argv[2]) : 0;
	const struct timespec nap = { .tv_nsec = 1000000 };
	char *p = mmap(NULL, (pages + 1) * 4096, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED || madvise(p, (pages + 1) * 4096, MADV_NOHUGEPAGE) < 0)
		return 1;
	for (size_t i = 0; i < pages; i++)
		p[i * 4096] = 1;
	while (naps-- > 0)
		nanosleep(&nap, NULL);
	return 0;
}
