/* SPDX-License-Identifier: MIT */
/* Headers are read whole when the file is opened, sections when they are asked for. */
#include "symbol/elf_image.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"

#define SECTIONS_MAX	  1000000u /* a program of -ffunction-sections objects has 100,000 */
#define SEGMENTS_MAX	  65536u
#define SECTION_BYTES_MAX ((size_t)1 << 31)
#define NOTES_BYTES_MAX	  ((size_t)1 << 20)

uint16_t elf_u16(const struct elf_image *i, const void *p)
{
	return i->big ? get_be16(p) : get_le16(p);
}

uint32_t elf_u32(const struct elf_image *i, const void *p)
{
	return i->big ? get_be32(p) : get_le32(p);
}

uint64_t elf_u64(const struct elf_image *i, const void *p)
{
	return i->big ? get_be64(p) : get_le64(p);
}

/* A number as wide as the class's addresses. */
static uint64_t wide(const struct elf_image *i, const uint8_t *p)
{
	return i->is64 ? elf_u64(i, p) : elf_u32(i, p);
}

static bool fits(const struct elf_image *i, uint64_t offset, uint64_t n)
{
	return offset <= i->bytes && n <= i->bytes - offset;
}

static int read_at(const struct elf_image *i, uint64_t offset, size_t n, struct buf *b)
{
	if (!fits(i, offset, n))
		return -EBADMSG;
	void *to = buf_reserve(b, n);
	int r = 0;

	if (!to)
		return buf_error(b);
	if (i->fd < 0)
		memcpy(to, i->memory + offset, n);
	else
		r = file_pread_all(i->fd, to, n, offset);
	if (r >= 0)
		buf_commit(b, n);
	return r == -ENODATA ? -EBADMSG : r;
}

struct elf_image *elf_image_close(struct elf_image *i)
{
	if (i) {
		if (i->fd >= 0)
			close(i->fd);
		free(i->section);
		free(i->segment);
		free(i->names);
		free(i);
	}
	return NULL;
}

struct tables {
	uint64_t sections_at, segments_at;
	uint32_t n_sections, n_segments, names;
};

static int read_header(struct elf_image *i, struct tables *t, struct err *e)
{
	auto_buf b;

	buf_init(&b, 0);
	size_t least = sizeof(Elf32_Ehdr);
	int r = i->bytes < least ? -EBADMSG : read_at(i, 0, EI_NIDENT, &b);

	if (r < 0 || memcmp(b.data, ELFMAG, SELFMAG) != 0)
		return err_set(e, -EBADMSG, "is no ELF file");
	i->is64 = b.data[EI_CLASS] == ELFCLASS64;
	i->big = b.data[EI_DATA] == ELFDATA2MSB;
	if ((!i->is64 && b.data[EI_CLASS] != ELFCLASS32) ||
	    (!i->big && b.data[EI_DATA] != ELFDATA2LSB))
		return err_set(e, -EBADMSG, "is an ELF file of unknown class or byte order");
	buf_clear(&b);
	if (read_at(i, 0, i->is64 ? sizeof(Elf64_Ehdr) : least, &b) < 0)
		return err_set(e, -EBADMSG, "is cut within the ELF header");
	const uint8_t *p = b.data;

	i->type = elf_u16(i, p + offsetof(Elf64_Ehdr, e_type));
	i->machine = elf_u16(i, p + offsetof(Elf64_Ehdr, e_machine));
	t->segments_at = wide(
		i, p + (i->is64 ? offsetof(Elf64_Ehdr, e_phoff) : offsetof(Elf32_Ehdr, e_phoff)));
	t->sections_at = wide(
		i, p + (i->is64 ? offsetof(Elf64_Ehdr, e_shoff) : offsetof(Elf32_Ehdr, e_shoff)));
	p += i->is64 ? offsetof(Elf64_Ehdr, e_phnum) : offsetof(Elf32_Ehdr, e_phnum);
	t->n_segments = elf_u16(i, p);
	t->n_sections = elf_u16(i, p + 4);
	t->names = elf_u16(i, p + 6);
	return 0;
}

static void take_section(const struct elf_image *i, const uint8_t *p, struct elf_section *s,
			 uint32_t *name)
{
	size_t w = i->is64 ? 8 : 4; /* of the numbers that are as wide as an address */

	*name = elf_u32(i, p);
	s->name = "";
	s->type = elf_u32(i, p + 4);
	p += 8;
	s->flags = wide(i, p);
	s->address = wide(i, p + w);
	s->offset = wide(i, p + 2 * w);
	s->bytes = wide(i, p + 3 * w);
	s->link = elf_u32(i, p + 4 * w);
	s->info = elf_u32(i, p + 4 * w + 4);
	s->entry_bytes = wide(i, p + 5 * w + 8);
}

