/* SPDX-License-Identifier: MIT */
/* Files that stay open. */
#include "collect/proc_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

/* The kernel clears as much memory as is asked for before it fills in a file of /proc/sys. */
#define PAGE	   4096u
#define FIRST_ROOM PAGE
#define MOST_ROOM  (16 * PAGE)

int proc_file_open(struct proc_file *f, const struct proc_root *root, const char *path)
{
	buf_init(&f->text, PROC_FILE_MAX);
	f->fd = 0;
	f->shared = root->buf;
	f->room = FIRST_ROOM;
	f->short_lines = false;
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

int proc_file_need(struct proc_file *f, const struct proc_root *root, const char *path,
		   struct err *e)
{
	int r = proc_file_open(f, root, path);

	if (r == -ENOENT)
		return err_set(e, r, "no '/%s'", path);
	return r < 0 ? err_set(e, r, "cannot open '/%s': %s", path, strerror(-r)) : 0;
}

const char *proc_file_read(struct proc_file *f)
{
	if (f->root)
		return f->root->text(f->root->ctx, f->path);
	if (!f->fd) {
		errno = EBADF;
		return NULL;
	}
	struct buf *text = f->shared ? f->shared : &f->text;

	buf_clear(text);
	for (;;) {
		/* Files of the kernel have no size, and those of seq_file may give less than there
		 * is; 0 bytes are the end. */
		void *to = buf_reserve(text, f->room);

		if (!to)
			return NULL;
		ssize_t n = pread(f->fd - 1, to, f->room - 1, (off_t)text->len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return NULL;
		buf_commit(text, (size_t)n);
		if (n == 0 || (f->short_lines && (size_t)n < PAGE - PROC_SHORT_LINE))
			return buf_str(text);
		if ((size_t)n == f->room - 1)
			f->room = min_of(2 * f->room, (size_t)MOST_ROOM);
	}
}

void proc_file_done(struct proc_file *f)
{
	if (f->fd)
		close(f->fd - 1);
	f->fd = 0;
	buf_done(&f->text);
}

static bool is_folder(int fd, const struct dirent *x)
{
	struct stat st;

	if (x->d_type != DT_UNKNOWN)
		return x->d_type == DT_DIR;
	return fstatat(fd, x->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

int proc_list(const struct proc_root *root, const char *path,
	      int (*see)(void *ctx, const char *name, bool folder), void *ctx)
{
	if (root->text)
		return -ENOENT;
	int fd = openat(root->fd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	DIR *d = fdopendir(fd);

	if (!d) {
		r = -errno;
		close(fd);
		return r;
	}
	for (const struct dirent *x; r >= 0 && (x = readdir(d));)
		if (x->d_name[0] != '.')
			r = see(ctx, x->d_name, is_folder(fd, x));
	closedir(d);
	return min_of(r, 0);
}

bool scan_hex(const char **p, uint64_t *ret)
{
	const char *s = skip_blanks(*p);
	uint64_t v = 0;
	unsigned int n = 0;

	for (;; s++, n++) {
		unsigned int c = (unsigned char)*s | 0x20;
		unsigned int digit = c - '0' < 10 ? c - '0' : c - 'a' < 6 ? c - 'a' + 10 : 16;

		if (digit > 15)
			break;
		if (v >> 60)
			return false;
		v = v << 4 | digit;
	}
	if (!n)
		return false;
	*ret = v;
	*p = s;
	return true;
}

bool scan_key_value(const char **p, struct key_value *ret)
{
	ret->len = scan_word(p, &ret->key);
	if (ret->len && ret->key[ret->len - 1] == ':')
		ret->len--;
	if (!ret->len || !scan_u64(p, &ret->value))
		return false;
	const char *unit = skip_blanks(*p);

	ret->kb = unit[0] == 'k' && unit[1] == 'B';
	return true;
}

bool word_in(const char *word, size_t len, const char *const *list)
{
	for (; *list; list++) {
		if (!len || **list != *word)
			continue;
		size_t n = strlen(*list);

		if ((*list)[n - 1] == '*' ? len >= n - 1 && !memcmp(word, *list, n - 1)
					  : len == n && !memcmp(word, *list, n))
			return true;
	}
	return false;
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
