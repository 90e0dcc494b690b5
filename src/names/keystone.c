/* SPDX-License-Identifier: MIT */
/* The request is written with our own JSON writer into memory that is wiped; the answer is read by
 * jansson. */
#include "names/keystone.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "format/json.h"

#define REQUEST_MAX (64u << 10)

void keystone_login_done(struct keystone_login *l)
{
	if (l->token)
		explicit_bzero(l->token, strlen(l->token));
	free(l->token);
	free(l->compute);
	*l = (struct keystone_login){ 0 };
}

/* "domain": { "id": ... }; the domain that every cloud begins with when none is named. */
static void put_domain(struct json *j, const char *id, const char *name)
{
	json_key(j, "domain");
	json_begin_object(j);
	if (id || !name)
		json_key_str(j, "id", id ? id : "default");
	else
		json_key_str(j, "name", name);
	json_end(j);
}

static void put_user(struct json *j, const struct cloud_config *c, bool with_password)
{
	char *const *v = c->value;

	json_key(j, "user");
	json_begin_object(j);
	if (v[CLOUD_USER_ID]) {
		json_key_str(j, "id", v[CLOUD_USER_ID]);
	} else {
		json_key_str(j, "name", v[CLOUD_USERNAME]);
		put_domain(j, v[CLOUD_USER_DOMAIN_ID], v[CLOUD_USER_DOMAIN_NAME]);
	}
	if (with_password)
		json_key_str(j, "password", v[CLOUD_PASSWORD]);
	json_end(j);
}

/* Is it a token that we log in with? A password that is there too wins, unless the type says so. */
static bool by_token(const struct cloud_config *c)
{
	const char *type = c->value[CLOUD_AUTH_TYPE];

	if (type && strstr(type, "token"))
		return c->value[CLOUD_TOKEN] != NULL;
	return c->value[CLOUD_TOKEN] && !c->value[CLOUD_PASSWORD];
}

static bool by_application(const struct cloud_config *c)
{
	return c->value[CLOUD_APPLICATION_CREDENTIAL_ID] ||
	       c->value[CLOUD_APPLICATION_CREDENTIAL_NAME];
}

static void put_method(struct json *j, const struct cloud_config *c)
{
	char *const *v = c->value;
	const char *method = by_application(c) ? "application_credential"
			     : by_token(c)     ? "token"
					       : "password";

	json_key(j, "methods");
	json_begin_array(j);
	json_str(j, method);
	json_end(j);
	json_key(j, method);
	json_begin_object(j);
	if (by_application(c)) {
		if (v[CLOUD_APPLICATION_CREDENTIAL_ID]) {
			json_key_str(j, "id", v[CLOUD_APPLICATION_CREDENTIAL_ID]);
		} else {
			json_key_str(j, "name", v[CLOUD_APPLICATION_CREDENTIAL_NAME]);
			put_user(j, c, false);
		}
		json_key_str(j, "secret", v[CLOUD_APPLICATION_CREDENTIAL_SECRET]);
	} else if (by_token(c)) {
		json_key_str(j, "id", v[CLOUD_TOKEN]);
	} else {
		put_user(j, c, true);
	}
	json_end(j);
}

/* An application credential belongs to a project already. */
static void put_scope(struct json *j, const struct cloud_config *c)
{
	char *const *v = c->value;

	if (by_application(c))
		return;
	json_key(j, "scope");
	json_begin_object(j);
	json_key(j, "project");
	json_begin_object(j);
	if (v[CLOUD_PROJECT_ID]) {
		json_key_str(j, "id", v[CLOUD_PROJECT_ID]);
	} else {
		json_key_str(j, "name", v[CLOUD_PROJECT_NAME]);
		put_domain(j, v[CLOUD_PROJECT_DOMAIN_ID], v[CLOUD_PROJECT_DOMAIN_NAME]);
	}
	json_end(j);
	json_end(j);
}

static int write_request(struct buf *b, const struct cloud_config *c)
{
	struct json j;

	/* All of it at once: growing would leave a copy of the secret behind. */
	if (!buf_reserve(b, REQUEST_MAX / 2))
		return -ENOMEM;
	json_init(&j, b, 0);
	json_begin_object(&j);
	json_key(&j, "auth");
	json_begin_object(&j);
	json_key(&j, "identity");
	json_begin_object(&j);
	put_method(&j, c);
	json_end(&j);
	put_scope(&j, c);
	json_end(&j);
	json_end(&j);
	return json_error(&j);
}

