/* SPDX-License-Identifier: MIT */
/* Written beside, renamed over. Which targets are written in place is decided in plan(). */
#include "base/new_file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define LINKS_MAX    40 /* as the kernel follows at most */
#define NAME_TRIES   100
#define BASE_MAX     240 /* of a name, so that ".XXXXXX" has room in NAME_MAX */
#define SUFFIX_ROOM  16
#define STREAM_BYTES ((size_t)64 << 10) /* that a stream gathers before it writes */

struct new_file {
	int dir_fd; /* of the paths; lent */
	char *path; /* as it was asked for, for words */
	char *target; /* where links lead to */
	char *name; /* of the file until it is committed, or NULL: it has none */
	int fd;
	unsigned int flags;
	FILE *stream;
	char *buffer; /* of the stream */
	bool in_place, committed;
};

/* ---- where ---- */

/* The folder of @path, to be freed. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return strdup(".");
	return strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* An fd or -errno. */
static int open_folder(const struct new_file *f, const char *folder)
{
	int fd = openat(f->dir_fd, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Links of /proc lead to open files, which may have no name or another one. */
static bool is_in_proc(const struct new_file *f, const char *folder)
{
	auto_close int fd = open_folder(f, folder);
	struct statfs fs;

	return fd >= 0 && fstatfs(fd, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* What the link at the target names, to be freed. */
static char *follow(const struct new_file *f, const char *folder)
{
	char to[4096], *r = NULL;
	ssize_t n = readlinkat(f->dir_fd, f->target, to, sizeof(to) - 1);

	if (n < 0)
		return NULL;
	to[n] = 0;
	if (to[0] == '/')
		return strdup(to);
	return asprintf(&r, "%s/%s", folder, to) < 0 ? NULL : r;
}

/* A mount of its own cannot be renamed over. */
static bool is_mount(const struct new_file *f)
{
	struct statx x;

	return statx(f->dir_fd, f->target, AT_SYMLINK_NOFOLLOW, STATX_TYPE, &x) == 0 &&
	       (x.stx_attributes & STATX_ATTR_MOUNT_ROOT);
}

/* Find the target, and whether it is to be written in place; *ret_st: what is there, or st_mode is
 * 0. */
static int plan(struct new_file *f, struct stat *ret_st)
{
	f->target = strdup(f->path);
	if (f->flags & NEW_FILE_OWN)
		return f->target ? 0 : -ENOMEM;
	for (unsigned int i = 0; f->target && i < LINKS_MAX; i++) {
		if (fstatat(f->dir_fd, f->target, ret_st, AT_SYMLINK_NOFOLLOW) < 0) {
			*ret_st = (struct stat){ 0 };
			return errno == ENOENT ? 0 : -errno;
		}
		if (!S_ISLNK(ret_st->st_mode)) {
			f->in_place = !S_ISREG(ret_st->st_mode) || is_mount(f);
			return 0;
		}
		auto_free char *folder = folder_of(f->target);

		if (!folder)
			return -ENOMEM;
		f->in_place = is_in_proc(f, folder);
		if (f->in_place)
			return 0;
		char *next = follow(f, folder);

		free(f->target);
		f->target = next;
	}
	return f->target ? -ELOOP : -errno;
}

/* ---- the file meanwhile ---- */

/* Names beside the target until @make, called with one, does not say EEXIST. */
static int name_beside(struct new_file *f, int (*make)(struct new_file *f, mode_t mode),
		       mode_t mode)
{
	static const char digit[] = "abcdefghijklmnopqrstuvwxyz012345";
	const char *slash = strrchr(f->target, '/');
	size_t n = strlen(f->target), before = slash ? (size_t)(slash + 1 - f->target) : 0;
	int r = -EEXIST;

	f->name = malloc(n + SUFFIX_ROOM);
	if (!f->name)
		return -ENOMEM;
	memcpy(f->name, f->target, n);
	n = min_of(n, before + BASE_MAX);
	for (unsigned int i = 0; r == -EEXIST && i < NAME_TRIES; i++) {
		uint8_t random[6];
		char *at = f->name + n;

		if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
			return -EIO;
		*at++ = '.';
		for (size_t k = 0; k < sizeof(random); k++)
			*at++ = digit[random[k] % 32];
		*at = 0;
		r = make(f, mode);
	}
	if (r < 0) {
		free(f->name);
		f->name = NULL;
	}
	return r;
}

static int create_named(struct new_file *f, mode_t mode)
{
	f->fd = openat(f->dir_fd, f->name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		       mode);
	return f->fd < 0 ? -errno : 0;
}

static void proc_path(int fd, char ret[32])
{
	snprintf(ret, 32, "/proc/self/fd/%d", fd);
}

static int link_named(struct new_file *f, mode_t mode)
{
	char from[32];

	(void)mode;
	proc_path(f->fd, from);
	return linkat(AT_FDCWD, from, f->dir_fd, f->name, AT_SYMLINK_FOLLOW) < 0 ? -errno : 0;
}

/* Without a name if it can get one later; else with one, which nobody else may open meanwhile if
 * nobody else may open the target. */
static int create_beside(struct new_file *f, mode_t mode)
{
	auto_free char *folder = folder_of(f->target);
	char from[32];

	if (!folder)
		return -ENOMEM;
	f->fd = openat(f->dir_fd, folder, O_TMPFILE | O_RDWR | O_CLOEXEC, mode);
	if (f->fd >= 0) {
		proc_path(f->fd, from);
		if (access(from, F_OK) == 0)
			return 0;
		close(steal_fd(&f->fd));
	}
	return name_beside(f, create_named, mode);
}

static int create_in_place(struct new_file *f, mode_t mode)
{
	f->in_place = true;
	f->fd = openat(f->dir_fd, f->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	return f->fd < 0 ? -errno : 0;
}

static int create(struct new_file *f, mode_t mode)
{
	struct stat st = { 0 };
	int r = plan(f, &st);

	if (r < 0)
		return r;
	if (f->in_place)
		return create_in_place(f, mode);
	bool goes = st.st_mode && !(f->flags & NEW_FILE_KEEP_OLD);

	if (goes && faccessat(f->dir_fd, f->target, W_OK, AT_EACCESS) < 0)
		return -errno;
	r = create_beside(f, goes ? mode & st.st_mode : mode);
	if (goes && (r == -EACCES || r == -EPERM || r == -EROFS))
		r = create_in_place(f, mode);
	return r;
}

/* ---- into its place ---- */

/* Owner as far as we may, permissions always; a set-uid bit goes when the owner does not stay. */
static int keep_mode(const struct new_file *f)
{
	struct stat old, new;

	if (fstatat(f->dir_fd, f->target, &old, 0) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(f->fd, &new) < 0)
		return -errno;
	if (old.st_uid == new.st_uid && old.st_gid == new.st_gid &&old.st_mode == new.st_mode)
		return 0;
	bool same = fchown(f->fd, old.st_uid, old.st_gid) == 0;

	return fchmod(f->fd, old.st_mode & (same ? 07777 : 0777)) < 0 ? -errno : 0;
}

static int make_way(const struct new_file *f)
{
	auto_free char *old = NULL;

	if (asprintf(&old, "%s.old", f->target) < 0) {
		old = NULL;
		return -ENOMEM;
	}
	return renameat(f->dir_fd, f->target, f->dir_fd, old) < 0 && errno != ENOENT ? -errno : 0;
}

static int sync_folder(const struct new_file *f)
{
	auto_free char *folder = folder_of(f->target);

	if (!folder)
		return -ENOMEM;
	auto_close int fd = open_folder(f, folder);

	/* Some file systems have nothing to sync there. */
	return fd < 0 ? fd : fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

static int flush(struct new_file *f)
{
	errno = 0;
	if (f->stream) {
		bool failed = ferror(f->stream);

		/* NFS tells some errors only when it closes. */
		if (fclose(steal_ptr(f->stream)) || failed)
			return errno ? -errno : -EIO;
	}
	if ((f->flags & NEW_FILE_SYNC) && fsync(f->fd) < 0 && errno != EINVAL)
		return -errno;
	return 0;
}

static int put_in_place(struct new_file *f)
{
	bool keep_old = f->flags & NEW_FILE_KEEP_OLD;
	int r = f->flags & (NEW_FILE_KEEP_OLD | NEW_FILE_OWN) ? 0 : keep_mode(f);

	if (r >= 0 && !f->name)
		r = name_beside(f, link_named, 0);
	if (r >= 0 && keep_old)
		r = make_way(f);
	if (r >= 0 && renameat(f->dir_fd, f->name, f->dir_fd, f->target) < 0)
		r = -errno;
	if (r < 0)
		return r;
	free(f->name);
	f->name = NULL;
	return 0;
}

/* ---- interface ---- */

int new_file_open_at(int dir_fd, const char *path, mode_t mode, unsigned int flags,
		     struct new_file **ret, struct err *e)
{
	auto_ptr(new_file) f = calloc(1, sizeof(*f));

	if (!f)
		return err_set(e, -ENOMEM, "no memory");
	f->fd = -1;
	f->dir_fd = dir_fd;
	f->flags = flags;
	f->path = strdup(path);
	int r = !f->path ? -ENOMEM : !*path ? -ENOENT : create(f, mode);

	if (r < 0)
		return err_set(e, r, "cannot write '%s': %s", path, strerror(-r));
	*ret = steal_ptr(f);
	return 0;
}

int new_file_open(const char *path, mode_t mode, unsigned int flags, struct new_file **ret,
		  struct err *e)
{
	return new_file_open_at(AT_FDCWD, path, mode, flags, ret, e);
}

int new_file_fd(const struct new_file *f)
{
	return f->fd;
}

int new_file_stream(struct new_file *f, FILE **ret, struct err *e)
{
	if (!f->stream) {
		auto_close int own = fcntl(f->fd, F_DUPFD_CLOEXEC, 3);

		f->stream = own < 0 ? NULL : fdopen(own, "w");
		if (!f->stream)
			return err_set(e, -errno, "cannot write '%s': %s", f->path,
				       strerror(errno));
		own = -1;
		f->buffer = malloc(STREAM_BYTES);
		if (f->buffer)
			(void)setvbuf(f->stream, f->buffer, _IOFBF, STREAM_BYTES);
	}
	*ret = f->stream;
	return 0;
}

int new_file_commit(struct new_file *f, struct err *e)
{
	if (f->committed)
		return 0;
	int r = flush(f);

	if (r < 0)
		return err_set(e, r, "cannot write '%s': %s", f->path, strerror(-r));
	if (!f->in_place) {
		r = put_in_place(f);
		if (r < 0)
			return err_set(e, r, "cannot replace '%s': %s", f->path, strerror(-r));
	}
	f->committed = true;
	if (!f->in_place && (f->flags & NEW_FILE_SYNC))
		r = sync_folder(f);
	return r < 0 ? err_set(e, r, "cannot sync the folder of '%s': %s", f->path, strerror(-r))
		     : 0;
}

struct new_file *new_file_free(struct new_file *f)
{
	if (!f)
		return NULL;
	if (f->stream)
		fclose(f->stream);
	free(f->buffer);
	if (f->name)
		(void)unlinkat(f->dir_fd, f->name, 0);
	if (f->fd >= 0)
		close(f->fd);
	free(f->name);
	free(f->target);
	free(f->path);
	free(f);
	return NULL;
}
