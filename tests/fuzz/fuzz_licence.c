/* SPDX-License-Identifier: MIT */
/* Any text as a licence: what is taken says what can be issued again, and is signed by nobody. */
#include <stdlib.h>
#include <string.h>

#include "format/licence.h"
#include "fuzz.h"

static struct identity *issuer;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = malloc(n + 1), again[LICENCE_TEXT_MAX];
	struct licence l, back;
	struct err e = { 0 };

	if (!text || (!issuer && identity_new(0, "fuzz", &issuer, NULL) < 0))
		abort();
	if (n)
		memcpy(text, data, n);
	text[n] = 0;
	if (licence_parse(text, &l, &e) < 0) {
		if (!e.text[0])
			abort();
		free(text);
		return 0;
	}
	const struct licence_need need = { .issuer = issuer, .any_host = true };

	if (licence_check(text, &need, &back, &e) >= 0)
		abort();
	if (licence_issue(&l, issuer, again, NULL) < 0 || licence_parse(again, &back, NULL) < 0 ||
	    back.site != l.site || strcmp(back.site_name, l.site_name) != 0 ||
	    back.n_hosts != l.n_hosts || back.n_features != l.n_features)
		abort();
	free(text);
	return 0;
}
