/* SPDX-License-Identifier: MIT */
/* Licences as bytes and text, and what they are checked for. */
#include "format/licence.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/cleanup.h"
#include "base/file.h"
#include "base/hex.h"
#include "base/timestamp.h"
#include "format/identity_state.h"

static const char prefix[] = "kymo-licence-1.", sign_words[] = "kymo licence 1",
		  id_words[] = "kymo licence id";

#define VERSION	     1
#define FIXED_BYTES  46
#define TOKEN_BYTES  (LICENCE_TEXT_MAX / 4 * 3)
#define MAC_BYTES    6
#define HASH_BYTES   32
#define PREFIX_BYTES (sizeof(prefix) - 1)

/* ---- hosts ---- */

static size_t host_bytes(enum licence_host_kind kind)
{
	return kind == LICENCE_MAC ? MAC_BYTES : HASH_BYTES;
}

static bool parse_mac(const char *text, uint8_t *ret)
{
	char digits[2 * MAC_BYTES + 1];

	if (strlen(text) != 3 * MAC_BYTES - 1)
		return false;
	for (size_t i = 0; i < MAC_BYTES; i++) {
		if (i && text[3 * i - 1] != ':')
			return false;
		memcpy(digits + 2 * i, text + 3 * i, 2);
	}
	digits[sizeof(digits) - 1] = 0;
	return hex_bytes(digits, ret, MAC_BYTES) == MAC_BYTES && !sodium_is_zero(ret, MAC_BYTES);
}

static bool parse_host_key(const char *text, uint8_t *ret)
{
	char padded[SEAL_TEXT(HASH_BYTES) + 1];

	if (strncmp(text, "SHA256:", 7) != 0 || strlen(text + 7) != SEAL_TEXT(HASH_BYTES) - 1)
		return false;
	(void)snprintf(padded, sizeof(padded), "%s=", text + 7);
	return seal_text_parse(padded, SEAL_TEXT(HASH_BYTES), ret, HASH_BYTES) >= 0;
}

int licence_parse_host(const char *text, struct licence_host *ret, struct err *e)
{
	struct licence_host h = { .kind = LICENCE_MAC };
	bool right = parse_mac(text, h.id);

	if (!right) {
		h = (struct licence_host){ .kind = LICENCE_HOST_KEY };
		right = parse_host_key(text, h.id);
	}
	if (!right)
		return err_set(e, -EINVAL,
			       "'%s' is no MAC (00:16:3e:5e:6c:00, not all zeros) and no host key "
			       "(SHA256:... of ssh-keygen -l)",
			       text);
	*ret = h;
	return 0;
}

char *licence_host_text(const struct licence_host *h, char ret[64])
{
	char text[SEAL_TEXT(HASH_BYTES) + 1];

	if (h->kind == LICENCE_HOST_KEY)
		(void)snprintf(ret, 64, "SHA256:%.*s", (int)SEAL_TEXT(HASH_BYTES) - 1,
			       seal_text(h->id, HASH_BYTES, text));
	else
		(void)snprintf(ret, 64, "%02x:%02x:%02x:%02x:%02x:%02x", h->id[0], h->id[1],
			       h->id[2], h->id[3], h->id[4], h->id[5]);
	return ret;
}

size_t licence_machine_hosts(int root_fd, struct licence_host *ret, size_t max)
{
	int fd = openat(root_fd, "sys/class/net", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	size_t n = 0;

	if (!d && fd >= 0)
		close(fd);
	while (d && n < max && (entry = readdir(d))) {
		struct licence_host h = { .kind = LICENCE_MAC };
		char path[300], line[64];

		(void)snprintf(path, sizeof(path), "%s/address", entry->d_name);
		if (entry->d_name[0] != '.' && strcmp(entry->d_name, "lo") != 0 &&
		    file_read_line_at(fd, path, line, sizeof(line)) >= 0 && parse_mac(line, h.id))
			ret[n++] = h;
	}
	if (d)
		closedir(d);
	return n;
}

/* ---- bytes ---- */

static bool is_feature(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= '0' && s[i] <= '9') && s[i] != '-')
			return false;
	return n > 0 && n <= LICENCE_FEATURE_BYTES;
}

