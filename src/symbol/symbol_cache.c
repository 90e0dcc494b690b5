/* SPDX-License-Identifier: MIT */
/* Written beside its place and renamed. No fsync(): a file that a crash emptied fails its
 * checksum and is made again. */
#include "symbol/symbol_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hex.h"

#define PATH_BYTES 4096

int symbol_cache_default(char *ret, size_t n)
{
	const char *xdg = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	int len;

	if (xdg && xdg[0] == '/')
		len = snprintf(ret, n, "%s/kymo", xdg);
	else if (home && home[0] == '/')
		len = snprintf(ret, n, "%s/.cache/kymo", home);
	else
		return -ENOENT;
	return len > 0 && (size_t)len < n ? 0 : -ENAMETOOLONG;
}

static int path_of(char *ret, const char *dir, const uint8_t *id, size_t id_bytes,
		   const char *behind)
{
	char hex[2 * SYMBOL_ID_MAX + 1];

	if (!id_bytes || id_bytes > SYMBOL_ID_MAX)
		return -EINVAL;
	int n = snprintf(ret, PATH_BYTES, "%s/symbols/%s%s", dir, hex_text(id, id_bytes, hex),
			 behind);

	return n > 0 && n < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

int symbol_cache_get(const char *dir, const uint8_t *id, size_t id_bytes, struct symbol_table **ret)
{
	auto_ptr(symbol_table) t = NULL;
	char path[PATH_BYTES];
	const uint8_t *said;
	int r = path_of(path, dir, id, id_bytes, "");

	if (r < 0)
		return r;
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	r = symbol_table_map(fd, &t, NULL);
	if (r < 0)
		return r;
	if (symbol_table_build_id(t, &said) != id_bytes || memcmp(said, id, id_bytes) != 0)
		return -EBADMSG;
	*ret = steal_ptr(t);
	return 0;
}

static int make_folder(const char *path)
{
	return mkdir(path, 0700) < 0 && errno != EEXIST ? -errno : 0;
}

/*
 * @dir and symbols/ in it; of the folders above only a .cache. A home or XDG_CACHE_HOME that is not
 * there stays away: for many a service it is a name that must never exist.
 */
static int make_folders(const char *dir)
{
	static const char above[] = "/.cache";
	const char *slash = strrchr(dir, '/');
	size_t n = slash ? (size_t)(slash - dir) : 0;
	char path[PATH_BYTES];
	int r = 0;

	if (n > strlen(above) && n < sizeof(path)) {
		memcpy(path, dir, n);
		path[n] = 0;
		if (!strcmp(path + n - strlen(above), above))
			r = make_folder(path);
	}
	if (r >= 0)
		r = make_folder(dir);
	if (r < 0)
		return r;
	int len = snprintf(path, sizeof(path), "%s/symbols", dir);

	return len > 0 && len < PATH_BYTES ? make_folder(path) : -ENAMETOOLONG;
}

int symbol_cache_put(const char *dir, const struct symbol_table *t)
{
	char path[PATH_BYTES], beside[PATH_BYTES], behind[32];
	const uint8_t *id, *image;
	size_t n, id_bytes = symbol_table_build_id(t, &id);

	image = symbol_table_image(t, &n);
	snprintf(behind, sizeof(behind), ".%d", (int)getpid());
	int r = path_of(path, dir, id, id_bytes, "");

	if (r >= 0)
		r = path_of(beside, dir, id, id_bytes, behind);
	if (r >= 0)
		r = make_folders(dir);
	if (r < 0)
		return r;
	(void)unlink(beside); /* of a process that died and had our number */
	auto_close int fd =
		open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;
	r = file_write_all(fd, image, n);
	if (r >= 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}
