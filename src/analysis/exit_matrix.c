/* SPDX-License-Identifier: MIT */
/* Lines of exits turned into columns. */
#include "analysis/exit_matrix.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_REASONS (TABLE_MAX_COLUMNS - EXIT_MATRIX_KEYS - 1)

static const struct table_column exits_column = {
	.name = "total",
	.title = "Total",
	.type = CELL_U64,
	.unit = UNIT_COUNT,
	.flags = TABLE_COLUMN_ADDS,
	.help = "exits in the window",
};

struct matrix {
	struct table_column column[TABLE_MAX_COLUMNS];
	char name[TABLE_MAX_COLUMNS][KVM_REASON_MAX];
	char title[TABLE_MAX_COLUMNS][KVM_REASON_MAX];
	struct kvm_reason *sorted;
	size_t n_sorted;
	uint32_t *column_of; /* by place of the reason; UINT32_MAX: none */
	unsigned int total; /* number of the last column */
};

/* "EPT violation" -> "ept_violation"; into a buffer of KVM_REASON_MAX. */
static const char *column_name(const char *reason, char *buf)
{
	size_t n = 0;

	for (; *reason && n + 1 < KVM_REASON_MAX; reason++) {
		char c = *reason;

		if (c >= 'A' && c <= 'Z')
			buf[n++] = (char)(c - 'A' + 'a');
		else if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
			buf[n++] = c;
		else if (n && buf[n - 1] != '_')
			buf[n++] = '_';
	}
	while (n && buf[n - 1] == '_')
		n--;
	buf[n] = '\0';
	return buf;
}

static int order_reasons(const struct exit_counts *c, struct matrix *m)
{
	struct idmap column = { 0 };
	int r = 0;

	m->sorted = calloc(c->reasons.n + 1, sizeof(*m->sorted));
	m->column_of = malloc((c->reasons.n + 1) * sizeof(*m->column_of));
	if (!m->sorted || !m->column_of)
		return -ENOMEM;
	memset(m->column_of, 0xff, (c->reasons.n + 1) * sizeof(*m->column_of));
	/* Reasons of which some group that was asked for has exits. */
	for (size_t i = 0; i < c->n_lines; i++) {
		uint32_t place = c->line[i].place;

		if (place == EXIT_REASON_NONE || m->column_of[place] != UINT32_MAX)
			continue;
		m->column_of[place] = 0;
		m->sorted[m->n_sorted++] = c->reasons.reason[place];
	}
	if (m->n_sorted)
		qsort(m->sorted, m->n_sorted, sizeof(*m->sorted), exit_reasons_order);
	m->total = (unsigned int)min_of(m->n_sorted, (size_t)MAX_REASONS) + EXIT_MATRIX_KEYS;
	for (unsigned int i = EXIT_MATRIX_KEYS; i < m->total && r >= 0; i++) {
		const struct kvm_reason *k = &m->sorted[i - EXIT_MATRIX_KEYS];

		r = idmap_set(&column, (uint64_t)k->isa << 32 | k->reason, i);
	}
	for (size_t i = 0; i < c->reasons.n && r >= 0; i++) {
		const struct kvm_reason *k = &c->reasons.reason[i];

		if (m->column_of[i] != UINT32_MAX)
			m->column_of[i] = idmap_get(&column, (uint64_t)k->isa << 32 | k->reason);
	}
	idmap_done(&column);
	return r;
}

static void make_columns(const struct exit_matrix_query *q, struct matrix *m)
{
	for (unsigned int i = 0; i < EXIT_MATRIX_KEYS; i++)
		m->column[i] = q->key[i];
	for (unsigned int i = EXIT_MATRIX_KEYS; i < m->total; i++) {
		const struct kvm_reason *k = &m->sorted[i - EXIT_MATRIX_KEYS];
		char buf[KVM_REASON_MAX];
		const char *name = kvm_reason_name(k->isa, k->reason, buf);

		(void)snprintf(m->title[i], KVM_REASON_MAX, "%s", name);
		(void)column_name(name, m->name[i]);
		for (unsigned int before = EXIT_MATRIX_KEYS; before < i; before++)
			if (!strcmp(m->name[before], m->name[i]))
				(void)snprintf(m->name[i], KVM_REASON_MAX, "isa_%u_reason_%" PRIu32,
					       k->isa, k->reason);
		m->column[i] = exits_column;
		m->column[i].name = m->name[i];
		m->column[i].title = m->title[i];
	}
	m->column[m->total] = exits_column;
}

static void fill(const struct exit_counts *c, const struct exit_matrix_query *q,
		 const struct matrix *m, struct table *t)
{
	for (size_t i = 0; i < c->n_lines; i++) {
		const struct exit_line *l = &c->line[i];

		if (l->place == EXIT_REASON_NONE) {
			table_row(t);
			q->name(q->ctx, t, l->group);
			table_set_u64(t, m->total, l->exits);
		} else if (m->column_of[l->place] < m->total) {
			table_set_u64(t, m->column_of[l->place], l->exits);
		}
	}
	if (m->n_sorted > MAX_REASONS)
		table_note(t, "%zu more reasons have no column; their exits are in the total",
			   m->n_sorted - MAX_REASONS);
}

int exit_matrix_make(const struct exit_counts *c, const struct exit_matrix_query *q,
		     struct table **ret)
{
	auto_free struct matrix *m = calloc(1, sizeof(*m));
	auto_ptr(table) t = NULL;
	int r = m ? order_reasons(c, m) : -ENOMEM;

	if (r >= 0) {
		make_columns(q, m);
		t = table_new("kvm", "KVM exits by type", m->column, m->total + 1);
		r = t ? 0 : -ENOMEM;
	}
	if (t) {
		fill(c, q, m, t);
		r = table_sort(t, m->total, true);
	}
	if (m) {
		free(m->sorted);
		free(m->column_of);
	}
	if (r >= 0)
		*ret = steal_ptr(t);
	return r;
}
