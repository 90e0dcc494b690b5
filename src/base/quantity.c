/* SPDX-License-Identifier: MIT */
/* Numbers with units: reading what people write, writing what people read. */
#include "base/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/*
 * Decimal digits with an optional fraction. Not strtod(): no signs, exponents, hexadecimal or
 * locale. *ret_whole tells whether the value is an integer that *ret_int holds exactly. The digits
 * are gathered as one integer and divided once, so that 0.3 is the double nearest to 0.3.
 */
static int read_number(const char **s, double *ret, uint64_t *ret_int, bool *ret_whole)
{
	const char *p = *s;
	uint64_t whole = 0;
	long double v = 0, scale = 1;
	bool exact = true, any = false;

	for (; *p >= '0' && *p <= '9'; p++, any = true) {
		v = v * 10 + (*p - '0');
		exact = exact && !__builtin_mul_overflow(whole, (uint64_t)10, &whole) &&
			!__builtin_add_overflow(whole, (uint64_t)(*p - '0'), &whole);
	}
	if (*p == '.') {
		for (p++; *p >= '0' && *p <= '9'; p++, any = true, exact = false) {
			v = v * 10 + (*p - '0');
			scale *= 10;
		}
	}
	if (!any)
		return -EINVAL;
	v /= scale;
	if (!isfinite(v))
		return -ERANGE;
	*s = p;
	*ret = (double)v;
	*ret_int = whole;
	*ret_whole = exact;
	return 0;
}

int quantity_parse_u64(const char *s, uint64_t *ret, struct err *e)
{
	const char *p = s;
	uint64_t whole;
	double v;
	bool exact;

	if (read_number(&p, &v, &whole, &exact) < 0 || *p)
		return err_set(e, -EINVAL, "'%s' is no whole number", s);
	if (!exact)
		return err_set(e, strchr(s, '.') ? -EINVAL : -ERANGE,
			       "'%s' is no whole number below 2^64", s);
	*ret = whole;
	return 0;
}

int quantity_parse_double(const char *s, double *ret, struct err *e)
{
	const char *p = s;
	uint64_t whole;
	double v;
	bool exact, negative = *p == '-';

	p += negative;
	if (read_number(&p, &v, &whole, &exact) < 0 || *p || !isfinite(v))
		return err_set(e, -EINVAL, "'%s' is no number", s);
	*ret = negative ? -v : v;
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int scan_hex(const char *s, size_t n, double *ret)
{
	uint64_t v = 0;
	size_t i = 2;

	for (; i < n && hex_digit(s[i]) >= 0; i++) {
		if (v >> 60)
			return -ERANGE;
		v = v << 4 | (uint64_t)hex_digit(s[i]);
	}
	if (i == 2)
		return -EINVAL;
	*ret = (double)v;
	return (int)i;
}

/* What stands behind the digits: "e-12". Bytes used; 0: none. */
static size_t scan_exponent(const char *s, size_t n, int *ret)
{
	size_t i = 1;
	int v = 0;

	if (n < 2 || (s[0] | 0x20) != 'e')
		return 0;
	bool negative = s[1] == '-';

	i += s[1] == '-' || s[1] == '+';
	size_t first = i;

	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++)
		v = min_of(v * 10 + (s[i] - '0'), 9999);
	if (i == first)
		return 0;
	*ret = negative ? -v : v;
	return i;
}

int quantity_scan(const char *s, size_t n, double *ret)
{
	long double v = 0;
	int exponent = 0, shift = 0;
	size_t i = 0;
	bool any = false;

	n = min_of(n, (size_t)4096);
	if (n > 2 && s[0] == '0' && (s[1] | 0x20) == 'x')
		return scan_hex(s, n, ret);
	for (; i < n && s[i] >= '0' && s[i] <= '9'; i++, any = true)
		v = v * 10 + (s[i] - '0');
	if (i < n && s[i] == '.')
		for (i++; i < n && s[i] >= '0' && s[i] <= '9'; i++, any = true, shift++)
			v = v * 10 + (s[i] - '0');
	if (!any)
		return -EINVAL;
	i += scan_exponent(s + i, n - i, &exponent);
	exponent -= shift;
	/* Powers of ten up to 27 are exact: a division by one rounds once. */
	if (v > 0)
		v = exponent < 0 ? v / powl(10, -exponent) : v * powl(10, exponent);
	if (!isfinite((double)v))
		return -ERANGE;
	*ret = (double)v;
	return (int)i;
}

