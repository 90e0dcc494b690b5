/* SPDX-License-Identifier: MIT */
/*
 * perflicense: licences as perfcollector's program of that name made them, with its words and
 * lines. What it prints is a signed token (docs/formats/keys.md) of the key
 * ~/.perflicense/issuer.key, which is made at the first licence.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/quantity.h"
#include "cmd/dropin/dropin.h"
#include "cmd/dropin/go_config.h"
#include "cmd/licence_issue.h"
#include "cmd/sealing.h"
#include "store/registry_file.h"

#define TOOL	    "perflicense"
#define DAY_SECONDS 86400u

struct perflicense_args {
	struct option_list config;
	bool version, createdb;
	const char *db, *dburi, *key;
};

static const struct option_spec options[] = {
	{ .name = "config",
	  .letter = 'C',
	  .type = OPTION_LIST,
	  .arg = "FILE",
	  OPTION_AT(struct perflicense_args, config),
	  .help = "read this instead of ~/.perflicense/perflicense.conf" },
	{ .name = "version",
	  .letter = 'v',
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perflicense_args, version),
	  .help = "print the version" },
	{ .name = "createdb",
	  .type = OPTION_FLAG,
	  OPTION_AT(struct perflicense_args, createdb),
	  .help = "make the registry, then exit" },
	{ .name = "db",
	  .type = OPTION_STRING,
	  .arg = "KIND",
	  OPTION_AT(struct perflicense_args, db),
	  .help = "keep a registry: sqlite (what the older tool called postgres is one file, "
		  "too)" },
	{ .name = "dburi",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perflicense_args, dburi),
	  .help = "the registry's file (~/.perflicense/licences.db)" },
	{ .name = "key",
	  .type = OPTION_STRING,
	  .arg = "FILE",
	  OPTION_AT(struct perflicense_args, key),
	  .help = "the issuer's key (~/.perflicense/issuer.key)" },
	{ 0 },
};

/* ---- words KEY=VALUE behind the action ---- */

#define WORDS_MAX 16

struct words {
	char name[WORDS_MAX][32];
	const char *value[WORDS_MAX];
	unsigned int n;
};

static int take_words(const char *const *word, unsigned int n, const char *const *known,
		      struct words *ret, struct err *e)
{
	for (unsigned int i = 0; i < n; i++) {
		const size_t len = strcspn(word[i], "=");
		const char *const *k = known;

		while (*k && !(strlen(*k) == len && !strncmp(*k, word[i], len)))
			k++;
		if (!*k)
			return err_set(e, -EINVAL, "unknown argument '%.*s'", (int)len, word[i]);
		for (unsigned int w = 0; w < ret->n; w++)
			if (!strcmp(ret->name[w], *k))
				return err_set(e, -EINVAL, "'%s' is there twice", *k);
		(void)snprintf(ret->name[ret->n], sizeof(ret->name[0]), "%s", *k);
		ret->value[ret->n++] = word[i][len] ? word[i] + len + 1 : "";
	}
	return 0;
}

static const char *word_of(const struct words *w, const char *name)
{
	for (unsigned int i = 0; i < w->n; i++)
		if (!strcmp(w->name[i], name))
			return w->value[i];
	return NULL;
}

/* What stands there must be one: nothing is taken for the default because it cannot be read. */
static int number_of(const struct words *w, const char *name, uint64_t missing, uint64_t *ret,
		     struct err *e)
{
	const char *s = word_of(w, name);

	*ret = missing;
	if (s && quantity_parse_u64(s, ret, NULL) < 0)
		return err_set(e, -EINVAL, "%s: '%s' is no number", name, s);
	return 0;
}

static int truth_of(const struct words *w, const char *name, bool *ret, struct err *e)
{
	const char *s = word_of(w, name);

	*ret = s && (!strcmp(s, "1") || !strcasecmp(s, "true"));
	if (!s || *ret || !strcmp(s, "0") || !strcasecmp(s, "false"))
		return 0;
	return err_set(e, -EINVAL, "%s: '%s' is neither true nor false", name, s);
}

/* ---- actions ---- */

struct perflicense {
	char key[512], registry[512];
	bool has_registry;
};

static int make_home(struct err *e)
{
	char path[512];

	if (!go_home_path(TOOL, "", path, sizeof(path)))
		return err_set(e, -ENOENT, "there is no HOME (try: -key FILE)");
	return mkdir(path, 0700) < 0 && errno != EEXIST
		       ? err_set(e, -errno, "cannot create '%s': %s", path, strerror(errno))
		       : 0;
}

