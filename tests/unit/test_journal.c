/* SPDX-License-Identifier: MIT */
/* Writing and reading sealed journals: src/format/journal_writer, journal_reader, journal_verify.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>

#include "format/signing_key.h"
#include "journal_scenario.h"

static int setup(void **state)
{
	struct journal_scenario *s = malloc(sizeof(*s));

	journal_scenario_init(s);
	*state = s;
	return 0;
}

static int teardown(void **state)
{
	journal_scenario_done(*state);
	free(*state);
	return 0;
}

static void expect_intact(struct journal_scenario *s, bool closed, uint64_t entries)
{
	const struct journal_verify_options plain = { 0 }, with_key = { .keys = s->keys };
	struct journal_verdict v;

	assert_int_equal(scenario_problems_as(s->path, &plain, &v), 0);
	assert_int_equal(v.closed, closed);
	journal_verdict_done(&v);
	assert_int_equal(scenario_problems_as(s->path, &with_key, &v), 0);
	assert_int_equal(v.closed, closed);
	assert_int_equal(v.entries, entries);
	assert_int_equal(v.site, 1);
	assert_string_equal(v.site_name, "Evil Corp");
	assert_int_equal(v.locked, 0);
	journal_verdict_done(&v);
}

static void test_there_and_back(void **state)
{
	struct journal_scenario *s = *state;

	scenario_write(s, 0, 100, true);
	expect_intact(s, true, 100);
	assert_int_equal(scenario_read(s, 100), 100);
}

static void test_empty(void **state)
{
	struct journal_scenario *s = *state;

	scenario_write(s, 0, 0, true);
	expect_intact(s, true, 0);
	assert_int_equal(scenario_read(s, 0), 0);
}

/* Opened again closed and not closed; each opening begins a segment. */
static void test_going_on(void **state)
{
	struct journal_scenario *s = *state;

	for (uint64_t n = 0; n < 100; n += 10) {
		const bool close_it = n / 10 % 3 == 0;

		scenario_write(s, n, n + 10, close_it);
		expect_intact(s, close_it, n + 10);
		assert_int_equal(scenario_read(s, n + 10), n + 10);
	}
}

static void test_segments_and_epochs(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_verdict v;

	scenario_write(s, 0, 300, true);
	assert_int_equal(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v),
			 0);
	assert_in_range(v.segments, 8, 30);
	assert_in_range(v.epoch, 20, 200);
	assert_int_equal(v.epoch, v.checkpoints);
	assert_int_equal(v.unsigned_frames, 0);
	journal_verdict_done(&v);
}

/* The site has no secret: it writes, goes on and verifies, but cannot read. */
static void test_vendor_sealed(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_reader *reader = NULL;
	struct journal_verdict v;
	struct err e = { 0 };
	auto_ptr(keyring) none = keyring_new();
	auto_ptr(keyring) other = keyring_new();
	uint8_t secret[SEAL_KEY_BYTES] = { 1, 2, 3 };

	scenario_write(s, 0, 20, false);
	scenario_write(s, 20, 40, true);
	assert_int_equal(journal_reader_open(s->path, none, NULL, &reader, &e), -ENOKEY);
	assert_non_null(strstr(e.text, "takes a key"));
	assert_int_equal(keyring_add_secret(other, secret), 0);
	assert_int_equal(journal_reader_open(s->path, other, NULL, &reader, &e), -ENOKEY);
	assert_non_null(strstr(e.text, "wrong key"));
	assert_null(reader);
	/* A wrong key is not damage. */
	assert_int_equal(scenario_problems_as(s->path, &(struct journal_verify_options){ 0 }, &v),
			 0);
	assert_int_equal(v.entries, 0);
	journal_verdict_done(&v);
	const struct journal_verify_options wrong = { .keys = other };

	assert_int_equal(journal_verify(s->path, &wrong, &v, &e), -ENOKEY);
	assert_non_null(strstr(e.text, "wrong key"));
}