/* A program of very many sections has their number and that of the names in section 0. */
static int extended_numbers(const struct elf_image *i, struct tables *t, size_t entry)
{
	struct elf_section first;
	uint32_t name;
	auto_buf b;

	buf_init(&b, 0);
	if (t->n_sections && t->names != SHN_XINDEX)
		return 0;
	if (read_at(i, t->sections_at, entry, &b) < 0)
		return -EBADMSG;
	take_section(i, b.data, &first, &name);
	if (!t->n_sections)
		t->n_sections = first.bytes > SECTIONS_MAX ? UINT32_MAX : (uint32_t)first.bytes;
	if (t->names == SHN_XINDEX)
		t->names = first.link;
	return 0;
}

static int name_sections(struct elf_image *i, uint32_t names, const uint32_t *name)
{
	auto_buf b;

	buf_init(&b, SECTION_BYTES_MAX);
	if (names == SHN_UNDEF || names >= i->n_sections)
		return 0;
	int r = elf_image_read(i, &i->section[names], &b);

	if (r == -ENOMEM)
		return r;
	if (r < 0 || !b.len)
		return 0; /* sections without names: their types still tell */
	size_t n = b.len;

	if (buf_add_byte(&b, 0) < 0)
		return -ENOMEM;
	i->names = buf_take(&b);
	for (size_t s = 0; s < i->n_sections; s++)
		if (name[s] < n)
			i->section[s].name = i->names + name[s];
	return 0;
}

static int read_sections(struct elf_image *i, struct tables *t, struct err *e)
{
	size_t entry = i->is64 ? sizeof(Elf64_Shdr) : sizeof(Elf32_Shdr);
	auto_free uint32_t *name = NULL;
	auto_buf b;

	buf_init(&b, 0);
	if (!t->sections_at)
		return 0;
	if (extended_numbers(i, t, entry) < 0 || t->n_sections > SECTIONS_MAX ||
	    !fits(i, t->sections_at, t->n_sections * entry))
		return err_set(e, -EBADMSG, "has its section headers beyond its end");
	if (!t->n_sections)
		return 0;
	int r = read_at(i, t->sections_at, t->n_sections * entry, &b);

	if (r < 0)
		return err_set(e, r, "cannot read section headers");
	i->section = calloc(t->n_sections, sizeof(*i->section));
	name = calloc(t->n_sections, sizeof(*name));
	if (!i->section || !name)
		return err_set(e, -ENOMEM, "out of memory");
	i->n_sections = t->n_sections;
	for (size_t s = 0; s < i->n_sections; s++)
		take_section(i, b.data + s * entry, &i->section[s], &name[s]);
	r = name_sections(i, t->names, name);
	return r < 0 ? err_set(e, r, "out of memory") : 0;
}

static int read_segments(struct elf_image *i, const struct tables *t, struct err *e)
{
	size_t entry = i->is64 ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), w = i->is64 ? 8 : 4;
	uint32_t n = t->n_segments;
	auto_buf b;

	buf_init(&b, 0);
	if (n == PN_XNUM && i->n_sections)
		n = i->section[0].info;
	if (!n || !t->segments_at)
		return 0;
	if (n > SEGMENTS_MAX || read_at(i, t->segments_at, n * entry, &b) < 0)
		return err_set(e, -EBADMSG, "has its program headers beyond its end");
	i->segment = calloc(n, sizeof(*i->segment));
	if (!i->segment)
		return err_set(e, -ENOMEM, "out of memory");
	i->n_segments = n;
	for (size_t k = 0; k < n; k++) {
		const uint8_t *p = b.data + k * entry;
		struct elf_segment *s = &i->segment[k];

		s->type = elf_u32(i, p);
		s->flags = elf_u32(i, p + (i->is64 ? 4 : offsetof(Elf32_Phdr, p_flags)));
		p += i->is64 ? 8 : 4;
		s->offset = wide(i, p);
		s->address = wide(i, p + w);
		s->file_bytes = wide(i, p + 3 * w);
		s->memory_bytes = wide(i, p + 4 * w);
	}
	return 0;
}

/* The build id among the notes at @p. */
static bool take_build_id(struct elf_image *i, const uint8_t *p, size_t n)
{
	while (n >= 12) {
		uint64_t name = elf_u32(i, p), desc = elf_u32(i, p + 4);
		uint32_t type = elf_u32(i, p + 8);
		uint64_t desc_at = 12 + ((name + 3) & ~UINT64_C(3));
		uint64_t next = desc_at + ((desc + 3) & ~UINT64_C(3));

		if (desc_at > n || desc > n - desc_at)
			return false;
		if (type == NT_GNU_BUILD_ID && name == 4 && !memcmp(p + 12, "GNU", 4) && desc &&
		    desc <= BUILD_ID_MAX) {
			memcpy(i->build_id, p + desc_at, desc);
			i->build_id_bytes = desc;
			return true;
		}
		if (next > n)
			return false;
		p += next;
		n -= next;
	}
	return false;
}

