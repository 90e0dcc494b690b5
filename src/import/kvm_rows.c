/* SPDX-License-Identifier: MIT */
/* Rows of the kvm tracks. */
#include "import/kvm_rows.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void kvm_rows_init(struct kvm_rows *k, struct sched_rows *sched)
{
	*k = (struct kvm_rows){ .sched = sched };
}

void kvm_rows_done(struct kvm_rows *k)
{
	for (unsigned int i = 0; i < k->n_names; i++)
		free(k->name[i]);
	k->n_names = 0;
}

int kvm_rows_kind(struct kvm_rows *k, const char *name, size_t len)
{
	for (unsigned int i = 0; i < k->n_names; i++)
		if (strlen(k->name[i]) == len && !memcmp(k->name[i], name, len))
			return (int)(KVM_KIND_NAMED + i);
	if (k->n_names == KVM_ROWS_NAMES)
		return -ENOSPC;
	char *copy = strndup(name, len);

	if (!copy)
		return -ENOMEM;
	k->name[k->n_names] = copy;
	return (int)(KVM_KIND_NAMED + k->n_names++);
}

int kvm_rows_add(struct kvm_rows *k, uint32_t cpu, nsec_t time, uint32_t tid, enum kvm_class class,
		 unsigned int kind, const struct kvm_record *record, struct err *e)
{
	static const enum ordered_track tracks[] = {
		[KVM_CLASS_EXIT] = ORDERED_KVM_EXIT,
		[KVM_CLASS_ENTRY] = ORDERED_KVM_ENTRY,
		[KVM_CLASS_OTHER] = ORDERED_KVM,
	};
	struct batch *b;
	int row = ordered_rows_add(&k->sched->rows, tracks[class], cpu, time, &b, e);

	if (row < 0)
		return row == -ESTALE ? 0 : row;
	sched_rows_note(k->sched, time);
	switch (class) {
	case KVM_CLASS_EXIT:
		batch_u32(b, KVM_EXIT_TID)[row] = tid;
		batch_u8(b, KVM_EXIT_ISA)[row] = record->isa;
		batch_u32(b, KVM_EXIT_REASON)[row] = record->reason;
		break;
	case KVM_CLASS_ENTRY:
		batch_u32(b, KVM_ENTRY_TID)[row] = tid;
		break;
	case KVM_CLASS_OTHER:
		batch_u8(b, KVM_KIND)[row] = (uint8_t)kind;
		batch_u32(b, KVM_TID)[row] = tid;
		batch_u64(b, KVM_WHAT)[row] = record->what;
		batch_u32(b, KVM_DETAIL)[row] = record->detail;
		break;
	}
	return 0;
}

int kvm_rows_meta(const struct kvm_rows *k, const struct import_args *args, struct err *e)
{
	int r = 0;

	for (unsigned int i = 0; r >= 0 && i < k->n_names; i++) {
		char key[32];

		snprintf(key, sizeof(key), "kvm.kind.%u", KVM_KIND_NAMED + i);
		r = args->meta(args->ctx, key, k->name[i], e);
	}
	return r < 0 ? r : 0;
}
