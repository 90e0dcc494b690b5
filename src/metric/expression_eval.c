/* SPDX-License-Identifier: MIT */
/* Running the postfix program of an expression: values, intervals, reasons. */
#include <math.h>

#include "metric/expression_op.h"

static struct reading with_ends(double value, double low, double high)
{
	/* 0 times an unbounded end says nothing about that end. */
	if (isnan(low))
		low = -INFINITY;
	if (isnan(high))
		high = INFINITY;
	return (struct reading){
		.value = value, .low = fmin(low, value), .high = fmax(high, value), .cpu = -1
	};
}

static bool is_exact(const struct reading *r)
{
	return r->low == r->value && r->high == r->value;
}

/* The outermost of the four products of ends. */
static struct reading multiply(const struct reading *a, const struct reading *b)
{
	double v = a->value * b->value;
	double c[4] = { a->low * b->low, a->low * b->high, a->high * b->low, a->high * b->high };
	double low = c[0], high = c[0];

	if (is_exact(a) && is_exact(b))
		return reading_exact(v);
	for (int i = 0; i < 4; i++) {
		if (isnan(c[i]))
			return with_ends(v, -INFINITY, INFINITY);
		low = fmin(low, c[i]);
		high = fmax(high, c[i]);
	}
	return with_ends(v, low, high);
}

static struct reading divide(const struct reading *a, const struct reading *b, const char *divisor)
{
	if (b->value == 0)
		return reading_absent(ABSENT_DIVISION, divisor);
	double v = a->value / b->value;

	if (is_exact(a) && is_exact(b))
		return reading_exact(v);
	if (b->low <= 0 && b->high >= 0)
		return with_ends(v, -INFINITY, INFINITY);
	double c[4] = { a->low / b->low, a->low / b->high, a->high / b->low, a->high / b->high };
	double low = v, high = v;

	for (int i = 0; i < 4; i++) {
		if (isnan(c[i]))
			return with_ends(v, -INFINITY, INFINITY);
		low = fmin(low, c[i]);
		high = fmax(high, c[i]);
	}
	return with_ends(v, low, high);
}

/* 1, 0, or an interval of both where the ends do not decide. @less, @equal, @more: which answers
 * make it true. */
static struct reading compare(const struct reading *a, const struct reading *b, bool less,
			      bool equal, bool more)
{
	double v = a->value < b->value ? less : a->value > b->value ? more : equal;
	bool may_less = a->low<b->high, may_more = a->high> b->low;
	bool may_equal = a->low <= b->high && a->high >= b->low;

	if (is_exact(a) && is_exact(b))
		return reading_exact(v);
	bool may_true = (may_less && less) || (may_equal && equal) || (may_more && more);
	bool may_false = (may_less && !less) || (may_equal && !equal) || (may_more && !more);

	return with_ends(v, may_false ? 0 : 1, may_true ? 1 : 0);
}

static struct reading choose(const struct reading *c, const struct reading *a,
			     const struct reading *b)
{
	const struct reading *taken = c->value != 0 ? a : b, *other = c->value != 0 ? b : a;
	bool sure = c->value != 0 ? c->low > 0 || c->high < 0 : is_exact(c);

	if (taken->absent || sure)
		return *taken;
	if (other->absent)
		return with_ends(taken->value, -INFINITY, INFINITY);
	return with_ends(taken->value, fmin(taken->low, other->low),
			 fmax(taken->high, other->high));
}

static struct reading binary(const struct expression_op *op, const struct reading *a,
			     const struct reading *b)
{
	if (a->absent)
		return *a;
	if (b->absent)
		return *b;
	switch (op->code) {
	case OP_ADD:
		return with_ends(a->value + b->value, a->low + b->low, a->high + b->high);
	case OP_SUBTRACT:
		return with_ends(a->value - b->value, a->low - b->high, a->high - b->low);
	case OP_MULTIPLY:
		return multiply(a, b);
	case OP_DIVIDE:
		return divide(a, b, op->text);
	case OP_LESS:
		return compare(a, b, true, false, false);
	case OP_LESS_EQUAL:
		return compare(a, b, true, true, false);
	case OP_MORE:
		return compare(a, b, false, false, true);
	case OP_MORE_EQUAL:
		return compare(a, b, false, true, true);
	case OP_EQUAL:
		return compare(a, b, false, true, false);
	case OP_UNEQUAL:
		return compare(a, b, true, false, true);
	case OP_MIN:
		return with_ends(fmin(a->value, b->value), fmin(a->low, b->low),
				 fmin(a->high, b->high));
	default: /* OP_MAX */
		return with_ends(fmax(a->value, b->value), fmax(a->low, b->low),
				 fmax(a->high, b->high));
	}
}

struct reading *expression_apply(const struct expression_op *op, struct reading *top)
{
	switch (op->code) {
	case OP_NEGATE:
		if (!top[-1].absent)
			top[-1] = with_ends(-top[-1].value, -top[-1].high, -top[-1].low);
		return top;
	case OP_KNOWN:
		top[-1] = reading_exact(!top[-1].absent);
		return top;
	case OP_IF:
		top -= 2;
		if (!top[-1].absent)
			top[-1] = choose(&top[-1], &top[0], &top[1]);
		return top;
	default:
		top--;
		top[-1] = binary(op, &top[-1], &top[0]);
		return top;
	}
}

struct reading expression_eval(const struct expression *x,
			       struct reading (*of)(void *arg, unsigned int i), void *arg)
{
	struct reading stack[EXPRESSION_DEPTH_MAX + 1], *top = stack;

	for (size_t i = 0; i < x->n_ops; i++) {
		const struct expression_op *op = &x->op[i];

		if (op->code == OP_NUMBER)
			*top++ = reading_exact(op->number);
		else if (op->code == OP_NAME)
			*top++ = of(arg, op->name);
		else
			top = expression_apply(op, top);
	}
	if (!stack->absent && !isfinite(stack->value))
		return reading_absent(ABSENT_RANGE, x->text);
	return *stack;
}
