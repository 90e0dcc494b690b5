/* SPDX-License-Identifier: MIT */
/*
 * libpfm4 is loaded when a name is asked for that nothing else knows: no dependency of the program.
 * What is used of it is in its manual pages pfm_initialize(3) and
 * pfm_get_os_event_encoding(3).
 */
#include "capture/pfm_event.h"

#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#define PFM_SUCCESS	  0
#define PFM_PLM_KERNEL	  0x01
#define PFM_PLM_USER	  0x08
#define PFM_OS_PERF_EVENT 1

/* pfm_perf_encode_arg_t */
struct encode_arg {
	struct perf_event_attr *attr;
	char **name;
	size_t size;
	int idx, cpu, flags, pad;
};

int pfm_event_parse(const char *text, struct event *ev, struct err *e)
{
	void *lib = dlopen("libpfm.so.4", RTLD_NOW | RTLD_LOCAL);
	struct perf_event_attr attr = { .size = sizeof(attr) };
	struct encode_arg arg = { .attr = &attr, .size = sizeof(arg) };

	(void)e;
	if (!lib)
		return -ENOENT;
	int (*initialize)(void) = (int (*)(void))(uintptr_t)dlsym(lib, "pfm_initialize");
	void (*terminate)(void) = (void (*)(void))(uintptr_t)dlsym(lib, "pfm_terminate");
	int (*encode)(const char *, int, int, void *) = (int (*)(const char *, int, int, void *))(
		uintptr_t)dlsym(lib, "pfm_get_os_event_encoding");
	int r = -ENOENT;

	if (initialize && terminate && encode && initialize() == PFM_SUCCESS) {
		if (encode(text, PFM_PLM_KERNEL | PFM_PLM_USER, PFM_OS_PERF_EVENT, &arg) ==
		    PFM_SUCCESS) {
			ev->attr.type = attr.type;
			ev->attr.config = attr.config;
			ev->attr.config1 = attr.config1;
			ev->attr.config2 = attr.config2;
			ev->attr.exclude_user = attr.exclude_user;
			ev->attr.exclude_kernel = attr.exclude_kernel;
			ev->attr.exclude_hv = attr.exclude_hv;
			r = 0;
		}
		terminate();
	}
	dlclose(lib);
	return r;
}
