/* SPDX-License-Identifier: MIT */
/* Text for man pages: what roff would take for a request or an escape is written so that it shows
 * as it stands (groff_man(7), "Portability" on hyphens and minus signs). */
#pragma once

#include <stdio.h>

#include "base/attr.h"

/* Running text; no newline at the end. */
void roff_text(FILE *out, const char *text);

/* Paragraphs separated by blank lines; those that begin with a space stay line by line (.nf). */
void roff_paragraphs(FILE *out, const char *text);
