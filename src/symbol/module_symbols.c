/* SPDX-License-Identifier: MIT */
/* Files, the vdso, JIT code. The kernel is in kernel_symbols.c. */
#include "symbol/module_symbols.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/hex.h"
#include "symbol/elf_symbols.h"
#include "symbol/jitdump.h"
#include "symbol/symbol_builder.h"
#include "symbol/symbol_cache.h"
#include "symbol/text_symbols.h"

#define MAP_BYTES_MAX  ((size_t)1 << 30)
#define VDSO_BYTES_MAX 65536u

struct id {
	uint8_t byte[BUILD_ID_MAX];
	size_t n;
};

/* perf's records have 20 bytes of room for an id and fill up with zeros. */
static bool same_id(const struct id *said, const struct elf_image *i)
{
	size_t n = i->build_id_bytes;

	if (!n || said->n < n || memcmp(said->byte, i->build_id, n) != 0)
		return false;
	for (; n < said->n; n++)
		if (said->byte[n])
			return false;
	return true;
}

static struct id id_of(const struct module *m)
{
	struct id id = { .n = 0 };

	id.n = hex_bytes(m->build_id, id.byte, sizeof(id.byte));
	return id;
}

/* ---- files ---- */

static int open_path(const struct symbol_places *p, const char *path, struct elf_image **ret,
		     char *words)
{
	struct err e = { 0 };
	int fd = debug_files_open(&p->files, path);

	if (fd < 0) {
		snprintf(words, MODULE_WORDS, "cannot open '%.300s': %s", path,
			 fd == -EINVAL ? "is no regular file" : strerror(-fd));
		return -ENOENT;
	}
	int r = elf_image_open(fd, ret, &e);

	if (r < 0 && r != -ENOMEM) {
		snprintf(words, MODULE_WORDS, "'%.300s' %.200s", path, err_text(&e, r));
		r = -ENOENT;
	}
	return r;
}

int module_file_open(const struct symbol_places *p, const struct module *m, struct elf_image **ret,
		     char *words)
{
	static const char deleted[] = " (deleted)";
	char path[4096], hex[2 * BUILD_ID_MAX + 1];
	size_t n = strlen(m->path);
	struct id id = id_of(m);
	auto_ptr(elf_image) image = NULL;

	words[0] = 0;
	if (n >= sizeof(path))
		return -ENOENT;
	memcpy(path, m->path, n + 1);
	/* A file that took the name of a deleted one is told by its build id. */
	if (n > sizeof(deleted) && !strcmp(path + n - (sizeof(deleted) - 1), deleted))
		path[n - (sizeof(deleted) - 1)] = 0;
	int r = open_path(p, path, &image, words);

	if (r == -ENOMEM)
		return r;
	if (r >= 0 && id.n && !same_id(&id, image)) {
		snprintf(words, MODULE_WORDS,
			 "'%.300s' is another build than the one recorded (build id %s), not used",
			 path,
			 image->build_id_bytes
				 ? hex_text(image->build_id, image->build_id_bytes, hex)
				 : "none");
		image = elf_image_close(image);
	}
	if (!image && id.n) {
		r = debug_files_find(&p->files, DEBUG_PART_PROGRAM, id.byte, id.n, NULL, path,
				     &image);
		if (r >= 0)
			words[0] = 0;
	}
	if (!image)
		return r == -ENOMEM ? r : -ENOENT;
	*ret = steal_ptr(image);
	return 0;
}

/* What a file without a symbol table still tells. */
static int add_exported(const struct elf_image *image, struct symbol_builder *b)
{
	auto_ptr(elf_image) mini = NULL;
	auto_buf unpacked;
	struct err e;
	size_t n;

	buf_init(&unpacked, 0);
	int r = elf_symbols_unpack(image, &unpacked);

	if (r >= 0)
		r = elf_image_open_memory(unpacked.data, unpacked.len, &mini, &e);
	if (r >= 0)
		r = elf_symbols_add(mini, image, SHT_SYMTAB, 0, b, &n);
	if (r == -ENOMEM)
		return r;
	return elf_symbols_add(image, image, SHT_DYNSYM, 0, b, &n);
}

/* @image and, where it has no symbols, @debug into a table. */
static int build_table(const struct elf_image *image, const struct elf_image *debug,
		       struct symbol_table **ret)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_FILE);
	const struct elf_image *of = debug ? debug : image;
	size_t n = 0;

	if (!b)
		return -ENOMEM;
	int r = elf_symbols_add(of, image, SHT_SYMTAB, 0, b, &n);
	enum symbol_extent extent = n ? SYMBOLS_FULL : SYMBOLS_EXPORTED;

	if (r >= 0 && !n)
		r = add_exported(image, b);
	if (r >= 0)
		r = elf_symbols_add_plt(image, b);
	return r < 0 ? r
		     : symbol_builder_finish(b, extent, image->build_id, image->build_id_bytes, ret,
					     NULL);
}