static void test_recipients(void **state)
{
	struct journal_scenario *s = *state;
	struct recipient to[3] = { s->to };
	auto_ptr(keyring) second = keyring_new();
	auto_ptr(keyring) passphrase = keyring_new();
	auto_ptr(keyring) wrong = keyring_new();
	uint8_t secret[SEAL_KEY_BYTES] = { 9 };
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	/* The cheapest that is allowed: the tests of cost are elsewhere. */
	assert_int_equal(recipient_from_passphrase("correct horse", 1, 8, &to[1], &e), 0);
	to[2] = (struct recipient){ .kind = RECIPIENT_X25519, .name = "second" };
	assert_int_equal(keyring_add_secret(second, secret), 0);
	(void)crypto_scalarmult_base(to[2].public_key, secret);
	assert_int_equal(keyring_add_passphrase(passphrase, "correct horse"), 0);
	assert_int_equal(keyring_add_passphrase(wrong, "Correct horse"), 0);

	struct journal_writer_options o = scenario_options(s);

	o.to = to;
	o.n_to = 3;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	for (uint64_t n = 0; n < 30; n++)
		assert_int_equal(scenario_append(w, n, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	assert_int_equal(scenario_read_as(s->path, s->keys, NULL, 30), 30);
	assert_int_equal(scenario_read_as(s->path, second, NULL, 30), 30);
	assert_int_equal(scenario_read_as(s->path, passphrase, NULL, 30), 30);
	assert_int_equal(scenario_read_as(s->path, wrong, NULL, 30), -ENOKEY);

	/* A passphrase cannot be sealed to again without itself. */
	o.n_to = 0;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), -EINVAL);
	assert_non_null(strstr(e.text, "passphrase"));
	/* From here on for the second alone: the first reads what was before. */
	o.to = &to[2];
	o.n_to = 1;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	assert_int_equal(scenario_append(w, 30, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	assert_int_equal(scenario_read_as(s->path, s->keys, NULL, 31), 30);
	assert_int_equal(scenario_read_as(s->path, second, NULL, 31), 31);
	/* And without naming anyone it stays with those of the last segment. */
	o.n_to = 0;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	assert_int_equal(scenario_append(w, 31, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	assert_int_equal(scenario_read_as(s->path, second, NULL, 32), 32);
	recipient_wipe(&to[1]);
}

static void test_refusals(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer_options o = scenario_options(s), none = { 0 };
	struct journal_writer *w = NULL, *second = NULL;
	struct err e = { 0 };
	char key[128], away[128];

	assert_int_equal(journal_writer_open(s->path, &none, &w, &e), -ENOENT);
	assert_int_equal(access(s->path, F_OK), -1);
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	/* One writer. */
	assert_int_equal(journal_writer_open(s->path, &o, &second, &e), -EBUSY);
	assert_non_null(strstr(e.text, "another writer"));
	assert_int_equal(journal_writer_close(w, &e), 0);
	w = journal_writer_free(w);
	/* Another site, another name. */
	o.site = 2;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), -EPERM);
	assert_non_null(strstr(e.text, "site 1 'Evil Corp'"));
	o.site = 1;
	o.site_name = "evil corp";
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), -EPERM);
	/* Without the writer's key nobody appends. */
	scenario_path(s, "j/" SIGNING_KEY_FILE, key);
	scenario_path(s, "away", away);
	assert_int_equal(rename(key, away), 0);
	assert_int_equal(journal_writer_open(s->path, &none, &w, &e), -ENOKEY);
	/* Nor with the key of another journal. */
	struct journal_scenario other;

	journal_scenario_init(&other);
	scenario_write(&other, 0, 1, true);
	char from[128];

	scenario_path(&other, "j/" SIGNING_KEY_FILE, from);
	auto_buf b;

	buf_init(&b, 0);
	assert_int_equal(file_read_at(AT_FDCWD, from, &b), 0);
	auto_close int fd = open(key, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_int_equal(file_write_all(fd, b.data, b.len), 0);
	assert_int_equal(journal_writer_open(s->path, &none, &w, &e), -EKEYREJECTED);
	assert_null(w);
	journal_scenario_done(&other);
}

static void expect_refused(struct journal_scenario *s, const struct journal_writer_options *o,
			   const char *words)
{
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	assert_int_equal(journal_writer_open(s->path, o, &w, &e), -EINVAL);
	assert_non_null(strstr(e.text, words));
	scenario_remove(s->path);
}

/* Names are shown on terminals. */
static void test_names(void **state)
{
	static const char *const bad[] = { "a\nb", "\x1b[2J", "\302\2332J", "\xe2\x80\xae",
					   "latin \xe9" };
	struct journal_scenario *s = *state;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct journal_writer_options o = scenario_options(s);
		struct recipient to = s->to;

		o.site_name = bad[i];
		expect_refused(s, &o, "control characters");
		assert_int_equal(access(s->path, F_OK), -1);
		o = scenario_options(s);
		(void)snprintf(to.name, sizeof(to.name), "%s", bad[i]);
		o.to = &to;
		expect_refused(s, &o, "control characters");
	}
}

