/* SPDX-License-Identifier: MIT */
/* Lines of event text. Everything in them may be anything; no line is longer than its caller says.
 */
#include "import/script_line.h"

#include <ctype.h>
#include <string.h>

#include "base/cpuset.h"
#include "model/batch.h"

/* Where a text may end is tried place by place, so that its length has to be limited: names of
 * workers have up to 64 characters, others 15. */
#define SHORT_TEXT_MAX 64
#define LONG_TEXT_MAX  4096

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static const char *skip_blanks(const char *p, const char *end)
{
	while (p < end && is_blank(*p))
		p++;
	return p;
}

/* Digits at *@p; false when there are none or they do not fit. */
static bool take_number(const char **p, const char *end, uint64_t *ret)
{
	uint64_t v = 0;
	const char *q = *p;

	for (; q < end && is_digit(*q); q++) {
		if (v > (UINT64_MAX - 9) / 10)
			return false;
		v = v * 10 + (uint64_t)(*q - '0');
	}
	if (q == *p)
		return false;
	*p = q;
	*ret = v;
	return true;
}

/* "4716.715266:" or with 9 digits. */
static bool take_time(const char **p, const char *end, nsec_t *ret)
{
	uint64_t seconds, fraction = 0;
	unsigned int digits = 0;
	const char *q = *p;

	if (!take_number(&q, end, &seconds) || q == end || *q != '.' ||
	    seconds > UINT64_MAX / NSEC_PER_SEC - 1)
		return false;
	for (q++; q < end && is_digit(*q) && digits < 9; q++, digits++)
		fraction = fraction * 10 + (uint64_t)(*q - '0');
	if (!digits || q == end || *q != ':')
		return false;
	for (; digits < 9; digits++)
		fraction *= 10;
	*p = q + 1;
	*ret = seconds * NSEC_PER_SEC + fraction;
	return true;
}

/* "[003]", perhaps a word of flags, and the time. */
static bool take_cpu_and_time(const char *p, const char *end, struct script_line *l,
			      const char **ret_p)
{
	uint64_t cpu;

	p++;
	if (!take_number(&p, end, &cpu) || cpu >= CPUSET_MAX || p == end || *p != ']')
		return false;
	p = skip_blanks(p + 1, end);
	const char *flags = p;

	if (!take_time(&p, end, &l->time)) {
		p = flags;
		while (p < end && !is_blank(*p))
			p++;
		p = skip_blanks(p, end);
		if (!take_time(&p, end, &l->time))
			return false;
	}
	l->cpu = (uint32_t)cpu;
	*ret_p = p;
	return true;
}

/* Name and tid before the CPU: "  perf  3028", "perf 3028/3029", "bash-3028". */
static void take_task(const char *p, const char *end, struct script_line *l)
{
	uint64_t tid;

	p = skip_blanks(p, end);
	while (end > p && is_blank(end[-1]))
		end--;
	const char *digits = end;

	while (digits > p && is_digit(digits[-1]))
		digits--;
	const char *q = digits;

	l->tid = take_number(&q, end, &tid) && tid <= INT32_MAX ? (uint32_t)tid : UINT32_MAX;
	end = digits;
	l->pid = UINT32_MAX;
	if (end > p && end[-1] == '/') {
		for (end--; end > p && is_digit(end[-1]);)
			end--;
		q = end;
		if (take_number(&q, digits, &tid) && tid <= INT32_MAX)
			l->pid = (uint32_t)tid;
	}
	/* The '-' of ftrace, or of a tid of -1, or the first of the blanks between. */
	if (end > p)
		end--;
	while (end > p && is_blank(end[-1]))
		end--;
	l->comm = p;
	l->comm_len = (size_t)(end - p);
}

static bool take_event(const char *p, const char *end, struct script_line *l)
{
	const char *word;
	uint64_t period;

	p = skip_blanks(p, end);
	word = p;
	l->has_period = take_number(&p, end, &period) && p < end && is_blank(*p);
	l->period = l->has_period ? period : 0;
	if (l->has_period)
		word = p = skip_blanks(p, end);
	while (p < end && !is_blank(*p))
		p++;
	const char *word_end = p;

	if (word_end - word > 12 && !memcmp(word, "PERF_RECORD_", 12)) {
		/* "PERF_RECORD_COMM: x:1/1", "PERF_RECORD_FORK(3:3):(2:2)", "PERF_RECORD_SWITCH IN"
		 */
		for (p = word; p < word_end && *p != '(' && *p != ':';)
			p++;
		l->subsystem = l->event = word;
		l->subsystem_len = 0;
		l->event_len = (size_t)(p - word);
		p += p < word_end && *p == ':';
	} else {
		/* "sched:sched_switch:", "sched_switch:" */
		if (word_end == word || word_end[-1] != ':')
			return false;
		word_end--;
		const char *colon = memrchr(word, ':', (size_t)(word_end - word));

		l->subsystem = word;
		l->subsystem_len = colon ? (size_t)(colon - word) : 0;
		l->event = colon ? colon + 1 : word;
		l->event_len = (size_t)(word_end - l->event);
	}
	l->text = skip_blanks(p, end);
	l->text_len = (size_t)(end - l->text);
	return l->event_len > 0;
}

