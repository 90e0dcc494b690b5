/* SPDX-License-Identifier: MIT */
/*
 * The outsider of docs/formats/journal.md against a journal: each change must be noticed, and must
 * cost no more than it says there. KYMO_LONG=1 flips every bit and cuts at
 * every byte; otherwise one of FLIP_STRIDE and CUT_STRIDE.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "journal_victim.h"

/* With sanitizers each look takes several times as long. */
#if defined(__SANITIZE_ADDRESS__)
#define FLIP_STRIDE 797
#define CUT_STRIDE  31
#else
#define FLIP_STRIDE 53
#define CUT_STRIDE  5
#endif

static void test_untouched(void **state)
{
	(void)state;
	assert_false(is_noticed());
	assert_int_equal(scenario_read(&s, RECORDS), RECORDS);
	assert_in_range(image_bytes(&im), 65536, 70000);
	assert_int_equal(im.n, 3);
}

/* ---- outsider: flips and cuts ---- */

static void flip(int fd, const struct buf *b, uint64_t bit)
{
	uint8_t byte = b->data[bit / 8] ^ (uint8_t)(1u << bit % 8);

	assert_int_equal(file_pwrite_all(fd, &byte, 1, bit / 8), 0);
}

static void test_flips(void **state)
{
	const bool all = getenv("KYMO_LONG") != NULL;
	uint64_t bits = 0, flipped = 0, missed = 0, lost = 0;

	(void)state;
	for (unsigned int i = 0; i < im.n; i++) {
		const struct buf *b = &im.file[i].bytes;
		char path[200];

		(void)snprintf(path, sizeof(path), "%s/%s", s.path, im.file[i].name);
		auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

		for (uint64_t bit = 0; bit < 8 * b->len; bit++, bits++) {
			if (!all && bits % FLIP_STRIDE)
				continue;
			flip(fd, b, bit);
			flipped++;
			missed += !is_noticed();
			lost += scenario_read(&s, RECORDS) < RECORDS - 1;
			assert_int_equal(file_pwrite_all(fd, b->data + bit / 8, 1, bit / 8), 0);
		}
	}
	print_message("%llu of %llu bits flipped, %llu missed, %llu cost more than a frame\n",
		      (unsigned long long)flipped, (unsigned long long)bits,
		      (unsigned long long)missed, (unsigned long long)lost);
	assert_int_equal(missed, 0);
	assert_int_equal(lost, 0);
	assert_false(is_noticed());
}

/* Of each segment; what is before the cut can still be read. */
static void test_cuts(void **state)
{
	const bool all = getenv("KYMO_LONG") != NULL;
	uint64_t cuts = 0, missed = 0;

	(void)state;
	for (unsigned int i = 0; i < im.n; i++) {
		const struct buf *b = &im.file[i].bytes;
		char path[200];

		(void)snprintf(path, sizeof(path), "%s/%s", s.path, im.file[i].name);
		for (size_t n = b->len; n-- > 0;) {
			if (!all && n % CUT_STRIDE)
				continue;
			assert_int_equal(truncate(path, (off_t)n), 0);
			missed += !is_noticed_by(n % 16 == 0);
			cuts++;
		}
		image_put_file(&im, i, s.path);
	}
	print_message("%llu cuts, %llu missed\n", (unsigned long long)cuts,
		      (unsigned long long)missed);
	assert_int_equal(missed, 0);
	assert_false(is_noticed());
}

/* ---- outsider: whole frames and segments ---- */

static void expect_noticed(unsigned int i, struct buf *b, int64_t at_least)
{
	put_changed(i, b);
	assert_true(is_noticed());
	/* Nothing that was not written is given. */
	assert_in_range(scenario_read(&s, RECORDS), (uint64_t)at_least, RECORDS);
	buf_done(b);
}

static void delete_frame(unsigned int i, const uint64_t *at, unsigned int n, unsigned int k)
{
	struct buf b;

	buf_init(&b, 0);
	add_span(&b, &im.file[i].bytes, 0, at[k]);
	add_span(&b, &im.file[i].bytes, at[k + 1], at[n]);
	/* It and the one behind it, whose link is gone. */
	expect_noticed(i, &b, RECORDS - 2);
}

static void repeat_frame(unsigned int i, const uint64_t *at, unsigned int n, unsigned int k)
{
	struct buf b;

	buf_init(&b, 0);
	add_span(&b, &im.file[i].bytes, 0, at[k + 1]);
	add_span(&b, &im.file[i].bytes, at[k], at[n]);
	expect_noticed(i, &b, RECORDS - 1);
}

static void swap_frames(unsigned int i, const uint64_t *at, unsigned int n, unsigned int k)
{
	const struct buf *from = &im.file[i].bytes;
	struct buf b;

	if (k + 1 == n)
		return;
	buf_init(&b, 0);
	add_span(&b, from, 0, at[k]);
	add_span(&b, from, at[k + 1], at[k + 2]);
	add_span(&b, from, at[k], at[k + 1]);
	add_span(&b, from, at[k + 2], at[n]);
	expect_noticed(i, &b, RECORDS - 3);
}

