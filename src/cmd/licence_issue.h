/* SPDX-License-Identifier: MIT */
/* Issuing a licence and noting it, for kymo key licence and perflicense. */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "base/timestamp.h"
#include "format/licence.h"

struct licence_note {
	const char *registry; /* the file, made where it is not there; NULL: none */
	uint64_t user; /* who issues it, a row of the registry; 0: nobody */
	uint64_t version; /* the older tool's "external version" */
	/* set: */
	char short_id[CHECKED_ID_TEXT(CHECKED_ID_BYTES)];
	char until[TIMESTAMP_MAX];
};

/* As licence_issue(); the licence is noted before it is given. */
int licence_issue_noted(struct licence *l, const struct identity *issuer, struct licence_note *note,
			char ret[LICENCE_TEXT_MAX], struct err *e) must_check;
