/* SPDX-License-Identifier: MIT */
/* Scope cleanup: `auto_free char *p = NULL;` frees p when the scope ends. Hand over with
 * steal_ptr() or steal_fd(). */
#pragma once

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void cleanup_close(int *fd)
{
	if (*fd >= 0) {
		int saved = errno;

		close(*fd);
		errno = saved;
	}
}

static inline void cleanup_fclose(FILE **f)
{
	if (*f)
		fclose(*f);
}

#define auto_free   __attribute__((cleanup(cleanup_free)))
#define auto_close  __attribute__((cleanup(cleanup_close)))
#define auto_fclose __attribute__((cleanup(cleanup_fclose)))

/* DEFINE_CLEANUP(recording, recording_free) gives cleanup(recording) for `struct recording *`. */
#define DEFINE_CLEANUP(name, fn)                           \
	static inline void cleanup_##name(struct name **p) \
	{                                                  \
		if (*p)                                    \
			fn(*p);                            \
	}
#define auto_ptr(name) __attribute__((cleanup(cleanup_##name))) struct name *

#define steal_ptr(p)                    \
	({                              \
		__typeof__(p) s_ = (p); \
		(p) = NULL;             \
		s_;                     \
	})

static inline int steal_fd(int *fd)
{
	int f = *fd;

	*fd = -1;
	return f;
}
