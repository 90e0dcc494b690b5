/* SPDX-License-Identifier: MIT */
/*
 * One easy handle, so that requests to the same host share a connection. libcurl is loaded when it
 * is first needed: it brings thirty libraries along, which would make every start of the program
 * ten times as long (12 ms instead of 1.2 ms).
 */
#include "names/http_client.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define HEADER_MAX (64u << 10)

/* What we use of libcurl. */
struct curl_api {
	__typeof__(&curl_global_init) global_init;
	__typeof__(&curl_easy_init) init;
	__typeof__(&curl_easy_cleanup) cleanup;
	__typeof__(&curl_easy_reset) reset;
	__typeof__(&curl_easy_setopt) setopt;
	__typeof__(&curl_easy_perform) perform;
	__typeof__(&curl_easy_getinfo) getinfo;
	__typeof__(&curl_easy_strerror) strerror;
	__typeof__(&curl_slist_append) list_append;
	__typeof__(&curl_slist_free_all) list_free;
};

struct http_client {
	void *library;
	struct curl_api api;
	CURL *curl;
	struct http_options options;
	/* Of the request in progress. */
	struct http_reply *reply;
	const char *wanted;
	bool too_long;
};

static int load_library(struct http_client *c, struct err *e)
{
	/* The second is Debian's with another TLS library. */
	static const char *const name[] = { "libcurl.so.4", "libcurl-gnutls.so.4" };
	const struct {
		const char *name;
		void *to;
	} symbol[] = {
		{ "curl_global_init", &c->api.global_init },
		{ "curl_easy_init", &c->api.init },
		{ "curl_easy_cleanup", &c->api.cleanup },
		{ "curl_easy_reset", &c->api.reset },
		{ "curl_easy_setopt", &c->api.setopt },
		{ "curl_easy_perform", &c->api.perform },
		{ "curl_easy_getinfo", &c->api.getinfo },
		{ "curl_easy_strerror", &c->api.strerror },
		{ "curl_slist_append", &c->api.list_append },
		{ "curl_slist_free_all", &c->api.list_free },
	};

	for (size_t i = 0; i < ARRAY_SIZE(name) && !c->library; i++)
		c->library = dlopen(name[i], RTLD_NOW | RTLD_LOCAL);
	if (!c->library)
		return err_set(e, -ENOENT, "libcurl is not installed (try: apt install libcurl4)");
	for (size_t i = 0; i < ARRAY_SIZE(symbol); i++) {
		void *found = dlsym(c->library, symbol[i].name);

		if (!found)
			return err_set(e, -ENOSYS, "libcurl has no %s", symbol[i].name);
		memcpy(symbol[i].to, &found, sizeof(found));
	}
	return 0;
}

int http_client_new(const struct http_options *o, struct http_client **ret, struct err *e)
{
	auto_ptr(http_client) c = calloc(1, sizeof(*c));

	if (!c)
		return err_set(e, -ENOMEM, "no memory");
	int r = load_library(c, e);

	if (r < 0)
		return r;
	c->options = *o;
	if (c->api.global_init(CURL_GLOBAL_DEFAULT) == 0)
		c->curl = c->api.init();
	if (!c->curl)
		return err_set(e, -ENOMEM, "no memory");
	*ret = steal_ptr(c);
	return 0;
}

struct http_client *http_client_free(struct http_client *c)
{
	if (c) {
		if (c->curl)
			c->api.cleanup(c->curl);
		/* The library stays: its TLS has handlers for the end of the program. */
		free(c);
	}
	return NULL;
}

void http_reply_init(struct http_reply *r)
{
	*r = (struct http_reply){ 0 };
	buf_init(&r->body, 0);
	buf_init(&r->header, HEADER_MAX);
}

void http_reply_done(struct http_reply *r)
{
	if (r->body.data)
		explicit_bzero(r->body.data, r->body.len);
	if (r->header.data)
		explicit_bzero(r->header.data, r->header.len);
	buf_done(&r->body);
	buf_done(&r->header);
}

static size_t take_body(char *p, size_t size, size_t n, void *ctx)
{
	struct http_client *c = ctx;
	struct buf *b = &c->reply->body;

	n *= size;
	if (b->len + n > c->options.max_bytes) {
		c->too_long = true;
		return 0;
	}
	return buf_add(b, p, n) < 0 ? 0 : n;
}

