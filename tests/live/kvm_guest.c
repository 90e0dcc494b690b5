/* SPDX-License-Identifier: MIT */
/* A small monitor on /dev/kvm (Documentation/virt/kvm/api.rst of the kernel). */
#include "kvm_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <linux/kvm.h>

#define MEMORY_BYTES 0x10000u
#define CODE_AT	     0x1000u

/* clang-format off */
static const uint8_t program[] = {
	0x66, 0xbe, 0, 0, 0, 0,			/*	mov $rounds, %esi */
	0xe6, KVM_GUEST_PORT,			/* 1:	out %al, $port */
	0x66, 0xb8, KVM_GUEST_LEAF, 0, 0, 0,	/*	mov $leaf, %eax */
	0x66, 0x31, 0xc9,			/*	xor %ecx, %ecx */
	0x0f, 0xa2,				/*	cpuid */
	0xa2, 0, 0,				/*	mov %al, %ds:0 */
	0x66, 0xb9, 0x74, 0x01, 0, 0,		/*	mov $msr, %ecx */
	0x0f, 0x32,				/*	rdmsr */
	0x0f, 0x30,				/*	wrmsr */
	0xf4,					/*	hlt */
	0x66, 0x4e,				/*	dec %esi */
	0x75, 0x100 - 31,			/*	jnz 1b */
	0xe6, KVM_GUEST_PORT + 1,		/*	out %al, $end */
};
/* clang-format on */
#define ROUNDS_AT 2

struct machine {
	int kvm, vm, vcpu;
	uint8_t *memory;
	struct kvm_run *run;
	size_t run_bytes;
};

static int set_registers(struct machine *m)
{
	struct kvm_sregs s;
	struct kvm_regs r = { .rip = CODE_AT, .rflags = 2, .rsp = 0x8000 };

	if (ioctl(m->vcpu, KVM_GET_SREGS, &s) < 0)
		return -errno;
	s.cs.base = 0;
	s.cs.selector = 0;
	s.ds.base = KVM_GUEST_MMIO;
	s.ds.selector = KVM_GUEST_MMIO >> 4 & 0xffff;
	if (ioctl(m->vcpu, KVM_SET_SREGS, &s) < 0 || ioctl(m->vcpu, KVM_SET_REGS, &r) < 0)
		return -errno;
	return 0;
}

static int make(struct machine *m, unsigned int rounds)
{
	m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (m->kvm < 0)
		return -errno;
	m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
	m->memory =
		mmap(NULL, MEMORY_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (m->vm < 0 || m->memory == MAP_FAILED)
		return -errno;
	memcpy(m->memory + CODE_AT, program, sizeof(program));
	memcpy(m->memory + CODE_AT + ROUNDS_AT, &rounds, sizeof(rounds));
	struct kvm_userspace_memory_region region = {
		.memory_size = MEMORY_BYTES,
		.userspace_addr = (uintptr_t)m->memory,
	};

	/* Hosts without unrestricted guests keep a page table and a task state segment there. */
	ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000ul);
	if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
		return -errno;
	m->vcpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
	int bytes = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);

	if (m->vcpu < 0 || bytes < 0)
		return -errno;
	m->run_bytes = (size_t)bytes;
	m->run = mmap(NULL, m->run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->vcpu, 0);
	if (m->run == MAP_FAILED)
		return -errno;
	return set_registers(m);
}

static void done(struct machine *m)
{
	if (m->run && m->run != MAP_FAILED)
		munmap(m->run, m->run_bytes);
	if (m->vcpu >= 0)
		close(m->vcpu);
	if (m->vm >= 0)
		close(m->vm);
	if (m->memory && m->memory != MAP_FAILED)
		munmap(m->memory, MEMORY_BYTES);
	if (m->kvm >= 0)
		close(m->kvm);
}

/* Until the guest says that it is at the end: 0; -errno, or -EPROTO for an exit that it should not
 * make. */
static int run(struct machine *m, struct kvm_guest_result *ret)
{
	for (;;) {
		ret->runs++;
		if (ioctl(m->vcpu, KVM_RUN, 0) < 0)
			return -errno;
		uint32_t reason = m->run->exit_reason;

		if (reason >= sizeof(ret->exits) / sizeof(ret->exits[0]))
			return -EPROTO;
		ret->exits[reason]++;
		switch (reason) {
		case KVM_EXIT_IO:
			ret->outs++;
			if (m->run->io.port == KVM_GUEST_PORT + 1)
				return 0;
			break;
		case KVM_EXIT_MMIO:
			ret->stores++;
			break;
		case KVM_EXIT_HLT:
			ret->hlts++;
			break;
		default:
			return -EPROTO;
		}
	}
}

int kvm_guest_run(unsigned int rounds, struct kvm_guest_result *ret, const char **ret_why)
{
	struct machine m = { .kvm = -1, .vm = -1, .vcpu = -1 };
	int r = make(&m, rounds);

	*ret = (struct kvm_guest_result){ .tid = (uint32_t)syscall(SYS_gettid) };
	*ret_why = m.kvm < 0 ? "/dev/kvm does not open" : "KVM does not make the guest";
	if (r >= 0) {
		*ret_why = "KVM does not run the guest";
		r = run(&m, ret);
	}
	done(&m);
	if (r < 0)
		return r;
	ret->cpuids = ret->rdmsrs = ret->wrmsrs = rounds;
	if (ret->outs != (uint64_t)rounds + 1 || ret->stores != rounds || ret->hlts != rounds) {
		*ret_why = "the guest did not do what it was told";
		return -EPROTO;
	}
	return 0;
}
#else
int kvm_guest_run(unsigned int rounds, struct kvm_guest_result *ret, const char **ret_why)
{
	(void)rounds;
	*ret = (struct kvm_guest_result){ 0 };
	*ret_why = "the guest is made for x86-64";
	return -EOPNOTSUPP;
}
#endif

void kvm_guest_fork(struct kvm_guest_child *c, unsigned int rounds)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC) < 0)
		abort();
	c->pid = fork();
	if (c->pid < 0)
		abort();
	c->go_fd = p[1];
	if (!c->pid) {
		struct kvm_guest_result result;
		const char *why;
		char byte;

		close(p[1]);
		if (read(p[0], &byte, 1) < 0)
			_exit(1);
		_exit(kvm_guest_run(rounds, &result, &why) < 0);
	}
	close(p[0]);
}

void kvm_guest_go_and_wait(struct kvm_guest_child *c)
{
	int status;

	close(c->go_fd);
	if (waitpid(c->pid, &status, 0) != c->pid || status)
		abort();
}
