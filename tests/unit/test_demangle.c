/* SPDX-License-Identifier: MIT */
/* Tests of src/symbol/demangle: names as c++filt and rustc write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "symbol/demangle.h"

static void test_names(void **state)
{
	(void)state;

	static const struct {
		const char *mangled, *shown, *with_params;
	} name[] = {
		{ "_ZN6garden4TreeIlE4growEiPKc", "garden::Tree<long>::grow",
		  "garden::Tree<long>::grow(int, char const*)" },
		{ "_ZNSt6vectorIiSaIiEE9push_backERKi",
		  "std::vector<int, std::allocator<int> >::push_back",
		  "std::vector<int, std::allocator<int> >::push_back(int const&)" },
		{ "_ZN3foo3barEv@plt", "foo::bar@plt", "foo::bar()@plt" },
		{ "_ZN3foo3barEv@@LIB_1.2", "foo::bar@@LIB_1.2", "foo::bar()@@LIB_1.2" },
		/* Rust: legacy, with and without the hash shown; v0. */
		{ "_ZN4core3fmt9Formatter9write_str17h0123456789abcdefE",
		  "core::fmt::Formatter::write_str", "core::fmt::Formatter::write_str" },
		{ "_ZN71_$LT$Test$u20$$u2b$$u20$$u27$static$u20$as$u20$foo..Bar$LT$Test$GT$$GT$"
		  "3bar17h930b740aa94f1d3aE",
		  "<Test + 'static as foo::Bar<Test>>::bar",
		  "<Test + 'static as foo::Bar<Test>>::bar" },
		{ "_RNvC6_123foo3bar", "123foo::bar", "123foo::bar" },
		{ "_RNvNtNtCs1234_7mycrate3foo3bar3baz", "mycrate::foo::bar::baz",
		  "mycrate::foo::bar::baz" },
		{ "_RINvNtC3std3mem8align_ofjdE", "std::mem::align_of::<usize, f64>",
		  "std::mem::align_of::<usize, f64>" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(name); i++) {
		auto_free char *shown = demangle_name(name[i].mangled, false);
		auto_free char *params = demangle_name(name[i].mangled, true);

		assert_non_null(shown);
		assert_non_null(params);
		assert_string_equal(shown, name[i].shown);
		assert_string_equal(params, name[i].with_params);
	}
}

static void test_other_names_stay(void **state)
{
	(void)state;

	static const char *const name[] = { "",	    "main",	   "_start",  "__libc_start_main",
					    "_Z",   "_R",	   "_ZN3foo", "_Rust",
					    "@plt", "operator new" };

	for (size_t i = 0; i < ARRAY_SIZE(name); i++)
		assert_null(demangle_name(name[i], false));
}

/* Each substitution of a template with two arguments doubles the text. */
static void test_a_name_that_would_fill_the_memory(void **state)
{
	(void)state;

	char name[1024] = "_Z1f1AIiiE";

	for (int i = 0; i < 25; i++) {
		char more[32];

		snprintf(more, sizeof(more), i ? "1AIS%c_S%c_E" : "1AIS0_S0_E",
			 "0123456789ABCDEFGHIJKLMNOPQ"[i], "0123456789ABCDEFGHIJKLMNOPQ"[i]);
		memcpy(name + strlen(name), more, strlen(more) + 1);
	}
	auto_free char *text = demangle_name(name, true);

	if (text)
		assert_true(strlen(text) <= DEMANGLE_MAX);
	/* And thousands of levels of types. */
	auto_free char *deep = malloc(100003);

	memset(deep, 'P', 100002);
	memcpy(deep, "_Z1f", 4);
	deep[100002] = 0;
	free(demangle_name(deep, true));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_other_names_stay),
		cmocka_unit_test(test_a_name_that_would_fill_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
