/* SPDX-License-Identifier: MIT */
/* Talk on stderr and the one progress line. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/utf8.h"

static enum log_level log_level = LOG_INFO;
static bool progress_shown;

void log_set_level(enum log_level level)
{
	log_level = level;
}

static printf_like(3, 0) void talk(enum log_level level, const char *word, const char *fmt,
				   va_list ap)
{
	if (level > log_level)
		return;
	char room[1024], *text = NULL;
	va_list again;

	va_copy(again, ap);
	const int n = vsnprintf(room, sizeof(room), fmt, ap);

	/* Cut only where there is no memory for more. */
	if (n >= (int)sizeof(room) && vasprintf(&text, fmt, again) < 0)
		text = NULL;
	va_end(again);
	/* There are names in it, of files and from files. */
	utf8_clean(text ? text : room);
	log_progress_done();
	fprintf(stderr, "kymo: %s%s\n", word, text ? text : room);
	free(text);
}

#define DEFINE_LOG(name, level, word)       \
	void name(const char *fmt, ...)     \
	{                                   \
		va_list ap;                 \
                                            \
		va_start(ap, fmt);          \
		talk(level, word, fmt, ap); \
		va_end(ap);                 \
	}
DEFINE_LOG(log_error, LOG_ERROR, "")
DEFINE_LOG(log_warn, LOG_WARN, "warning: ")
DEFINE_LOG(log_info, LOG_INFO, "")
DEFINE_LOG(log_debug, LOG_DEBUG, "debug: ")

bool log_shows_progress(void)
{
	return log_level >= LOG_INFO && isatty(STDERR_FILENO);
}

void log_progress(const char *fmt, ...)
{
	va_list ap;

	if (!log_shows_progress())
		return;
	va_start(ap, fmt);
	fputs("\r\033[K", stderr);
	vfprintf(stderr, fmt, ap);
	fflush(stderr);
	va_end(ap);
	progress_shown = true;
}

void log_progress_done(void)
{
	if (progress_shown)
		fputs("\r\033[K", stderr);
	progress_shown = false;
}
