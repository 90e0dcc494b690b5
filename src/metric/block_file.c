/* SPDX-License-Identifier: MIT */
/* Reading *.blocks files: docs/formats/blocks.md. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metric/block_parts.h"
#include "metric/metric_text.h"

#define NAME_MAX_BYTES 64
#define DIGITS_MAX     6

static const char *const views[] = { [VIEW_RATE] = "rate", [VIEW_LAST] = "last", NULL };

static const char *const units[] = { "-",    "%",	"/s",	     "kB", "kB/s", "MB",
				     "MB/s", "sectors", "sectors/s", "ms", "s",	   "MHz",
				     "rpm",  "C",	"V",	     "mA", "bytes" };

struct block_reader {
	struct block_set *s;
	struct metric_text t;
	struct block *b; /* that the lines belong to, or NULL */
	struct err *e;
};

#define mistake(r, at, ...) metric_text_mistake(&(r)->t, at, (r)->e, __VA_ARGS__)

static int no_memory(struct block_reader *r)
{
	return err_set(r->e, -ENOMEM, "out of memory");
}

/* ---- words ---- */

static int pooled(struct block_reader *r, const struct metric_word *w, const char **ret)
{
	for (size_t i = 0; i < w->n; i++)
		if ((unsigned char)w->s[i] < ' ' || w->s[i] == 0x7f)
			return mistake(r, w->at + i, "a control byte");
	*ret = strpool_add_n(r->s->pool, w->s, w->n);
	return *ret ? 0 : no_memory(r);
}

static int need_quoted(struct block_reader *r, const char **ret, const char *what)
{
	struct metric_word w;

	if (!metric_text_quoted(&r->t, &w))
		return mistake(r, r->t.at, "%s in '\"' is missing", what);
	if (!w.n)
		return mistake(r, w.at, "%s is empty", what);
	return pooled(r, &w, ret);
}

/* A word of letters, digits, '_' and '-' that begins with a letter. */
static int need_name(struct block_reader *r, const char **ret, struct metric_word *w,
		     const char *what)
{
	if (!metric_text_word(&r->t, w))
		return mistake(r, r->t.at, "%s is missing", what);
	if (w->n > NAME_MAX_BYTES)
		return mistake(r, w->at, "a name of more than %d bytes", NAME_MAX_BYTES);
	for (size_t i = 0; i < w->n; i++) {
		char c = w->s[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

		if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '_' || c == '-')))
			return mistake(r, w->at + i, "a byte that no name may have");
	}
	return pooled(r, w, ret);
}

/* The value of "KEY=VALUE" into @ret. */
static bool option_is(const struct metric_word *w, const char *key, struct metric_word *ret)
{
	size_t n = strlen(key);

	if (w->n <= n + 1 || memcmp(w->s, key, n) || w->s[n] != '=')
		return false;
	*ret = (struct metric_word){ .s = w->s + n + 1, .n = w->n - n - 1, .at = w->at + n + 1 };
	return true;
}

/* "a,b,c" */
static int read_list(struct block_reader *r, const struct metric_word *list, const char **ret,
		     unsigned int *n)
{
	for (size_t at = 0; at < list->n;) {
		const char *from = list->s + at, *comma = memchr(from, ',', list->n - at);
		const struct metric_word w = { .s = from,
					       .n = comma ? (size_t)(comma - from) : list->n - at,
					       .at = list->at + at };

		if (*n == BLOCK_PATTERNS_MAX)
			return mistake(r, w.at, "more than %d of them", BLOCK_PATTERNS_MAX);
		if (!w.n)
			return mistake(r, w.at, "a name is missing");
		int err = pooled(r, &w, &ret[(*n)++]);

		if (err < 0)
			return err;
		at += w.n + 1;
	}
	return 0;
}

/* ---- blocks ---- */

