/* SPDX-License-Identifier: MIT */
/* Raw records of kvm tracepoints to rows. */
#include "import/kvm_event.h"

#include <errno.h>
#include <string.h>

#include "base/bytes.h"

int kvm_event_init(struct kvm_event *ev, const struct tracepoint *t, const char *name,
		   struct err *e)
{
	const struct tracepoint_field *pid = tracepoint_field(t, "common_pid");

	*ev = (struct kvm_event){ .name = name };
	if (!pid || pid->where != TRACEPOINT_INLINE || pid->count || pid->size != 4)
		return err_set(e, -EINVAL, "tracepoint '%s' has no field 'common_pid' of 4 bytes",
			       t->name);
	int r = kvm_layout_init(&ev->layout, t, e);

	if (r < 0)
		return r;
	ev->tid = (uint16_t)pid->offset;
	ev->layout.bytes = max_of(ev->layout.bytes, pid->offset + 4);
	return 0;
}

int kvm_event_rows(struct kvm_event *ev, struct kvm_rows *k, uint32_t cpu, nsec_t time,
		   uint32_t tid, const uint8_t *raw, size_t len, bool big, struct err *e)
{
	struct kvm_record record;
	int r = kvm_layout_read(&ev->layout, raw, len, big, &record);

	if (r < 0)
		return r;
	if (kvm_event_unnamed(ev)) {
		r = kvm_rows_kind(k, ev->name, strlen(ev->name));
		if (r < 0)
			return r;
		ev->layout.kind = (uint8_t)r;
	}
	if (tid == KVM_EVENT_TID_UNKNOWN)
		tid = big ? get_be32(raw + ev->tid) : get_le32(raw + ev->tid);
	return kvm_rows_add(k, cpu, time, tid, ev->layout.class, ev->layout.kind, &record, e);
}
