/* SPDX-License-Identifier: MIT */
/* Local places first, servers last. */
#include "symbol/debug_files.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <zlib.h>

#include "base/hex.h"
#include "symbol/debuginfod.h"

#define PATH_BYTES 4096

int debug_files_open(const struct debug_files *d, const char *path)
{
	/* No waiting for a FIFO's other end, no terminal of ours. */
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				.resolve = RESOLVE_IN_ROOT };
	struct stat st;

	while (path[0] == '/')
		path++;
	if (!path[0])
		return -EINVAL;
	auto_close int fd = (int)syscall(SYS_openat2, d->root_fd, path, &how, sizeof(how));

	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(d->root_fd, path, (int)how.flags); /* before Linux 5.6 */
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) ? steal_fd(&fd) : -EINVAL;
}

bool debug_part_is_in(const struct elf_image *image, enum debug_part part)
{
	const struct elf_section *s = NULL;

	switch (part) {
	case DEBUG_PART_PROGRAM:
		/* A debug file has the sections of its program, without the bytes. */
		for (size_t k = 0; k < image->n_sections; k++)
			if (image->section[k].flags & SHF_EXECINSTR)
				return image->section[k].type != SHT_NOBITS;
		return true;
	case DEBUG_PART_SYMBOLS:
		s = elf_image_typed(image, SHT_SYMTAB);
		break;
	case DEBUG_PART_LINES:
		s = elf_image_named(image, ".debug_info");
		if (!s)
			s = elf_image_named(image, ".zdebug_info");
	}
	return s && s->type != SHT_NOBITS && s->bytes > 0;
}

/* Whether the file of @fd is what is looked for; the descriptor is taken. */
static int consider(int fd, enum debug_part part, const uint8_t *id, size_t id_bytes,
		    struct elf_image **ret)
{
	auto_ptr(elf_image) image = NULL;
	struct err e;

	if (fd < 0)
		return -ENOENT;
	int r = elf_image_open(fd, &image, &e);

	if (r < 0)
		return r == -ENOMEM ? r : -ENOENT;
	if (image->build_id_bytes != id_bytes || memcmp(image->build_id, id, id_bytes) != 0 ||
	    !debug_part_is_in(image, part))
		return -ENOENT;
	*ret = steal_ptr(image);
	return 0;
}

/* DIR/.build-id/ab/cdef... and what stands behind; false: too long. */
static bool id_path(char *ret, const char *dir, const uint8_t *id, size_t id_bytes,
		    const char *behind)
{
	char first[3], rest[2 * BUILD_ID_MAX + 1];
	int n = snprintf(ret, PATH_BYTES, "%s/.build-id/%s/%s%s", dir, hex_text(id, 1, first),
			 hex_text(id + 1, id_bytes - 1, rest), behind);

	return n > 0 && n < PATH_BYTES;
}

static int find_by_id(const struct debug_files *d, enum debug_part part, const uint8_t *id,
		      size_t id_bytes, struct elf_image **ret)
{
	static const char *const behind[] = { ".debug", "", "/debug", "/elf", "/vdso" };
	char path[PATH_BYTES];

	if (id_bytes < 2)
		return -ENOENT;
	for (size_t k = 0; k < d->n_dirs; k++) {
		for (size_t b = 0; b < ARRAY_SIZE(behind); b++) {
			if (!id_path(path, d->dir[k], id, id_bytes, behind[b]))
				continue;
			int r = consider(debug_files_open(d, path), part, id, id_bytes, ret);

			if (r != -ENOENT)
				return r;
		}
	}
	return -ENOENT;
}

int debug_files_open_part(const struct debug_files *d, const uint8_t *id, size_t id_bytes,
			  const char *name)
{
	char path[PATH_BYTES], behind[64];

	snprintf(behind, sizeof(behind), "/%s", name);
	for (size_t k = 0; k < d->n_dirs && id_bytes >= 2; k++) {
		int fd = id_path(path, d->dir[k], id, id_bytes, behind) ? debug_files_open(d, path)
									: -ENOENT;

		if (fd >= 0)
			return fd;
	}
	return -ENOENT;
}

/* ---- .gnu_debuglink ---- */

static int check_crc(int fd, uint32_t want)
{
	auto_free uint8_t *part = malloc(1 << 18);
	uLong crc = crc32(0, NULL, 0);
	uint64_t at = 0;
	ssize_t n;

	if (!part)
		return -ENOMEM;
	while ((n = pread(fd, part, 1 << 18, (off_t)at)) > 0) {
		crc = crc32(crc, part, (uInt)n);
		at += (uint64_t)n;
	}
	return n == 0 && crc == want ? 0 : -ENOENT;
}

struct link {
	char name[256];
	uint32_t crc;
};

/* The section: a file name, NUL, padding to 4 bytes, CRC-32 of the debug file. */
static bool read_link(const struct elf_image *image, struct link *ret)
{
	const struct elf_section *s = elf_image_named(image, ".gnu_debuglink");
	auto_buf b;

	buf_init(&b, sizeof(ret->name) + 8);
	if (!s || s->bytes > sizeof(ret->name) + 8 || elf_image_read(image, s, &b) < 0 || !b.len)
		return false;
	size_t n = strnlen((const char *)b.data, b.len), at = (n + 4) & ~(size_t)3;

	if (!n || n >= sizeof(ret->name) || at + 4 > b.len || memchr(b.data, '/', n))
		return false;
	memcpy(ret->name, b.data, n);
	ret->name[n] = 0;
	ret->crc = elf_u32(image, b.data + at);
	return true;
}

static int try_link(const struct debug_files *d, enum debug_part part, const char *path,
		    const struct link *link, const struct elf_image *of, struct elf_image **ret)
{
	auto_close int fd = debug_files_open(d, path);

	if (fd < 0)
		return -ENOENT;
	if (of->build_id_bytes)
		return consider(steal_fd(&fd), part, of->build_id, of->build_id_bytes, ret);
	int r = check_crc(fd, link->crc);

	return r < 0 ? r : consider(steal_fd(&fd), part, of->build_id, 0, ret);
}

static int find_by_link(const struct debug_files *d, enum debug_part part,
			const struct elf_image *image, const char *file, struct elf_image **ret)
{
	const char *slash = strrchr(file, '/');
	int dir = slash ? (int)(slash - file) : 0;
	char path[PATH_BYTES];
	struct link link;

	if (!read_link(image, &link))
		return -ENOENT;
	for (size_t k = 0; k < 2 + d->n_dirs; k++) {
		const char *before = k < 2 ? "" : d->dir[k - 2];
		int n = snprintf(path, sizeof(path), "%s%.*s%s/%s", before, dir, file,
				 k == 1 ? "/.debug" : "", link.name);

		if (n <= 0 || n >= (int)sizeof(path) || !strcmp(path, file))
			continue;
		int r = try_link(d, part, path, &link, image, ret);

		if (r != -ENOENT)
			return r;
	}
	return -ENOENT;
}

int debug_files_find(const struct debug_files *d, enum debug_part part, const uint8_t *id,
		     size_t id_bytes, const struct elf_image *image, const char *path,
		     struct elf_image **ret)
{
	int r = find_by_id(d, part, id, id_bytes, ret);

	if (r == -ENOENT && image && part != DEBUG_PART_PROGRAM)
		r = find_by_link(d, part, image, path, ret);
	if (r == -ENOENT && d->debuginfod && id_bytes)
		r = consider(debuginfod_get(id, id_bytes, part == DEBUG_PART_PROGRAM), part, id,
			     id_bytes, ret);
	return r;
}
