/* SPDX-License-Identifier: MIT */
/* What a recording cannot tell of virtual machines, in words under a table. */
#pragma once

#include "analysis/kvm_scan.h"
#include "model/table.h"

/* After the last span of @s. */
void kvm_notes(const struct kvm_scan *s, struct table *t);
