/* SPDX-License-Identifier: MIT */
/*
 * Names that go into the recording with the samples: of the kernel, the vdso and code made at run
 * time always, since nobody can tell them after a reboot or when the process has ended; of files
 * when all are asked for.
 */
#pragma once

#include <stdbool.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "base/nsec.h"
#include "model/frames.h"
#include "model/stream.h"

struct sample_names;

/*
 * Before the samples: reads the kernel's names now (some 0.1 s), so that the end need not wait for
 * them. What cannot be read is no error. 0 or -errno with words.
 */
int sample_names_open(int root_fd, const struct modules *m, struct sample_names **ret,
		      struct err *e) must_check;
struct sample_names *sample_names_free(struct sample_names *n);
DEFINE_CLEANUP(sample_names, sample_names_free)

/* Rows of track symbol for the functions that @f lies in, at @time, to @sink. */
int sample_names_write(struct sample_names *n, const struct frames *f, const struct modules *m,
		       bool all, nsec_t time, struct sink *sink, struct err *e) must_check;
