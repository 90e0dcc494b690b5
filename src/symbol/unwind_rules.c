/* SPDX-License-Identifier: MIT */
/*
 * libdw finds and decodes; a row is what it says about all registers at one place, in a hash by
 * (module, offset). A look-up that is not known yet takes some microseconds, one that is, some ten
 * nanoseconds.
 */
#include "symbol/unwind_rules.h"

#include <dwarf.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/hex.h"
#include "symbol/debug_files.h"
#include "symbol/elf_image.h"
#include "symbol/module_symbols.h"

#define ROWS_MAX (1u << 18) /* places kept; then all are forgotten */
#define NO_ROW	 UINT32_MAX

struct unwind_module {
	bool tried, missing;
	struct elf_image *image;
	Elf *elf;
	Dwarf *dwarf;
	Dwarf_CFI *eh, *debug;
};

struct place {
	uint64_t offset;
	uint32_t module, row; /* NO_ROW: nothing is known of it */
	bool used;
};

struct unwind_rules {
	int root_fd;
	enum unwind_machine machine;
	bool big;
	const struct modules *modules;
	struct unwind_module *module;
	size_t n_modules;
	uint32_t *missing;
	size_t n_missing;
	struct place *place; /* open hash */
	uint32_t n_places, cap_places;
	struct unwind_row *row;
	uint32_t n_rows, cap_rows;
	struct unwind_rule *rule;
	uint32_t n_rules, cap_rules;
	struct unwind_expression *expression;
	uint32_t n_expressions, cap_expressions;
};

struct unwind_rules *unwind_rules_new(int root_fd, enum unwind_machine machine, bool big,
				      const struct modules *modules)
{
	struct unwind_rules *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->root_fd = root_fd;
	u->machine = machine;
	u->big = big;
	u->modules = modules;
	elf_version(EV_CURRENT);
	return u;
}

struct unwind_rules *unwind_rules_free(struct unwind_rules *u)
{
	if (!u)
		return NULL;
	for (size_t i = 0; i < u->n_modules; i++) {
		struct unwind_module *m = &u->module[i];

		dwarf_cfi_end(m->eh); /* that of .debug_frame is the Dwarf's */
		dwarf_end(m->dwarf);
		elf_end(m->elf);
		elf_image_close(m->image);
	}
	free(u->module);
	free(u->missing);
	free(u->place);
	free(u->row);
	free(u->rule);
	free(u->expression);
	free(u);
	return NULL;
}

/* ---- files ---- */

static struct elf_image *open_own_vdso(void)
{
	struct elf_image *image = NULL;
	size_t bytes;
	const uint8_t *own = module_symbols_own_vdso(&bytes);

	return own && elf_image_open_memory(own, bytes, &image, NULL) == 0 ? image : NULL;
}

/* The mapped file, or a copy of the same build. The vdso of a kernel that is not known to be this
 * one is none. */
static struct elf_image *find_image(struct unwind_rules *u, const struct module *m)
{
	static const char *const dirs[] = { "/usr/lib/debug" };
	const struct debug_files files = { .root_fd = u->root_fd,
					   .dir = dirs,
					   .n_dirs = ARRAY_SIZE(dirs) };
	struct elf_image *image = NULL;
	uint8_t id[BUILD_ID_MAX];
	size_t n;
	bool vdso = m->kind == MODULE_VDSO;
	int fd = vdso ? -1 : debug_files_open(&files, m->path);

	n = hex_bytes(m->build_id, id, sizeof(id));
	if (fd >= 0 && elf_image_open(fd, &image, NULL) < 0)
		image = NULL;
	if (vdso && n)
		image = open_own_vdso();
	if (image && n && (image->build_id_bytes != n || memcmp(image->build_id, id, n) != 0))
		image = elf_image_close(image);
	if (!image && n &&
	    debug_files_find(&files, DEBUG_PART_PROGRAM, id, n, NULL, m->path, &image) < 0)
		image = NULL;
	return image;
}

static void open_module(struct unwind_rules *u, const struct module *m, struct unwind_module *ret)
{
	uint16_t machine = u->machine == UNWIND_X86_64 ? EM_X86_64 : EM_AARCH64;

	ret->image = find_image(u, m);
	if (!ret->image || !ret->image->is64 || ret->image->big != u->big ||
	    ret->image->machine != machine) {
		ret->missing = true;
		return;
	}
	/* libelf only reads what it is asked to read. */
	ret->elf = ret->image->fd < 0
			   ? elf_memory((char *)(uintptr_t)ret->image->memory, ret->image->bytes)
			   : elf_begin(ret->image->fd, ELF_C_READ, NULL);
	if (!ret->elf)
		return;
	ret->eh = dwarf_getcfi_elf(ret->elf);
	ret->dwarf = elf_image_named(ret->image, ".debug_frame")
			     ? dwarf_begin_elf(ret->elf, DWARF_C_READ, NULL)
			     : NULL;
	ret->debug = ret->dwarf ? dwarf_getcfi(ret->dwarf) : NULL;
}

