/* SPDX-License-Identifier: MIT */
/*
 * Frame by frame: which file and place, its row, the caller's registers from the row and the copied
 * stack. Everything that is read is checked to lie in the copy; loops end by the number of frames.
 */
#include "symbol/unwind.h"

#include <dwarf.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"

#define EXPRESSION_DEPTH 32u
#define PERF_X86_REGS	 24u
#define PERF_ARM64_REGS	 33u
#define NO_REG		 0xffu

/* What of the machine matters. */
static const struct machine {
	const char *name;
	uint8_t sp, fp, ip; /* DWARF numbers */
	uint8_t pc; /* perf's number */
	uint8_t n_perf;
	uint64_t address; /* bits of a return address that are one, not its signature */
} machines[] = {
	[UNWIND_NONE] = { .name = "" },
	[UNWIND_X86_64] = { "x86_64", 7, 6, 16, 8, PERF_X86_REGS, UINT64_MAX },
	[UNWIND_ARM64] = { "aarch64", 31, 29, NO_REG, 32, PERF_ARM64_REGS,
			   (UINT64_C(1) << 48) - 1 },
};

struct unwinder {
	struct unwind_rules *rules;
	const struct machine *machine;
	const struct spaces *spaces;
	bool big;
};

struct frame_state {
	uint64_t reg[UNWIND_REGS], known, pc, cfa;
	const struct unwind_thread *thread;
	uint64_t base; /* address of the copied stack */
	bool big;
};

enum unwind_machine unwind_machine_named(const char *name)
{
	for (unsigned int i = UNWIND_X86_64; i <= UNWIND_ARM64; i++)
		if (!strcmp(name, machines[i].name))
			return (enum unwind_machine)i;
	return UNWIND_NONE;
}

static unsigned int dwarf_reg(enum unwind_machine machine, unsigned int perf)
{
	/* AX BX CX DX SI DI BP SP, IP and seven more that DWARF has no use for, R8 ... */
	static const uint8_t x86[] = { 0, 3, 2, 1, 4, 5, 6, 7 };

	if (machine == UNWIND_ARM64)
		return perf < 32 ? perf : NO_REG;
	return perf < 8 ? x86[perf] : perf < 16 ? NO_REG : perf - 8;
}

bool unwind_thread_regs(struct unwind_thread *t, enum unwind_machine machine, uint64_t mask,
			const uint8_t *p, bool big)
{
	const struct machine *m = &machines[machine];
	bool has_pc = false;

	for (unsigned int i = 0; i < 64; i++) {
		if (!(mask >> i & 1))
			continue;
		uint64_t value = big ? get_be64(p) : get_le64(p);
		unsigned int reg = i < m->n_perf ? dwarf_reg(machine, i) : NO_REG;

		p += 8;
		if (i == m->pc && i < m->n_perf) {
			t->pc = value;
			has_pc = true;
		} else if (reg != NO_REG) {
			t->reg[reg] = value;
			t->known |= UINT64_C(1) << reg;
		}
	}
	return has_pc && t->known >> m->sp & 1;
}

struct unwinder *unwinder_new(int root_fd, enum unwind_machine machine, bool big,
			      const struct spaces *spaces, const struct modules *modules)
{
	struct unwinder *u = calloc(1, sizeof(*u));

	if (!u)
		return NULL;
	u->machine = &machines[machine];
	u->spaces = spaces;
	u->big = big;
	u->rules = unwind_rules_new(root_fd, machine, big, modules);
	return u->rules ? u : unwinder_free(u);
}

struct unwinder *unwinder_free(struct unwinder *u)
{
	if (u)
		unwind_rules_free(u->rules);
	free(u);
	return NULL;
}

const struct unwind_rules *unwinder_rules(const struct unwinder *u)
{
	return u->rules;
}

/* ---- values ---- */

static bool read_word(const struct frame_state *f, uint64_t address, uint64_t *ret)
{
	uint64_t at = address - f->base;

	if (at > f->thread->stack_bytes || f->thread->stack_bytes - at < 8)
		return false;
	*ret = f->big ? get_be64(f->thread->stack + at) : get_le64(f->thread->stack + at);
	return true;
}

