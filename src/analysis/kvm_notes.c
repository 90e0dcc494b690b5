/* SPDX-License-Identifier: MIT */
/* The same sentences for all views of KVM events. */
#include "analysis/kvm_notes.h"

#include <stdio.h>

#include "base/quantity.h"

void kvm_notes(const struct kvm_scan *s, struct table *t)
{
	const struct kvm_scan_stats *stats = kvm_scan_stats(s);
	char number[QUANTITY_MAX], count[QUANTITY_MAX + 32];

	if (stats->user)
		table_note(t, "this host has no kvm_exit events, so exits to user space are shown "
			      "as exits; what KVM handled by itself is not among them (see: kymo "
			      "show kvmevents), and guest time is not known");
	if (stats->user && !stats->timed && stats->exits)
		table_note(t, "returns into KVM_RUN (kvm_fpu) were not recorded: exits have no "
			      "length");
	if (!stats->user && !stats->timed && stats->exits)
		table_note(t, "entries were not recorded: exits have no length (record with -e "
			      "kvm)");
	if (!stats->switches)
		table_note(t, "switches were not recorded: whether a vCPU slept within an exit is "
			      "not known (record with -e switch,kvm)");
	(void)snprintf(count, sizeof(count), "%s exits and entries are",
		       quantity_count(number, stats->lone));
	if (stats->lone)
		table_note(t,
			   "%s without a partner, as at the start of the run: no length is known",
			   stats->lone == 1 ? "1 exit or entry is" : count);
}