static void add_counted(struct buf *b, const void *data, size_t n)
{
	(void)buf_add_byte(b, (uint8_t)n);
	(void)buf_add(b, data, n);
}

/* All but the signature. */
static void put_fields(const struct licence *l, struct buf *b)
{
	uint8_t p[FIXED_BYTES] = { VERSION, (uint8_t)l->n_hosts, (uint8_t)l->n_features };

	memcpy(p + 4, l->issuer, CHECKED_ID_BYTES);
	memcpy(p + 14, l->serial, LICENCE_SERIAL_BYTES);
	put_le64(p + 22, l->site);
	put_le64(p + 30, l->not_before);
	put_le64(p + 38, l->not_after);
	(void)buf_add(b, p, sizeof(p));
	add_counted(b, l->site_name, strlen(l->site_name));
	for (unsigned int i = 0; i < l->n_hosts; i++) {
		uint8_t host[1 + HASH_BYTES] = { (uint8_t)l->host[i].kind };
		size_t n = host_bytes(l->host[i].kind);

		memcpy(host + 1, l->host[i].id, n);
		add_counted(b, host, 1 + n);
	}
	for (unsigned int i = 0; i < l->n_features; i++)
		add_counted(b, l->feature[i], strlen(l->feature[i]));
	while ((b->len + SEAL_SIGN_BYTES) % 3 && !buf_error(b))
		(void)buf_add_byte(b, 0);
}

static int check_fields(const struct licence *l, struct err *e)
{
	if (!l->site)
		return err_set(e, -EINVAL, "a licence is for a site, and 0 is none");
	if (!identity_is_name(l->site_name, strlen(l->site_name)))
		return err_set(e, -EINVAL,
			       "a site's name has 1 to %d bytes of UTF-8 without "
			       "control characters",
			       RECIPIENT_NAME_MAX);
	if (l->not_after > NSEC_MAX / NSEC_PER_SEC)
		return err_set(e, -EINVAL, "no licence lasts longer than the calendar");
	if (l->not_after <= l->not_before)
		return err_set(e, -EINVAL, "the licence would end before it begins");
	for (unsigned int i = 0; i < l->n_features; i++)
		if (!is_feature(l->feature[i], strlen(l->feature[i])))
			return err_set(e, -EINVAL,
				       "'%s' is no feature: up to %d of a-z, 0-9 and '-'",
				       l->feature[i], LICENCE_FEATURE_BYTES);
	return 0;
}

int licence_issue(struct licence *l, const struct identity *issuer, char ret[LICENCE_TEXT_MAX],
		  struct err *e)
{
	uint8_t signature[SEAL_SIGN_BYTES];
	auto_buf b;
	int r = check_fields(l, e);

	buf_init(&b, TOKEN_BYTES);
	if (r < 0)
		return r;
	identity_id(issuer, identity_generations(issuer) - 1, l->issuer);
	randombytes_buf(l->serial, sizeof(l->serial));
	put_fields(l, &b);
	r = buf_error(&b);
	if (r >= 0)
		r = identity_sign(issuer, sign_words, b.data, b.len, signature);
	if (r >= 0)
		r = buf_add(&b, signature, sizeof(signature));
	if (r >= 0 && PREFIX_BYTES + SEAL_TEXT(b.len) >= LICENCE_TEXT_MAX)
		r = -EFBIG;
	if (r < 0)
		return err_set(e, r,
			       r == -EPERM   ? "a public key cannot sign a licence"
			       : r == -EFBIG ? "too many hosts and features for one licence"
					     : "no memory");
	memcpy(ret, prefix, PREFIX_BYTES);
	seal_text(b.data, b.len, ret + PREFIX_BYTES);
	return 0;
}

/* ---- reading ---- */

