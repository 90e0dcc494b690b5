/* SPDX-License-Identifier: MIT */
/* kymo journal: options, which verb, and what the verbs share. */
#include "cmd/command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/checked_id.h"
#include "base/hex.h"
#include "base/log.h"
#include "base/quantity.h"
#include "base/timestamp.h"
#include "cmd/journal_verb.h"
#include "cmd/sealing.h"
#include "model/track.h"

static const struct journal_verb *const verbs[] = {
	&journal_verb_append, &journal_verb_list,   &journal_verb_show, &journal_verb_verify,
	&journal_verb_export, &journal_verb_repair, &journal_verb_keys,
};

static const struct option_spec journal_options[] = {
	{ .name = "key",
	  .letter = 'k',
	  .type = OPTION_LIST,
	  .arg = "FILE",
	  OPTION_AT(struct journal_args, key),
	  .help = "a key that the journal is sealed to (kymo key new); may be given several "
		  "times" },
	{ .name = "passphrase-file",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct journal_args, passphrase_file),
	  .help = "a file whose first line is the passphrase of the keys, or one that the journal "
		  "is sealed to; - is standard input" },
	{ .name = "site",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct journal_args, site),
	  OPTION_GIVEN(struct journal_args, site_given),
	  .help = "of this site; append: whose journal it is" },
	{ .name = "host",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct journal_args, host),
	  OPTION_GIVEN(struct journal_args, host_given),
	  .help = "of this host; append: whose recordings they are (0)" },
	{ .name = "run",
	  .type = OPTION_STRING,
	  .arg = "ID",
	  OPTION_AT(struct journal_args, run),
	  .help = "of this run: the begin of its id, or #N for a number of the older tools" },
	{ .name = "from",
	  .letter = 'f',
	  .type = OPTION_STRING,
	  .arg = "TIME",
	  OPTION_AT(struct journal_args, from),
	  .help = "from this time on: 2026-01-10, 2026-01-10T18:06, 2026-01-10T18:06:07+01:00; UTC "
		  "where no zone is given" },
	{ .name = "to",
	  .type = OPTION_STRING,
	  .arg = "TIME",
	  OPTION_AT(struct journal_args, to),
	  .help = "up to this time" },
	{ .name = "track",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct journal_args, track),
	  .help = "show: only blocks of this track" },
	{ .name = "metric",
	  .type = OPTION_STRING,
	  .arg = "GLOB",
	  OPTION_AT(struct journal_args, metric),
	  .help = "show: values of metrics whose name, or the thing that they are of, matches: "
		  "'disk.*', sda" },
	{ .name = "recipient",
	  .letter = 'r',
	  .type = OPTION_LIST,
	  .arg = "FILE",
	  OPTION_AT(struct journal_args, recipient),
	  .help = "append, repair -o: seal to this key (kymo key export); may be given several "
		  "times (those of the last segment)" },
	{ .name = "seal-passphrase-file",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct journal_args, seal_passphrase_file),
	  .help = "append, repair -o: seal to the passphrase in this file too" },
	{ .name = "site-name",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct journal_args, site_name),
	  .help = "append: the site's name" },
	{ .name = "segment-size",
	  .type = OPTION_SIZE,
	  .arg = "SIZE",
	  OPTION_AT(struct journal_args, segment_size),
	  .help = "append: begin a new segment behind so many bytes (256M)" },
	{ .name = "witness",
	  .letter = 'w',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct journal_args, witness),
	  .help = "append, repair -o: add each checkpoint to this file, which belongs elsewhere; "
		  "verify, export: the journal must have what it saw" },
	{ .name = "id",
	  .type = OPTION_STRING,
	  .arg = "ID",
	  OPTION_AT(struct journal_args, id),
	  .help = "verify, export, repair -o: the journal must be this one" },
	{ .name = "open",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, open),
	  .help = "verify: a journal that is not closed is all right, its writer is at work" },
	{ .name = "no-verify",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, verify_not),
	  .help = "export, repair -o: do not verify before" },
	{ .name = "segments",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, segments),
	  .help = "list: segments instead of runs; takes no key" },
	{ .name = "records",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, records),
	  .help = "show: the bytes of records as they are, nothing else" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "PATH",
	  OPTION_AT(struct journal_args, output),
	  .help = "export: the folder for recordings and records, or the file for --licence; "
		  "repair: a new journal for what can be read" },
	{ .name = "licence",
	  .type = OPTION_STRING,
	  .arg = "TEXT",
	  OPTION_AT(struct journal_args, licence),
	  .help = "append: files are encrypted journals of perfcollector, of --site, --site-name "
		  "and this licence; export: write records as one" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, json),
	  .help = "answer as JSON" },
	{ .name = "csv",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct journal_args, csv),
	  .help = "list, show, keys: as CSV" },
	{ 0 },
};