bool script_line_parse(const char *p, const char *end, struct script_line *ret)
{
	for (const char *at = memchr(p, '[', (size_t)(end - p)); at;
	     at = memchr(at + 1, '[', (size_t)(end - at - 1))) {
		const char *rest;

		if (!take_cpu_and_time(at, end, ret, &rest))
			continue;
		take_task(p, at, ret);
		return take_event(rest, end, ret);
	}
	return false;
}

bool script_line_parse_no_cpu(const char *p, const char *end, struct script_line *ret)
{
	for (const char *at = p; at < end; at++) {
		const char *rest = at + 1;

		/* A number, blanks, the time. */
		if (!is_blank(*at) || rest == end || !is_digit(*rest) ||
		    !take_time(&rest, end, &ret->time))
			continue;
		ret->cpu = BATCH_CPU_NONE;
		take_task(p, at, ret);
		return ret->tid != UINT32_MAX && take_event(rest, end, ret);
	}
	return false;
}

bool script_line_is(const struct script_line *l, const char *event)
{
	return l->event_len == strlen(event) && !memcmp(l->event, event, l->event_len);
}

static bool scan(const char *p, const char *end, const char *pattern, struct script_value *v);

static bool scan_text(const char *p, const char *end, ptrdiff_t max, const char *rest,
		      struct script_value *v)
{
	const char *limit = end - p > max ? p + max : end;

	for (const char *q = p; q <= limit; q++) {
		/* What follows a text begins with a fixed character. */
		if (*rest && (q == end || *q != *rest))
			continue;
		if (!*rest)
			q = limit;
		if (scan(q, end, rest, v + 1)) {
			*v = (struct script_value){ .text = p, .len = (size_t)(q - p) };
			return true;
		}
	}
	return false;
}

static bool scan_number(const char **p, const char *end, struct script_value *v)
{
	bool negative = *p < end && **p == '-';
	const char *q = *p + negative;
	uint64_t n;

	if (!take_number(&q, end, &n) || n > INT64_MAX)
		return false;
	*v = (struct script_value){ .number = negative ? -(int64_t)n : (int64_t)n };
	*p = q;
	return true;
}

static bool scan_hex(const char **p, const char *end, struct script_value *v)
{
	const char *q = *p;
	uint64_t n = 0;

	if (end - q > 2 && q[0] == '0' && q[1] == 'x' && isxdigit((unsigned char)q[2]))
		q += 2;
	const char *digits = q;

	for (; q < end && isxdigit((unsigned char)*q); q++) {
		if (n >> 60)
			return false;
		n = n << 4 | (uint64_t)(is_digit(*q) ? *q - '0' : (*q | 0x20) - 'a' + 10);
	}
	if (q == digits)
		return false;
	*v = (struct script_value){ .number = (int64_t)n };
	*p = q;
	return true;
}

/* @pattern stands behind "%{"; moved to the '}'. */
static bool scan_choice(const char **p, const char *end, const char **pattern,
			struct script_value *v)
{
	size_t longest = 0;
	bool found = false;
	int64_t number = 0;

	for (const char *a = *pattern;; number++) {
		size_t n = strcspn(a, "|}");

		if (n <= (size_t)(end - *p) && (!found || n > longest) && !memcmp(a, *p, n)) {
			found = true;
			longest = n;
			*v = (struct script_value){ .number = number };
		}
		a += n;
		if (*a != '|') {
			*pattern = a;
			break;
		}
		a++;
	}
	*p += longest;
	return found;
}

static bool scan(const char *p, const char *end, const char *pattern, struct script_value *v)
{
	for (; *pattern; pattern++) {
		if (*pattern == ' ') {
			if (p == end || !is_blank(*p))
				return false;
			p = skip_blanks(p, end);
			continue;
		}
		if (*pattern != '%') {
			if (p == end || *p != *pattern)
				return false;
			p++;
			continue;
		}
		pattern++;
		if (*pattern == 't')
			return scan_text(p, end, SHORT_TEXT_MAX, pattern + 1, v);
		if (*pattern == 'f')
			return scan_text(p, end, LONG_TEXT_MAX, pattern + 1, v);
		if (*pattern == 'd') {
			if (!scan_number(&p, end, v++))
				return false;
			continue;
		}
		if (*pattern == 'p') {
			/* What no event told is '?' in text that kymo wrote. */
			bool told = p == end || *p != '?';

			if (told ? !scan_number(&p, end, v) : p++ == end)
				return false;
			if (!told)
				*v = (struct script_value){ 0 };
			v++;
			continue;
		}
		if (*pattern == 'x') {
			if (!scan_hex(&p, end, v++))
				return false;
			continue;
		}
		if (*pattern == '{') {
			pattern++;
			if (!scan_choice(&p, end, &pattern, v++))
				return false;
			continue;
		}
		const char *word = p;

		while (p < end && !is_blank(*p))
			p++;
		*v++ = (struct script_value){ .text = word, .len = (size_t)(p - word) };
	}
	return true;
}

bool script_scan(const char *text, size_t len, const char *pattern, struct script_value *v)
{
	return scan(text, text + len, pattern, v);
}
