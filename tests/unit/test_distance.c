/* SPDX-License-Identifier: MIT */
/* Tests of src/base/distance. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/distance.h"

static void distances(void **state)
{
	char far[DISTANCE_FAR + 2];

	(void)state;
	memset(far, 'x', sizeof(far) - 1);
	far[sizeof(far) - 1] = 0;
	assert_int_equal(distance_of("", ""), 0);
	assert_int_equal(distance_of("", "abc"), 3);
	assert_int_equal(distance_of("kitten", "sitting"), 3);
	assert_int_equal(distance_of("flaw", "lawn"), 2);
	assert_int_equal(distance_of(far, far), DISTANCE_FAR);
}

static void nearest_of_several(void **state)
{
	struct nearest n;

	(void)state;
	nearest_init(&n, "cyclse");
	nearest_try(&n, "instructions");
	assert_string_equal(n.text, "");
	nearest_try(&n, "cycles");
	nearest_try(&n, "cpu-cycles");
	assert_string_equal(n.text, "cycles");
	nearest_init(&n, "xyz");
	nearest_try(&n, "cycles");
	assert_string_equal(n.text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distances),
		cmocka_unit_test(nearest_of_several),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