/* Bytes with a count before them. */
static bool take_counted(const uint8_t **p, const uint8_t *end, const uint8_t **ret, size_t *ret_n)
{
	if (*p == end || (size_t)(end - *p - 1) < **p)
		return false;
	*ret_n = **p;
	*ret = *p + 1;
	*p += 1 + *ret_n;
	return true;
}

static bool parse_lists(const uint8_t *p, const uint8_t *end, struct licence *l)
{
	const uint8_t *s;
	size_t n;

	if (!take_counted(&p, end, &s, &n) || !identity_is_name((const char *)s, n))
		return false;
	memcpy(l->site_name, s, n);
	for (unsigned int i = 0; i < l->n_hosts; i++) {
		if (!take_counted(&p, end, &s, &n) || n < 1 ||
		    (s[0] != LICENCE_MAC && s[0] != LICENCE_HOST_KEY) ||
		    n != 1 + host_bytes((enum licence_host_kind)s[0]))
			return false;
		l->host[i].kind = (enum licence_host_kind)s[0];
		memcpy(l->host[i].id, s + 1, n - 1);
	}
	for (unsigned int i = 0; i < l->n_features; i++) {
		if (!take_counted(&p, end, &s, &n) || !is_feature((const char *)s, n))
			return false;
		memcpy(l->feature[i], s, n);
	}
	for (; p < end; p++)
		if (*p)
			return false;
	return true;
}

/* The bytes of a token; their number, or -EBADMSG. */
static int token_bytes(const char *text, uint8_t ret[TOKEN_BYTES])
{
	size_t len = strlen(text);

	if (len <= PREFIX_BYTES || len >= LICENCE_TEXT_MAX ||
	    strncmp(text, prefix, PREFIX_BYTES) != 0 || (len - PREFIX_BYTES) % 4)
		return -EBADMSG;
	size_t n = (len - PREFIX_BYTES) / 4 * 3;

	if (n < FIXED_BYTES + SEAL_SIGN_BYTES ||
	    seal_text_parse(text + PREFIX_BYTES, len - PREFIX_BYTES, ret, n) < 0)
		return -EBADMSG;
	return (int)n;
}

static int parse(const uint8_t *p, size_t n, struct licence *ret)
{
	struct licence l = { .n_hosts = p[1], .n_features = p[2] };

	if (p[0] != VERSION || p[3] || l.n_hosts > LICENCE_HOSTS_MAX ||
	    l.n_features > LICENCE_FEATURES_MAX)
		return -EBADMSG;
	memcpy(l.issuer, p + 4, CHECKED_ID_BYTES);
	memcpy(l.serial, p + 14, LICENCE_SERIAL_BYTES);
	l.site = get_le64(p + 22);
	l.not_before = get_le64(p + 30);
	l.not_after = get_le64(p + 38);
	if (!parse_lists(p + FIXED_BYTES, p + n - SEAL_SIGN_BYTES, &l) ||
	    check_fields(&l, NULL) < 0)
		return -EBADMSG;
	*ret = l;
	return 0;
}

/* What the licences of the older tool looked like: six groups of four digits. */
static bool is_of_older_tool(const char *text)
{
	for (size_t i = 0; i < 29; i++)
		if (i % 5 == 4 ? text[i] != '-' : hex_digit(text[i]) < 0)
			return false;
	return !text[29];
}

int licence_parse(const char *text, struct licence *ret, struct err *e)
{
	uint8_t p[TOKEN_BYTES];
	int n = token_bytes(text, p);

	if (n < 0 && is_of_older_tool(text))
		return err_set(e, -EBADMSG,
			       "a licence of the older tool: only its vendor's tool can check it");
	if (n < 0 || parse(p, (size_t)n, ret) < 0)
		return err_set(e, -EBADMSG, "no licence, or a damaged one");
	return 0;
}