static int block_option(struct block_reader *r, const struct metric_word *w)
{
	struct block *b = r->b;
	struct metric_word v;

	if (metric_word_is(w, "each=cpu"))
		b->each = EACH_CPU;
	else if (metric_word_is(w, "each=thing"))
		b->each = EACH_THING;
	else if (metric_word_is(w, "all=sum"))
		b->all = ALL_SUM;
	else if (metric_word_is(w, "all=mean"))
		b->all = ALL_MEAN;
	else if (metric_word_is(w, "across=cpu"))
		b->across_cpus = true;
	else if (metric_word_is(w, "hidden"))
		b->hidden = true;
	else if (metric_word_is(w, "sparse"))
		b->sparse = true;
	else if (metric_word_is(w, "whole"))
		b->whole = true;
	else if (option_is(w, "all_name", &v))
		return pooled(r, &v, &b->all_name);
	else if (option_is(w, "key", &v))
		return pooled(r, &v, &b->key);
	else if (option_is(w, "key_json", &v))
		return pooled(r, &v, &b->key_json);
	else if (option_is(w, "of", &v))
		return pooled(r, &v, &b->of);
	else if (option_is(w, "path", &v))
		return pooled(r, &v, &b->path);
	else if (option_is(w, "without", &v))
		return read_list(r, &v, b->without, &b->n_without);
	else if (option_is(w, "used", &v))
		return read_list(r, &v, b->used, &b->n_used);
	else
		return mistake(r, w->at,
			       "unknown option '%.*s' (there are: each= all= all_name= across= "
			       "key= key_json= of= path= without= used= whole sparse hidden)",
			       (int)min_of(w->n, (size_t)40), w->s);
	return 0;
}

/* What makes no sense together. */
static int check_block(struct block_reader *r, size_t at)
{
	const struct block *b = r->b;

	if (b->each == EACH_ONE && (b->all || b->key || b->across_cpus))
		return mistake(r, at,
			       "block '%s' has one row: key=, all=, across= need each=", b->name);
	if (b->each != EACH_ONE && !b->key)
		return mistake(r, at, "block '%s' has rows without a title: key= is missing",
			       b->name);
	if (b->each == EACH_CPU && b->across_cpus)
		return mistake(r, at, "block '%s' has CPUs for rows and columns", b->name);
	if (b->path && b->key && !b->key_json)
		return mistake(r, at,
			       "block '%s' has a path=, and rows without a key_json=", b->name);
	return 0;
}

static int line_block(struct block_reader *r)
{
	struct block *b = calloc(1, sizeof(*b));
	struct metric_word w, option;

	if (!b)
		return no_memory(r);
	if (r->s->n == BLOCKS_MAX) {
		free(b);
		return mistake(r, r->t.at, "more than %d blocks", BLOCKS_MAX);
	}
	r->b = r->s->block[r->s->n++] = b;
	b->all_name = "all";
	int err = need_name(r, &b->name, &w, "a block's name");

	if (err >= 0)
		err = need_quoted(r, &b->title, "a title");
	for (unsigned int i = 0; err >= 0 && i + 1 < r->s->n; i++)
		if (r->s->block[i]->name == b->name)
			err = mistake(r, w.at, "block '%s' is defined already", b->name);
	while (err >= 0 && metric_text_word(&r->t, &option))
		err = block_option(r, &option);
	return err < 0 ? err : check_block(r, w.at);
}

/* ---- items ---- */

static int find_item(const struct block *b, const char *name)
{
	for (unsigned int i = 0; i < b->n_items; i++) {
		const struct block_item *x = &b->item[i];

		if (!strcmp(x->title ? x->title : x->name, name))
			return (int)i;
	}
	return -1;
}

/* A name with a '.' is a metric, another one an item of the block. */
static int resolve(struct block_reader *r, const struct block_item *x, unsigned int i, size_t at)
{
	struct block_term *t = &x->term[i];
	const char *name = expression_name(x->x, i);
	const char *bracket = strchr(name, '[');

	at += expression_name_at(x->x, i);
	t->view = expression_view(x->x, i);
	t->item = find_item(r->b, name);
	if (t->item >= 0)
		return t->view == VIEW_PLAIN
			       ? 0
			       : mistake(r, at, "%s() is of metrics, and '%s' is none",
					 views[t->view], name);
	if (!memchr(name, '.', bracket ? (size_t)(bracket - name) : strlen(name)))
		return mistake(r, at,
			       "nothing before is called '%s' (metrics have a '.': disk.reads)",
			       name);
	t->metric = name;
	if (!bracket)
		return 0;
	t->metric = strpool_add_n(r->s->pool, name, (size_t)(bracket - name));
	t->thing = strpool_add_n(r->s->pool, bracket + 1, strlen(bracket) - 2);
	return t->metric && t->thing ? 0 : no_memory(r);
}

