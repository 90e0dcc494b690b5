/* SPDX-License-Identifier: MIT */
/* Files that stay open. */
#include "collect/proc_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define ROOM 16384u

int proc_file_open(struct proc_file *f, const struct proc_root *root, const char *path)
{
	buf_init(&f->text, PROC_FILE_MAX);
	f->fd = 0;
	f->root = NULL;
	if (root->text) {
		if ((size_t)snprintf(f->path, sizeof(f->path), "%s", path) >= sizeof(f->path))
			return -ENAMETOOLONG;
		f->root = root;
		return 0;
	}
	int fd = openat(root->fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return -errno;
	f->fd = fd + 1;
	return 0;
}

const char *proc_file_read(struct proc_file *f)
{
	if (f->root)
		return f->root->text(f->root->ctx, f->path);
	if (!f->fd)
		return NULL;
	buf_clear(&f->text);
	for (;;) {
		/* Files of the kernel have no size, and those of seq_file may give less than there
		 * is; 0 bytes are the end. */
		void *to = buf_reserve(&f->text, ROOM);

		if (!to)
			return NULL;
		ssize_t n = pread(f->fd - 1, to, ROOM - 1, (off_t)f->text.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		if (n == 0)
			return buf_str(&f->text);
		buf_commit(&f->text, (size_t)n);
	}
}

void proc_file_done(struct proc_file *f)
{
	if (f->fd)
		close(f->fd - 1);
	f->fd = 0;
	buf_done(&f->text);
}

bool scan_decimal(const char **p, uint64_t scale, uint64_t *ret)
{
	const char *s = *p;
	uint64_t whole, part = 0;

	if (!scan_u64(&s, &whole) || whole > UINT64_MAX / scale)
		return false;
	if (*s == '.') {
		uint64_t unit = scale;

		for (s++; *s >= '0' && *s <= '9'; s++) {
			unit /= 10;
			part += unit * (uint64_t)(*s - '0');
		}
	}
	if (whole * scale > UINT64_MAX - part)
		return false;
	*ret = whole * scale + part;
	*p = s;
	return true;
}
