/* SPDX-License-Identifier: MIT */
/* One table says how a setting is called in the environment and in clouds.yaml. */
#include "names/cloud_config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/file.h"

static const struct {
	const char *env[2]; /* behind OS_; the second is an older name */
	const char *yaml[2];
} names[CLOUD_SETTINGS] = {
	[CLOUD_AUTH_URL] = { { "AUTH_URL", NULL }, { "auth_url", NULL } },
	[CLOUD_AUTH_TYPE] = { { "AUTH_TYPE", NULL }, { "auth_type", NULL } },
	[CLOUD_USERNAME] = { { "USERNAME", NULL }, { "username", "user" } },
	[CLOUD_USER_ID] = { { "USER_ID", NULL }, { "user_id", NULL } },
	[CLOUD_PASSWORD] = { { "PASSWORD", NULL }, { "password", NULL } },
	[CLOUD_TOKEN] = { { "TOKEN", "AUTH_TOKEN" }, { "token", NULL } },
	[CLOUD_USER_DOMAIN_NAME] = { { "USER_DOMAIN_NAME", NULL }, { "user_domain_name", NULL } },
	[CLOUD_USER_DOMAIN_ID] = { { "USER_DOMAIN_ID", NULL }, { "user_domain_id", NULL } },
	[CLOUD_PROJECT_NAME] = { { "PROJECT_NAME", "TENANT_NAME" },
				 { "project_name", "tenant_name" } },
	[CLOUD_PROJECT_ID] = { { "PROJECT_ID", "TENANT_ID" }, { "project_id", "tenant_id" } },
	[CLOUD_PROJECT_DOMAIN_NAME] = { { "PROJECT_DOMAIN_NAME", NULL },
					{ "project_domain_name", NULL } },
	[CLOUD_PROJECT_DOMAIN_ID] = { { "PROJECT_DOMAIN_ID", NULL },
				      { "project_domain_id", NULL } },
	[CLOUD_APPLICATION_CREDENTIAL_ID] = { { "APPLICATION_CREDENTIAL_ID", NULL },
					      { "application_credential_id", NULL } },
	[CLOUD_APPLICATION_CREDENTIAL_NAME] = { { "APPLICATION_CREDENTIAL_NAME", NULL },
						{ "application_credential_name", NULL } },
	[CLOUD_APPLICATION_CREDENTIAL_SECRET] = { { "APPLICATION_CREDENTIAL_SECRET", NULL },
						  { "application_credential_secret", NULL } },
	[CLOUD_REGION] = { { "REGION_NAME", NULL }, { "region_name", NULL } },
	[CLOUD_INTERFACE] = { { "INTERFACE", "ENDPOINT_TYPE" }, { "interface", "endpoint_type" } },
	[CLOUD_COMPUTE_ENDPOINT] = { { "COMPUTE_ENDPOINT_OVERRIDE", NULL },
				     { "compute_endpoint_override", NULL } },
	[CLOUD_CACERT] = { { "CACERT", NULL }, { "cacert", NULL } },
	[CLOUD_CERT] = { { "CERT", NULL }, { "cert", NULL } },
	[CLOUD_KEY] = { { "KEY", NULL }, { "key", NULL } },
	[CLOUD_INSECURE] = { { "INSECURE", NULL }, { "insecure", NULL } },
};

static void forget(char **value)
{
	if (*value)
		explicit_bzero(*value, strlen(*value));
	free(*value);
	*value = NULL;
}

void cloud_config_done(struct cloud_config *c)
{
	for (size_t i = 0; i < CLOUD_SETTINGS; i++)
		forget(&c->value[i]);
}

int cloud_config_set(struct cloud_config *c, enum cloud_setting s, const char *value, size_t n)
{
	char *copy = strndup(value, n);

	if (!copy)
		return -ENOMEM;
	forget(&c->value[s]);
	c->value[s] = copy;
	return 0;
}

static bool is_name(const char *const name[2], const char *s)
{
	return !strcmp(name[0], s) || (name[1] && !strcmp(name[1], s));
}

int cloud_setting_by_env(const char *name)
{
	for (int i = 0; i < CLOUD_SETTINGS; i++)
		if (is_name(names[i].env, name))
			return i;
	return -1;
}

int cloud_setting_by_yaml(const char *key)
{
	for (int i = 0; i < CLOUD_SETTINGS; i++)
		if (is_name(names[i].yaml, key))
			return i;
	return -1;
}

/* ---- where settings come from ---- */

static const char *from_environment(const char *const name[2])
{
	for (size_t i = 0; i < 2 && name[i]; i++) {
		char variable[64];

		snprintf(variable, sizeof(variable), "OS_%s", name[i]);
		const char *value = getenv(variable);

		if (value && *value)
			return value;
	}
	return NULL;
}

