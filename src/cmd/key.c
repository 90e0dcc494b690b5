/* SPDX-License-Identifier: MIT */
/* kymo key: keys that journals are sealed to, and licences. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/new_file.h"
#include "base/timestamp.h"
#include "cmd/command.h"
#include "cmd/key_verb.h"
#include "cmd/sealing.h"
#include "export/answer_json.h"
#include "format/json.h"

static const struct key_verb *const verbs[] = {
	&key_verb_new,	   &key_verb_export, &key_verb_rotate,	 &key_verb_show,
	&key_verb_licence, &key_verb_verify, &key_verb_registry,
};

static const struct option_spec key_options[] = {
	{ .name = "site",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct key_args, site),
	  OPTION_GIVEN(struct key_args, site_given),
	  .help = "new: number of the site that the key is of (none: a vendor's); licence, verify: "
		  "the site that it is for" },
	{ .name = "name",
	  .type = OPTION_STRING,
	  .arg = "NAME",
	  OPTION_AT(struct key_args, name),
	  .help = "name of the site or vendor" },
	{ .name = "passphrase-file",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct key_args, passphrase_file),
	  .help = "a file whose first line is the passphrase of the key file; - is standard "
		  "input" },
	{ .name = "output",
	  .letter = 'o',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct key_args, output),
	  .help = "export: the file to write (standard output)" },
	{ .name = "key",
	  .letter = 'k',
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct key_args, key),
	  .help = "licence: the issuer's key; verify: the issuer's public key" },
	{ .name = "mac",
	  .type = OPTION_LIST,
	  .arg = "MAC",
	  OPTION_AT(struct key_args, host),
	  .help = "licence: a machine that it is for, by the MAC of a network card; verify: the "
		  "machine to look at (this one)" },
	{ .name = "host-key",
	  .type = OPTION_LIST,
	  .arg = "SHA256:...",
	  OPTION_AT(struct key_args, host_key),
	  .help = "the same by the fingerprint of its host key, as ssh-keygen -l shows it" },
	{ .name = "any-host",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct key_args, any_host),
	  .help = "verify: do not look at the machine" },
	{ .name = "from",
	  .type = OPTION_STRING,
	  .arg = "TIME",
	  OPTION_AT(struct key_args, from),
	  .help = "licence: good from this time on (now): 2026-01-10T18:06:07Z" },
	{ .name = "days",
	  .type = OPTION_U64,
	  .arg = "N",
	  OPTION_AT(struct key_args, days),
	  .help = "licence: good for so many days (30)" },
	{ .name = "at",
	  .type = OPTION_STRING,
	  .arg = "TIME",
	  OPTION_AT(struct key_args, at),
	  .help = "verify: at this time (now)" },
	{ .name = "feature",
	  .type = OPTION_LIST,
	  .arg = "WORD",
	  OPTION_AT(struct key_args, feature),
	  .help = "licence: what it is for; verify: what it must be for" },
	{ .name = "registry",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct key_args, registry),
	  .help = "licence: note it in this file, which is made where it is not there" },
	{ .name = "json",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct key_args, json),
	  .help = "answer as JSON" },
	{ 0 },
};

static const struct key_args defaults = { .days = 30 };

/* ---- shared ---- */

int key_failed(struct err *e, int code)
{
	log_error("%s", err_text(e, code));
	return EXIT_FAILURE;
}

int key_read(const char *path, const struct key_args *a, struct identity **ret, struct err *e)
{
	char *passphrase = NULL;
	int r = sealing_passphrase(a->passphrase_file, &passphrase, e);

	if (r >= 0)
		r = sealing_key(path, passphrase, ret, e);
	seal_free(passphrase);
	return r;
}

int key_time(const char *text, uint64_t *ret_seconds, struct err *e)
{
	nsec_t t = nsec_realtime();

	if (text && timestamp_parse(text, &t) < 0)
		return err_set(e, -EINVAL, "'%s' is no time (try: 2026-01-10T18:06:07Z)", text);
	*ret_seconds = t / NSEC_PER_SEC;
	return 0;
}

/* ---- key files ---- */

/* The text of a key file, under a passphrase unless it is NULL. Wipe it. */
static int make_text(const struct identity *id, const char *passphrase, struct buf *out,
		     struct err *e)
{
	struct recipient sealing;
	int r = passphrase ? recipient_from_passphrase(passphrase, 0, 0, &sealing, e) : 0;

	if (r >= 0)
		r = buf_reserve(out, IDENTITY_FILE_MAX)
			    ? identity_put(id, passphrase ? &sealing : NULL, out, e)
			    : err_set(e, -ENOMEM, "no memory");
	recipient_wipe(&sealing);
	return r;
}

static void wipe(struct buf *b)
{
	if (b->data)
		sodium_memzero(b->data, b->cap);
	buf_done(b);
}

