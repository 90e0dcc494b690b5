/* SPDX-License-Identifier: MIT */
/* "some avg10=0.12 avg60=0.05 avg300=0.01 total=123456", "full ..." */
#include "collect/pressure_lines.h"

#include "collect/proc_file.h"

static const struct {
	const char *key;
	unsigned int metric;
	uint64_t scale; /* 0: a whole number */
} values[] = {
	{ "avg10=", 1, 100 }, { "avg60=", 2, 100 }, { "avg300=", 3, 100 }, { "total=", 0, 0 }
};

void pressure_scan(struct readings *r, uint32_t instance, unsigned int first, const char *p)
{
	for (; *p; p = next_line(p)) {
		const char *word;
		size_t n = scan_word(&p, &word);
		bool some = word_is(word, n, "some");
		uint64_t v;

		if (!some && !word_is(word, n, "full"))
			continue;
		while (scan_word(&p, &word) > 0)
			for (unsigned int i = 0; i < ARRAY_SIZE(values); i++) {
				n = strlen(values[i].key);
				if (strncmp(word, values[i].key, n) != 0)
					continue;
				word += n;
				if (values[i].scale ? scan_decimal(&word, values[i].scale, &v)
						    : scan_u64(&word, &v))
					readings_put(r, instance,
						     first + (some ? 0 : 4) + values[i].metric, v);
				break;
			}
	}
}
