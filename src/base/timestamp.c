/* SPDX-License-Identifier: MIT */
/* RFC 3339 without the C library's time zones. */
#include "base/timestamp.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* Exactly @n digits. */
static bool digits(const char **p, unsigned int n, unsigned int *ret)
{
	unsigned int v = 0;

	for (; n; n--, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = 10 * v + (unsigned int)(**p - '0');
	}
	*ret = v;
	return true;
}

static bool skip(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

/* Days from 1970-01-01 in the Gregorian calendar. */
static int64_t days(unsigned int year, unsigned int month, unsigned int day)
{
	/* Years begin in March, so that the leap day is the last one. */
	uint64_t y = month <= 2 ? year - 1 : year;
	uint64_t m = (month + 9) % 12;

	return (int64_t)(365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1) -
	       719468;
}

static bool parse_zone(const char **p, int64_t *ret_minutes)
{
	unsigned int h, m;
	bool minus = **p == '-';

	*ret_minutes = 0;
	if (skip(p, "Zz"))
		return true;
	if (!skip(p, "+-") || !digits(p, 2, &h) || !skip(p, ":") || !digits(p, 2, &m) || h > 23 ||
	    m > 59)
		return false;
	*ret_minutes = (minus ? -1 : 1) * (int64_t)(60 * h + m);
	return true;
}

int timestamp_parse(const char *s, nsec_t *ret)
{
	static const unsigned char month_days[] = {
		31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31
	};
	unsigned int year, month, day, h, m, sec;
	int64_t zone;
	nsec_t part = 0;

	if (!digits(&s, 4, &year) || !skip(&s, "-") || !digits(&s, 2, &month) || !skip(&s, "-") ||
	    !digits(&s, 2, &day) || !skip(&s, "Tt ") || !digits(&s, 2, &h) || !skip(&s, ":") ||
	    !digits(&s, 2, &m) || !skip(&s, ":") || !digits(&s, 2, &sec))
		return -EINVAL;
	if (year < 1970 || year > 2500 || month < 1 || month > 12 || day < 1 ||
	    day > month_days[month - 1] || h > 23 || m > 59 || sec > 60)
		return -EINVAL;
	if (skip(&s, ".")) {
		nsec_t unit = NSEC_PER_SEC / 10;

		if (*s < '0' || *s > '9')
			return -EINVAL;
		for (; *s >= '0' && *s <= '9'; s++, unit /= 10)
			part += unit * (nsec_t)(*s - '0');
	}
	if (!parse_zone(&s, &zone) || *s)
		return -EINVAL;
	int64_t t = days(year, month, day) * 86400 + h * 3600 + m * 60 + sec - zone * 60;

	if (t < 0)
		return -EINVAL;
	*ret = (nsec_t)t * NSEC_PER_SEC + part;
	return 0;
}

const char *timestamp_text(char *ret, nsec_t time)
{
	time_t sec = (time_t)(time / NSEC_PER_SEC);
	unsigned int part = (unsigned int)(time % NSEC_PER_SEC);
	struct tm tm = { 0 };

	(void)gmtime_r(&sec, &tm);
	size_t at = strftime(ret, TIMESTAMP_MAX, "%Y-%m-%dT%H:%M:%S", &tm);

	if (part) {
		at += (size_t)snprintf(ret + at, TIMESTAMP_MAX - at, ".%09u", part);
		while (ret[at - 1] == '0')
			at--;
	}
	ret[at] = 'Z';
	ret[at + 1] = '\0';
	return ret;
}
