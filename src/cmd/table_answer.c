/* SPDX-License-Identifier: MIT */
/* A table as a command's whole answer. */
#include "cmd/table_answer.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/log.h"
#include "export/answer_json.h"
#include "export/answer_text.h"

static int print_json(const struct table *t)
{
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	table_json(t, &j);
	return json_drain(&j, stdout);
}

int table_answer(const struct table *t, bool json, bool csv)
{
	int r = json ? print_json(t) : csv ? table_csv(t, stdout) : table_plain(t, NULL, stdout);

	for (unsigned int i = 0; i < table_n_notes(t); i++) {
		if (json || csv)
			log_info("%s", table_note_at(t, i));
		else
			printf("%s%s\n", i ? "" : "\n", table_note_at(t, i));
	}
	return r;
}
