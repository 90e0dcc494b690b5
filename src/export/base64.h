/* SPDX-License-Identifier: MIT */
/* Bytes as base64 (RFC 4648, with padding) into a file, in any number of pieces. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attr.h"

struct base64_writer {
	FILE *out;
	uint8_t rest[3]; /* bytes that do not fill a group yet */
	unsigned int n_rest;
};

void base64_init(struct base64_writer *w, FILE *out);
/* 0 or -errno. */
int base64_add(struct base64_writer *w, const void *data, size_t n) must_check;
/* The last group and its padding. */
int base64_end(struct base64_writer *w) must_check;
