/* SPDX-License-Identifier: MIT */
/* The postfix program of an expression: shared by what compiles and what runs it. */
#pragma once

#include <stddef.h>

#include "metric/expression.h"

enum expression_code {
	OP_NUMBER,
	OP_NAME,
	OP_NEGATE,
	OP_ADD,
	OP_SUBTRACT,
	OP_MULTIPLY,
	OP_DIVIDE,
	OP_LESS,
	OP_LESS_EQUAL,
	OP_MORE,
	OP_MORE_EQUAL,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_MIN,
	OP_MAX,
	OP_IF,
	OP_KNOWN,
};

struct expression_op {
	enum expression_code code;
	unsigned int name; /* OP_NAME */
	double number; /* OP_NUMBER */
	const char *text; /* OP_DIVIDE: the divisor as it is written */
};

/* The deepest that a program may pile up values, flattened ones too. */
#define EXPRESSION_STACK_MAX 256

/* Run an operator (no number, no name) on the stack that ends before @top; the new end. */
struct reading *expression_apply(const struct expression_op *op, struct reading *top);

struct expression {
	struct strpool *pool;
	const char *text; /* the whole, for messages */
	struct expression_op *op;
	size_t n_ops;
	int height; /* of the stack; while compiling */
	unsigned int n_names;
	const char *name[EXPRESSION_NAMES_MAX];
	size_t name_at[EXPRESSION_NAMES_MAX];
	int view[EXPRESSION_NAMES_MAX];
};
