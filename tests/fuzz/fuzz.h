/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target is a file fuzz_NAME.c with this one function, which reads the bytes as an outside
 * file and aborts where a promise is broken. libFuzzer calls it (make fuzz); replay.c calls it with
 * the seeds, cuts and mutations of them as a plain test.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
