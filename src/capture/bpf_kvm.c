/* SPDX-License-Identifier: MIT */
/* Attaches the KVM programs by ids that we read in tracefs ourselves: libbpf would look where
 * tracefs is mounted for everybody, and it may be mounted nowhere. */
#include "capture/bpf_kvm.h"

#include <assert.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kvm_event.h"

void bpf_kvm_layout(const struct kvm_layout *l, struct kvm_event_layout *ret)
{
	static_assert(ARRAY_SIZE(l->field) == KVM_EVENT_FIELDS, "both sides know all fields");
	static_assert((int)KVM_ISA_ARM64 == KVM_EVENT_ISA_ARM64, "numbers of both sides");

	*ret = (struct kvm_event_layout){ .kind = l->kind, .isa = l->isa };
	for (unsigned int i = 0; i < KVM_EVENT_FIELDS; i++) {
		const struct kvm_layout_field *f = &l->field[i];

		if (!f->size)
			continue;
		ret->there |= (uint8_t)(1u << i);
		ret->is_signed |= (uint8_t)(f->is_signed << i);
		ret->field[i] = (struct kvm_event_field){ .offset = f->offset,
							  .lift = (uint8_t)(64 - 8 * f->size),
							  .shift = f->shift };
	}
}

static int open_tracepoint(uint32_t id, int cpu)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_TRACEPOINT,
		.config = id,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static int attach_one(struct bpf_kvm *b, unsigned int i, uint32_t id,
		      const struct bpf_program *program, int cpu)
{
	LIBBPF_OPTS(bpf_perf_event_opts, options, .bpf_cookie = i + 1);
	int fd = open_tracepoint(id, cpu);

	if (fd < 0)
		return fd;
	/* Takes the fd over when it works. */
	struct bpf_link *link = bpf_program__attach_perf_event_opts(program, fd, &options);
	int r = link ? 0 : -errno;

	if (r < 0) {
		close(fd);
		return r;
	}
	b->link[i] = link;
	b->n = i + 1;
	/* The program runs for the tracepoint, on all CPUs. Nobody reads the event itself: disabled
	 * it costs nothing where it happens. */
	ioctl(fd, PERF_EVENT_IOC_DISABLE, 0);
	return 0;
}

int bpf_kvm_attach(struct bpf_kvm *b, const struct kvm_events *k, struct bpf_map *layouts,
		   struct bpf_program *const program[BPF_KVM_PROGRAMS], int cpu, struct err *e)
{
	b->link = calloc(k->n, sizeof(b->link[0]));
	if (!b->link)
		return -ENOMEM;
	for (unsigned int i = 0; i < BPF_KVM_PROGRAMS; i++)
		b->program_fd[i] = bpf_program__fd(program[i]);
	for (unsigned int i = 0; i < k->n; i++) {
		const struct kvm_event *v = &k->item[i];
		struct kvm_event_layout layout;

		bpf_kvm_layout(&v->layout, &layout);
		int r = bpf_map__update_elem(layouts, &i, sizeof(i), &layout, sizeof(layout),
					     BPF_ANY);

		if (r >= 0)
			r = attach_one(b, i, v->id, program[v->layout.class], cpu);
		if (r == -EOPNOTSUPP)
			return err_set(
				e, r,
				"kvm events through BPF need kernel 5.15 (try: --engine perf)");
		if (r < 0)
			return err_set(e, r, "cannot attach to tracepoint %s: %s", v->name,
				       strerror(-r));
	}
	/* What was missed until now is before the recording. */
	for (unsigned int i = 0; i < BPF_KVM_PROGRAMS; i++)
		(void)bpf_kvm_missed(b, (enum kvm_class)i);
	return 0;
}

uint64_t bpf_kvm_missed(struct bpf_kvm *b, enum kvm_class class)
{
	struct bpf_prog_info info = { 0 };
	uint32_t size = sizeof(info);

	if (!b->n || bpf_obj_get_info_by_fd(b->program_fd[class], &info, &size) < 0)
		return 0;
	uint64_t more = info.recursion_misses - b->missed[class];

	b->missed[class] = info.recursion_misses;
	return more;
}

void bpf_kvm_done(struct bpf_kvm *b)
{
	for (unsigned int i = 0; i < b->n; i++)
		bpf_link__destroy(b->link[i]);
	free(b->link);
	*b = (struct bpf_kvm){ 0 };
}