struct unit_factor {
	const char *name;
	uint64_t factor;
};

static int parse_with_unit(const char *s, const struct unit_factor *units, size_t n,
			   const char *what, uint64_t *ret, struct err *e)
{
	const char *p = s;
	uint64_t whole, result;
	double v;
	bool exact;

	if (read_number(&p, &v, &whole, &exact) < 0)
		return err_set(e, -EINVAL, "'%s' is no %s", s, what);
	while (*p == ' ')
		p++;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(p, units[i].name))
			continue;
		if (exact) {
			if (__builtin_mul_overflow(whole, units[i].factor, &result))
				return err_set(e, -ERANGE, "'%s' is too large", s);
		} else {
			v = v * (double)units[i].factor + 0.5;
			if (v >= 18446744073709551615.0)
				return err_set(e, -ERANGE, "'%s' is too large", s);
			result = (uint64_t)v;
		}
		*ret = result;
		return 0;
	}
	return err_set(e, -EINVAL, "'%s': unknown unit '%s' of a %s", s, p, what);
}

int quantity_parse_duration(const char *s, nsec_t *ret, struct err *e)
{
	static const struct unit_factor units[] = {
		{ "", NSEC_PER_SEC },	       { "ns", 1 },
		{ "us", NSEC_PER_USEC },       { "ms", NSEC_PER_MSEC },
		{ "s", NSEC_PER_SEC },	       { "m", 60 * NSEC_PER_SEC },
		{ "min", 60 * NSEC_PER_SEC },  { "h", 3600 * NSEC_PER_SEC },
		{ "d", 86400 * NSEC_PER_SEC },
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), "duration (try: 5s, 300ms)", ret, e);
}

int quantity_parse_size(const char *s, uint64_t *ret_bytes, struct err *e)
{
	static const struct unit_factor units[] = {
		{ "", 1 },
		{ "B", 1 },
		{ "k", 1u << 10 },
		{ "kB", 1u << 10 },
		{ "KiB", 1u << 10 },
		{ "K", 1u << 10 },
		{ "KB", 1u << 10 },
		{ "M", 1u << 20 },
		{ "MB", 1u << 20 },
		{ "MiB", 1u << 20 },
		{ "G", 1u << 30 },
		{ "GB", 1u << 30 },
		{ "GiB", 1u << 30 },
		{ "T", UINT64_C(1) << 40 },
		{ "TB", UINT64_C(1) << 40 },
		{ "TiB", UINT64_C(1) << 40 },
	};

	return parse_with_unit(s, units, ARRAY_SIZE(units), "size (try: 16M)", ret_bytes, e);
}

/* Three significant digits: 1.25, 12.5, 125. */
static void three_digits(char *buf, double v, const char *unit)
{
	int digits = v < 9.995 ? 2 : v < 99.95 ? 1 : 0;

	snprintf(buf, QUANTITY_MAX, "%.*f %s", digits, v, unit);
}

const char *quantity_duration(char *buf, nsec_t ns)
{
	if (ns < 1000)
		snprintf(buf, QUANTITY_MAX, "%" PRIu64 " ns", ns);
	else if (ns < 999500)
		three_digits(buf, (double)ns / 1e3, "us");
	else if (ns < 999500000)
		three_digits(buf, (double)ns / 1e6, "ms");
	else
		three_digits(buf, (double)ns / 1e9, "s");
	return buf;
}

const char *quantity_size(char *buf, uint64_t bytes)
{
	static const char *const units[] = { "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes;
	unsigned int i = 0;

	if (bytes < 1024) {
		snprintf(buf, QUANTITY_MAX, "%" PRIu64 " B", bytes);
		return buf;
	}
	for (v /= 1024; v >= 1023.5 && i + 1 < ARRAY_SIZE(units); i++)
		v /= 1024;
	three_digits(buf, v, units[i]);
	return buf;
}

const char *quantity_count(char *buf, uint64_t n)
{
	char digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), to = 0;

	for (size_t i = 0; i < len; i++) {
		if (i > 0 && (len - i) % 3 == 0)
			buf[to++] = ',';
		buf[to++] = digits[i];
	}
	buf[to] = 0;
	return buf;
}