static int read_expression(struct block_reader *r, struct block_item *x)
{
	struct metric_word w;
	size_t at;

	if (metric_text_line_ends(&r->t) || r->t.s[r->t.at] != '=')
		return mistake(r, r->t.at, "'= EXPRESSION' is missing");
	r->t.at++;
	metric_text_rest(&r->t, &w);
	int err = expression_parse_views(w.s, w.n, views, &x->x, &at, r->e);

	if (err < 0)
		return metric_text_place(&r->t, w.at + at, err, r->e);
	unsigned int n = expression_n_names(x->x);

	x->term = calloc((size_t)n + 1, sizeof(*x->term));
	if (!x->term)
		return no_memory(r);
	for (unsigned int i = 0; err >= 0 && i < n; i++) {
		err = resolve(r, x, i, w.at);
		x->per_second |= x->term[i].item >= 0 ? r->b->item[x->term[i].item].per_second
						      : x->term[i].view == VIEW_RATE;
	}
	return err;
}

static int new_item(struct block_reader *r, struct block_item **ret)
{
	if (!r->b)
		return mistake(r, r->t.at, "a line 'block NAME \"TITLE\"' comes first");
	if (r->b->n_items == BLOCK_ITEMS_MAX)
		return mistake(r, r->t.at, "a block with more than %d lines", BLOCK_ITEMS_MAX);
	*ret = &r->b->item[r->b->n_items];
	return 0;
}

/* "let NAME = EXPRESSION" */
static int line_let(struct block_reader *r)
{
	struct block_item *x = NULL;
	struct metric_word w;
	int err = new_item(r, &x);

	if (err >= 0)
		err = need_name(r, &x->name, &w, "a name");
	if (err >= 0 && find_item(r->b, x->name) >= 0)
		err = mistake(r, w.at, "'%s' is defined already", x->name);
	if (err >= 0)
		err = read_expression(r, x);
	/* Also a half of one: what it has is freed with the set. */
	if (x)
		r->b->n_items++;
	return err;
}

