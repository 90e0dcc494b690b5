/* SPDX-License-Identifier: MIT */
/*
 * A program that knows where its time goes: 70, 20 and 10 % of it in three functions that do the
 * same work, called by a fourth; a fifth blocks. Where they stand in the file is told.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
	SPEND_A,
	SPEND_B,
	SPEND_C,
	SPEND_FUNCTIONS,
	SPEND_NAP = SPEND_FUNCTIONS,
	SPEND_MAIN,
	SPEND_PLACES
};

struct spend_places {
	uint32_t pid;
	uint64_t begin[SPEND_PLACES], end[SPEND_PLACES]; /* offsets in the file */
};

/* @turns of some 0.4 ms, then @naps of 1 ms. Prints the places first, and then how much CPU time
 * each function really took: how fast a loop runs depends on where it stands. */
void spend(unsigned int turns, unsigned int naps);
/* Read back what spend() printed somewhere in @text. */
bool spend_parse(const char *text, struct spend_places *ret);
/* The same for the shares of the three, which are 1 together. */
bool spend_shares(const char *text, double ret[SPEND_FUNCTIONS]);
