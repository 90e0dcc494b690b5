/* SPDX-License-Identifier: MIT */
/* Texts of files, read again and again. */
#include "collect/raw_files.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/nsec.h"
#include "model/metric_track.h"

#define PATH_MAX_BYTES 255
#define ROOM	       16384u

struct raw_file {
	char path[PATH_MAX_BYTES + 1];
	int fd;
	uint64_t missed;
};

struct raw_files {
	struct raw_file file[RAW_FILES_MAX];
	unsigned int n;
	struct buf text;
};

/* ---- opening ---- */

/* Only /proc/... and /sys/..., and no way up. */
static bool is_allowed(const char *path)
{
	if (strncmp(path, "/proc/", 6) != 0 && strncmp(path, "/sys/", 5) != 0)
		return false;
	for (const char *p = path; (p = strstr(p, "/..")); p += 3)
		if (!p[3] || p[3] == '/')
			return false;
	return true;
}

static int open_beneath(int root_fd, const char *path)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct open_how how = { .flags = (uint64_t)flags,
				.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS };
	int fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));

	/* Before Linux 5.6 the words of the path are all that is checked. */
	if (fd < 0 && errno == ENOSYS)
		fd = openat(root_fd, path, flags);
	return fd < 0 ? -errno : fd;
}

static int add_file(struct raw_files *f, const char *path, size_t n, int root_fd, struct err *e)
{
	struct raw_file *x = &f->file[f->n];
	struct stat st;

	if (f->n == RAW_FILES_MAX)
		return err_set(e, -EINVAL, "more than %u raw files", RAW_FILES_MAX);
	if (n > PATH_MAX_BYTES)
		return err_set(e, -EINVAL, "raw file '%.64s...': the path is too long", path);
	memcpy(x->path, path, n);
	x->path[n] = '\0';
	if (!is_allowed(x->path))
		return err_set(e, -EINVAL,
			       "raw file '%s' is not below /proc or /sys (try: /proc/stat)",
			       x->path);
	for (unsigned int i = 0; i < f->n; i++)
		if (!strcmp(f->file[i].path, x->path))
			return 0;
	x->fd = open_beneath(root_fd, x->path + 1);
	if (x->fd < 0)
		return err_set(e, x->fd, "cannot open '%s': %s", x->path, strerror(-x->fd));
	f->n++;
	if (fstat(x->fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(e, -EINVAL, "raw file '%s' is no file", x->path);
	return 0;
}

int raw_files_open(const char *list, int root_fd, struct raw_files **ret, struct err *e)
{
	auto_ptr(raw_files) f = calloc(1, sizeof(*f));
	int r = 0;

	if (!f)
		return err_set(e, -ENOMEM, "out of memory");
	buf_init(&f->text, RAW_FILE_MAX + 2 * ROOM);
	for (const char *p = list; r >= 0 && *p;) {
		size_t n = strcspn(p, ",");

		r = add_file(f, p, n, root_fd, e);
		p += n + (p[n] == ',');
	}
	if (r >= 0 && !f->n)
		r = err_set(e, -EINVAL, "no raw files (try: /proc/stat,/proc/meminfo)");
	if (r < 0)
		return r;
	*ret = steal_ptr(f);
	return 0;
}

struct raw_files *raw_files_free(struct raw_files *f)
{
	if (f) {
		for (unsigned int i = 0; i < f->n; i++)
			if (f->file[i].fd >= 0)
				close(f->file[i].fd);
		buf_done(&f->text);
		free(f);
	}
	return NULL;
}

/* ---- reading ---- */

/* 0, -errno of the file, -EFBIG. */
static int read_text(struct raw_files *f, struct raw_file *x)
{
	buf_clear(&f->text);
	for (;;) {
		/* Files of the kernel have no size, and may give less than there is; 0 bytes are
		 * the end. */
		uint8_t *to = buf_reserve(&f->text, ROOM);

		if (!to)
			return -ENOMEM;
		ssize_t n = pread(x->fd, to, ROOM - 1, (off_t)f->text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return 0;
		/* Command lines and environments have 0 between their words. */
		for (uint8_t *p = to; (p = memchr(p, 0, (size_t)(to + n - p)));)
			*p = '\n';
		buf_commit(&f->text, (size_t)n);
		if (f->text.len > RAW_FILE_MAX)
			return -EFBIG;
	}
}

static int put_row(struct raw_files *f, const struct raw_file *x, nsec_t time, struct sink *sink,
		   struct err *e)
{
	auto_ptr(batch) b = batch_new(&track_raw, 1);
	int64_t path = b ? batch_add_text(b, x->path) : -ENOMEM;
	int64_t text = path < 0 ? path : batch_add_text(b, buf_str(&f->text));

	if (text < 0)
		return err_set(e, (int)text, "no memory for the text of '%s'", x->path);
	b->cpu = BATCH_CPU_NONE;
	b->time[0] = time;
	batch_u64(b, RAW_END)[0] = nsec_monotonic();
	((uint32_t *)b->col[RAW_PATH])[0] = (uint32_t)path;
	((uint32_t *)b->col[RAW_TEXT])[0] = (uint32_t)text;
	b->rows = 1;
	return sink_write(sink, b, e);
}

int raw_files_sample(struct raw_files *f, struct sink *sink, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; i < f->n && r >= 0; i++) {
		struct raw_file *x = &f->file[i];
		nsec_t time = nsec_monotonic();

		if (read_text(f, x) < 0)
			x->missed++;
		else
			r = put_row(f, x, time, sink, e);
	}
	return r;
}

unsigned int raw_files_n(const struct raw_files *f)
{
	return f->n;
}

const char *raw_files_path(const struct raw_files *f, unsigned int i)
{
	return f->file[i].path;
}

uint64_t raw_files_missed(const struct raw_files *f, unsigned int i)
{
	return f->file[i].missed;
}
