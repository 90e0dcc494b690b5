/* SPDX-License-Identifier: MIT */
/*
 * The vm track: which threads belong to which virtual machine, as the host's /proc showed it while
 * recording. Names (roles) are made of it then or later, on any machine.
 */
#pragma once

#include "model/track.h"

enum { VM_TIME, VM_TID, VM_PID, VM_NAME, VM_UUID, VM_INSTANCE, VM_TYPE };

extern const struct track track_vm;
