/* SPDX-License-Identifier: MIT */
/*
 * Licences: signed tokens that say which site may use what, on which machines, for how long. Bytes:
 * docs/formats/keys.md, "The licence token".
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/checked_id.h"
#include "base/err.h"
#include "format/identity.h"

#define LICENCE_HOSTS_MAX     64u
#define LICENCE_FEATURES_MAX  32u
#define LICENCE_FEATURE_BYTES 32
#define LICENCE_TEXT_MAX      8192 /* characters of a token with its NUL */
#define LICENCE_SERIAL_BYTES  8

/* On disk. */
enum licence_host_kind { LICENCE_MAC = 1, LICENCE_HOST_KEY = 2 };

struct licence_host {
	enum licence_host_kind kind;
	uint8_t id[32]; /* 6 bytes of a MAC, 32 of a host key's SHA-256 */
};

struct licence {
	uint8_t issuer[CHECKED_ID_BYTES]; /* id of the key that signed it */
	uint8_t serial[LICENCE_SERIAL_BYTES];
	uint64_t site;
	char site_name[RECIPIENT_NAME_MAX + 1];
	uint64_t not_before, not_after; /* seconds since 1970 */
	unsigned int n_hosts, n_features;
	struct licence_host host[LICENCE_HOSTS_MAX];
	char feature[LICENCE_FEATURES_MAX][LICENCE_FEATURE_BYTES + 1];
};

/* "00:16:3e:5e:6c:00" or "SHA256:..." as ssh-keygen -l shows it. -EINVAL with words. */
int licence_parse_host(const char *text, struct licence_host *ret, struct err *e) must_check;
char *licence_host_text(const struct licence_host *h, char ret[64]);

/* Sign @l, whose issuer and serial are set here; the token with its NUL into @ret. -EINVAL with
 * words: something of it cannot be; -EPERM: the key is a public one. */
int licence_issue(struct licence *l, const struct identity *issuer, char ret[LICENCE_TEXT_MAX],
		  struct err *e) must_check;

/* Read a token, not believing it. -EBADMSG with words: no token, or damaged. */
int licence_parse(const char *text, struct licence *ret, struct err *e) must_check;
/* The short id of a token that licence_parse() took. */
int licence_id(const char *text, uint8_t ret[CHECKED_ID_BYTES]) must_check;

/* What a licence must be good for. */
struct licence_need {
	const struct identity *issuer;
	uint64_t site; /* 0: any */
	const char *site_name; /* NULL: any */
	const struct licence_host *host; /* those of the machine */
	size_t n_hosts;
	bool any_host; /* do not look at hosts */
	uint64_t now; /* seconds since 1970 */
	const char *feature; /* NULL: none */
};
/* 0, or the first that failed, with words: -EBADMSG form; -ENOKEY another issuer; -EKEYREJECTED
 * signature; -EPERM site, name, host or feature; -ETIME not yet or no more. */
int licence_check(const char *text, const struct licence_need *need, struct licence *ret,
		  struct err *e) must_check;

/* The machine's MACs below a root folder (sys/class/net), without lo and without addresses of
 * another length. Their number, at most @max; 0 where there are none. */
size_t licence_machine_hosts(int root_fd, struct licence_host *ret, size_t max);
