/* SPDX-License-Identifier: MIT */
/* Tests of src/export/exporter: finding one by its name and by that of a file. */
#include "export/exporter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void test_finding(void **state)
{
	const struct exporter *cdict = exporter_by_name("cdict");

	(void)state;
	assert_non_null(cdict);
	assert_ptr_equal(exporter_by_path("x.cdict"), cdict);
	assert_ptr_equal(exporter_by_path("a/b.c/x.kymo.cdict"), cdict);
	assert_ptr_equal(exporter_by_path("x.stats"), exporter_by_name("stats"));
	assert_null(exporter_by_path("x.kymo"));
	assert_null(exporter_by_path("cdict"));
	assert_null(exporter_by_path(".cdict"));
	assert_null(exporter_by_path("-"));
	assert_null(exporter_by_path(""));
	assert_null(exporter_by_name("cdic"));
	assert_null(exporter_by_name(""));
}

static void test_descriptors(void **state)
{
	(void)state;
	for (const struct exporter *const *x = exporter_list; *x; x++) {
		assert_true((*x)->name[0] && (*x)->summary[0]);
		assert_ptr_equal(exporter_by_name((*x)->name), *x);
		assert_int_equal(!(*x)->run, !!((*x)->flags & EXPORTER_FOLDER));
		assert_int_equal(!(*x)->run_folder, !((*x)->flags & EXPORTER_FOLDER));
		/* Two of one ending would hide each other. */
		for (const struct exporter *const *y = exporter_list; *y; y++)
			if (x != y && (*x)->extensions[0])
				assert_string_not_equal((*x)->extensions, (*y)->extensions);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_finding),
		cmocka_unit_test(test_descriptors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
