/* SPDX-License-Identifier: MIT */
/* Any registers and any stack, with the mappings of this process: every walk ends in bounds. */
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "../unit/own_maps.h"
#include "base/bytes.h"
#include "fuzz.h"
#include "symbol/unwind.h"

/* Stays for all inputs, as it does for all samples of a file. */
static struct spaces *spaces;
static struct modules *modules;
static struct unwinder *unwinder;

static void set_up(void)
{
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	spaces = spaces_new();
	modules = modules_new();
	if (root < 0 || !spaces || !modules || !own_maps(spaces, modules))
		abort();
	unwinder = unwinder_new(root, UNWIND_X86_64, false, spaces, modules);
	if (!unwinder)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct unwind_thread t = { .pid = (uint32_t)getpid() };
	uint64_t ip[UNWIND_MAX_FRAMES];
	uint64_t code = (uint64_t)(uintptr_t)&LLVMFuzzerTestOneInput;
	uint8_t regs[20 * 8] = { 0 };

	if (!unwinder)
		set_up();
	size_t head = n < sizeof(regs) ? n : sizeof(regs);

	for (size_t i = 0; i < head; i++)
		regs[i] = data[i];
	if (!unwind_thread_regs(&t, UNWIND_X86_64, UINT64_C(0xff0fff), regs, false))
		abort();
	/* Into this program's code, or anywhere. */
	if (n && data[0] & 1)
		t.pc = code + (t.pc & 0xffff);
	t.stack = data + head;
	t.stack_bytes = n - head;
	size_t frames = unwinder_walk(unwinder, &t, ip, UNWIND_MAX_FRAMES);

	if (frames > UNWIND_MAX_FRAMES || (t.pc && !frames))
		abort();
	return 0;
}
