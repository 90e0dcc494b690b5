/* SPDX-License-Identifier: MIT */
/* Who can write to a journal's folder, or to its witness, without any key: links, files that stand
 * there already, other modes, older and foreign files, a second writer, a full disk. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>

#include "format/signing_key.h"
#include "format/witness.h"
#include "journal_image.h"

static int setup(void **state)
{
	static struct journal_scenario s;

	journal_scenario_init(&s);
	*state = &s;
	return 0;
}

static int teardown(void **state)
{
	journal_scenario_done(*state);
	return 0;
}

static void path_of(const struct journal_scenario *s, const char *name, char ret[200])
{
	(void)snprintf(ret, 200, "%s/%s", s->path, name);
}

static int open_writer(struct journal_scenario *s, struct journal_writer **w, struct err *e)
{
	const struct journal_writer_options o = scenario_options(s);

	*e = (struct err){ 0 };
	return journal_writer_open(s->path, &o, w, e);
}

/* ---- the writer's key while it is made ---- */

/* A file that somebody put there, and holds open, does not become the key. */
static void test_key_in_a_file_of_others(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer *w = NULL;
	struct stat before, after;
	struct err e;
	char path[200];

	assert_int_equal(mkdir(s->path, 0700), 0);
	path_of(s, SIGNING_KEY_FILE ".new", path);
	auto_close int theirs = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);

	assert_int_equal(fstat(theirs, &before), 0);
	assert_int_equal(open_writer(s, &w, &e), 0);
	journal_writer_free(w);
	assert_int_equal(fstat(theirs, &after), 0);
	assert_int_equal(after.st_size, 0);
	path_of(s, SIGNING_KEY_FILE, path);
	assert_int_equal(stat(path, &after), 0);
	assert_int_not_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mode & 07777, 0600);
}

/* Nor does a second writer touch the key that the first one is just making. */
static void test_key_that_is_being_made(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer *w = NULL;
	struct stat st;
	struct err e;
	char path[200];

	assert_int_equal(mkdir(s->path, 0700), 0);
	path_of(s, SIGNING_KEY_FILE ".new", path);
	auto_close int first = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(flock(first, LOCK_EX), 0);
	assert_int_equal(file_write_all(first, "half a key", 10), 0);
	assert_int_equal(open_writer(s, &w, &e), -EBUSY);
	assert_non_null(strstr(e.text, "another writer"));
	assert_int_equal(fstat(first, &st), 0);
	assert_int_equal(st.st_size, 10);
	assert_int_equal(st.st_nlink, 1);
}

static void test_key_modes(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer *w = NULL;
	struct err e;
	char path[200], away[128];

	scenario_write(s, 0, 5, true);
	path_of(s, SIGNING_KEY_FILE, path);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(open_writer(s, &w, &e), -EPERM);
	assert_non_null(strstr(e.text, "chmod 600"));
	assert_int_equal(chmod(path, 0600), 0);
	scenario_path(s, "away", away);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0);
	assert_int_equal(open_writer(s, &w, &e), -ELOOP);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rename(away, path), 0);
	scenario_write(s, 5, 10, true);
	assert_int_equal(scenario_read(s, 10), 10);
}

/* A damaged key is refused, or what is damaged of it did not matter: nothing else is signed. */
static void test_damaged_key(void **state)
{
	static const struct {
		uint64_t from, to;
	} parts[] = { { 0, 64 }, { 4096, 4608 }, { 8192, 8704 } };
	struct journal_scenario *s = *state;
	struct journal_image im;
	struct journal_verdict v;
	struct err e;
	char path[200];
	unsigned int refused = 0;

	scenario_write(s, 0, 5, true);
	scenario_write(s, 5, 10, false);
	auto_close int dir_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	image_take(&im, s->path);
	image_add_file(&im, dir_fd, SIGNING_KEY_FILE);
	uint8_t *key = im.file[im.n - 1].bytes.data;

	path_of(s, SIGNING_KEY_FILE, path);
	for (size_t part = 0; part < ARRAY_SIZE(parts); part++)
		for (uint64_t at = parts[part].from; at < parts[part].to; at += 7) {
			struct journal_writer *w = NULL;

			key[at] ^= 1;
			image_put(&im, s->path);
			key[at] ^= 1;
			if (open_writer(s, &w, &e) < 0) {
				assert_true(e.text[0]);
				refused++;
				continue;
			}
			assert_int_equal(journal_writer_close(w, &e), 0);
			journal_writer_free(w);
			assert_int_equal(scenario_problems_as(s->path,
							      &(struct journal_verify_options){ 0 },
							      &v),
					 0);
			assert_true(v.closed);
			journal_verdict_done(&v);
			assert_int_equal(scenario_read(s, 10), 10);
		}
	/* The head, and the slot that is used. */
	assert_in_range(refused, (64 + 320) / 7 - 5, (64 + 512) / 7 + 5);
	image_done(&im);
}

