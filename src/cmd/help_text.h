/* SPDX-License-Identifier: MIT */
/* What `kymo help`, `kymo CMD --help` and the man pages say; all of it from the descriptors. */
#pragma once

#include <stdio.h>

#include "cmd/command.h"

/* One line of what the program is. */
extern const char help_text_what[];

/* Usage and the list of commands. */
void help_text_overview(FILE *out);
void help_text_command(const struct command *c, FILE *out);

/* The man page kymo.1, and kymo-NAME.1, as roff (man macros). */
void help_text_man_overview(FILE *out);
void help_text_man_command(const struct command *c, FILE *out);
