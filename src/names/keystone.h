/* SPDX-License-Identifier: MIT */
/*
 * Logging in to an OpenStack cloud: the Identity API v3 (docs.openstack.org/api-ref/identity/v3,
 * "Authentication and token management"), by password, token or application credential.
 */
#pragma once

#include "base/attr.h"
#include "base/err.h"
#include "names/cloud_config.h"
#include "names/http_client.h"

struct keystone_login {
	char *token;
	char *compute; /* address of the compute service, without '/' at its end */
};
void keystone_login_done(struct keystone_login *l); /* wiped */

/* 0 or -errno with words: -EACCES: refused; -ENOENT: the catalog has no compute service for us. */
int keystone_log_in(struct http_client *http, const struct cloud_config *c,
		    struct keystone_login *ret, struct err *e) must_check;
