/* SPDX-License-Identifier: MIT */
/* The numbers that /proc lists: process ids, and thread ids of a process, in rising order. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

struct id_listing;
/* @proc_fd: the directory, which must live as long. 0 or -errno. */
int id_listing_new(int proc_fd, struct id_listing **ret) must_check;
struct id_listing *id_listing_free(struct id_listing *l);
DEFINE_CLEANUP(id_listing, id_listing_free)

/*
 * Listing costs a microsecond a process. Ids are given in turn, so that those of processes that
 * began since the last call lie between what was given last then and what was given last now; when
 * they are few beside the @known ones, true: all that is new has an id from *ret_first to *ret_last
 * (which may be less: nothing), some of them threads, or gone. False: list them. So does every
 * tenth call, since ids may be asked for. Only of the pid namespace that this process is in.
 */
bool id_listing_since(struct id_listing *l, size_t known, uint32_t *ret_first, uint32_t *ret_last);

/* Lent until the next call of the same function. 0 or -errno. */
int id_listing_processes(struct id_listing *l, const uint32_t **ret, size_t *ret_n) must_check;
int id_listing_threads(struct id_listing *l, uint32_t pid, const uint32_t **ret,
		       size_t *ret_n) must_check;
