/* SPDX-License-Identifier: MIT */
/* Framing, key and packing of the older journal. */
#include "format/perfcollector_journal.h"

#include <errno.h>
#include <sodium.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "format/gzip.h"

#define LENGTH_BYTES 4
#define JUDGED	     256u /* records that are tried with a key that did not fit the first */
#define SHORTEST     (SEAL_NONCE_BYTES + SEAL_TAG_BYTES)

struct perfcollector_reader {
	int fd;
	char *name;
	uint8_t *key; /* seal_alloc() */
	struct buf in, packed;
	bool at_end; /* of the file: what is in .in is the rest */
	size_t used; /* of .in */
	uint64_t offset; /* of the next record */
	bool any; /* a record opened */
	bool done;
};

int perfcollector_key(uint64_t site, const char *site_name, const char *licence,
		      uint8_t ret[SEAL_KEY_BYTES], struct err *e)
{
	crypto_auth_hmacsha256_state state;
	char number[24];
	int r = seal_ready(e);

	if (r < 0)
		return r;
	(void)snprintf(number, sizeof(number), "%llu", (unsigned long long)site);
	(void)crypto_auth_hmacsha256_init(&state, (const uint8_t *)licence, strlen(licence));
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)number, strlen(number));
	(void)crypto_auth_hmacsha256_update(&state, (const uint8_t *)site_name, strlen(site_name));
	(void)crypto_auth_hmacsha256_final(&state, ret);
	return 0;
}

/* ---- bytes ---- */

/* At least @n bytes at the place of reading, if the file has them: -ENODATA if not. */
static int fill(struct perfcollector_reader *r, size_t n, struct err *e)
{
	if (r->used && r->in.len - r->used < n) {
		memmove(r->in.data, r->in.data + r->used, r->in.len - r->used);
		r->in.len -= r->used;
		r->used = 0;
	}
	/* By steps: a length that leads beyond the end is no reason to take memory for it. */
	while (r->in.len - r->used < n && !r->at_end) {
		void *p = buf_reserve(&r->in, 65536);
		ssize_t got = p ? read(r->fd, p, 65536) : 0;

		if (!p)
			return err_set(e, buf_error(&r->in), "no memory");
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(e, -errno, "cannot read '%s': %s", r->name, strerror(errno));
		r->at_end = got == 0;
		buf_commit(&r->in, (size_t)got);
	}
	return r->in.len - r->used < n ? -ENODATA : 0;
}

/* 1: the next record's @ret_n bytes behind its length are at hand; 0: the end. */
static int frame(struct perfcollector_reader *r, uint32_t *ret_n, struct err *e)
{
	int rc = fill(r, LENGTH_BYTES, e);

	if (rc == -ENODATA && r->in.len == r->used)
		return 0;
	if (rc == -ENODATA)
		return err_set(e, rc, "'%s' ends within a record's length, at offset %llu", r->name,
			       (unsigned long long)r->offset);
	if (rc < 0)
		return rc;
	uint32_t n = get_le32(r->in.data + r->used);

	if (n < SHORTEST || n > PERFCOLLECTOR_RECORD_MAX)
		return err_set(e, -ENODATA,
			       "'%s': a record of %u bytes at offset %llu cannot be (%d to %u)",
			       r->name, n, (unsigned long long)r->offset, SHORTEST,
			       PERFCOLLECTOR_RECORD_MAX);
	rc = fill(r, LENGTH_BYTES + (size_t)n, e);
	if (rc == -ENODATA)
		return err_set(e, rc,
			       "'%s' ends within the record at offset %llu (%zu of %u bytes)",
			       r->name, (unsigned long long)r->offset,
			       r->in.len - r->used - LENGTH_BYTES, n);
	*ret_n = n;
	return rc < 0 ? rc : 1;
}

static void skip(struct perfcollector_reader *r, uint32_t n)
{
	r->used += LENGTH_BYTES + (size_t)n;
	r->offset += LENGTH_BYTES + (uint64_t)n;
}

/* The sealed bytes behind the length into r->packed. */
static int open_record(struct perfcollector_reader *r, uint32_t n)
{
	const uint8_t *p = r->in.data + r->used + LENGTH_BYTES;
	unsigned long long got;

	buf_clear(&r->packed);
	uint8_t *to = buf_reserve(&r->packed, n);

	if (!to)
		return -ENOMEM;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, &got, NULL, p + SEAL_NONCE_BYTES,
						       n - SEAL_NONCE_BYTES, NULL, 0, p,
						       r->key) < 0)
		return -EBADMSG;
	buf_commit(&r->packed, (size_t)got);
	return 0;
}

/* ---- a key that fits nothing ---- */

/*
 * The first record does not open: is it damaged, or is the key wrong? If any other opens, the key
 * is right. Nothing is given back of those: the reader stands where it stood only in a regular
 * file, which is what journals are.
 */
