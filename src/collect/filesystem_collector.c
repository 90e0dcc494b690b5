/* SPDX-License-Identifier: MIT */
/*
 * Room on mounted file systems: proc/self/mountinfo (man 5 proc) and fstatfs().
 *
 * A file system whose server is dead does not answer, and whoever asks hangs, for hours and beyond
 * SIGKILL. So those of the network and of FUSE are never asked, nor is a path below one walked.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "collect/collector.h"
#include "collect/things.h"

#define MAX_MOUNTS 1024u
/* The kernel tells when mounts change; where it does not (fixtures), and for what was refused. */
#define LIST_EVERY (60 * NSEC_PER_SEC)

enum { FS_SIZE, FS_FREE, FS_AVAILABLE, FS_FILES, FS_FILES_FREE };

static const struct metric_spec metrics[] = {
	[FS_SIZE] = GAUGE("size", "size", .unit = "bytes"),
	[FS_FREE] = GAUGE("free", "not in use", .unit = "bytes"),
	[FS_AVAILABLE] =
		GAUGE("available", "of this for users without privileges", .unit = "bytes"),
	[FS_FILES] = GAUGE("files", "inodes that it has"),
	[FS_FILES_FREE] = GAUGE("files_free", "inodes not in use"),
};

/* Those that may hang. */
static const char *const remote[] = {
	"nfs*",	   "cifs",   "smb*", "ceph",   "afs",	  "kafs",     "9p",	   "virtiofs",
	"fuse",	   "fuse.*", "gfs2", "ocfs2*", "gpfs",	  "lustre",   "coda",	   "ncpfs",
	"fuseblk", "pvfs2",  "ocfs", "davfs*", "beegfs*", "orangefs", "glusterfs", NULL,
};
/* Those that are full by nature, or show what another one holds; overlay, but for "/", too. */
static const char *const hollow[] = {
	"proc", "sysfs",    "cgroup*",	 "devtmpfs", "squashfs",
	"nsfs", "efivarfs", "hugetlbfs", "autofs",   NULL,
};

struct mount {
	uint64_t id;
};

struct filesystem {
	struct proc_file mounts;
	const struct proc_root *root;
	struct things things; /* by mount point */
	struct things remote; /* mount points that are not walked through */
	nsec_t listed; /* 0 = never */
};

static int filesystem_open(void *state, const struct proc_root *root, struct err *e)
{
	struct filesystem *s = state;

	s->root = root;
	things_init(&s->things, sizeof(struct mount), MAX_MOUNTS, NULL);
	things_init(&s->remote, 0, UINT32_MAX, NULL);
	if (root->text)
		return err_set(e, -ENOENT, "file systems can only be asked where they are");
	return proc_file_need(&s->mounts, root, "proc/self/mountinfo", e);
}

/* ---- which there are ---- */

/* A line of the file: "36 35 98:0 /root /mount/point rw shared:1 - ext4 /dev/sda1 rw". */
struct mount_line {
	uint64_t id;
	const char *device, *type;
	size_t device_len, type_len;
	char point[1024];
};

/* "\040" is a blank. False: too long. */
static bool decode_path(const char *word, size_t len, char *ret, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < len && n + 1 < size; n++) {
		unsigned int c = (unsigned char)word[i++];

		if (c == '\\' && len - i >= 3) {
			c = (unsigned int)((word[i] & 7) << 6 | (word[i + 1] & 7) << 3 |
					   (word[i + 2] & 7));
			i += 3;
		}
		ret[n] = (char)c;
	}
	ret[n] = '\0';
	return n + 1 < size && n && strlen(ret) == n;
}

static bool scan_mount(const char *p, struct mount_line *ret)
{
	const char *word;
	uint64_t parent;
	size_t n;

	if (!scan_u64(&p, &ret->id) || !scan_u64(&p, &parent))
		return false;
	ret->device_len = scan_word(&p, &ret->device);
	scan_word(&p, &word); /* what part of the file system is mounted */
	n = scan_word(&p, &word);
	if (!n || *word != '/' || !decode_path(word, n, ret->point, sizeof(ret->point)))
		return false;
	while ((n = scan_word(&p, &word)) > 0 && !word_is(word, n, "-"))
		;
	ret->type_len = n ? scan_word(&p, &ret->type) : 0;
	return ret->type_len > 0;
}

static void see_remote(struct filesystem *s, const char *p)
{
	struct mount_line m;
	bool is_new;

	things_done(&s->remote);
	for (; *p; p = next_line(p))
		if (scan_mount(p, &m) && word_in(m.type, m.type_len, remote) && m.point[1])
			(void)things_see(&s->remote, m.point, &is_new);
}