static struct unwind_module *get_module(struct unwind_rules *u, uint32_t number)
{
	const struct module *m = modules_at(u->modules, number);

	if (number >= u->n_modules) {
		size_t n = max_of((size_t)number + 1, modules_count(u->modules));
		struct unwind_module *grown = reallocarray(u->module, n, sizeof(*grown));

		if (!grown)
			return NULL;
		memset(grown + u->n_modules, 0, (n - u->n_modules) * sizeof(*grown));
		u->module = grown;
		u->n_modules = n;
	}
	struct unwind_module *found = &u->module[number];

	if (found->tried || (m->kind != MODULE_FILE && m->kind != MODULE_VDSO))
		return found;
	found->tried = true;
	open_module(u, m, found);
	if (!found->missing)
		return found;
	uint32_t *missing = reallocarray(u->missing, u->n_missing + 1, sizeof(*missing));

	if (missing) {
		u->missing = missing;
		missing[u->n_missing++] = number;
	}
	return found;
}

size_t unwind_rules_n_missing(const struct unwind_rules *u)
{
	return u->n_missing;
}

const struct module *unwind_rules_missing(const struct unwind_rules *u, size_t i)
{
	return modules_at(u->modules, u->missing[i]);
}

/* ---- rows ---- */

#define GROW(array, n, cap)                                                     \
	((n) < (cap) || ({                                                      \
		 uint32_t more_ = (cap) ? 2 * (cap) : 64;                       \
		 void *grown_ = reallocarray((array), more_, sizeof(*(array))); \
                                                                                \
		 if (grown_) {                                                  \
			 (array) = grown_;                                      \
			 (cap) = more_;                                         \
		 }                                                              \
		 grown_ != NULL;                                                \
	 }))

static bool fits(int64_t v)
{
	return v == (int32_t)v;
}

/* The number of a new expression, or -1. */
static int32_t add_expression(struct unwind_rules *u, const Dwarf_Op *op, size_t n)
{
	if (!GROW(u->expression, u->n_expressions, u->cap_expressions))
		return -1;
	u->expression[u->n_expressions] = (struct unwind_expression){ op, n };
	return (int32_t)u->n_expressions++;
}

static bool set_cfa(struct unwind_rules *u, Dwarf_Frame *frame, struct unwind_row *row)
{
	Dwarf_Op *op;
	size_t n;

	if (dwarf_frame_cfa(frame, &op, &n) != 0 || !n)
		return false;
	if (n == 1 && op->atom == DW_OP_bregx) {
		if (op->number >= UNWIND_REGS || !fits((int64_t)op->number2))
			return false;
		row->cfa_reg = (uint8_t)op->number;
		row->cfa = (int32_t)(int64_t)op->number2;
		return true;
	}
	row->by_expression = true;
	row->cfa = add_expression(u, op, n);
	return row->cfa >= 0;
}

/*
 * What dwarf_frame_register() says: no operations = same value or undefined; the CFA and an offset;
 * a register; or an expression that lives as long as the Dwarf_CFI.
 */
static bool add_rule(struct unwind_rules *u, Dwarf_Frame *frame, unsigned int reg,
		     struct unwind_row *row)
{
	Dwarf_Op memory[3], *op;
	size_t n;

	int r = dwarf_frame_register(frame, (int)reg, memory, &op, &n);

	if (r < 0)
		return false;
	if (!n) {
		if (!op && !r)
			row->keep |= UINT64_C(1) << reg;
		else if (reg == row->return_reg)
			row->outermost = true;
		return true;
	}
	struct unwind_rule rule = { .reg = (uint8_t)reg };