static bool get_reg(const struct frame_state *f, uint64_t reg, uint64_t *ret)
{
	if (reg >= UNWIND_REGS || !(f->known >> reg & 1))
		return false;
	*ret = f->reg[reg];
	return true;
}

/* Two operands, the first one below the second. */
static bool binary(unsigned int atom, uint64_t a, uint64_t b, uint64_t *ret)
{
	int64_t x = (int64_t)a, y = (int64_t)b;

	switch (atom) {
	case DW_OP_plus:
		*ret = a + b;
		return true;
	case DW_OP_minus:
		*ret = a - b;
		return true;
	case DW_OP_mul:
		*ret = a * b;
		return true;
	case DW_OP_and:
		*ret = a & b;
		return true;
	case DW_OP_or:
		*ret = a | b;
		return true;
	case DW_OP_xor:
		*ret = a ^ b;
		return true;
	case DW_OP_shl:
		*ret = b < 64 ? a << b : 0;
		return true;
	case DW_OP_shr:
		*ret = b < 64 ? a >> b : 0;
		return true;
	case DW_OP_shra:
		*ret = (uint64_t)(x >> min_of(b, (uint64_t)63));
		return true;
	case DW_OP_eq:
		*ret = a == b;
		return true;
	case DW_OP_ne:
		*ret = a != b;
		return true;
	case DW_OP_ge:
		*ret = x >= y;
		return true;
	case DW_OP_gt:
		*ret = x > y;
		return true;
	case DW_OP_le:
		*ret = x <= y;
		return true;
	case DW_OP_lt:
		*ret = x < y;
		return true;
	default:
		return false;
	}
}

/* An operation that puts a value on the stack. */
static bool operand(const struct frame_state *f, const Dwarf_Op *op, uint64_t *ret)
{
	if (op->atom >= DW_OP_lit0 && op->atom <= DW_OP_lit31) {
		*ret = (uint64_t)(op->atom - DW_OP_lit0);
		return true;
	}
	if (op->atom >= DW_OP_breg0 && op->atom <= DW_OP_breg31) {
		if (!get_reg(f, (uint64_t)(op->atom - DW_OP_breg0), ret))
			return false;
		*ret += op->number;
		return true;
	}
	switch (op->atom) {
	case DW_OP_bregx:
		if (!get_reg(f, op->number, ret))
			return false;
		*ret += op->number2;
		return true;
	case DW_OP_call_frame_cfa:
		*ret = f->cfa;
		return true;
	case DW_OP_addr:
	case DW_OP_const1u:
	case DW_OP_const1s:
	case DW_OP_const2u:
	case DW_OP_const2s:
	case DW_OP_const4u:
	case DW_OP_const4s:
	case DW_OP_const8u:
	case DW_OP_const8s:
	case DW_OP_constu:
	case DW_OP_consts:
		*ret = op->number;
		return true;
	default:
		return false;
	}
}

/* *@ret_is_value: the result is the value itself, not where it is. Branches are not followed: call
 * frame information does not use them. */
static bool evaluate(const struct frame_state *f, const struct unwind_expression *x, uint64_t *ret,
		     bool *ret_is_value)
{
	uint64_t stack[EXPRESSION_DEPTH];
	size_t n = 0;

	*ret_is_value = false;
	for (size_t i = 0; i < x->n; i++) {
		const Dwarf_Op *op = &x->op[i];
		bool one = n >= 1;

		if (n < EXPRESSION_DEPTH && operand(f, op, &stack[n])) {
			n++;
		} else if (op->atom == DW_OP_nop) {
			continue;
		} else if (op->atom == DW_OP_stack_value) {
			*ret_is_value = true;
		} else if (op->atom == DW_OP_plus_uconst && one) {
			stack[n - 1] += op->number;
		} else if (op->atom == DW_OP_deref && one) {
			if (!read_word(f, stack[n - 1], &stack[n - 1]))
				return false;
		} else if (op->atom == DW_OP_dup && one && n < EXPRESSION_DEPTH) {
			stack[n] = stack[n - 1];
			n++;
		} else if (op->atom == DW_OP_drop && one) {
			n--;
		} else if (n >= 2 && binary(op->atom, stack[n - 2], stack[n - 1], &stack[n - 2])) {
			n--;
		} else {
			return false;
		}
	}
	if (!n)
		return false;
	*ret = stack[n - 1];
	return true;
}

