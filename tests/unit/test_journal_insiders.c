/* SPDX-License-Identifier: MIT */
/* Those of docs/formats/journal.md who have keys: a false reader with every frame key, an intruder
 * with the writer's key of today; and what a witness tells. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "base/bytes.h"
#include "base/crc32c.h"
#include "format/journal_header.h"
#include "format/witness.h"
#include "journal_victim.h"

/* ---- false reader: he knows every frame key ---- */

/* Another content for the frame at @at, sealed and linked as the writer would; the links of all
 * that follow are made to fit. */
static void reseal(struct buf *b, uint64_t at, struct journal_segment *seg)
{
	struct segment_walk w;
	struct walk_step step;
	uint8_t link[SEAL_HASH_BYTES];
	bool changing = false;

	memcpy(link, seg->header.link, sizeof(link));
	segment_walk_begin(&w, seg, seg->size);
	while (segment_walk_next(&w, &step, NULL) >= 0 && step.what == WALK_FRAME) {
		uint8_t digest[BLAKE2BP_BYTES];
		uint8_t *frame = b->data + step.offset, *body = frame + FRAME_HEADER_BYTES;
		auto_buf plain;

		buf_init(&plain, 0);
		changing = changing || step.offset == at;
		if (changing && step.info.type != FRAME_CHECKPOINT) {
			assert_int_equal(journal_segment_open_frame(seg, step.frame, &step.info,
								    step.offset, step.before,
								    &plain),
					 0);
			auto_buf again;
			uint8_t key[SEAL_KEY_BYTES];
			struct frame_info info = step.info;

			buf_init(&again, 0);
			assert_non_null(buf_reserve(&again, FRAME_HEADER_BYTES));
			memset(again.data, 0, FRAME_HEADER_BYTES);
			buf_commit(&again, FRAME_HEADER_BYTES);
			if (step.offset == at && plain.len > 48)
				plain.data[40] ^= 1; /* in the payload of its entry */
			assert_int_equal(buf_add(&again, plain.data, plain.len), 0);
			assert_int_equal(
				journal_header_open(seg->head, &seg->header, s.keys, key, NULL), 0);
			for (uint64_t e = seg->header.epoch; e < info.epoch; e++)
				frame_next_key(key);
			uint8_t own[SEAL_HASH_BYTES];

			memcpy(own, link, sizeof(own));
			assert_int_equal(frame_finish(&again, &info, &seg->header.place, key, own),
					 0);
			memcpy(frame, again.data, again.len);
		}
		frame_digest(body, step.info.body_bytes, digest);
		frame_link(&seg->header.place, link, frame, digest, link);
		memcpy(body + step.info.body_bytes, link, sizeof(link));
	}
	segment_walk_done(&w);
}

