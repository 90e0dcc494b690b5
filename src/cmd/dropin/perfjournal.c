/* SPDX-License-Identifier: MIT */
/*
 * perfjournal: an encrypted journal of perfcollector, or a capture in clear text, as JSON lines or
 * as its CSV files, with the options of the older program of that name. Rows are those of kymo
 * convert --compat perfjournal-columns; talk goes to stderr.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/quantity.h"
#include "cmd/dropin/dropin.h"
#include "cmd/dropin/go_config.h"
#include "cmd/dropin/perfjournal_csv.h"
#include "cmd/older_journal.h"
#include "format/perfcollector_record.h"
#include "import/json_stream.h"

#define TOOL	   "perfjournal"
#define TELL_EVERY (5 * NSEC_PER_SEC)

struct perfjournal_args {
	struct option_list config;
	const char *siteid, *sitename, *license, *input, *output, *mode, *cache;
	bool verbose, version;
};

static const struct option_spec options[] = {
	{ .name = "siteid",
	  .type = OPTION_STRING,
	  .arg = "N",
	  OPTION_AT(struct perfjournal_args, siteid),
	  .help = "number of the site; a record of another one ends it" },
	{ .name = "sitename",
	  .type = OPTION_STRING,
	  .arg = "S",
	  OPTION_AT(struct perfjournal_args, sitename),
	  .help = "name of the site, as in perfprocessord.conf" },
	{ .name = "license",
	  .type = OPTION_STRING,
	  .arg = "L",
	  OPTION_AT(struct perfjournal_args, license),
	  .help = "its licence; without name and licence the input is clear text" },
	{ .name = "input",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfjournal_args, input),
	  .help = "the journal, or a capture in clear text" },
	{ .name = "output",
	  .type = OPTION_STRING,
	  .arg = "PATH",
	  OPTION_AT(struct perfjournal_args, output),
	  .help = "csv: a folder that is there; json: a file, - is standard output" },
	{ .name = "mode",
	  .type = OPTION_STRING,
	  .arg = "csv|json",
	  OPTION_AT(struct perfjournal_args, mode),
	  .help = "what to write (csv)" },
	{ .name = "cache",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perfjournal_args, cache),
	  .help = "csv: speeds of network cards, from perfprocessord netcache, for %ifutil" },
	{ .name = "config",
	  .letter = 'C',
	  .type = OPTION_LIST,
	  .arg = "FILE",
	  OPTION_AT(struct perfjournal_args, config),
	  .help = "read this instead of ~/.perfjournal/perfjournal.conf" },
	{ .name = "verbose",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfjournal_args, verbose),
	  .help = "tell how far it is" },
	{ .name = "version",
	  .letter = 'V',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perfjournal_args, version),
	  .help = "print the version" },
	{ 0 },
};

/* ---- options and configuration ---- */

struct plan {
	const char *sitename, *license, *input, *output, *cache;
	uint64_t site;
	bool json, verbose;
};

static const char *either(const char *option, const struct go_config *c, const char *name)
{
	return option ? option : go_config_get(c, name);
}

static int make_plan(const struct perfjournal_args *a, const struct go_config *c, struct plan *p,
		     struct err *e)
{
	const char *site = either(a->siteid, c, "siteid"), *mode = either(a->mode, c, "mode");
	const char *v = go_config_get(c, "v");

	p->sitename = either(a->sitename, c, "sitename");
	p->license = either(a->license, c, "license");
	p->input = either(a->input, c, "input");
	p->output = either(a->output, c, "output");
	p->cache = either(a->cache, c, "cache");
	p->verbose = a->verbose || (v && (!strcmp(v, "1") || !strcmp(v, "true")));
	if (!site || quantity_parse_u64(site, &p->site, NULL) < 0 || !p->site)
		return err_set(e, -EINVAL, "which site? (try: --siteid 1)");
	if (!p->input || !p->output)
		return err_set(e, -EINVAL, "which %s? (try: --%s PATH)",
			       p->input ? "output" : "input", p->input ? "output" : "input");
	if (mode && strcmp(mode, "csv") != 0 && strcmp(mode, "json") != 0)
		return err_set(e, -EINVAL, "no mode '%s' (try: csv, json)", mode);
	p->json = mode && !strcmp(mode, "json");
	struct stat st;

	if (!p->json && (stat(p->output, &st) < 0 || !S_ISDIR(st.st_mode)))
		return err_set(e, -ENOTDIR, "there is no folder '%s' (try: mkdir)", p->output);
	return 0;
}

/* ---- records ---- */

struct counting {
	const struct plan *plan;
	uint64_t records;
	bool damaged; /* records of the journal were left out */
	nsec_t begun, told;
};

static void tell(struct counting *n, bool last)
{
	const nsec_t now = nsec_monotonic();
	char took[QUANTITY_MAX];

	if (!n->plan->verbose)
		return;
	if (last)
		log_info("Total entries processed: %" PRIu64 " in %s", n->records,
			 quantity_duration(took, now - n->begun));
	else if (now - n->told >= TELL_EVERY)
		log_info("Entries processed: %" PRIu64, n->records);
	else
		return;
	n->told = now;
}

/* The input as JSON lines: decrypted, or as it is. */
static int open_lines(const struct plan *p, struct counting *n, struct input **ret, struct err *e)
{
	struct older_journal older;

	if (p->verbose)
		log_info("open %s", p->input);
	if (!p->sitename || !p->license)
		return input_open(p->input, ret, e);
	int fd = older_journal_decrypt(p->input, p->site, p->sitename, p->license, &older, e);

	n->damaged = older.damaged > 0;
	return fd < 0 ? fd : input_open_fd(fd, p->input, ret, e);
}

