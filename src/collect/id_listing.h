/* SPDX-License-Identifier: MIT */
/* The numbers that /proc lists: process ids, and thread ids of a process, in rising order. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct id_listing;
/* @proc_fd: the directory, which must live as long. 0 or -errno. */
int id_listing_new(int proc_fd, struct id_listing **ret) must_check;
struct id_listing *id_listing_free(struct id_listing *l);
DEFINE_CLEANUP(id_listing, id_listing_free)

/* Lent until the next call of the same function. 0 or -errno. */
int id_listing_processes(struct id_listing *l, const uint32_t **ret, size_t *ret_n) must_check;
int id_listing_threads(struct id_listing *l, uint32_t pid, const uint32_t **ret,
		       size_t *ret_n) must_check;