int licence_id(const char *text, uint8_t ret[CHECKED_ID_BYTES])
{
	uint8_t p[TOKEN_BYTES], hash[SEAL_HASH_BYTES];
	int n = token_bytes(text, p);

	if (n < 0)
		return n;
	const struct seal_piece piece[] = { { id_words, sizeof(id_words) - 1 }, { p, (size_t)n } };

	seal_hash(hash, NULL, piece, ARRAY_SIZE(piece));
	memcpy(ret, hash, CHECKED_ID_BYTES);
	return 0;
}

/* ---- checking ---- */

static int check_signature(const char *text, const struct licence *l, const struct identity *issuer,
			   struct err *e)
{
	char theirs[CHECKED_ID_TEXT(CHECKED_ID_BYTES)], ours[CHECKED_ID_TEXT(CHECKED_ID_BYTES)];
	uint8_t p[TOKEN_BYTES], id[CHECKED_ID_BYTES];
	int n = token_bytes(text, p), by = -1;

	for (unsigned int g = 0; g < identity_generations(issuer) && by < 0; g++) {
		identity_id(issuer, g, id);
		by = memcmp(id, l->issuer, sizeof(id)) == 0 ? (int)g : -1;
	}
	identity_id(issuer, identity_generations(issuer) - 1, id);
	if (by < 0)
		return err_set(e, -ENOKEY,
			       "wrong key: issued with %s, not with %s of '%s' (or a later "
			       "generation of it: try a new kymo key export)",
			       checked_id_text(l->issuer, CHECKED_ID_BYTES, theirs),
			       checked_id_text(id, sizeof(id), ours), identity_name(issuer));
	n -= SEAL_SIGN_BYTES;
	if (identity_signed(issuer, sign_words, p, (size_t)n, p + n) != by)
		return err_set(e, -EKEYREJECTED, "the signature is wrong: changed or forged");
	return 0;
}

static bool has_host(const struct licence *l, const struct licence_need *need)
{
	for (unsigned int i = 0; i < l->n_hosts; i++)
		for (size_t k = 0; k < need->n_hosts; k++)
			if (l->host[i].kind == need->host[k].kind &&
			    memcmp(l->host[i].id, need->host[k].id, host_bytes(l->host[i].kind)) ==
				    0)
				return true;
	return !l->n_hosts || need->any_host;
}

static bool has_feature(const struct licence *l, const char *feature)
{
	for (unsigned int i = 0; i < l->n_features; i++)
		if (!strcmp(l->feature[i], feature))
			return true;
	return false;
}

static int check_site(const struct licence *l, const struct licence_need *need, struct err *e)
{
	char host[64];

	if (need->site && l->site != need->site)
		return err_set(e, -EPERM, "for site %llu, not for site %llu",
			       (unsigned long long)l->site, (unsigned long long)need->site);
	if (need->site_name && strcmp(l->site_name, need->site_name) != 0)
		return err_set(e, -EPERM, "for the site '%s', not for '%s'", l->site_name,
			       need->site_name);
	if (!has_host(l, need))
		return err_set(e, -EPERM, "for %u other %s (%s%s), not for this one", l->n_hosts,
			       l->n_hosts == 1 ? "machine" : "machines",
			       licence_host_text(&l->host[0], host), l->n_hosts > 1 ? " ..." : "");
	return 0;
}

int licence_check(const char *text, const struct licence_need *need, struct licence *ret,
		  struct err *e)
{
	char when[TIMESTAMP_MAX];
	int r = seal_ready(e);

	if (r >= 0)
		r = licence_parse(text, ret, e);
	if (r >= 0)
		r = check_signature(text, ret, need->issuer, e);
	if (r >= 0)
		r = check_site(ret, need, e);
	if (r < 0)
		return r;
	if (need->now < ret->not_before)
		return err_set(e, -ETIME, "not good before %s",
			       timestamp_text(when, ret->not_before * NSEC_PER_SEC));
	if (need->now >= ret->not_after)
		return err_set(e, -ETIME, "expired, it was good until %s",
			       timestamp_text(when, ret->not_after * NSEC_PER_SEC));
	if (need->feature && !has_feature(ret, need->feature))
		return err_set(e, -EPERM, "without the feature '%s'", need->feature);
	return 0;
}