/* A header of somebody who has no scruples, signed with a key of his own. */
static int parse_changed(struct buf *b, const char *from, const char *to,
			 const uint8_t secret[SEAL_SIGN_BYTES])
{
	struct journal_header h;
	struct err e = { 0 };
	char *at = memmem(b->data, b->len, from, strlen(from));

	assert_non_null(at);
	memcpy(at, to, strlen(to));
	(void)crypto_sign_detached(b->data + b->len - SEAL_SIGN_BYTES, NULL, b->data,
				   b->len - SEAL_SIGN_BYTES, secret);
	int r = journal_header_parse(b->data, b->len, &h, &e);

	memcpy(at, from, strlen(from));
	return r;
}

static void test_names_of_others(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_header h = { .site = 1, .site_name = "Evil Corp", .place.segment = 1 };
	uint8_t key[SEAL_KEY_BYTES] = { 0 }, secret[SEAL_SIGN_BYTES];
	auto_buf b;

	buf_init(&b, 0);
	(void)crypto_sign_keypair(h.public_key, secret);
	assert_int_equal(journal_header_build(&h, &s->to, 1, key, secret, &b, NULL), 0);
	assert_int_equal(parse_changed(&b, "reader", "READER", secret), 0);
	assert_int_equal(parse_changed(&b, "reader", "\x1b[2J..", secret), -EBADMSG);
	assert_int_equal(parse_changed(&b, "reader", "\xc2\x9b....", secret), -EBADMSG);
	assert_int_equal(parse_changed(&b, "Evil", "\xff...", secret), -EBADMSG);
}

/* Each passphrase costs who opens a header time and memory. */
static void test_passphrases(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer_options o = scenario_options(s);
	struct recipient to[JOURNAL_PASSPHRASES_MAX + 1];
	struct journal_writer *w = NULL;
	struct err e = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(to); i++)
		assert_int_equal(recipient_from_passphrase("p", 1, 8, &to[i], &e), 0);
	o.to = to;
	o.n_to = ARRAY_SIZE(to);
	expect_refused(s, &o, "passphrases");
	o.n_to--;
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
}

/* A mistyped folder is left alone. */
static void test_other_folder(void **state)
{
	struct journal_scenario *s = *state;
	struct journal_writer_options o = scenario_options(s);
	struct journal_writer *w = NULL;
	struct err e = { 0 };
	static const char *const harmless[] = { "lost+found", ".hidden", "segment-000001.kyj.new" };
	char path[128], name[64];

	assert_int_equal(mkdir(s->path, 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(harmless); i++) {
		(void)snprintf(name, sizeof(name), "j/%s", harmless[i]);
		scenario_path(s, name, path);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	}
	scenario_path(s, "j/letter", path);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), -ENOTEMPTY);
	assert_non_null(strstr(e.text, "no journal"));
	assert_int_equal(unlink(path), 0);
	scenario_path(s, "j/" SIGNING_KEY_FILE, path);
	assert_int_equal(access(path, F_OK), -1);
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
}

