/* SPDX-License-Identifier: MIT */
/* Tests of src/base/blake2bp. The expected digests are of Python's hashlib, whose blake2b takes the
 * parameters of trees; the empty one is also the first of the BLAKE2 authors' published vectors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/blake2bp.h"
#include "base/hex.h"

#define LONGEST 2600

static void fill(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 256);
}

static void test_published_vector(void **state)
{
	uint8_t digest[BLAKE2BP_BYTES];
	char text[2 * BLAKE2BP_BYTES + 1];

	(void)state;
	blake2bp("", 0, digest);
	assert_string_equal(hex_text(digest, sizeof(digest), text),
			    "b5ef811a8038f70b628fa8b294daae7492b1ebe343a80eaabbf1f6ae664dd67b"
			    "9d90b0120791eab81dc96985f28849f6a305186a85501b405114bfa678df9380");
}

/* Around the ends of blocks and stripes. */
static void test_lengths(void **state)
{
	static const struct {
		size_t n;
		const char *begin;
	} known[] = {
		{ 1, "a139280e72757b723e6473d5be59f36e" },
		{ 127, "da0754222d05822682c46112a9abcd1f" },
		{ 128, "a92fd23dd7f0cb39d082fe107350eb52" },
		{ 129, "ce1f816c341fa30ab9cccd166c417202" },
		{ 511, "62fa1763977b7cb929be8ea1ff59ddb0" },
		{ 512, "be2feec3d008eb73e16e1ae6fd89661d" },
		{ 513, "61a284416ec391cfdd70df7e3a0cc353" },
		{ 1023, "312e7b795a9430111eee9402f307eb85" },
		{ 1024, "41eb33fe6c6968b49c60d245d832c6db" },
		{ 1025, "30fff6d8c36f2c803c5041a0fd980142" },
		{ 1536, "1d4a58cca1b0786e09ea7dc94374693b" },
		{ 1537, "d11e1dc9b4c53a1009e01855a5ad2bce" },
		{ LONGEST, "c57273df2485512ac37804774f1da9ad" },
	};
	uint8_t data[LONGEST], digest[BLAKE2BP_BYTES];
	char text[2 * BLAKE2BP_BYTES + 1];

	(void)state;
	fill(data, sizeof(data));
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		blake2bp(data, known[i].n, digest);
		hex_text(digest, sizeof(digest), text);
		assert_memory_equal(text, known[i].begin, 32);
	}
}

/* The digest of all digests of 0 to LONGEST bytes, one behind the other. */
static void test_every_length(void **state)
{
	uint8_t data[LONGEST];
	uint8_t *all = malloc((size_t)(LONGEST + 1) * BLAKE2BP_BYTES);
	uint8_t digest[BLAKE2BP_BYTES];
	char text[2 * BLAKE2BP_BYTES + 1];

	(void)state;
	assert_non_null(all);
	fill(data, sizeof(data));
	for (size_t n = 0; n <= LONGEST; n++) {
		/* At every alignment, and in memory of just that length. */
		uint8_t *exact = malloc(n + 8);

		assert_non_null(exact);
		memcpy(exact + n % 8, data, n);
		blake2bp(exact + n % 8, n, all + n * BLAKE2BP_BYTES);
		free(exact);
	}
	blake2bp(all, (size_t)(LONGEST + 1) * BLAKE2BP_BYTES, digest);
	free(all);
	assert_string_equal(hex_text(digest, sizeof(digest), text),
			    "509c70766c5a2c388327cc442cd72d2637aa9863db192e1a3097f259b7fe936f"
			    "b2dc1a5b1e916323e736adb7ae286dd28c6c898351bc55d89bd7f1b230f25bdb");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_published_vector),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_every_length),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