/* A file of secrets that was not there before, whole and on disk or not there. */
static int create_secret(const char *path, const struct buf *text, struct err *e)
{
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	int r = fd < 0 ? -errno : file_write_all(fd, text->data, text->len);

	if (r >= 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	/* What is sealed to it from now on may be on disk earlier than its name. */
	if (r >= 0)
		r = file_sync_folder_of(path);
	if (r < 0 && fd >= 0)
		(void)unlink(path);
	return r == -EEXIST ? err_set(e, r, "'%s' is there already; a key is never replaced", path)
	       : r < 0	    ? err_set(e, r, "cannot create '%s': %s", path, strerror(-r))
			    : 0;
}

static void add_identity(struct json *j, const struct identity *id)
{
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], time[TIMESTAMP_MAX];
	uint8_t bytes[CHECKED_ID_BYTES];

	identity_id(id, UINT_MAX, bytes);
	json_key_str(j, "id", checked_id_text(bytes, sizeof(bytes), text));
	json_key_u64(j, "site", identity_site(id));
	json_key_str(j, "name", identity_name(id));
	json_key_str(j, "created", timestamp_text(time, identity_created(id)));
	json_key_u64(j, "generations", identity_generations(id));
	json_key_bool(j, "secret", identity_is_secret(id));
}

static int tell_key(const char *path, const struct identity *id, const struct key_args *a,
		    const char *done)
{
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)];
	uint8_t bytes[CHECKED_ID_BYTES];
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	if (!a->json) {
		identity_id(id, UINT_MAX, bytes);
		log_info("%s: %s, id %s", path, done, checked_id_text(bytes, sizeof(bytes), text));
		return 0;
	}
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "file", path);
	add_identity(&j, id);
	json_end(&j);
	return json_drain(&j, stdout);
}

static int new_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(identity) id = NULL;
	char *passphrase = NULL;
	struct err e = { 0 };
	struct buf text;

	(void)n;
	if (!a->name)
		return command_misused("key", "new takes --name: of the site or vendor");
	buf_init(&text, IDENTITY_FILE_MAX * 2);
	int r = identity_new(a->site, a->name, &id, &e);

	if (r >= 0)
		r = sealing_passphrase(a->passphrase_file, &passphrase, &e);
	if (r >= 0)
		r = make_text(id, passphrase, &text, &e);
	if (r >= 0)
		r = create_secret(word[0], &text, &e);
	seal_free(passphrase);
	wipe(&text);
	if (r >= 0)
		r = tell_key(word[0], id, a, "a new key");
	return r < 0 ? key_failed(&e, r) : EXIT_SUCCESS;
}

static int export_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(identity) id = NULL;
	auto_ptr(new_file) f = NULL;
	struct err e = { 0 };
	auto_buf text;

	(void)n;
	buf_init(&text, IDENTITY_FILE_MAX);
	int r = key_read(word[0], a, &id, &e);

	if (r >= 0 && !identity_is_secret(id))
		r = err_set(&e, -EPERM, "'%s' is a public key already", word[0]);
	if (r >= 0) {
		r = identity_put_public(id, &text);
		if (r < 0)
			err_set(&e, r, "no memory");
	}
	if (r >= 0 && !a->output)
		(void)fwrite(text.data, 1, text.len, stdout);
	if (r >= 0 && a->output) {
		r = new_file_open(a->output, 0644, 0, &f, &e);
		if (r >= 0)
			r = file_write_all(new_file_fd(f), text.data, text.len);
		if (r >= 0)
			r = new_file_commit(f, &e);
		if (r >= 0)
			r = tell_key(a->output, id, a, "the public key");
	}
	return r < 0 ? key_failed(&e, r) : EXIT_SUCCESS;
}

/* The old file's bytes are overwritten where they stood: what was erased shall be gone. */
static void overwrite(int fd)
{
	struct stat st;
	static const uint8_t zeros[IDENTITY_FILE_MAX];

	if (fstat(fd, &st) == 0 && st.st_size > 0 && st.st_nlink == 0)
		(void)!file_pwrite_all(fd, zeros, min_of((size_t)st.st_size, sizeof(zeros)), 0);
	(void)fsync(fd);
}

static int rotate_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(identity) id = NULL;
	auto_ptr(new_file) f = NULL;
	char *passphrase = NULL;
	struct err e = { 0 };
	struct buf text;

	(void)n;
	buf_init(&text, IDENTITY_FILE_MAX * 2);
	/* Once, for reading and for writing: it may come from a pipe. */
	int r = sealing_passphrase(a->passphrase_file, &passphrase, &e);

	if (r >= 0)
		r = sealing_key(word[0], passphrase, &id, &e);
	auto_close int old = r < 0 ? -1 : open(word[0], O_RDWR | O_CLOEXEC);

	if (r >= 0)
		r = identity_rotate(id, &e);
	if (r >= 0)
		r = make_text(id, passphrase, &text, &e);
	if (r >= 0)
		r = new_file_open(word[0], 0600, NEW_FILE_SYNC, &f, &e);
	if (r >= 0) {
		r = file_write_all(new_file_fd(f), text.data, text.len);
		if (r < 0)
			err_set(&e, r, "cannot write '%s': %s", word[0], strerror(-r));
	}
	if (r >= 0)
		r = new_file_commit(f, &e);
	seal_free(passphrase);
	wipe(&text);
	if (r >= 0 && old >= 0)
		overwrite(old);
	if (r >= 0)
		r = tell_key(word[0], id, a,
			     "a new generation; export it, and seal to it from now on");
	return r < 0 ? key_failed(&e, r) : EXIT_SUCCESS;
}