	if (op != memory) {
		rule.kind = UNWIND_EXPRESSION;
		rule.value = add_expression(u, op, n);
		if (rule.value < 0)
			return false;
	} else if (op[0].atom == DW_OP_regx && op[0].number < UNWIND_REGS) {
		rule.kind = UNWIND_REGISTER;
		rule.value = (int32_t)op[0].number;
	} else if (op[0].atom >= DW_OP_reg0 && op[0].atom <= DW_OP_reg31) {
		rule.kind = UNWIND_REGISTER;
		rule.value = op[0].atom - DW_OP_reg0;
	} else if (op[0].atom == DW_OP_call_frame_cfa) {
		bool value = op[n - 1].atom == DW_OP_stack_value;
		int64_t offset =
			n > 1 && op[1].atom == DW_OP_plus_uconst ? (int64_t)op[1].number : 0;

		if (!fits(offset))
			return false;
		rule.kind = value ? UNWIND_IS_CFA : UNWIND_AT_CFA;
		rule.value = (int32_t)offset;
	} else {
		return false;
	}
	if (!GROW(u->rule, u->n_rules, u->cap_rules))
		return false;
	u->rule[u->n_rules++] = rule;
	row->n_rules++;
	return true;
}

static uint32_t make_row(struct unwind_rules *u, Dwarf_Frame *frame)
{
	unsigned int n = u->machine == UNWIND_X86_64 ? 17 : 32;
	struct unwind_row row = { .rules = u->n_rules };
	bool signal = false;
	int reg = dwarf_frame_info(frame, NULL, NULL, &signal);

	if (reg < 0 || (unsigned int)reg >= n || !GROW(u->row, u->n_rows, u->cap_rows))
		return NO_ROW;
	row.return_reg = (uint8_t)reg;
	row.signal = signal;
	if (!set_cfa(u, frame, &row))
		return NO_ROW;
	for (unsigned int i = 0; i < n; i++)
		if (!add_rule(u, frame, i, &row))
			return NO_ROW;
	u->row[u->n_rows] = row;
	return u->n_rows++;
}

/* libdw lends the operations of a plain CFA from the frame, which is freed: set_cfa() copies those,
 * and expressions are the Dwarf_CFI's. */
static uint32_t look_up(struct unwind_rules *u, uint32_t module, uint64_t offset)
{
	struct unwind_module *m = get_module(u, module);
	Dwarf_Frame *frame = NULL;
	uint64_t address;

	if (!m || !m->elf || !elf_image_address(m->image, offset, &address))
		return NO_ROW;
	if ((!m->eh || dwarf_cfi_addrframe(m->eh, address, &frame) != 0) &&
	    (!m->debug || dwarf_cfi_addrframe(m->debug, address, &frame) != 0))
		return NO_ROW;
	uint32_t row = make_row(u, frame);

	free(frame);
	return row;
}

/* ---- the hash ---- */

static uint32_t slot_of(const struct unwind_rules *u, uint32_t module, uint64_t offset)
{
	uint64_t h = (offset ^ (uint64_t)module << 40) * UINT64_C(0x9e3779b97f4a7c15);
	uint32_t i = (uint32_t)(h >> 32) & (u->cap_places - 1);

	while (u->place[i].used && (u->place[i].offset != offset || u->place[i].module != module))
		i = (i + 1) & (u->cap_places - 1);
	return i;
}

static bool grow_places(struct unwind_rules *u)
{
	struct place *old = u->place;
	uint32_t n = u->cap_places, cap = n ? 2 * n : 1024;

	if (2 * u->n_places < n)
		return true;
	u->place = calloc(cap, sizeof(*u->place));
	if (!u->place) {
		u->place = old;
		return false;
	}
	u->cap_places = cap;
	for (uint32_t i = 0; i < n; i++)
		if (old[i].used)
			u->place[slot_of(u, old[i].module, old[i].offset)] = old[i];
	free(old);
	return true;
}

static void forget_all(struct unwind_rules *u)
{
	if (u->place)
		memset(u->place, 0, u->cap_places * sizeof(*u->place));
	u->n_places = u->n_rows = u->n_rules = u->n_expressions = 0;
}

const struct unwind_row *unwind_rules_find(struct unwind_rules *u, uint32_t module, uint64_t offset)
{
	if (u->n_places >= ROWS_MAX)
		forget_all(u);
	if (!grow_places(u))
		return NULL;
	struct place *p = &u->place[slot_of(u, module, offset)];

	if (!p->used) {
		*p = (struct place){ offset, module, look_up(u, module, offset), true };
		u->n_places++;
	}
	return p->row == NO_ROW ? NULL : &u->row[p->row];
}

const struct unwind_rule *unwind_rules_at(const struct unwind_rules *u,
					  const struct unwind_row *row)
{
	return u->rule + row->rules;
}

const struct unwind_expression *unwind_rules_expression(const struct unwind_rules *u,
							int32_t number)
{
	return &u->expression[number];
}