/* ---- shared ---- */

int journal_failed(struct err *e, int code)
{
	log_error("%s", err_text(e, code));
	return EXIT_FAILURE;
}

const char *journal_run_text(const struct journal_stream *s, char ret[JOURNAL_RUN_TEXT])
{
	if (s->is_number)
		(void)snprintf(ret, JOURNAL_RUN_TEXT, "#%" PRIu64, journal_stream_number(s));
	else
		hex_text(s->run, 8, ret);
	return ret;
}

const char *journal_time_text(nsec_t t, char *ret)
{
	ret[0] = 0;
	return t ? timestamp_text(ret, t) : ret;
}

const char *journal_id_text(const uint8_t id[JOURNAL_ID_BYTES], char *ret)
{
	return checked_id_text(id, JOURNAL_ID_BYTES, ret);
}

/* Day, or day and time, with a zone or without. */
static int parse_time(const char *text, nsec_t *ret, struct err *e)
{
	static const char full[] = "0000-00-00T00:00:00Z";
	char whole[64];
	const size_t n = strlen(text);

	if (n < sizeof(whole) - sizeof(full)) {
		memcpy(whole, text, n + 1);
		/* What is left out is the begin: 2026-01-10 and 2026-01-10T18:06. */
		if (n == 10 || n == 16)
			memcpy(whole + n, full + n, sizeof(full) - n);
		else if (!strpbrk(text + min_of(n, (size_t)11), "Zz+-"))
			memcpy(whole + n, "Z", 2);
		if (timestamp_parse(whole, ret) == 0)
			return 0;
	}
	return err_set(e, -EINVAL, "'%s' is no time (try: 2026-01-10T18:06:07Z)", text);
}

static int parse_run(const char *text, struct journal_filter *ret, struct err *e)
{
	struct journal_stream s;
	uint64_t number;

	ret->has_run = true;
	if (text[0] == '#') {
		if (quantity_parse_u64(text + 1, &number, e) < 0)
			return -EINVAL;
		journal_stream_set_number(&s, number);
		memcpy(ret->run, s.run, sizeof(ret->run));
		ret->run_bytes = sizeof(ret->run);
		ret->run_is_number = true;
		return 0;
	}
	ret->run_bytes = hex_bytes(text, ret->run, sizeof(ret->run));
	return ret->run_bytes
		       ? 0
		       : err_set(e, -EINVAL,
				 "'%s' is no run: digits of its id, by twos, or #NUMBER", text);
}

int journal_filter_parse(const struct journal_args *a, struct journal_filter *ret, struct err *e)
{
	struct journal_filter f = { .has_site = a->site_given,
				    .site = a->site,
				    .has_host = a->host_given,
				    .host = a->host };
	int r = a->run ? parse_run(a->run, &f, e) : 0;

	if (r >= 0 && a->from)
		r = parse_time(a->from, &f.from, e);
	if (r >= 0 && a->to)
		r = parse_time(a->to, &f.to, e);
	if (r >= 0 && f.to && f.to <= f.from)
		r = err_set(e, -EINVAL, "--to is not behind --from");
	if (r >= 0 && a->track) {
		const struct track *t = track_by_name(a->track);

		if (!t)
			return err_set(e, -EINVAL, "there is no track '%s'", a->track);
		f.has_track = true;
		f.track = t->id;
		f.kinds = 1u << ENTRY_BLOCK;
	}
	*ret = f;
	return r;
}

int journal_open(const struct journal_args *a, const char *path, struct keyring **ret_keys,
		 struct journal_reader **ret, struct err *e)
{
	struct journal_filter f;
	int r = journal_filter_parse(a, &f, e);

