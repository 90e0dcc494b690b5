/* SPDX-License-Identifier: MIT */
/* From an encrypted journal to lines of JSON. */
#include "cmd/older_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/nsec.h"
#include "base/quantity.h"
#include "format/perfcollector_journal.h"

/* On a disk, if there is one for it: journals may be large. Nobody else can open it. */
static int unnamed_file(void)
{
	const char *folder = getenv("TMPDIR");
	int fd = open(folder && *folder ? folder : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? memfd_create("kymo", MFD_CLOEXEC) : fd;
}

static int copy_records(struct perfcollector_reader *r, int out, const char *path,
			struct older_journal *ret, struct err *e)
{
	nsec_t shown = nsec_monotonic();
	auto_buf record;
	int rc;

	buf_init(&record, PERFCOLLECTOR_PLAIN_MAX);
	while ((rc = perfcollector_reader_next(r, &record, e)) > 0 || rc == -EBADMSG) {
		nsec_t now = nsec_monotonic();

		if (rc == -EBADMSG) {
			log_warn("%s, left out", err_text(e, rc));
			ret->damaged++;
			continue;
		}
		rc = file_write_all(out, record.data, record.len);
		if (rc < 0)
			return err_set(e, rc, "cannot write a temporary file: %s", strerror(-rc));
		ret->records++;
		ret->bytes += record.len;
		if (now - shown >= 200 * NSEC_PER_MSEC) {
			char n[QUANTITY_MAX];

			shown = now;
			log_progress("%s: %s records", path, quantity_count(n, ret->records));
		}
	}
	log_progress_done();
	/* What was whole before a cut is kept. */
	if (rc == -ENODATA && ret->records) {
		log_warn("%s, left out", err_text(e, rc));
		ret->damaged++;
		rc = 0;
	}
	return rc;
}

int older_journal_decrypt(const char *path, uint64_t site, const char *site_name,
			  const char *licence, struct older_journal *ret, struct err *e)
{
	auto_ptr(perfcollector_reader) r = NULL;
	uint8_t key[SEAL_KEY_BYTES];
	int rc = perfcollector_key(site, site_name, licence, key, e);

	*ret = (struct older_journal){ 0 };
	if (rc < 0)
		return rc;
	int in = open(path, O_RDONLY | O_CLOEXEC);
	auto_close int out = in < 0 ? -1 : unnamed_file();

	if (in < 0)
		rc = err_set(e, -errno, "cannot open '%s': %s", path, strerror(errno));
	else if (out < 0)
		rc = err_set(e, -errno, "cannot make a temporary file: %s (try: TMPDIR=DIR)",
			     strerror(errno));
	if (rc >= 0)
		rc = perfcollector_reader_new(in, path, key, &r, e);
	else if (in >= 0)
		close(in);
	sodium_memzero(key, sizeof(key));
	if (rc >= 0)
		rc = copy_records(r, out, path, ret, e);
	if (rc >= 0 && !ret->records)
		rc = err_set(e, -ENODATA, "'%s' holds no record", path);
	if (rc >= 0 && lseek(out, 0, SEEK_SET) < 0)
		rc = err_set(e, -errno, "cannot read a temporary file: %s", strerror(errno));
	return rc < 0 ? rc : steal_fd(&out);
}
