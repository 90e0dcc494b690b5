/* SPDX-License-Identifier: MIT */
/* kymo key licence, verify, registry: tokens and who has them. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/file.h"
#include "base/log.h"
#include "base/timestamp.h"
#include "cmd/command.h"
#include "cmd/key_verb.h"
#include "cmd/licence_issue.h"
#include "export/answer_json.h"
#include "format/json.h"
#include "format/licence.h"
#include "store/registry_file.h"

/* ---- words ---- */

static void add_licence(struct json *j, const struct licence *l, const char *token)
{
	char id[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], time[TIMESTAMP_MAX], host[64];
	uint8_t bytes[CHECKED_ID_BYTES];

	if (licence_id(token, bytes) >= 0)
		json_key_str(j, "id", checked_id_text(bytes, sizeof(bytes), id));
	json_key_str(j, "issuer", checked_id_text(l->issuer, sizeof(l->issuer), id));
	json_key_u64(j, "site", l->site);
	json_key_str(j, "site_name", l->site_name);
	json_key_str(j, "not_before", timestamp_text(time, l->not_before * NSEC_PER_SEC));
	json_key_str(j, "not_after", timestamp_text(time, l->not_after * NSEC_PER_SEC));
	json_key(j, "hosts");
	json_begin_array_flat(j);
	for (unsigned int i = 0; i < l->n_hosts; i++)
		json_str(j, licence_host_text(&l->host[i], host));
	json_end(j);
	json_key(j, "features");
	json_begin_array_flat(j);
	for (unsigned int i = 0; i < l->n_features; i++)
		json_str(j, l->feature[i]);
	json_end(j);
}

static int take_hosts(const struct key_args *a, struct licence_host *ret, unsigned int *ret_n,
		      struct err *e)
{
	const struct option_list *list[] = { &a->host, &a->host_key };
	unsigned int n = 0;

	for (unsigned int k = 0; k < ARRAY_SIZE(list); k++)
		for (unsigned int i = 0; i < list[k]->n; i++) {
			if (n == LICENCE_HOSTS_MAX)
				return err_set(e, -E2BIG, "more than %u machines",
					       LICENCE_HOSTS_MAX);
			int r = licence_parse_host(list[k]->item[i], &ret[n++], e);

			if (r < 0)
				return r;
		}
	*ret_n = n;
	return 0;
}

/* ---- licence ---- */

