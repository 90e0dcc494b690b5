/* SPDX-License-Identifier: MIT */
/* Time inside the program: unsigned nanoseconds, of CLOCK_MONOTONIC unless a name says otherwise.
 */
#pragma once

#include <stdint.h>

typedef uint64_t nsec_t;

#define NSEC_PER_USEC UINT64_C(1000)
#define NSEC_PER_MSEC UINT64_C(1000000)
#define NSEC_PER_SEC  UINT64_C(1000000000)
#define NSEC_MAX      UINT64_MAX

nsec_t nsec_monotonic(void);
nsec_t nsec_realtime(void);
