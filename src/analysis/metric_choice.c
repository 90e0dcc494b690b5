/* SPDX-License-Identifier: MIT */
/* Words to blocks and series. */
#include "analysis/metric_choice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_word(const char *p, size_t n, const char *word)
{
	return strlen(word) == n && !memcmp(p, word, n);
}

static bool begins(const char *name, const char *word, size_t n, char next)
{
	return !strncmp(name, word, n) && name[n] == next;
}

/* Metrics whose names fit the word: with a '.' they are patterns, without the collector's. */
static bool metric_fits(const char *name, const char *word)
{
	return strchr(word, '.') ? block_pattern_fits(word, name)
				 : begins(name, word, strlen(word), '.');
}

static uint32_t choose_series(const struct run_blocks *run, const char *word, bool all,
			      struct metric_choice *c)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < series_table_n(run->table); i++) {
		const struct metric_series *s = series_table_at(run->table, i);

		if (!all && !metric_fits(series_table_metric(run->table, s->metric)->name, word))
			continue;
		c->n_series += !c->series[i];
		c->series[i] = true;
		n++;
	}
	return n;
}

static uint32_t choose_blocks(const struct run_blocks *run, const char *word,
			      struct metric_choice *c)
{
	size_t len = strlen(word);
	bool all = is_word(word, len, "all"), by_default = is_word(word, len, "default");
	uint32_t n = 0;

	for (unsigned int i = 0; i < run->n; i++) {
		const struct block *b = block_set_at(run->set, i);

		if (!block_rows_n(run->rows[i]))
			continue;
		if (!all && !(by_default && !b->hidden) && !is_word(word, len, b->name) &&
		    !begins(b->name, word, len, '-'))
			continue;
		c->n_blocks += !c->block[i];
		c->block[i] = true;
		n++;
	}
	return n;
}

static int nothing_called(const struct run_blocks *run, const char *word, struct err *e)
{
	char names[512] = "all";
	size_t at = strlen(names);

	for (unsigned int i = 0; i < run->n && at < sizeof(names); i++)
		if (block_rows_n(run->rows[i]))
			at += (size_t)snprintf(names + at, sizeof(names) - at, ", %s",
					       block_set_at(run->set, i)->name);
	return err_set(e, -EINVAL,
		       "--set: the recording has no metrics called '%.64s' (try: %s%s; or a "
		       "metric: kymo show metrics --raw-values lists them)",
		       word, names, at >= sizeof(names) ? " ..." : "");
}

int metric_choice_make(const struct run_blocks *run, const char *set, bool raw,
		       struct metric_choice *c, struct err *e)
{
	*c = (struct metric_choice){
		.block = calloc((size_t)run->n + 1, sizeof(bool)),
		.series = calloc((size_t)series_table_n(run->table) + 1, sizeof(bool)),
	};
	if (!c->block || !c->series)
		return err_set(e, -ENOMEM, "out of memory");
	bool empty = !set || !*set;

	for (const char *p = empty ? "default" : set; *p;) {
		size_t n = strcspn(p, ",");
		bool many = is_word(p, n, "all") || is_word(p, n, "default");
		char word[128];
		uint32_t found = 0;

		(void)snprintf(word, sizeof(word), "%.*s", (int)n, p);
		if (!raw)
			found = choose_blocks(run, word, c);
		if (!found)
			found = choose_series(run, word, many, c);
		if (!found && !many)
			return nothing_called(run, word, e);
		p += n + (p[n] == ',');
	}
	return 0;
}

void metric_choice_done(struct metric_choice *c)
{
	free(c->block);
	free(c->series);
	*c = (struct metric_choice){ 0 };
}
