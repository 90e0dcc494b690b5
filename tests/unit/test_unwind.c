/* SPDX-License-Identifier: MIT */
/* This process unwinds copies of its own stack; the C library's backtrace(3) says the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <ucontext.h>
#include <unistd.h>

#include "base/attr.h"
#include "own_maps.h"
#include "symbol/unwind.h"

#if defined(__x86_64__)
#define MACHINE	  "x86_64"
#define PERF_MASK UINT64_C(0xff0fff) /* as perf record asks for them */
#define PERF_REGS 24
#define PERF_PC	  8
#elif defined(__aarch64__)
#define MACHINE	  "aarch64"
#define PERF_MASK ((UINT64_C(1) << 33) - 1)
#define PERF_REGS 33
#define PERF_PC	  32
#endif

#ifdef MACHINE

struct capture {
	uint64_t reg[PERF_REGS]; /* by perf's number */
	uint64_t sp;
	uint8_t stack[65536];
	size_t bytes;
	void *back[64]; /* return addresses, by the C library */
	int n_back;
};

static void copy_regs(struct capture *c, const ucontext_t *u)
{
#if defined(__x86_64__)
	static const int from[] = { REG_RAX, REG_RBX, REG_RCX, REG_RDX, REG_RSI,
				    REG_RDI, REG_RBP, REG_RSP, REG_RIP };

	for (unsigned int i = 0; i < ARRAY_SIZE(from); i++)
		c->reg[i] = (uint64_t)u->uc_mcontext.gregs[from[i]];
	for (unsigned int i = 0; i < 8; i++)
		c->reg[16 + i] = (uint64_t)u->uc_mcontext.gregs[REG_R8 + (int)i];
	c->sp = c->reg[7];
#else
	memcpy(c->reg, u->uc_mcontext.regs, sizeof(u->uc_mcontext.regs));
	c->reg[31] = u->uc_mcontext.sp;
	c->reg[32] = u->uc_mcontext.pc;
	c->sp = c->reg[31];
#endif
}

static const void *stack_end;

static __attribute__((noinline, no_sanitize_address)) void take(struct capture *c)
{
	ucontext_t u;

	getcontext(&u);
	copy_regs(c, &u);
	c->bytes = min_of(sizeof(c->stack), (size_t)((uintptr_t)stack_end - c->sp));
	for (size_t i = 0; i < c->bytes; i++)
		c->stack[i] = ((const volatile uint8_t *)(uintptr_t)c->sp)[i];
	c->n_back = backtrace(c->back, ARRAY_SIZE(c->back));
}

static __attribute__((noinline)) int deeper(struct capture *c, int depth)
{
	if (!depth) {
		take(c);
		return 1;
	}
	/* Not a loop. */
	volatile int sum = deeper(c, depth - 1);

	return sum + depth;
}

static size_t walk(const struct capture *c, uint64_t *ip, size_t max)
{
	struct unwind_thread t = { .stack = c->stack,
				   .stack_bytes = c->bytes,
				   .pid = (uint32_t)getpid() };
	auto_ptr(spaces) spaces = spaces_new();
	auto_ptr(modules) modules = modules_new();
	auto_close int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	enum unwind_machine machine = unwind_machine_named(MACHINE);
	auto_ptr(unwinder) u = NULL;
	uint8_t regs[8 * PERF_REGS];
	size_t at = 0, n;

	assert_true(own_maps(spaces, modules) > 0);
	for (unsigned int i = 0; i < PERF_REGS; i++) {
		if (!(PERF_MASK >> i & 1))
			continue;
		memcpy(regs + at, &c->reg[i], 8);
		at += 8;
	}
	assert_true(unwind_thread_regs(&t, machine, PERF_MASK, regs, false));
	assert_int_equal(t.pc, c->reg[PERF_PC]);
	u = unwinder_new(root, machine, false, spaces, modules);
	assert_non_null(u);
	n = unwinder_walk(u, &t, ip, max);
	/* Known places give the same. */
	uint64_t again[256];

	assert_in_range(n, 1, ARRAY_SIZE(again));
	assert_int_equal(unwinder_walk(u, &t, again, ARRAY_SIZE(again)), n);
	assert_memory_equal(ip, again, n * sizeof(*ip));
	return n;
}

/* Which entry of backtrace() is the caller of take(): a sanitizer's own backtrace() is before it.
 */
static int caller_in(const struct capture *c, const uint64_t *ip)
{
	for (int i = 1; i < c->n_back && i < 4; i++)
		if ((uint64_t)(uintptr_t)c->back[i] - 1 == ip[1])
			return i;
	fail_msg("backtrace() does not know the caller");
	return 0;
}

static void test_chain(void **state)
{
	static struct capture c;
	uint64_t ip[256];

	(void)state;
	assert_int_equal(deeper(&c, 10), 56);
	size_t n = walk(&c, ip, ARRAY_SIZE(ip));

	/* The leaf is the place of getcontext() in take(); from its caller on all is the same. */
	assert_in_range(c.n_back, 13, ARRAY_SIZE(c.back) - 1);
	assert_int_equal(ip[0], c.reg[PERF_PC]);
	int from = caller_in(&c, ip);

	assert_true(n >= (size_t)(c.n_back - from));
	for (int i = from; i < c.n_back; i++)
		assert_int_equal(ip[i - from + 1], (uint64_t)(uintptr_t)c.back[i] - 1);
}

static struct capture in_handler;
static volatile sig_atomic_t handled;

static void on_signal(int signal)
{
	(void)signal;
	take(&in_handler);
	handled = 1;
}

/* Through the kernel's frame: the interrupted place is no call. */
static void test_signal(void **state)
{
	struct sigaction action = { .sa_handler = on_signal }, before;
	uint64_t ip[256];

	(void)state;
	assert_int_equal(sigaction(SIGUSR1, &action, &before), 0);
	raise(SIGUSR1);
	assert_int_equal(sigaction(SIGUSR1, &before, NULL), 0);
	assert_true(handled);
	size_t n = walk(&in_handler, ip, ARRAY_SIZE(ip));

	int from = caller_in(&in_handler, ip);

	assert_true(n >= (size_t)(in_handler.n_back - from));
	/* backtrace() does not tell calls from interrupted places. */
	for (int i = from; i < in_handler.n_back; i++) {
		uint64_t back = (uint64_t)(uintptr_t)in_handler.back[i], own = ip[i - from + 1];

		assert_true(own == back - 1 || own == back);
	}
}

static void test_bounds(void **state)
{
	static struct capture c;
	uint64_t ip[256];

	(void)state;
	deeper(&c, 10);
	/* Cut stacks end chains, and nothing is read behind them. */
	size_t whole = walk(&c, ip, ARRAY_SIZE(ip)), bytes = c.bytes, before = 0;

	for (size_t cut = 0; cut < bytes; cut = cut * 2 + 8) {
		c.bytes = cut;
		size_t n = walk(&c, ip, ARRAY_SIZE(ip));

		assert_in_range(n, max_of(before, (size_t)1), whole);
		before = n;
	}
	assert_int_equal(unwind_machine_named("vax"), UNWIND_NONE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_chain),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_bounds),
	};

	stack_end = environ; /* above the first frame */
	return cmocka_run_group_tests_name("unwind", tests, NULL, NULL);
}

#else

int main(void)
{
	printf("1..0 # SKIP stacks of this machine are not unwound\n");
	return 0;
}

#endif
