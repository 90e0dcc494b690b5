/* SPDX-License-Identifier: MIT */
/* Any bytes as the program of a process: rows of call frame information for places all over it, and
 * steps by them. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "fuzz.h"
#include "symbol/unwind.h"

#define BASE   UINT64_C(0x10000)
#define PLACES 512u

/* libelf 0.188 loses some bytes of files that contradict themselves. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libelf.so";
}

static char folder[] = "/tmp/kymo-fuzz-XXXXXX";

static void remove_folder(void)
{
	(void)rmdir(folder);
}

static int open_folder(void)
{
	static int fd = -1;

	if (fd < 0) {
		if (!mkdtemp(folder))
			abort();
		fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)atexit(remove_folder);
	}
	return fd;
}

static void walk_all(struct unwinder *u, uint64_t bytes)
{
	static uint8_t stack[1024];
	uint64_t ip[64], step = bytes / PLACES + 1;

	for (uint64_t at = 0; at < bytes; at += step) {
		struct unwind_thread t = { .pc = BASE + at,
					   .known = 0xffff,
					   .pid = 1,
					   .stack = stack,
					   .stack_bytes = sizeof(stack) };

		for (unsigned int i = 0; i < 16; i++)
			t.reg[i] = 0x1000 + 8 * i;
		for (size_t i = 0; i < sizeof(stack); i += 8) {
			uint64_t word = i & 8 ? BASE + at + i : 0x1000 + i;

			memcpy(stack + i, &word, sizeof(word));
		}
		size_t n = unwinder_walk(u, &t, ip, ARRAY_SIZE(ip));

		if (!n || n > ARRAY_SIZE(ip))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const struct module m = { .kind = MODULE_FILE, .path = "/program", .build_id = "" };
	int root = open_folder();
	int fd = openat(root, "program", O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	close(fd);
	auto_ptr(spaces) spaces = spaces_new();
	auto_ptr(modules) modules = modules_new();
	auto_ptr(unwinder) u = NULL;

	if (!spaces || !modules || modules_add(modules, &m) != 0 ||
	    spaces_map(spaces, 1, BASE, n, 0, 0) < 0)
		abort();
	u = unwinder_new(root, UNWIND_X86_64, false, spaces, modules);
	if (!u)
		abort();
	walk_all(u, n);
	(void)unlinkat(root, "program", 0);
	return 0;
}
