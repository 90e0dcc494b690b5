/* SPDX-License-Identifier: MIT */
/* Writing only: what is missing was settled where the counts were read. */
#include "cmd/dropin/ptap_counts.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "format/json.h"

/* Names may hold commas in files of others; ours are quoted as RFC 4180 has it then. */
static void add_name(struct buf *out, const char *s)
{
	bool quote = strpbrk(s, ",\"") != NULL;

	if (!quote) {
		(void)buf_add_str(out, s);
		return;
	}
	(void)buf_add_byte(out, '"');
	for (; *s; s++)
		(void)buf_addf(out, "%s%c", *s == '"' ? "\"" : "", *s);
	(void)buf_add_byte(out, '"');
}

static bool first_of_package(const struct ptap_counts *c, unsigned int cpu)
{
	if (!c->socket || c->socket[cpu] < 0)
		return false;
	for (unsigned int i = 0; i < cpu; i++)
		if (c->socket[i] == c->socket[cpu])
			return false;
	return true;
}

/* Metrics of one CPU into @value, those of its package with it if it is the first. @scratch has the
 * same room. */
static void evaluate(const struct ptap_counts *c, unsigned int cpu, struct reading *value,
		     struct reading *scratch)
{
	metric_inputs_eval(c->in, SCOPE_CPU, (int)cpu, value, NULL);
	if (!first_of_package(c, cpu))
		return;
	metric_inputs_eval(c->in, SCOPE_SOCKET, c->socket[cpu], scratch, NULL);
	for (unsigned int i = 0; i < metric_set_n_metrics(c->set); i++)
		if (value[i].absent == ABSENT_SCOPE)
			value[i] = scratch[i];
}

int ptap_metric_csv(const struct ptap_counts *c, struct buf *out)
{
	unsigned int n = metric_set_n_metrics(c->set);
	auto_free struct reading *value = calloc((size_t)n * (c->n + 1) + 1, sizeof(*value));
	char number[JSON_NUMBER_MAX];

	if (!value)
		return -ENOMEM;
	(void)buf_add_str(out, "metric_per_core");
	for (unsigned int cpu = 0; cpu < c->n; cpu++) {
		(void)buf_addf(out, ",CPU%" PRIu32, c->cpu[cpu]);
		evaluate(c, cpu, value + (size_t)cpu * n, value + (size_t)c->n * n);
	}
	(void)buf_add_byte(out, '\n');
	for (unsigned int i = 0; i < n; i++) {
		add_name(out, metric_set_metric(c->set, i)->title);
		for (unsigned int cpu = 0; cpu < c->n; cpu++) {
			const struct reading *r = &value[(size_t)cpu * n + i];

			(void)buf_addf(out, ",%s", r->absent ? "" : json_number(number, r->value));
		}
		(void)buf_add_byte(out, '\n');
	}
	return buf_error(out);
}

/* Opcode S: a string as Python writes it, in a line. */
static void pickle_string(struct buf *out, const char *s)
{
	(void)buf_add_str(out, "S'");
	for (; *s; s++) {
		unsigned char b = (unsigned char)*s;

		if (b < ' ' || b >= 0x7f || b == '\'' || b == '\\')
			(void)buf_addf(out, "\\x%02x", b);
		else
			(void)buf_add_byte(out, b);
	}
	(void)buf_add_str(out, "'\n");
}

int ptap_counts_pickle(const struct ptap_counts *c, struct buf *out)
{
	char text[JSON_NUMBER_MAX];

	(void)buf_add_str(out, "(d");
	for (unsigned int cpu = 0; cpu < c->n; cpu++) {
		(void)snprintf(text, sizeof(text), "CPU%" PRIu32, c->cpu[cpu]);
		pickle_string(out, text);
		(void)buf_add_str(out, "(d");
		for (unsigned int i = 0; i < metric_set_n_events(c->set); i++) {
			const struct reading *r = metric_inputs_get(c->in, i, cpu);
			/* Of another PMU, or of no one knows which event: not its count. */
			bool others = r->absent && r->absent != ABSENT_NOT_COUNTED &&
				      r->absent != ABSENT_NOT_SUPPORTED;

			if (others)
				continue;
			pickle_string(out, metric_set_event(c->set, i)->name);
			pickle_string(out, r->absent == ABSENT_NOT_COUNTED ? "<not counted>"
					   : r->absent			   ? "<not supported>"
						       : json_number(text, r->value));
			(void)buf_add_byte(out, 's');
		}
		(void)buf_add_byte(out, 's');
	}
	(void)buf_add_str(out, ".");
	return buf_error(out);
}

int ptap_counts_json(const struct ptap_counts *c, struct buf *out)
{
	struct json j;
	char cpu[24];

	json_init(&j, out, JSON_PRETTY);
	json_begin_object(&j);
	for (unsigned int k = 0; k < c->n; k++) {
		(void)snprintf(cpu, sizeof(cpu), "CPU%" PRIu32, c->cpu[k]);
		json_key(&j, cpu);
		json_begin_object(&j);
		for (unsigned int i = 0; i < metric_set_n_events(c->set); i++) {
			const struct reading *r = metric_inputs_get(c->in, i, k);

			if (r->absent == ABSENT_NO_ROW)
				continue;
			json_key(&j, metric_set_event(c->set, i)->name);
			if (r->absent)
				json_put_null(&j);
			else
				json_f64(&j, r->value);
		}
		json_end(&j);
	}
	json_end(&j);
	(void)buf_add_byte(out, '\n');
	return json_error(&j);
}
