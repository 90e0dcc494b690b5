/* SPDX-License-Identifier: MIT */
/* Rows in an array; by tid through a hash, by machine from the end, since the last row wins. */
#include "names/name_map.h"

#include <string.h>
#include <strings.h>

#include "base/idmap.h"
#include "base/strpool.h"

struct name_map {
	struct name_row *row;
	size_t n, cap;
	size_t n_machines;
	struct idmap by_tid;
	struct strpool *text;
};

struct name_map *name_map_new(void)
{
	struct name_map *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->text = strpool_new();
	return m->text ? m : name_map_free(m);
}

struct name_map *name_map_free(struct name_map *m)
{
	if (m) {
		idmap_done(&m->by_tid);
		strpool_free(m->text);
		free(m->row);
		free(m);
	}
	return NULL;
}

static int keep_text(struct name_map *m, const char **text)
{
	const char *s = *text ? *text : "";

	if (strlen(s) > NAME_MAX_BYTES)
		return -E2BIG;
	*text = strpool_add(m->text, s);
	return *text ? 0 : -ENOMEM;
}

int name_map_add(struct name_map *m, const struct name_row *row)
{
	struct name_row own = *row;
	const char **text[] = { &own.uuid, &own.instance, &own.type, &own.base };

	if (m->n >= NAME_MAP_MAX_ROWS)
		return -E2BIG;
	for (size_t i = 0; i < ARRAY_SIZE(text); i++) {
		int r = keep_text(m, text[i]);

		if (r < 0)
			return r;
	}
	if (m->n == m->cap) {
		size_t cap = m->cap ? 2 * m->cap : 64;
		struct name_row *grown = reallocarray(m->row, cap, sizeof(*grown));

		if (!grown)
			return -ENOMEM;
		m->row = grown;
		m->cap = cap;
	}
	if (own.tid && idmap_set(&m->by_tid, own.tid, (uint32_t)m->n) < 0)
		return -ENOMEM;
	m->n_machines += !own.tid;
	m->row[m->n++] = own;
	return 0;
}

size_t name_map_count(const struct name_map *m)
{
	return m->n;
}

const struct name_row *name_map_at(const struct name_map *m, size_t i)
{
	return &m->row[i];
}

const struct name_row *name_map_tid(const struct name_map *m, uint32_t tid)
{
	uint32_t i = idmap_get(&m->by_tid, tid);

	return i == IDMAP_NONE ? NULL : &m->row[i];
}

const struct name_row *name_map_machine(const struct name_map *m, const char *uuid,
					const char *instance, const char *type)
{
	for (size_t i = m->n_machines ? m->n : 0; i-- > 0;) {
		const struct name_row *row = &m->row[i];

		if (row->tid || (row->type[0] && strcmp(row->type, type) != 0))
			continue;
		if (row->uuid[0] ? uuid[0] && !strcasecmp(row->uuid, uuid)
				 : instance[0] && !strcmp(row->instance, instance))
			return row;
	}
	return NULL;
}