/* Every record of @in to @take. What is none ends it, as what is damaged does. */
static int each_record(struct input *in, struct counting *n,
		       int (*take)(void *ctx, const struct perfcollector_record *r, struct err *e),
		       void *ctx, struct err *e)
{
	struct json_stream stream;
	json_t *object;
	int r;

	json_stream_init(&stream, in);
	while ((r = json_stream_next(&stream, &object, e)) > 0) {
		struct perfcollector_record record;

		r = perfcollector_record_of(object, &record)
			    ? take(ctx, &record, e)
			    : err_set(e, -EBADMSG, "'%s' at byte %" PRIu64 ": no record",
				      input_name(in), stream.offset);
		json_decref(object);
		if (r < 0)
			break;
		n->records++;
		tell(n, false);
	}
	json_stream_done(&stream);
	return r;
}

/* ---- JSON ---- */

static int put_line(void *ctx, const struct perfcollector_record *r, struct err *e)
{
	FILE *out = ctx;
	auto_buf line;

	buf_init(&line, BUF_MAX_DEFAULT);
	int rc = perfcollector_record_add(r, &line);

	if (rc < 0)
		return err_set(e, rc, "no memory");
	(void)fwrite(line.data, 1, line.len, out);
	return 0;
}

/* The file takes its name when all of it is written: nothing is of a wrong key or a damaged file.
 */
static int write_json(const struct plan *p, struct counting *n, struct err *e)
{
	const bool is_stdout = !strcmp(p->output, "-");
	auto_ptr(input) in = NULL;
	auto_ptr(new_file) file = NULL;
	FILE *out = stdout;
	int r = open_lines(p, n, &in, e);

	if (r >= 0 && !is_stdout) {
		r = new_file_open(p->output, 0666, 0, &file, e);
		if (r >= 0)
			r = new_file_stream(file, &out, e);
	}
	if (r >= 0)
		r = each_record(in, n, put_line, out, e);
	return r >= 0 && file ? new_file_commit(file, e) : r;
}

/* ---- CSV ---- */

static int sort_record(void *ctx, const struct perfcollector_record *r, struct err *e)
{
	return perfjournal_csv_take(ctx, r, e);
}

static int take_cache(void *ctx, const struct perfcollector_record *r, struct err *e)
{
	return perfjournal_csv_cache(ctx, r, e);
}

static int write_csv(const struct plan *p, struct counting *n, struct err *e)
{
	auto_ptr(input) in = NULL;
	auto_ptr(input) cache = NULL;
	auto_ptr(perfjournal_csv) csv = perfjournal_csv_new(p->site);
	struct counting none = { .plan = p };
	int r = csv ? 0 : err_set(e, -ENOMEM, "no memory");

	if (r >= 0 && p->cache) {
		r = input_open(p->cache, &cache, e);
		if (r >= 0)
			r = each_record(cache, &none, take_cache, csv, e);
	}
	if (r >= 0)
		r = open_lines(p, n, &in, e);
	if (r >= 0)
		r = each_record(in, n, sort_record, csv, e);
	if (r >= 0)
		r = perfjournal_csv_write(csv, p->output, e);
	if (p->verbose)
		log_set_level(LOG_INFO); /* kymo convert was told to be quiet */
	return r;
}

/* ---- the command ---- */

static int perfjournal_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	static const char *const known[] = { "siteid", "sitename", "license", "input", "output",
					     "mode",   "cache",	   "v",	      NULL };
	const struct perfjournal_args *a = args;
	struct plan p = { 0 };
	struct go_config c;
	struct err e = { 0 };

	(void)n_before;
	if (a->version) {
		puts(TOOL " version " KYMO_VERSION " (kymo)");
		return EXIT_SUCCESS;
	}
	if (n)
		return command_misused(TOOL, "unexpected word '%s'", word[0]);
	int r = go_config_read(&c, TOOL, &a->config, known, &e);

	if (r >= 0)
		r = make_plan(a, &c, &p, &e);
	struct counting count = { .plan = &p, .begun = nsec_monotonic(), .told = nsec_monotonic() };

	if (r >= 0)
		r = p.json ? write_json(&p, &count, &e) : write_csv(&p, &count, &e);
	if (r < 0)
		log_error(TOOL ": %s", err_text(&e, r));
	else
		tell(&count, true);
	go_config_done(&c);
	return r < 0 || count.damaged ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct command_example examples[] = {
	{ "perfjournal --siteid 1 --sitename 'Evil Corp' --license 6f37-6910-b2a0-e858-9657-f08d "
	  "--input journal --output out",
	  "a journal as CSV files below out" },
	{ "perfjournal --siteid 1 --input capture.json --mode json --output -",
	  "a capture in clear text as JSON lines" },
	{ NULL, NULL },
};

const struct command dropin_perfjournal = {
	.name = "perfjournal",
	.summary = "read journals of perfcollector, as its program of that name did",
	.usage = "[OPTIONS]",
	.description = "Writes CSV files (proc/stat, proc/meminfo, proc/net/dev, proc/diskstats) "
		       "below a folder, "
		       "or JSON lines. Options may begin with one dash or two; what they leave out "
		       "may stand in "
		       "~/.perfjournal/perfjournal.conf as NAME=VALUE.\n\n"
		       "Its columns are the older program's, its numbers are right: rates are over "
		       "the time that "
		       "passed, no sample is thrown away, and things that come and go end nothing "
		       "(kymo convert "
		       "--compat perfjournal gives the older numbers). A wrong site, name or "
		       "licence is told "
		       "apart from damage, and nothing is written then.",
	.options = options,
	.args_bytes = sizeof(struct perfjournal_args),
	.examples = examples,
	.run = perfjournal_run,
	.dropin = true,
	.single_dash = true,
};