/* "http://host:5000", ".../v2.0" and ".../v3/" all to ".../v3/auth/tokens". */
static char *tokens_url(const char *auth_url)
{
	size_t n = strlen(auth_url);
	char *r;

	while (n > 0 && auth_url[n - 1] == '/')
		n--;
	if (n > 5 && !strncmp(auth_url + n - 5, "/v2.0", 5))
		n -= 5;
	else if (n > 3 && !strncmp(auth_url + n - 3, "/v3", 3))
		n -= 3;
	return asprintf(&r, "%.*s/v3/auth/tokens", (int)n, auth_url) < 0 ? NULL : r;
}

/* ---- the answer ---- */

static const char *text_of(const json_t *object, const char *key)
{
	const char *s = json_string_value(json_object_get(object, key));

	return s ? s : "";
}

/* The address of the compute service for our interface and region, or NULL. */
static const char *find_compute(const json_t *catalog, const struct cloud_config *c)
{
	const char *region = c->value[CLOUD_REGION], *interface = c->value[CLOUD_INTERFACE];
	/* "publicURL" is what v2 called "public". */
	size_t n = interface ? strcspn(interface, "U") : 0;
	size_t i, k;
	json_t *service, *endpoint;

	json_array_foreach(catalog, i, service)
	{
		if (strcmp(text_of(service, "type"), "compute") != 0)
			continue;
		json_array_foreach(json_object_get(service, "endpoints"), k, endpoint)
		{
			const char *own = text_of(endpoint, "interface");
			const char *place = text_of(endpoint, "region_id");

			if (!*place)
				place = text_of(endpoint, "region");
			if (n ? strlen(own) != n || strncmp(own, interface, n) != 0
			      : strcmp(own, "public") != 0)
				continue;
			if ((!region || !strcmp(region, place)) && *text_of(endpoint, "url"))
				return text_of(endpoint, "url");
		}
	}
	return NULL;
}

static int find_endpoint(const struct buf *body, const struct cloud_config *c, const char *url,
			 char **ret, struct err *e)
{
	json_error_t why;
	json_t *root = json_loadb((const char *)body->data, body->len, 0, &why);
	const char *found = c->value[CLOUD_COMPUTE_ENDPOINT];
	int r = 0;

	if (!root && !found)
		return err_set(e, -EBADMSG, "the answer of '%s' is no JSON: line %d: %s", url,
			       why.line, why.text);
	if (!found)
		found = find_compute(json_object_get(json_object_get(root, "token"), "catalog"), c);
	if (!found) {
		r = err_set(e, -ENOENT,
			    "the cloud's catalog has no compute service (interface %s, region %s; "
			    "try: OS_INTERFACE, OS_REGION_NAME)",
			    c->value[CLOUD_INTERFACE] ? c->value[CLOUD_INTERFACE] : "public",
			    c->value[CLOUD_REGION] ? c->value[CLOUD_REGION] : "any");
	} else {
		size_t n = strlen(found);

		while (n > 0 && found[n - 1] == '/')
			n--;
		*ret = strndup(found, n);
		r = *ret ? 0 : err_set(e, -ENOMEM, "no memory");
	}
	json_decref(root);
	return r;
}

int keystone_log_in(struct http_client *http, const struct cloud_config *c,
		    struct keystone_login *ret, struct err *e)
{
	auto_free char *url = tokens_url(c->value[CLOUD_AUTH_URL]);
	struct keystone_login login = { 0 };
	auto_http_reply reply;
	auto_buf body;

	http_reply_init(&reply);
	buf_init(&body, REQUEST_MAX);
	int r = url ? write_request(&body, c) : -ENOMEM;

	if (r < 0)
		return err_set(e, r, "cannot log in: %s", strerror(-r));
	const struct http_request q = { .url = url,
					.body = buf_str(&body),
					.wanted = "X-Subject-Token" };

	r = http_client_ask(http, &q, &reply, e);
	explicit_bzero(body.data, body.len);
	if (r < 0)
		return r;
	if (reply.status == 401)
		return err_set(e, -EACCES,
			       "'%s' refuses us (401): wrong user, password, domain or project",
			       url);
	if (reply.status / 100 != 2 || !reply.header.len)
		return err_set(
			e, -EPROTO,
			"'%s' gives no token (status %ld); is it the address of keystone v3?", url,
			reply.status);
	r = find_endpoint(&reply.body, c, url, &login.compute, e);
	if (r < 0)
		return r;
	login.token = strdup(buf_str(&reply.header));
	if (!login.token) {
		keystone_login_done(&login);
		return err_set(e, -ENOMEM, "no memory");
	}
	*ret = login;
	return 0;
}
