/* SPDX-License-Identifier: MIT */
/* Faster by 4 % means: takes 4 % less. */
#include "analysis/result_words.h"

#include <math.h>
#include <stdio.h>

void result_words(const struct sample_ratio *r, const char *who, bool time, char *ret, size_t size)
{
	if (isnan(r->low) || isnan(r->high)) {
		(void)snprintf(ret, size, "too few runs to tell");
		return;
	}
	if (r->low <= 1 && r->high >= 1) {
		(void)snprintf(ret, size, "no difference found: ratio %.3f [%.3f, %.3f]", r->ratio,
			       r->low, r->high);
		return;
	}
	const bool more = r->low > 1;
	const double by = 100 * fabs(r->ratio - 1), least = 100 * (more ? r->low - 1 : 1 - r->high),
		     most = 100 * (more ? r->high - 1 : 1 - r->low);
	/* As many digits as show that it is not 0. */
	const int digits = least >= 0.1 ? 1 : least >= 0.001 ? 3 : 6;

	if (time)
		(void)snprintf(ret, size, "%s is %s by %.*f %% [%.*f, %.*f]", who,
			       more ? "slower" : "faster", digits, by, digits, least, digits, most);
	else
		(void)snprintf(ret, size, "%s has %.*f %% %s [%.*f, %.*f]", who, digits, by,
			       more ? "more" : "less", digits, least, digits, most);
}
