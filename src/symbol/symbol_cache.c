/* SPDX-License-Identifier: MIT */
/* Renamed into its place when it is complete. No fsync(): a file that a crash emptied fails its
 * checksum and is made again. */
#include "symbol/symbol_cache.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hex.h"
#include "base/new_file.h"

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

static int path_of(char *ret, const char *dir, const uint8_t *id, size_t id_bytes)
{
	char hex[2 * SYMBOL_ID_MAX + 1];

	if (!id_bytes || id_bytes > SYMBOL_ID_MAX)
		return -EINVAL;
	int n = snprintf(ret, PATH_BYTES, "%s/symbols/%s", dir, hex_text(id, id_bytes, hex));

	return n > 0 && n < PATH_BYTES ? 0 : -ENAMETOOLONG;
}

int symbol_cache_get(const char *dir, const uint8_t *id, size_t id_bytes, struct symbol_table **ret)
{
	auto_ptr(symbol_table) t = NULL;
	char path[PATH_BYTES];
	const uint8_t *said;
	int r = path_of(path, dir, id, id_bytes);

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
	auto_ptr(new_file) file = NULL;
	char path[PATH_BYTES];
	const uint8_t *id, *image;
	size_t n, id_bytes = symbol_table_build_id(t, &id);

	image = symbol_table_image(t, &n);
	int r = path_of(path, dir, id, id_bytes);

	if (r >= 0)
		r = make_folders(dir);
	if (r >= 0)
		r = new_file_open(path, 0600, NEW_FILE_OWN, &file, NULL);
	if (r >= 0)
		r = file_write_all(new_file_fd(file), image, n);
	return r < 0 ? r : new_file_commit(file, NULL);
}
