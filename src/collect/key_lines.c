/* SPDX-License-Identifier: MIT */
/* Keys and numbers. */
#include "collect/key_lines.h"

/* The line at *@p when it is the expected one: two thirds of the work of a tick are such lines. */
static bool take_expected(struct readings *r, const char **p)
{
	struct readings_expected x;

	if (!readings_expect(r, &x) || strncmp(*p, x.name, x.len) != 0)
		return false;
	const char *number = *p + x.len;
	uint64_t v;

	number += *number == ':';
	if ((*number != ' ' && *number != '\t') || !scan_u64(&number, &v))
		return false;
	readings_put(r, readings_take_expected(r, &x), x.metric, v);
	*p = number;
	return true;
}

void key_lines_scan(struct readings *r, const char *p,
		    unsigned int (*metric_of)(const struct key_value *k))
{
	struct key_value k;

	for (; *p; p = next_line(p))
		if (!take_expected(r, &p) && scan_key_value(&p, &k))
			readings_put(r, readings_instance(r, READINGS_NO_CPU, k.key, k.len),
				     metric_of(&k), k.value);
}
