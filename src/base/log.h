/* SPDX-License-Identifier: MIT */
/*
 * Talk on stderr: lower case, no full stop, one line each, "kymo: " in front. Only commands and
 * service loops use it; libraries return errors. The level is the one mutable global of the
 * program.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"

enum log_level { LOG_QUIET, LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);
void log_error(const char *fmt, ...) printf_like(1, 2);
void log_warn(const char *fmt, ...) printf_like(1, 2);
void log_info(const char *fmt, ...) printf_like(1, 2);
void log_debug(const char *fmt, ...) printf_like(1, 2);

/*
 * A line that is rewritten in place while long work goes on; nothing is printed when stderr is no
 * terminal. log_progress_done() removes it, and so does every other log_*().
 */
void log_progress(const char *fmt, ...) printf_like(1, 2);
bool log_shows_progress(void);
void log_progress_done(void);
