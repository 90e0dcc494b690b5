/* SPDX-License-Identifier: MIT */
/* A token, and its row in the registry of licences. */
#include "cmd/licence_issue.h"

#include <stdio.h>

#include "base/buf.h"
#include "base/nsec.h"
#include "store/registry_file.h"

static int note_it(const struct licence *l, const struct licence_note *note, const char *token,
		   struct err *e)
{
	auto_ptr(registry) g = NULL;
	auto_buf hosts;
	char text[64];
	int r = registry_open(note->registry, true, &g, e);

	buf_init(&hosts, 0);
	for (unsigned int i = 0; i < l->n_hosts; i++)
		(void)buf_addf(&hosts, "%s%s", i ? " " : "", licence_host_text(&l->host[i], text));
	if (r < 0)
		return r;
	struct registry_licence row = {
		.created_by = note->user,
		.created = nsec_realtime() / NSEC_PER_SEC,
		.not_before = l->not_before,
		.not_after = l->not_after,
		.external_version = note->version,
		.site = l->site,
		.site_name = l->site_name,
		.hosts = buf_str(&hosts),
		.short_id = note->short_id,
		.token = token,
	};

	return registry_add_licence(g, &row, e);
}

int licence_issue_noted(struct licence *l, const struct identity *issuer, struct licence_note *note,
			char ret[LICENCE_TEXT_MAX], struct err *e)
{
	uint8_t id[CHECKED_ID_BYTES];
	int r = licence_issue(l, issuer, ret, e);

	if (r < 0)
		return r;
	r = licence_id(ret, id);
	if (r < 0)
		return err_set(e, r, "the licence does not read back");
	checked_id_text(id, sizeof(id), note->short_id);
	timestamp_text(note->until, l->not_after * NSEC_PER_SEC);
	return note->registry ? note_it(l, note, ret, e) : 0;
}
