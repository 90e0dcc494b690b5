/* SPDX-License-Identifier: MIT */
/*
 * A foreign file read from begin to end through a window of fixed size, so that memory does not
 * grow with the file; pipes too. Sections elsewhere in a regular file are read beside the window.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"

#define INPUT_MAX_PEEK ((size_t)256 << 10)

struct input;

/* "-" is standard input. 0 or -errno with words. */
int input_open(const char *path, struct input **ret, struct err *e) must_check;
/* Takes @fd over. @name is only for words; copied. */
int input_open_fd(int fd, const char *name, struct input **ret, struct err *e) must_check;
/* Reads @n bytes at @data, which stay the caller's and must outlive the input. */
int input_open_memory(const void *data, size_t n, const char *name, struct input **ret) must_check;
struct input *input_free(struct input *in);
DEFINE_CLEANUP(input, input_free)

const char *input_name(const struct input *in);
/* Can it seek and pread? Then input_size() is its length, else 0. */
bool input_seekable(const struct input *in);
uint64_t input_size(const struct input *in);
/* Offset of the next byte that input_peek() shows. */
uint64_t input_offset(const struct input *in);

/*
 * The bytes from the current offset on: at least @n (up to INPUT_MAX_PEEK) unless the file ends
 * before; usually more. Lent until the next call. *ret_n = 0 at the end. 0 or -errno with words.
 */
int input_peek(struct input *in, size_t n, const uint8_t **ret, size_t *ret_n,
	       struct err *e) must_check;
/* Move on by @n bytes that input_peek() has shown. */
void input_consume(struct input *in, size_t n);
/* Move on by @n bytes of any number; -ENODATA with words when the file ends before. */
int input_skip(struct input *in, uint64_t n, struct err *e) must_check;
/* Seekable inputs only. */
int input_seek(struct input *in, uint64_t offset, struct err *e) must_check;
/* @n bytes at @offset of a seekable input, current offset unchanged; -ENODATA with words when the
 * file ends before. */
int input_pread(struct input *in, void *data, size_t n, uint64_t offset, struct err *e) must_check;