static size_t take_header(char *p, size_t size, size_t n, void *ctx)
{
	struct http_client *c = ctx;
	size_t len = c->wanted ? strlen(c->wanted) : 0;

	n *= size;
	if (!len || n < len + 1 || strncasecmp(p, c->wanted, len) != 0 || p[len] != ':')
		return n;
	const char *from = p + len + 1, *to = p + n;

	while (from < to && (*from == ' ' || *from == '\t'))
		from++;
	while (to > from && (to[-1] == '\r' || to[-1] == '\n' || to[-1] == ' '))
		to--;
	buf_clear(&c->reply->header);
	(void)buf_add(&c->reply->header, from, (size_t)(to - from));
	return n;
}

static int words_of(const struct http_client *c, const char *url, CURLcode code, const char *detail,
		    struct err *e)
{
	switch (code) {
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(e, -ETIMEDOUT,
			       "'%s' does not answer in time (try: --names-timeout 2m)", url);
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(e, -EACCES,
			       "the certificate of '%s' is not trusted: %s (try: OS_CACERT)", url,
			       detail);
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
		return err_set(e, -EINVAL, "'%s' is no http or https address", url);
	case CURLE_OUT_OF_MEMORY:
		return err_set(e, -ENOMEM, "no memory");
	case CURLE_WRITE_ERROR:
		if (c->too_long)
			return err_set(e, -EFBIG, "the answer of '%s' is larger than %zu MiB", url,
				       c->options.max_bytes >> 20);
		return err_set(e, -ENOMEM, "no memory for the answer of '%s'", url);
	default:
		return err_set(e, -ENOTCONN, "cannot ask '%s': %s", url, detail);
	}
}

static bool set_options(struct http_client *c, const struct http_request *q,
			struct curl_slist *headers, char *detail)
{
	const struct http_options *o = &c->options;
	__typeof__(&curl_easy_setopt) set = c->api.setopt;
	CURL *h = c->curl;
	CURLcode r = set(h, CURLOPT_URL, q->url);

	r |= set(h, CURLOPT_PROTOCOLS_STR, "http,https");
	r |= set(h, CURLOPT_NOSIGNAL, 1L);
	r |= set(h, CURLOPT_HTTPHEADER, headers);
	r |= set(h, CURLOPT_USERAGENT, "kymo/" KYMO_VERSION);
	r |= set(h, CURLOPT_TIMEOUT_MS, (long)(o->timeout / NSEC_PER_MSEC));
	r |= set(h, CURLOPT_ERRORBUFFER, detail);
	r |= set(h, CURLOPT_WRITEFUNCTION, take_body);
	r |= set(h, CURLOPT_WRITEDATA, c);
	r |= set(h, CURLOPT_HEADERFUNCTION, take_header);
	r |= set(h, CURLOPT_HEADERDATA, c);
	r |= set(h, CURLOPT_SSL_VERIFYPEER, o->insecure ? 0L : 1L);
	r |= set(h, CURLOPT_SSL_VERIFYHOST, o->insecure ? 0L : 2L);
	if (o->cacert)
		r |= set(h, CURLOPT_CAINFO, o->cacert);
	if (o->cert)
		r |= set(h, CURLOPT_SSLCERT, o->cert);
	if (o->key)
		r |= set(h, CURLOPT_SSLKEY, o->key);
	if (q->body)
		r |= set(h, CURLOPT_POSTFIELDS, q->body);
	return r == CURLE_OK;
}

static struct curl_slist *make_headers(const struct http_client *c, const struct http_request *q)
{
	struct curl_slist *list = c->api.list_append(NULL, "Accept: application/json");
	auto_buf line;

	buf_init(&line, HEADER_MAX);
	if (list && q->body)
		list = c->api.list_append(list, "Content-Type: application/json");
	/* A line end within would begin another header. */
	if (list && q->token && !strpbrk(q->token, "\r\n") &&
	    buf_addf(&line, "X-Auth-Token: %s", q->token) >= 0) {
		list = c->api.list_append(list, buf_str(&line));
		explicit_bzero(line.data, line.len);
	}
	return list;
}

int http_client_ask(struct http_client *c, const struct http_request *q, struct http_reply *ret,
		    struct err *e)
{
	char detail[CURL_ERROR_SIZE] = "";
	struct curl_slist *headers = make_headers(c, q);
	CURLcode code = CURLE_OUT_OF_MEMORY;

	c->api.reset(c->curl);
	c->reply = ret;
	c->wanted = q->wanted;
	c->too_long = false;
	buf_clear(&ret->body);
	buf_clear(&ret->header);
	if (headers && set_options(c, q, headers, detail))
		code = c->api.perform(c->curl);
	c->api.list_free(headers);
	if (code != CURLE_OK)
		return words_of(c, q->url, code, *detail ? detail : c->api.strerror(code), e);
	c->api.getinfo(c->curl, CURLINFO_RESPONSE_CODE, &ret->status);
	return 0;
}