/* ---- segments ---- */

/* A hard link in the place of the segment that is begun next: what it leads to stays. */
static void test_new_segment_is_a_link(void **state)
{
	struct journal_scenario *s = *state;
	char first[200], next[200];

	scenario_write(s, 0, 5, true);
	path_of(s, "segment-000001.kyj", first);
	path_of(s, "segment-000002.kyj.new", next);
	assert_int_equal(link(first, next), 0);
	scenario_write(s, 5, 10, true);
	assert_int_equal(scenario_read(s, 10), 10);
	assert_int_equal(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, NULL),
			 0);
	/* A symbolic one likewise. */
	path_of(s, "segment-000003.kyj.new", next);
	assert_int_equal(symlink(first, next), 0);
	scenario_write(s, 10, 15, true);
	assert_int_equal(scenario_read(s, 15), 15);
}

static void test_segment_is_no_file(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_verdict v;
	char path[200], away[128];

	scenario_write(s, 0, 5, true);
	scenario_write(s, 5, 10, true);
	path_of(s, "segment-000001.kyj", path);
	scenario_path(s, "away", away);
	assert_int_equal(rename(path, away), 0);
	assert_int_equal(symlink(away, path), 0);
	assert_true(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v) > 0);
	assert_int_equal(v.problem[0].fault, FAULT_DAMAGED);
	journal_verdict_done(&v);
	assert_int_equal(scenario_read(s, 10), 5);
	/* And what is no file at all. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_true(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v) > 0);
	assert_non_null(strstr(v.problem[0].text, "no regular file"));
	journal_verdict_done(&v);
	assert_int_equal(scenario_read(s, 10), 5);
}

/* Records that can be read, and what is noted of the rest. */
static uint64_t read_noting(const struct journal_scenario *s, char *ret_note, size_t size)
{
	struct journal_reader *reader = NULL;
	struct journal_reader_state st;
	struct journal_stream stream;
	struct journal_entry entry;
	uint64_t n = 0;

	assert_int_equal(journal_reader_open(s->path, s->keys, NULL, &reader, NULL), 0);
	while (journal_reader_next(reader, &stream, &entry, NULL) > 0)
		n++;
	journal_reader_get(reader, &st);
	(void)snprintf(ret_note, size, "%s", buf_str(st.notes));
	journal_reader_free(reader);
	return n;
}

/* Anyone can seal a segment to a reader, whose public key is in the headers. */
static void test_segment_of_another_journal(void **state)
{
	struct journal_scenario *s = *state, other;
	char from[200], to[200], note[1000];
	struct journal_image im;

	scenario_write(s, 0, 5, true);
	journal_scenario_init(&other);
	other.to = s->to;
	scenario_write(&other, 0, 2, true);
	scenario_write(&other, 2, 7, true);
	path_of(&other, "segment-000002.kyj", from);
	path_of(s, "segment-000002.kyj", to);
	image_take(&im, other.path);
	(void)snprintf(im.file[1].name, sizeof(im.file[1].name), "segment-000002.kyj");
	image_put_file(&im, 1, s->path);
	assert_true(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, NULL) > 0);
	/* Nor does it say where the one before ends. */
	assert_int_equal(read_noting(s, note, sizeof(note)), 5);
	assert_non_null(strstr(note, "another journal"));
	assert_null(strstr(note, "damaged"));
	/* One of its own under another name. */
	assert_int_equal(unlink(to), 0);
	scenario_write(s, 5, 10, true);
	path_of(s, "segment-000003.kyj", from);
	assert_int_equal(rename(to, from), 0);
	assert_int_equal(read_noting(s, note, sizeof(note)), 5);
	assert_non_null(strstr(note, "is segment 2"));
	image_done(&im);
	journal_scenario_done(&other);
}