static void forge_frame(unsigned int i, const uint64_t *at, unsigned int n, unsigned int k)
{
	auto_close int dir_fd = open(s.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct journal_segment *seg = NULL;
	struct frame_info info;
	struct buf b;

	(void)n;
	image_put_file(&im, i, s.path);
	assert_int_equal(frame_parse_header(im.file[i].bytes.data + at[k], &info), 0);
	if (info.type != FRAME_DATA || k == 0)
		return;
	assert_int_equal(journal_segment_open(dir_fd, i + 1, &seg, NULL), 0);
	assert_int_equal(journal_segment_unlock(seg, s.keys, NULL), 0);
	buf_init(&b, 0);
	add_span(&b, &im.file[i].bytes, 0, im.file[i].bytes.len);
	reseal(&b, at[k], seg);
	journal_segment_free(seg);
	put_changed(i, &b);
	assert_true(is_noticed());
	/* By the signature alone: all frames open. */
	struct journal_verdict v;

	assert_true(scenario_problems_as(s.path, &(struct journal_verify_options){ .keys = s.keys },
					 &v) > 0);
	for (size_t p = 0; p < v.n_problems; p++)
		assert_true(v.problem[p].fault == FAULT_FORGED ||
			    v.problem[p].fault == FAULT_MISSING);
	journal_verdict_done(&v);
	buf_done(&b);
}

static void test_false_reader(void **state)
{
	(void)state;
	each_frame(forge_frame);
	assert_false(is_noticed());
}

/* ---- intruder: he has the writer's key of today ---- */

/* A journal that goes on for @n records, its folder copied to @copy at that moment. */
static void copy_of(const struct journal_scenario *sc, const char *copy)
{
	struct journal_image all;
	auto_close int dir_fd = open(sc->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	image_take(&all, sc->path);
	image_add_file(&all, dir_fd, SIGNING_KEY_FILE);
	image_put(&all, copy);
	image_done(&all);
}

/* Everything of @from but the segments behind @last, with the writer's key of @key_of. */
static void truncated_copy(const char *from, uint64_t last, const char *key_of, const char *to)
{
	struct journal_image all;
	auto_close int dir_fd = open(key_of, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	image_take(&all, from);
	while (all.n > last)
		buf_done(&all.file[--all.n].bytes);
	image_add_file(&all, dir_fd, SIGNING_KEY_FILE);
	image_put(&all, to);
	image_done(&all);
}

/* Put today's key slot into the place of an older one: epoch, segment and statement of the old
 * time, secret of today. What an intruder would like to be. */
static void graft_key(const char *path, const char *old_path)
{
	auto_close int now = open(path, O_RDWR | O_CLOEXEC);
	auto_close int old = open(old_path, O_RDONLY | O_CLOEXEC);
	uint8_t mine[512], theirs[512];

	for (unsigned int i = 1; i <= 2; i++) {
		for (unsigned int k = 1; k <= 2; k++) {
			assert_int_equal(file_pread_all(now, mine, sizeof(mine), i * 4096), 0);
			assert_int_equal(file_pread_all(old, theirs, sizeof(theirs), k * 4096), 0);
			if (!get_le32(mine) || !get_le32(theirs))
				continue;
			memcpy(theirs + 24, mine + 24, 64); /* seed and public key */
			put_le32(theirs + 4, crc32c(theirs + 8, sizeof(theirs) - 8));
			assert_int_equal(file_pwrite_all(now, theirs, sizeof(theirs), i * 4096), 0);
			return;
		}
	}
	fail();
}

static void test_old_epoch_with_todays_key(void **state)
{
	struct journal_scenario sc;
	char copy[128], old[128], key[160], old_key[160];
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	(void)state;
	journal_scenario_init(&sc);
	scenario_path(&sc, "copy", copy);
	scenario_path(&sc, "old", old);
	for (uint64_t n = 0; n < 60; n += 10) {
		scenario_write(&sc, n, n + 10, true);
		if (n == 20)
			copy_of(&sc, old); /* what he does not have: the key of then */
	}
	const struct journal_writer_options o = scenario_options(&sc);

	/* Cut the past short and go on with today's key: the writer's own code refuses. */
	truncated_copy(sc.path, 3, sc.path, copy);
	assert_int_equal(journal_writer_open(copy, &o, &w, &e), -ESTALE);
	assert_non_null(strstr(e.text, "rolled back"));
	/* Code of his own does not: it signs with today's key as if it were the key of then. */
	truncated_copy(sc.path, 3, sc.path, copy);
	(void)snprintf(key, sizeof(key), "%s/%s", copy, SIGNING_KEY_FILE);
	(void)snprintf(old_key, sizeof(old_key), "%s/%s", old, SIGNING_KEY_FILE);
	graft_key(key, old_key);
	assert_int_equal(journal_writer_open(copy, &o, &w, &e), 0);
	assert_int_equal(scenario_append(w, 30, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	assert_int_equal(unlink(key), 0);
	struct journal_verdict v;

	assert_true(scenario_problems_as(copy, &(struct journal_verify_options){ 0 }, &v) > 0);
	assert_int_equal(v.problem[0].fault, FAULT_FORGED);
	journal_verdict_done(&v);
	/* What the owner of the key of then could have done, for comparison: his journal is whole.
	 */
	assert_int_equal(journal_writer_open(old, &o, &w, &e), 0);
	assert_int_equal(scenario_append(w, 30, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	assert_int_equal(scenario_problems_as(old, &(struct journal_verify_options){ 0 }, NULL), 0);
	journal_scenario_done(&sc);
}

/* The old secret is nowhere in the folder any more. */
static void test_old_keys_are_erased(void **state)
{
	struct journal_scenario sc;
	uint8_t seeds[32][32];
	unsigned int n_seeds = 0;

	(void)state;
	journal_scenario_init(&sc);
	for (uint64_t n = 0; n < 30; n += 3) {
		char key[128];
		uint8_t slot[512];

		scenario_write(&sc, n, n + 3, n % 2);
		scenario_path(&sc, "j/" SIGNING_KEY_FILE, key);
		auto_close int fd = open(key, O_RDONLY | O_CLOEXEC);
		auto_buf all;

		buf_init(&all, 0);
		assert_int_equal(file_read_at(AT_FDCWD, key, &all), 0);
		for (unsigned int i = 0; i < n_seeds; i++)
			if (memmem(all.data, all.len, seeds[i], 32))
				/* Not closed: the epoch is the same. */
				assert_true(n % 2 == 0 && i + 1 == n_seeds);
		for (unsigned int i = 1; i <= 2; i++) {
			assert_int_equal(file_pread_all(fd, slot, sizeof(slot), i * 4096), 0);
			if (get_le32(slot) &&
			    !(n_seeds && !memcmp(seeds[n_seeds - 1], slot + 24, 32)))
				memcpy(seeds[n_seeds++], slot + 24, 32);
		}
	}
	assert_in_range(n_seeds, 5, 20);
	journal_scenario_done(&sc);
}

/* ---- rolled back ---- */

static void read_witness(const char *path, struct journal_verify_options *o)
{
	auto_buf b;
	uint8_t(*list)[STATEMENT_SIGNED_BYTES] = NULL;

	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	assert_int_equal(witness_parse(buf_str(&b), b.len, &list, &o->n_witness, NULL), 0);
	o->witness = (const uint8_t(*)[STATEMENT_SIGNED_BYTES])list;
}

static void append_ten(const struct journal_scenario *sc, uint64_t from, const char *witness)
{
	struct journal_scenario *mine = (struct journal_scenario *)(uintptr_t)sc;
	struct journal_writer_options o = scenario_options(mine);
	struct journal_writer *w = NULL;

	o.witness = witness;
	assert_int_equal(journal_writer_open(sc->path, &o, &w, NULL), 0);
	for (uint64_t n = from; n < from + 10; n++)
		assert_int_equal(scenario_append(w, n, NULL), 0);
	assert_int_equal(journal_writer_close(w, NULL), 0);
	journal_writer_free(w);
}

static void expect_fault(const char *path, const struct journal_verify_options *o,
			 enum journal_fault fault)
{
	struct journal_verdict v;

	assert_true(scenario_problems_as(path, o, &v) > 0);
	for (size_t i = 0; i < v.n_problems; i++)
		assert_int_equal(v.problem[i].fault, fault);
	journal_verdict_done(&v);
}

static void test_witness(void **state)
{
	struct journal_scenario sc;
	struct journal_verify_options o = { 0 }, later = { 0 };
	struct journal_verdict v;
	char old[128], fork[128], witness[128], second[128], key[128];

	(void)state;
	journal_scenario_init(&sc);
	scenario_path(&sc, "old", old);
	scenario_path(&sc, "fork", fork);
	scenario_path(&sc, "witness", witness);
	scenario_path(&sc, "second", second);
	scenario_path(&sc, "j/" SIGNING_KEY_FILE, key);
	append_ten(&sc, 0, witness);
	copy_of(&sc, old);
	copy_of(&sc, fork);
	append_ten(&sc, 10, witness);
	append_ten(&sc, 20, witness);
	read_witness(witness, &o);
	assert_int_equal(scenario_problems_as(sc.path, &o, &v), 0);
	assert_int_equal(v.witnessed, o.n_witness);
	journal_verdict_done(&v);

	/* Back to an older state, closed and whole: the witness alone can tell. */
	assert_int_equal(scenario_problems_as(old, &(struct journal_verify_options){ 0 }, &v), 0);
	assert_true(v.closed);
	journal_verdict_done(&v);
	expect_fault(old, &o, FAULT_ROLLED_BACK);
	/* With lines missing in between, the later ones still speak. */
	later = o;
	later.witness = o.witness + o.n_witness - 1;
	later.n_witness = 1;
	expect_fault(old, &later, FAULT_ROLLED_BACK);

	/* And another future from there, by someone who had the key of then. */
	struct journal_scenario f = sc;

	(void)snprintf(f.path, sizeof(f.path), "%s", fork);
	append_ten(&f, 100, second);
	append_ten(&f, 110, second);
	append_ten(&f, 120, second);
	assert_int_equal(scenario_problems_as(fork, &(struct journal_verify_options){ 0 }, NULL),
			 0);
	assert_true(scenario_problems_as(fork, &o, &v) > 0);
	assert_int_equal(v.problem[0].fault, FAULT_PAST);
	journal_verdict_done(&v);

	/* The writer's own key is a witness too: the older folder beside the key of today. */
	struct journal_image segments;
	auto_close int dir_fd = open(sc.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	image_take(&segments, old);
	image_add_file(&segments, dir_fd, SIGNING_KEY_FILE);
	image_put(&segments, old);
	image_done(&segments);
	expect_fault(old, &(struct journal_verify_options){ 0 }, FAULT_ROLLED_BACK);

	/* The witness of another journal accuses nobody but itself. */
	expect_fault(s.path, &o, FAULT_WITNESS);
	free((void *)(uintptr_t)o.witness);
	journal_scenario_done(&sc);
}

/* Every bit of a witness: it is refused, or a line falls away, or it is not taken for the
 * journal's. */
static void test_changed_witness(void **state)
{
	struct journal_scenario sc;
	char witness[128];
	uint8_t(*list)[STATEMENT_SIGNED_BYTES] = NULL;
	size_t whole, n;
	auto_buf b;

	(void)state;
	journal_scenario_init(&sc);
	scenario_path(&sc, "witness", witness);
	append_ten(&sc, 0, witness);
	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, witness, &b), 0);
	assert_int_equal(witness_parse(buf_str(&b), b.len, &list, &whole, NULL), 0);
	free(list);
	for (size_t bit = 0; bit < 8 * b.len; bit++) {
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (witness_parse(buf_str(&b), b.len, &list, &n, NULL) >= 0) {
			const struct journal_verify_options o = {
				.witness = (const uint8_t(*)[STATEMENT_SIGNED_BYTES])list,
				.n_witness = n
			};

			assert_true(n < whole || scenario_problems_as(sc.path, &o, NULL) > 0);
			free(list);
		}
		b.data[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* A line that a crash cut is no line. */
	assert_int_equal(witness_parse(buf_str(&b), b.len - 5, &list, &n, NULL), 0);
	free(list);
	assert_int_equal(n, whole - 1);
	journal_scenario_done(&sc);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_false_reader),
		cmocka_unit_test(test_old_epoch_with_todays_key),
		cmocka_unit_test(test_old_keys_are_erased),
		cmocka_unit_test(test_witness),
		cmocka_unit_test(test_changed_witness),
	};

	return cmocka_run_group_tests(tests, victim_setup, victim_teardown);
}