static int judge(struct perfcollector_reader *r, struct err *e)
{
	const size_t used = r->used;
	const uint64_t offset = r->offset;
	const off_t place = lseek(r->fd, 0, SEEK_CUR);
	auto_buf kept;
	uint32_t n;
	int rc = 0;
	bool opens = false;

	buf_init(&kept, 0);
	if (place < 0 || buf_add(&kept, r->in.data + used, r->in.len - used) < 0)
		return err_set(e, -EKEYREJECTED,
			       "wrong key, or '%s' begins damaged (site, name and licence must be "
			       "those of its writer)",
			       r->name);
	for (unsigned int i = 0; !opens && i < JUDGED && (rc = frame(r, &n, NULL)) > 0; i++) {
		opens = open_record(r, n) >= 0;
		skip(r, n);
	}
	const bool whole = rc >= 0;

	/* Back to the first record. */
	r->at_end = false;
	r->offset = offset;
	r->used = 0;
	buf_clear(&r->in);
	if (lseek(r->fd, place, SEEK_SET) < 0 || buf_add(&r->in, kept.data, kept.len) < 0)
		return err_set(e, -EIO, "cannot go back in '%s'", r->name);
	if (opens)
		return 0;
	if (!whole)
		return err_set(
			e, -EMEDIUMTYPE,
			"'%s' is no journal of this site, name and licence, or it is damaged",
			r->name);
	return err_set(e, -EKEYREJECTED,
		       "wrong key: '%s' was written with another site number, site name or licence",
		       r->name);
}

int perfcollector_reader_next(struct perfcollector_reader *r, struct buf *ret, struct err *e)
{
	struct err own = { 0 };
	uint32_t n;
	int rc = r->done ? 0 : frame(r, &n, e);

	buf_clear(ret);
	if (rc <= 0) {
		/* At the very begin a wrong length is as much a sign that it is something else. */
		if (rc == -ENODATA && !r->offset)
			rc = err_set(e, -EMEDIUMTYPE,
				     "'%s' is no journal of perfcollector, or it is cut or damaged "
				     "in its first record",
				     r->name);
		r->done = true;
		return rc;
	}
	rc = open_record(r, n);
	if (rc == -EBADMSG && !r->any) {
		rc = judge(r, e);
		if (rc < 0) {
			r->done = true;
			return rc;
		}
		r->any = true;
		rc = -EBADMSG;
	}
	const unsigned long long at = r->offset;

	skip(r, n);
	if (rc == -EBADMSG)
		return err_set(e, rc, "'%s': the record at offset %llu is damaged", r->name, at);
	if (rc < 0)
		return err_set(e, rc, "no memory");
	r->any = true;
	rc = gzip_unpack(r->packed.data, r->packed.len, ret, &own);
	if (rc < 0)
		return err_set(e, rc == -ENOMEM ? rc : -EBADMSG,
			       "'%s': the record at offset %llu does not unpack: %s", r->name, at,
			       err_text(&own, rc));
	return 1;
}

int perfcollector_reader_new(int fd, const char *name, const uint8_t key[SEAL_KEY_BYTES],
			     struct perfcollector_reader **ret, struct err *e)
{
	auto_ptr(perfcollector_reader) r = calloc(1, sizeof(*r));

	if (!r) {
		close(fd);
		return err_set(e, -ENOMEM, "no memory");
	}
	r->fd = fd;
	int rc = seal_ready(e);

	if (rc < 0)
		return rc;
	buf_init(&r->in, (size_t)2 * PERFCOLLECTOR_RECORD_MAX);
	buf_init(&r->packed, PERFCOLLECTOR_RECORD_MAX);
	r->name = strdup(name);
	r->key = seal_alloc(SEAL_KEY_BYTES);
	if (!r->name || !r->key)
		return err_set(e, -ENOMEM, "no memory");
	memcpy(r->key, key, SEAL_KEY_BYTES);
	*ret = steal_ptr(r);
	return 0;
}

struct perfcollector_reader *perfcollector_reader_free(struct perfcollector_reader *r)
{
	if (r) {
		close(r->fd);
		seal_free(r->key);
		buf_done(&r->in);
		buf_done(&r->packed);
		free(r->name);
		free(r);
	}
	return NULL;
}

/* ---- writing ---- */

int perfcollector_append(int fd, const uint8_t key[SEAL_KEY_BYTES], const void *json, size_t n,
			 struct err *e)
{
	const bool ended = n && ((const char *)json)[n - 1] == '\n';
	auto_buf plain, packed, out;

	buf_init(&plain, PERFCOLLECTOR_PLAIN_MAX);
	buf_init(&packed, PERFCOLLECTOR_RECORD_MAX - SHORTEST);
	buf_init(&out, 0);
	int r = buf_add(&plain, json, n);

	if (r >= 0 && !ended)
		r = buf_add_byte(&plain, '\n');
	if (r >= 0)
		r = gzip_pack(plain.data, plain.len, &packed, e);
	uint8_t *p = r < 0 ? NULL : buf_reserve(&out, LENGTH_BYTES + SHORTEST + packed.len);

	if (!p)
		return err_set(e && e->code ? NULL : e, r < 0 ? r : -ENOMEM,
			       "a record of %zu bytes cannot be packed", n);
	put_le32(p, (uint32_t)(SHORTEST + packed.len));
	randombytes_buf(p + LENGTH_BYTES, SEAL_NONCE_BYTES);
	(void)crypto_aead_xchacha20poly1305_ietf_encrypt(p + LENGTH_BYTES + SEAL_NONCE_BYTES, NULL,
							 packed.data, packed.len, NULL, 0, NULL,
							 p + LENGTH_BYTES, key);
	r = file_write_all(fd, p, LENGTH_BYTES + SHORTEST + packed.len);
	return r < 0 ? err_set(e, r, "cannot write: %s", strerror(-r)) : 0;
}
