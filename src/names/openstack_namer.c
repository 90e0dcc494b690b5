/* SPDX-License-Identifier: MIT */
/*
 * Names of OpenStack servers: the Compute API (docs.openstack.org/api-ref/compute, "List Servers
 * Detailed") gives each server's UUID, which QEMU has as -uuid, and its name. All projects' servers
 * where we may see them, else our own project's.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "names/cloud_config.h"
#include "names/http_client.h"
#include "names/keystone.h"
#include "names/namer.h"

#define PAGE_MAX_BYTES ((size_t)64 << 20)
#define PAGES_MAX      10000u
#define ID_MAX	       64

struct listing {
	struct http_client *http;
	const struct keystone_login *login;
	struct name_map *into;
	bool all; /* of all projects */
	char last[ID_MAX]; /* id of the last server so far */
};

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* What goes into an address as it is. */
static bool is_plain(const char *s)
{
	return strspn(s, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") ==
	       strlen(s);
}

/* A name may be of any length in principle; more than a role can hold is cut. */
static int add_server(struct listing *l, const json_t *server)
{
	char name[NAME_MAX_BYTES + 1];
	const char *id = text_of(server, "id");
	const char *instance = text_of(server, "OS-EXT-SRV-ATTR:instance_name");

	snprintf(name, sizeof(name), "%s", text_of(server, "name"));
	if (!*id || strlen(id) >= ID_MAX || !*name || strlen(instance) > NAME_MAX_BYTES)
		return 0;
	const struct name_row row = {
		.uuid = id, .instance = instance, .base = name, .plain = true
	};

	return name_map_add(l->into, &row);
}

/* The servers of one page. 1: there are more, 0: that was the last. */
static int take_page(struct listing *l, const struct buf *body, const char *url, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb((const char *)body->data, body->len, 0, &why);
	json_t *servers = json_object_get(root, "servers"), *server, *link;
	char before[ID_MAX];
	bool more = false;
	size_t i;
	int r = 0;

	if (!root)
		return err_set(e, -EBADMSG, "the answer of '%s' is no JSON: line %d: %s", url,
			       why.line, why.text);
	if (!json_is_array(servers))
		r = err_set(e, -EBADMSG, "the answer of '%s' has no list of servers", url);
	memcpy(before, l->last, sizeof(before));
	json_array_foreach(servers, i, server)
	{
		if (r < 0)
			break;
		if (add_server(l, server) < 0)
			r = err_set(e, -ENOMEM, "no memory for the names of so many servers");
		if (*text_of(server, "id") && is_plain(text_of(server, "id")))
			snprintf(l->last, sizeof(l->last), "%s", text_of(server, "id"));
	}
	json_array_foreach(json_object_get(root, "servers_links"), i, link) more =
		more || !strcmp(text_of(link, "rel"), "next");
	json_decref(root);
	if (r >= 0 && more && !strcmp(before, l->last))
		return err_set(e, -EPROTO, "'%s' says that there are more servers, but gives none",
			       url);
	return r < 0 ? r : more;
}

static int read_page(struct listing *l, struct err *e)
{
	auto_free char *url = NULL;
	auto_http_reply reply;

	http_reply_init(&reply);
	if (asprintf(&url, "%s/servers/detail%s%s%s", l->login->compute,
		     l->all ? "?all_tenants=1" : "",
		     !l->last[0] ? ""
		     : l->all	 ? "&marker="
				 : "?marker=",
		     l->last) < 0) {
		url = NULL;
		return err_set(e, -ENOMEM, "no memory");
	}
	const struct http_request q = { .url = url, .token = l->login->token };
	int r = http_client_ask(l->http, &q, &reply, e);

	if (r < 0)
		return r;
	if (reply.status == 403 && l->all && !l->last[0]) {
		l->all = false;
		return read_page(l, e);
	}
	if (reply.status != 200)
		return err_set(e, reply.status == 401 || reply.status == 403 ? -EACCES : -EPROTO,
			       "'%s' does not list servers (status %ld)", url, reply.status);
	return take_page(l, &reply.body, url, e);
}

static int list_servers(struct http_client *http, const struct keystone_login *login,
			struct name_map *into, struct err *e)
{
	struct listing l = { .http = http, .login = login, .into = into, .all = true };

	for (unsigned int i = 0; i < PAGES_MAX; i++) {
		int r = read_page(&l, e);

		if (r <= 0)
			return r;
	}
	return err_set(e, -E2BIG, "'%s' lists servers without end", login->compute);
}

static int load(const struct namer_request *q, struct name_map *into, struct err *e)
{
	auto_cloud_config c = { 0 };
	auto_ptr(http_client) http = NULL;
	struct keystone_login login = { 0 };
	int r = cloud_config_load(q->what, q->rc_file, q->password, &c, e);

	if (r < 0) {
		err_prefix(e, "openstack");
		return r;
	}
	const char *insecure = c.value[CLOUD_INSECURE];
	const struct http_options o = {
		.cacert = c.value[CLOUD_CACERT],
		.cert = c.value[CLOUD_CERT],
		.key = c.value[CLOUD_KEY],
		.insecure = insecure && (!strcasecmp(insecure, "true") || !strcmp(insecure, "1")),
		.timeout = q->timeout ? q->timeout : NAMER_TIMEOUT,
		.max_bytes = PAGE_MAX_BYTES,
	};

	r = http_client_new(&o, &http, e);
	if (r >= 0)
		r = keystone_log_in(http, &c, &login, e);
	if (r >= 0)
		r = list_servers(http, &login, into, e);
	keystone_login_done(&login);
	if (r < 0)
		err_prefix(e, "openstack");
	return r;
}

const struct namer namer_openstack = {
	.name = "openstack",
	.summary = "the servers of an OpenStack cloud, by their UUID",
	.load = load,
};
