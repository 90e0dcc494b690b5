/* SPDX-License-Identifier: MIT */
/* Which symbols count is what perf report shows (linux tools/perf/util/symbol-elf.c,
 * dso__load_sym()): functions, objects in code, and labels of text sections. */
#include "symbol/elf_symbols.h"

#include <elf.h>
#include <errno.h>
#include <string.h>

#include <lzma.h>

#define UNPACKED_MAX ((size_t)1 << 28)
#define LZMA_MEMORY  (UINT64_C(128) << 20)

struct elf_symbol {
	uint64_t value, bytes;
	uint32_t name;
	uint16_t section;
	uint8_t info, other;
};

static size_t symbol_bytes(const struct elf_image *i)
{
	return i->is64 ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

static struct elf_symbol take_symbol(const struct elf_image *i, const uint8_t *p)
{
	struct elf_symbol s = { .name = elf_u32(i, p) };

	if (i->is64) {
		s.info = p[4];
		s.other = p[5];
		s.section = elf_u16(i, p + 6);
		s.value = elf_u64(i, p + 8);
		s.bytes = elf_u64(i, p + 16);
	} else {
		s.value = elf_u32(i, p + 4);
		s.bytes = elf_u32(i, p + 8);
		s.info = p[12];
		s.other = p[13];
		s.section = elf_u16(i, p + 14);
	}
	return s;
}

/* Marks of what is code and what data, on ARM and RISC-V: $a, $d, $t, $x and with a dot behind. */
static bool is_mapping_mark(const struct elf_image *i, const char *name)
{
	return (i->machine == EM_ARM || i->machine == EM_AARCH64 || i->machine == EM_RISCV) &&
	       name[0] == '$' && name[1] && strchr("adtx", name[1]) &&
	       (!name[2] || name[2] == '.' || i->machine == EM_RISCV);
}

static bool is_wanted(const struct elf_image *i, const struct elf_symbol *s, const char *name,
		      bool *ret_typed)
{
	unsigned int type = s->info & 0xf, visible = s->other & 3;

	/* Absolute ones are no places: names of versions, sizes. */
	if (!name[0] || s->section == SHN_UNDEF || s->section == SHN_ABS ||
	    is_mapping_mark(i, name))
		return false;
	*ret_typed = true;
	if (type == STT_FUNC || type == STT_GNU_IFUNC || type == STT_OBJECT)
		return true;
	*ret_typed = false;
	if (type != STT_NOTYPE || s->section >= SHN_LORESERVE || visible == STV_HIDDEN ||
	    visible == STV_INTERNAL)
		return false;
	return s->section < i->n_sections && strstr(i->section[s->section].name, "text");
}

static enum symbol_binding binding_of(const struct elf_symbol *s)
{
	switch (s->info >> 4) {
	case STB_GLOBAL:
	case STB_GNU_UNIQUE:
		return SYMBOL_GLOBAL;
	case STB_WEAK:
		return SYMBOL_WEAK;
	}
	return SYMBOL_LOCAL;
}

/* Name at @at of the NUL-terminated table @b; "" when it is beyond. */
static const char *name_at(const struct buf *b, uint64_t at)
{
	return at < b->len ? (const char *)b->data + at : "";
}

struct symbols {
	struct buf table, names;
	size_t n;
};

static void cleanup_symbols(struct symbols *s)
{
	buf_done(&s->table);
	buf_done(&s->names);
}

/* A symbol table and its names. A damaged one has no symbols. */
static int read_symbols(const struct elf_image *i, const struct elf_section *s, struct symbols *ret)
{
	buf_init(&ret->table, 0);
	buf_init(&ret->names, 0);
	ret->n = 0;
	if (!s || s->link >= i->n_sections)
		return 0;
	int r = elf_image_read(i, s, &ret->table);

	if (r >= 0)
		r = elf_image_read(i, &i->section[s->link], &ret->names);
	if (r == -ENOMEM)
		return r;
	if (r < 0 || !ret->names.len || !ret->table.len)
		return 0;
	/* buf keeps a NUL behind its data, which ends the last name. */
	ret->n = ret->table.len / symbol_bytes(i);
	return 0;
}

/* From an address to its place in the file, and the place where its segment ends, or its section
 * where that is known: what stands behind, such as a linkage table, is something else. */
static bool place(const struct elf_image *i, const struct elf_section *section, bool kernel,
		  uint64_t *value, uint64_t *ret_end)
{
	const struct elf_segment *in = elf_image_loaded(i, *value, true);

	if (!in)
		return false;
	uint64_t to = kernel ? in->address : in->offset;

	if (*value - in->address > UINT64_MAX - to)
		return false;
	uint64_t bytes = in->memory_bytes;

	if (section && *value >= section->address && section->address >= in->address &&
	    *value - section->address < section->bytes &&
	    section->bytes < bytes - (section->address - in->address))
		bytes = section->address - in->address + section->bytes;
	*value = *value - in->address + to;
	*ret_end = bytes <= UINT64_MAX - to ? to + bytes : 0;
	return true;
}

int elf_symbols_add(const struct elf_image *symbols, const struct elf_image *placed, uint32_t table,
		    uint64_t delta, struct symbol_builder *b, size_t *ret_n)
{
	__attribute__((cleanup(cleanup_symbols))) struct symbols all;
	int r = read_symbols(symbols, elf_image_typed(symbols, table), &all);
	size_t before = symbol_builder_count(b), named = 0;
	/* Linkers let names share their ends, but not so that all of them are far longer than what
	 * they are cut from. */
	size_t most = 8 * all.names.len + 65536;

	for (size_t k = 0; k < all.n && r >= 0 && named < most; k++) {
		struct elf_symbol s =
			take_symbol(symbols, all.table.data + k * symbol_bytes(symbols));
		const char *name = name_at(&all.names, s.name);
		bool typed;

		if (!is_wanted(symbols, &s, name, &typed))
			continue;
		if (symbols->machine == EM_ARM && (s.info & 0xf) == STT_FUNC)
			s.value &= ~UINT64_C(1); /* says that it is Thumb code */
		uint64_t end = 0;

		named += strlen(name);
		const struct elf_section *section =
			s.section < symbols->n_sections ? &symbols->section[s.section] : NULL;

		if (!place(placed ? placed : symbols, section, !placed, &s.value, &end))
			continue;
		r = symbol_builder_add(b, s.value + delta, s.bytes, end ? end + delta : 0,
				       binding_of(&s), typed, name, strlen(name));
	}
	*ret_n = symbol_builder_count(b) - before;
	return r;
}

int elf_symbols_value(const struct elf_image *image, const char *name, uint64_t *ret)
{
	__attribute__((cleanup(cleanup_symbols))) struct symbols all;
	int r = read_symbols(image, elf_image_typed(image, SHT_SYMTAB), &all);

	for (size_t k = 0; k < all.n && r >= 0; k++) {
		struct elf_symbol s = take_symbol(image, all.table.data + k * symbol_bytes(image));

		if (s.section != SHN_UNDEF && !strcmp(name_at(&all.names, s.name), name)) {
			*ret = s.value;
			return 0;
		}
	}
	return r < 0 ? r : -ENOENT;
}

/* ---- procedure linkage table ---- */

/* A slot of the global offset table and the name that is bound to it. */
struct slot {
	uint64_t address, addend;
	uint32_t symbol; /* 0: what the function at addend chooses */
};

struct slots {
	struct slot *slot;
	size_t n, room;
};

static int by_address(const void *a, const void *b)
{
	const struct slot *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

/* The relocations of @s that name a symbol of the dynamic table. */
static int read_slots(const struct elf_image *i, const struct elf_section *s, struct slots *ret)
{
	bool addend = s->type == SHT_RELA;
	size_t entry = i->is64 ? (addend ? 24 : 16) : (addend ? 12 : 8);
	auto_buf b;

	buf_init(&b, 0);
	int r = elf_image_read(i, s, &b);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	size_t n = b.len / entry;
	struct slot *grown = reallocarray(ret->slot, ret->n + n + 1, sizeof(*grown));

	if (!grown)
		return -ENOMEM;
	ret->slot = grown;
	for (size_t k = 0; k < n; k++) {
		const uint8_t *p = b.data + k * entry;
		uint64_t info = i->is64 ? elf_u64(i, p + 8) : elf_u32(i, p + 4);

		ret->slot[ret->n++] = (struct slot){
			.address = i->is64 ? elf_u64(i, p) : elf_u32(i, p),
			.addend = i->is64 && addend ? elf_u64(i, p + 16) : 0,
			.symbol = (uint32_t)(i->is64 ? info >> 32 : info >> 8),
		};
	}
	return 0;
}

static int add_entry(const struct elf_image *i, struct symbol_builder *b,
		     const struct symbols *dynamic, const struct elf_section *s, uint64_t at,
		     uint64_t bytes, const struct slot *slot)
{
	char name[1024];
	int n = 0;

	if (!slot->symbol && slot->addend) {
		n = snprintf(name, sizeof(name), "*ABS*+0x%llx@plt",
			     (unsigned long long)slot->addend);
	} else if (slot->symbol && slot->symbol < dynamic->n) {
		struct elf_symbol sym =
			take_symbol(i, dynamic->table.data + slot->symbol * symbol_bytes(i));
		const char *of = name_at(&dynamic->names, sym.name);

		n = of[0] ? snprintf(name, sizeof(name), "%s@plt", of) : 0;
	}
	/* A name that long is shown without its end by nobody: leave it out. */
	if (n <= 0 || (size_t)n >= sizeof(name))
		return 0;
	return symbol_builder_add(b, s->offset + at, bytes, 0, SYMBOL_GLOBAL, true, name,
				  (size_t)n);
}

/*
 * x86-64: each entry jumps through its slot of the offset table (ff 25 disp32, relative to the next
 * instruction), whatever stands before: that tells the name in .plt, .plt.sec, .plt.got of all
 * linkers alike.
 */
static int add_by_jump(const struct elf_image *i, const struct elf_section *s,
		       const struct symbols *dynamic, const struct slots *slots,
		       struct symbol_builder *b)
{
	size_t step = strcmp(s->name, ".plt.got") || s->entry_bytes == 8 || s->entry_bytes == 16
			      ? s->entry_bytes
			      : 8;
	auto_buf code;

	buf_init(&code, 0);
	if (step != 8 && step != 16)
		step = 16;
	int r = elf_image_read(i, s, &code);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	for (size_t at = 0; at + step <= code.len && r >= 0; at += step) {
		for (size_t k = at; k + 6 <= at + step; k++) {
			const uint8_t *p = code.data + k;

			if (p[0] != 0xff || p[1] != 0x25)
				continue;
			struct slot key = { .address =
						    s->address + k + 6 +
						    (uint64_t)(int64_t)(int32_t)elf_u32(i, p + 2) };
			const struct slot *found =
				bsearch(&key, slots->slot, slots->n, sizeof(key), by_address);

			if (found)
				r = add_entry(i, b, dynamic, s, at, step, found);
			break;
		}
	}
	return r;
}

/* Other machines: a head, then one entry per relocation of .rela.plt, in its order. */
static int add_by_order(const struct elf_image *i, const struct elf_section *s,
			const struct symbols *dynamic, const struct slots *slots,
			struct symbol_builder *b)
{
	uint64_t head = s->entry_bytes, step = s->entry_bytes;
	int r = 0;

	if (i->machine == EM_ARM) {
		head = 20;
		step = 12;
	} else if (i->machine == EM_AARCH64) {
		head = 32;
		step = 16;
	}
	if (!step || step > 256)
		return 0;
	for (size_t k = 0; k < slots->n && r >= 0; k++) {
		uint64_t at = head + k * step;

		if (at + step > s->bytes)
			return 0;
		r = add_entry(i, b, dynamic, s, at, step, &slots->slot[k]);
	}
	return r;
}

int elf_symbols_add_plt(const struct elf_image *i, struct symbol_builder *b)
{
	__attribute__((cleanup(cleanup_symbols))) struct symbols dynamic;
	bool jumps = i->machine == EM_X86_64;
	struct slots slots = { 0 };
	int r = read_symbols(i, elf_image_typed(i, SHT_DYNSYM), &dynamic);

	for (size_t k = 0; k < i->n_sections && r >= 0; k++) {
		const struct elf_section *s = &i->section[k];

		if ((s->type == SHT_RELA || s->type == SHT_REL) &&
		    (!strcmp(s->name, ".rela.plt") || !strcmp(s->name, ".rel.plt") ||
		     (jumps && !strcmp(s->name, ".rela.dyn"))))
			r = read_slots(i, s, &slots);
	}
	if (jumps && slots.n)
		qsort(slots.slot, slots.n, sizeof(*slots.slot), by_address);
	for (size_t k = 0; k < i->n_sections && r >= 0 && slots.n; k++) {
		const struct elf_section *s = &i->section[k];
		bool plt = !strcmp(s->name, ".plt");

		if (s->type != SHT_PROGBITS)
			continue;
		if (jumps && (plt || !strncmp(s->name, ".plt.", 5)))
			r = add_by_jump(i, s, &dynamic, &slots, b);
		else if (!jumps && plt)
			r = add_by_order(i, s, &dynamic, &slots, b);
	}
	free(slots.slot);
	return r;
}

/* ---- .gnu_debugdata ---- */

int elf_symbols_unpack(const struct elf_image *image, struct buf *b)
{
	const struct elf_section *s = elf_image_named(image, ".gnu_debugdata");
	lzma_stream lzma = LZMA_STREAM_INIT;
	size_t most = b->len + UNPACKED_MAX;
	auto_buf packed;

	buf_init(&packed, 0);
	if (!s)
		return -ENOENT;
	int r = elf_image_read(image, s, &packed);

	if (r < 0)
		return r;
	if (lzma_stream_decoder(&lzma, LZMA_MEMORY, 0) != LZMA_OK)
		return -ENOMEM;
	lzma.next_in = packed.data;
	lzma.avail_in = packed.len;
	lzma_ret said = LZMA_OK;

	while (said == LZMA_OK && b->len < most) {
		size_t room = 1 << 16;

		lzma.next_out = buf_reserve(b, room);
		lzma.avail_out = room;
		if (!lzma.next_out)
			break;
		said = lzma_code(&lzma, LZMA_FINISH);
		buf_commit(b, room - lzma.avail_out);
	}
	lzma_end(&lzma);
	if (buf_error(b))
		return buf_error(b);
	return said == LZMA_STREAM_END ? 0 : -EBADMSG;
}
