/* SPDX-License-Identifier: MIT */
/*
 * A text file of /proc or /sys that stays open and is read again and again, and the words in it.
 * The text is NUL-terminated; scanners stop at the end of the line and never go beyond the text.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"
#include "base/buf.h"
#include "base/err.h"

#define PROC_FILE_MAX	((size_t)64 << 20)
#define PROC_SHORT_LINE 512u

/* Where files are: a machine, a fixture tree, or texts that somebody else has read. */
struct proc_root {
	int fd; /* of the directory that holds proc/ and sys/ */
	/* Instead of @fd, when set: the text of @path (NUL-terminated, lent until the next tick),
	 * or NULL when there is none at this tick. */
	const char *(*text)(void *ctx, const char *path);
	void *ctx;
	/* When set: all files read into this one, which stays warm; a text is lent until the next
	 * file is read. */
	struct buf *buf;
};

struct proc_file {
	int fd; /* + 1; 0 = none */
	struct buf text;
	struct buf *shared; /* where the text goes instead: the root's, or NULL */
	size_t room; /* bytes to ask for at a time */
	/*
	 * Set by who knows it: the file is one record, or has no line longer than PROC_SHORT_LINE.
	 * Then less than was asked for, and than leaves room for a line in the kernel's page, is
	 * the end, and needs no second call to see that (fs/seq_file.c of the kernel).
	 */
	bool short_lines;
	const struct proc_root *root; /* texts: who has them */
	char path[64];
};

/* Open @path (without a leading '/'; at most 63 bytes where texts stand for files) below @root,
 * which must live as long. 0 or -errno; texts are always there, even if not yet. @f may be given
 * to proc_file_done() in any case. */
int proc_file_open(struct proc_file *f, const struct proc_root *root, const char *path) must_check;
/* The same with words: "no '/proc/net/dev'". */
int proc_file_need(struct proc_file *f, const struct proc_root *root, const char *path,
		   struct err *e) must_check;
/* Read all of it; its text, lent until the next call (see proc_root.buf), or NULL when it could not
 * be read, with errno. */
const char *proc_file_read(struct proc_file *f);
/* A zeroed struct is one that is not open. */
void proc_file_done(struct proc_file *f);

/* Hand the names of what is in the folder @path to @see, but those that begin with '.'; @folder: it
 * is one, and no link. 0, what @see returned when that is < 0, or -errno; where texts stand for
 * files -ENOENT. */
int proc_list(const struct proc_root *root, const char *path,
	      int (*see)(void *ctx, const char *name, bool folder), void *ctx) must_check;

/* ---- words ---- */

static inline const char *skip_blanks(const char *p)
{
	while (*p == ' ' || *p == '\t')
		p++;
	return p;
}

/* Begin of the next line, or the end of the text. */
static inline const char *next_line(const char *p)
{
	if (*p == '\n')
		return p + 1;
	const char *nl = strchr(p, '\n');

	return nl ? nl + 1 : p + strlen(p);
}

/* The word at *@p (after blanks) into *ret, of which the length is returned; 0 at the end of the
 * line. *@p goes behind it. */
static inline size_t scan_word(const char **p, const char **ret)
{
	const char *s = skip_blanks(*p);
	size_t n = 0;

	while ((unsigned char)s[n] > ' ')
		n++;
	*ret = s;
	*p = s + n;
	return n;
}

/*
 * The decimal number at *@p, after blanks; *@p goes behind it. False, and nothing moved, when there
 * is none before the end of the line or it is over 2^64 - 1.
 */
static inline bool scan_u64(const char **p, uint64_t *ret)
{
	const char *s = skip_blanks(*p);
	uint64_t v = 0;

	const char *begin = s;

	for (unsigned int d; (d = (unsigned int)*s - '0') < 10; s++) {
		/* 19 digits are always less. */
		if (s - begin >= 19 &&
		    (v > UINT64_MAX / 10 || (v == UINT64_MAX / 10 && d > UINT64_MAX % 10)))
			return false;
		v = 10 * v + d;
	}
	if (s == begin)
		return false;
	*ret = v;
	*p = s;
	return true;
}

/* The same with a sign, in two's complement. */
static inline bool scan_i64(const char **p, uint64_t *ret)
{
	const char *s = skip_blanks(*p);
	bool minus = *s == '-';
	uint64_t v;

	s += minus;
	if ((*s < '0' || *s > '9') || !scan_u64(&s, &v) || v > (uint64_t)INT64_MAX + minus)
		return false;
	*ret = minus ? 0 - v : v;
	*p = s;
	return true;
}

/* The same in hexadecimal, without 0x. */
bool scan_hex(const char **p, uint64_t *ret);

/* A number with decimals, x @scale (a power of ten), cut: "0.17" with 100 is 17. */
bool scan_decimal(const char **p, uint64_t scale, uint64_t *ret);

/* ---- lines of a key and a value ---- */

struct key_value {
	const char *key;
	size_t len;
	uint64_t value;
	bool kb; /* followed by "kB" */
};

/* "KEY VALUE" or "KEY: VALUE kB" at *@p, which goes behind the value; false: the line is another
 * one. */
bool scan_key_value(const char **p, struct key_value *ret);

static inline bool word_is(const char *word, size_t len, const char *is)
{
	return *word == *is && !strncmp(word, is, len) && !is[len];
}

/* Is the word one of @list (NULL at its end)? "pg*" is all that begin with pg. */
bool word_in(const char *word, size_t len, const char *const *list);
