/* SPDX-License-Identifier: MIT */
/*
 * The kernel's names. Where it stands in memory is drawn anew at each boot (KASLR), so names of
 * another boot count only when it is known where the recorded one stood.
 */
#include "symbol/kernel_symbols.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include "base/file.h"
#include "base/hex.h"
#include "symbol/elf_symbols.h"
#include "symbol/module_symbols.h"
#include "symbol/symbol_builder.h"
#include "symbol/symbol_cache.h"
#include "symbol/text_symbols.h"

#define KALLSYMS_MAX ((size_t)1 << 28)

size_t kernel_build_id(int root_fd, uint8_t *ret, size_t max)
{
	auto_buf b;

	buf_init(&b, 65536);
	if (file_read_at(root_fd, "sys/kernel/notes", &b) < 0)
		return 0;
	for (size_t at = 0; b.len - at >= 16;) {
		const uint8_t *p = b.data + at;
		uint32_t name, desc, type;

		memcpy(&name, p, 4);
		memcpy(&desc, p + 4, 4);
		memcpy(&type, p + 8, 4);
		size_t room = b.len - at - 12;
		size_t name_room = ((size_t)name + 3) & ~(size_t)3;
		size_t desc_room = ((size_t)desc + 3) & ~(size_t)3;

		if (name_room > room || desc_room > room - name_room)
			return 0;
		if (type == NT_GNU_BUILD_ID && name == 4 && !memcmp(p + 12, "GNU", 4) &&
		    desc <= max) {
			memcpy(ret, p + 12 + name_room, desc);
			return desc;
		}
		at += 12 + name_room + desc_room;
	}
	return 0;
}

static int finish(struct symbol_builder *b, struct symbol_table **ret)
{
	int r = symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, ret, NULL);

	return r == -ENOMEM ? r : 0;
}

/* The same, kept in the cache as @id when that is told. */
static int finish_as(struct symbol_builder *b, const struct symbol_places *p, const uint8_t *id,
		     size_t id_bytes, struct symbol_table **ret)
{
	if (!id_bytes)
		return finish(b, ret);
	int r = symbol_builder_finish(b, SYMBOLS_FULL, id, id_bytes, ret, NULL);

	if (r >= 0)
		(void)!symbol_cache_put(p->cache, *ret);
	return r == -ENOMEM ? r : 0;
}

/* kallsyms of the boot that was recorded. */
static int from_running(const struct symbol_places *p, struct symbol_table **ret, char *words)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;
	auto_buf text;

	buf_init(&text, KALLSYMS_MAX);
	if (!b)
		return -ENOMEM;
	int r = file_read_at(p->files.root_fd, "proc/kallsyms", &text);

	if (r < 0) {
		snprintf(words, MODULE_WORDS, "cannot read '/proc/kallsyms': %s", strerror(-r));
		return r == -ENOMEM ? r : 0;
	}
	r = text_symbols_kernel((const char *)text.data, text.len, 0, b, &found);
	if (r < 0)
		return r;
	if (!found.symbols) {
		snprintf(words, MODULE_WORDS,
			 found.hidden ? "the kernel hides its addresses (try: as root, or sysctl "
					"kernel.kptr_restrict=0)"
				      : "'/proc/kallsyms' names nothing");
		return 0;
	}
	return finish(b, ret);
}

/* Text with the addresses of another boot, moved. Modules do not move with the kernel. */
static int from_text(const struct symbol_places *p, int fd, const uint8_t *id, size_t id_bytes,
		     struct symbol_table **ret)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_KERNEL);
	struct text_symbols found;
	auto_buf text;

	buf_init(&text, KALLSYMS_MAX);
	for (ssize_t n = 1; n > 0;) {
		void *to = buf_reserve(&text, 1 << 18);

		n = to ? read(fd, to, 1 << 18) : 0;
		if (n > 0)
			buf_commit(&text, (size_t)n);
	}
	close(fd);
	if (!b || text.error)
		return b && text.error != -ENOMEM ? 0 : -ENOMEM;
	const char *modules = memmem(text.data, text.len, "\t[", 2);
	size_t n = text.len;

	if (modules) {
		const char *line = memrchr(text.data, '\n', (size_t)(modules - (char *)text.data));

		n = line ? (size_t)(line - (char *)text.data) : 0;
	}
	/* Once to see where it stood, then moved from there. */
	int r = text_symbols_kernel((const char *)text.data, n, 0, b, &found);

	if (r < 0 || !found.text)
		return r;
	if (found.text != p->kernel_text) {
		symbol_builder_free(b);
		b = symbol_builder_new(SYMBOL_RULE_KERNEL);
		r = b ? text_symbols_kernel((const char *)text.data, n, p->kernel_text - found.text,
					    b, &found)
		      : -ENOMEM;
	}
	return r < 0 ? r : finish_as(b, p, id, id_bytes, ret);
}

