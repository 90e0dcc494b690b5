/* SPDX-License-Identifier: MIT */
/*
 * How to reach an OpenStack cloud: settings from clouds.yaml, an openrc file and the environment,
 * under the names that OpenStack's own tools use (docs.openstack.org, openstacksdk "Configuring
 * OpenStack SDK Applications"). Secrets are wiped when they are let go.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/err.h"

enum cloud_setting {
	CLOUD_AUTH_URL,
	CLOUD_AUTH_TYPE,
	CLOUD_USERNAME,
	CLOUD_USER_ID,
	CLOUD_PASSWORD,
	CLOUD_TOKEN,
	CLOUD_USER_DOMAIN_NAME,
	CLOUD_USER_DOMAIN_ID,
	CLOUD_PROJECT_NAME,
	CLOUD_PROJECT_ID,
	CLOUD_PROJECT_DOMAIN_NAME,
	CLOUD_PROJECT_DOMAIN_ID,
	CLOUD_APPLICATION_CREDENTIAL_ID,
	CLOUD_APPLICATION_CREDENTIAL_NAME,
	CLOUD_APPLICATION_CREDENTIAL_SECRET,
	CLOUD_REGION,
	CLOUD_INTERFACE,
	CLOUD_COMPUTE_ENDPOINT,
	CLOUD_CACERT,
	CLOUD_CERT,
	CLOUD_KEY,
	CLOUD_INSECURE, /* "true": certificates are not checked */
	CLOUD_SETTINGS,
};

struct cloud_config {
	char *value[CLOUD_SETTINGS]; /* NULL = not set */
};

void cloud_config_done(struct cloud_config *c);
static inline void cleanup_cloud_config(struct cloud_config *c)
{
	cloud_config_done(c);
}
#define auto_cloud_config __attribute__((cleanup(cleanup_cloud_config))) struct cloud_config

/* Set to a copy of the @n bytes; what was there is wiped. 0 or -ENOMEM. */
int cloud_config_set(struct cloud_config *c, enum cloud_setting s, const char *value,
		     size_t n) must_check;

/* The setting of an environment variable OS_@name (without OS_), or of a key of clouds.yaml; -1 =
 * none of ours. */
int cloud_setting_by_env(const char *name);
int cloud_setting_by_yaml(const char *key);

/*
 * Gather the settings. A cloud that is named (@cloud, else OS_CLOUD) comes from clouds.yaml and
 * secure.yaml; else the openrc file @rc_file (or NULL) goes before the environment. @password goes
 * before all. What is missing to log in is -EINVAL with words that name it; -errno of files.
 */
int cloud_config_load(const char *cloud, const char *rc_file, const char *password,
		      struct cloud_config *ret, struct err *e) must_check;

/* ---- parts ---- */

#define CLOUD_FILE_MAX (1u << 20)

/* "export OS_NAME=value" lines; values may be quoted, those that begin with $ are left out, as are
 * all other lines. Adds to @c. 0 or -ENOMEM. */
int openrc_parse(const char *text, size_t n, struct cloud_config *c) must_check;
/* The entry of @cloud (NULL: the only one) of a clouds.yaml or secure.yaml, added to @c. -ENOENT
 * with words: no such cloud; -EINVAL: not just one; -EBADMSG: no YAML, or not of this form;
 * -ENOMEM. */
int clouds_yaml_parse(const char *text, size_t n, const char *cloud, struct cloud_config *c,
		      struct err *e) must_check;
