/* SPDX-License-Identifier: MIT */
/*
 * Single HTTP requests, with limits of time and size, through libcurl. Redirections are not
 * followed: what is sent are credentials. TLS certificates are checked unless asked otherwise.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"

struct http_options {
	const char *cacert; /* file of certificates to trust, NULL = the system's */
	const char *cert, *key; /* of ours, or NULL */
	bool insecure; /* do not check certificates */
	nsec_t timeout; /* of a whole request */
	size_t max_bytes; /* of an answer's body */
};

struct http_client; /* opaque; one thread at a time */

/* @o is copied, its texts are lent. -ENOENT with words: libcurl is not installed; -ENOMEM. */
int http_client_new(const struct http_options *o, struct http_client **ret,
		    struct err *e) must_check;
struct http_client *http_client_free(struct http_client *c);
DEFINE_CLEANUP(http_client, http_client_free)

struct http_request {
	const char *url; /* http or https */
	const char *body; /* JSON to POST, NULL = GET */
	const char *token; /* header X-Auth-Token, or NULL */
	const char *wanted; /* name of a header of the answer, or NULL */
};

struct http_reply {
	long status; /* 200 ... */
	struct buf body; /* to be set up by http_reply_init() */
	struct buf header; /* value of the wanted one, empty = not there */
};
void http_reply_init(struct http_reply *r);
void http_reply_done(struct http_reply *r); /* wiped */
static inline void cleanup_http_reply(struct http_reply *r)
{
	http_reply_done(r);
}
#define auto_http_reply __attribute__((cleanup(cleanup_http_reply))) struct http_reply

/* 0 with any status, or -errno with words that name the URL and what to do. */
int http_client_ask(struct http_client *c, const struct http_request *q, struct http_reply *ret,
		    struct err *e) must_check;
