/* SPDX-License-Identifier: MIT */
/* Rules of the kernel by which numbers of tasks are shown. */
#include "collect/task_numbers.h"

/* The part of @whole that @a is of @a + @b, which is more than 0. */
static uint64_t part_of(uint64_t whole, uint64_t a, uint64_t b)
{
	__extension__ typedef unsigned __int128 wide;

	return (uint64_t)((wide)a * whole / ((wide)a + b));
}

struct task_cpu_time task_cpu_adjust(struct task_cpu_time ticks, uint64_t ran,
				     struct task_cpu_time told)
{
	struct task_cpu_time r = { .user = ran };

	if (told.user + told.sys >= ran)
		return told;
	if (ticks.sys && !ticks.user)
		r.sys = ran;
	else if (ticks.sys)
		r.sys = part_of(ran, ticks.sys, ticks.user);
	if (r.sys < told.sys)
		r.sys = told.sys;
	r.user = ran - r.sys;
	if (r.user < told.user) {
		r.user = told.user;
		r.sys = ran - r.user;
	}
	return r;
}

/* Bits of task_struct.__state, include/linux/sched.h. */
#define STATE_REPORTED 0x7fu /* those with a letter; exit states are among them */
#define STATE_DISK     0x2u
#define STATE_IDLE     0x402u /* waits, and is no load */
#define STATE_LOCK     0x1000u /* waits for a lock, since 5.15 */
#define STATE_FROZEN   0x8000u /* since 6.1 */

char task_state_letter(uint32_t state, uint32_t exit_state)
{
	static const char letters[] = "RSDTtXZP";
	uint32_t bits = (state | exit_state) & STATE_REPORTED;

	if (state & (STATE_LOCK | STATE_FROZEN))
		bits = STATE_DISK;
	else if ((state & STATE_IDLE) == STATE_IDLE)
		return 'I';
	return letters[bits ? 32 - __builtin_clz(bits) : 0];
}