/* ---- steps ---- */

static bool apply_rule(const struct unwinder *u, const struct frame_state *f,
		       const struct unwind_rule *rule, uint64_t *ret)
{
	bool is_value;

	switch ((enum unwind_rule_kind)rule->kind) {
	case UNWIND_AT_CFA:
		return read_word(f, f->cfa + (uint64_t)(int64_t)rule->value, ret);
	case UNWIND_IS_CFA:
		*ret = f->cfa + (uint64_t)(int64_t)rule->value;
		return true;
	case UNWIND_REGISTER:
		return get_reg(f, (uint64_t)rule->value, ret);
	case UNWIND_EXPRESSION:
		if (!evaluate(f, unwind_rules_expression(u->rules, rule->value), ret, &is_value))
			return false;
		return is_value || read_word(f, *ret, ret);
	}
	return false;
}

static bool step_by_row(const struct unwinder *u, struct frame_state *f,
			const struct unwind_row *row)
{
	const struct unwind_rule *rule = unwind_rules_at(u->rules, row);
	uint64_t known = f->known & row->keep, value[UNWIND_REGS], base;
	uint64_t sp = UINT64_C(1) << u->machine->sp, set = 0;
	bool is_value;

	if (row->outermost)
		return false;
	if (row->by_expression) {
		if (!evaluate(f, unwind_rules_expression(u->rules, row->cfa), &f->cfa, &is_value))
			return false;
	} else {
		if (!get_reg(f, row->cfa_reg, &base))
			return false;
		f->cfa = base + (uint64_t)(int64_t)row->cfa;
	}
	for (unsigned int i = 0; i < row->n_rules; i++)
		if (apply_rule(u, f, &rule[i], &value[rule[i].reg]))
			set |= UINT64_C(1) << rule[i].reg;
	for (unsigned int i = 0; i < row->n_rules; i++)
		if (set >> rule[i].reg & 1)
			f->reg[rule[i].reg] = value[rule[i].reg];
	known |= set;
	if (!(set & sp)) {
		f->reg[u->machine->sp] = f->cfa;
		known |= sp;
	}
	f->known = known;
	return get_reg(f, row->return_reg, &f->pc);
}

/* The frame pointer points at the caller's, behind which the return address is. */
static bool step_by_frame_pointer(const struct unwinder *u, struct frame_state *f)
{
	uint8_t fp = u->machine->fp, sp = u->machine->sp;
	uint64_t at, next, pc;

	if (!get_reg(f, fp, &at) || at < f->reg[sp] || !read_word(f, at, &next) ||
	    !read_word(f, at + 8, &pc))
		return false;
	f->cfa = at + 16;
	f->reg[fp] = next;
	f->reg[sp] = f->cfa;
	f->known = UINT64_C(1) << fp | UINT64_C(1) << sp;
	f->pc = pc;
	return true;
}

size_t unwinder_walk(struct unwinder *u, const struct unwind_thread *t, uint64_t *ret_ip,
		     size_t max)
{
	struct frame_state f = { .known = t->known,
				 .pc = t->pc,
				 .thread = t,
				 .base = t->reg[u->machine->sp],
				 .big = u->big };
	bool exact = true; /* the address is of the instruction, not behind a call */
	size_t n = 0;

	memcpy(f.reg, t->reg, sizeof(f.reg));
	while (n < max) {
		const struct unwind_row *row = NULL;
		uint64_t to = f.pc & u->machine->address, sp = f.reg[u->machine->sp], offset;
		uint64_t pc = to - !exact;
		uint32_t module;

		if (!to)
			break;
		ret_ip[n++] = pc;
		/* What linkage tables do depends on where in their entry it is. */
		if (u->machine->ip != NO_REG) {
			f.reg[u->machine->ip] = to;
			f.known |= UINT64_C(1) << u->machine->ip;
		}
		if (spaces_find(u->spaces, t->pid, pc, &module, &offset))
			row = unwind_rules_find(u->rules, module, offset);
		exact = row && row->signal;
		if (!(row ? step_by_row(u, &f, row) : step_by_frame_pointer(u, &f)))
			break;
		/* A frame without a size that returns to itself would come again and again. */
		if (f.reg[u->machine->sp] == sp && (f.pc & u->machine->address) == to)
			break;
	}
	return n;
}