/* Frame k of this segment in the place of frame k of the next. */
static void move_frame(unsigned int i, const uint64_t *at, unsigned int n, unsigned int k)
{
	const unsigned int other = (i + 1) % im.n;
	uint64_t there[FRAMES_MAX];
	struct buf b;

	(void)n;
	image_put(&im, s.path);
	unsigned int m = image_frames(s.path, other + 1, there, FRAMES_MAX);

	if (k >= m)
		return;
	buf_init(&b, 0);
	add_span(&b, &im.file[other].bytes, 0, there[k]);
	add_span(&b, &im.file[i].bytes, at[k], at[k + 1]);
	add_span(&b, &im.file[other].bytes, there[k + 1], there[m]);
	expect_noticed(other, &b, RECORDS - 2);
}

static void test_frames(void **state)
{
	(void)state;
	each_frame(delete_frame);
	each_frame(repeat_frame);
	each_frame(swap_frames);
	each_frame(move_frame);
	assert_false(is_noticed());
}

static void test_segments(void **state)
{
	(void)state;
	/* One is gone. The last: the journal is not closed then. */
	for (unsigned int i = 0; i < im.n; i++) {
		char path[200];

		image_put(&im, s.path);
		(void)snprintf(path, sizeof(path), "%s/%s", s.path, im.file[i].name);
		assert_int_equal(unlink(path), 0);
		assert_true(is_noticed());
	}
	/* Two are exchanged, by name. */
	for (unsigned int i = 0; i < im.n; i++) {
		const unsigned int k = (i + 1) % im.n;
		struct buf kept = im.file[i].bytes;

		im.file[i].bytes = im.file[k].bytes;
		im.file[k].bytes = kept;
		image_put(&im, s.path);
		assert_true(is_noticed());
		kept = im.file[i].bytes;
		im.file[i].bytes = im.file[k].bytes;
		im.file[k].bytes = kept;
	}
	image_put(&im, s.path);
	assert_false(is_noticed());
}

/* ---- another journal, of the same site, recipients and records ---- */

/* A whole other journal is noticed by its id alone. */
static void expect_id(const struct journal_image *theirs, const struct journal_scenario *other)
{
	uint8_t id[JOURNAL_ID_BYTES];
	struct journal_verdict v;

	image_put(theirs, s.path);
	assert_false(is_noticed());
	image_put(&im, s.path);
	assert_int_equal(scenario_problems_as(s.path, &(struct journal_verify_options){ 0 }, &v),
			 0);
	memcpy(id, v.journal, sizeof(id));
	journal_verdict_done(&v);
	const struct journal_verify_options mine = { .journal = id };

	assert_int_equal(scenario_problems_as(s.path, &mine, NULL), 0);
	assert_true(scenario_problems_as(other->path, &mine, NULL) > 0);
}

static void test_splices(void **state)
{
	struct journal_scenario other;
	struct journal_image theirs;

	(void)state;
	journal_scenario_init(&other);
	other.to = s.to;
	struct journal_writer_options o = scenario_options(&other);
	struct journal_writer *w = NULL;

	o.segment_bytes = 22000;
	o.checkpoint_bytes = 12000;
	assert_int_equal(journal_writer_open(other.path, &o, &w, NULL), 0);
	for (uint64_t n = 0; n < RECORDS; n++)
		assert_int_equal(scenario_append(w, n, NULL), 0);
	assert_int_equal(journal_writer_close(w, NULL), 0);
	journal_writer_free(w);
	image_take(&theirs, other.path);
	assert_int_equal(theirs.n, im.n);

	for (unsigned int i = 0; i < im.n; i++) {
		uint64_t at[FRAMES_MAX], there[FRAMES_MAX];
		struct buf b;

		image_put(&im, s.path);
		unsigned int n = image_frames(s.path, i + 1, at, FRAMES_MAX);
		unsigned int m = image_frames(other.path, i + 1, there, FRAMES_MAX);

		assert_int_equal(n, m);
		for (unsigned int k = 0; k < n; k++) {
			buf_init(&b, 0);
			add_span(&b, &im.file[i].bytes, 0, at[k]);
			add_span(&b, &theirs.file[i].bytes, there[k], there[k + 1]);
			add_span(&b, &im.file[i].bytes, at[k + 1], at[n]);
			expect_noticed(i, &b, RECORDS - 2);
			/* And all from there on. */
			buf_init(&b, 0);
			add_span(&b, &im.file[i].bytes, 0, at[k]);
			add_span(&b, &theirs.file[i].bytes, there[k], there[m]);
			expect_noticed(i, &b, 0);
		}
		buf_init(&b, 0);
		add_span(&b, &theirs.file[i].bytes, 0, there[m]);
		put_changed(i, &b);
		assert_true(is_noticed());
		buf_done(&b);
	}
	expect_id(&theirs, &other);
	image_done(&theirs);
	journal_scenario_done(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_untouched), cmocka_unit_test(test_flips),
		cmocka_unit_test(test_cuts),	  cmocka_unit_test(test_frames),
		cmocka_unit_test(test_segments),  cmocka_unit_test(test_splices),
	};

	return cmocka_run_group_tests(tests, victim_setup, victim_teardown);
}