static int show_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(identity) id = NULL;
	struct err e = { 0 };
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], time[TIMESTAMP_MAX];
	uint8_t bytes[CHECKED_ID_BYTES];
	int r = key_read(word[0], a, &id, &e);

	(void)n;
	if (r < 0)
		return key_failed(&e, r);
	if (a->json)
		return tell_key(word[0], id, a, "") < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	printf("kind     %s\n", identity_is_secret(id) ? "key, with its secrets" : "public key");
	if (identity_site(id))
		printf("site     %" PRIu64 "\n", identity_site(id));
	printf("name     %s\ncreated  %s\n", identity_name(id),
	       timestamp_text(time, identity_created(id)));
	for (unsigned int g = 0; g < identity_generations(id); g++) {
		identity_id(id, g, bytes);
		printf("id %-5u %s\n", g, checked_id_text(bytes, sizeof(bytes), text));
	}
	return EXIT_SUCCESS;
}

const struct key_verb key_verb_new = {
	.name = "new",
	.usage = "FILE",
	.summary = "make a key file",
	.min_words = 1,
	.max_words = 1,
	.run = new_run,
};
const struct key_verb key_verb_export = {
	.name = "export",
	.usage = "FILE",
	.summary = "its public half, for who seals and who checks",
	.min_words = 1,
	.max_words = 1,
	.run = export_run,
};
const struct key_verb key_verb_rotate = {
	.name = "rotate",
	.usage = "FILE",
	.summary = "a new generation, certified by the one before, which still reads",
	.min_words = 1,
	.max_words = 1,
	.run = rotate_run,
};
const struct key_verb key_verb_show = {
	.name = "show",
	.usage = "FILE",
	.summary = "whose it is, and its ids",
	.min_words = 1,
	.max_words = 1,
	.run = show_run,
};

/* ---- the command ---- */

static void extra_help(FILE *out)
{
	fputs("Verbs:\n", out);
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "  %-9s %-12s %s\n", verbs[i]->name, verbs[i]->usage,
			verbs[i]->summary);
}

static void first_words(FILE *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(verbs); i++)
		fprintf(out, "%s%s", i ? " " : "", verbs[i]->name);
}

static int key_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	const struct key_args *a = args;
	const struct key_verb *v = NULL;

	(void)n_before;
	for (size_t i = 0; n && i < ARRAY_SIZE(verbs); i++)
		if (!strcmp(word[0], verbs[i]->name))
			v = verbs[i];
	if (!v)
		return command_misused("key", n ? "no verb '%s'" : "which verb?%s",
				       n ? word[0] : "");
	if (n - 1 < v->min_words || n - 1 > v->max_words)
		return command_misused("key", "%s takes %s", v->name,
				       *v->usage ? v->usage : "no words");
	return v->run(a, word + 1, n - 1);
}

static const struct command_example examples[] = {
	{ "kymo key new own.key --site 1 --name 'Evil Corp'",
	  "a key that journals can be sealed to, and opened with" },
	{ "kymo key export own.key -o own.pub", "its public half, which machines that write get" },
	{ "kymo key rotate own.key", "a new generation; the old ones still open what they opened" },
	{ "kymo key new vendor.key --name Vendor", "a vendor's key, which signs licences" },
	{ "kymo key licence -k issuer.key --site 1 --name 'Evil Corp' --days 365",
	  "a licence for any machine of a site, for a year" },
	{ "kymo key show own.pub", "whose key it is" },
	{ NULL, NULL },
};

const struct command command_key = {
	.name = "key",
	.summary = "make keys for sealed journals, and issue and check licences",
	.usage = "[OPTIONS] VERB [FILE | TOKEN]",
	.description = "A key is what journals are sealed to: who has the key file reads them, who "
		       "has its "
		       "public half can only seal. The same key signs licences: tokens that say "
		       "which site may "
		       "use what, on which machines, for how long. A licence encrypts nothing, and "
		       "no key can "
		       "be made of it. Forms: docs/formats/keys.md.\n\n"
		       "Key files have mode 0600 and are never replaced but by rotate. Where only "
		       "the vendor's "
		       "public key is on a site, the site writes journals that it cannot read.\n\n"
		       "verify names the first thing that fails: issuer, signature, site, name, "
		       "machine, time, "
		       "feature; the exit status is 1 then.",
	.options = key_options,
	.args_bytes = sizeof(struct key_args),
	.args_default = &defaults,
	.examples = examples,
	.extra_help = extra_help,
	.first_words = first_words,
	.run = key_run,
};
