/* SPDX-License-Identifier: MIT */
/*
 * What a provider of names knows: rows that name a thread by its tid, or the threads of a virtual
 * machine by its UUID or libvirt name. Roles are made of them by roles.h.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"

#define NAME_MAP_MAX_ROWS (1u << 20)
#define NAME_MAX_BYTES	  255 /* of a role or any other text of a row */

struct name_row {
	uint32_t tid; /* 0: the row names a machine */
	const char *uuid, *instance; /* of the machine, "" = not given; the UUID in any case */
	const char *type; /* only its threads of this type (vcpu0 ...), "" = all */
	const char *base; /* the role of the tid; of a machine what "." and the type follow */
	bool plain; /* @base is a name as somebody gave it: rules may take it apart */
};

struct name_map; /* opaque */

struct name_map *name_map_new(void); /* NULL: out of memory */
struct name_map *name_map_free(struct name_map *m);
DEFINE_CLEANUP(name_map, name_map_free)

/* Copies the texts (NULL is ""). Of rows for the same thread the last wins. 0, -ENOMEM, or -E2BIG:
 * too many rows, or a text of more than NAME_MAX_BYTES. */
int name_map_add(struct name_map *m, const struct name_row *row) must_check;

size_t name_map_count(const struct name_map *m);
const struct name_row *name_map_at(const struct name_map *m, size_t i);
/* The row that names @tid, or NULL. */
const struct name_row *name_map_tid(const struct name_map *m, uint32_t tid);
/* The row that names threads of @type of the machine, or NULL. Empty @uuid or @instance match
 * nothing. */
const struct name_row *name_map_machine(const struct name_map *m, const char *uuid,
					const char *instance, const char *type);