/* The issuer's key. Made where it is not there, never where it cannot be read. */
static int issuer_key(const struct perflicense *p, struct identity **ret, struct err *e)
{
	if (access(p->key, F_OK) == 0 || errno != ENOENT)
		return sealing_key(p->key, NULL, ret, e);
	struct line l = { 0 };
	int r = make_home(e);

	if (r < 0)
		return r;
	line_add(&l, "key");
	line_add(&l, "new");
	line_add(&l, p->key);
	line_option(&l, "--name", TOOL);
	if (line_run(&l) != EXIT_SUCCESS)
		return err_set(e, -EIO, "no licence without the issuer's key");
	return sealing_key(p->key, NULL, ret, e);
}

static int need_registry(struct perflicense *p, struct registry **ret, struct err *e)
{
	if (!p->has_registry)
		return err_set(e, -EINVAL,
			       "users and sites are kept in a registry (try: -db sqlite)");
	return registry_open(p->registry, true, ret, e);
}

static int licenseadd(struct perflicense *p, const struct words *w, struct err *e)
{
	static const uint64_t default_days = 30;
	auto_ptr(identity) issuer = NULL;
	struct licence l = { .n_hosts = 1 };
	struct licence_note note = { .registry = p->has_registry ? p->registry : NULL };
	const char *name = word_of(w, "sitename"), *mac = word_of(w, "mac");
	const char *duration = word_of(w, "duration");
	char token[LICENCE_TEXT_MAX];
	nsec_t length = default_days * DAY_SECONDS * NSEC_PER_SEC;
	int r = number_of(w, "siteid", 0, &l.site, e);

	if (r >= 0 && (!l.site || !name || !mac))
		r = err_set(e, -EINVAL, "licenseadd takes siteid=, sitename= and mac=");
	if (r >= 0)
		r = licence_parse_host(mac, &l.host[0], e);
	if (r >= 0)
		r = number_of(w, "version", 1, &note.version, e);
	if (r >= 0)
		r = number_of(w, "user", 0, &note.user, e);
	if (r >= 0 && duration)
		r = quantity_parse_duration(duration, &length, e);
	if (r >= 0 && strlen(name) >= sizeof(l.site_name))
		r = err_set(e, -EINVAL, "sitename= is too long");
	if (r < 0)
		return r;
	if (!word_of(w, "version"))
		puts("version not specified, defaulting to 1");
	if (!duration)
		puts("duration not specified, defaulting to 30 days");
	(void)snprintf(l.site_name, sizeof(l.site_name), "%s", name);
	l.not_before = nsec_realtime() / NSEC_PER_SEC;
	l.not_after = l.not_before + length / NSEC_PER_SEC;
	r = issuer_key(p, &issuer, e);
	if (r >= 0)
		r = licence_issue_noted(&l, issuer, &note, token, e);
	if (r < 0)
		return r;
	printf("# License information\nsiteid=%" PRIu64 "\nsitename=%s\nlicense=%s\n", l.site, name,
	       token);
	log_info("licence %s, until %s", note.short_id, note.until);
	return 0;
}

static int useradd(struct perflicense *p, const struct words *w, struct err *e)
{
	auto_ptr(registry) g = NULL;
	const char *email = word_of(w, "email");
	uint64_t id;
	bool admin;
	int r = truth_of(w, "admin", &admin, e);

	if (r >= 0 && (!email || !*email))
		r = err_set(e, -EINVAL, "useradd takes email=");
	if (r >= 0)
		r = need_registry(p, &g, e);
	if (r >= 0)
		r = registry_add_user(g, email, admin, &id, e);
	if (r >= 0)
		printf("User id: %" PRIu64 "\n", id);
	return r;
}

static int siteadd(struct perflicense *p, const struct words *w, struct err *e)
{
	auto_ptr(registry) g = NULL;
	const char *name = word_of(w, "name");
	uint64_t id;
	int r = name && *name ? need_registry(p, &g, e)
			      : err_set(e, -EINVAL, "siteadd takes name=");

	if (r >= 0)
		r = registry_add_site(g, name, &id, e);
	if (r >= 0)
		printf("Site id: %" PRIu64 "\n", id);
	return r;
}

static const struct {
	const char *name;
	const char *const known[8];
	int (*run)(struct perflicense *p, const struct words *w, struct err *e);
} actions[] = {
	{ "licenseadd",
	  { "siteid", "sitename", "mac", "version", "duration", "user" },
	  licenseadd },
	{ "useradd", { "email", "admin" }, useradd },
	{ "siteadd", { "name" }, siteadd },
};

/* ---- the command ---- */

