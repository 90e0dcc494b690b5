/* SPDX-License-Identifier: MIT */
/*
 * Only the program headers and the notes are read. A file that other processes name may be
 * anything, a pipe too: it is opened without waiting and has to be a regular one.
 */
#include "capture/build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

#define NOTES_MAX	    16384u
#define PROGRAM_HEADERS_MAX 256u

void build_id_text(const unsigned char *id, unsigned int n, char ret[BUILD_ID_MAX])
{
	ret[0] = 0;
	if (2 * n >= BUILD_ID_MAX)
		return;
	for (unsigned int i = 0; i < n; i++)
		snprintf(ret + (size_t)2 * i, 3, "%02x", id[i]);
}

/* Notes have 4-byte fields and padding in files of both sizes. */
static bool find_note(const uint8_t *p, size_t n, char *ret)
{
	uint32_t h[3]; /* name bytes, description bytes, type */

	while (n >= sizeof(h)) {
		memcpy(h, p, sizeof(h));
		p += sizeof(h);
		n -= sizeof(h);
		uint64_t name = ((uint64_t)h[0] + 3) & ~UINT64_C(3);
		uint64_t data = ((uint64_t)h[1] + 3) & ~UINT64_C(3);

		if (name > n || h[1] > n - name)
			return false;
		if (h[2] == NT_GNU_BUILD_ID && h[0] == 4 && !memcmp(p, "GNU", 4)) {
			build_id_text(p + name, h[1], ret);
			return ret[0] != 0;
		}
		if (data > n - name)
			return false;
		p += name + data;
		n -= name + data;
	}
	return false;
}

static bool read_notes(int fd, uint64_t offset, uint64_t bytes, char *ret)
{
	uint8_t notes[NOTES_MAX];
	size_t n = (size_t)min_of(bytes, (uint64_t)NOTES_MAX);

	return offset < INT64_MAX - NOTES_MAX && file_pread_all(fd, notes, n, offset) >= 0 &&
	       find_note(notes, n, ret);
}

/* Both sizes of files have the same fields under the same names. */
#define READ_PROGRAM_HEADERS(name, ehdr, phdr)                                                  \
	static void name(int fd, char *ret)                                                     \
	{                                                                                       \
		ehdr h;                                                                         \
		phdr p;                                                                         \
                                                                                                \
		if (file_pread_all(fd, &h, sizeof(h), 0) < 0 || h.e_phentsize != sizeof(p))     \
			return;                                                                 \
		for (unsigned int i = 0; i < h.e_phnum && i < PROGRAM_HEADERS_MAX; i++) {       \
			uint64_t at = (uint64_t)h.e_phoff + i * sizeof(p);                      \
                                                                                                \
			if (at > INT64_MAX - sizeof(p) ||                                       \
			    file_pread_all(fd, &p, sizeof(p), at) < 0)                          \
				return;                                                         \
			if (p.p_type == PT_NOTE && read_notes(fd, p.p_offset, p.p_filesz, ret)) \
				return;                                                         \
		}                                                                               \
	}
READ_PROGRAM_HEADERS(read_64, Elf64_Ehdr, Elf64_Phdr)
READ_PROGRAM_HEADERS(read_32, Elf32_Ehdr, Elf32_Phdr)

void build_id_read(int dir_fd, const char *path, char ret[BUILD_ID_MAX])
{
	unsigned char ident[EI_NIDENT];
	struct stat st;
	const unsigned char order =
		__BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? ELFDATA2MSB : ELFDATA2LSB;

	ret[0] = 0;
	auto_close int fd = openat(dir_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    file_pread_all(fd, ident, sizeof(ident), 0) < 0 || memcmp(ident, ELFMAG, SELFMAG) ||
	    ident[EI_DATA] != order)
		return;
	if (ident[EI_CLASS] == ELFCLASS64)
		read_64(fd, ret);
	else if (ident[EI_CLASS] == ELFCLASS32)
		read_32(fd, ret);
}

void build_id_read_notes(int dir_fd, const char *path, char ret[BUILD_ID_MAX])
{
	auto_buf b;

	buf_init(&b, NOTES_MAX);
	ret[0] = 0;
	if (file_read_at(dir_fd, path, &b) >= 0 && b.len)
		(void)find_note(b.data, b.len, ret);
}
