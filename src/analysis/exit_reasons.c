/* SPDX-License-Identifier: MIT */
/* Reasons and their places. */
#include "analysis/exit_reasons.h"

#include <stdlib.h>

void exit_reasons_done(struct exit_reasons *r)
{
	free(r->reason);
	idmap_done(&r->place);
	*r = (struct exit_reasons){ 0 };
}

uint32_t exit_reasons_add(struct exit_reasons *r, unsigned int isa, uint32_t reason)
{
	/* Room for a power of two, doubled when it is full. */
	if (!(r->n & (r->n - 1))) {
		void *bigger = reallocarray(r->reason, r->n ? 2 * r->n : 1, sizeof(*r->reason));

		if (!bigger)
			return EXIT_REASON_NONE;
		r->reason = bigger;
	}
	if (r->n >= EXIT_REASON_NONE ||
	    idmap_set(&r->place, (uint64_t)isa << 32 | reason, (uint32_t)r->n) < 0)
		return EXIT_REASON_NONE;
	r->reason[r->n] = (struct kvm_reason){ reason, (uint8_t)isa };
	return (uint32_t)r->n++;
}

int exit_reasons_order(const void *a, const void *b)
{
	const struct kvm_reason *x = a, *y = b;

	if (x->isa != y->isa)
		return x->isa > y->isa ? 1 : -1;
	return (x->reason > y->reason) - (x->reason < y->reason);
}