/* Without the mapped file: a debug file whose own headers tell where its program's code stood. */
static int from_debug_alone(const struct symbol_places *p, const struct module *m,
			    const struct id *id, struct symbol_table **ret, char *words)
{
	auto_ptr(elf_image) debug = NULL;
	int r = debug_files_find(&p->files, DEBUG_PART_SYMBOLS, id->byte, id->n, NULL, m->path,
				 &debug);

	if (r < 0)
		return r == -ENOENT ? 0 : r;
	for (size_t k = 0; k < debug->n_segments; k++) {
		const struct elf_segment *s = &debug->segment[k];

		/* Tools that strip may move what is not in the file any more. */
		if (s->type == PT_LOAD && s->flags & PF_X && !s->file_bytes) {
			snprintf(words, MODULE_WORDS,
				 "'%.300s' is not there, and its debug file does not tell "
				 "where its code was",
				 m->path);
			return 0;
		}
	}
	words[0] = 0;
	return build_table(debug, NULL, ret);
}

int module_symbols_file(const struct symbol_places *p, const struct module *m,
			struct symbol_table **ret, char *words)
{
	auto_ptr(elf_image) image = NULL;
	auto_ptr(elf_image) debug = NULL;
	auto_ptr(symbol_table) known = NULL;
	struct id id = id_of(m);
	int r = module_file_open(p, m, &image, words);

	*ret = NULL;
	if (r == -ENOMEM)
		return r;
	if (image) {
		memcpy(id.byte, image->build_id, sizeof(id.byte));
		id.n = image->build_id_bytes;
	}
	if (id.n && p->cache[0] && symbol_cache_get(p->cache, id.byte, id.n, &known) < 0)
		known = NULL;
	if (known && (!image || symbol_table_extent(known) == SYMBOLS_FULL)) {
		words[0] = 0;
		*ret = steal_ptr(known);
		return 0;
	}
	if (!image)
		return id.n ? from_debug_alone(p, m, &id, ret, words) : 0;
	if (!debug_part_is_in(image, DEBUG_PART_SYMBOLS)) {
		r = debug_files_find(&p->files, DEBUG_PART_SYMBOLS, id.byte, id.n, image, m->path,
				     &debug);
		if (r == -ENOMEM)
			return r;
	}
	if (known && !debug) {
		*ret = steal_ptr(known);
		return 0;
	}
	r = build_table(image, debug, ret);
	if (r == -ENOMEM)
		return r;
	if (r < 0)
		snprintf(words, MODULE_WORDS, "'%.300s': cannot read its symbols: %s", m->path,
			 strerror(-r));
	if (r >= 0 && id.n && p->cache[0])
		(void)!symbol_cache_put(p->cache, *ret);
	return 0;
}

/* ---- vdso ---- */

/* Its headers tell its length. */
const uint8_t *module_symbols_own_vdso(size_t *ret_n)
{
	const uint8_t *p = (const uint8_t *)getauxval(AT_SYSINFO_EHDR); // NOLINT
	Elf64_Ehdr head;

	if (!p)
		return NULL;
	memcpy(&head, p, sizeof(head));
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_ident[EI_CLASS] != ELFCLASS64)
		return NULL;
	uint64_t n = head.e_shoff + (uint64_t)head.e_shnum * head.e_shentsize;

	*ret_n = (size_t)n;
	return n >= sizeof(head) && n <= VDSO_BYTES_MAX ? p : NULL;
}

static bool is_this_boot(const struct symbol_places *p)
{
	char now[64];

	return p->boot_id &&
	       file_read_line_at(p->files.root_fd, "proc/sys/kernel/random/boot_id", now,
				 sizeof(now)) >= 0 &&
	       !strcmp(now, p->boot_id);
}

int module_symbols_vdso(const struct symbol_places *p, const struct module *m,
			struct symbol_table **ret, char *words)
{
	auto_ptr(elf_image) image = NULL;
	struct id id = id_of(m);
	size_t n = 0;
	const uint8_t *own = module_symbols_own_vdso(&n);
	int r = own ? elf_image_open_memory(own, n, &image, NULL) : 0;

