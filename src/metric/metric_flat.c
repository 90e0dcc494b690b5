/* SPDX-License-Identifier: MIT */
/* Programs are copied word by word; in the place of a metric's name goes its own program. */
#include "metric/metric_flat.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric/expression_op.h"

#define WORDS_MAX 4096u

struct flat {
	const struct metric_set *set;
	metric_flat_event *event;
	void *arg;
	struct formula *to;
	size_t room;
	unsigned int height; /* of the stack so far */
};

static const char *const op_name[] = {
	[OP_NEGATE] = "neg",	[OP_ADD] = "+",	   [OP_SUBTRACT] = "-",	   [OP_MULTIPLY] = "*",
	[OP_DIVIDE] = "/",	[OP_LESS] = "<",   [OP_LESS_EQUAL] = "<=", [OP_MORE] = ">",
	[OP_MORE_EQUAL] = ">=", [OP_EQUAL] = "==", [OP_UNEQUAL] = "!=",	   [OP_MIN] = "min",
	[OP_MAX] = "max",	[OP_IF] = "if",	   [OP_KNOWN] = "known",
};

/* Values that an operator takes from the stack. */
static unsigned int operands(unsigned int code)
{
	return code == OP_IF ? 3 : code == OP_NEGATE || code == OP_KNOWN ? 1 : 2;
}

static int add(struct flat *f, struct formula_word word)
{
	struct formula *to = f->to;

	f->height += word.kind == FORMULA_OPERATOR ? 1 - operands(word.code) : 1;
	if (to->n_words == WORDS_MAX || f->height > EXPRESSION_STACK_MAX)
		return -E2BIG;
	to->per_time |= word.kind == FORMULA_INTERVAL;
	if (to->n_words == f->room) {
		size_t room = f->room ? 2 * f->room : 16;
		struct formula_word *grown = reallocarray(to->word, room, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		to->word = grown;
		f->room = room;
	}
	to->word[to->n_words++] = word;
	return 0;
}

static int add_program(struct flat *f, unsigned int metric);

static int add_name(struct flat *f, struct metric_ref ref)
{
	struct formula_word word = { .kind = FORMULA_EVENT };

	if (ref.kind == METRIC_METRIC)
		return add_program(f, ref.index);
	if (ref.kind == METRIC_CONSTANT) {
		const struct metric_constant *c = metric_set_constant(f->set, ref.index);

		word.kind = isfinite(c->value) ? FORMULA_NUMBER : FORMULA_INTERVAL;
		word.number = isfinite(c->value) ? c->value : 0;
		return isfinite(c->value) || ref.index == MACHINE_INTERVAL ? add(f, word) : -ENOENT;
	}
	return f->event(f->arg, ref.index, &word.event) ? add(f, word) : -ENOENT;
}

/* Metrics refer to each other at most METRIC_CHAIN_MAX deep: the set is linked. */
static int add_program(struct flat *f, unsigned int metric)
{
	const struct metric_formula *of = &metric_set_metric(f->set, metric)->formula;
	int r = 0;

	for (size_t i = 0; i < of->x->n_ops && r >= 0; i++) {
		const struct expression_op *op = &of->x->op[i];

		if (op->code == OP_NAME)
			r = add_name(f, of->ref[op->name]);
		else if (op->code == OP_NUMBER)
			r = add(f, (struct formula_word){ .kind = FORMULA_NUMBER,
							  .number = op->number });
		else
			r = add(f, (struct formula_word){ .kind = FORMULA_OPERATOR,
							  .op = op_name[op->code],
							  .code = op->code });
	}
	return r;
}

int metric_flatten(const struct metric_set *set, unsigned int metric, metric_flat_event *event,
		   void *arg, struct formula *ret)
{
	const struct metric *m = metric_set_metric(set, metric);
	struct formula made = { 0 };
	struct flat f = { .set = set, .event = event, .arg = arg, .to = &made };
	int r = add_program(&f, metric);

	if (r >= 0) {
		made.name = strdup(m->name);
		made.title = strdup(m->title);
		made.unit = strdup(m->unit ? m->unit : "");
		made.help = strdup(m->help ? m->help : "");
		r = made.name && made.title && made.unit && made.help ? 0 : -ENOMEM;
	}
	if (r < 0) {
		metric_flat_done(&made);
		return r;
	}
	*ret = made;
	return 0;
}

void metric_flat_done(struct formula *f)
{
	free(f->name);
	free(f->title);
	free(f->unit);
	free(f->help);
	free(f->word);
	*f = (struct formula){ 0 };
}

struct reading metric_flat_eval(const struct formula *f,
				struct reading (*count)(void *arg, uint16_t event), void *arg,
				double seconds)
{
	struct reading stack[EXPRESSION_STACK_MAX + 1], *top = stack;

	for (const struct formula_word *w = f->word; w < f->word + f->n_words; w++) {
		const struct expression_op op = { .code = w->code, .text = f->name };

		if (w->kind == FORMULA_NUMBER)
			*top++ = reading_exact(w->number);
		else if (w->kind == FORMULA_EVENT)
			*top++ = count(arg, w->event);
		else if (w->kind == FORMULA_INTERVAL)
			*top++ = reading_exact(seconds);
		else
			top = expression_apply(&op, top);
	}
	if (!stack->absent && !isfinite(stack->value))
		return reading_absent(ABSENT_RANGE, f->name);
	return *stack;
}
