/* SPDX-License-Identifier: MIT */
/* Where a function is in its source, and how much of all samples is nowhere. */
#include "analysis/hotspot_lines.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define TEXT_MAX    512
#define REASONS_MAX 8u

static const char *no_line(const struct function *f)
{
	return f->no_line ? f->no_line : "not looked for";
}

void hotspot_line_cells(const struct function *f, const struct hotspot_line_columns *c,
			struct table *t)
{
	const char *slash = f->file ? strrchr(f->file, '/') : NULL;
	char text[TEXT_MAX];

	if (f->file)
		table_set_text(t, c->file, f->file);
	if (f->line) {
		table_set_u64(t, c->line, f->line);
		(void)snprintf(text, sizeof(text), "%s:%" PRIu32, slash ? slash + 1 : f->file,
			       f->line);
	} else {
		(void)snprintf(text, sizeof(text), "[%s]", no_line(f));
	}
	table_set_text(t, c->source, text);
}

void hotspot_line_note(const struct functions *f, const struct call_sum *row, uint64_t weight,
		       struct table *t)
{
	struct {
		const char *why;
		uint64_t self;
	} reason[REASONS_MAX];
	unsigned int n = 0;

	for (uint32_t i = 0; i < functions_count(f); i++) {
		const struct function *at = functions_at(f, i);
		unsigned int k = 0;

		if (at->line || !row[i].self)
			continue;
		while (k < n && strcmp(reason[k].why, no_line(at)) != 0)
			k++;
		if (k == REASONS_MAX)
			continue;
		if (k == n) {
			reason[n].why = no_line(at);
			reason[n++].self = 0;
		}
		reason[k].self += row[i].self;
	}
	for (unsigned int k = 0; k < n && weight; k++)
		table_note(t, "%.2f %% of self is at no known line: %s%s",
			   100.0 * (double)reason[k].self / (double)weight, reason[k].why,
			   !strcmp(reason[k].why, "no debug information")
				   ? " (try: its debug package, --symfs, --debuginfod)"
				   : "");
}
