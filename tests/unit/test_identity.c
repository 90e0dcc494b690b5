/* SPDX-License-Identifier: MIT */
/* Tests of src/format/identity and identity_file: keys, generations, strict files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "format/identity.h"

static struct identity *make(unsigned int rotations)
{
	struct identity *id = NULL;

	assert_int_equal(identity_new(1, "Evil Corp", &id, NULL), 0);
	for (unsigned int i = 0; i < rotations; i++)
		assert_int_equal(identity_rotate(id, NULL), 0);
	return id;
}

static struct identity *again(const struct buf *b, const char *passphrase)
{
	struct identity *id = NULL;
	struct err e = { 0 };

	if (identity_parse((const char *)b->data, b->len, passphrase, &id, &e) < 0)
		fail_msg("%s", e.text);
	return id;
}

static void expect_same(const struct identity *a, const struct identity *b)
{
	assert_int_equal(identity_site(a), identity_site(b));
	assert_string_equal(identity_name(a), identity_name(b));
	assert_int_equal(identity_created(a), identity_created(b));
	assert_int_equal(identity_generations(a), identity_generations(b));
	for (unsigned int g = 0; g < identity_generations(a); g++) {
		uint8_t x[CHECKED_ID_BYTES], y[CHECKED_ID_BYTES];

		identity_id(a, g, x);
		identity_id(b, g, y);
		assert_memory_equal(x, y, sizeof(x));
	}
}

static void test_files(void **state)
{
	struct recipient sealing;

	(void)state;
	assert_int_equal(recipient_from_passphrase("correct horse", 1, 8, &sealing, NULL), 0);
	for (unsigned int rotations = 0; rotations < 3; rotations++) {
		auto_ptr(identity) id = make(rotations);

		for (unsigned int kind = 0; kind < 3; kind++) {
			auto_buf b, b2;

			buf_init(&b, 0);
			buf_init(&b2, 0);
			assert_int_equal(
				kind == 0 ? identity_put_public(id, &b)
					  : identity_put(id, kind == 2 ? &sealing : NULL, &b, NULL),
				0);
			auto_ptr(identity) back = again(&b, "correct horse");

			expect_same(id, back);
			assert_int_equal(identity_is_secret(back), kind > 0);
			/* The same bytes again, where no randomness is in them. */
			if (kind == 1) {
				assert_int_equal(identity_put(back, NULL, &b2, NULL), 0);
				assert_int_equal(b.len, b2.len);
				assert_memory_equal(b.data, b2.data, b.len);
			}
		}
	}
	recipient_wipe(&sealing);
}