/* ---- forged segments: a key of his own, sealed to the reader, with the journal's id ---- */

static void add_frame(struct buf *out, struct buf *frame, const struct journal_header *h,
		      enum frame_type type, uint64_t seq, const uint8_t *key, uint8_t *link)
{
	struct frame_info info = { .type = type, .seq = seq, .epoch = h->epoch };

	assert_int_equal(frame_finish(frame, &info, &h->place, key, link), 0);
	assert_int_equal(buf_add(out, frame->data, frame->len), 0);
	buf_clear(frame);
	assert_non_null(buf_reserve(frame, FRAME_HEADER_BYTES));
	buf_commit(frame, FRAME_HEADER_BYTES);
}

/* A record, and a checkpoint that closes the journal. */
static void add_forged_frames(struct buf *out, const struct journal_header *h, const uint8_t *key,
			      const uint8_t *secret)
{
	static const uint8_t record[8] = { 42 };
	static const struct journal_stream stream = { .site = 1 };
	const struct journal_entry entry = { .kind = ENTRY_RECORD, .bytes = 8, .data = record };
	struct statement st = { .segment = h->place.segment,
				.seq = h->first_seq + 1,
				.epoch = h->epoch,
				.flags = STATEMENT_SEGMENT_ENDS | STATEMENT_JOURNAL_CLOSED };
	uint8_t link[SEAL_HASH_BYTES], body[CHECKPOINT_BODY_BYTES];
	struct content_builder c = { 0 };
	auto_buf frame;

	buf_init(&frame, 0);
	memcpy(link, h->link, sizeof(link));
	assert_non_null(buf_reserve(&frame, FRAME_HEADER_BYTES));
	buf_commit(&frame, FRAME_HEADER_BYTES);
	content_begin(&c, &frame);
	assert_int_equal(content_add(&c, &stream, &entry), 0);
	assert_int_equal(content_end(&c), 0);
	add_frame(out, &frame, h, FRAME_DATA, h->first_seq, key, link);
	content_done(&c);
	st.offset = out->len;
	memcpy(st.journal, h->place.journal, JOURNAL_ID_BYTES);
	memcpy(st.before, link, sizeof(link));
	statement_sign(&st, secret, body);
	memcpy(body + STATEMENT_SIGNED_BYTES, h->last, STATEMENT_SIGNED_BYTES);
	assert_int_equal(buf_add(&frame, body, sizeof(body)), 0);
	add_frame(out, &frame, h, FRAME_CHECKPOINT, h->first_seq + 1, NULL, link);
}

static void forge_segment(const struct journal_scenario *s, const struct journal_header *like,
			  uint64_t epoch)
{
	struct journal_header h = *like;
	uint8_t secret[SEAL_SIGN_BYTES], key[SEAL_KEY_BYTES] = { 7 };
	char name[JOURNAL_NAME_MAX], path[200];
	auto_buf out;

	buf_init(&out, 0);
	h.epoch = epoch;
	(void)crypto_sign_keypair(h.public_key, secret);
	assert_int_equal(journal_header_build(&h, &s->to, 1, key, secret, &out, NULL), 0);
	assert_non_null(buf_reserve(&out, h.bytes));
	assert_int_equal(buf_add(&out, out.data, h.bytes), 0);
	add_forged_frames(&out, &h, key, secret);
	path_of(s, journal_segment_name(h.place.segment, name), path);
	auto_close int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, out.data, out.len), 0);
}

