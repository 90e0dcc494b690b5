/* SPDX-License-Identifier: MIT */
/*
 * What NFS and its RPC count, of clients in /proc/net/rpc/nfs, of servers in /proc/net/rpc/nfsd: a
 * word and numbers on each line, of procedures how many there are first.
 *
 *	net 18628 0 18628 6
 *	rpc 4329785 338 4330043
 *	proc3 22 0 4084749 29200 ...
 */
#pragma once

#include "collect/readings.h"

struct rpc_line {
	const char *word;
	int metric[5]; /* of its numbers, from the first on; -1: nothing for us */
};

struct rpc_procedures {
	const char *word;
	const char *version; /* things are called "v3 read" */
	const char *const *name; /* lower case; a number where there is none */
	unsigned int n_names;
};

struct rpc_layout {
	const struct rpc_line *line;
	unsigned int n_lines;
	const struct rpc_procedures *const *procedures;
	unsigned int n_procedures;
	unsigned int metric; /* of procedures; those that never were called have no value */
};

void rpc_scan(struct readings *r, const char *text, const struct rpc_layout *layout);

/* Procedures of versions 2 (RFC 1094) and 3 (RFC 1813), for both sides. */
extern const struct rpc_procedures rpc_nfs2, rpc_nfs3;