/* Every bit of all three kinds: refused, and never called a wrong passphrase. */
static void test_flips(void **state)
{
	auto_ptr(identity) id = make(1);
	struct recipient sealing;

	(void)state;
	assert_int_equal(recipient_from_passphrase("correct horse", 1, 8, &sealing, NULL), 0);
	for (unsigned int kind = 0; kind < 3; kind++) {
		auto_buf b;

		buf_init(&b, 0);
		assert_int_equal(kind == 0
					 ? identity_put_public(id, &b)
					 : identity_put(id, kind == 2 ? &sealing : NULL, &b, NULL),
				 0);
		for (size_t bit = 0; bit < 8 * b.len; bit++) {
			struct identity *back = NULL;
			struct err e = { 0 };

			b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
			int r = identity_parse((const char *)b.data, b.len, "correct horse", &back,
					       &e);

			assert_true(r == -EBADMSG || r == -EMEDIUMTYPE);
			assert_true(e.text[0]);
			b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		for (size_t n = 0; n < b.len; n++) {
			struct identity *back = NULL;

			assert_true(identity_parse((const char *)b.data, n, NULL, &back, NULL) < 0);
		}
		/* Nothing may stand behind it. */
		assert_int_equal(buf_add_str(&b, "x\n"), 0);
		struct identity *back = NULL;

		assert_int_equal(identity_parse((const char *)b.data, b.len, NULL, &back, NULL),
				 -EBADMSG);
	}
	recipient_wipe(&sealing);
}

static void test_passphrases(void **state)
{
	auto_ptr(identity) id = make(0);
	struct identity *back = NULL;
	struct recipient sealing;
	struct err e = { 0 };
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	assert_int_equal(recipient_from_passphrase("correct horse", 1, 8, &sealing, NULL), 0);
	assert_int_equal(identity_put(id, &sealing, &b, NULL), 0);
	assert_int_equal(identity_parse((const char *)b.data, b.len, NULL, &back, &e), -ENOKEY);
	assert_int_equal(identity_parse((const char *)b.data, b.len, "Correct horse", &back, &e),
			 -EKEYREJECTED);
	assert_string_equal(e.text, "wrong passphrase");
	assert_null(back);
	/* No secret in the clear. */
	auto_buf plain;

	buf_init(&plain, 0);
	assert_int_equal(identity_put(id, NULL, &plain, NULL), 0);
	const char *seed = strstr(buf_str(&plain), "seed 0 ");

	assert_non_null(seed);
	assert_null(memmem(b.data, b.len, seed + 7, 44));
	recipient_wipe(&sealing);
}

/* What a public file cannot do, and what generations are for. */
static void test_generations(void **state)
{
	auto_ptr(identity) id = make(0);
	uint8_t first[CHECKED_ID_BYTES], second[CHECKED_ID_BYTES], signature[SEAL_SIGN_BYTES];
	uint8_t old_signature[SEAL_SIGN_BYTES];
	auto_ptr(keyring) keys = keyring_new();
	auto_buf b;

	(void)state;
	buf_init(&b, 0);
	identity_id(id, UINT_MAX, first);
	assert_int_equal(identity_sign(id, "test", "abc", 3, old_signature), 0);
	assert_int_equal(identity_rotate(id, NULL), 0);
	identity_id(id, UINT_MAX, second);
	assert_memory_not_equal(first, second, sizeof(first));
	assert_int_equal(identity_sign(id, "test", "abc", 3, signature), 0);
	assert_int_equal(identity_signed(id, "test", "abc", 3, old_signature), 0);
	assert_int_equal(identity_signed(id, "test", "abc", 3, signature), 1);
	assert_int_equal(identity_signed(id, "test", "abd", 3, signature), -EKEYREJECTED);
	assert_int_equal(identity_signed(id, "tesu", "abc", 3, signature), -EKEYREJECTED);
	assert_int_equal(identity_put_public(id, &b), 0);
	auto_ptr(identity) public = again(&b, NULL);

	assert_int_equal(identity_sign(public, "test", "abc", 3, signature), -EPERM);
	assert_int_equal(identity_rotate(public, NULL), -EPERM);
	assert_int_equal(identity_add_to(public, keys), -EPERM);
	assert_int_equal(identity_put(public, NULL, &b, NULL), -EPERM);
	assert_int_equal(identity_signed(public, "test", "abc", 3, signature), 1);
	/* The secrets of all generations. */
	struct recipient to;
	uint8_t key[SEAL_KEY_BYTES] = { 7 }, opened[SEAL_KEY_BYTES];
	struct recipient_seen seen;
	auto_buf sealed;

	buf_init(&sealed, 0);
	identity_recipient(public, &to);
	assert_int_equal(identity_rotate(id, NULL), 0);
	assert_int_equal(identity_add_to(id, keys), 0);
	assert_int_equal(recipient_seal(&to, key, &sealed, NULL), 0);
	const uint8_t *p = sealed.data;

	assert_int_equal(recipient_parse(&p, sealed.data + sealed.len, &seen), 0);
	assert_string_equal(seen.name, "Evil Corp");
	assert_int_equal(keyring_open(keys, &seen, opened, NULL), 1);
	assert_memory_equal(opened, key, sizeof(key));
}

static void test_limits(void **state)
{
	char name[RECIPIENT_NAME_MAX + 2];
	struct identity *id = NULL;
	struct err e = { 0 };

	(void)state;
	memset(name, 'x', sizeof(name));
	name[sizeof(name) - 1] = 0;
	assert_int_equal(identity_new(1, name, &id, &e), -EINVAL);
	assert_int_equal(identity_new(1, "", &id, &e), -EINVAL);
	assert_int_equal(identity_new(1, "a\nb", &id, &e), -EINVAL);
	name[RECIPIENT_NAME_MAX] = 0;
	assert_int_equal(identity_new(UINT64_MAX, name, &id, &e), 0);
	int r = 0;

	while (r == 0)
		r = identity_rotate(id, &e);
	assert_int_equal(r, -E2BIG);
	assert_int_equal(identity_generations(id), IDENTITY_GENERATIONS_MAX);
	auto_buf b;

	buf_init(&b, 0);
	assert_int_equal(identity_put(id, NULL, &b, NULL), 0);
	auto_ptr(identity) back = again(&b, NULL);

	expect_same(id, back);
	identity_free(id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files),	    cmocka_unit_test(test_flips),
		cmocka_unit_test(test_passphrases), cmocka_unit_test(test_generations),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