static void test_modes(void **state)
{
	struct journal_scenario *s = *state;
	static const char *const name[] = { "j/segment-000001.kyj", "j/" SIGNING_KEY_FILE };
	struct stat st;
	char path[128];

	scenario_write(s, 0, 5, true);
	for (unsigned int i = 0; i < ARRAY_SIZE(name); i++) {
		scenario_path(s, name[i], path);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 07777, 0600);
	}
	assert_int_equal(stat(s->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0700);
}

static void expect_filter(struct journal_scenario *s, const struct journal_filter *f,
			  int64_t expected)
{
	assert_int_equal(scenario_read_as(s->path, s->keys, f, 300), expected);
}

/* The same with indices and, in the open end, without. */
static void test_filters(void **state)
{
	struct journal_scenario *s = *state;

	scenario_write(s, 0, 250, true);
	scenario_write(s, 250, 300, false);
	expect_filter(s, &(struct journal_filter){ .has_host = true, .host = 1 }, 100);
	expect_filter(s, &(struct journal_filter){ .has_host = true, .host = 4 }, 0);
	expect_filter(s, &(struct journal_filter){ .has_site = true, .site = 1 }, 300);
	expect_filter(s, &(struct journal_filter){ .has_site = true, .site = 2 }, 0);
	expect_filter(
		s, &(struct journal_filter){ .from = 40 * NSEC_PER_SEC, .to = 60 * NSEC_PER_SEC },
		20);
	expect_filter(s, &(struct journal_filter){ .from = 240 * NSEC_PER_SEC }, 60);
	expect_filter(s, &(struct journal_filter){ .kinds = 1u << ENTRY_BLOCK }, 0);
	expect_filter(s, &(struct journal_filter){ .kinds = 1u << ENTRY_RECORD }, 300);

	struct journal_filter f = { .has_run = true, .run_is_number = true };
	struct journal_stream number = { 0 };

	journal_stream_set_number(&number, 1);
	memcpy(f.run, number.run, sizeof(f.run));
	f.run_bytes = sizeof(f.run);
	expect_filter(s, &f, 100);
	f.host = 2;
	f.has_host = true;
	expect_filter(s, &f, 33);
}

/* Reading by the index leaves damage alone that it does not come to. */
static void test_filters_skip(void **state)
{
	struct journal_scenario *s = *state;
	const struct journal_filter f = { .from = 10 * NSEC_PER_SEC, .to = 12 * NSEC_PER_SEC };
	struct journal_reader *reader = NULL;
	struct journal_reader_state st;
	struct journal_stream stream;
	struct journal_entry entry;
	char path[128];
	int n = 0;

	scenario_write(s, 0, 20, true);
	scenario_path(s, "j/segment-000001.kyj", path);
	auto_close int fd = open(path, O_RDWR | O_CLOEXEC);
	uint8_t byte;

	assert_int_equal(file_pread_all(fd, &byte, 1, 2000), 0);
	byte ^= 1;
	assert_int_equal(file_pwrite_all(fd, &byte, 1, 2000), 0);
	assert_int_equal(journal_reader_open(s->path, s->keys, &f, &reader, NULL), 0);
	while (journal_reader_next(reader, &stream, &entry, NULL) > 0)
		n++;
	journal_reader_get(reader, &st);
	assert_int_equal(n, 2);
	assert_int_equal(st.damaged, 0);
	journal_reader_free(reader);
	assert_int_equal(scenario_read(s, 20), 19);
}