/* Segment @last is forged, the one before it is gone. */
static void expect_uncertified(struct journal_scenario *s, uint64_t last, uint64_t epochs_beyond)
{
	struct journal_segment *segment;
	char name[JOURNAL_NAME_MAX], path[200];
	struct journal_verdict v;
	bool uncertified = false;

	for (uint64_t n = 0; n < last; n++)
		scenario_write(s, 5 * n, 5 * n + 5, true);
	auto_close int dir_fd = open(s->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_int_equal(journal_segment_open(dir_fd, last, &segment, NULL), 0);
	forge_segment(s, &segment->header, segment->header.epoch + epochs_beyond);
	journal_segment_free(segment);
	path_of(s, journal_segment_name(last - 1, name), path);
	assert_int_equal(unlink(path), 0);
	path_of(s, SIGNING_KEY_FILE, path);
	assert_int_equal(unlink(path), 0);
	assert_true(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v) > 0);
	for (size_t i = 0; i < v.n_problems; i++)
		uncertified |= v.problem[i].fault == FAULT_UNCERTIFIED;
	assert_true(uncertified);
	journal_verdict_done(&v);
	scenario_remove(s->path);
}

/* Behind what is missing nothing says whose key it is: that is more than damage, which export would
 * pass over. */
static void test_forged_behind_what_is_missing(void **state)
{
	expect_uncertified(*state, 2, 0);
	expect_uncertified(*state, 3, 5);
}

/* The last segment as it was a checkpoint ago. */
static void test_older_last_segment(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer *w = NULL;
	struct journal_image im;
	struct journal_verdict v;
	struct err e;

	assert_int_equal(open_writer(s, &w, &e), 0);
	for (uint64_t n = 0; n < 5; n++)
		assert_int_equal(scenario_append(w, n, &e), 0);
	assert_int_equal(journal_checkpoint(w, &e), 0);
	image_take(&im, s->path);
	for (uint64_t n = 5; n < 10; n++)
		assert_int_equal(scenario_append(w, n, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	image_put_file(&im, 0, s->path);
	image_done(&im);
	assert_int_equal(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v),
			 1);
	assert_int_equal(v.problem[0].fault, FAULT_ROLLED_BACK);
	assert_false(v.closed);
	journal_verdict_done(&v);
	assert_int_equal(open_writer(s, &w, &e), -ESTALE);
}

/* A folder in the place of the writer's: what is acknowledged goes where the journal was begun. */
static void test_folder_exchanged(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer *w = NULL;
	char moved[128];
	struct err e;

	assert_int_equal(open_writer(s, &w, &e), 0);
	assert_int_equal(scenario_append(w, 0, &e), 0);
	assert_int_equal(journal_sync(w, &e), 0);
	scenario_path(s, "moved", moved);
	assert_int_equal(rename(s->path, moved), 0);
	assert_int_equal(mkdir(s->path, 0700), 0);
	for (uint64_t n = 1; n < 60; n++)
		assert_int_equal(scenario_append(w, n, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
	assert_int_equal(scenario_read_as(moved, s->keys, NULL, 60), 60);
	assert_int_equal(rmdir(s->path), 0);
}

/* A whole header of zeros behind a header: no length leads anywhere, nothing is allocated for it.
 */
static void test_large_lengths(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_image im;
	uint64_t end;

	scenario_write(s, 0, 5, true);
	image_take(&im, s->path);
	end = im.file[0].bytes.len;
	for (unsigned int type = 0; type < 256; type += 51) {
		uint8_t header[FRAME_HEADER_BYTES + 64] = { 0 };
		struct frame_info info = { .type = type,
					   .body_bytes = FRAME_BODY_MAX,
					   .seq = UINT64_MAX,
					   .epoch = UINT64_MAX,
					   .synced = UINT64_MAX };

		im.file[0].bytes.len = end;
		frame_put_header(header, &info);
		assert_int_equal(buf_add(&im.file[0].bytes, header, sizeof(header)), 0);
		image_put_file(&im, 0, s->path);
		assert_true(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 },
						 NULL) > 0);
		assert_int_equal(scenario_read(s, 5), 5);
	}
	image_done(&im);
}

/* ---- witness ---- */

static void append_ten(struct journal_scenario *s, uint64_t from, const char *witness)
{
	struct journal_writer_options o = scenario_options(s);
	struct journal_writer *w = NULL;

	o.witness = witness;
	assert_int_equal(journal_writer_open(s->path, &o, &w, NULL), 0);
	for (uint64_t n = from; n < from + 10; n++)
		assert_int_equal(scenario_append(w, n, NULL), 0);
	assert_int_equal(journal_writer_close(w, NULL), 0);
	journal_writer_free(w);
}

static size_t witness_lines(const char *path)
{
	uint8_t(*list)[STATEMENT_SIGNED_BYTES] = NULL;
	size_t n;
	auto_buf b;

	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, path, &b), 0);
	assert_int_equal(witness_parse(buf_str(&b), b.len, &list, &n, NULL), 0);
	free(list);
	return n;
}