	if (r >= 0)
		r = sealing_keyring(&a->key, a->passphrase_file, ret_keys, e);
	return r < 0 ? r : journal_reader_open(path, *ret_keys, &f, ret, e);
}

bool journal_tell_damage(struct journal_reader *r)
{
	struct journal_reader_state st;

	journal_reader_get(r, &st);
	log_progress_done();
	for (const char *line = buf_str(st.notes); *line;) {
		size_t n = strcspn(line, "\n");

		log_warn("%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
	if (st.locked)
		log_warn("%" PRIu64 " segments are sealed to others, left out", st.locked);
	return st.damaged || st.locked;
}

void journal_progress(void *ctx, uint64_t done, uint64_t total)
{
	nsec_t *shown = ctx, now = nsec_monotonic();
	char a[QUANTITY_MAX], b[QUANTITY_MAX];

	if (now - *shown < 200 * NSEC_PER_MSEC)
		return;
	*shown = now;
	log_progress("%s of %s", quantity_size(a, done), quantity_size(b, total));
}

/* ---- the command ---- */

static void extra_help(FILE *out)
{
	fputs("Verbs:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-8s %-24s %s\n", verbs[i]->name, verbs[i]->usage,
			verbs[i]->summary);
}

static void first_words(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i]->name);
}

static int journal_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct journal_args *a = args;
	const struct journal_verb *v = NULL;

	(void)n_before;
	for (size_t i = 0; n && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(word[0], verbs[i]->name))
			v = verbs[i];
	if (!v)
		return command_misused("journal", n ? "no verb '%s'" : "which verb?%s",
				       n ? word[0] : "");
	if (a->json && a->csv)
		return command_misused("journal", "--json and --csv exclude each other");
	if (n - 1 < v->min_words || n - 1 > v->max_words)
		return command_misused("journal", "%s takes %s", v->name, v->usage);
	return v->run(a, word + 1, n - 1);
}

static const struct command_example examples[] = {
	{ "kymo journal append j run.kymo --site 1 --site-name 'Evil Corp' -r reader.pub",
	  "a new journal, sealed to the holder of reader.key, with a recording in it" },
	{ "kymo journal append j run.kymo --host 2", "one more, of another host" },
	{ "kymo journal verify j", "is it what its writer wrote, all of it; takes no key" },
	{ "kymo journal list j -k reader.key", "which runs are in it" },
	{ "kymo journal show j -k reader.key --host 2 --from 2026-01-10",
	  "what of a host, since when" },
	{ "kymo journal show j -k reader.key --metric 'cpu.*' --csv",
	  "values of metrics, without a recording between" },
	{ "kymo journal export j -k reader.key -o out", "the recordings again" },
	{ "kymo journal keys j", "who can read it" },
	{ NULL, NULL },
};

const struct command command_journal = {
	.name = "journal",
	.summary = "keep recordings sealed: encrypted for some, and no change unnoticed",
	.usage = "[OPTIONS] VERB DIR [FILE...]",
	.description = "A journal is a folder to which recordings of many hosts are only ever "
		       "appended. It is "
		       "encrypted for the keys and passphrases that it is sealed to; the writer "
		       "itself needs "
		       "only their public halves. Its blocks hang in a chain of hashes that is "
		       "signed every "
		       "minute with keys that evolve: flipped bits, cuts, deletions, repeats, "
		       "other orders and "
		       "pieces of other journals are noticed, by everyone, without a key; "
		       "docs/formats/journal.md "
		       "says by whom what is noticed and what is not.\n\n"
		       "What append acknowledges is on disk. verify says intact only of a journal "
		       "that was "
		       "closed; of one that ends open it tells how much of it is not signed yet. A "
		       "witness, "
		       "kept where the writer's machine cannot change it, shows when a journal was "
		       "set back.\n\n"
		       "append also takes captures and journals of perfcollector, whose records "
		       "are kept as "
		       "they are. The exit status is 1 when something is damaged, missing or of "
		       "another key; a "
		       "wrong key is told apart from damage, and nothing is written then.",
	.options = journal_options,
	.args_bytes = sizeof(struct journal_args),
	.examples = examples,
	.extra_help = extra_help,
	.first_words = first_words,
	.run = journal_run,
};
