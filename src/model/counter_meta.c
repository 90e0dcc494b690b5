/* SPDX-License-Identifier: MIT */
#include "model/counter_meta.h"

#include <stdio.h>

#include "base/quantity.h"

nsec_t counter_interval(const struct run_info *info)
{
	const char *text = run_info_meta(info, "counter.interval");
	uint64_t ns;

	return text && quantity_parse_u64(text, &ns, NULL) >= 0 ? ns : 0;
}

double counter_scale(const struct run_info *info, uint16_t event)
{
	char key[48];
	double r;

	(void)snprintf(key, sizeof(key), "counter.scale.%u", event);
	const char *text = run_info_meta(info, key);

	return text && quantity_parse_double(text, &r, NULL) >= 0 ? r : 1;
}
