/* SPDX-License-Identifier: MIT */
/* Running text in lines, for help and other words on a terminal. */
#pragma once

#include <stdio.h>

#include "base/attr.h"

/*
 * Print @text with line breaks between words, so that no line is longer than @width columns (but a
 * line holds at least 20). The first line begins where the cursor is, taken to be column @indent;
 * the others are indented by as much. Ends with a newline.
 */
void wrap_text(FILE *out, const char *text, unsigned int indent, unsigned int width);

/*
 * Paragraphs, separated by blank lines: each is wrapped at @indent; a paragraph whose first
 * character is a space is printed as it is, line by line, behind the indentation.
 */
void wrap_paragraphs(FILE *out, const char *text, unsigned int indent, unsigned int width);

/* Columns of the terminal at @out between 60 and 100; 80 when it is none. */
unsigned int wrap_width(FILE *out);