/* Where key and registry are, from options and configuration. */
static int settle(struct perflicense *p, const struct perflicense_args *a,
		  const struct go_config *c, struct err *e)
{
	const char *db = a->db ? a->db : go_config_get(c, "db");
	const char *uri = a->dburi ? a->dburi : go_config_get(c, "dburi");
	const char *key = a->key ? a->key : go_config_get(c, "key");
	bool there = true;

	if (db && strcmp(db, "sqlite") != 0 && strcmp(db, "postgres") != 0)
		return err_set(e, -EINVAL, "no database '%s' (try: sqlite)", db);
	if (uri && strstr(uri, "://"))
		return err_set(e, -EINVAL,
			       "the registry is a file, which '%s' is not (try: -dburi "
			       "licences.db)",
			       uri);
	p->has_registry = db || uri || a->createdb;
	if (uri)
		(void)snprintf(p->registry, sizeof(p->registry), "%s", uri);
	else
		there = go_home_path(TOOL, "licences.db", p->registry, sizeof(p->registry));
	if (key)
		(void)snprintf(p->key, sizeof(p->key), "%s", key);
	else
		there = go_home_path(TOOL, "issuer.key", p->key, sizeof(p->key)) && there;
	if (!there)
		return err_set(e, -ENOENT, "there is no HOME (try: -key FILE, -dburi FILE)");
	return p->has_registry && !uri ? make_home(e) : 0;
}

static int act(struct perflicense *p, const char *const *word, unsigned int n, struct err *e)
{
	struct words w = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
		if (!strcmp(actions[i].name, word[0])) {
			int r = n - 1 > WORDS_MAX
					? err_set(e, -EINVAL, "too many arguments")
					: take_words(word + 1, n - 1, actions[i].known, &w, e);

			return r < 0 ? r : actions[i].run(p, &w, e);
		}
	return err_set(e, -EINVAL, "no action '%s' (try: licenseadd, useradd, siteadd)", word[0]);
}

static int perflicense_run(void *args, const char **word, unsigned int n, unsigned int n_before)
{
	static const char *const known[] = { "db", "dburi", "key", NULL };
	const struct perflicense_args *a = args;
	struct perflicense p = { 0 };
	struct go_config c;
	struct err e = { 0 };
	int r;

	(void)n_before;
	if (a->version) {
		puts(TOOL " version " KYMO_VERSION " (kymo)");
		return EXIT_SUCCESS;
	}
	if (!n && !a->createdb) {
		log_error(TOOL ": which action? (try: " TOOL " licenseadd siteid=1 sitename='Evil "
			       "Corp' mac=00:16:3e:5e:6c:00)");
		return EXIT_USAGE;
	}
	r = go_config_read(&c, TOOL, &a->config, known, &e);
	if (r >= 0)
		r = settle(&p, a, &c, &e);
	if (r >= 0 && a->createdb) {
		auto_ptr(registry) g = NULL;

		r = registry_open(p.registry, true, &g, &e);
		if (r >= 0)
			log_info("%s: the registry is there", p.registry);
	} else if (r >= 0) {
		r = act(&p, word, n, &e);
	}
	go_config_done(&c);
	if (r < 0)
		log_error(TOOL ": %s", err_text(&e, r));
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static const struct command_example examples[] = {
	{ "perflicense licenseadd siteid=1 sitename='Evil Corp' mac=00:16:3e:5e:6c:00",
	  "a licence for thirty days, as lines for perfprocessord.conf" },
	{ "perflicense --db sqlite useradd email=jane@example.com admin=true",
	  "a user of the registry" },
	{ NULL, NULL },
};

const struct command dropin_perflicense = {
	.name = "perflicense",
	.summary = "issue licences, as perfcollector's program of that name did",
	.usage = "[OPTIONS] ACTION KEY=VALUE...",
	.description = "Actions: licenseadd siteid=N sitename=S mac=M [version=1] [duration=30d] "
		       "[user=ID]; "
		       "useradd email=E [admin=true]; siteadd name=S. Options may begin with one "
		       "dash or two.\n\n"
		       "The licence is a token signed with the issuer's key, which is made at the "
		       "first licence "
		       "and belongs nowhere but with the vendor; sites get its public half (kymo "
		       "key export). "
		       "Unlike the older tool's licences it is no key to anything, and says itself "
		       "which site, "
		       "machine and time it is for: kymo key verify.",
	.options = options,
	.args_bytes = sizeof(struct perflicense_args),
	.examples = examples,
	.run = perflicense_run,
	.dropin = true,
	.single_dash = true,
};