/* %usr: usr_pct; rxpck/s: rxpck_per_s; ldavg-1: ldavg_1. */
static int name_of_title(struct block_reader *r, const char *title, const char **ret)
{
	char name[2 * NAME_MAX_BYTES];
	const char *p = *title == '%' ? title + 1 : title;
	size_t n = strlen(p), at = 0;
	bool per_s = n > 2 && !strcmp(p + n - 2, "/s");
	const char *end = per_s ? "_per_s" : p != title ? "_pct" : "";

	for (size_t i = 0; i < n - (per_s ? 2 : 0) && at < NAME_MAX_BYTES; i++) {
		char c = p[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		name[at++] = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
	}
	(void)snprintf(name + at, sizeof(name) - at, "%s", end);
	*ret = strpool_add(r->s->pool, name);
	return *ret ? 0 : no_memory(r);
}

static bool unit_known(const char *unit)
{
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (!strcmp(units[i], unit))
			return true;
	return false;
}

static bool per_second(const char *unit)
{
	size_t n = strlen(unit);

	return n >= 2 && !strcmp(unit + n - 2, "/s");
}

/* "UNIT DIGITS [json=KEY] [only=json]" and the help. */
static int column_head(struct block_reader *r, struct block_item *x)
{
	struct metric_word w, v;

	if (!metric_text_word(&r->t, &w))
		return mistake(r, r->t.at, "a unit is missing");
	int err = pooled(r, &w, &x->unit);

	if (err < 0)
		return err;
	if (!unit_known(x->unit))
		return mistake(r, w.at, "unknown unit '%.40s' (docs/formats/blocks.md has a list)",
			       x->unit);
	if (!metric_text_word(&r->t, &w) || w.n != 1 || *w.s < '0' || *w.s > '0' + DIGITS_MAX)
		return mistake(r, r->t.at, "digits behind the point, 0 to %d, are missing",
			       DIGITS_MAX);
	x->digits = (uint8_t)(*w.s - '0');
	x->where = BLOCK_IN_TABLE;
	while (err >= 0 && metric_text_word(&r->t, &w)) {
		if (option_is(&w, "json", &v))
			err = pooled(r, &v, &x->json);
		else if (metric_word_is(&w, "only=json"))
			x->where = 0;
		else
			return mistake(r, w.at, "expected json=KEY, only=json or a text");
	}
	x->where |= x->json ? BLOCK_IN_JSON : 0;
	if (err >= 0 && !x->where)
		return mistake(r, r->t.at, "a column that is shown nowhere");
	return err < 0 ? err : need_quoted(r, &x->help, "a description");
}

static int line_column(struct block_reader *r)
{
	struct block_item *x = NULL;
	size_t at = r->t.at;
	int err = new_item(r, &x);

	if (err >= 0)
		err = need_quoted(r, &x->title, "a title");
	if (err >= 0 && strlen(x->title) > NAME_MAX_BYTES)
		err = mistake(r, at, "a title of more than %d bytes", NAME_MAX_BYTES);
	if (err >= 0 && find_item(r->b, x->title) >= 0)
		err = mistake(r, at, "'%s' is defined already", x->title);
	if (err >= 0)
		err = name_of_title(r, x->title, &x->name);
	if (err >= 0)
		err = column_head(r, x);
	if (err >= 0)
		err = read_expression(r, x);
	if (err >= 0 && per_second(x->unit) && !x->per_second)
		err = mistake(r, at, "'%s' is in '%s' and has no rate()", x->title, x->unit);
	if (x)
		r->b->n_items++;
	return err;
}

/* ---- files ---- */

static int line_source(struct block_reader *r)
{
	const char *text;

	return need_quoted(r, &text, "a source");
}

static int read_line(struct block_reader *r)
{
	static const struct {
		const char *word;
		int (*read)(struct block_reader *r);
	} lines[] = {
		{ "column", line_column },
		{ "let", line_let },
		{ "block", line_block },
		{ "source", line_source },
	};
	struct metric_word w;
	size_t i = 0;

	if (!metric_text_word(&r->t, &w))
		return mistake(r, r->t.at, "a line begins with a word");
	while (i < ARRAY_SIZE(lines) && !metric_word_is(&w, lines[i].word))
		i++;
	if (i == ARRAY_SIZE(lines))
		return mistake(r, w.at,
			       "unknown word '%.*s' (there are: block, let, column, source)",
			       (int)min_of(w.n, (size_t)40), w.s);
	int err = lines[i].read(r);

	if (err < 0)
		return err;
	if (!metric_text_line_ends(&r->t))
		return mistake(r, r->t.at, "more on the line than a '%s' has", lines[i].word);
	return 0;
}

static int read_head(struct block_reader *r)
{
	struct metric_word w;
	const char *title;

	if (!metric_text_next_line(&r->t) || !metric_text_word(&r->t, &w) ||
	    !metric_word_is(&w, "blocks"))
		return mistake(r, r->t.at, "the file does not begin with 'blocks 1 \"TITLE\"'");
	if (!metric_text_word(&r->t, &w) || !metric_word_is(&w, "1"))
		return mistake(r, r->t.at, "not version 1 of the format");
	int err = need_quoted(r, &title, "a title");

	if (err >= 0 && !metric_text_line_ends(&r->t))
		err = mistake(r, r->t.at, "more on the line than a title");
	return err;
}

int block_set_add(struct block_set *s, const char *name, const char *text, size_t n, struct err *e)
{
	struct block_reader r = { .s = s, .t = { .file = name, .s = text, .n = n }, .e = e };
	const char *zero = n ? memchr(text, '\0', n) : NULL;

	if (n > BLOCK_FILE_MAX)
		return err_set(e, -EINVAL, "%.200s: more than %zu bytes", name, BLOCK_FILE_MAX);
	int err = zero ? mistake(&r, (size_t)(zero - text), "a zero byte") : read_head(&r);

	while (err >= 0 && metric_text_next_line(&r.t))
		err = read_line(&r);
	return err;
}
