/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a journal of perfcollector, with the key of the seeds; and as what stands behind the
 * seal: packed JSON, sealed here.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/gzip.h"
#include "format/perfcollector_journal.h"
#include "fuzz.h"

static void read_journal(int fd, const uint8_t *key)
{
	auto_ptr(perfcollector_reader) r = NULL;
	struct err e = { 0 };
	auto_buf b;
	int rc;

	buf_init(&b, 16u << 20);
	if (lseek(fd, 0, SEEK_SET) < 0 || perfcollector_reader_new(fd, "j", key, &r, &e) < 0)
		abort();
	while ((rc = perfcollector_reader_next(r, &b, &e)) > 0 || rc == -EBADMSG)
		if (rc < 0 && !e.text[0])
			abort();
	if (rc < 0 && !e.text[0])
		abort();
	if (rc < 0 && perfcollector_reader_next(r, &b, NULL) != 0)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	uint8_t key[SEAL_KEY_BYTES];
	auto_buf plain;
	int fd = memfd_create("journal", MFD_CLOEXEC);

	buf_init(&plain, 16u << 20);
	if (perfcollector_key(1, "Evil Corp", "6f37-6910-b2a0-e858-9657-f08d", key, NULL) < 0 ||
	    fd < 0 || file_write_all(fd, data, n) < 0)
		abort();
	read_journal(fd, key);
	(void)!gzip_unpack(data, n, &plain, NULL);
	/* What was written is read. */
	fd = memfd_create("journal", MFD_CLOEXEC);
	if (fd < 0 || perfcollector_append(fd, key, data, n, NULL) < 0)
		abort();
	read_journal(fd, key);
	return 0;
}
