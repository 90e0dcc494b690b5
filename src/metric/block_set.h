/* SPDX-License-Identifier: MIT */
/*
 * Blocks: what is answered from the metrics of an operating system, as *.blocks files say it
 * (docs/formats/blocks.md). A block is a table, as sar prints one: CPUs, disks, memory; its columns
 * are expressions over metrics. Files are read, then nothing changes any more.
 *
 *	struct block_set *s = block_set_new();
 *	block_set_add(s, "x.blocks", text, n, e);
 *	for (i = 0; i < block_set_n(s); i++) ... block_set_at(s, i)->title ...
 *
 * Everything in it is lent for the set's life.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "metric/expression.h"

#define BLOCK_FILE_MAX	   ((size_t)1 << 20)
#define BLOCKS_MAX	   256
#define BLOCK_ITEMS_MAX	   64 /* columns and definitions of a block */
#define BLOCK_PATTERNS_MAX 16

/* How a metric's name is looked at. */
enum block_view {
	VIEW_PLAIN = -1, /* counters: the change; gauges: the mean level */
	VIEW_RATE, /* rate(): the change per second */
	VIEW_LAST, /* last(): what it was at the end */
};

struct block_term { /* what a name of an expression stands for */
	enum block_view view;
	int item; /* one of the block's own, which stands before; -1: it is a metric */
	const char *metric; /* "disk.reads" */
	const char *thing; /* what stands in brackets: a name, or with '*' the sum of those that
			      fit; NULL: the row's */
};

/* Where a column is shown. */
#define BLOCK_IN_TABLE (1u << 0)
#define BLOCK_IN_JSON  (1u << 1) /* of sadf -j */

struct block_item {
	const char *name; /* lower_case: usr_pct; of definitions as in the file */
	const char *title; /* as sar has it: %usr; NULL: a definition for others, no column */
	const char *unit, *help;
	const char *json; /* key in sadf's JSON, with '/' between levels; NULL: none */
	uint8_t digits;
	unsigned int where;
	bool per_second; /* it, or what it refers to, has a rate() */
	struct expression *x;
	struct block_term *term; /* for each of its names */
};

enum block_each { EACH_ONE, EACH_CPU, EACH_THING };
enum block_all { ALL_NONE, ALL_SUM, ALL_MEAN }; /* a first row of all others together */

struct block {
	const char *name, *title;
	enum block_each each;
	enum block_all all;
	const char *all_name; /* "all" */
	bool across_cpus; /* one column, which stands for all CPUs and for each */
	bool sparse; /* counters are recorded from the first time on: they began from 0 then */
	bool hidden; /* shown only when asked for */
	bool whole; /* things that are parts of another one are left out: sda1 of sda */
	const char *without[BLOCK_PATTERNS_MAX]; /* things that are left out: "loop*" */
	unsigned int n_without;
	const char *used[BLOCK_PATTERNS_MAX]; /* metrics: where all are 0 there is no row */
	unsigned int n_used;
	const char *of; /* metric whose things are the rows; NULL: those of all columns */
	const char *key, *key_json; /* title of the column that names the rows: DEV */
	const char *path; /* place in sadf's JSON: network/net-dev; NULL: not in it */
	struct block_item item[BLOCK_ITEMS_MAX];
	unsigned int n_items;
};

struct block_set; /* opaque */

struct block_set *block_set_new(void); /* NULL: out of memory */
struct block_set *block_set_free(struct block_set *s);
DEFINE_CLEANUP(block_set, block_set_free)

/* Add a file. -EINVAL with "file:line:column: what is wrong", -ENOMEM; after a failure the set can
 * only be freed. */
int block_set_add(struct block_set *s, const char *name, const char *text, size_t n,
		  struct err *e) must_check;
/* All files that the program carries (data/os). */
int block_set_load(struct block_set **ret, struct err *e) must_check;

unsigned int block_set_n(const struct block_set *s);
const struct block *block_set_at(const struct block_set *s, unsigned int i);
/* NULL: there is none. */
const struct block *block_set_find(const struct block_set *s, const char *name);

/* Does @name fit @pattern, in which a '*' stands for any text? */
bool block_pattern_fits(const char *pattern, const char *name);
/* A disk's part has its name and a number, as the kernel names them (sda1 of sda, nvme0n1p2 of
 * nvme0n1): how long the disk's name would be if @name were a part of one, 0: it cannot be. */
size_t block_part_of(const char *name);

struct block_data {
	const char *name;
	const unsigned char *text;
	const size_t *bytes;
};
extern const struct block_data block_data_list[]; /* generated, in order, ended by NULL */
