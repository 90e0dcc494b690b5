/* SPDX-License-Identifier: MIT */
/* Files of version 1.0 are read for ever: a journal, its witness, keys, a licence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <limits.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/file.h"
#include "format/identity.h"
#include "format/journal_reader.h"
#include "format/journal_verify.h"
#include "format/licence.h"
#include "format/witness.h"

#define FOLDER "tests/fixtures/journal/"

static struct identity *key(const char *name, const char *passphrase)
{
	struct identity *id = NULL;
	struct err e = { 0 };
	char path[200];
	auto_buf b;

	buf_init(&b, IDENTITY_FILE_MAX);
	(void)snprintf(path, sizeof(path), FOLDER "%s", name);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	if (identity_parse(buf_str(&b), b.len, passphrase, &id, &e) < 0)
		fail_msg("%s: %s", name, e.text);
	return id;
}

static void test_keys(void **state)
{
	auto_ptr(identity) reader = key("reader.key", NULL);
	auto_ptr(identity) public_reader = key("reader.pub", NULL);
	auto_ptr(identity) locked = key("locked.key", "correct horse battery staple");
	uint8_t a[CHECKED_ID_BYTES], b[CHECKED_ID_BYTES];
	char text[CHECKED_ID_TEXT(CHECKED_ID_BYTES)];

	(void)state;
	identity_id(reader, UINT_MAX, a);
	identity_id(public_reader, UINT_MAX, b);
	assert_memory_equal(a, b, sizeof(a));
	assert_string_equal(checked_id_text(a, sizeof(a), text), "c314-31b6-f74e-5249-eed0-0498");
	assert_true(identity_is_secret(reader));
	assert_false(identity_is_secret(public_reader));
	assert_string_equal(identity_name(reader), "Evil Corp");
	assert_int_equal(identity_site(locked), 1);
	assert_true(identity_is_secret(locked));
}

static void test_licence(void **state)
{
	auto_ptr(identity) issuer = key("issuer.pub", NULL);
	char text[LICENCE_TEXT_MAX];
	struct licence_host host;
	struct licence l;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(file_read_line_at(AT_FDCWD, FOLDER "licence", text, sizeof(text)), 0);
	assert_int_equal(licence_parse_host("00:16:3e:5e:6c:00", &host, NULL), 0);
	struct licence_need need = { .issuer = issuer,
				     .site = 1,
				     .site_name = "Evil Corp",
				     .host = &host,
				     .n_hosts = 1,
				     .now = 1780000000,
				     .feature = "replay" };

	if (licence_check(text, &need, &l, &e) < 0)
		fail_msg("%s", e.text);
}

static void test_verify(void **state)
{
	auto_ptr(identity) reader = key("reader.key", NULL);
	auto_ptr(keyring) keys = keyring_new();
	auto_free uint8_t(*witness)[STATEMENT_SIGNED_BYTES] = NULL;
	uint8_t id[JOURNAL_ID_BYTES];
	struct journal_verdict v;
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(identity_add_to(reader, keys), 0);
	assert_int_equal(
		checked_id_parse("5933-e6ec-c5f3-c1a8-d373-9935-fae4-0e5d-aa06", id, sizeof(id)),
		0);
	assert_int_equal(file_read_at(AT_FDCWD, FOLDER "golden-1.0.witness", &b), 0);
	struct journal_verify_options o = { .journal = id, .keys = keys };

	assert_int_equal(witness_parse(buf_str(&b), b.len, &witness, &o.n_witness, NULL), 0);
	o.witness = (const uint8_t(*)[STATEMENT_SIGNED_BYTES])witness;
	assert_int_equal(journal_verify(FOLDER "golden-1.0", &o, &v, NULL), 0);
	assert_int_equal(v.n_problems, 0);
	assert_true(v.closed);
	assert_int_equal(v.segments, 2);
	assert_int_equal(v.entries, 59);
	assert_int_equal(v.witnessed, 2);
	journal_verdict_done(&v);
}

/* Everything in it, by a sum over the bytes. */
static void read_all(struct keyring *keys, unsigned int expected, uint32_t sum)
{
	struct journal_reader *r = NULL;
	struct journal_stream s;
	struct journal_entry entry;
	unsigned int n = 0;
	auto_buf all;

	buf_init(&all, 0);
	assert_int_equal(journal_reader_open(FOLDER "golden-1.0", keys, NULL, &r, NULL), 0);
	while (journal_reader_next(r, &s, &entry, NULL) > 0) {
		assert_int_equal(buf_add(&all, entry.data, entry.bytes), 0);
		assert_int_equal(s.site, 1);
		n++;
	}
	journal_reader_free(r);
	assert_int_equal(n, expected);
	assert_int_equal(crc32c(all.data, all.len), sum);
}

static void test_read(void **state)
{
	auto_ptr(identity) reader = key("reader.key", NULL);
	auto_ptr(keyring) keys = keyring_new();
	auto_ptr(keyring) passphrase = keyring_new();

	(void)state;
	assert_int_equal(identity_add_to(reader, keys), 0);
	assert_int_equal(keyring_add_passphrase(passphrase, "correct horse battery staple"), 0);
	read_all(keys, 59, 0xb158574f);
	/* The first segment alone is sealed to it. */
	read_all(passphrase, 44, 0xaf573816);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_licence),
		cmocka_unit_test(test_verify),
		cmocka_unit_test(test_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
