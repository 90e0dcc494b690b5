/* SPDX-License-Identifier: MIT */
/* Dates by the proleptic Gregorian calendar, counted without the C library's time zones. */
#include "base/calendar.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define DAY_SECONDS  86400
#define YEAR_LAST    2553 /* the last whole one that 64 bits of ns hold */
#define DAYS_OF_1970 719468 /* since the 1st of March of the year 0 */

/* Days since 1970. Years begin in March here, so that the leap day is the last one. */
static int64_t days_of(int year, int month, int day)
{
	int64_t y = month <= 2 ? year - 1 : year, of_era = y % 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return y / 400 * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - DAYS_OF_1970;
}

static int days_in(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

char *calendar_text(nsec_t t, char ret[CALENDAR_MAX])
{
	uint64_t seconds = t / NSEC_PER_SEC, fraction = t % NSEC_PER_SEC;
	int64_t days = (int64_t)(seconds / DAY_SECONDS);
	int left = (int)(seconds % DAY_SECONDS), year = 1970 + (int)(days / 366), month = 1;

	while (days_of(year + 1, 1, 1) <= days)
		year++;
	while (month < 12 && days_of(year, month + 1, 1) <= days)
		month++;
	int n = snprintf(ret, CALENDAR_MAX, "%04d-%02d-%02dT%02d:%02d:%02d", year, month,
			 (int)(days - days_of(year, month, 1)) + 1, left / 3600, left / 60 % 60,
			 left % 60);

	if (fraction) {
		n += snprintf(ret + n, CALENDAR_MAX - (size_t)n, ".%09llu",
			      (unsigned long long)fraction);
		while (ret[n - 1] == '0')
			n--;
	}
	ret[n] = 'Z';
	ret[n + 1] = 0;
	return ret;
}

/* Exactly @digits digits at *@p; moves on. */
static bool number(const char **p, int digits, int *ret)
{
	int v = 0;

	for (int i = 0; i < digits; i++, (*p)++) {
		if (**p < '0' || **p > '9')
			return false;
		v = 10 * v + (**p - '0');
	}
	*ret = v;
	return true;
}

static bool sign(const char **p, const char *any)
{
	if (!**p || !strchr(any, **p))
		return false;
	(*p)++;
	return true;
}

struct moment {
	int year, month, day, hour, minute, second;
	uint64_t fraction; /* ns */
	int zone; /* seconds east of UTC */
};

static bool scan_fraction(const char **p, uint64_t *ret)
{
	uint64_t unit = NSEC_PER_SEC, v = 0;
	int digits = 0;

	for (; **p >= '0' && **p <= '9'; (*p)++, digits++) {
		unit /= 10;
		v += unit * (uint64_t)(**p - '0');
	}
	*ret = v;
	return digits > 0 && digits <= 18;
}

static bool scan_time(const char **p, struct moment *m)
{
	const char *q = *p;

	/* A blank may also end the text that we read. */
	if (!sign(&q, "Tt ") || !number(&q, 2, &m->hour))
		return true;
	*p = q;
	if (!sign(p, ":") || !number(p, 2, &m->minute))
		return false;
	if (sign(p, ":") && !number(p, 2, &m->second))
		return false;
	if (sign(p, ".") && !scan_fraction(p, &m->fraction))
		return false;
	return true;
}

static bool scan_zone(const char **p, struct moment *m)
{
	bool west = **p == '-';
	int hours, minutes;

	if (sign(p, "Zz") || !sign(p, "+-"))
		return true;
	if (!number(p, 2, &hours) || !sign(p, ":") || !number(p, 2, &minutes) || hours > 23 ||
	    minutes > 59)
		return false;
	m->zone = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
	return true;
}

static bool is_real(const struct moment *m)
{
	return m->year >= 1 && m->year <= YEAR_LAST && m->month >= 1 && m->month <= 12 &&
	       m->day >= 1 && m->day <= days_in(m->year, m->month) && m->hour < 24 &&
	       m->minute < 60 && m->second < 60;
}

int calendar_scan(const char *s, nsec_t *ret, int64_t *ret_seconds)
{
	const char *p = s;
	struct moment m = { 0 };

	if (!number(&p, 4, &m.year) || !sign(&p, "-") || !number(&p, 2, &m.month) ||
	    !sign(&p, "-") || !number(&p, 2, &m.day) || !scan_time(&p, &m) || !scan_zone(&p, &m) ||
	    !is_real(&m))
		return -EINVAL;
	int64_t seconds = days_of(m.year, m.month, m.day) * DAY_SECONDS + m.hour * 3600 +
			  m.minute * 60 + m.second - m.zone;

	*ret = seconds < 0 ? 0 : (nsec_t)seconds * NSEC_PER_SEC + m.fraction;
	if (ret_seconds)
		*ret_seconds = seconds;
	return (int)(p - s);
}

int calendar_parse(const char *s, nsec_t *ret, struct err *e)
{
	int n = calendar_scan(s, ret, NULL);

	if (n < 0 || s[n])
		return err_set(e, -EINVAL, "'%s' is no time of the calendar (2026-01-10T18:06:07Z)",
			       s);
	return 0;
}