/* What is not set yet. */
static int add_environment(struct cloud_config *c)
{
	for (int i = 0; i < CLOUD_SETTINGS; i++) {
		const char *value = c->value[i] ? NULL : from_environment(names[i].env);

		if (value && cloud_config_set(c, (enum cloud_setting)i, value, strlen(value)) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* Memory that does not move while it grows: no copies of secrets are left behind. */
static void init_secret(struct buf *b)
{
	buf_init(b, CLOUD_FILE_MAX);
	(void)buf_reserve(b, CLOUD_FILE_MAX / 4);
}

static void wipe(struct buf *b)
{
	if (b->data)
		explicit_bzero(b->data, b->len);
}

static int read_openrc(const char *path, struct cloud_config *c, struct err *e)
{
	auto_buf b;

	init_secret(&b);
	int r = file_read_at(AT_FDCWD, path, &b);

	if (r < 0)
		return err_set(e, r, "cannot read openrc file '%s': %s", path, strerror(-r));
	r = openrc_parse(buf_str(&b), b.len, c);
	wipe(&b);
	return r < 0 ? err_set(e, r, "no memory") : 0;
}

/* The first file of this name: @variable, the folder we are in, the user's, the system's. */
static int find_file(const char *name, const char *variable, struct buf *path)
{
	const char *home = getenv("HOME"), *config = getenv("XDG_CONFIG_HOME");
	const char *given = getenv(variable);

	for (unsigned int i = 0; i < 4; i++) {
		buf_clear(path);
		if (i == 0 && given && *given)
			(void)buf_add_str(path, given);
		else if (i == 1)
			(void)buf_add_str(path, name);
		else if (i == 2 && config && *config)
			(void)buf_addf(path, "%s/openstack/%s", config, name);
		else if (i == 2 && home && *home)
			(void)buf_addf(path, "%s/.config/openstack/%s", home, name);
		else if (i == 3)
			(void)buf_addf(path, "/etc/openstack/%s", name);
		if (buf_error(path))
			return buf_error(path);
		/* A file that was asked for has to be there. */
		if (path->len && ((i == 0) || access(buf_str(path), R_OK) == 0))
			return 0;
	}
	return -ENOENT;
}

static int read_yaml(const char *path, const char *cloud, struct cloud_config *c, struct err *e)
{
	struct err why = { 0 };
	auto_buf b;

	init_secret(&b);
	int r = file_read_at(AT_FDCWD, path, &b);

	if (r < 0)
		return err_set(e, r, "cannot read '%s': %s", path, strerror(-r));
	r = clouds_yaml_parse(buf_str(&b), b.len, cloud, c, &why);
	wipe(&b);
	return r < 0 ? err_set(e, r, "'%s': %s", path, err_text(&why, r)) : 0;
}

static int read_clouds(const char *cloud, struct cloud_config *c, struct err *e)
{
	auto_buf path;

	buf_init(&path, 4096);
	int r = find_file("clouds.yaml", "OS_CLIENT_CONFIG_FILE", &path);

	if (r == -ENOENT)
		return err_set(e, r,
			       "no clouds.yaml here, in ~/.config/openstack or /etc/openstack");
	if (r >= 0)
		r = read_yaml(buf_str(&path), cloud, c, e);
	if (r < 0)
		return r;
	/* Secrets may be kept apart; the cloud need not be in there. */
	if (find_file("secure.yaml", "OS_CLIENT_SECURE_FILE", &path) < 0)
		return 0;
	r = read_yaml(buf_str(&path), cloud, c, e);
	return r == -ENOENT && access(buf_str(&path), R_OK) == 0 ? 0 : r;
}

/* ---- what is needed ---- */

static int check(const struct cloud_config *c, struct err *e)
{
	char *const *v = c->value;
	const char *missing = NULL;

	if (!v[CLOUD_AUTH_URL])
		missing = "OS_AUTH_URL";
	else if (v[CLOUD_APPLICATION_CREDENTIAL_ID] || v[CLOUD_APPLICATION_CREDENTIAL_NAME])
		missing = v[CLOUD_APPLICATION_CREDENTIAL_SECRET]
				  ? NULL
				  : "OS_APPLICATION_CREDENTIAL_SECRET";
	else if (!v[CLOUD_TOKEN] && !v[CLOUD_USERNAME] && !v[CLOUD_USER_ID])
		missing = "OS_USERNAME";
	else if (!v[CLOUD_TOKEN] && !v[CLOUD_PASSWORD])
		missing = "OS_PASSWORD";
	else if (!v[CLOUD_PROJECT_NAME] && !v[CLOUD_PROJECT_ID])
		missing = "OS_PROJECT_NAME";
	if (!missing)
		return 0;
	return err_set(e, -EINVAL, "%s is not set (try: --os-cloud NAME or --os-rc FILE)", missing);
}

int cloud_config_load(const char *cloud, const char *rc_file, const char *password,
		      struct cloud_config *ret, struct err *e)
{
	auto_cloud_config c = { 0 };
	const char *named = cloud ? cloud : rc_file ? NULL : getenv("OS_CLOUD");
	int r = 0;

	if (named && *named) {
		r = read_clouds(named, &c, e);
	} else {
		if (rc_file)
			r = read_openrc(rc_file, &c, e);
		if (r >= 0 && add_environment(&c) < 0)
			r = err_set(e, -ENOMEM, "no memory");
		/* Nothing at all was said: a clouds.yaml with one cloud says enough. */
		if (r >= 0 && !c.value[CLOUD_AUTH_URL] && !rc_file) {
			r = read_clouds(NULL, &c, e);
			if (r == -ENOENT)
				r = check(&c, e);
		}
	}
	if (r >= 0 && password &&
	    cloud_config_set(&c, CLOUD_PASSWORD, password, strlen(password)) < 0)
		r = err_set(e, -ENOMEM, "no memory");
	if (r >= 0)
		r = check(&c, e);
	if (r < 0)
		return r;
	*ret = c;
	c = (struct cloud_config){ 0 };
	return 0;
}