/* The disk of a witness is full for a while: the line is missing, the others stand whole. */
static void test_witness_on_a_full_disk(void **state)
{
	struct journal_scenario *s = *state;
	static const uint8_t statement[STATEMENT_SIGNED_BYTES] = { 1 };
	struct rlimit before, limit;
	char path[128];

	scenario_path(s, "witness", path);
	auto_close int fd = witness_open(path, NULL);

	assert_true(fd >= 0);
	assert_int_equal(witness_append(fd, statement), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	limit = before;
	limit.rlim_cur = (rlim_t)lseek(fd, 0, SEEK_END) + 100;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
	int r = witness_append(fd, statement);

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_int_equal(r, -EFBIG);
	assert_int_equal(witness_append(fd, statement), 0);
	assert_int_equal(witness_append(fd, statement), 0);
	assert_int_equal(witness_lines(path), 3);
}

/* Lines in another order, twice, or left out say the same of what they saw. */
static void test_witness_in_another_order(void **state)
{
	struct journal_scenario *s = *state;
	uint8_t(*list)[STATEMENT_SIGNED_BYTES] = NULL, line[STATEMENT_SIGNED_BYTES];
	struct journal_verify_options o = { 0 };
	struct journal_verdict v;
	char witness[128], old[128];
	struct journal_image im;
	auto_buf b;

	scenario_path(s, "witness", witness);
	scenario_path(s, "old", old);
	append_ten(s, 0, witness);
	image_take(&im, s->path);
	image_put(&im, old);
	append_ten(s, 10, witness);
	append_ten(s, 20, witness);
	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, witness, &b), 0);
	assert_int_equal(witness_parse(buf_str(&b), b.len, &list, &o.n_witness, NULL), 0);
	o.witness = (const uint8_t(*)[STATEMENT_SIGNED_BYTES])list;
	assert_true(o.n_witness >= 3);
	for (size_t i = 0, k = o.n_witness - 1; i < k; i++, k--) {
		memcpy(line, list[i], sizeof(line));
		memcpy(list[i], list[k], sizeof(line));
		memcpy(list[k], line, sizeof(line));
	}
	assert_int_equal(scenario_problems_as(s->path, &o, &v), 0);
	assert_int_equal(v.witnessed, o.n_witness);
	journal_verdict_done(&v);
	memcpy(list[1], list[0], sizeof(line));
	assert_int_equal(scenario_problems_as(s->path, &o, NULL), 0);
	/* Of a journal that was set back each line speaks, also one that is there twice. */
	assert_true(scenario_problems_as(old, &o, &v) > 0);
	for (size_t i = 0; i < v.n_problems; i++)
		assert_int_equal(v.problem[i].fault, FAULT_ROLLED_BACK);
	journal_verdict_done(&v);
	free(list);
	image_done(&im);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_key_in_a_file_of_others),
		TEST(test_key_that_is_being_made),
		TEST(test_key_modes),
		TEST(test_damaged_key),
		TEST(test_new_segment_is_a_link),
		TEST(test_segment_is_no_file),
		TEST(test_segment_of_another_journal),
		TEST(test_forged_behind_what_is_missing),
		TEST(test_older_last_segment),
		TEST(test_folder_exchanged),
		TEST(test_large_lengths),
		TEST(test_witness_on_a_full_disk),
		TEST(test_witness_in_another_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
