/* SPDX-License-Identifier: MIT */
/*
 * A closed journal of three segments and 64 KiB, kept in memory, that attackers change and
 * verifiers look at. In a folder without the writer's key: nothing but the segments speaks against
 * who changed them.
 */
#pragma once

#include "format/signing_key.h"
#include "journal_image.h"

#define RECORDS	   69
#define FRAMES_MAX 64

static struct journal_scenario s;
static struct journal_image im; /* of the closed journal s.path without the writer's key */

/* Frames of about 1.3 KiB, three segments, 64 KiB in all. */
static inline int victim_setup(void **state)
{
	struct journal_writer_options o;
	struct journal_writer *w = NULL;
	struct err e = { 0 };
	char key[128];

	(void)state;
	journal_scenario_init(&s);
	o = scenario_options(&s);
	o.segment_bytes = 22000;
	o.checkpoint_bytes = 12000;
	assert_int_equal(journal_writer_open(s.path, &o, &w, &e), 0);
	for (uint64_t n = 0; n < RECORDS; n++)
		assert_int_equal(scenario_append(w, n, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
	/* The attacker has the files elsewhere: nothing but them speaks against him. */
	scenario_path(&s, "j/" SIGNING_KEY_FILE, key);
	assert_int_equal(unlink(key), 0);
	image_take(&im, s.path);
	return 0;
}

static inline int victim_teardown(void **state)
{
	(void)state;
	image_done(&im);
	journal_scenario_done(&s);
	return 0;
}

/* Noticed by everyone, without a key and (@with) with one. A change that leaves an open journal is
 * not called closed. */
static inline bool is_noticed_by(bool with)
{
	const struct journal_verify_options plain = { 0 }, with_key = { .keys = s.keys };
	const struct journal_verify_options *o[] = { &plain, &with_key };

	for (unsigned int i = 0; i < (with ? 2 : 1); i++) {
		struct journal_verdict v;
		int64_t n = scenario_problems_as(s.path, o[i], &v);

		if (n == 0 && v.closed)
			return false;
		if (n >= 0)
			journal_verdict_done(&v);
	}
	return true;
}

static inline bool is_noticed(void)
{
	return is_noticed_by(true);
}

/* The files as they were, but the bytes of file @i, which are @b. */
static inline void put_changed(unsigned int i, struct buf *b)
{
	struct buf kept = im.file[i].bytes;

	assert_int_equal(buf_error(b), 0);
	im.file[i].bytes = *b;
	image_put(&im, s.path);
	im.file[i].bytes = kept;
}

static inline void add_span(struct buf *to, const struct buf *from, uint64_t begin, uint64_t end)
{
	assert_int_equal(buf_add(to, from->data + begin, end - begin), 0);
}

/* For each frame of each segment. */
static inline void each_frame(void (*change)(unsigned int file, const uint64_t *at, unsigned int n,
					     unsigned int k))
{
	for (unsigned int i = 0; i < im.n; i++) {
		uint64_t at[FRAMES_MAX];

		image_put(&im, s.path);
		unsigned int n = image_frames(s.path, i + 1, at, FRAMES_MAX);

		assert_int_equal(at[n], im.file[i].bytes.len);
		for (unsigned int k = 0; k < n; k++)
			change(i, at, n, k);
	}
	image_put(&im, s.path);
}