static int from_vmlinux(const struct symbol_places *p, const struct elf_image *i,
			struct symbol_table **ret)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);
	uint64_t text;
	size_t n;
	int r = b ? elf_symbols_value(i, "_text", &text) : -ENOMEM;

	if (r == -ENOENT)
		return 0;
	if (r >= 0)
		r = elf_symbols_add(i, NULL, SHT_SYMTAB, p->kernel_text - text, b, &n);

	return r < 0 || !n ? r : finish(b, ret);
}

static int from_build(const struct symbol_places *p, const uint8_t *id, size_t id_bytes,
		      struct symbol_table **ret, char *words)
{
	auto_ptr(elf_image) image = NULL;
	int fd = debug_files_open_part(&p->files, id, id_bytes, "kallsyms");

	if (!p->kernel_text) {
		if (fd >= 0)
			close(fd);
		snprintf(
			words, MODULE_WORDS,
			"the kernel was recorded at another boot, and where it stood is not known");
		return 0;
	}
	if (fd >= 0)
		return from_text(p, fd, NULL, 0, ret);
	int r = debug_files_find(&p->files, DEBUG_PART_SYMBOLS, id, id_bytes, NULL, "", &image);

	if (r >= 0)
		return from_vmlinux(p, image, ret);
	snprintf(words, MODULE_WORDS,
		 "the kernel was recorded at another boot, and nothing here has the names of its "
		 "build");
	return r == -ENOMEM ? r : 0;
}

/* The kernel that runs, moved: the same build at another boot. */
static int from_same_build(const struct symbol_places *p, const uint8_t *id, size_t id_bytes,
			   struct symbol_table **ret)
{
	uint8_t own[BUILD_ID_MAX];
	size_t n = kernel_build_id(p->files.root_fd, own, sizeof(own));

	if (!p->kernel_text || !n || n != id_bytes || memcmp(own, id, n) != 0)
		return 0;
	/* The text takes the kernel longer to print than most profiles take to read: kept by the
	 * build and the place where it stood. */
	uint8_t key[BUILD_ID_MAX + sizeof(p->kernel_text)];
	size_t key_bytes = p->cache[0] ? n + sizeof(p->kernel_text) : 0;

	memcpy(key, own, n);
	memcpy(key + n, &p->kernel_text, sizeof(p->kernel_text));
	if (key_bytes && symbol_cache_get(p->cache, key, key_bytes, ret) >= 0)
		return 0;
	int fd = debug_files_open(&p->files, "proc/kallsyms");

	return fd < 0 ? 0 : from_text(p, fd, key, key_bytes, ret);
}

int module_symbols_kernel(const struct symbol_places *p, const struct module *m,
			  struct symbol_table **ret, char *words)
{
	const char *said = m->build_id[0] || !p->kernel_build_id ? m->build_id : p->kernel_build_id;
	uint8_t id[BUILD_ID_MAX];
	size_t n = hex_bytes(said, id, sizeof(id));
	char now[64];

	*ret = NULL;
	words[0] = 0;
	if (p->boot_id && p->boot_id[0] &&
	    file_read_line_at(p->files.root_fd, "proc/sys/kernel/random/boot_id", now,
			      sizeof(now)) >= 0 &&
	    !strcmp(now, p->boot_id))
		return from_running(p, ret, words);
	int r = from_same_build(p, id, n, ret);

	return r < 0 || *ret ? r : from_build(p, id, n, ret, words);
}