static int licence_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(identity) issuer = NULL;
	struct licence l = { .site = a->site };
	struct licence_note note = { .registry = a->registry, .version = 1 };
	char token[LICENCE_TEXT_MAX];
	struct err e = { 0 };

	(void)word;
	(void)n;
	if (!a->key || !a->site_given || !a->name)
		return command_misused("key", "licence takes --key, --site and --name");
	if (a->feature.n > LICENCE_FEATURES_MAX)
		return command_misused("key", "at most %u features", LICENCE_FEATURES_MAX);
	(void)snprintf(l.site_name, sizeof(l.site_name), "%s", a->name);
	for (; l.n_features < a->feature.n; l.n_features++)
		(void)snprintf(l.feature[l.n_features], sizeof(l.feature[0]), "%s",
			       a->feature.item[l.n_features]);
	int r = take_hosts(a, l.host, &l.n_hosts, &e);

	if (r >= 0)
		r = key_time(a->from, &l.not_before, &e);
	if (r >= 0 && (!a->days || a->days > 100000))
		r = err_set(&e, -EINVAL, "--days: 1 to 100000");
	l.not_after = l.not_before + a->days * 86400;
	if (r >= 0 && strlen(a->name) >= sizeof(l.site_name))
		r = err_set(&e, -EINVAL, "the name is too long");
	if (r >= 0)
		r = key_read(a->key, a, &issuer, &e);
	if (r >= 0)
		r = licence_issue_noted(&l, issuer, &note, token, &e);
	if (r < 0)
		return key_failed(&e, r);
	if (!a->json) {
		puts(token);
		log_info("licence %s, until %s", note.short_id, note.until);
		return EXIT_SUCCESS;
	}
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_str(&j, "token", token);
	add_licence(&j, &l, token);
	json_end(&j);
	return json_drain(&j, stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- verify ---- */

/* A token itself, or the first line of a file. */
static int read_token(const char *word, char ret[LICENCE_TEXT_MAX], struct err *e)
{
	int r = 0;

	if (access(word, F_OK) == 0)
		r = file_read_line_at(AT_FDCWD, word, ret, LICENCE_TEXT_MAX);
	else if (strlen(word) < LICENCE_TEXT_MAX)
		memcpy(ret, word, strlen(word) + 1);
	else
		r = -EBADMSG;
	return r < 0 ? err_set(e, r, "'%.64s' is no licence: %s", word, strerror(-r)) : 0;
}

static int machine(const struct key_args *a, struct licence_host *host, unsigned int *ret_n,
		   struct err *e)
{
	int r = take_hosts(a, host, ret_n, e);

	if (r < 0 || *ret_n || a->any_host)
		return r;
	auto_close int root_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret_n = root_fd < 0
			 ? 0
			 : (unsigned int)licence_machine_hosts(root_fd, host, LICENCE_HOSTS_MAX);
	return 0;
}

static int print_check(const struct licence *l, const char *token, int code, struct err *why,
		       bool parsed)
{
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key_bool(&j, "good", code >= 0);
	json_key_str(&j, "why_not", code < 0 ? err_text(why, code) : NULL);
	if (parsed)
		add_licence(&j, l, token);
	json_end(&j);
	return json_drain(&j, stdout);
}

static void print_good(const struct licence *l, const char *token)
{
	char id[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], time[TIMESTAMP_MAX];
	uint8_t bytes[CHECKED_ID_BYTES];

	if (licence_id(token, bytes) < 0)
		return;
	printf("good: licence %s for site %" PRIu64 " '%s', until %s\n",
	       checked_id_text(bytes, sizeof(bytes), id), l->site, l->site_name,
	       timestamp_text(time, l->not_after * NSEC_PER_SEC));
}

static int verify_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	struct licence_host host[LICENCE_HOSTS_MAX];
	struct licence_need need = { .site = a->site_given ? a->site : 0,
				     .site_name = a->name,
				     .host = host,
				     .any_host = a->any_host };
	auto_ptr(identity) issuer = NULL;
	char token[LICENCE_TEXT_MAX];
	struct licence l;
	struct err e = { 0 };
	unsigned int n_hosts = 0;

	(void)n;
	if (!a->key)
		return command_misused("key", "verify takes --key: the issuer's public key");
	if (a->feature.n > 1)
		return command_misused("key", "verify looks for one --feature at a time");
	need.feature = a->feature.n ? a->feature.item[0] : NULL;
	int r = machine(a, host, &n_hosts, &e);

	need.n_hosts = n_hosts;
	if (r >= 0)
		r = key_time(a->at, &need.now, &e);
	if (r >= 0)
		r = key_read(a->key, a, &issuer, &e);
	if (r >= 0)
		r = read_token(word[0], token, &e);
	if (r < 0)
		return key_failed(&e, r);
	need.issuer = issuer;
	r = licence_check(token, &need, &l, &e);
	if (a->json) {
		int printed = print_check(&l, token, r, &e, r != -EBADMSG);

		return r < 0 || printed < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
	}
	if (r < 0)
		log_error("the licence is not good: %s", err_text(&e, r));
	else
		print_good(&l, token);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* ---- registry ---- */

static int put_user(void *ctx, const struct registry_user *u)
{
	json_begin_object_flat(ctx);
	json_key_u64(ctx, "id", u->id);
	json_key_str(ctx, "email", u->email);
	json_key_bool(ctx, "admin", u->admin);
	json_end(ctx);
	return 0;
}

static int put_site(void *ctx, const struct registry_site *s)
{
	json_begin_object_flat(ctx);
	json_key_u64(ctx, "id", s->id);
	json_key_str(ctx, "name", s->name);
	json_end(ctx);
	return 0;
}

static int put_licence(void *ctx, const struct registry_licence *l)
{
	char time[TIMESTAMP_MAX];

	json_begin_object(ctx);
	json_key_u64(ctx, "id", l->id);
	json_key_str(ctx, "licence", l->short_id);
	json_key_u64(ctx, "created_by", l->created_by);
	json_key_str(ctx, "created", timestamp_text(time, l->created * NSEC_PER_SEC));
	json_key_u64(ctx, "version", l->external_version);
	json_key_u64(ctx, "site", l->site);
	json_key_str(ctx, "site_name", l->site_name);
	json_key_str(ctx, "hosts", l->hosts);
	json_key_str(ctx, "not_before", timestamp_text(time, l->not_before * NSEC_PER_SEC));
	json_key_str(ctx, "not_after", timestamp_text(time, l->not_after * NSEC_PER_SEC));
	json_key_str(ctx, "token", l->token);
	json_end(ctx);
	return 0;
}

static int print_user(void *ctx, const struct registry_user *u)
{
	(void)ctx;
	printf("user %-4" PRIu64 " %s%s\n", u->id, u->email, u->admin ? ", admin" : "");
	return 0;
}

static int print_site(void *ctx, const struct registry_site *s)
{
	(void)ctx;
	printf("site %-4" PRIu64 " %s\n", s->id, s->name);
	return 0;
}

static int print_licence(void *ctx, const struct registry_licence *l)
{
	char time[TIMESTAMP_MAX];

	(void)ctx;
	printf("licence %-4" PRIu64 " %s site %" PRIu64 " '%s', %s, until %s\n", l->id, l->short_id,
	       l->site, l->site_name, *l->hosts ? l->hosts : "any machine",
	       timestamp_text(time, l->not_after * NSEC_PER_SEC));
	return 0;
}

static int registry_json(struct registry *g, struct err *e)
{
	struct json j;
	auto_buf out;

	buf_init(&out, 0);
	json_init(&j, &out, JSON_PRETTY);
	json_begin_object(&j);
	json_key(&j, "users");
	json_begin_array(&j);
	int r = registry_each_user(g, put_user, &j, e);

	json_end(&j);
	json_key(&j, "sites");
	json_begin_array(&j);
	if (r >= 0)
		r = registry_each_site(g, put_site, &j, e);
	json_end(&j);
	json_key(&j, "licences");
	json_begin_array(&j);
	if (r >= 0)
		r = registry_each_licence(g, put_licence, &j, e);
	json_end(&j);
	json_end(&j);
	return r < 0 ? r : json_drain(&j, stdout);
}

static int registry_run(const struct key_args *a, const char *const *word, unsigned int n)
{
	auto_ptr(registry) g = NULL;
	struct err e = { 0 };
	int r = registry_open(word[0], false, &g, &e);

	(void)n;
	if (r >= 0 && a->json) {
		r = registry_json(g, &e);
	} else if (r >= 0) {
		r = registry_each_user(g, print_user, NULL, &e);
		if (r >= 0)
			r = registry_each_site(g, print_site, NULL, &e);
		if (r >= 0)
			r = registry_each_licence(g, print_licence, NULL, &e);
	}
	return r < 0 ? key_failed(&e, r) : EXIT_SUCCESS;
}

const struct key_verb key_verb_licence = {
	.name = "licence",
	.usage = "",
	.summary = "issue a licence: a signed token",
	.run = licence_run,
};
const struct key_verb key_verb_verify = {
	.name = "verify",
	.usage = "TOKEN|FILE",
	.summary = "is a licence good, and if not, why",
	.min_words = 1,
	.max_words = 1,
	.run = verify_run,
};
const struct key_verb key_verb_registry = {
	.name = "registry",
	.usage = "FILE",
	.summary = "users, sites and licences that perflicense and --registry noted",
	.min_words = 1,
	.max_words = 1,
	.run = registry_run,
};
