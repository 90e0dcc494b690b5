/* SPDX-License-Identifier: MIT */
/*
 * The register of a vendor: users, sites and the licences that were issued, as perfcollector's
 * perflicense was to keep it, in a SQLite file with mode 0600. Who issued what can be looked up;
 * what holds is what is signed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

struct registry;

/* Open the file @path; with @create it is made where it is not there. -EMEDIUMTYPE with words: no
 * registry, or of a newer version. */
int registry_open(const char *path, bool create, struct registry **ret, struct err *e) must_check;
struct registry *registry_free(struct registry *r);
DEFINE_CLEANUP(registry, registry_free)

/* The new row's number in *ret_id. -EEXIST with words: the address is there already; -EINVAL with
 * words: control characters. */
int registry_add_user(struct registry *r, const char *email, bool admin, uint64_t *ret_id,
		      struct err *e) must_check;
/* Names may be there several times: sites are told apart by their numbers. */
int registry_add_site(struct registry *r, const char *name, uint64_t *ret_id,
		      struct err *e) must_check;

struct registry_licence {
	uint64_t id;
	uint64_t created_by; /* a user; 0: nobody that is known */
	uint64_t created, not_before, not_after; /* seconds since 1970 */
	uint64_t external_version;
	uint64_t site;
	const char *site_name;
	const char *hosts; /* as they are shown, by blanks; "" = any */
	const char *short_id; /* of the token */
	const char *token;
};
/* -ENOENT with words: no such user. Sets .id. */
int registry_add_licence(struct registry *r, struct registry_licence *l, struct err *e) must_check;

struct registry_user {
	uint64_t id;
	const char *email;
	bool admin;
};
struct registry_site {
	uint64_t id;
	const char *name;
};
/* Each row by number; texts are lent. Stops with what @each returns below 0. */
int registry_each_user(struct registry *r, int (*each)(void *ctx, const struct registry_user *u),
		       void *ctx, struct err *e) must_check;
int registry_each_site(struct registry *r, int (*each)(void *ctx, const struct registry_site *s),
		       void *ctx, struct err *e) must_check;
int registry_each_licence(struct registry *r,
			  int (*each)(void *ctx, const struct registry_licence *l), void *ctx,
			  struct err *e) must_check;
