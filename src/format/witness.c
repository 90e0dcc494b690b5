/* SPDX-License-Identifier: MIT */
/* Lines of base64. */
#include "format/witness.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"

static const char word[] = "kymo-witness-1 ";

#define WORD_BYTES (sizeof(word) - 1)
#define TEXT_BYTES SEAL_TEXT(STATEMENT_SIGNED_BYTES)
#define LINE_BYTES (WORD_BYTES + TEXT_BYTES + 1)

/* A last line that a crash or a full disk cut is taken away, so that the next one stands whole. */
static int drop_cut_line(int fd)
{
	struct stat st;
	char rest[LINE_BYTES];

	if (fstat(fd, &st) < 0)
		return -errno;
	size_t n = S_ISREG(st.st_mode) ? (size_t)st.st_size % LINE_BYTES : 0;
	int r = n ? file_pread_all(fd, rest, n, (uint64_t)st.st_size - n) : 0;

	if (!n || r < 0)
		return r;
	if (memcmp(rest, word, min_of(n, WORD_BYTES)) != 0 || memchr(rest, '\n', n))
		return -EBADMSG;
	return ftruncate(fd, st.st_size - (off_t)n) < 0 ? -errno : 0;
}

int witness_open(const char *path, struct err *e)
{
	auto_close int fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	int r = fd < 0 ? -errno : drop_cut_line(fd);

	if (r == -EBADMSG)
		return err_set(e, r, "'%s' is no witness, nothing is added to it", path);
	if (r == -ENOENT)
		return err_set(e, -ENOTDIR, "there is no folder for the witness '%s'", path);
	return r < 0 ? err_set(e, r, "cannot open the witness '%s': %s", path, strerror(-r))
		     : steal_fd(&fd);
}

int witness_append(int fd, const uint8_t statement[STATEMENT_SIGNED_BYTES])
{
	char line[LINE_BYTES + 1];

	/* Of the line before, if its disk was full then. */
	int r = drop_cut_line(fd);

	memcpy(line, word, WORD_BYTES);
	(void)seal_text(statement, STATEMENT_SIGNED_BYTES, line + WORD_BYTES);
	line[LINE_BYTES - 1] = '\n';
	if (r >= 0)
		r = file_write_all(fd, line, LINE_BYTES);

	/* Pipes and the like have nothing to sync. */
	return r < 0 ? r : fdatasync(fd) < 0 && errno != EINVAL && errno != EROFS ? -errno : 0;
}

int witness_parse(const char *text, size_t n, uint8_t (**ret)[STATEMENT_SIGNED_BYTES],
		  size_t *ret_n, struct err *e)
{
	const size_t lines = n / LINE_BYTES;
	auto_free uint8_t(*list)[STATEMENT_SIGNED_BYTES] =
		calloc(lines + 1, STATEMENT_SIGNED_BYTES);

	if (!list)
		return err_set(e, -ENOMEM, "no memory");
	for (size_t i = 0; i < lines; i++) {
		const char *line = text + i * LINE_BYTES;

		if (memcmp(line, word, WORD_BYTES) != 0 || line[LINE_BYTES - 1] != '\n' ||
		    seal_text_parse(line + WORD_BYTES, TEXT_BYTES, list[i],
				    STATEMENT_SIGNED_BYTES) < 0)
			return err_set(e, -EBADMSG, "line %zu is no line of a witness", i + 1);
	}
	/* What is left is a line that a crash cut, if it looks like one. */
	const char *rest = text + lines * LINE_BYTES;
	size_t cut = min_of(n - lines * LINE_BYTES, (size_t)WORD_BYTES);

	if (memcmp(rest, word, cut) != 0 || memchr(rest, '\n', n - lines * LINE_BYTES))
		return err_set(e, -EBADMSG, "line %zu is no line of a witness", lines + 1);
	*ret = steal_ptr(list);
	*ret_n = lines;
	return 0;
}