	*ret = NULL;
	words[0] = 0;
	if (r == -ENOMEM)
		return r;
	if (image && !(id.n ? same_id(&id, image) : is_this_boot(p)))
		image = elf_image_close(image);
	if (!image && id.n) {
		r = debug_files_find(&p->files, DEBUG_PART_PROGRAM, id.byte, id.n, NULL, "",
				     &image);
		if (r == -ENOMEM)
			return r;
	}
	if (!image) {
		snprintf(words, MODULE_WORDS, "the vdso of the recorded kernel is not there");
		return 0;
	}
	r = build_table(image, NULL, ret);
	return r == -ENOMEM ? r : 0;
}

/* ---- code made at run time ---- */

/* The number that a process of a container knows itself by; files of its own carry that. */
static uint32_t own_number(const struct symbol_places *p, uint32_t pid)
{
	char path[64];
	auto_buf b;

	buf_init(&b, 65536);
	snprintf(path, sizeof(path), "proc/%u/status", pid);
	if (file_read_at(p->files.root_fd, path, &b) < 0)
		return pid;
	const char *line = strstr(buf_str(&b), "\nNSpid:");
	uint32_t number = pid, v = 0;

	for (line = line ? line + 7 : ""; *line && *line != '\n'; line++) {
		if (*line >= '0' && *line <= '9')
			number = v = v * 10 + (uint32_t)(*line - '0');
		else
			v = 0;
	}
	return number;
}

/* The whole file, or what may be read of it. */
static int read_file(const struct debug_files *d, const char *path, struct buf *b)
{
	int fd = debug_files_open(d, path);

	if (fd < 0)
		return fd;
	for (ssize_t n = 1; n > 0;) {
		void *to = buf_reserve(b, 1 << 18);

		n = to ? read(fd, to, 1 << 18) : 0;
		if (n > 0)
			buf_commit(b, (size_t)n);
	}
	close(fd);
	return b->error == -ENOMEM ? -ENOMEM : 0;
}

static int add_dump(const struct symbol_places *p, const char *path, struct symbol_builder *b,
		    char *words)
{
	struct err e = { 0 };
	auto_buf bytes;
	size_t n;

	buf_init(&bytes, MAP_BYTES_MAX);
	int r = read_file(&p->files, path, &bytes);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		snprintf(words, MODULE_WORDS, "cannot open '%.300s': %s", path, strerror(-r));
		return 0;
	}
	r = jitdump_read(bytes.data, bytes.len, b, &n, &e);
	if (r == -EBADMSG) {
		snprintf(words, MODULE_WORDS, "'%.300s' %.200s", path, e.text);
		return 0;
	}
	return r;
}

static int add_map(const struct symbol_places *p, uint32_t pid, struct symbol_builder *b,
		   char *words)
{
	struct text_symbols found;
	char path[64];
	auto_buf text;

	buf_init(&text, MAP_BYTES_MAX);
	/* Below the root that the process has, when it is alive. */
	snprintf(path, sizeof(path), "proc/%u/root", pid);
	auto_close int root = openat(p->files.root_fd, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct debug_files own = { .root_fd = root };
	int r = -ENOENT;

	snprintf(path, sizeof(path), "tmp/perf-%u.map", own_number(p, pid));
	if (root >= 0)
		r = read_file(&own, path, &text);
	if (r < 0 && r != -ENOMEM) {
		snprintf(path, sizeof(path), "tmp/perf-%u.map", pid);
		r = read_file(&p->files, path, &text);
	}
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = text_symbols_perf_map((const char *)text.data, text.len, b, &found);
	if (text.error == -EFBIG)
		snprintf(words, MODULE_WORDS, "'/%s' is longer than 1 GiB, the rest is not read",
			 path);
	else if (r >= 0 && found.bad)
		snprintf(words, MODULE_WORDS, "'/%s': %llu lines make no sense, passed over", path,
			 (unsigned long long)found.bad);
	return r;
}

int module_symbols_jit(const struct symbol_places *p, uint32_t pid, const char *const *dump,
		       size_t n_dumps, struct symbol_table **ret, char *words)
{
	auto_ptr(symbol_builder) b = symbol_builder_new(SYMBOL_RULE_LATEST);
	int r = b ? add_map(p, pid, b, words) : -ENOMEM;

	*ret = NULL;
	for (size_t k = 0; k < n_dumps && r >= 0; k++)
		r = add_dump(p, dump[k], b, words);
	if (r < 0 || !symbol_builder_count(b))
		return r;
	r = symbol_builder_finish(b, SYMBOLS_FULL, (const uint8_t *)"", 0, ret, NULL);
	return r == -ENOMEM ? r : 0;
}