/* Is @point, or a folder above it, a mount of the network? */
static bool is_beyond_remote(const struct filesystem *s, const char *point)
{
	for (size_t n = strlen(point); n > 1; n--)
		if ((!point[n] || point[n] == '/') && things_find(&s->remote, point, n))
			return true;
	return false;
}

static bool is_wanted(const struct filesystem *s, const struct mount_line *m)
{
	if (word_in(m->type, m->type_len, remote) || word_in(m->type, m->type_len, hollow))
		return false;
	if (word_is(m->type, m->type_len, "overlay") && m->point[1])
		return false;
	return !is_beyond_remote(s, m->point);
}

/* What is mounted several times is listed where it was first. */
static void list_mounts(struct filesystem *s, struct tick *t, const char *p)
{
	struct things devices;
	struct mount_line m;
	char device[64];
	bool is_new;

	things_init(&devices, 0, MAX_MOUNTS, NULL);
	things_begin(&s->things);
	see_remote(s, p);
	for (; *p; p = next_line(p)) {
		if (!scan_mount(p, &m) || !is_wanted(s, &m))
			continue;
		snprintf(device, sizeof(device), "%.*s", (int)m.device_len, m.device);
		(void)things_see(&devices, device, &is_new);
		struct mount *x = is_new ? things_see(&s->things, m.point, &is_new)
					 : things_find(&s->things, m.point, strlen(m.point));

		/* One over another at the same place: the last is the one that is seen. */
		if (x)
			x->id = m.id;
	}
	things_end(&s->things);
	things_done(&devices);
	readings_refuse(t->readings, s->things.refused);
	s->listed = t->time;
}

/* ---- asking ---- */

static bool mounts_changed(const struct filesystem *s, nsec_t now)
{
	struct pollfd fd = { .fd = s->mounts.fd - 1, .events = POLLPRI };

	return !s->listed || now - s->listed >= LIST_EVERY ||
	       (poll(&fd, 1, 0) > 0 && (fd.revents & (POLLPRI | POLLERR)));
}

/* Not kept open: that would keep it from being unmounted. Without O_DIRECTORY, which would have
 * what autofs let go of in between mounted again. */
static bool ask(const struct filesystem *s, const char *point, const struct mount *m,
		struct statfs *ret)
{
	const int flags = O_PATH | O_CLOEXEC | O_NOFOLLOW;
	auto_close int fd = openat(s->root->fd, point[1] ? point + 1 : ".", flags);
	struct statx x = { 0 };

	/* Something else may be mounted over the path (mount ids: since Linux 5.8). */
	if (fd < 0 || statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_MNT_ID, &x) < 0)
		return false;
	if ((x.stx_mask & STATX_MNT_ID) && x.stx_mnt_id != m->id)
		return false;
	return fstatfs(fd, ret) == 0 && ret->f_blocks > 0;
}

static int filesystem_sample(void *state, struct tick *t, struct err *e)
{
	struct filesystem *s = state;
	const char *p = mounts_changed(s, t->time) ? proc_file_read(&s->mounts) : NULL;

	(void)e;
	if (p)
		list_mounts(s, t, p);
	for (uint32_t i = 0; i < s->things.n; i++) {
		const char *point = things_name(&s->things, i);
		struct statfs f;

		if (!ask(s, point, things_at(&s->things, i), &f))
			continue;
		uint32_t at = readings_instance(t->readings, READINGS_NO_CPU, point, strlen(point));
		uint64_t unit = (uint64_t)(f.f_frsize ? f.f_frsize : f.f_bsize);

		readings_put(t->readings, at, FS_SIZE, f.f_blocks * unit);
		readings_put(t->readings, at, FS_FREE, f.f_bfree * unit);
		readings_put(t->readings, at, FS_AVAILABLE, f.f_bavail * unit);
		/* Some make inodes as they need them, and have no number of them. */
		if (f.f_files) {
			readings_put(t->readings, at, FS_FILES, f.f_files);
			readings_put(t->readings, at, FS_FILES_FREE, f.f_ffree);
		}
	}
	return 0;
}

static void filesystem_close(void *state)
{
	struct filesystem *s = state;

	proc_file_done(&s->mounts);
	things_done(&s->things);
	things_done(&s->remote);
}

const struct collector collector_filesystem = {
	.name = "filesystem",
	.help = "room on mounted file systems; not those of the network and FUSE, which may hang",
	.things = "mount points",
	.metric = metrics,
	.n_metrics = ARRAY_SIZE(metrics),
	.state_bytes = sizeof(struct filesystem),
	.open = filesystem_open,
	.sample = filesystem_sample,
	.close = filesystem_close,
};