static int find_build_id(struct elf_image *i)
{
	auto_buf b;
	int r;

	buf_init(&b, NOTES_BYTES_MAX);
	for (size_t k = 0; k < i->n_sections + i->n_segments; k++) {
		struct elf_section note;

		if (k < i->n_sections) {
			note = i->section[k];
			if (note.type != SHT_NOTE)
				continue;
		} else {
			const struct elf_segment *s = &i->segment[k - i->n_sections];

			if (s->type != PT_NOTE)
				continue;
			note = (struct elf_section){ .type = SHT_NOTE,
						     .offset = s->offset,
						     .bytes = s->file_bytes };
		}
		buf_clear(&b);
		r = note.bytes > NOTES_BYTES_MAX ? -EBADMSG : elf_image_read(i, &note, &b);
		if (r == -ENOMEM)
			return r;
		if (r >= 0 && take_build_id(i, b.data, b.len))
			return 0;
	}
	return 0;
}

static int load(struct elf_image *i, struct elf_image **ret, struct err *e)
{
	struct tables t = { 0 };
	int r = read_header(i, &t, e);

	if (r >= 0)
		r = read_sections(i, &t, e);
	if (r >= 0)
		r = read_segments(i, &t, e);
	if (r >= 0 && (r = find_build_id(i)) < 0)
		err_set(e, r, "out of memory");
	if (r < 0) {
		elf_image_close(i);
		return r;
	}
	*ret = i;
	return 0;
}

int elf_image_open(int fd, struct elf_image **ret, struct err *e)
{
	struct elf_image *i = calloc(1, sizeof(*i));
	off_t end = lseek(fd, 0, SEEK_END);

	if (!i || end < 0) {
		int code = i ? -errno : -ENOMEM;

		close(fd);
		free(i);
		return err_set(e, code, "cannot tell its length");
	}
	i->fd = fd;
	i->bytes = (uint64_t)end;
	return load(i, ret, e);
}

int elf_image_open_memory(const void *memory, size_t n, struct elf_image **ret, struct err *e)
{
	struct elf_image *i = calloc(1, sizeof(*i));

	if (!i)
		return err_set(e, -ENOMEM, "out of memory");
	i->fd = -1;
	i->memory = memory;
	i->bytes = n;
	return load(i, ret, e);
}

const struct elf_section *elf_image_named(const struct elf_image *i, const char *name)
{
	for (size_t s = 0; s < i->n_sections; s++)
		if (!strcmp(i->section[s].name, name))
			return &i->section[s];
	return NULL;
}

const struct elf_section *elf_image_typed(const struct elf_image *i, uint32_t type)
{
	for (size_t s = 0; s < i->n_sections; s++)
		if (i->section[s].type == type)
			return &i->section[s];
	return NULL;
}

int elf_image_read(const struct elf_image *i, const struct elf_section *s, struct buf *b)
{
	if (s->type == SHT_NOBITS || s->bytes > SECTION_BYTES_MAX || !fits(i, s->offset, s->bytes))
		return -EBADMSG;
	if (s->flags & SHF_COMPRESSED)
		return -EOPNOTSUPP;
	return s->bytes ? read_at(i, s->offset, (size_t)s->bytes, b) : 0;
}

const struct elf_segment *elf_image_loaded(const struct elf_image *i, uint64_t address, bool code)
{
	for (size_t k = 0; k < i->n_segments; k++) {
		const struct elf_segment *s = &i->segment[k];

		if (s->type == PT_LOAD && (!code || s->flags & PF_X) && address >= s->address &&
		    address - s->address < s->memory_bytes)
			return s;
	}
	return NULL;
}

bool elf_image_address(const struct elf_image *i, uint64_t offset, uint64_t *ret_address)
{
	const struct elf_segment *found = NULL;

	/* Pages at the border of two segments are mapped with both: code is what samples are in. */
	for (size_t k = 0; k < i->n_segments; k++) {
		const struct elf_segment *s = &i->segment[k];

		if (s->type == PT_LOAD && offset >= s->offset &&
		    offset - s->offset < s->memory_bytes &&
		    (!found || (s->flags & PF_X && !(found->flags & PF_X))))
			found = s;
	}
	if (!found)
		return false;
	*ret_address = offset - found->offset + found->address;
	return true;
}
