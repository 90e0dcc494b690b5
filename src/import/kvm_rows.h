/* SPDX-License-Identifier: MIT */
/*
 * KVM events as every importer knows them, made into rows of the kvm tracks. They share streams,
 * times and task names with the scheduler's rows. Tracepoints without a number get one here.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/err.h"
#include "base/nsec.h"
#include "format/kvm_tracepoint.h"
#include "import/importer.h"
#include "import/sched_rows.h"

#define KVM_ROWS_NAMES (KVM_KIND_MAX + 1 - KVM_KIND_NAMED)

struct kvm_rows {
	struct sched_rows *sched; /* lent */
	char *name[KVM_ROWS_NAMES]; /* of kind KVM_KIND_NAMED + i */
	unsigned int n_names;
};

/* @sched must outlive @k. kvm_rows_done() frees. */
void kvm_rows_init(struct kvm_rows *k, struct sched_rows *sched);
void kvm_rows_done(struct kvm_rows *k);

/*
 * The kind of a tracepoint without a number (@len bytes of @name, none of them 0, no subsystem): in
 * order of first appearance. -ENOSPC: there are more of them than numbers; -ENOMEM.
 */
int kvm_rows_kind(struct kvm_rows *k, const char *name, size_t len) must_check;

/*
 * A row; @kind counts for KVM_CLASS_OTHER only. 0 or -errno; a row that comes too late (see
 * ordered_rows.h) is counted, not an error.
 */
int kvm_rows_add(struct kvm_rows *k, uint32_t cpu, nsec_t time, uint32_t tid, enum kvm_class class,
		 unsigned int kind, const struct kvm_record *record, struct err *e) must_check;

/* At the end: which name has which kind, as meta kvm.kind.N. */
int kvm_rows_meta(const struct kvm_rows *k, const struct import_args *args,
		  struct err *e) must_check;
