/* SPDX-License-Identifier: MIT */
/* A journal against what was seen of it elsewhere: a witness, and its writer's key. */
#include <string.h>

#include "format/journal_verify_state.h"

/* Epochs of the statements that hold ascend. */
static const uint8_t *statement_of_epoch(const struct verify *y, uint64_t epoch)
{
	size_t from = 0, to = y->n_statements;
	struct statement s;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (statement_parse(y->statement[middle], &s) < 0)
			return NULL;
		if (s.epoch == epoch)
			return y->statement[middle];
		if (s.epoch < epoch)
			from = middle + 1;
		else
			to = middle;
	}
	return NULL;
}

/* Is it signed by the key that the journal has for its epoch? */
static bool is_ours(const struct verify *y, const uint8_t *p, const struct statement *s)
{
	const uint8_t *before = s->epoch ? statement_of_epoch(y, s->epoch - 1) : NULL;
	struct statement named;

	if (s->epoch == y->first_epoch)
		return statement_is_by(p, y->first_key);
	return before && statement_parse(before, &named) == 0 && statement_is_by(p, named.next_key);
}

/* Of an epoch that the journal does not reach: @beyond goes on from its end. */
static void check_later(struct verify *y, struct epoch_chain *beyond, const uint8_t *p,
			const struct statement *s, size_t line)
{
	if (epoch_chain_take(beyond, p) > 0)
		verify_problem(y, FAULT_ROLLED_BACK, s->segment, s->offset, 0,
			       "line %zu of the witness saw frame %llu, the journal ends before it",
			       line, ULL(s->seq));
	else if (s->epoch > beyond->epoch)
		verify_problem(y, FAULT_ROLLED_BACK, s->segment, s->offset, 0,
			       "line %zu of the witness is of epoch %llu, which the journal does "
			       "not reach (nor can it be checked)",
			       line, ULL(s->epoch));
	else
		verify_problem(y, FAULT_WITNESS, s->segment, s->offset, 0,
			       "line %zu of the witness is signed by no key of the journal", line);
}

void verify_witness(struct verify *y)
{
	struct epoch_chain beyond = y->chain;

	for (size_t i = 0; i < y->o->n_witness; i++) {
		const uint8_t *p = y->o->witness[i], *own;
		struct statement s;

		if (statement_parse(p, &s) < 0 ||
		    memcmp(s.journal, y->v->journal, JOURNAL_ID_BYTES) != 0) {
			verify_problem(y, FAULT_WITNESS, 0, 0, 0,
				       "line %zu of the witness is of another journal", i + 1);
			continue;
		}
		own = statement_of_epoch(y, s.epoch);
		if (own && memcmp(own, p, STATEMENT_SIGNED_BYTES) == 0)
			y->v->witnessed++;
		else if (s.epoch >= y->chain.epoch)
			check_later(y, &beyond, p, &s, i + 1);
		else if (is_ours(y, p, &s))
			verify_problem(y, FAULT_PAST, s.segment, s.offset, 0,
				       "line %zu of the witness saw another frame %llu", i + 1,
				       ULL(s.seq));
		else
			verify_problem(y, FAULT_WITNESS, s.segment, s.offset, 0,
				       "line %zu of the witness is signed by no key of the journal",
				       i + 1);
	}
}

void verify_claim(struct verify *y, const struct signing_key_claim *claim, uint64_t last_segment)
{
	if (memcmp(claim->journal, y->v->journal, JOURNAL_ID_BYTES) != 0)
		verify_problem(y, FAULT_FOREIGN, 0, 0, 0,
			       SIGNING_KEY_FILE " is of another journal");
	else if (claim->segment > last_segment || claim->epoch > y->chain.epoch)
		verify_problem(y, FAULT_ROLLED_BACK, 0, 0, 0,
			       SIGNING_KEY_FILE
			       " is of segment %llu, epoch %llu; the journal ends with "
			       "segment %llu, epoch %llu",
			       ULL(claim->segment), ULL(claim->epoch), ULL(last_segment),
			       ULL(y->chain.epoch));
}
