/* SPDX-License-Identifier: MIT */
/* Three functions of a library that may be absent. */
#include "symbol/debuginfod.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct client;

struct library {
	struct client *(*begin)(void);
	int (*find[2])(struct client *c, const unsigned char *id, int id_bytes, char **path);
	void (*end)(struct client *c);
};

static bool load(struct library *ret)
{
	/* Never unloaded: its HTTP library starts things that outlive a call. */
	void *so = dlopen("libdebuginfod.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!so)
		return false;
	*(void **)&ret->begin = dlsym(so, "debuginfod_begin");
	*(void **)&ret->find[0] = dlsym(so, "debuginfod_find_debuginfo");
	*(void **)&ret->find[1] = dlsym(so, "debuginfod_find_executable");
	*(void **)&ret->end = dlsym(so, "debuginfod_end");
	return ret->begin && ret->find[0] && ret->find[1] && ret->end;
}

static bool has_servers(void)
{
	const char *urls = getenv("DEBUGINFOD_URLS");

	return urls && urls[strspn(urls, " \t")];
}

bool debuginfod_available(void)
{
	struct library l;

	return has_servers() && load(&l);
}

int debuginfod_get(const uint8_t *id, size_t id_bytes, bool program)
{
	struct library l;

	if (!has_servers() || !load(&l))
		return -EOPNOTSUPP;
	struct client *c = l.begin();

	if (!c)
		return -ENOMEM;
	int fd = l.find[program](c, id, (int)id_bytes, NULL);

	l.end(c);
	return fd;
}