/* Entries of any length; what does not fit says so and costs nothing else. */
static void test_large_entries(void **state)
{
	struct journal_scenario *s = *state;
	const struct journal_writer_options o = { .site = 1, .to = &s->to, .n_to = 1 };
	static const uint32_t sizes[] = { 0, 1, 7, 8, 9, 65535, 65536, 1 << 20, 64 << 20 };
	uint8_t *data = calloc(1, 70u << 20);
	struct journal_stream stream = { .site = 7, .host = 0, .run = "abc", .created = 5 };
	struct journal_writer *w = NULL;
	struct journal_reader *reader = NULL;
	struct journal_entry entry = { .kind = ENTRY_RECORD, .data = data };
	struct err e = { 0 };

	assert_non_null(data);
	assert_int_equal(journal_writer_open(s->path, &o, &w, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		entry.bytes = 70u << 20;
		assert_int_equal(journal_append(w, &stream, &entry, &e), -EFBIG);
		entry.bytes = sizes[i];
		memset(data, (int)i + 1, sizes[i]);
		assert_int_equal(journal_append(w, &stream, &entry, &e), 0);
	}
	assert_int_equal(journal_writer_close(w, &e), 0);
	journal_writer_free(w);
	assert_int_equal(journal_reader_open(s->path, s->keys, NULL, &reader, &e), 0);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		assert_int_equal(journal_reader_next(reader, &stream, &entry, &e), 1);
		assert_int_equal(entry.bytes, sizes[i]);
		memset(data, (int)i + 1, sizes[i]);
		assert_memory_equal(entry.data, data, sizes[i]);
		assert_int_equal(stream.site, 7);
		assert_int_equal(stream.created, 5);
		assert_false(stream.is_number);
		assert_string_equal((char *)stream.run, "abc");
	}
	assert_int_equal(journal_reader_next(reader, &stream, &entry, &e), 0);
	journal_reader_free(reader);
	free(data);
}

/* More streams in a frame than it may hold make more frames. */
static void test_many_streams(void **state)
{
	struct journal_scenario *s = *state;
	const struct journal_writer_options o = {
		.site = 1, .to = &s->to, .n_to = 1, .frame_bytes = 60u << 20
	};
	const uint64_t n = JOURNAL_STREAMS_MAX + 10;
	struct journal_entry entry = { .kind = ENTRY_RECORD };
	struct journal_writer *w = NULL;
	struct journal_reader *reader = NULL;
	struct journal_stream stream = { .site = 1 };

	assert_int_equal(journal_writer_open(s->path, &o, &w, NULL), 0);
	for (uint64_t i = 0; i < 2 * n; i++) {
		stream.host = i % n;
		assert_int_equal(journal_append(w, &stream, &entry, NULL), 0);
	}
	assert_int_equal(journal_writer_close(w, NULL), 0);
	journal_writer_free(w);
	assert_int_equal(journal_reader_open(s->path, s->keys, NULL, &reader, NULL), 0);
	for (uint64_t i = 0; i < 2 * n; i++) {
		assert_int_equal(journal_reader_next(reader, &stream, &entry, NULL), 1);
		assert_int_equal(stream.host, i % n);
	}
	journal_reader_free(reader);
	assert_int_equal(scenario_problems_as(s->path,
					      &(struct journal_verify_options){ .keys = s->keys },
					      NULL),
			 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_there_and_back, setup, teardown),
		cmocka_unit_test_setup_teardown(test_empty, setup, teardown),
		cmocka_unit_test_setup_teardown(test_going_on, setup, teardown),
		cmocka_unit_test_setup_teardown(test_segments_and_epochs, setup, teardown),
		cmocka_unit_test_setup_teardown(test_vendor_sealed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_recipients, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusals, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names_of_others, setup, teardown),
		cmocka_unit_test_setup_teardown(test_passphrases, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_folder, setup, teardown),
		cmocka_unit_test_setup_teardown(test_modes, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filters, setup, teardown),
		cmocka_unit_test_setup_teardown(test_filters_skip, setup, teardown),
		cmocka_unit_test_setup_teardown(test_large_entries, setup, teardown),
		cmocka_unit_test_setup_teardown(test_many_streams, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
